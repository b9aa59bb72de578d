//! Vehicle-actuated control: what a traffic engineer expects to see at the lamps, for scripted and for arbitrary traffic.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]
#![allow(clippy::float_cmp, reason = "times are tenths of a second, exact as decimals are")]

mod lamps;

use std::sync::Arc;

use lamps::{BEGIN, GroupRules, Record, Rules, TICK, tenths};
use proptest::prelude::*;
use voorrang_signals::intersection::synchronisation::Synchronisation;
use voorrang_signals::{Aspect, Controller, GroupIndex, Intersection, Wish, Wishes};
use voorrang_units::{Duration, Instant};

const CROSSING: &str = include_str!("intersections/actuated.toml");

/// An intersection whose lamps follow at once, and everything that they showed.
struct Street {
    intersection: Arc<Intersection>,
    controller: Controller,
    record: Record,
    now: Instant,
}

impl Street {
    fn new(text: &str) -> Self {
        let intersection = Arc::new(Intersection::from_toml(text, "actuated.toml").unwrap());
        let controller = Controller::started(Arc::clone(&intersection), BEGIN);
        let long_ago = BEGIN - Duration::from_seconds(60);
        let record = Record(vec![vec![(long_ago, Aspect::Red)]; intersection.groups().len()]);
        Self { intersection, controller, record, now: BEGIN }
    }

    fn group(&self, name: &str) -> GroupIndex {
        self.intersection.group_named(name).unwrap()
    }

    fn detect(&mut self, name: &str, occupied: bool) {
        let detector = self.intersection.detector_named(name).unwrap();
        self.controller.detect(self.now, detector, occupied);
    }

    fn press(&mut self, name: &str) {
        self.detect(name, true);
        self.detect(name, false);
    }

    fn wish(&mut self, wishes: &[(&str, Wish)]) {
        let mut all = Wishes::none(self.intersection.groups().len());
        for (name, wish) in wishes {
            all.set(self.group(name), *wish);
        }
        self.controller.set_wishes(self.now, all);
    }

    /// Time goes on to so many seconds after the beginning; with nothing due nothing is asked of the controller.
    fn until(&mut self, seconds: f64) {
        let mut commands = Vec::new();
        while self.now < BEGIN + Duration::from_seconds_f64(seconds) {
            self.controller.step(self.now, &mut commands);
            for command in commands.drain(..) {
                self.controller.observe(self.now, command.group, command.aspect);
                self.record.show(self.now, command.group, command.aspect);
            }
            self.now += TICK;
        }
    }

    /// The greens of a group so far, in seconds after the beginning; one that goes on has no end.
    fn greens(&self, name: &str) -> Vec<(f64, Option<f64>)> {
        let changes = &self.record.0[self.group(name).index()];
        let after = |moment: Instant| (moment - BEGIN).seconds();
        let green = |(place, change): (usize, &(Instant, Aspect))| {
            let end = changes.get(place + 1).map(|next| after(next.0));
            (change.1 == Aspect::Green).then_some((after(change.0), end))
        };
        changes.iter().enumerate().filter_map(green).collect()
    }

    fn green(&self) -> Vec<&str> {
        let groups = self.intersection.groups().iter().zip(self.controller.aspects());
        groups.filter(|(_, aspect)| **aspect == Aspect::Green).map(|(group, _)| group.name.as_str()).collect()
    }
}

#[test]
fn without_traffic_it_waits_in_green() {
    let mut street = Street::new(CROSSING);
    street.until(300.0);
    assert_eq!(street.greens("02"), [(0.0, None)]);
    assert_eq!(street.greens("08"), [(0.0, None)]);
    assert_eq!(street.green(), ["02", "08"]);
}

#[test]
fn who_asks_gets_green_after_the_intergreen_and_goes_back_to_red() {
    let mut street = Street::new(CROSSING);
    street.until(20.0);
    street.detect("051", true);
    street.until(27.0);
    street.detect("051", false);
    street.until(100.0);
    // Asked after 1 s of occupancy; the main road waits in green and ends at once.
    assert_eq!(street.greens("02")[0], (0.0, Some(21.0)));
    // Fixed green of 5 s outlasts the gap of the stop-line loop; then the main road waits in green again.
    assert_eq!(street.greens("05"), [(26.0, Some(31.0))]);
    assert_eq!(street.greens("02")[1].0, 36.5);
}

