//! Random numbers as a pure function of seed, purpose, entity and draw: an emulator with the same seed does the same, whatever else happens.

/// What a stream of random numbers is for. Streams of different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// How long a lamp takes to follow; the entity is the group.
    Latency = 1,
    /// When vehicles come; the entity is the lane.
    Arrival = 2,
    /// When somebody presses; the entity is the detector.
    Button = 3,
    /// Emergency vehicles announced by KAR.
    SpecialVehicle = 4,
}

/// A stream of random numbers: the counter, mixed by the finaliser of `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", OOPSLA 2014), keyed by seed, purpose and entity.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    key: u64,
    draw: u64,
}

/// The golden ratio's fraction in 64 bits: the step of the counter.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Stream {
    pub(crate) fn new(seed: u64, purpose: Purpose, entity: u64) -> Self {
        let purpose = mix((purpose as u64).wrapping_mul(STEP));
        Self { key: mix(mix(seed ^ purpose).wrapping_add(entity.wrapping_mul(STEP))), draw: 0 }
    }

    /// From 0 (inclusive) to 1 (exclusive), in steps of 2^-53.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds exactly")]
    pub(crate) fn uniform(&mut self) -> f64 {
        self.draw = self.draw.wrapping_add(1);
        (mix(self.key.wrapping_add(self.draw.wrapping_mul(STEP))) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Exponentially distributed: the time to the next of independent arrivals.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.uniform())
    }

    /// From 0 to below `count`, which is not 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "counts of groups and lanes are small"
    )]
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((self.uniform() * count as f64) as usize).min(count.saturating_sub(1))
    }
}

const fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_purpose_and_entity_alone() {
        let first = |seed, purpose, entity| Stream::new(seed, purpose, entity).uniform().to_bits();
        let base = first(1, Purpose::Arrival, 7);
        assert_eq!(base, first(1, Purpose::Arrival, 7));
        for other in
            [first(2, Purpose::Arrival, 7), first(1, Purpose::Button, 7), first(1, Purpose::Arrival, 8)]
        {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn numbers_have_their_means() {
        let mut stream = Stream::new(3, Purpose::Arrival, 0);
        let draws = 50_000;
        let uniform = (0..draws).map(|_| stream.uniform()).sum::<f64>() / f64::from(draws);
        let headway = (0..draws).map(|_| stream.exponential(12.0)).sum::<f64>() / f64::from(draws);
        assert!((uniform - 0.5).abs() < 0.01 && (headway - 12.0).abs() < 0.3, "{uniform} {headway}");
        assert!((0..1000).all(|_| stream.below(3) < 3));
    }
}
