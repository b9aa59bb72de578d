//! Each ASN.1 construct of the generator by its bits. They were worked out by hand from ITU-T X.691; the clause stands at each.

// Generated code speaks of these at the root of its crate.
use voorrang_messages::{json, schema, uper};

#[expect(dead_code, unreachable_pub, reason = "generated for this test only")]
#[expect(clippy::bool_comparison, clippy::identity_op, reason = "odd definitions")]
mod constructs {
    include!(concat!(env!("OUT_DIR"), "/constructs.rs"));
}

#[expect(dead_code, unreachable_pub, reason = "generated for this test only")]
mod other {
    include!(concat!(env!("OUT_DIR"), "/other.rs"));
}

use constructs::*;
use json::FromJson;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Debug;
use uper::{Uper, decode_complete, encode_complete};

/// The bits of a text of 0 and 1, blanks left out, filled up to octets.
fn octets(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
    bits.chunks(8)
        .map(|octet| (0..8).fold(0, |sum, bit| sum << 1 | octet.get(bit).copied().unwrap_or(0)))
        .collect()
}

fn decode<T: Uper + Serialize>(bits: &str) -> Result<Value, String> {
    let value: T = decode_complete(&octets(bits)).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(value).expect("a JSON form"))
}

fn encode<T: Uper + FromJson>(value: &Value) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let value = T::from_json(value).map_err(|error| error.to_string())?;
    encode_complete(&value, &mut octets).map(|()| octets).map_err(|error| error.to_string())
}

/// Bits and value are each other's.
fn check<T: Uper + Serialize + FromJson + Debug>(bits: &str, value: Value) {
    assert_eq!(decode::<T>(bits), Ok(value.clone()), "{bits}");
    assert_eq!(encode::<T>(&value), Ok(octets(bits)), "{value}");
    let minimum = T::MIN_BITS;
    let found = bits.bytes().filter(|bit| *bit != b' ').count();
    assert!(minimum <= found, "at least {minimum} bits, found {found}");
}

/// A later version wrote the bits: what is known of them is the value.
fn check_later<T: Uper + Serialize>(bits: &str, value: Value) {
    assert_eq!(decode::<T>(bits), Ok(value), "{bits}");
}

#[test]
fn booleans_are_a_bit() {
    check::<Flag>("1", json!(true)); // clause 12
    check::<Flag>("0", json!(false));
}

#[test]
fn integers_take_the_bits_of_their_range() {
    check::<Small>("101", json!(5)); // clause 11.5.7.1
    check::<Alias>("101", json!(5));
    check::<Negative>("0000", json!(-5));
    check::<Negative>("1111", json!(10));
    check::<Wide>(&"1".repeat(42), json!(4_398_046_511_103_u64));
    assert_eq!(decode::<Odd>("110"), Err("(message) at octet 0, bit 3: expected 0 to 5, found 6".to_owned()));
    let error = |value: &dyn Fn(&mut Vec<u8>) -> Result<(), uper::EncodeError>| {
        value(&mut Vec::new()).unwrap_err().to_string()
    };
    assert_eq!(error(&|octets| encode_complete(&Odd(6), octets)), "(message): expected 0 to 5, found 6");
    assert_eq!(
        error(&|octets| encode_complete(&Negative(-6), octets)),
        "(message): expected -5 to 10, found -6"
    );
}

#[test]
fn json_with_a_number_outside_its_range_is_an_error_that_names_the_range() {
    let error = |found: i64| Err(format!("(message): expected a whole number from 0 to 5, found {found}"));
    assert_eq!(encode::<Odd>(&json!(6)), error(6));
    assert_eq!(encode::<Odd>(&json!(-1)), error(-1));
}

#[test]
fn a_value_without_bits_takes_an_octet() {
    check::<Single>("00000000", json!(5)); // clause 11.1.3
}

#[test]
fn extensible_integers_tell_whether_they_are_in_the_range() {
    check::<Reach>("0 0000000000000000", json!(1)); // clause 13.1
    check::<Reach>("0 1111111111111110", json!(65_535));
    // 71316 = 0x011694, as met on the road.
    check::<Reach>("1 00000011 000000010001011010010100", json!(71_316));
    check::<Reach>("1 00000001 11111111", json!(-1));
    check::<Reach>("1 00000001 00000000", json!(0));
}

