use voorrang_units::{Duration as Span, Instant};

use super::system::{Keeper, Synchronised, SystemTimes, judge};
use super::*;

fn noon() -> Instant {
    Instant::parse_rfc3339("2026-06-01T12:00:00Z").unwrap()
}

#[test]
fn a_step_of_the_system_clock_beyond_half_a_second_costs_trust() {
    let kept = Synchronised::Yes("timedatectl");
    let clock = Clock::manual(noon());
    clock.advance(Span::from_seconds_f64(3600.0));
    for (system, trusted) in [(3600.0, true), (3599.6, true), (3600.4, true), (3601.0, false), (0.0, false)] {
        let times = SystemTimes { engine: clock.now(), system: noon() + Span::from_seconds_f64(system) };
        let health = judge(times, &kept, 0.5);
        assert_eq!(health.trusted, trusted, "{health:?}");
        assert!((health.offset_s.unwrap() - (3600.0 - system)).abs() < 0.002, "{health:?}");
    }
}

#[test]
fn a_clock_that_nobody_keeps_in_step_is_not_trusted() {
    let times = SystemTimes { engine: noon(), system: noon() };
    assert!(judge(times, &Synchronised::Yes("chronyc"), 0.5).trusted);
    assert!(judge(times, &Synchronised::No("chronyc"), 0.5).why.contains("not synchronised"));
    let unknown = judge(times, &Synchronised::Unknown, 0.5);
    assert!(!unknown.trusted && unknown.why.contains("\"ntp\""), "{unknown:?}");
}

#[tokio::test]
async fn whoever_can_be_asked_is_asked_and_otherwise_nothing_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let timesync_file = folder.path().join("synchronized");
    let nobody = Keeper {
        timesync_file: timesync_file.clone(),
        timedatectl: "no-such-timedatectl",
        chronyc: "no-such-chronyc",
    };
    assert_eq!(nobody.ask().await, Synchronised::Unknown);
    std::fs::write(&timesync_file, "").unwrap();
    assert_eq!(nobody.ask().await, Synchronised::Yes("systemd-timesyncd"));
}

#[tokio::test]
async fn time_servers_far_from_engine_time_cost_trust_and_near_ones_give_it() {
    for (ahead_s, trusted) in [(0.1, true), (0.9, false)] {
        let clock = Clock::manual(noon());
        let server = sntp::tests::fake_server(clock.clone(), ahead_s, |_| {}).await;
        let source = ClockSource::Ntp { servers: vec![server.to_string()] };
        let metrics = Arc::new(Metrics::new());
        let mut seen = watch(ClockConfig { source, max_offset_s: 0.5 }, clock, Arc::clone(&metrics));
        assert!(!seen.borrow().trusted, "nobody has answered yet");
        let health = seen.wait_for(|health| health.offset_s.is_some()).await.unwrap().clone();
        assert_eq!(health.trusted, trusted, "{health:?}");
        assert!((health.offset_s.unwrap() + ahead_s).abs() < 0.001, "{health:?}");
        let line = format!("voorrang_clock_trusted {}", i32::from(trusted));
        assert!(metrics.encode().contains(&line));
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_answer_nothing_is_trusted() {
    // A port that nobody listens on: bound, and never read.
    let deaf = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let source = ClockSource::Ntp { servers: vec![deaf.local_addr().unwrap().to_string()] };
    let config = ClockConfig { source, max_offset_s: 0.5 };
    let mut seen = watch(config, Clock::manual(noon()), Arc::new(Metrics::new()));
    let health = seen.wait_for(|health| health.why.contains("none of the 1")).await.unwrap().clone();
    assert!(!health.trusted);
}

#[tokio::test]
async fn what_is_assumed_is_said_to_be_assumed() {
    let config = ClockConfig { source: ClockSource::Assumed, max_offset_s: 0.5 };
    let seen = watch(config, Clock::manual(noon()), Arc::new(Metrics::new()));
    let health = seen.borrow().clone();
    assert!(health.trusted && health.why.contains("nobody checks"), "{health:?}");
}
