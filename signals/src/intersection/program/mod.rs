//! `[program]` of the intersection file, as it is written. One program a file: `fixed_time` with one plan or several, `actuated`, or
//! `coordinated_actuated`.

pub(super) mod read;
pub(super) mod validate;

use std::fmt::Write as _;

use voorrang_units::{Duration, Instant};

use crate::document::Place;
use crate::intersection::file::{DEFAULT_REFERENCE, names, quoted, seconds, write_list};
use crate::program::schedule::Days;

/// `[program]`.
#[derive(Debug, Clone, PartialEq)]
pub enum ProgramFile {
    /// `[program.fixed_time]` with `stages`.
    FixedTime(FixedTimeFile),
    /// `[program.fixed_time]` with `plans`.
    Plans(PlansFile),
    /// `[program.actuated]` or `[program.coordinated_actuated]`.
    Actuated(ActuatedFile),
}

/// `[program.fixed_time]`, or one of its plans.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedTimeFile {
    /// Where it stands.
    pub place: Place,
    /// The sum of the stages.
    pub cycle: Duration,
    /// By how much the cycle starts after the reference.
    pub offset: Duration,
    /// The moment that the offset counts from; 1970-01-01T00:00:00Z where nothing is said.
    pub reference: Instant,
    /// The stages.
    pub stages: Vec<StageRow>,
}

/// A row of `stages`.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRow {
    /// Where it stands.
    pub place: Place,
    /// What people call it.
    pub name: String,
    /// How long it lasts.
    pub duration: Duration,
    /// The names of the groups that are green.
    pub green: Vec<String>,
}

/// `[program.fixed_time]` with several plans.
#[derive(Debug, Clone, PartialEq)]
pub struct PlansFile {
    /// Where it stands.
    pub place: Place,
    /// The plans with their names; the first holds where the schedule says nothing.
    pub plans: Vec<(String, FixedTimeFile)>,
    /// Local standard time is this much later than UTC.
    pub utc_offset: Duration,
    /// Whether clocks are an hour ahead from the last Sunday of March to the last of October, as in the European Union.
    pub summer_time: bool,
    /// When which plan begins.
    pub schedule: Vec<SwitchRow>,
}

/// A row of `schedule`.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchRow {
    /// Where it stands.
    pub place: Place,
    /// The name of the plan.
    pub plan: String,
    /// Since midnight, local time.
    pub from: Duration,
    /// On which days.
    pub days: Days,
}

/// `[program.actuated]` or `[program.coordinated_actuated]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ActuatedFile {
    /// Where it stands.
    pub place: Place,
    /// The cycle of a coordinated program.
    pub coordination: Option<CoordinationFile>,
    /// The names of the groups that wait in green where nobody asks.
    pub waiting_green: Vec<String>,
    /// Whether groups may be green outside their module where there is room, and for how long there must be.
    pub alternative: Option<Duration>,
    /// How many modules ahead a group may turn green.
    pub forward_modules: u8,
    /// The modules in their order.
    pub modules: Vec<ModuleRow>,
}

/// What only `[program.coordinated_actuated]` has.
#[derive(Debug, Clone, PartialEq)]
pub struct CoordinationFile {
    /// The cycle.
    pub cycle: Duration,
    /// By how much the cycle starts after the reference.
    pub offset: Duration,
    /// The moment that the offset counts from.
    pub reference: Instant,
}

/// A row of `modules`.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleRow {
    /// Where it stands.
    pub place: Place,
    /// What people call it: `ML1`.
    pub name: String,
    /// The names of the groups whose turn it is.
    pub primary: Vec<String>,
    /// Coordinated: its greens end by this second of the cycle.
    pub until: Option<Duration>,
    /// Coordinated: its groups stay green until then.
    pub hold: bool,
}

impl ProgramFile {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::FixedTime(file) => file.place,
            Self::Plans(file) => file.place,
            Self::Actuated(file) => file.place,
        }
    }

    pub(super) fn write(&self, out: &mut String) -> std::fmt::Result {
        match self {
            Self::FixedTime(file) => {
                writeln!(out, "\n[program.fixed_time]")?;
                file.write(out)
            }
            Self::Plans(file) => file.write(out),
            Self::Actuated(file) => file.write(out),
        }
    }
}

impl FixedTimeFile {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "cycle_s = {}", seconds(self.cycle))?;
        write_cycle_start(out, self.offset, self.reference)?;
        let rows = self.stages.iter().map(|stage| {
            let (name, green) = (quoted(&stage.name), names(&stage.green));
            format!("name = {name}, duration_s = {}, green = {green}", seconds(stage.duration))
        });
        write_list(out, "stages", rows)
    }
}

impl PlansFile {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n[program.fixed_time]\nutc_offset_s = {}", seconds(self.utc_offset))?;
        writeln!(out, "summer_time = {}", self.summer_time)?;
        let rows = self.schedule.iter().map(|row| {
            let minutes = row.from.millis() / 60_000;
            let (plan, days) = (quoted(&row.plan), quoted(&row.days.to_string()));
            format!("plan = {plan}, from = \"{:02}:{:02}\", days = {days}", minutes / 60, minutes % 60)
        });
        write_list(out, "schedule", rows)?;
        for (name, plan) in &self.plans {
            writeln!(out, "\n[[program.fixed_time.plans]]\nname = {}", quoted(name))?;
            plan.write(out)?;
        }
        Ok(())
    }
}

impl ActuatedFile {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        match &self.coordination {
            None => writeln!(out, "\n[program.actuated]")?,
            Some(coordination) => {
                writeln!(out, "\n[program.coordinated_actuated]\ncycle_s = {}", seconds(coordination.cycle))?;
                write_cycle_start(out, coordination.offset, coordination.reference)?;
            }
        }
        writeln!(out, "waiting_green = {}", names(&self.waiting_green))?;
        writeln!(out, "alternative = {}", self.alternative.is_some())?;
        if let Some(space) = self.alternative {
            writeln!(out, "alternative_space_s = {}", seconds(space))?;
        }
        writeln!(out, "forward_modules = {}", self.forward_modules)?;
        let rows = self.modules.iter().map(|row| {
            let mut text = format!("name = {}, primary = {}", quoted(&row.name), names(&row.primary));
            if let Some(until) = row.until {
                text += &format!(", until_s = {}", seconds(until));
            }
            if row.hold {
                text += ", hold = true";
            }
            text
        });
        write_list(out, "modules", rows)
    }
}

fn write_cycle_start(out: &mut String, offset: Duration, reference: Instant) -> std::fmt::Result {
    writeln!(out, "offset_s = {}", seconds(offset))?;
    if reference != DEFAULT_REFERENCE {
        writeln!(out, "reference = \"{reference}\"")?;
    }
    Ok(())
}