#[test]
fn integers_without_bounds_are_octets_in_twos_complement() {
    check::<Unbounded>("00000001 00000000", json!(0)); // clause 11.8
    check::<Unbounded>("00000001 01111111", json!(127));
    check::<Unbounded>("00000010 0000000010000000", json!(128));
    check::<Unbounded>("00000001 10000000", json!(-128));
    check::<Unbounded>("00000010 1111111101111111", json!(-129));
    let lowest = format!("00001000 1{}", "0".repeat(63));
    check::<Unbounded>(&lowest, json!(i64::MIN));
    assert!(decode::<Unbounded>(&format!("00001001 {}", "0".repeat(72))).is_err());
    assert!(decode::<Unbounded>("00000000").is_err());
}

#[test]
fn integers_with_a_lower_bound_count_from_it() {
    check::<FromFive>("00000001 00000000", json!(5)); // clause 11.7
    check::<FromFive>("00000001 11111111", json!(260));
    check::<FromFive>("00000010 0000000100000000", json!(261));
    assert!(encode::<FromFive>(&json!(4)).is_err());
    assert!(decode::<FromFive>(&format!("00001000 {}", "1".repeat(64))).is_err());
}

#[test]
fn enumerations_are_places_in_the_order_of_their_numbers() {
    check::<Colour>("10", json!("green")); // clause 14.1
    check::<Holes>("00", json!("a"));
    check::<Holes>("01", json!("b"));
    check::<Holes>("10", json!("c"));
    assert_eq!(Holes::B.number(), Some(5));
    assert_eq!(Holes::from_number(9), Some(Holes::C));
    assert!(decode::<Colour>("11").unwrap_err().ends_with("expected an index below 3, found 3"));
    assert!(encode::<Colour>(&json!("blue")).is_err());
}

#[test]
fn additions_to_an_enumeration_are_known_or_kept_by_number() {
    check::<Stage>("0 1", json!("one")); // clause 14.3
    check::<Stage>("1 0 000000", json!("two"));
    check::<Stage>("1 0 000001", json!("three"));
    check_later::<Stage>("1 0 000010", json!({"unknown": 2}));
    check_later::<Stage>("1 1 00000001 01000110", json!({"unknown": 70})); // clause 11.6.2
    assert_eq!(decode_complete::<Stage>(&octets("0 0")), Ok(Stage::Unknown));
    assert_eq!(decode_complete::<Stage>(&octets("1 0 000010")), Ok(Stage::UnknownAddition(2)));
    assert!(encode::<Stage>(&json!({"unknown": 2})).unwrap_err().ends_with("the unknown addition 2"));
}

#[test]
fn bit_strings_have_a_length_only_where_it_varies() {
    check::<Marks>("1001", json!("1001")); // clause 16.9
    assert_eq!(Marks::LAST, 3);
    check::<Lanes>("0010 101", json!("101")); // clause 16.11
    check::<Vehicle>("0 10000001", json!("10000001")); // clause 16.6
    check::<Vehicle>("1 00001001 100000011", json!("100000011"));
    check::<Long>(&"10".repeat(35), json!("10".repeat(35)));
    assert!(encode::<Lanes>(&json!("")).is_err());
    assert!(encode::<Marks>(&json!("101")).is_err());
    assert!(decode::<Lanes>("1101").is_err());
}

#[test]
fn octet_strings_have_a_length_only_where_it_varies() {
    check::<Four>("00000000 11111111 00001111 11110000", json!("00ff0ff0")); // clause 17.7
    check::<Ranged>("00001 10101010 01010101", json!("aa55")); // clause 17.8
    check::<Any>("00000010 10101010 01010101", json!("aa55"));
    check::<Held>("00000010 10101010 01010101", json!({"content": {"hex": "aa55"}})); // clause 11.2
    let many = "ab".repeat(300);
    check::<Any>(&format!("10 00000100101100 {}", "10101011".repeat(300)), json!(many)); // clause 11.9.3.7
    assert!(encode::<Ranged>(&json!("")).is_err());
    assert!(encode::<Four>(&json!("00")).is_err());
}

