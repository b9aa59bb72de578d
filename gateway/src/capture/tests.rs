//! Captures made up octet by octet.

use voorrang_messages::StationId;
use voorrang_messages::packet::capture::{write_header, write_packet};

use super::*;

const GN: &[u8] = &[0x11, 0, 0x50, 1, 0x20, 0x50];

/// A pcap file of frames of a link layer, in either byte order.
fn pcap(link: u32, big_endian: bool, frames: &[Vec<u8>]) -> Vec<u8> {
    let u32_of = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let u16_of = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut file = u32_of(0xa1b2_c3d4).to_vec();
    file.extend([u16_of(2), u16_of(4)].concat());
    file.extend([u32_of(0), u32_of(0), u32_of(65_535), u32_of(link)].concat());
    for (index, frame) in (0..).zip(frames) {
        let length = u32::try_from(frame.len()).unwrap();
        let header = [u32_of(1_700_000_000 + index), u32_of(250_000), u32_of(length), u32_of(length)];
        file.extend(header.concat());
        file.extend(frame);
    }
    file
}

/// A block of a pcapng file.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(12 + body.len().next_multiple_of(4)).unwrap().to_le_bytes();
    let mut block = [&kind.to_le_bytes()[..], &length, body].concat();
    block.resize(block.len().next_multiple_of(4), 0);
    block.extend(length);
    block
}

/// A pcapng file: a section, an Ethernet interface in microseconds, an enhanced packet for each frame.
fn pcapng(frames: &[Vec<u8>]) -> Vec<u8> {
    pcapng_of(&[], 1_700_000_000_250_000, frames)
}

/// The same with options of the interface, and the time of each packet in the steps that they say.
fn pcapng_of(options: &[u8], time: u64, frames: &[Vec<u8>]) -> Vec<u8> {
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = [&1_u16.to_le_bytes()[..], &[0, 0], &65_535_u32.to_le_bytes(), options].concat();
    let mut file = [block(0x0a0d_0d0a, &section), block(1, &interface)].concat();
    for frame in frames {
        let [high, low] =
            [time >> 32, time & 0xffff_ffff].map(|part| u32::try_from(part).unwrap().to_le_bytes());
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        file.extend(block(6, &[&[0; 4][..], &high, &low, &length, &length, frame].concat()));
    }
    file
}

fn ethernet(ethertype: &[u8], payload: &[u8]) -> Vec<u8> {
    [&[0xff; 12], ethertype, payload].concat()
}

fn udp(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let total = (28 + length).to_be_bytes();
    let ip = [0x45, 0, total[0], total[1], 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let header = [2007_u16.to_be_bytes(), 2008_u16.to_be_bytes(), (8 + length).to_be_bytes(), [0, 0]];
    [&ip[..], &header.concat(), payload].concat()
}

/// Number, milliseconds of the second, and content in short, of all that is in a capture; and how many others were passed over.
fn all(file: Vec<u8>) -> Result<(Vec<String>, u64), CaptureError> {
    let mut reader = CaptureReader::new(io::Cursor::new(file))?;
    let mut found = Vec::new();
    while let Some(captured) = reader.next()? {
        let millis = captured.time.map(|time| time.unix_millis() % 1000);
        found.push(match captured.content {
            Content::GeoNetworking(octets) => format!("{} {millis:?} GN {octets:02x?}", captured.number),
            Content::Udp(ends, octets) => {
                format!("{} {millis:?} {} > {} {octets:02x?}", captured.number, ends.source, ends.destination)
            }
        });
    }
    Ok((found, reader.passed_over()))
}

fn check(link: u32, frame: Vec<u8>, expected: &str) {
    for big_endian in [false, true] {
        let (found, _) = all(pcap(link, big_endian, std::slice::from_ref(&frame))).unwrap();
        assert_eq!(found, [expected]);
    }
}

#[test]
fn geonetworking_is_found_behind_every_link_layer() {
    let expected = "1 Some(250) GN [11, 00, 50, 01, 20, 50]";
    check(1, ethernet(&[0x89, 0x47], GN), expected);
    check(1, ethernet(&[0x81, 0, 0, 5, 0x89, 0x47], GN), expected);
    check(1, ethernet(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x89, 0x47], GN), expected);
    let wireless = [&[0x88, 0][..], &[0; 24], &[0xaa, 0xaa, 3, 0, 0, 0, 0x89, 0x47], GN].concat();
    check(105, wireless.clone(), expected);
    check(127, [&[0, 0, 8, 0, 0, 0, 0, 0][..], &wireless].concat(), expected);
    check(113, [&[0; 14][..], &[0x89, 0x47], GN].concat(), expected);
    check(276, [&[0x89, 0x47][..], &[0; 18], GN].concat(), expected);
}

