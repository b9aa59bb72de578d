//! What the README's main job says, read from the JSON that it printed: it is complete, nobody is lost, what must be zero is,
//! and priority gains time. `.ci/run` does the job; `VOORRANG_SUMMARY` names the file.

use serde_json::Value;

#[test]
#[ignore = "needs the output of a run: VOORRANG_SUMMARY=FILE; .ci/run gives it"]
fn the_main_job_is_complete_safe_and_worth_it() {
    let file = std::env::var("VOORRANG_SUMMARY").expect("VOORRANG_SUMMARY names a file");
    let summary: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let number = |value: &Value, path: &str| {
        let found = value.pointer(path).and_then(Value::as_f64);
        found.unwrap_or_else(|| panic!("{path} is no number in {value}"))
    };

    let vehicles = &summary["vehicles"];
    assert!(number(vehicles, "/departed") > 0.0, "{vehicles}");
    assert_eq!(
        vehicles["departed"].as_u64().unwrap(),
        vehicles["arrived"].as_u64().unwrap() + vehicles["on_road"].as_u64().unwrap(),
        "vehicles got lost: {vehicles}"
    );

    let [none, absolute] = summary["strategies"].as_array().unwrap().as_slice() else {
        panic!("two strategies expected: {summary}");
    };
    assert_eq!((&none["strategy"], &absolute["strategy"]), (&"none".into(), &"absolute".into()));
    for strategy in [none, absolute] {
        let safety = strategy["safety"].as_object().unwrap();
        assert!(safety.len() >= 3 && safety.values().all(|count| *count == 0), "{safety:?}");
        assert!(number(strategy, "/emergency/trips") > 0.0);
        assert_eq!(strategy["emergency"]["unfinished"], 0, "{}", strategy["emergency"]);
    }

    assert!(number(none, "/emergency/red_passages") > number(absolute, "/emergency/red_passages"));
    let (saved, interval) =
        (number(absolute, "/emergency/saved_s/mean"), number(absolute, "/emergency/saved_s/ci95"));
    assert!(saved > interval, "saved {saved} s +- {interval} s does not exclude 0");
    assert!(number(absolute, "/requests/granted") > 0.0);
}
