//! What vehicles send: CAMs of emergency vehicles and of equipped cars, requests of buses.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]

mod crossing;

use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::simulation::Model;

use crossing::{Crossing, car, options};

fn run(crossing: &Crossing, strategy: &str) -> RunRecord {
    let scenario = crossing.scenario();
    let options = options(&scenario);
    let strategy = StrategyConfig::from_name(strategy).unwrap();
    Model::new(scenario).run(&options, &strategy, 0, &AtomicU64::new(0)).unwrap()
}

fn cam_share(share: f64) -> String {
    format!("\n[radio]\nloss = 0.0\ncam_share = {share:?}\n")
}

fn ambulance(more: &str) -> String {
    format!(
        "\n[[emergency]]\nid = \"a\"\ntype = \"ambulance\"\ndepart_s = 100.0\nroute = [\"S_C\", \"C_N\"]\n{more}\n"
    )
}

#[test]
fn an_equipped_car_sends_a_cam_a_second_within_three_hundred_metres() {
    let crossing = Crossing::new(&car(100.0, 0), &cam_share(1.0));
    let record = run(&crossing, "none");
    // 300 m at 13.89 m/s.
    assert!((21..=23).contains(&record.cams), "{}", record.cams);
    assert_eq!(run(&Crossing::new(&car(100.0, 0), &cam_share(0.0)), "none").cams, 0);
}

#[test]
fn cars_are_equipped_by_their_share_and_the_same_ones_each_time() {
    let demand: String = (0..250).map(|n| car(60.0 + 2.0 * f64::from(n), 0)).collect();
    let crossing = Crossing::new(&demand, &(cam_share(0.2) + &ambulance("")));
    let none = run(&crossing, "none");
    assert_eq!(none, run(&crossing, "none"));
    // Each of about fifty sends for 22 s, the ambulance twice a second for less than a minute.
    assert!((700..1700).contains(&none.cams), "{}", none.cams);
}

#[test]
fn cars_outside_equipped_intersections_are_not_heard() {
    let mut scenario = Crossing::new(&car(100.0, 0), &cam_share(1.0)).scenario();
    scenario.intersections[0].equipped = false;
    let crossing = Crossing::new(&car(100.0, 0), &cam_share(1.0));
    scenario.demand = crossing.path().join("demand.jsonl");
    let options = options(&scenario);
    let record = Model::new(scenario).run(&options, &StrategyConfig::None, 0, &AtomicU64::new(0)).unwrap();
    assert_eq!(record.cams, 0);
}

#[test]
fn an_emergency_vehicle_sends_cams_by_the_generation_rules_with_requests_or_alone() {
    let record = run(&Crossing::new("", &(cam_share(0.0) + &ambulance(""))), "none");
    // It drives more than 4 m in half a second, the traffic step.
    let under_way = record.emergency[0].travel_time_s().unwrap();
    let expected = (2.0 * under_way) as u64;
    assert!(record.cams.abs_diff(expected) <= 6, "{} of {expected}", record.cams);
    assert_eq!(record.requests.sent, 1);
    let alone = run(&Crossing::new("", &(cam_share(0.0) + &ambulance("requests = \"cam\""))), "none");
    assert_eq!((alone.requests.sent, alone.cams), (0, record.cams));
}

#[test]
fn a_request_for_lane_or_connection_is_granted_like_one_for_the_approach() {
    for ask_for in ["approach", "lane", "connection"] {
        let more = cam_share(0.0) + &ambulance(&format!("ask_for = \"{ask_for}\""));
        let record = run(&Crossing::new("", &more), "absolute");
        assert_eq!((record.requests.sent, record.requests.granted), (1, 1), "{ask_for}");
    }
}

#[test]
fn a_bus_asks_once_it_is_near_and_hears_what_becomes_of_it() {
    let bus = car(100.0, 1).replace("\"type\":\"car\"", "\"type\":\"bus\"");
    let record = run(&Crossing::new(&bus, &cam_share(0.0)), "absolute");
    assert_eq!(record.vehicles.arrived, 1);
    let asked = &record.public_transport;
    assert_eq!(asked.sent, 1);
    assert!(asked.granted + asked.rejected <= 1, "{asked:?}");
    assert_eq!(record.requests.sent, 0, "it is no emergency vehicle");
}

/// Buses from the south, some minutes apart, while cars come from both sides: the delays of all, mean.
fn with_buses(more: &str) -> RunRecord {
    let mut rows: Vec<(f64, String)> = Vec::new();
    for number in 0..60_u32 {
        let number = f64::from(number);
        rows.push((60.0 + 8.3 * number, car(60.0 + 8.3 * number, 0)));
        let bus = car(63.0 + 37.0 * number, 1).replace("\"type\":\"car\"", "\"type\":\"bus\"");
        if number < 14.0 {
            rows.push((63.0 + 37.0 * number, bus));
        }
    }
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    let demand: String = rows.into_iter().map(|(_, row)| row).collect();
    run(&Crossing::new(&demand, &format!("{}{more}", cam_share(0.0))), "absolute")
}

#[test]
fn buses_are_rejected_unless_intersections_give_them_priority() {
    let (off, on) = (with_buses(""), with_buses("\n[priority]\npublic_transport = true\n"));
    assert_eq!(off.public_transport.granted, 0);
    assert_eq!(off.public_transport.rejected, off.public_transport.sent);
    assert!(on.public_transport.granted > 10, "{:?}", on.public_transport);
    assert_eq!(on.safety, off.safety);
}

#[test]
fn wrong_settings_are_told() {
    let more = "\n[radio]\ncam_share = 1.5\neva_share = -0.1\n".to_owned()
        + &ambulance("requests = \"horn\"\nask_for = \"all\"");
    let problems = Crossing::new("", &more).read().unwrap_err().to_string();
    for expected in ["`cam_share` is 1.5", "`eva_share` is -0.1", "horn", "all"] {
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
    let crossing = Crossing::new("", "");
    let path = crossing.path().join("scenario.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("class = \"bus\"", "class = \"truck\"");
    let text = text.replace("start = \"2026", "start = \"2150");
    std::fs::write(&path, text).unwrap();
    let problems = crossing.read().unwrap_err().to_string();
    for expected in ["`priority` is for public transport", "`start` is 2150"] {
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
}
