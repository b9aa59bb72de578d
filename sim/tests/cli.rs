//! The command line from outside: what is typed, what is printed, exit codes.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program with these arguments, as a shell would call it.
fn voorrang_sim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_voorrang-sim")).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Checks the exit code and gives what was said on stderr where it differs.
fn ends_with(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stderr: {}", stderr(output));
}

/// SUMO's files of the single intersection iso4 as a scenario, in this folder.
fn iso4(folder: &Path) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sumo");
    let scenario = folder.join("iso4");
    let [net, routes] = ["iso4.net.xml", "iso4.rou.xml"].map(|name| data.join(name).display().to_string());
    let out = scenario.display().to_string();
    let imported = voorrang_sim(&["import", "sumo", &net, "--routes", &routes, "--out", &out]);
    ends_with(&imported, 0);
    assert!(stdout(&imported).contains("ev0"), "{}", stdout(&imported));
    scenario
}

/// A run's JSON without what the program itself cost.
fn without_performance(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).unwrap();
    assert!(value.as_object_mut().unwrap().remove("performance").is_some());
    value
}

#[test]
fn wrong_use_is_explained_and_exits_with_2() {
    let cases: &[(&[&str], &str)] = &[
        (&["run"], "<SCENARIO>"),
        (&["run", "x", "--replications", "0"], "0 is not in 1"),
        (&["run", "x", "--jitter", "-1"], "give seconds from 0"),
        (&["run", "x", "--threads", "0"], "--threads"),
        (&["run", "x", "--lamp-latency-s", "-1"], "give seconds from 0"),
        (&["run", "x", "--lamp-latency-s", "0.6"], "more than 0.5 s"),
        (&["run", "x", "--lamp-latency-s", "0.25"], "steps of 0.1 s"),
        (&["run", "x", "--at-red", "honk"], "pass_slowly"),
        (&["run", "x", "--strategies", "none,absolut"], "there are none, absolute"),
        (&["run", "there/is/no/such/folder"], "there/is/no/such/folder"),
        (&["serve", "there/is/no/such/folder"], "there/is/no/such/folder"),
        (&["serve", "x", "--strategy", "etta"], "there is no strategy \"etta\""),
        (&["serve", "x", "--replication", "2"], "up to --replications"),
        (&["check", "there/is/no/such/folder"], "there/is/no/such/folder"),
        (&["check", "there/is/no/such.toml"], "there/is/no/such.toml"),
        (&["import", "sumo", "x.net.xml"], "--routes"),
        (&["import", "sumo", "no.net.xml", "--routes", "no.rou.xml", "--out", "/tmp/never"], "no.net.xml"),
    ];
    for (arguments, said) in cases {
        let output = voorrang_sim(arguments);
        ends_with(&output, 2);
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn help_teaches_with_examples() {
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["import", "sumo", "--help"],
        &["check", "--help"],
        &["serve", "--help"],
    ] {
        let output = voorrang_sim(arguments);
        ends_with(&output, 0);
        assert!(stdout(&output).contains("voorrang-sim "), "{arguments:?}");
    }
}

#[test]
fn imported_scenario_checks_and_runs_the_same_on_one_and_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = iso4(folder.path()).display().to_string();

    let checked = voorrang_sim(&["check", &scenario, "--verbose"]);
    ends_with(&checked, 0);
    assert!(stdout(&checked).contains("no problems"), "{}", stdout(&checked));
    assert!(stdout(&checked).contains("ev0: departs at 620 s"), "{}", stdout(&checked));

    let run = |threads: &str, out: &Path| {
        let out = out.display().to_string();
        let arguments =
            ["run", &scenario, "--replications", "2", "--end", "700", "--threads", threads, "--out", &out];
        let output = voorrang_sim(&[&arguments[..], &["--format", "json"]].concat());
        ends_with(&output, 0);
        output
    };
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let printed = run("1", &one);
    run("2", &two);

    let read = |folder: &Path, name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(stdout(&printed), read(&one, "summary.json"));
    assert_eq!(
        without_performance(&read(&one, "summary.json")),
        without_performance(&read(&two, "summary.json"))
    );
    for name in ["trips.csv", "report.html", "time_space.svg"] {
        assert_eq!(read(&one, name), read(&two, name), "{name}");
    }

    let summary = without_performance(stdout(&printed));
    assert_eq!(summary["strategies"][0]["strategy"], "none");
    assert_eq!(summary["strategies"][1]["strategy"], "absolute");
    assert_eq!(summary["strategies"][0]["emergency"]["saved_s"]["mean"], 0.0);
    assert_eq!(summary["strategies"][1]["emergency"]["unfinished"], 0);
    for strategy in summary["strategies"].as_array().unwrap() {
        for (name, count) in strategy["safety"].as_object().unwrap() {
            assert_eq!(count, 0, "{name}");
        }
    }
    let vehicles = &summary["vehicles"];
    let count = |name: &str| vehicles[name].as_u64().unwrap();
    assert_eq!(count("departed"), count("arrived") + count("on_road"));
    assert_eq!(read(&one, "trips.csv").lines().count(), 1 + 4);
    assert!(read(&one, "report.html").matches("<svg").count() >= 2);
}