#[test]
fn a_vehicle_that_only_passes_over_the_loop_does_not_ask() {
    let mut street = Street::new(CROSSING);
    street.until(20.0);
    street.detect("051", true);
    street.until(20.8);
    street.detect("051", false);
    street.until(60.0);
    assert_eq!(street.greens("05"), []);
}

#[test]
fn a_pressed_button_stays_pressed() {
    let mut street = Street::new(CROSSING);
    street.until(20.0);
    street.press("k31");
    street.until(90.0);
    assert_eq!(street.greens("31").len(), 1);
    assert_eq!(street.greens("02").len(), 2, "the main road ended its green for it and came back");
}

#[test]
fn green_ends_at_the_gap_behind_the_last_vehicle() {
    let mut street = Street::new(CROSSING);
    street.until(10.0);
    street.detect("052", true);
    street.until(25.0);
    let start = street.greens("05")[0].0;
    street.detect("052", false);
    street.until(60.0);
    // The gap of a long loop is 1 s.
    assert_eq!(street.greens("05"), [(start, Some(26.0))]);
}

#[test]
fn green_is_not_longer_than_its_longest_while_somebody_waits() {
    let mut street = Street::new(CROSSING);
    street.until(10.0);
    street.detect("052", true);
    street.until(20.0);
    street.detect("082", true);
    street.until(120.0);
    let (start, end) = street.greens("05")[0];
    // Asked at 20 s, 15 s is the longest green.
    assert_eq!(end.unwrap(), 20.0 + 15.0, "green since {start}");
}

#[test]
fn nobody_waits_nobody_ends() {
    let mut street = Street::new(CROSSING);
    street.until(10.0);
    street.detect("052", true);
    street.until(200.0);
    assert_eq!(street.greens("05").len(), 1);
    assert_eq!(street.greens("05")[0].1, None);
}

#[test]
fn everybody_gets_a_turn_in_the_order_of_modules() {
    let mut street = Street::new(CROSSING);
    for loop_name in ["022", "082", "031", "052", "221", "k31", "k32"] {
        street.detect(loop_name, true);
    }
    street.until(400.0);
    let starts = |name: &str| street.greens(name).iter().map(|green| green.0).collect::<Vec<_>>();
    for name in ["02", "03", "05", "08", "22", "31", "32"] {
        assert!(starts(name).len() >= 4, "{name}: {:?}", starts(name));
    }
    // Between two greens of the main road the left turn comes before the side road.
    for pair in starts("08").windows(2) {
        let within = |name: &str| starts(name).into_iter().find(|start| (pair[0]..pair[1]).contains(start));
        assert!(within("03").unwrap() < within("05").unwrap());
    }
}

#[test]
fn who_does_not_ask_is_skipped() {
    let mut street = Street::new(CROSSING);
    street.detect("082", true);
    street.detect("052", true);
    street.until(300.0);
    assert_eq!(street.greens("03"), []);
    assert_eq!(street.greens("31"), []);
    assert!(street.greens("05").len() >= 5);
}

#[test]
fn a_group_outside_its_turn_uses_the_room_beside_another() {
    let mut street = Street::new(CROSSING);
    // The side road and the left turn are served one after the other; the main road has had its turn.
    street.detect("052", true);
    street.until(12.0);
    street.detect("031", true);
    street.until(30.0);
    street.detect("052", false);
    street.until(34.0);
    assert!(street.green().contains(&"03"), "{:?}", street.green());
    // 02 conflicts with neither, and nobody else asks.
    street.detect("022", true);
    street.until(36.0);
    assert!(street.green().contains(&"02") && street.green().contains(&"03"), "{:?}", street.green());
}

#[test]
fn bicycles_lead_the_traffic_that_yields_to_them() {
    let mut street = Street::new(CROSSING);
    street.until(10.0);
    street.detect("052", true);
    street.detect("221", true);
    street.until(60.0);
    let (bicycle, motor) = (street.greens("22")[0].0, street.greens("05")[0].0);
    assert!(motor >= bicycle + 2.0, "{bicycle} {motor}");
}

#[test]
fn who_starts_over_the_first_half_of_a_crossing_gets_over_the_second() {
    let mut street = Street::new(CROSSING);
    street.until(10.0);
    street.press("k31");
    street.until(60.0);
    let (first, second) = (street.greens("31")[0], street.greens("32")[0]);
    assert!(second.0 <= first.0, "{first:?} {second:?}");
    assert!(second.1.unwrap() >= first.1.unwrap() + 6.0, "{first:?} {second:?}");
}

