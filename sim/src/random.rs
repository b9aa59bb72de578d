//! Random numbers as a pure function of what they are for: the same driver stays the same driver under every strategy, in
//! whatever order events happen and on any number of threads.

use std::convert::Infallible;

use rand_core::{Rng, TryRng};

/// What a stream of random numbers is for. Streams of different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// When a vehicle departs; the entity is its line in the demand.
    Departure = 1,
    /// Which type a vehicle is.
    VehicleType = 2,
    /// How its driver drives.
    Driver = 3,
    /// When an emergency vehicle departs; the entity is its place in the scenario.
    EmergencyDeparture = 4,
    /// How an emergency vehicle's driver drives.
    EmergencyDriver = 5,
    /// Delay and loss of the messages that vehicles send.
    Uplink = 6,
    /// Delay and loss of the messages that intersections send.
    Downlink = 7,
    /// When pedestrians and cyclists come to a group; the entity is its row in the scenario.
    SlowTraffic = 8,
    /// Which ordinary vehicles send CAMs; the entity is their line in the demand.
    CamEquipment = 9,
    /// Delay and loss of a CAM; the entity is the vehicle and the second.
    Cam = 10,
    /// Delay and loss of an emergency vehicle's CAMs.
    EmergencyCam = 11,
    /// Delay and loss of the requests of buses and trams.
    PublicTransportUplink = 12,
    /// Which ordinary vehicles hear warnings of emergency vehicles; the entity is their line in the demand.
    WarningEquipment = 13,
    /// Delay of these warnings.
    Warning = 14,
    /// Whether a vehicle loses a warning; the entity is both.
    WarningReception = 15,
}

/// A stream of random numbers: Philox4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
/// 1, 2, 3", SC'11), keyed by the seed; the counter says replication, purpose, entity and draw.
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    used: usize,
}

impl Stream {
    /// The stream of one entity for one purpose in one replication.
    ///
    /// # Panics
    /// With more than 2^40 entities, which no demand has.
    #[must_use]
    pub fn new(seed: u64, replication: u32, purpose: Purpose, entity: u64) -> Self {
        assert!(entity < 1 << 40, "entities are counted from zero");
        let entity_high = low_word(entity >> 32);
        Self {
            key: [low_word(seed), low_word(seed >> 32)],
            counter: [0, low_word(entity), replication, entity_high | (purpose as u32) << 16],
            block: [0; 4],
            used: 4,
        }
    }

    /// A number from 0 (inclusive) to 1 (exclusive), in steps of 2^-53.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds exactly")]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from `from` to `to`.
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.uniform()
    }

    /// A number of the standard normal distribution (Box and Muller; always two draws).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        if self.used == self.block.len() {
            self.block = philox(self.counter, self.key);
            self.counter[0] = self.counter[0].wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        Ok(self.block[self.used - 1])
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.next_u32());
        Ok(u64::from(self.next_u32()) << 32 | low)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.next_u32().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let first = u64::from(MULTIPLIERS[0]) * u64::from(counter[0]);
        let second = u64::from(MULTIPLIERS[1]) * u64::from(counter[2]);
        counter = [
            low_word(second >> 32) ^ counter[1] ^ key[0],
            low_word(second),
            low_word(first >> 32) ^ counter[3] ^ key[1],
            low_word(first),
        ];
        key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
    }
    counter
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
const fn low_word(word: u64) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_its_authors_known_answers() {
        let check = |counter, key, expected: [u32; 4]| assert_eq!(philox(counter, key), expected);
        check([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        check([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        check(
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        );
    }

    #[test]
    fn a_stream_depends_on_seed_replication_purpose_and_entity_alone() {
        let first =
            |seed, replication, purpose, entity| Stream::new(seed, replication, purpose, entity).next_u64();
        let base = first(1, 0, Purpose::Driver, 7);
        assert_eq!(base, first(1, 0, Purpose::Driver, 7));
        for other in [
            first(2, 0, Purpose::Driver, 7),
            first(1, 1, Purpose::Driver, 7),
            first(1, 0, Purpose::Departure, 7),
            first(1, 0, Purpose::Driver, 8),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut stream = Stream::new(3, 0, Purpose::Driver, 0);
        let draws = 100_000;
        let uniform_mean = (0..draws).map(|_| stream.uniform()).sum::<f64>() / f64::from(draws);
        assert!((uniform_mean - 0.5).abs() < 0.005, "{uniform_mean}");
        let normals: Vec<f64> = (0..draws).map(|_| stream.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(draws);
        let variance = normals.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(draws);
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
