//! Vehicle-actuated control by signal groups, as Dutch intersections have it: modules give the order of turns, detectors say who asks
//! and for how long green is worth while. Also coordinated: with a cycle that bounds the greens.
//!
//! | file | holds |
//! |---|---|
//! | here | the program as it is written: modules, rest, coordination |
//! | `phase` | how far the green of one group has come |
//! | `turn` | whose turn it is: modules, forward and alternative realisation |
//! | `run` | the program as it runs: demands in, intents out |
//!
//! # How it works
//! - A group asks for green by its detectors (`detection.rs`). Groups take turns in modules (the Dutch block order, CCOL's
//!   `ML1`, `ML2`, ...): all primary groups of the module that ask turn green, and when all of them are past their extension the next module in
//!   which somebody asks is at turn. Who does not ask is skipped.
//! - Green is fixed green, then extension while detectors measure traffic and the longest green is not over (which counts from when somebody
//!   in conflict began to wait), then co-extension: it goes on beside others' greens while that delays nobody.
//! - *Forward realisation*: a group of one of the next modules may turn green early if nobody whose turn is before it is delayed.
//! - *Alternative realisation*: a group outside its turn may turn green if it can be gone again before somebody in conflict is due: if there
//!   is room for a shortest green of [`Actuated::alternative`].
//! - Where nobody asks, groups that wait in green turn or stay green; the others end their green and rest in red.
//! - During an intervention the module stands still, so that the order goes on where it was interrupted; a group whose green was cut short
//!   gets its turn again, with what it missed (at least 6 s).
//! - Coordinated: the greens of a module end by its second of the cycle at the latest, and the groups of a module that *holds* stay green
//!   until then whether traffic comes or not; what other modules do not need goes to it (early return to green).
//!
//! Sources: the sequence of states, times and defaults follow CCOL and TLCGen (`tlcgendefaultdefaults.xml`, `prio.c`); module control is
//! described in the Dutch handbook on traffic signal control (CROW). Where those leave choices the simplest that keeps their purpose is
//! taken: room is judged by longest greens, and a gap once found ends the extension for good.

mod phase;
mod run;
mod turn;

use voorrang_units::{Duration, Instant};

use crate::id::GroupIndex;

pub(crate) use run::{ActuatedRun, Extension, View};

/// Room that an alternative realisation needs unless the file says otherwise (TLCGen).
pub const DEFAULT_SPACE: Duration = Duration::from_seconds(6);
/// So many modules ahead a group may turn green unless the file says otherwise (TLCGen).
pub const DEFAULT_FORWARD_MODULES: u8 = 1;

/// Groups whose turn it is together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// What people call it: `ML1`.
    pub name: String,
    /// Its groups; no two of them in conflict.
    pub primary: Vec<GroupIndex>,
    /// Coordinated: its greens end by then, counted from the start of the cycle.
    pub until: Option<Duration>,
    /// Coordinated: its groups stay green until then.
    pub hold: bool,
}

/// The cycle of a coordinated program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordination {
    /// How long it is.
    pub cycle: Duration,
    /// By how much it starts after the reference.
    pub offset: Duration,
    /// The moment that the offset counts from.
    pub reference: Instant,
}

impl Coordination {
    /// The first moment after `after` at which the cycle is `second` old.
    #[must_use]
    pub fn next(&self, second: Duration, after: Instant) -> Instant {
        let past = (after - self.reference - self.offset - second).millis().rem_euclid(self.cycle.millis());
        after + self.cycle - Duration::from_millis(past)
    }
}

/// A vehicle-actuated program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actuated {
    modules: Vec<Module>,
    module_of: Vec<usize>,
    waiting_green: Vec<bool>,
    alternative: Option<Duration>,
    forward_modules: usize,
    coordination: Option<Coordination>,
}

impl Actuated {
    /// A program of modules for so many groups, of which each is primary in exactly one; otherwise `None`. `alternative` is the room that an
    /// alternative realisation needs, `None` where there is to be none.
    #[must_use]
    pub fn new(
        groups: usize,
        modules: Vec<Module>,
        waiting_green: &[GroupIndex],
        alternative: Option<Duration>,
        forward_modules: usize,
        coordination: Option<Coordination>,
    ) -> Option<Self> {
        let mut module_of = vec![None; groups];
        for (place, module) in modules.iter().enumerate() {
            for group in &module.primary {
                let entry = module_of.get_mut(group.index())?;
                if entry.replace(place).is_some() {
                    return None;
                }
            }
        }
        let mut waits = vec![false; groups];
        for group in waiting_green {
            *waits.get_mut(group.index())? = true;
        }
        Some(Self {
            module_of: module_of.into_iter().collect::<Option<_>>()?,
            waiting_green: waits,
            modules,
            alternative,
            forward_modules,
            coordination,
        })
    }

    /// The modules in their order.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The place of the module in which a group is primary.
    #[must_use]
    pub fn module_of(&self, group: GroupIndex) -> usize {
        self.module_of[group.index()]
    }

    /// Does the group wait in green where nobody asks?
    #[must_use]
    pub fn waits_in_green(&self, group: GroupIndex) -> bool {
        self.waiting_green[group.index()]
    }

    /// The room that an alternative realisation needs; `None` where there is none.
    #[must_use]
    pub const fn alternative(&self) -> Option<Duration> {
        self.alternative
    }

    /// How many modules ahead a group may turn green.
    #[must_use]
    pub const fn forward_modules(&self) -> usize {
        self.forward_modules
    }

    /// The cycle of a coordinated program.
    #[must_use]
    pub const fn coordination(&self) -> Option<&Coordination> {
        self.coordination.as_ref()
    }

    /// When the greens of a module that begins now have to end, where it is coordinated.
    fn yields_at(&self, module: usize, after: Instant) -> Option<Instant> {
        Some(self.coordination?.next(self.modules[module].until?, after))
    }
}
