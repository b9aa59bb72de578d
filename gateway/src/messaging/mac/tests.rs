//! What passes and what doesn't.

use std::sync::Arc;

use proptest::prelude::*;
use voorrang_units::{Duration, Instant};

use super::*;

const NOW: Instant = Instant::from_unix_millis(1_768_201_200_000);

fn key(name: &str, fill: u8) -> Arc<Key> {
    Arc::new(Key::new(name, &[fill; 32]).unwrap())
}

fn sealed(key: &Key, direction: Direction, payload: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    Sealer::new(direction).seal(key, Content::Message, NOW, payload, &mut octets);
    octets
}

#[test]
fn what_was_wrapped_comes_out() {
    let keys: Keyring = [key("utrecht", 1), key("breda", 2)].into_iter().collect();
    let octets = sealed(&key("breda", 2), Direction::ToGateway, b"\x02\x09 message");
    assert!(begins(&octets));
    let opened = open(&keys, Direction::ToGateway, &octets).unwrap();
    assert_eq!((&**opened.key.name(), opened.sent, opened.sequence), ("breda", NOW, 0));
    assert_eq!((opened.content, opened.payload), (Content::Message, &b"\x02\x09 message"[..]));
}

#[test]
fn the_layout_is_the_documented_one() {
    let octets = sealed(&key("k", 7), Direction::ToGateway, &[0xAA]);
    assert_eq!(octets[..6], *b"VM\x01\x00\x01k");
    assert_eq!(octets[6..14], 1_768_201_200_000_i64.to_be_bytes());
    assert_eq!(octets[14..22], [0; 8]);
    assert_eq!((octets[22], octets.len()), (0xAA, 23 + 32));
}

#[test]
fn a_forged_wrapper_is_wrong_and_an_unknown_key_is_unknown() {
    let keys: Keyring = [key("utrecht", 1)].into_iter().collect();
    let forged = sealed(&key("utrecht", 9), Direction::ToGateway, b"message");
    assert_eq!(open(&keys, Direction::ToGateway, &forged).unwrap_err(), MacError::Wrong);
    let other = sealed(&key("breda", 1), Direction::ToGateway, b"message");
    assert_eq!(open(&keys, Direction::ToGateway, &other).unwrap_err(), MacError::UnknownKey);
}

#[test]
fn the_gateways_own_octets_sent_back_to_it_are_wrong() {
    let keys: Keyring = [key("utrecht", 1)].into_iter().collect();
    let own = sealed(&key("utrecht", 1), Direction::FromGateway, b"message");
    assert!(open(&keys, Direction::FromGateway, &own).is_ok());
    assert_eq!(open(&keys, Direction::ToGateway, &own).unwrap_err(), MacError::Wrong);
}

#[test]
fn a_repeat_is_refused_as_long_as_its_time_stamp_passes() {
    let tolerance = Duration::from_seconds(5);
    let mut window = ReplayWindow::new(tolerance, 100);
    let at = |seconds| NOW + Duration::from_seconds(seconds);
    // Made by a clock that is five seconds fast: the longest life that a time stamp can have.
    assert_eq!(window.admit(NOW, at(5), 1), Ok(()));
    for second in 0..=10 {
        assert_eq!(window.admit(at(second), at(5), 1), Err(MacError::Replayed), "{second}");
        assert_eq!(window.admit(at(second), at(second), 100 + u128::from(second.unsigned_abs())), Ok(()));
    }
    assert_eq!(window.admit(at(11), at(5), 1), Err(MacError::Stale));
}

#[test]
fn a_clock_that_is_off_by_more_than_the_tolerance_is_refused() {
    let mut window = ReplayWindow::new(Duration::from_seconds(5), 100);
    let off = |millis| NOW + Duration::from_millis(millis);
    assert_eq!(window.admit(NOW, off(-5001), 1), Err(MacError::Stale));
    assert_eq!(window.admit(NOW, off(5001), 2), Err(MacError::Stale));
    assert_eq!(window.admit(NOW, off(-5000), 3), Ok(()));
    assert_eq!(window.admit(NOW, Instant::from_unix_millis(i64::MIN), 4), Err(MacError::Stale));
}

#[test]
fn what_cannot_be_remembered_does_not_pass() {
    let mut window = ReplayWindow::new(Duration::from_seconds(5), 2);
    assert_eq!(window.admit(NOW, NOW, 1), Ok(()));
    assert_eq!(window.admit(NOW, NOW, 2), Ok(()));
    assert_eq!(window.admit(NOW, NOW, 3), Err(MacError::TooMany));
    assert_eq!(window.admit(NOW, NOW, 1), Err(MacError::Replayed));
}

#[test]
fn keys_are_no_shorter_than_the_hash_and_never_shown() {
    assert_eq!(Key::new("a", &[1; 31]).unwrap_err(), KeyError::Length(31));
    assert_eq!(Key::new("a b", &[1; 32]).unwrap_err(), KeyError::Name);
    assert_eq!(Key::from_hex("a", "zz").unwrap_err(), KeyError::Hex);
    assert_eq!(format!("{:?}", key("a", 255)), "Key(a)");
}

proptest! {
    #[test]
    fn no_octets_panic(octets: Vec<u8>, with_head: bool) {
        let keys: Keyring = [key("k", 1)].into_iter().collect();
        let mut all = if with_head { b"VM\x01\x00\x01k".to_vec() } else { Vec::new() };
        all.extend(octets);
        prop_assert!(open(&keys, Direction::ToGateway, &all).is_err());
    }

    #[test]
    fn any_changed_bit_is_noticed(payload: Vec<u8>, place: prop::sample::Index, bit in 0_u8..8) {
        let keys: Keyring = [key("k", 1)].into_iter().collect();
        let mut octets = sealed(&key("k", 1), Direction::ToGateway, &payload);
        let place = place.index(octets.len());
        octets[place] ^= 1 << bit;
        prop_assert!(open(&keys, Direction::ToGateway, &octets).is_err());
    }
}
