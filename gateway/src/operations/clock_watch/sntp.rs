//! A client of SNTP (RFC 4330, the client's part of RFC 5905), as small as it can be: it measures and sets nothing. Its requests carry no time but
//! a random number, which the answer has to bring back: who does not see the request cannot forge one.

use std::time::Duration;

use thiserror::Error;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use voorrang_units::Instant;

use crate::clock::Clock;

/// Answers that take longer tell too little.
const PATIENCE: Duration = Duration::from_secs(1);
/// Asked so often a round; the quickest answer counts.
const SAMPLES: usize = 4;
/// A packet without extensions.
const PACKET: usize = 48;
/// From 1900 to 1970 in seconds.
const UNIX_EPOCH_IN_NTP: i64 = 2_208_988_800;
/// An era of NTP: 2^32 seconds.
const ERA: i64 = 1 << 32;

/// Why a server did not tell the time.
#[derive(Debug, Error)]
pub enum SntpError {
    /// No address, or no way there.
    #[error("{server} cannot be asked: {source}")]
    Unreachable {
        /// Which server.
        server: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nothing came back in time.
    #[error("{server} did not answer within 1 s")]
    Silent {
        /// Which server.
        server: String,
    },
    /// What came back is no answer to be trusted.
    #[error("{server} gave no usable answer: {why}")]
    Unusable {
        /// Which server.
        server: String,
        /// Why.
        why: &'static str,
    },
    /// None of several.
    #[error("none of the {asked} time servers told the time; the last one: {last}")]
    Nobody {
        /// How many were asked.
        asked: usize,
        /// What the last one did.
        last: Box<Self>,
    },
}

/// What several servers say together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offset {
    /// By how many seconds our clock is ahead: the median.
    pub ahead_s: f64,
    /// How many servers answered.
    pub servers: usize,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    ahead_s: f64,
    round_trip_s: f64,
}

/// Asks all servers (`host:port`); one that lies is outvoted by two that don't.
///
/// # Errors
/// When none of them answered.
pub async fn offset_by_many(
    clock: &Clock,
    servers: &[String],
    max_offset_s: f64,
) -> Result<Offset, SntpError> {
    let (mut offsets, mut last) = (Vec::new(), None);
    for server in servers {
        match offset_by(clock, server, max_offset_s).await {
            Ok(ahead_s) => offsets.push(ahead_s),
            Err(error) => last = Some(error),
        }
    }
    match (median(&mut offsets), last) {
        (Some(ahead_s), _) => Ok(Offset { ahead_s, servers: offsets.len() }),
        (None, Some(last)) => Err(SntpError::Nobody { asked: servers.len(), last: Box::new(last) }),
        (None, None) => unreachable!("the configuration names a server, and each answers or fails"),
    }
}

/// One server, by the quickest of some answers.
async fn offset_by(clock: &Clock, server: &str, max_offset_s: f64) -> Result<f64, SntpError> {
    let mut best: Option<Sample> = None;
    let mut failed = None;
    for _ in 0..SAMPLES {
        match ask(clock, server).await {
            // Half of the round trip may be error.
            Ok(sample) if sample.round_trip_s > max_offset_s => {
                failed = Some(SntpError::Unusable { server: server.to_owned(), why: "it took too long" });
            }
            Ok(sample) => {
                if best.is_none_or(|best| sample.round_trip_s < best.round_trip_s) {
                    best = Some(sample);
                }
            }
            // A server that is not there is not asked four times.
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    match (best, failed) {
        (Some(best), _) => Ok(best.ahead_s),
        (None, Some(error)) => Err(error),
        (None, None) => unreachable!("each question is answered or fails"),
    }
}

async fn ask(clock: &Clock, server: &str) -> Result<Sample, SntpError> {
    let unreachable = |source| SntpError::Unreachable { server: server.to_owned(), source };
    let unusable = |why| SntpError::Unusable { server: server.to_owned(), why };
    let address = tokio::net::lookup_host(server).await.map_err(unreachable)?.next();
    let address = address.ok_or_else(|| unusable("its name has no address"))?;
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await.map_err(unreachable)?;
    // Only what comes from there is received.
    socket.connect(address).await.map_err(unreachable)?;
    let mut cookie = [0; 8];
    getrandom::fill(&mut cookie).map_err(|_| unusable("there are no random numbers for the question"))?;
    let sent = clock.now();
    socket.send(&request(cookie)).await.map_err(unreachable)?;
    let mut octets = [0; 512];
    let received = async {
        loop {
            let length = socket.recv(&mut octets).await?;
            // Whatever does not answer this question is passed over, and waited on.
            if length >= PACKET && octets[24..32] == cookie {
                return std::io::Result::Ok(octets);
            }
        }
    };
    let octets = match timeout(PATIENCE, received).await {
        Err(_) => return Err(SntpError::Silent { server: server.to_owned() }),
        Ok(received) => received.map_err(unreachable)?,
    };
    let arrived = clock.now();
    let answer = Answer::read(&octets).map_err(unusable)?;
    Ok(answer.compare(sent, arrived))
}

/// Version 4, from a client, with the random number where a client's time would stand.
fn request(cookie: [u8; 8]) -> [u8; PACKET] {
    let mut octets = [0; PACKET];
    octets[0] = 4 << 3 | 3;
    octets[40..].copy_from_slice(&cookie);
    octets
}

/// The two times of an answer, in seconds since 1970: a fraction of a second is kept to microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Answer {
    received: f64,
    sent: f64,
}

impl Answer {
    /// The checks of RFC 4330, section 5.
    fn read(octets: &[u8; 512]) -> Result<Self, &'static str> {
        let (leap, version, mode) = (octets[0] >> 6, octets[0] >> 3 & 7, octets[0] & 7);
        if mode != 4 || !(3..=4).contains(&version) {
            return Err("it is no server's answer");
        }
        if leap == 3 || !(1..=15).contains(&octets[1]) {
            return Err("its own clock is not synchronised");
        }
        if octets[40..48] == [0; 8] {
            return Err("it tells no time");
        }
        Ok(Self { received: timestamp(&octets[32..40]), sent: timestamp(&octets[40..48]) })
    }

    fn compare(self, sent: Instant, arrived: Instant) -> Sample {
        let (t1, t4) = (seconds(sent), seconds(arrived));
        Sample {
            ahead_s: -((self.received - t1) + (self.sent - t4)) / 2.0,
            round_trip_s: ((t4 - t1) - (self.sent - self.received)).max(0.0),
        }
    }
}