#[test]
fn an_intervention_completes_a_running_follow_green() {
    let mut street = Street::new(CROSSING);
    street.until(10.0);
    street.press("k31");
    street.until(17.0);
    assert!(street.green().contains(&"31") && street.green().contains(&"32"));
    street.wish(&[("05", Wish::Green)]);
    street.until(60.0);
    let (first, second) = (street.greens("31")[0].1.unwrap(), street.greens("32")[0].1.unwrap());
    assert!(second >= first + 6.0, "{first} {second}");
    assert!(street.greens("05")[0].0 >= second + 7.0);
}

#[test]
fn an_intervention_cuts_to_the_minimum_and_gives_back_what_it_cut() {
    let mut street = Street::new(CROSSING);
    street.detect("022", true);
    street.detect("082", true);
    street.until(1.0);
    street.detect("052", true);
    street.until(2.0);
    street.wish(&[("03", Wish::Green)]);
    street.until(40.0);
    // 08 conflicts with the left turn; 02 does not, but its foes may not be served: it stays.
    assert_eq!(street.greens("08")[0], (0.0, Some(4.0)));
    assert_eq!(street.greens("03")[0].0, 7.5);
    street.wish(&[]);
    street.until(140.0);
    let back = street.greens("08")[1];
    assert!(back.0 > 40.0 && back.0 < 50.0, "it is still its turn: {back:?}");
    let length = back.1.unwrap() - back.0;
    assert!((16.0..=20.0).contains(&length), "4 s of 20 were used: {length}");
    assert!(street.greens("05")[0].0 > back.0, "the module goes on where it was");
}

#[test]
fn a_hold_keeps_green_and_starts_nothing() {
    let mut street = Street::new(CROSSING);
    street.detect("052", true);
    street.until(12.0);
    assert_eq!(street.green(), ["05"]);
    street.detect("082", true);
    street.wish(&[("05", Wish::Hold), ("03", Wish::Hold)]);
    street.until(80.0);
    assert_eq!(street.green(), ["05"], "neither its longest green ends it nor does the hold start anybody");
    street.wish(&[]);
    street.until(100.0);
    assert_eq!(
        street.greens("05")[0].1,
        Some(80.0),
        "it has been green for longer than its longest green by then"
    );
    assert_eq!(street.greens("08")[0].0, 85.0);
}

#[test]
fn a_coordinated_program_comes_back_at_its_second_of_the_cycle() {
    let coordinated =
        CROSSING.replace("[program.actuated]", "[program.coordinated_actuated]\ncycle_s = 80\noffset_s = 10");
    let coordinated = coordinated
        .replace("primary = [\"02\", \"08\"]", "primary = [\"02\", \"08\"], until_s = 40, hold = true")
        .replace("primary = [\"03\", \"31\", \"32\"]", "primary = [\"03\", \"31\", \"32\"], until_s = 55")
        .replace("primary = [\"05\", \"22\"]", "primary = [\"05\", \"22\"], until_s = 75");
    let mut street = Street::new(&coordinated);
    for loop_name in ["031", "052", "221"] {
        street.detect(loop_name, true);
    }
    street.until(800.0);
    let second = |moment: f64| {
        let cycle_start = Duration::from_seconds(10);
        (BEGIN + Duration::from_seconds_f64(moment) - cycle_start).unix_millis().rem_euclid(80_000)
    };
    let ends: Vec<f64> = street.greens("08").iter().filter_map(|green| green.1).collect();
    assert!(ends.len() >= 8, "{ends:?}");
    for end in ends {
        assert_eq!(second(end), 40_000, "the coordinated groups hold until their second");
    }
    for name in ["03", "05"] {
        assert!(street.greens(name).len() >= 8, "{name}");
    }
    for (_, end) in street.greens("05") {
        assert!(end.is_none_or(|end| (0..=75_000).contains(&second(end))), "{end:?}");
    }
}

// --- laws --------------------------------------------------------------------------------------------------------------------------------

/// The rules of an intersection, for the judge of lamps.
fn rules_of(intersection: &Intersection) -> Rules {
    let groups = intersection.groups().iter().map(|group| GroupRules {
        min_green: group.min_green,
        yellow: group.yellow,
        max_yellow: group.max_yellow,
        min_red: group.min_red,
    });
    let matrix = intersection.conflicts();
    let row = |ending| intersection.group_indices().map(move |starting| matrix.intergreen(ending, starting));
    let intergreens = intersection.group_indices().map(|ending| row(ending).collect()).collect();
    Rules { groups: groups.collect(), intergreens }
}

