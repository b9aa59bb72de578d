//! What a signal program shows over one cycle, link by link: colours, greens, and the times between them that an intersection
//! file wants (yellow, minimum green, intergreen). All times are milliseconds into the cycle.

use crate::import::Findings;
use crate::import::sumo::tl_logic::TlLogic;

/// What a lamp shows, as we tell colours apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Red,
    Yellow,
    Green,
}

/// One colour for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spell {
    pub(super) colour: Colour,
    pub(super) start: i64,
    pub(super) length: i64,
}

/// The colours of one link or group over the cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Course {
    pub(super) cycle: i64,
    /// In order; the last one and the first one are of different colours unless there is only one.
    spells: Vec<Spell>,
}

/// SUMO's state characters as colours, once for each phase of a program (SUMO documentation, "Signal state definitions").
pub(super) fn colours(logic: &TlLogic, link: usize, findings: &mut Findings) -> Vec<Colour> {
    (0..logic.phases.len())
        .map(|phase| {
            let character = logic.character(phase, link);
            let note = match character {
                b'r' => return Colour::Red,
                b'y' | b'Y' => return Colour::Yellow,
                b'g' | b'G' => return Colour::Green,
                b'u' => "signal state u (red and yellow): shown as red",
                b's' => "signal state s (green arrow after a stop): shown as green",
                b'o' => "signal state o (blinking, give way): shown as green",
                b'O' => "signal state O (switched off): shown as green",
                _ => "signal states that SUMO does not define: shown as red",
            };
            findings.approximated(note);
            match character {
                b's' | b'o' | b'O' => Colour::Green,
                _ => Colour::Red,
            }
        })
        .collect()
}

impl Course {
    /// The course of a link whose colour in each phase is given.
    pub(super) fn of(logic: &TlLogic, colours: &[Colour]) -> Self {
        let mut spells: Vec<Spell> = Vec::new();
        let mut start = 0;
        for (phase, &colour) in logic.phases.iter().zip(colours) {
            let length = phase.duration.millis();
            match spells.last_mut() {
                Some(last) if last.colour == colour => last.length += length,
                _ => spells.push(Spell { colour, start, length }),
            }
            start += length;
        }
        // The cycle goes on: its end and its beginning may be one spell.
        if let [first, .., last] = spells.as_slice()
            && first.colour == last.colour
        {
            let joined = first.length;
            spells.remove(0);
            if let Some(last) = spells.last_mut() {
                last.length += joined;
            }
        }
        Self { cycle: start, spells }
    }

    /// The greens, in order.
    pub(super) fn greens(&self) -> impl Iterator<Item = Spell> {
        self.spells.iter().copied().filter(|spell| spell.colour == Colour::Green)
    }

    /// How long each red lasts.
    pub(super) fn reds(&self) -> impl Iterator<Item = i64> {
        self.spells.iter().filter(|spell| spell.colour == Colour::Red).map(|spell| spell.length)
    }

    /// The colour at a moment of the cycle.
    #[cfg(test)]
    fn at(&self, moment: i64) -> Colour {
        let moment = moment.rem_euclid(self.cycle);
        let spell =
            self.spells.iter().find(|spell| (moment - spell.start).rem_euclid(self.cycle) < spell.length);
        spell.map_or(Colour::Red, |spell| spell.colour)
    }

    /// How long yellow lasts after each green.
    pub(super) fn yellows(&self) -> impl Iterator<Item = i64> {
        self.pairs()
            .filter(|(before, after)| before.colour == Colour::Green && after.colour == Colour::Yellow)
            .map(|(_, yellow)| yellow.length)
    }

    /// Do lamps change from one colour directly to another?
    pub(super) fn changes(&self, from: Colour, to: Colour) -> bool {
        self.pairs().any(|(before, after)| before.colour == from && after.colour == to)
    }

