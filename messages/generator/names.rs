//! ASN.1 names as Rust names: still recognisable, and never two for one.

use proc_macro2::Ident;
use quote::format_ident;

/// A type or a variant: `ItsPduHeader`, `StationId`, `NoneUnknown`.
pub(super) fn type_name(asn1: &str) -> Ident {
    ident(&camel(asn1))
}

/// A field: `time_stamp`, `r#type`.
pub(super) fn field_name(asn1: &str) -> Ident {
    ident(&words(asn1).join("_").to_lowercase())
}

/// A constant: `UNAVAILABLE`.
pub(super) fn constant_name(asn1: &str) -> Ident {
    ident(&words(asn1).join("_").to_uppercase())
}

fn camel(asn1: &str) -> String {
    words(asn1).iter().fold(String::new(), |mut name, word| {
        // `prec0-1deg` and `prec01deg` stay two names.
        let digits_meet =
            name.ends_with(|c: char| c.is_ascii_digit()) && word.starts_with(|c: char| c.is_ascii_digit());
        if digits_meet {
            name.push('_');
        }
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.extend(letters.map(|letter| letter.to_ascii_lowercase()));
        name
    })
}

/// Splits at dashes and where a capital starts a word. A run of capitals is one word, except for its last letter where small
/// letters follow: `DSecond` is D and Second, `StationID` is Station and ID.
fn words(asn1: &str) -> Vec<String> {
    let letters: Vec<char> = asn1.chars().collect();
    let mut words = vec![String::new()];
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| letters[place]);
        let after_small = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let before_small = letters.get(place + 1).is_some_and(char::is_ascii_lowercase);
        let starts = letter.is_ascii_uppercase() && (after_small || (before.is_some() && before_small));
        if *letter == '-' || starts {
            words.push(String::new());
        }
        if let (true, Some(word)) = (*letter != '-', words.last_mut()) {
            word.push(*letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn ident(name: &str) -> Ident {
    match name {
        "self" | "super" | "crate" | "Self" => format_ident!("{name}_"),
        _ => syn::parse_str(name).unwrap_or_else(|_| format_ident!("r#{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(made: &Ident, expected: &str) {
        assert_eq!(made.to_string(), expected);
    }

    #[test]
    fn types_and_variants_are_camel_case() {
        check(&type_name("SREM"), "Srem");
        check(&type_name("StationID"), "StationId");
        check(&type_name("DSecond"), "DSecond");
        check(&type_name("RequestorDescription-addGrpC"), "RequestorDescriptionAddGrpC");
        check(&type_name("none-unknown"), "NoneUnknown");
        check(&type_name("axleCnt2"), "AxleCnt2");
        check(&type_name("Node-XY-20b"), "NodeXy20b");
    }

    #[test]
    fn digits_on_both_sides_of_a_dash_stay_apart() {
        check(&type_name("prec01deg"), "Prec01deg");
        check(&type_name("prec0-1deg"), "Prec0_1deg");
        check(&type_name("alt-000-01"), "Alt000_01");
    }

    #[test]
    fn fields_are_snake_case_and_keywords_are_escaped() {
        check(&field_name("timeStamp"), "time_stamp");
        check(&field_name("requestID"), "request_id");
        check(&field_name("state-time-speed"), "state_time_speed");
        check(&field_name("type"), "r#type");
        check(&field_name("ref"), "r#ref");
        check(&field_name("self"), "self_");
    }

    #[test]
    fn constants_are_upper_case() {
        check(&constant_name("oneMicrodegreeNorth"), "ONE_MICRODEGREE_NORTH");
        check(&constant_name("ev-rsr"), "EV_RSR");
    }
}
