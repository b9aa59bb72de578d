//! From a document to a [`ProgramFile`].

use voorrang_units::Duration;

use super::{
    ActuatedFile, CoordinationFile, FixedTimeFile, ModuleRow, PlansFile, ProgramFile, StageRow, SwitchRow,
};
use crate::document::{Table, Value};
use crate::intersection::file::DEFAULT_REFERENCE;
use crate::intersection::read::{LONGEST_S, rows};
use crate::program::actuated::{DEFAULT_FORWARD_MODULES, DEFAULT_SPACE};
use crate::program::schedule::Days;

/// `None` where no program could be read; why is reported.
pub(in crate::intersection) fn program(table: &Table<'_>) -> Option<ProgramFile> {
    let fixed_time = table.optional("fixed_time");
    let actuated = table.optional("actuated");
    let coordinated = table.optional("coordinated_actuated");
    table.no_other_keys();
    let written = usize::from(fixed_time.is_some())
        + usize::from(actuated.is_some())
        + usize::from(coordinated.is_some());
    if written != 1 {
        table.wrong(
            format!("there are {written} control programs"),
            "write one of [program.fixed_time], [program.actuated] and [program.coordinated_actuated]",
        );
    }
    if let Some(value) = fixed_time {
        return fixed(&value.table()?);
    }
    if let Some(value) = actuated {
        return modules(&value.table()?, false);
    }
    modules(&coordinated?.table()?, true)
}

fn fixed(table: &Table<'_>) -> Option<ProgramFile> {
    if table.optional("plans").is_none() {
        let plan = plan(table);
        table.no_other_keys();
        return plan.map(ProgramFile::FixedTime);
    }
    let plans = rows(table, "plans", true, |table| {
        let name = table.required("name").and_then(|value| value.text());
        let plan = plan(table);
        Some((name?.to_owned(), plan?))
    });
    let utc_offset = table.optional("utc_offset_s").and_then(|value| value.seconds(-50_400.0..=50_400.0));
    let summer_time = table.optional("summer_time").and_then(|value| value.flag());
    let schedule = rows(table, "schedule", false, switch);
    table.no_other_keys();
    Some(ProgramFile::Plans(PlansFile {
        place: table.place(),
        plans,
        utc_offset: utc_offset.unwrap_or(CENTRAL_EUROPEAN_TIME),
        summer_time: summer_time.unwrap_or(true),
        schedule,
    }))
}

/// Of the Netherlands in winter.
const CENTRAL_EUROPEAN_TIME: Duration = Duration::from_seconds(3600);

fn plan(table: &Table<'_>) -> Option<FixedTimeFile> {
    let cycle = table.required("cycle_s").and_then(|value| value.seconds(1.0..=LONGEST_S));
    let offset = table.optional("offset_s").and_then(|value| value.seconds(-LONGEST_S..=LONGEST_S));
    let reference = table.optional("reference").and_then(|value| value.instant());
    let stages = rows(table, "stages", true, stage);
    Some(FixedTimeFile {
        place: table.place(),
        cycle: cycle?,
        offset: offset.unwrap_or(Duration::ZERO),
        reference: reference.unwrap_or(DEFAULT_REFERENCE),
        stages,
    })
}

fn stage(table: &Table<'_>) -> Option<StageRow> {
    let name = table.required("name").and_then(|value| value.text());
    let duration = table.required("duration_s").and_then(|value| value.seconds(0.1..=LONGEST_S));
    let green = table.required("green").and_then(|value| names(&value));
    Some(StageRow { place: table.place(), name: name?.to_owned(), duration: duration?, green: green? })
}

fn switch(table: &Table<'_>) -> Option<SwitchRow> {
    let plan = table.required("plan").and_then(|value| value.text());
    let from = table.required("from").and_then(|value| {
        let written = value.text()?;
        let time = time_of_day(written);
        if time.is_none() {
            let what = format!("`from` is no time of day: {written}");
            return value.wrong(what, "write hours and minutes: \"06:30\"");
        }
        time
    });
    let days = table.optional("days").map(|value| {
        let written = value.text()?;
        match written.parse::<Days>() {
            Ok(days) => Some(days),
            Err(problem) => value.wrong(format!("`days`: {problem}"), Days::REMEDY),
        }
    });
    Some(SwitchRow {
        place: table.place(),
        plan: plan?.to_owned(),
        from: from?,
        days: days.unwrap_or(Some(Days::ALL))?,
    })
}

/// `06:30` as a time since midnight.
fn time_of_day(text: &str) -> Option<Duration> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, most: i64| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| digits && *number <= most)
    };
    Some(Duration::from_seconds(number(hours, 23)? * 3600 + number(minutes, 59)? * 60))
}

fn modules(table: &Table<'_>, coordinated: bool) -> Option<ProgramFile> {
    let coordination = coordinated.then(|| {
        let cycle = table.required("cycle_s").and_then(|value| value.seconds(1.0..=LONGEST_S));
        let offset = table.optional("offset_s").and_then(|value| value.seconds(-LONGEST_S..=LONGEST_S));
        let reference = table.optional("reference").and_then(|value| value.instant());
        Some(CoordinationFile {
            cycle: cycle?,
            offset: offset.unwrap_or(Duration::ZERO),
            reference: reference.unwrap_or(DEFAULT_REFERENCE),
        })
    });
    let waiting_green = table.optional("waiting_green").and_then(|value| names(&value));
    let alternative = table.optional("alternative").and_then(|value| value.flag()).unwrap_or(true);
    let space = table.optional("alternative_space_s").and_then(|value| value.seconds(0.0..=LONGEST_S));
    let forward = table.optional("forward_modules").and_then(|value| value.integer(0..=8_u8));
    let row = if coordinated { coordinated_module } else { module };
    let modules = rows(table, "modules", true, row);
    table.no_other_keys();
    Some(ProgramFile::Actuated(ActuatedFile {
        place: table.place(),
        coordination: match coordination {
            None => None,
            Some(read) => Some(read?),
        },
        waiting_green: waiting_green.unwrap_or_default(),
        alternative: alternative.then(|| space.unwrap_or(DEFAULT_SPACE)),
        forward_modules: forward.unwrap_or(DEFAULT_FORWARD_MODULES),
        modules,
    }))
}

fn module(table: &Table<'_>) -> Option<ModuleRow> {
    let name = table.required("name").and_then(|value| value.text());
    let primary = table.required("primary").and_then(|value| names(&value));
    Some(ModuleRow {
        place: table.place(),
        name: name?.to_owned(),
        primary: primary?,
        until: None,
        hold: false,
    })
}

fn coordinated_module(table: &Table<'_>) -> Option<ModuleRow> {
    let until = table.required("until_s").and_then(|value| value.seconds(0.0..=LONGEST_S));
    let hold = table.optional("hold").and_then(|value| value.flag());
    Some(ModuleRow { until: Some(until?), hold: hold.unwrap_or(false), ..module(table)? })
}

fn names(value: &Value<'_>) -> Option<Vec<String>> {
    Some(value.texts()?.into_iter().map(|(_, name)| name.to_owned()).collect())
}
