//! Tests of network files.

use super::*;

const HEADER: &str = "{\"network\":{\"schema\":1,\"projection\":{\"utm\":{\"zone\":32,\"south\":false,\"offset_m\":[-1.5,2.0]}}}}";
const ROADS: &str = r#"{"junction":{"id":"A","at":[0.0,0.0]}}
{"junction":{"id":"B","at":[100.0,0.0]}}
{"junction":{"id":"C","at":[200.0,0.0]}}
{"edge":{"id":"A_B","from":"A","to":"B","lanes":[{"length_m":90.0,"speed_mps":13.89,"permitted":["bus"],"shape":[[0.0,0.0],[90.0,0.0]]}]}}
{"edge":{"id":"B_C","from":"B","to":"C","lanes":[{"length_m":90.0,"speed_mps":13.89,"shape":[[110.0,0.0],[200.0,0.0]]}]}}
{"link":{"junction":"B","from":["A_B",0],"to":["B_C",0],"length_m":20.0,"speed_mps":13.89,"shape":[[90.0,0.0],[110.0,0.0]]}}"#;

fn problems(text: &str) -> Vec<String> {
    let result = UnresolvedNetwork::parse(text, "n").and_then(|network| network.resolve(&[]));
    result.map_or_else(|found| found.to_string().lines().map(str::to_owned).collect(), |_| Vec::new())
}

#[test]
fn what_is_written_reads_back_the_same() {
    let network =
        UnresolvedNetwork::parse(&format!("{HEADER}\n{ROADS}\n"), "n").unwrap().resolve(&[]).unwrap();
    let mut text = Vec::new();
    network.write(&[], &mut text).unwrap();
    let again = UnresolvedNetwork::parse(std::str::from_utf8(&text).unwrap(), "n").unwrap();
    assert_eq!(again.resolve(&[]).unwrap(), network);
    assert_eq!(network.lanes[0].links, 0..1);
    assert!(!network.lanes[0].permitted.contains(VehicleClass::Passenger));
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = format!("{HEADER}\n{ROADS}\n")
        .replace("\"to\":\"B\"", "\"to\":\"X\"")
        .replace("\"length_m\":20.0", "\"length_m\":0.0")
        .replace("[\"B_C\",0]", "[\"B_C\",3]");
    let found = problems(&text);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("n:5: there is no junction \"X\""), "{found:?}");
    assert!(found[1].starts_with("n:7: ") && found[2].starts_with("n:7: "), "{found:?}");
}

#[test]
fn a_signal_of_no_intersection_is_a_mistake() {
    let signal =
        "\"signal\":{\"intersection\":\"0/9\",\"group\":\"01\",\"approach\":1,\"lane\":1},\"shape\":[[90.0";
    let found = problems(&format!("{HEADER}\n{ROADS}").replace("\"shape\":[[90.0", signal));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("n:7: no intersection file has the id 0/9"), "{found:?}");
}

#[test]
fn foes_have_to_be_links_of_the_same_junction() {
    let found = problems(
        &format!("{HEADER}\n{ROADS}")
            .replace("\"shape\":[[90.0", "\"foes\":[[0,true,1.0,2.0],[7,true,1.0,2.0]],\"shape\":[[90.0"),
    );
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_file_of_another_kind_is_told_once() {
    assert_eq!(problems("# not this\nat all\n").len(), 2);
    assert_eq!(problems("").len(), 1);
    assert!(
        problems("{\"network\":{\"schema\":2,\"projection\":{\"local\":{\"latitude\":95,\"longitude\":5}}}}")
            [0]
        .contains("schema 2")
    );
}
