//! Owns `trips.csv`: one line for each emergency trip under each strategy in each replication, for whoever wants to do their
//! own statistics.

use std::fmt::Write as _;

use crate::measures::comparison::Comparison;
use crate::measures::statistics::rounded;

/// Seconds after the run's start, or lengths of time in seconds (`_s`); empty = not defined; `replication` counts from 1.
pub const HEADER: &str =
    "strategy,replication,vehicle,depart_s,arrival_s,travel_time_s,saved_s,stops,red_passages";

/// The whole file.
#[must_use]
pub fn text(comparison: &Comparison) -> String {
    let mut text = HEADER.to_owned() + "\n";
    for strategy in &comparison.strategies {
        for (replication, run) in strategy.runs.iter().enumerate() {
            for pair in comparison.pairs(strategy, replication) {
                let trip = pair.with;
                let saved = pair.travel_times_s().map(|(baseline, with)| baseline - with);
                // Writing to a String cannot fail.
                let _ = writeln!(
                    text,
                    "{},{},{},{},{},{},{},{},{}",
                    quoted(&strategy.strategy),
                    run.replication + 1,
                    quoted(&trip.id),
                    number(Some(trip.depart_s)),
                    number(trip.arrival_s),
                    number(trip.travel_time_s()),
                    number(saved),
                    trip.stops,
                    trip.red_passages,
                );
            }
        }
    }
    text
}

/// Three decimals at most; empty where there is none.
fn number(value: Option<f64>) -> String {
    rounded(value).map_or_else(String::new, |value| value.to_string())
}

/// In quotes where the text would break the line (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::comparison::examples::{comparison, run, trip};

    #[test]
    fn one_line_for_each_trip() {
        let comparison = comparison(vec![
            (
                "none",
                vec![run("none", 0, vec![trip("a,\"b\"", Some(100.25), 2, 3), trip("c", None, 0, 0)], &[])],
            ),
            (
                "absolute",
                vec![run(
                    "absolute",
                    0,
                    vec![trip("a,\"b\"", Some(80.0), 0, 0), trip("c", Some(5.0), 0, 0)],
                    &[],
                )],
            ),
        ]);
        let expected = "\
strategy,replication,vehicle,depart_s,arrival_s,travel_time_s,saved_s,stops,red_passages
none,1,\"a,\"\"b\"\"\",1000,1100.25,100.25,0,2,3
none,1,c,1000,,,,0,0
absolute,1,\"a,\"\"b\"\"\",1000,1080,80,20.25,0,0
absolute,1,c,1000,1005,5,,0,0
";
        assert_eq!(text(&comparison), expected);
    }
}
