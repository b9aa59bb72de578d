//! How much work octets can cause: the reads of a decoder are counted, and must stay below a number that their bits allow. So no
//! message keeps a decoder busy for longer than its length deserves.

use std::cell::Cell;

use proptest::prelude::*;

use crate::{ItsMessage, MessageFrame, MessageKind, hex};

thread_local! {
    static READS: Cell<usize> = const { Cell::new(0) };
}

/// A read of the [`super::Reader`].
pub(super) fn count() {
    READS.with(|reads| reads.set(reads.get() + 1));
}

/// Reads that decoding may take for each bit of a message. Most bits are read once, the bit of a present addition twice (bitmap and
/// presence); a value of one bit behind a constraint of no bits takes two reads.
const EACH_BIT: usize = 2;
/// And for anything: the reads that find the bits ended.
const ONCE: usize = 8;

fn check(octets: &[u8]) -> Result<(), TestCaseError> {
    READS.with(|reads| reads.set(0));
    drop(ItsMessage::decode(octets));
    drop(MessageFrame::decode(octets));
    let (reads, bits) = (READS.with(Cell::get), octets.len() * 8);
    // Two decoders looked at it.
    prop_assert!(reads <= 2 * (EACH_BIT * bits + ONCE), "{} reads for {} bits", reads, bits);
    Ok(())
}

#[test]
fn reads_of_any_vector_truncated_or_with_a_flipped_bit_are_bounded_by_its_bits() {
    for text in [
        include_str!("../../tests/vectors/srem.jsonl"),
        include_str!("../../tests/vectors/ssem.jsonl"),
        include_str!("../../tests/vectors/spatem.jsonl"),
        include_str!("../../tests/vectors/mapem.jsonl"),
        include_str!("../../tests/vectors/cam.jsonl"),
        include_str!("../../tests/vectors/denm.jsonl"),
    ] {
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let octets = hex::octets(record["uper"].as_str().unwrap()).unwrap();
            (0..=octets.len()).for_each(|length| check(&octets[..length]).unwrap());
            for bit in 0..octets.len() * 8 {
                let mut octets = octets.clone();
                octets[bit / 8] ^= 0x80 >> (bit % 8);
                check(&octets).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn reads_of_any_octets_are_bounded_by_their_bits(
        header in prop_oneof![
            prop::sample::select(MessageKind::ALL).prop_map(|kind| vec![2, kind.message_id(), 0, 0, 0, 1]),
            prop::sample::select(MessageFrame::SUPPORTED).prop_map(|(id, _)| id.to_be_bytes().to_vec()),
        ],
        body in prop::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(0xff), 1 => Just(0)], 0..600),
    ) {
        check(&[&header[..], &body[..]].concat())?;
    }
}