#[test]
fn udp_payloads_are_found_with_their_ends() {
    let expected = "1 Some(250) 10.0.0.1:2007 > 10.0.0.2:2008 [02, 09, 00]";
    check(1, ethernet(&[0x08, 0], &udp(&[2, 9, 0])), expected);
    // A frame is filled up to 60 octets; the datagram is not.
    check(1, ethernet(&[0x08, 0], &[udp(&[2, 9, 0]), vec![0; 20]].concat()), expected);
    check(101, udp(&[2, 9, 0]), expected);
}

#[test]
fn other_packets_are_passed_over_and_count() {
    let mut fragment = udp(&[2, 9, 0]);
    fragment[6] = 0x20;
    let frames = [
        ethernet(&[0x08, 6], &[0; 28]),
        ethernet(&[0x08, 0], &fragment),
        ethernet(&[0x08, 0], &udp(&[1])[..10]),
        ethernet(&[0x89, 0x47], GN),
        vec![],
    ];
    let (found, passed_over) = all(pcap(1, false, &frames)).unwrap();
    assert_eq!((found.len(), passed_over), (1, 4));
    assert!(found[0].starts_with("4 "), "{}", found[0]);
}

#[test]
fn pcapng_is_read_with_the_time_of_its_interface() {
    let (found, _) = all(pcapng(&[ethernet(&[0x89, 0x47], GN), ethernet(&[0x08, 0], &udp(&[7]))])).unwrap();
    assert_eq!(
        found,
        ["1 Some(250) GN [11, 00, 50, 01, 20, 50]", "2 Some(250) 10.0.0.1:2007 > 10.0.0.2:2008 [07]"]
    );
}

#[test]
fn pcapng_may_count_time_in_steps_of_a_power_of_two() {
    // `if_tsresol`: 2^-10 s.
    let resolution = [9, 0, 1, 0, 0x8a, 0, 0, 0];
    let file = pcapng_of(&resolution, 1_700_000_000 * 1024 + 256, &[ethernet(&[0x89, 0x47], GN)]);
    let mut reader = CaptureReader::new(io::Cursor::new(file)).unwrap();
    let time = reader.next().unwrap().and_then(|captured| captured.time);
    assert_eq!(time, Some(Instant::from_unix_millis(1_700_000_000_250)));
}

#[test]
fn a_link_type_may_tell_of_the_frame_check_sequence() {
    check(0x1400_0001, ethernet(&[0x89, 0x47], GN), "1 Some(250) GN [11, 00, 50, 01, 20, 50]");
}

/// Octets that come one at a time, as from a pipe.
struct OneByOne(io::Cursor<Vec<u8>>);

impl Read for OneByOne {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let most = octets.len().min(1);
        self.0.read(&mut octets[..most])
    }
}

#[test]
fn a_capture_may_come_octet_by_octet() {
    let frames = [ethernet(&[0x89, 0x47], GN), ethernet(&[0x89, 0x47], GN)];
    for file in [pcap(1, false, &frames), pcapng(&frames)] {
        let mut reader = CaptureReader::new(OneByOne(io::Cursor::new(file))).unwrap();
        assert_eq!(reader.next().unwrap().map(|captured| captured.number), Some(1));
        assert_eq!(reader.next().unwrap().map(|captured| captured.number), Some(2));
        assert_eq!(reader.next(), Ok(None));
    }
}

