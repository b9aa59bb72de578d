//! Against the emulated controller, octet for octet, in virtual time.

use std::sync::Arc;

use voorrang_signals::Intersection;
use voorrang_tlcfi::emulator::{Emulator, EmulatorConfig, Fault, ScheduledFault};
use voorrang_units::{Duration, Instant};

use super::check::{Check, Verdict};
use super::{Examination, Examiner, Report};
use crate::tlcfi_client::Client as _;

const START: Instant = Instant::from_unix_millis(1_795_600_000_000);
/// As often as the client over TCP looks round.
const STEP: Duration = Duration::from_millis(50);
/// No examination takes longer.
const LONGEST: Duration = Duration::from_seconds(1200);

#[derive(Clone, Copy, PartialEq)]
enum How {
    Looking,
    Control,
    Intrusive,
}

fn crossing() -> Arc<Intersection> {
    let text = include_str!("../../../signals/tests/intersections/crossing.toml");
    Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap())
}

/// Examines an emulator with these faults; `id` is what is said to be off the street.
fn examined(faults: &[(Fault, i64)], how: How, id: &str) -> Report {
    let layout = crossing();
    let faults = faults
        .iter()
        .map(|(fault, seconds)| ScheduledFault { fault: *fault, after: Duration::from_seconds(*seconds) });
    let config = EmulatorConfig { faults: faults.collect(), ..EmulatorConfig::default() };
    let mut emulator = Emulator::new(Arc::clone(&layout), config, START).unwrap();
    let examination = Examination {
        username: "conform".to_owned(),
        password: String::new(),
        layout,
        intersection: None,
        observe: Duration::from_seconds(150),
        control: how != How::Looking,
        intrusive: how == How::Intrusive,
        off_street: Some(id.to_owned()),
    };
    let mut examiner = Examiner::new(examination, START);
    let stream = emulator.connected(START);
    examiner.application().connected(START);
    let mut now = START;
    let mut octets = Vec::new();
    while !examiner.is_done() && now < START + LONGEST {
        now += STEP;
        while let Some(due) = emulator.next_deadline().filter(|due| *due <= now) {
            emulator.advance(due);
        }
        octets.clear();
        emulator.take_octets(now, stream, &mut octets);
        examiner.application().receive(now, &octets);
        if emulator.wants_disconnect(stream) {
            examiner.application().disconnected(now);
        } else {
            examiner.application().advance(now);
        }
        examiner.step(now);
        octets.clear();
        examiner.application().take_octets(&mut octets);
        emulator.receive(now, stream, &octets);
        if examiner.application().wants_disconnect() {
            break;
        }
    }
    assert!(now < START + LONGEST, "it comes to an end");
    assert_eq!(emulator.junction().conflicting_greens(), 0);
    Report::of("emulator", now, &mut examiner)
}

fn against(report: &Report) -> Vec<&'static str> {
    let rows = report.rows.iter().filter(|row| matches!(row.verdict, Verdict::Failed | Verdict::Warned));
    rows.map(|row| row.check.id()).collect()
}

fn verdict(report: &Report, check: Check) -> Verdict {
    report.rows.iter().find(|row| row.check == check).unwrap().verdict
}

#[test]
fn a_controller_in_order_passes_every_check() {
    let report = examined(&[], How::Intrusive, "Crossing");
    assert_eq!(against(&report), Vec::<&str>::new(), "{}", report.table());
    assert!(report.passed);
    let unmade: Vec<_> = report.rows.iter().filter(|row| row.verdict == Verdict::NotMade).collect();
    assert!(unmade.is_empty(), "{}", report.table());
}

#[test]
fn without_leave_it_only_looks() {
    let report = examined(&[], How::Looking, "");
    assert!(report.passed, "{}", report.table());
    assert_eq!(verdict(&report, Check::Granted), Verdict::NotMade);
    assert_eq!(verdict(&report, Check::Unsafe), Verdict::NotMade);
    assert_eq!(report.other_id, None);
}

