//! V-Log against a quarter of an hour that a real controller wrote down, as an independent reader (pyvlog) understood it; and any text at all.
//! The log is not part of this repository; without it beside, its test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use serde_json::{Map, Value};
use voorrang_signals::vlog::{self, VlogMessage, VlogStatus};
use voorrang_units::{Duration, Instant};

const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vlog/controller_2111_v2.0.0");

#[test]
fn the_log_of_a_real_controller_is_read_whole_and_written_as_it_was() {
    let Ok(log) = fs::read_to_string(format!("{LOG}.vlg")) else {
        println!("skipped: {LOG}.vlg is not there");
        return;
    };
    let mut status = VlogStatus::default();
    let mut kinds: BTreeMap<u8, usize> = BTreeMap::new();
    let mut passages_told = 0;
    for line in log.lines() {
        let message: VlogMessage = line.parse().unwrap();
        assert!(!matches!(message, VlogMessage::Unknown { .. }), "{line}");
        let mut again = String::new();
        message.write(&mut again).unwrap();
        assert_eq!(again, line);
        *kinds.entry(message.kind()).or_default() += 1;
        passages_told += usize::from(matches!(message, VlogMessage::SelectiveDetection { .. }));
        status.apply(&message);
    }
    println!("{} lines, {kinds:02X?}", kinds.values().sum::<usize>());
    assert_eq!((kinds.values().sum::<usize>(), kinds.len(), passages_told), (5970, 21, 14));
    agrees(&status);
}

/// All that pyvlog tells of the end, but for the thermometers: those it reads from the first digit on, without the two digits that count them.
fn agrees(status: &VlogStatus) {
    let text = fs::read_to_string(format!("{LOG}.expected.json")).unwrap();
    let all: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
    let [expected] = &all[..] else { panic!("one status") };
    let since_1970 = |key: &str| Duration::from_seconds_f64(expected[key].as_f64().unwrap());
    let moment = |key: &str| Instant::from_unix_millis(since_1970(key).millis());
    assert_eq!(status.moment(), Some(moment("timestamp")));
    assert_eq!(status.reference(), Some(moment("tijdReferentie")));
    assert_eq!(status.delta().duration(), since_1970("deltaTijd"));

    let list = |key: &str, of: &dyn Fn(&Value) -> u64| -> Vec<u64> {
        let elements = expected[key].as_object().unwrap();
        (0..elements.len()).map(|place| of(&elements[&place.to_string()])).collect()
    };
    let plain = |value: &Value| value.as_u64().unwrap();
    let bits = |members: &'static [(&str, u32)]| {
        move |value: &Value| members.iter().map(|(name, shift)| value[*name].as_u64().unwrap() << shift).sum()
    };
    let detectors: Vec<u64> = status.detectors().iter().map(|state| state.code().into()).collect();
    assert_eq!(detectors, list("detectie", &bits(&[("bezet", 0), ("storing", 1), ("OG-BG-FL", 2)])));
    let phases: Vec<u64> = status.phases().iter().map(|state| state.code().into()).collect();
    let word = bits(&[("SR", 10), ("MR", 9), ("BR", 8), ("AR", 7), ("PR", 6), ("A", 5), ("CG", 0)]);
    assert_eq!(phases, list("interneFaseCyclus", &word));
    let signals: Vec<u64> = status.signals().iter().map(|state| state.code().into()).collect();
    assert_eq!(signals, list("externeSignaalgroep", &plain));
    let flags = |of: &[bool]| -> Vec<u64> { of.iter().map(|flag| u64::from(*flag)).collect() };
    assert_eq!(flags(status.inputs()), list("overigeIngangen", &plain));
    assert_eq!(flags(status.wanted_outputs()), list("overigeUitgangenGUS", &plain));
    assert_eq!(flags(status.actual_outputs()), list("overigeUitgangenWUS", &plain));
    let wanted: Vec<u64> = status.wanted_programs().iter().map(|state| state.code().into()).collect();
    assert_eq!(wanted, list("gewensteProgrammaStatus", &plain));
    let actual: Vec<u64> = status.actual_programs().iter().map(|state| state.code().into()).collect();
    assert_eq!(actual, list("werkelijkeProgrammaStatus", &plain));
    assert_eq!(status.signals().len(), 14);
    assert_eq!(status.detectors().len(), 67);
}

/// Lines that look like a log: a type and digits, some with other characters among them.
fn line() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9A-Fa-f]{0,60}", "(0[1-9A-F]|1[0-8C]|2[02])[0-9A-F]{3}[0-9A-F]{0,80}", "\\PC{0,40}"]
}

proptest! {
    #[test]
    fn what_is_read_is_written_so_that_it_reads_the_same(line in line()) {
        if let Ok(message) = line.parse::<VlogMessage>() {
            let mut written = String::new();
            if message.write(&mut written).is_ok() {
                prop_assert_eq!(written.parse(), Ok(message));
            }
        }
    }

    #[test]
    fn any_text_is_a_log_or_an_error_with_its_line(lines in prop::collection::vec(line(), 0..12)) {
        let text = lines.join("\r\n");
        let mut status = VlogStatus::default();
        for read in vlog::lines(&text) {
            match read {
                Ok(message) => status.apply(&message),
                Err(error) => prop_assert!(error.line >= 1 && error.line <= text.lines().count()),
            }
        }
    }
}
