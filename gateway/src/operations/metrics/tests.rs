use super::*;

#[test]
fn every_metric_has_its_prefix_its_help_and_its_type() {
    let metrics = Metrics::new();
    let _ = metrics.area("centre");
    metrics.refused("unknown_sender");
    let text = metrics.encode();
    for line in text.lines() {
        assert!(
            line.starts_with("voorrang_")
                || line.starts_with("# HELP voorrang_")
                || line.starts_with("# TYPE voorrang_"),
            "{line}"
        );
    }
    let named = |prefix: &str| text.lines().filter(|line| line.starts_with(prefix)).count();
    assert_eq!(named("# HELP"), named("# TYPE"));
    assert_eq!(named("# TYPE voorrang_interventions_total counter"), 1);
}

#[test]
fn what_is_counted_is_told() {
    let metrics = Metrics::new();
    metrics.received("udp", "SREM");
    metrics.received("udp", "SREM");
    metrics.received("carrier pigeon", "note");
    metrics.refused("too_fast");
    metrics.shed("position");
    metrics.undelivered("tcp", "full");
    metrics.finished("granted");
    metrics.answered(Duration::from_micros(70));
    metrics.answered(Duration::from_millis(3));
    metrics.journal_written(120, Duration::from_micros(30));
    metrics.journal_failed();
    metrics.clock(Some(-0.25), false);
    metrics.inbox_entered();
    metrics.inbox_entered();
    metrics.inbox_left(1);
    metrics.area("528/3107").intervention();
    metrics.area("528/3107").intervention();
    let text = metrics.encode();
    for line in [
        "voorrang_received_total{transport=\"udp\",kind=\"SREM\"} 2",
        "voorrang_received_total{transport=\"mqtt\",kind=\"CAM\"} 0",
        "voorrang_received_total{transport=\"carrier pigeon\",kind=\"note\"} 1",
        "voorrang_refused_total{reason=\"too_fast\"} 1",
        "voorrang_shed_total{kind=\"position\"} 1",
        "voorrang_undelivered_total{transport=\"tcp\",why=\"full\"} 1",
        "voorrang_requests_finished_total{status=\"granted\"} 1",
        "voorrang_answer_seconds_bucket{le=\"5e-05\"} 0",
        "voorrang_answer_seconds_bucket{le=\"0.0001\"} 1",
        "voorrang_answer_seconds_bucket{le=\"0.005\"} 2",
        "voorrang_answer_seconds_count 2",
        "voorrang_journal_written_bytes_total 120",
        "voorrang_journal_errors_total 1",
        "voorrang_clock_offset_seconds -0.25",
        "voorrang_clock_trusted 0",
        "voorrang_inbox_waiting 1",
        "voorrang_interventions_total{area=\"528/3107\"} 2",
    ] {
        assert!(text.lines().any(|other| other == line), "no {line} in\n{text}");
    }
}

#[test]
fn control_and_the_time_without_it_are_read_off_the_areas() {
    let metrics = Metrics::new();
    let condition = |registered, to_control, in_control| Condition {
        junctions: 2,
        registered,
        to_control,
        in_control,
        ended: false,
    };
    let areas =
        [("centre", condition(2, 2, 1)), ("north", condition(0, 2, 0)), ("watched", condition(1, 0, 0))];
    for _ in 0..2 {
        metrics.observe_areas(areas.into_iter(), Duration::from_millis(250));
    }
    let text = metrics.encode();
    for line in [
        "voorrang_control_seconds_total{area=\"centre\"} 0.5",
        "voorrang_without_control_seconds_total{area=\"centre\"} 0.5",
        "voorrang_without_control_seconds_total{area=\"north\"} 1.0",
        "voorrang_in_control{area=\"centre\"} 1",
        "voorrang_junctions{state=\"in_control\"} 1",
        "voorrang_junctions{state=\"registered\"} 2",
        "voorrang_junctions{state=\"not_connected\"} 3",
    ] {
        assert!(text.lines().any(|other| other == line), "no {line} in\n{text}");
    }
    assert!(!text.contains("area=\"watched\""), "an area that is only observed cannot lose control");
}
