//! What a controller says of itself, held against the intersection file.

use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_tlcfi::objects::SignalGroupMeta;
use voorrang_tlcfi::session::application::{ExpectedObjects, Facilities};
use voorrang_units::Duration;

use super::check::{Check, Findings};

/// What the file needs of a controller.
pub(super) fn expected(layout: &Intersection) -> ExpectedObjects {
    ExpectedObjects {
        groups: layout.groups().iter().map(|group| group.name.clone()).collect(),
        detectors: layout.detectors().iter().map(|detector| detector.name.clone()).collect(),
        inputs: layout.overrides().iter().map(|input| input.name.clone()).collect(),
        outputs: layout.emergency_lamps().iter().map(|lamp| lamp.output.clone()).collect(),
    }
}

/// Compares everything that can be.
pub(super) fn compare(layout: &Intersection, facilities: &Facilities, findings: &mut Findings) {
    for check in [
        Check::MetaGroups,
        Check::MetaDetectors,
        Check::MetaIntergreen,
        Check::MetaTimes,
        Check::MetaLooser,
        Check::MetaMore,
    ] {
        findings.make(check);
    }
    let differences = facilities.differences(&expected(layout));
    for difference in differences.fatal {
        let group = difference.starts_with("signal group");
        findings.against(if group { Check::MetaGroups } else { Check::MetaDetectors }, difference);
    }
    for more in differences.more {
        findings.against(Check::MetaMore, more);
    }
    for meta in &facilities.groups {
        if let Some(group) = layout.group_named(meta.id.as_str()) {
            compare_times(layout, group, meta, findings);
            compare_intergreens(layout, group, meta, findings);
        }
    }
}

fn compare_times(layout: &Intersection, group: GroupIndex, meta: &SignalGroupMeta, findings: &mut Findings) {
    let written = &layout.groups()[group.index()];
    for timing in &meta.timing {
        let (what, ours) = match timing.state.aspect() {
            Some(Aspect::Green) => ("minimum green", written.min_green),
            Some(Aspect::Yellow) => ("yellow", written.yellow),
            Some(Aspect::Red) => ("minimum red", written.min_red),
            None => continue,
        };
        let theirs = timing.shortest();
        let told = format!("group {}: {what} {theirs}, the file has {ours}", written.name);
        if theirs > ours {
            findings.against(Check::MetaTimes, told);
        } else if theirs < ours {
            findings.against(Check::MetaLooser, told);
        }
        if timing.state.aspect() == Some(Aspect::Yellow)
            && let Some(longest) = timing.longest().filter(|longest| *longest < written.yellow)
        {
            let told =
                format!("group {}: yellow {longest} at most, the file has {}", written.name, written.yellow);
            findings.against(Check::MetaTimes, told);
        }
    }
}

fn compare_intergreens(
    layout: &Intersection,
    group: GroupIndex,
    meta: &SignalGroupMeta,
    findings: &mut Findings,
) {
    let name = |group: GroupIndex| &layout.groups()[group.index()].name;
    for other in layout.conflicts().conflicting(group) {
        let ours = layout.conflicts().intergreen(group, *other).unwrap_or(Duration::ZERO);
        let theirs = meta.intergreen.iter().find(|to| to.signalgroup.as_str() == name(*other));
        match theirs.map(voorrang_tlcfi::objects::IntergreenTime::duration) {
            Some(theirs) if theirs > ours => {
                let told = format!("{} to {}: {theirs}, the file has {ours}", name(group), name(*other));
                findings.against(Check::MetaIntergreen, told);
            }
            Some(theirs) if theirs < ours => {
                let told =
                    format!("{} to {}: intergreen {theirs}, the file has {ours}", name(group), name(*other));
                findings.against(Check::MetaLooser, told);
            }
            Some(_) => {}
            None => {
                let told = format!("{} to {}: no intergreen, the file has {ours}", name(group), name(*other));
                findings.against(Check::MetaLooser, told);
            }
        }
    }
    for to in &meta.intergreen {
        let Some(other) = layout.group_named(to.signalgroup.as_str()) else { continue };
        if !layout.conflicts().conflicts(group, other) {
            let told =
                format!("{} to {}: {}, the file has no conflict", name(group), name(other), to.duration());
            findings.against(Check::MetaIntergreen, told);
        }
    }
}
