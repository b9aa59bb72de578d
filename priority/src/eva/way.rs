//! A line of places on a plane, and where on it something is. It knows no lanes and no messages.

use voorrang_units::{Angle, Length, LocalPosition};

/// A way from its first place to its last; it has one place at least.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Way {
    places: Vec<LocalPosition>,
}

/// The nearest place of a way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foot {
    /// How far from the way's start, along it.
    pub(super) along: Length,
    /// How far from the way.
    pub(super) beside: Length,
    /// Whereto the way goes there; `None` where it has one place only.
    pub(super) heading: Option<Angle>,
    /// How many of the way's places lie before it.
    pub(super) places: usize,
    /// Whether the position lies beyond the way's end.
    pub(super) beyond: bool,
    /// Whether the position lies before the way's start.
    pub(super) before: bool,
}

impl Way {
    /// `None` without places.
    pub(super) fn new(places: Vec<LocalPosition>) -> Option<Self> {
        (!places.is_empty()).then_some(Self { places })
    }

    pub(super) fn places(&self) -> &[LocalPosition] {
        &self.places
    }

    /// Where the way goes at its start, once it has left that place.
    pub(super) fn first_heading(&self) -> Option<Angle> {
        let start = self.places[0];
        let other = self.places.iter().find(|place| start.distance_to(**place) >= SHORTEST)?;
        Some(start.heading_to(*other))
    }

    /// How far this way and another are the same.
    pub(super) fn shared_with(&self, other: &Self) -> Length {
        let pairs = self.places.iter().zip(&other.places);
        let same = pairs.take_while(|(one, other)| one.distance_to(**other) < SHORTEST).count();
        self.places[..same].windows(2).map(|step| step[0].distance_to(step[1])).sum()
    }

    pub(super) fn foot(&self, position: LocalPosition) -> Foot {
        let mut nearest = Foot {
            along: Length::ZERO,
            beside: self.places[0].distance_to(position),
            heading: self.first_heading(),
            places: 0,
            beyond: false,
            before: false,
        };
        let mut along = Length::ZERO;
        for (index, step) in self.places.windows(2).enumerate() {
            let length = step[0].distance_to(step[1]);
            if length > Length::ZERO {
                let (share, foot) = nearest_of(step[0], step[1], position);
                let beside = foot.distance_to(position);
                if beside <= nearest.beside {
                    nearest = Foot {
                        along: along + length * share.clamp(0.0, 1.0),
                        beside,
                        heading: Some(step[0].heading_to(step[1])),
                        places: if share < 0.0 { index } else { index + 1 },
                        beyond: share > 1.0 && index + 2 == self.places.len(),
                        before: share < 0.0 && along <= Length::ZERO,
                    };
                }
            }
            along += length;
        }
        nearest
    }
}

/// Two places that are nearer to each other are one: several steps of the wire (1 cm), less than any road.
const SHORTEST: Length = Length::from_metres(0.1);

/// The place on the line from `start` to `end` that is nearest to `position`, and its share of the way before it is held within 0 to 1.
fn nearest_of(start: LocalPosition, end: LocalPosition, position: LocalPosition) -> (f64, LocalPosition) {
    let to = |place: LocalPosition| {
        ((place.east() - start.east()).metres(), (place.north() - start.north()).metres())
    };
    let ((east, north), (to_east, to_north)) = (to(end), to(position));
    let share = (to_east * east + to_north * north) / (east * east + north * north);
    (share, between(start, end, share.clamp(0.0, 1.0)))
}

/// The place at a share of the way from `start` to `end`.
pub(super) fn between(start: LocalPosition, end: LocalPosition, share: f64) -> LocalPosition {
    let [east, north] = [(start.east(), end.east()), (start.north(), end.north())]
        .map(|(start, end)| (start + (end - start) * share).metres());
    LocalPosition::from_metres(east, north)
}

/// How much two headings differ, 0 to 180 degrees.
pub(super) fn turn_between(one: Angle, other: Angle) -> Angle {
    let clockwise = (one - other).normalised().degrees();
    Angle::from_degrees(clockwise.min(360.0 - clockwise))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(places: &[(f64, f64)]) -> Way {
        let place = |&(east, north): &(f64, f64)| LocalPosition::from_metres(east, north);
        Way::new(places.iter().map(place).collect()).unwrap()
    }

    #[test]
    fn a_foot_says_how_far_along_how_far_beside_and_whereto() {
        let bend = way(&[(0.0, 0.0), (0.0, 100.0), (50.0, 100.0)]);
        let check = |east, north, along: f64, beside: f64, heading: f64, (before, beyond)| {
            let foot = bend.foot(LocalPosition::from_metres(east, north));
            assert!((foot.along.metres() - along).abs() < 1e-9, "{foot:?}");
            assert!((foot.beside.metres() - beside).abs() < 1e-9, "{foot:?}");
            assert!((foot.heading.unwrap().degrees() - heading).abs() < 1e-9, "{foot:?}");
            assert_eq!((foot.before, foot.beyond), (before, beyond));
        };
        check(3.0, 40.0, 40.0, 3.0, 0.0, (false, false));
        check(20.0, 104.0, 120.0, 4.0, 90.0, (false, false));
        check(0.0, -6.0, 0.0, 6.0, 0.0, (true, false));
        check(55.0, 100.0, 150.0, 5.0, 90.0, (false, true));
    }

    #[test]
    fn ways_share_what_they_have_in_common_from_their_start() {
        let straight = way(&[(0.0, 0.0), (0.0, 100.0), (0.0, 200.0)]);
        let left = way(&[(0.0, 0.0), (0.0, 100.0), (-50.0, 110.0)]);
        assert_eq!(straight.shared_with(&left), Length::from_metres(100.0));
        assert_eq!(straight.shared_with(&way(&[(0.0, 0.0)])), Length::ZERO);
        assert_eq!(straight.shared_with(&straight), Length::from_metres(200.0));
    }

    #[test]
    fn turns_are_the_shorter_way_round() {
        let turn = |one, other| turn_between(Angle::from_degrees(one), Angle::from_degrees(other)).degrees();
        assert!((turn(350.0, 10.0) - 20.0).abs() < 1e-9);
        assert!((turn(90.0, 270.0) - 180.0).abs() < 1e-9);
    }
}
