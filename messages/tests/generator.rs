//! The generator: what it writes for a module, and what it refuses. `tests/constructs.rs` checks the bits of each construct.

#[path = "../generator/mod.rs"]
mod generator;

use generator::{Source, generate};

fn source(file: &str, definitions: &str) -> Source {
    let module = file.split('.').next().unwrap_or(file);
    Source {
        file: file.to_owned(),
        text: format!("{module} DEFINITIONS AUTOMATIC TAGS ::= BEGIN\n{definitions}\nEND\n"),
    }
}

fn rust(definitions: &str) -> Result<String, String> {
    let generated = generate(&[source("module.asn1", definitions)]).map_err(|error| error.to_string())?;
    Ok(generated.into_iter().map(|module| module.rust).collect())
}

#[test]
fn a_type_is_documented_with_its_comment_and_its_range() {
    let rust =
        rust("-- Milliseconds within a minute.\nDSecond ::= INTEGER { unavailable(65535) } (0..65535)")
            .unwrap();
    let expected = "\
///Milliseconds within a minute.
///
///`DSecond ::= INTEGER (0..65535)`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[derive(PartialOrd, Ord)]
pub struct DSecond(
    ///The value as it is on the wire.
    pub u16,
);
impl DSecond {
    ///The smallest value of the range.
    pub const MIN: Self = Self(0);
    ///The largest value of the range.
    pub const MAX: Self = Self(65535);
    ///`unavailable`
    pub const UNAVAILABLE: Self = Self(65535);
}
";
    assert!(rust.starts_with(expected), "{rust}");
}

#[test]
fn members_keep_their_asn1_names_in_errors_and_json() {
    let rust =
        rust("Request ::= SEQUENCE { requestID INTEGER (0..255), outBoundLane BOOLEAN OPTIONAL, ... }")
            .unwrap();
    for expected in [
        "///`requestID`: INTEGER (0..255).\n    pub request_id: u8,",
        "///`outBoundLane`: BOOLEAN, optional.\n    pub out_bound_lane: Option<bool>,",
        "error.in_field(\"outBoundLane\")",
        "required(\"requestID\", crate::json::constrained::<u8, 0, 255>)?",
        "let [out_bound_lane] = reader.bitmap()?;",
        "reader.skip_additions()?;",
    ] {
        assert!(rust.contains(expected), "{expected} in\n{rust}");
    }
}

#[test]
fn types_of_other_modules_are_called_by_their_module() {
    let modules = [
        source("one.asn1", "IMPORTS Speed FROM two;\nMotion ::= SEQUENCE { speed Speed }"),
        source("two.asn1", "Speed ::= INTEGER (0..8191)"),
    ];
    let generated = generate(&modules).unwrap();
    assert_eq!(generated[0].module, "one");
    assert!(generated[0].rust.contains("pub speed: crate::two::Speed,"), "{}", generated[0].rust);
}

#[test]
fn the_same_profile_gives_the_same_text() {
    let definitions =
        "A ::= CHOICE { a BOOLEAN, b SEQUENCE OF BOOLEAN, ... }\nB ::= ENUMERATED { x, y, ..., z }";
    assert_eq!(rust(definitions), rust(definitions));
}

#[test]
fn what_would_be_read_wrongly_is_refused_with_its_place() {
    let check = |definitions: &str, expected: &str| {
        let error = rust(definitions).expect_err(definitions);
        assert!(error.starts_with("module.asn1") && error.contains(expected), "{error}");
    };
    check("A ::= INTEGER (0..MAX)", "line 2: INTEGER (0..MAX)");
    check("A ::= SEQUENCE { ..., a BOOLEAN }", "line 2: additions without a root");
    check("A ::= SEQUENCE { a Missing }", "A: a: no type Missing in module");
    check("A ::= SET { a BOOLEAN }", "A: SET is not supported");
    check("A ::= ENUMERATED { a(1), b }", "A: some values have numbers");
    check("A ::= CHOICE { unknown BOOLEAN, ... }", "A: an alternative `unknown`");
    check("A ::= INTEGER (5..4)", "A: the range 5..4 is empty");
    check("A ::= SEQUENCE { a BOOLEAN", "module.asn1: ");
}

#[test]
fn the_last_line_of_a_comment_gives_the_unit() {
    let rust = rust("-- How fast.\n-- Unit: 0.02 m/s\nVelocity ::= INTEGER (0..8191)").unwrap();
    let unit = "crate::schema::Unit {\n                step: 0.02f64,\n                decimals: 2usize,\n                symbol: \"m/s\",";
    assert!(rust.contains(unit), "{rust}");
}

#[test]
fn a_unit_that_cannot_be_read_or_belongs_to_no_number_is_refused() {
    let error = rust("-- Unit: fast\nVelocity ::= INTEGER (0..8191)").unwrap_err();
    assert_eq!(error, "module.asn1: Velocity: expected \"Unit: 0.02 m/s\", found \"Unit: fast\"");
    let error = rust("-- Unit: 1 m\nName ::= IA5String (SIZE(1..63))").unwrap_err();
    assert_eq!(error, "module.asn1: Name: a unit, but no INTEGER");
}

#[test]
fn a_rare_member_is_held_on_the_heap() {
    let definitions =
        "-- A point.\n-- Rare: more\nPoint ::= SEQUENCE { x INTEGER (0..7), more Large OPTIONAL }
        Large ::= SEQUENCE { all IA5String (SIZE(1..63)) }";
    let rust = rust(definitions).unwrap();
    assert!(rust.contains("pub more: Option<Box<Large>>"), "{rust}");
    assert!(!rust.contains("Rare"), "{rust}");
}

#[test]
fn a_rare_member_must_be_one_that_may_be_absent() {
    let error = rust("-- Rare: x\nPoint ::= SEQUENCE { x INTEGER (0..7) }").unwrap_err();
    assert_eq!(error, "module.asn1: Point: x: rare, but not OPTIONAL");
    let error = rust("-- Rare: y\nPoint ::= SEQUENCE { x INTEGER (0..7) }").unwrap_err();
    assert_eq!(error, "module.asn1: Point: \"Rare: y\", but there is no such member");
}