/// 32 bits of seconds and 32 of their fraction. From 7 February 2036 on they count anew.
fn timestamp(octets: &[u8]) -> f64 {
    let word = |at: usize| u32::from_be_bytes([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]]);
    let since_1900 = i64::from(word(0)) + if word(0) < 1 << 31 { ERA } else { 0 };
    let micros = (i64::from(word(4)) * 1_000_000) >> 32;
    millis_to_seconds((since_1900 - UNIX_EPOCH_IN_NTP) * 1000) + millis_to_seconds(micros) / 1000.0
}

fn seconds(moment: Instant) -> f64 {
    millis_to_seconds(moment.unix_millis())
}

#[expect(clippy::cast_precision_loss, reason = "exact up to the year 287396")]
fn millis_to_seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::SocketAddr;

    use super::*;

    /// A time server on this machine whose clock is `ahead_s` ahead of `clock`; `spoil` changes its answers.
    pub(in super::super) async fn fake_server(
        clock: Clock,
        ahead_s: f64,
        spoil: impl Fn(&mut [u8; PACKET]) + Send + 'static,
    ) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut question = [0; 512];
            while let Ok((_, from)) = socket.recv_from(&mut question).await {
                let mut answer = [0; PACKET];
                answer[0] = 4 << 3 | 4;
                answer[1] = 2;
                answer[24..32].copy_from_slice(&question[40..48]);
                let now = ntp(seconds(clock.now()) + ahead_s);
                answer[32..40].copy_from_slice(&now);
                answer[40..48].copy_from_slice(&now);
                spoil(&mut answer);
                let _ = socket.send_to(&answer, from).await;
            }
        });
        address
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time of today")]
    fn ntp(unix: f64) -> [u8; 8] {
        let seconds = unix.floor();
        let whole = (seconds as i64 + UNIX_EPOCH_IN_NTP) as u32;
        let fraction = ((unix - seconds) * 4_294_967_296.0) as u32;
        let mut octets = [0; 8];
        octets[..4].copy_from_slice(&whole.to_be_bytes());
        octets[4..].copy_from_slice(&fraction.to_be_bytes());
        octets
    }

    fn manual() -> Clock {
        Clock::manual(Instant::parse_rfc3339("2026-06-01T12:00:00Z").unwrap())
    }

    #[tokio::test]
    async fn the_offset_to_a_server_is_measured() {
        let clock = manual();
        for ahead_s in [0.0, 0.25, -3.5] {
            let server = fake_server(clock.clone(), ahead_s, |_| {}).await;
            let offset = offset_by_many(&clock, &[server.to_string()], 0.5).await.unwrap();
            assert!((offset.ahead_s + ahead_s).abs() < 0.001, "{offset:?}");
        }
    }

    #[tokio::test]
    async fn one_server_that_lies_is_outvoted() {
        let clock = manual();
        let mut servers = Vec::new();
        for ahead_s in [0.01, 3600.0, -0.01] {
            servers.push(fake_server(clock.clone(), ahead_s, |_| {}).await.to_string());
        }
        let offset = offset_by_many(&clock, &servers, 0.5).await.unwrap();
        assert!(offset.ahead_s.abs() < 0.02, "{offset:?}");
        assert_eq!(offset.servers, 3);
    }

    #[tokio::test]
    async fn answers_that_say_nothing_are_refused_with_the_reason() {
        type Spoil = fn(&mut [u8; PACKET]);
        let clock = manual();
        let cases: [(Spoil, &str); 4] = [
            (|answer| answer[0] |= 3 << 6, "its own clock is not synchronised"),
            (|answer| answer[1] = 0, "its own clock is not synchronised"),
            (|answer| answer[0] = 4 << 3 | 3, "it is no server's answer"),
            (|answer| answer[40..48].fill(0), "it tells no time"),
        ];
        for (spoil, reason) in cases {
            let server = fake_server(clock.clone(), 0.0, spoil).await;
            let error = offset_by_many(&clock, &[server.to_string()], 0.5).await.unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_bring_the_question_back_is_not_heard() {
        let clock = manual();
        let server = fake_server(clock.clone(), 0.0, |answer| answer[24] ^= 1).await;
        let error = offset_by_many(&clock, &[server.to_string()], 0.5).await.unwrap_err().to_string();
        assert!(error.contains("did not answer"), "{error}");
    }

    #[test]
    fn the_era_after_2036_is_understood() {
        let start_of_era = timestamp(&[0; 8]);
        let expected = Instant::parse_rfc3339("2036-02-07T06:28:16Z").unwrap();
        assert!((start_of_era - seconds(expected)).abs() < 1e-6);
    }
}
