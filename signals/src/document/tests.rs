//! Tests of reading documents.

use super::*;
use voorrang_units::Duration;

fn problems(text: &str, read: impl FnOnce(&Table<'_>)) -> String {
    let document = Document::parse("a.toml", text);
    {
        let root = document.root();
        read(&root);
        root.no_other_keys();
    }
    document.finish().map_or_else(|problems| problems.to_string(), |()| String::new())
}

#[test]
fn every_problem_is_reported_at_once_in_the_order_of_the_text() {
    let text = "a = \"x\"\nb = 99\nc = true\nsurplus = 1\n";
    let told = problems(text, |root| {
        root.required("c").and_then(|value| value.text());
        root.required("a").and_then(|value| value.number(0.0..=1.0));
        root.required("b").and_then(|value| value.integer(0_u8..=9));
        root.required("d");
    });
    assert_eq!(
        told,
        "a.toml:1:1: `d` is missing; add it\n\
         a.toml:1:5: `a` is a text, not a number; write digits, without quotes\n\
         a.toml:2:5: `b` is 99; give a whole number from 0 to 9\n\
         a.toml:3:5: `c` is true or false, not a text; write it in quotes\n\
         a.toml:4:1: unknown key `surplus`; known here: c, a, b, d"
    );
}

#[test]
fn a_syntax_error_has_its_line() {
    let told = problems("a = 1\nb = = 2\n", |root| {
        root.optional("a");
        root.optional("b");
    });
    assert!(told.starts_with("a.toml:2:"), "{told}");
}

#[test]
fn rows_are_named_in_messages() {
    let told = problems("rows = [{ name = \"02\" }]", |root| {
        for row in root.required("rows").map(|value| value.tables()).unwrap_or_default() {
            let name = row.required("name").and_then(|value| value.text()).unwrap_or("?");
            let row = row.renamed(format!("rows {name}"));
            row.required("length_m");
        }
    });
    assert_eq!(told, "a.toml:1:9: `length_m` is missing in rows 02; add it");
}

#[test]
fn assumed_numbers_read_like_others_and_are_listed() {
    let document = Document::parse("a.toml", "x_s = { value = 2.5, assumed = true }\ny_s = 1");
    let root = document.root();
    assert_eq!(root.required("x_s").unwrap().seconds(0.0..=9.0), Some(Duration::from_millis(2500)));
    assert_eq!(root.required("y_s").unwrap().seconds(0.0..=9.0), Some(Duration::from_millis(1000)));
    assert_eq!(document.assumptions(), ["x_s = 2.5"]);
}

#[test]
fn columns_are_counted_in_characters() {
    assert_eq!(line_and_column("é = 1\nü = x", 12), (2, 5));
}

#[test]
fn hostile_numbers_are_refused() {
    for text in ["a = nan", "a = inf", "a = 99999999999999999999", "a = -1e999"] {
        assert!(
            !problems(text, |root| {
                root.required("a").and_then(|value| value.number(0.0..=1.0));
            })
            .is_empty()
        );
    }
}