#[test]
fn characters_take_the_bits_of_their_alphabet() {
    check::<Name>("01 1100001 1100010", json!("ab")); // clause 30.5
    check::<Phone>("0010 0010 0000 0001", json!("1 0"));
    check::<Printed>("1000001 0101110", json!("A."));
    check::<Seen>("01 0100000", json!(" "));
    check::<Text>("00000010 11000011 10101001", json!("\u{e9}"));
    assert!(decode::<Printed>("1000001 1000000").unwrap_err().contains("alphabet"));
    assert!(decode::<Phone>("0000 1111").unwrap_err().contains("alphabet"));
    assert!(encode::<Name>(&json!("\u{e9}")).unwrap_err().contains("alphabet"));
    assert!(encode::<Name>(&json!("abcd")).unwrap_err().contains("expected 1 to 3 elements, found 4"));
    assert!(decode::<Text>("00000001 11000011").unwrap_err().contains("UTF-8"));
    assert!(encode::<Text>(&json!("")).is_err());
}

#[test]
fn a_bitmap_tells_which_optional_members_are_there() {
    check::<Optional>("01 1 0", json!({"a": true, "type": false})); // clause 19.2
    check::<Optional>("10 0 111", json!({"a": false, "ref": 7}));
    let error = encode::<Optional>(&json!({"a": true, "b": 1})).unwrap_err();
    assert_eq!(error, "(message): expected members a, ref, type, found \"b\"");
    assert_eq!(encode::<Optional>(&json!({})), Err("a: expected a value, found none".to_owned()));
    assert_eq!(
        decode::<Optional>(""),
        Err("(message) at octet 0, bit 0: expected 2 more bits, found 0".to_owned())
    );
}

#[test]
fn a_member_equal_to_its_default_is_left_out() {
    check::<Defaults>("000 001", json!({"last": 1})); // clause 19.5
    let others = json!({"duration": 60, "colour": "red", "flag": false, "last": 1});
    check::<Defaults>("111 00000000000111100 00 0 001", others);
    // Nobody should write it, but who does is understood.
    check_later::<Defaults>("100 00000001001011000 001", json!({"last": 1}));
    let value: Defaults = decode_complete(&octets("000 001")).unwrap();
    assert_eq!((value.duration, value.colour, value.flag), (Seconds(600), Colour::Green, true));
    assert_eq!(encode::<Defaults>(&json!({"duration": 600, "last": 1})), Ok(octets("000 001")));
    check::<FromElsewhere>("0", json!({}));
    check::<FromElsewhere>("1 11", json!({"imported": 3}));
}

#[test]
fn unknown_additions_of_a_sequence_are_passed_over() {
    check::<Open>("0 101", json!({"a": 5})); // clause 19.1
    // Two additions, the second there, one octet: clauses 19.7 to 19.9.
    check_later::<Open>("1 101 0 000001 01 00000001 11111111", json!({"a": 5}));
    // Between two others in a list, the first addition there in two octets.
    let list = "11 0 001 1 010 0 000000 1 00000010 1111111111111111 0 011";
    check_later::<Opens>(list, json!([{"a": 1}, {"a": 2}, {"a": 3}]));
    let error = decode::<Opens>("01 1 010 0 000000 1 00000010 11111111").unwrap_err();
    assert_eq!(error, "[0] at octet 2, bit 6: expected 16 more bits, found 10");
}

#[test]
fn known_additions_of_a_sequence_are_open_types() {
    check::<Versioned>("0 001", json!({"a": 1}));
    check::<Versioned>("1 001 0 000001 10 00000001 01000000", json!({"a": 1, "b": 2}));
    check::<Versioned>("1 001 0 000001 01 00000001 10000000", json!({"a": 1, "c": "green"}));
    check::<Versioned>(
        "1 001 0 000001 11 00000001 01000000 00000001 10000000",
        json!({"a": 1, "b": 2, "c": "green"}),
    );
    // A version between, with the first of ours only; and a later one, with a third.
    let pair = |one: Value| json!({"one": one, "two": 7});
    check_later::<VersionedPair>("1 001 0 000000 1 00000001 01000000 111", pair(json!({"a": 1, "b": 2})));
    check_later::<VersionedPair>(
        "1 001 0 000010 101 00000001 01000000 00000001 11111111 111",
        pair(json!({"a": 1, "b": 2})),
    );
    // An addition that itself was extended is longer than we know.
    check_later::<VersionedPair>(
        "1 001 0 000000 1 00000010 0100000011111111 111",
        pair(json!({"a": 1, "b": 2})),
    );
}