#[test]
fn table_says_what_was_gained_and_how_sure_that_is() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = iso4(folder.path()).display().to_string();
    let output = voorrang_sim(&["run", &scenario, "--replications", "1", "--end", "640"]);
    ends_with(&output, 0);
    let table = stdout(&output);
    for said in [
        "travel time, mean",
        "red passages",
        "in this one replication",
        "Safety checks passed",
        "Measuring began",
    ] {
        assert!(table.contains(said), "{said}: {table}");
    }
}

#[test]
fn all_problems_of_a_scenario_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = iso4(folder.path());
    let replace = |file: &Path, from: &str, to: &str| {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        std::fs::write(file, text.replacen(from, to, 1)).unwrap();
    };
    replace(&scenario.join("scenario.toml"), "step_s = ", "stepp_s = ");
    replace(&scenario.join("scenario.toml"), "warm_up_s = ", "warm_up_s = -");
    let intersections = std::fs::read_dir(scenario.join("intersections")).unwrap();
    let intersection = intersections.map(|entry| entry.unwrap().path()).next().unwrap();
    replace(&intersection, "schema = 1", "schema = 9");
    let output = voorrang_sim(&["check", &scenario.display().to_string()]);
    ends_with(&output, 2);
    for said in ["stepp_s", "warm_up_s", "schema", "scenario.toml:", ".toml:"] {
        assert!(stderr(&output).contains(said), "{said}: {}", stderr(&output));
    }
}

#[test]
fn closed_pipe_ends_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_voorrang-sim"))
        .args(["import", "sumo", "--help"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    ends_with(&output, 0);
    assert_eq!(stderr(&output), "");
}

#[test]
fn logs_stand_in_a_folder_for_each_strategy() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = iso4(folder.path()).display().to_string();
    let logs = folder.path().join("logs");
    let wanted = logs.display().to_string();
    let output = voorrang_sim(&["run", &scenario, "--replications", "2", "--end", "120", "--vlog", &wanted]);
    ends_with(&output, 0);
    assert!(stderr(&output).contains("2 logs"), "{}", stderr(&output));
    for strategy in ["none", "absolute"] {
        let files: Vec<PathBuf> =
            logs.join(strategy).read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        let [file] = &files[..] else { panic!("{files:?}") };
        assert_eq!(file.extension().unwrap(), "vlg");
        assert!(std::fs::read_to_string(file).unwrap().starts_with("01"));
    }
}

#[test]
fn captures_are_files_by_strategy_and_change_no_figure() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = iso4(folder.path()).display().to_string();
    let captures = folder.path().join("captures");
    let wanted = captures.display().to_string();
    let plain = ["run", &scenario, "--replications", "2", "--end", "120", "--format", "json"];
    let output = voorrang_sim(&[&plain[..], &["--messages", &wanted]].concat());
    ends_with(&output, 0);
    assert!(stderr(&output).contains("2 captures"), "{}", stderr(&output));
    for strategy in ["none", "absolute"] {
        let file = std::fs::read(captures.join(format!("{strategy}.pcap"))).unwrap();
        assert!(file.starts_with(&0xa1b2_c3d4_u32.to_le_bytes()) && file.len() > 10_000, "{}", file.len());
    }
    let without = voorrang_sim(&plain);
    assert_eq!(without_performance(stdout(&output)), without_performance(stdout(&without)));
}

#[test]
fn a_journal_replays_the_same_and_a_changed_value_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = iso4(folder.path()).display().to_string();
    let journals = folder.path().join("journals");
    let dir = journals.display().to_string();
    let run = voorrang_sim(&[
        "run",
        &scenario,
        "--strategies",
        "absolute,eta",
        "--replications",
        "2",
        "--journal",
        &dir,
    ]);
    ends_with(&run, 0);
    let plain = voorrang_sim(&["run", &scenario, "--strategies", "absolute,eta", "--replications", "2"]);
    assert_eq!(stdout(&run), stdout(&plain), "to be written down changes nothing");
    for strategy in ["none", "absolute", "eta"] {
        let journal = journals.join(format!("{strategy}.jsonl")).display().to_string();
        let replayed = voorrang_sim(&["replay", &journal]);
        ends_with(&replayed, 0);
        assert!(stdout(&replayed).starts_with("identical: "), "{}", stdout(&replayed));
    }

    let text = std::fs::read_to_string(journals.join("absolute.jsonl")).unwrap();
    let place = text.find("\"status\":\"granted\"").unwrap();
    let line = 1 + text[..place].matches('\n').count();
    let changed = folder.path().join("changed.jsonl");
    std::fs::write(&changed, text.replacen("\"status\":\"granted\"", "\"status\":\"rejected\"", 1)).unwrap();
    let changed = changed.display().to_string();
    let replayed = voorrang_sim(&["replay", &changed]);
    ends_with(&replayed, 1);
    let said = stdout(&replayed);
    assert!(said.contains(&format!("first difference at line {line}, ")), "{said}");
    assert!(said.contains("out.status.status: recorded \"rejected\", now \"granted\""), "{said}");
    let json = voorrang_sim(&["replay", &changed, "--format", "json"]);
    ends_with(&json, 1);
    let json: Value = serde_json::from_str(stdout(&json)).unwrap();
    assert_eq!((&json["identical"], &json["line"]), (&Value::from(false), &Value::from(line)));

    let torn = folder.path().join("torn.jsonl");
    std::fs::write(&torn, &text[..place]).unwrap();
    let replayed = voorrang_sim(&["replay", &torn.display().to_string()]);
    ends_with(&replayed, 2);
    assert!(stderr(&replayed).contains(&format!("line {line}: the journal ends within this line")));
}