    /// Each spell with the one after it; none if the colour never changes.
    fn pairs(&self) -> impl Iterator<Item = (Spell, Spell)> {
        let after = self.spells.iter().cycle().skip(1);
        self.spells
            .iter()
            .copied()
            .zip(after.copied())
            .filter(|(before, after)| before.colour != after.colour)
    }

    /// From each end of this course's green to the next start of the other's green, unless this one turns green before it. With
    /// the moment of the end.
    pub(super) fn gaps_to<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (i64, i64)> + 'a {
        let always = self.spells.len() == 1;
        self.greens().filter(move |_| !always).filter_map(move |green| {
            let end = green.start + green.length;
            let until =
                |course: &Self| course.greens().map(|next| (next.start - end).rem_euclid(self.cycle)).min();
            let gap = until(other)?;
            (until(self)? >= gap).then_some((end.rem_euclid(self.cycle), gap))
        })
    }
}

/// Conflicting groups, and the times between their greens as the program shows them.
pub(super) struct Transitions<'a> {
    pub(super) courses: &'a [Course],
    /// Full conflicts, both ways round.
    pub(super) conflicts: &'a [(usize, usize)],
    /// By group, yellow in milliseconds.
    pub(super) yellows: &'a [i64],
}

/// A time between two greens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Intergreen {
    pub(super) ending: usize,
    pub(super) starting: usize,
    pub(super) millis: i64,
    /// Not seen in the program as a direct transition.
    pub(super) assumed: bool,
}

/// Clearance after yellow is at least this where the program does not show one.
const LEAST_ASSUMED_CLEARANCE_MS: i64 = 2_000;
/// Greens that begin or end less than this apart belong to the same change of stages.
const SHORTEST_STAGE_MS: i64 = 5_000;

