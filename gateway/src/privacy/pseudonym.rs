//! Other numbers in the place of station ids: the same for the same id as long as the key is the same, and without the key nobody's.
//!
//! A pseudonym has to be a station id again, so that messages can hold it and a journal can be replayed: 32 bits. A hash cut to 32 bits would give two
//! stations the same one sooner or later. So it is a permutation of all 32-bit numbers: a Feistel network of ten rounds over two halves of 16
//! bits, with HMAC-SHA-256 as its round function (the scheme of FF1, NIST SP 800-38G, with this function in the place of AES). No two
//! stations share a pseudonym. Our own stations keep their numbers: they are no persons, and no pseudonym may look like them; where the
//! permutation leads to one of them it is applied again (cycle walking), which keeps it a permutation of all others.
//!
//! What KAR tells of a vehicle is its company and a number of 15 bits, and the engine makes numbers of its own from those: from 0xFF000000 on
//! (`priority::request`). Those stay among themselves, as do all others, and a vehicle's number becomes another one of 15 bits: the engine has to
//! find the same difference in a journal that has aged.
//!
//! It is a pseudonym and no anonymity: whoever has the key can try all four billion ids. That is why the key is deleted.

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use voorrang_messages::StationId;

use super::keys::Key;

const ROUNDS: u8 = 10;

/// From here on ids are the engine's own, of vehicles that only KAR tells of.
const ENGINES_OWN: u32 = 0xff00_0000;
/// Numbers of vehicles in KAR have 15 bits.
const KAR_NUMBERS: u16 = 0x8000;
/// What is put before a vehicle's number, so that it has nothing to do with the station of that number.
const KAR: u8 = 0x80;

/// The pseudonyms of one key.
#[derive(Debug)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
    own: BTreeSet<StationId>,
    known: BTreeMap<StationId, StationId>,
    vehicles: BTreeMap<u16, u16>,
}

impl Pseudonyms {
    /// Those under a key; `own` are our own stations.
    #[must_use]
    pub fn new(key: &Key, own: &BTreeSet<StationId>) -> Self {
        Self { keyed: key.keyed(), own: own.clone(), known: BTreeMap::new(), vehicles: BTreeMap::new() }
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
        while self.own.contains(&StationId(number)) || (number >= ENGINES_OWN) != (station.0 >= ENGINES_OWN) {
            number = self.permute(number);
        }
        self.known.insert(station, StationId(number));
        StationId(number)
    }

    /// The number of a vehicle in KAR; 0 is nobody's, and stays.
    pub fn of_vehicle(&mut self, vehicle: u16) -> u16 {
        if vehicle == 0 {
            return 0;
        }
        if let Some(known) = self.vehicles.get(&vehicle) {
            return *known;
        }
        let mut number = self.permute_vehicle(vehicle);
        while number == 0 || (number >= KAR_NUMBERS) != (vehicle >= KAR_NUMBERS) {
            number = self.permute_vehicle(number);
        }
        self.vehicles.insert(vehicle, number);
        number
    }

    fn permute_vehicle(&self, number: u16) -> u16 {
        let [mut left, mut right] = number.to_be_bytes();
        for round in 0..ROUNDS {
            let mut mac = self.keyed.clone();
            mac.update(&[KAR | round, right]);
            let mac = mac.finalize().into_bytes();
            (left, right) = (right, left ^ mac[0]);
        }
        u16::from_be_bytes([left, right])
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

    #[test]
    fn the_numbers_that_the_engine_makes_stay_among_themselves() {
        let mut one = pseudonyms(1, &[]);
        let own: BTreeSet<_> = (0..200).map(|number| one.of(StationId(0xff80_0000 + number))).collect();
        assert_eq!(own.len(), 200);
        assert!(own.iter().all(|station| station.0 >= ENGINES_OWN));
        assert!((0..5000).all(|number| one.of(StationId(number)).0 < ENGINES_OWN));
    }

    #[test]
    fn a_number_of_kar_becomes_another_of_15_bits() {
        let mut one = pseudonyms(1, &[]);
        let all: BTreeSet<_> = (1..KAR_NUMBERS).map(|number| one.of_vehicle(number)).collect();
        assert_eq!(all.len(), usize::from(KAR_NUMBERS) - 1);
        assert!(all.iter().all(|number| (1..KAR_NUMBERS).contains(number)));
        assert_eq!(one.of_vehicle(0), 0);
        assert!(one.of_vehicle(40_000) >= KAR_NUMBERS);
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