/// Something that happens on the street: after so many tenths, at this detector, or this is wished.
#[derive(Debug, Clone)]
enum Event {
    Detector(usize, bool),
    Wish(Vec<Wish>),
}

fn events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    let wish =
        proptest::sample::select(vec![Wish::Program, Wish::Program, Wish::Green, Wish::Red, Wish::Hold]);
    let event = prop_oneof![
        12 => (0..11_usize, any::<bool>()).prop_map(|(detector, occupied)| Event::Detector(detector, occupied)),
        1 => proptest::collection::vec(wish, 7).prop_map(Event::Wish),
        1 => Just(Event::Wish(vec![Wish::Program; 7])),
    ];
    proptest::collection::vec((0..60_i64, event), 0..150)
}

/// Plays events and lets the street be for a while afterwards; the time at which the last wish ended.
fn play(street: &mut Street, events: &[(i64, Event)]) {
    let mut moment = 0;
    for (wait, event) in events {
        moment += wait;
        street.until(f64::from(i32::try_from(moment).unwrap()) / 10.0);
        match event {
            Event::Detector(index, occupied) => {
                let name = street.intersection.detectors()[*index].name.clone();
                street.detect(&name, *occupied);
            }
            Event::Wish(wishes) => {
                let mut all = Wishes::none(wishes.len());
                for (group, wish) in (0..).map(GroupIndex).zip(wishes) {
                    all.set(group, *wish);
                }
                street.controller.set_wishes(street.now, all);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_traffic_and_wishes_come_no_rule_is_broken(events in events()) {
        let mut street = Street::new(CROSSING);
        play(&mut street, &events);
        prop_assert_eq!(street.record.breaches(&rules_of(&street.intersection)), vec![]);
        prop_assert_eq!(street.controller.refusals(), 0);
    }

    #[test]
    fn whoever_asks_gets_green_within_a_few_rounds(events in events()) {
        let mut street = Street::new(CROSSING);
        play(&mut street, &events);
        street.wish(&[]);
        let calm = (street.now - BEGIN).seconds();
        // A round of all modules takes less than 75 s; a left-over green may come before.
        street.until(calm + 200.0);
        for group in street.intersection.clone().group_indices() {
            let waited = street.controller.asks_since(group).map(|since| (street.now - since).seconds());
            prop_assert!(waited.is_none_or(|waited| waited < 120.0), "{:?} waits for {:?} s", group, waited);
        }
    }

    #[test]
    fn a_follow_green_is_never_cut(events in events()) {
        let mut street = Street::new(CROSSING);
        play(&mut street, &events);
        for tie in street.intersection.synchronisations() {
            let Synchronisation::FollowGreen { group, after, follow } = *tie else { continue };
            let greens = |group: GroupIndex| street.record.0[group.index()].windows(2)
                .filter(|pair| pair[0].1 == Aspect::Green).map(|pair| (pair[0].0, pair[1].0)).collect::<Vec<_>>();
            for (_, end) in greens(group) {
                for (start, leader_end) in greens(after) {
                    prop_assert!(!(start..leader_end + follow).contains(&end), "{:?} {:?} {:?}", start, leader_end, end);
                }
            }
        }
    }

    #[test]
    fn extra_steps_change_nothing(events in events()) {
        let (mut calm, mut nervous) = (Street::new(CROSSING), Street::new(CROSSING));
        play(&mut calm, &events);
        let mut moment = 0;
        for (wait, event) in &events {
            for _ in 0..*wait {
                moment += 1;
                // Asks the controller at every tick, as if something had happened.
                let wishes = nervous.controller.wishes().clone();
                nervous.controller.set_wishes(nervous.now, wishes);
                nervous.until(f64::from(moment) / 10.0);
            }
            play(&mut nervous, &[]);
            match event {
                Event::Detector(index, occupied) => {
                    let name = nervous.intersection.detectors()[*index].name.clone();
                    nervous.detect(&name, *occupied);
                }
                Event::Wish(wishes) => {
                    let mut all = Wishes::none(wishes.len());
                    for (group, wish) in (0..).map(GroupIndex).zip(wishes) {
                        all.set(group, *wish);
                    }
                    nervous.controller.set_wishes(nervous.now, all);
                }
            }
        }
        prop_assert_eq!(calm.record, nervous.record);
    }
}

#[test]
fn tenths_are_ticks() {
    assert_eq!(tenths(1), TICK);
}