impl Transitions<'_> {
    /// An intergreen for each full conflict, each way round: the shortest gap where the pair follows directly; else yellow and
    /// the largest clearance of direct transitions, but never more than the program itself leaves.
    pub(super) fn intergreens(&self) -> Vec<Intergreen> {
        let direct: Vec<Option<i64>> =
            self.conflicts.iter().map(|&(ending, starting)| self.direct_gap(ending, starting)).collect();
        let clearance = self
            .conflicts
            .iter()
            .zip(&direct)
            .filter_map(|(&(ending, _), gap)| Some((*gap)? - self.yellows[ending]))
            .max()
            .unwrap_or(0)
            .max(LEAST_ASSUMED_CLEARANCE_MS);
        self.conflicts
            .iter()
            .zip(&direct)
            .map(|(&(ending, starting), direct)| {
                let shown = self.courses[ending].gaps_to(&self.courses[starting]).map(|(_, gap)| gap).min();
                let assumed = self.yellows[ending] + clearance;
                let millis = direct.unwrap_or_else(|| shown.map_or(assumed, |shown| shown.min(assumed)));
                Intergreen { ending, starting, millis, assumed: direct.is_none() }
            })
            .collect()
    }

    /// The shortest gap of a pair that follows directly: no stage lies between, which would be another green that begins long
    /// before the start of the one, or ends long after the end of the other. (A longer way round, over other greens, says
    /// nothing about the time that the pair itself needs.)
    fn direct_gap(&self, ending: usize, starting: usize) -> Option<i64> {
        let cycle = self.courses[ending].cycle;
        let others = || (0..self.courses.len()).filter(move |other| *other != starting && *other != ending);
        let greens = || {
            others().flat_map(|other| self.courses[other].greens()).filter(move |green| green.length < cycle)
        };
        let stage_between = |end: i64, gap: i64| {
            greens().any(|green| {
                let begins = (green.start - end).rem_euclid(cycle);
                let ends = (green.start + green.length - end).rem_euclid(cycle);
                begins < gap && gap - begins >= SHORTEST_STAGE_MS || ends < gap && ends >= SHORTEST_STAGE_MS
            })
        };
        self.courses[ending]
            .gaps_to(&self.courses[starting])
            .filter(|&(end, gap)| !stage_between(end, gap))
            .map(|(_, gap)| gap)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use voorrang_units::Duration;

    use super::*;
    use crate::import::sumo::tl_logic::Phase;

    fn logic(phases: &[(i64, &str)]) -> TlLogic {
        TlLogic {
            path: PathBuf::new(),
            line: 1,
            id: "C".to_owned(),
            program: "0".to_owned(),
            kind: "static".to_owned(),
            offset: Duration::ZERO,
            phases: phases
                .iter()
                .enumerate()
                .map(|(number, (seconds, state))| Phase {
                    duration: Duration::from_seconds(*seconds),
                    state: state.bytes().collect(),
                    number,
                })
                .collect(),
        }
    }

    fn courses(logic: &TlLogic, links: usize) -> Vec<Course> {
        let mut findings = Findings::default();
        (0..links).map(|link| Course::of(logic, &colours(logic, link, &mut findings))).collect()
    }

    #[test]
    fn green_over_the_end_of_the_cycle_is_one_green() {
        let logic = logic(&[(10, "G"), (3, "y"), (7, "r"), (5, "G")]);
        let course = &courses(&logic, 1)[0];
        assert_eq!(
            course.greens().map(|green| (green.start, green.length)).collect::<Vec<_>>(),
            [(20_000, 15_000)]
        );
        assert_eq!(course.yellows().collect::<Vec<_>>(), [3_000]);
        assert_eq!(course.at(24_000), Colour::Green);
        assert_eq!(course.at(12_999), Colour::Yellow);
        assert_eq!(course.at(13_000), Colour::Red);
    }

    #[test]
    fn intergreen_is_seen_where_greens_follow_and_assumed_elsewhere() {
        // Three groups after each other, all in conflict: 0 -> 1 -> 2 -> 0 are seen, the others not.
        let logic = logic(&[
            (10, "Grr"),
            (3, "yrr"),
            (1, "rrr"),
            (10, "rGr"),
            (3, "ryr"),
            (3, "rrr"),
            (10, "rrG"),
            (3, "rry"),
            (2, "rrr"),
        ]);
        let courses = courses(&logic, 3);
        let conflicts = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
        let transitions = Transitions { courses: &courses, conflicts: &conflicts, yellows: &[3_000; 3] };
        let found: Vec<_> = transitions
            .intergreens()
            .iter()
            .map(|found| (found.ending, found.starting, found.millis, found.assumed))
            .collect();
        assert_eq!(
            found,
            [
                (0, 1, 4_000, false),
                (0, 2, 6_000, true),
                (1, 0, 6_000, true),
                (1, 2, 6_000, false),
                (2, 0, 5_000, false),
                (2, 1, 6_000, true),
            ]
        );
    }

    #[test]
    fn a_green_that_ends_a_stage_early_does_not_lengthen_its_intergreen() {
        // Group 0 ends 15 s before group 1; group 2 follows both.
        let logic = logic(&[
            (10, "GGr"),
            (3, "yGr"),
            (12, "rGr"),
            (3, "ryr"),
            (3, "rrr"),
            (10, "rrG"),
            (3, "rry"),
            (2, "rrr"),
        ]);
        let courses = courses(&logic, 3);
        let conflicts = [(0, 2), (1, 2), (2, 0), (2, 1)];
        let transitions = Transitions { courses: &courses, conflicts: &conflicts, yellows: &[3_000; 3] };
        let found: Vec<_> = transitions
            .intergreens()
            .iter()
            .map(|found| (found.ending, found.millis, found.assumed))
            .collect();
        assert_eq!(found, [(0, 6_000, true), (1, 6_000, false), (2, 5_000, false), (2, 5_000, false)]);
    }

    #[test]
    fn a_group_that_is_always_green_has_no_end_of_green() {
        let logic = logic(&[(10, "gG"), (3, "gy"), (2, "Gr")]);
        let courses = courses(&logic, 2);
        assert_eq!(courses[0].gaps_to(&courses[1]).count(), 0);
        assert!(!courses[0].changes(Colour::Green, Colour::Yellow));
    }
}