#[test]
fn another_junction_is_commanded_nothing() {
    let report = examined(&[], How::Intrusive, "K99");
    assert_eq!(report.other_id.as_deref(), Some("Crossing"));
    assert_eq!(verdict(&report, Check::Granted), Verdict::NotMade, "{}", report.table());
}

/// Each fault that can be seen from the other end of the wire, and a check that names it.
#[test]
fn each_fault_of_the_emulator_is_named() {
    use How::{Control, Intrusive, Looking};
    let cases = [
        (Fault::LateConfirmation, 0, Control, "control.confirmation"),
        (Fault::RefusedCommand, 160, Control, "control.obeyed"),
        (Fault::StuckLamp, 160, Control, "control.obeyed"),
        (Fault::UnsafeCommandObeyed, 0, Intrusive, "intrusive."),
        (Fault::ConflictingGreenReported, 60, Looking, "lamps.conflicts"),
        (Fault::ShortIntergreen, 0, Looking, "lamps.intergreen"),
        (Fault::ShortGreen, 0, Looking, "lamps.minimum_green"),
        (Fault::ShortYellow, 0, Looking, "lamps.yellow"),
        (Fault::IntersectionError, 60, Looking, "intersection.state"),
        (Fault::DetectorFault, 20, Looking, "detectors.fault"),
        (Fault::DetectorFlutter, 20, Looking, "detectors.fault"),
        (Fault::DroppedConnection, 60, Looking, "session.stream"),
        (Fault::HalfOpen, 60, Looking, "alive."),
        (Fault::EndOfControl, 170, Control, "control.kept"),
        (Fault::Restart, 60, Looking, "session.stream"),
        (Fault::Stopping, 60, Looking, "session.goes_on"),
        (Fault::AliveUnanswered, 20, Looking, "alive.answered"),
        (Fault::AliveGarbled, 20, Looking, "alive.echoed"),
        (Fault::AliveMissing, 20, Looking, "alive.sent"),
        (Fault::SlowAnswers, 0, Looking, "rpc.answers"),
        (Fault::TickReset, 60, Looking, "ticks.onward"),
        (Fault::WrongVersion, 0, Looking, "session.version"),
        (Fault::RegistrationRefused, 0, Looking, "session.register"),
        (Fault::Garbage, 60, Looking, "rpc.messages"),
        (Fault::ControlWithheld, 0, Control, "control.granted"),
        (Fault::MissingGroup, 0, Looking, "meta.groups"),
        (Fault::ExtraGroup, 0, Looking, "meta.groups"),
        (Fault::MissingDetector, 0, Looking, "meta.detectors"),
        (Fault::ShortIntergreenMeta, 0, Looking, "meta.looser"),
        (Fault::LongIntergreenMeta, 0, Looking, "meta.intergreen"),
        (Fault::ShortGreenMeta, 0, Looking, "meta.looser"),
        (Fault::LongGreenMeta, 0, Looking, "meta.times"),
        (Fault::ShortYellowMeta, 0, Looking, "meta.looser"),
    ];
    assert_eq!(cases.len(), Fault::NAMES.len(), "every fault has its case");
    let missed: Vec<String> = cases
        .iter()
        .filter_map(|(fault, after, how, check)| {
            let report = examined(&[(*fault, *after)], *how, "Crossing");
            let named = against(&report);
            let found = named.iter().any(|id| id.starts_with(check));
            (!found).then(|| format!("{fault}: expected {check}, named {named:?}"))
        })
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_form_of_the_report_says_first_what_was_tested_and_that_it_is_no_certificate() {
    let report = examined(&[(Fault::MissingGroup, 0)], How::Looking, "");
    let first = report.table().lines().next().unwrap().to_owned();
    assert!(first.starts_with("TLC-FI 1.1.0") && first.ends_with("no certificate."), "{first}");
    let html = report.html();
    assert!(html.contains("<p><strong>TLC-FI 1.1.0") && !html.contains("http"), "{html}");
    let junit = report.junit();
    assert!(junit.contains("<failure message=") && junit.contains("meta.groups"), "{junit}");
    let mut reader = quick_xml::Reader::from_str(&junit);
    while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    assert_eq!(report.json()["passed"], false);
}