#[test]
fn choices_are_the_place_and_the_value() {
    check::<Plain>("00 011", json!({"small": 3})); // clause 23.6
    check::<Plain>("01 1", json!({"flag": true}));
    check::<Plain>("10", json!({"none": null}));
    check::<Lone>("011", json!({"only": 3})); // clause 23.4
    assert!(decode::<Plain>("11").is_err());
    assert!(encode::<Plain>(&json!({"small": 3, "flag": true})).is_err());
    assert!(encode::<Plain>(&json!({"unknown": 3})).is_err());
}

#[test]
fn unknown_alternatives_are_passed_over_and_kept_by_number() {
    check::<Growing>("0 011", json!({"small": 3})); // clause 23.5
    check::<Growing>("1 0 000000 00000001 10000000", json!({"later": "green"})); // clause 23.8
    let rest = json!({"one": {"unknown": 5}, "two": 6});
    check_later::<GrowingPair>("1 0 000101 00000010 1111111111111111 110", rest.clone());
    assert_eq!(
        encode::<GrowingPair>(&rest),
        Err("one: expected a known name, found the unknown addition 5".to_owned())
    );
}

#[test]
fn types_without_a_name_have_the_bits_of_those_with_one() {
    let value = json!({"inner": {"x": 4}, "list": [{"p": true}, {"q": 2}], "kind": "v"});
    check::<Nested>("1 100 1 0 1 1 010 1", value);
    let error = decode::<Nested>("1 100 1 0 0 0").unwrap_err();
    assert_eq!(error, "list[1].p at octet 1, bit 0: expected 1 more bits, found 0");
}

#[test]
fn lists_have_the_length_that_their_size_asks_for() {
    check::<Pillars>("0 01 001 010", json!([1, 2])); // clause 20.4
    check::<Pillars>("1 00000100 001 010 011 100", json!([1, 2, 3, 4]));
    check::<Pillars>("1 00000000", json!([]));
    check::<Endless>("00000010 001 010", json!([1, 2])); // clause 11.9.3.6
    check::<AtLeastTwo>("00000010 1 0", json!([true, false]));
    assert!(decode::<AtLeastTwo>("00000001 1").unwrap_err().contains("at least 2"));
    assert!(encode::<AtLeastTwo>(&json!([true])).is_err());
    assert!(decode::<Pillars>("0 11").is_err());
    let error = encode::<Endless>(&json!([1, 8])).unwrap_err();
    assert_eq!(error, "[1]: expected a whole number from 0 to 7, found 8");
    let error = encode::<AtLeastTwo>(&json!([true])).unwrap_err();
    assert!(error.starts_with("(message): expected at least 2"), "{error}");
}

#[test]
fn long_lists_come_in_fragments() {
    // 16384 elements, then one: clause 11.9.3.8.
    let long = format!("11 000001 {} 00000001 001", "010".repeat(16_384));
    let mut value = vec![2; 16_384];
    value.push(1);
    check::<Endless>(&long, json!(value));
    // A whole number of fragments ends with a length of none.
    let whole = format!("11 000010 {} 00000000", "010".repeat(32_768));
    check::<Endless>(&whole, json!(vec![2; 32_768]));
    assert!(decode::<Endless>("11 000101").unwrap_err().contains("fragments"));
}

#[test]
fn a_length_that_is_not_there_reserves_nothing() {
    // 65 536 elements are told of, two are there.
    let error = decode::<Endless>("11 000100 001 010").unwrap_err();
    assert_eq!(error, "[2] at octet 1, bit 6: expected 3 more bits, found 2");
}