/// The crate subtracts the length of such a block's frame from its length without a look, which ends the program.
#[test]
fn a_block_shorter_than_its_own_frame_is_an_error() {
    let frames = [ethernet(&[0x89, 0x47], GN)];
    for length in 0..12_u32 {
        let short = [0x8000_0001, length, length, length].map(u32::to_le_bytes).concat();
        let error = all([pcapng(&frames), short].concat());
        assert_eq!(error, Err(CaptureError::Malformed { number: 2 }));
    }
}

#[test]
fn a_frame_longer_than_its_block_is_an_error_and_not_waited_for() {
    let longer_than_the_block = block(6, &[&[0; 12][..], &[0xff, 0, 0, 0, 0xff, 0, 0, 0]].concat());
    let file = [pcapng(&[]), longer_than_the_block, pcapng(&[ethernet(&[0x89, 0x47], GN)])].concat();
    assert_eq!(all(file), Err(CaptureError::Malformed { number: 1 }));
}

#[test]
fn a_capture_that_ends_in_a_packet_gives_what_came_before_and_says_which() {
    let frames = [ethernet(&[0x89, 0x47], GN), ethernet(&[0x89, 0x47], GN)];
    let file = pcap(1, false, &frames);
    let mut reader = CaptureReader::new(io::Cursor::new(file[..file.len() - 3].to_vec())).unwrap();
    assert_eq!(reader.next().unwrap().map(|captured| captured.number), Some(1));
    assert_eq!(reader.next(), Err(CaptureError::Truncated { number: 2 }));
}

#[test]
fn a_frame_larger_than_the_buffer_is_read() {
    let large = ethernet(&[0x89, 0x47], &vec![0x11; 200_000]);
    let (found, _) = all(pcap(1, false, &[large, ethernet(&[0x89, 0x47], GN)])).unwrap();
    assert_eq!(found.len(), 2);
}

#[test]
fn a_length_that_lies_is_an_error_and_takes_no_memory() {
    let mut file = pcap(1, false, &[ethernet(&[0x89, 0x47], GN)]);
    file[32..36].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    assert!(all(file).is_err());
}

#[test]
fn no_truncation_and_no_flipped_bit_of_a_capture_panics() {
    let frames = [ethernet(&[0x89, 0x47], GN), ethernet(&[0x08, 0], &udp(&[2, 9, 0]))];
    for file in [pcap(1, false, &frames), pcap(127, true, &frames), pcapng(&frames)] {
        for length in 0..file.len() {
            drop(all(file[..length].to_vec()));
        }
        for bit in 0..file.len() * 8 {
            let mut file = file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            drop(all(file));
        }
    }
}

#[test]
fn other_files_are_no_captures() {
    assert_eq!(all(b"02090012d6877324603b92".to_vec()), Err(CaptureError::NotACapture));
    assert!(!CaptureReader::begins(&[2, 9, 0, 0]) && !CaptureReader::begins(b"0209"));
    assert!(CaptureReader::begins(&pcap(1, false, &[])) && CaptureReader::begins(&pcap(1, true, &[])));
    assert!(CaptureReader::begins(&pcapng(&[])));
}

#[test]
fn a_written_capture_is_read_again() {
    let mut file = Vec::new();
    write_header(&mut file).unwrap();
    let time = Instant::from_unix_millis(1_790_000_000_123);
    write_packet(&mut file, time, StationId(7), &[0x11, 0, 1, 1]).unwrap();
    let mut reader = CaptureReader::new(io::Cursor::new(file)).unwrap();
    let content = Content::GeoNetworking(&[0x11, 0, 1, 1]);
    assert_eq!(reader.next().unwrap(), Some(Captured { number: 1, time: Some(time), content }));
    assert_eq!(reader.next(), Ok(None));
}
