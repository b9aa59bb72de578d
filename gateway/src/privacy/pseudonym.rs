//! Other numbers in the place of station ids: the same for the same id as long as the key is the same, and without the key nobody's.
//!
//! A pseudonym has to be a station id again, so that messages can hold it and a journal can be replayed: 32 bits. A hash cut to 32 bits would give two
//! stations the same one sooner or later. So it is a permutation of all 32-bit numbers: a Feistel network of ten rounds over two halves of 16
//! bits, with HMAC-SHA-256 as its round function (the scheme of FF1, NIST SP 800-38G, with this function in the place of AES). No two
//! stations share a pseudonym. Our own stations keep their numbers: they are no persons, and no pseudonym may look like them; where the
//! permutation leads to one of them it is applied again (cycle walking), which keeps it a permutation of all others.
//!
//! It is a pseudonym and no anonymity: whoever has the key can try all four billion ids. That is why the key is deleted.

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use voorrang_messages::StationId;

use super::keys::Key;

const ROUNDS: u8 = 10;

/// The pseudonyms of one key.
#[derive(Debug)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
    own: BTreeSet<StationId>,
    known: BTreeMap<StationId, StationId>,
}

impl Pseudonyms {
    /// Those under a key; `own` are our own stations.
    #[must_use]
    pub fn new(key: &Key, own: &BTreeSet<StationId>) -> Self {
        Self { keyed: key.keyed(), own: own.clone(), known: BTreeMap::new() }
    }

    /// A station's pseudonym.
    pub fn of(&mut self, station: StationId) -> StationId {
        if self.own.contains(&station) {
            return station;
        }
        if let Some(known) = self.known.get(&station) {
            return *known;
        }
        let mut number = self.permute(station.0);
        while self.own.contains(&StationId(number)) {
            number = self.permute(number);
        }
        self.known.insert(station, StationId(number));
        StationId(number)
    }

    fn permute(&self, number: u32) -> u32 {
        let [a, b, c, d] = number.to_be_bytes();
        let (mut left, mut right) = ([a, b], [c, d]);
        for round in 0..ROUNDS {
            let mut mac = self.keyed.clone();
            mac.update(&[round, right[0], right[1]]);
            let mac = mac.finalize().into_bytes();
            (left, right) = (right, [left[0] ^ mac[0], left[1] ^ mac[1]]);
        }
        u32::from_be_bytes([left[0], left[1], right[0], right[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pseudonyms(key: u8, own: &[u32]) -> Pseudonyms {
        Pseudonyms::new(&Key::new([key; 32]), &own.iter().copied().map(StationId).collect())
    }

    #[test]
    fn no_two_stations_share_one_and_nobody_keeps_its_number() {
        let mut one = pseudonyms(1, &[70_000]);
        let all: BTreeSet<_> = (0..20_000).map(|number| one.of(StationId(number))).collect();
        assert_eq!(all.len(), 20_000);
        let kept = (0..20_000).filter(|number| one.of(StationId(*number)) == StationId(*number)).count();
        assert!(kept <= 1, "{kept}: one in four billion each");
    }

    #[test]
    fn our_own_station_stays_and_nobody_becomes_it() {
        // The station that would become 70 000 does so without the rule.
        let mut free = pseudonyms(1, &[]);
        let would_be = (0..u32::MAX).map(StationId).take(3000).map(|station| free.of(station));
        let target = would_be.last().unwrap();
        let mut own = pseudonyms(1, &[target.0]);
        assert_eq!(own.of(target), target);
        assert_ne!(own.of(StationId(2999)), target);
    }

    proptest! {
        #[test]
        fn the_same_key_gives_the_same_and_another_another(number in any::<u32>()) {
            let station = StationId(number);
            let first = pseudonyms(1, &[7]).of(station);
            prop_assert_eq!(first, pseudonyms(1, &[7]).of(station));
            if number != 7 {
                prop_assert_ne!(first, pseudonyms(2, &[7]).of(station));
            }
        }
    }
}
