//! Whatever comes, however it is cut: nobody panics, and an application tells the same.

use proptest::prelude::*;
use voorrang_tlcfi::objects::ApplicationType;
use voorrang_tlcfi::session::application::{Application, ApplicationConfig, ApplicationEvent};
use voorrang_units::{Duration, Instant};

const START: Instant = Instant::from_unix_millis(1_795_000_000_000);

/// A session as far as its first state of everything, then some more.
const TEXTS: [&str; 14] = [
    r#"{"jsonrpc":"2.0","id":0,"result":{"sessionid":"S","facilities":{"type":1,"ids":["T"]},"version":{"major":1,"minor":1,"revision":0}}}"#,
    r#"{"id":1,"result":{"objects":{"type":0,"ids":["S"]},"meta":[{"sessionid":"S","type":2}],"ticks":5}}"#,
    r#"{"id":2,"result":{"objects":{"type":1,"ids":["T"]},"meta":[{"id":"T","intersections":["K"],"signalgroups":["02"]}],"ticks":5}}"#,
    r#"{"id":4,"result":{"objects":{"type":0,"ids":["S"]},"data":[{"controlState":4}],"ticks":5}}"#,
    r#"{"id":5,"result":{"objects":{"type":2,"ids":["K"]},"meta":[{"id":"K","signalgroups":["02"]}],"ticks":5}}"#,
    r#"{"id":6,"result":{"objects":{"type":3,"ids":["02"]},"meta":[{"id":"02"}],"ticks":5}}"#,
    r#"{"id":7,"result":{"objects":{"type":2,"ids":["K"]},"data":[{"state":7}],"ticks":4294967295}}"#,
    r#"{"id":8,"result":{"objects":{"type":3,"ids":["02"]},"data":[{"state":3}],"ticks":6}}"#,
    r#"{"method":"UpdateState","params":{"ticks":1,"update":[{"objects":{"type":0,"ids":["S"]},"states":[{"controlState":5}]}]}}"#,
    r#"{"method":"UpdateState","params":{"ticks":9,"update":[{"objects":{"type":3,"ids":["02"]},"states":[{"state":6,"predictions":[{"state":6,"minEnd":1}]}]}]}}"#,
    r#"{"id":8,"method":"Alive","params":{"ticks":1,"time":18446744073709551615}}"#,
    r#"{"id":null,"error":{"code":0,"message":"x"}}"#,
    r#"{"method":"NotifyEvent","params":{"objects":{"type":0,"ids":["S"]},"events":[{"code":1000}],"ticks":1}}"#,
    r#"{"method":"UpdateState","params":{"ticks":1,"update":[{"objects":{"type":0,"ids":["S"]},"states":[{"controlState":6}]}]}}"#,
];

/// An application that has sent Register.
fn registering() -> Application {
    let mut config = ApplicationConfig::new(ApplicationType::Control, "gateway", "secret");
    config.register_delay = Duration::ZERO;
    let mut application = Application::new(config, START);
    application.want_control(START, true);
    application.connected(START);
    application.advance(START);
    application
}

/// What an application tells of octets that come at one moment in pieces.
fn told(octets: &[u8], pieces: impl Iterator<Item = usize>) -> (Vec<ApplicationEvent>, bool) {
    let mut application = registering();
    let mut rest = octets;
    for length in pieces.chain(std::iter::repeat(usize::MAX)) {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        application.receive(START, piece);
        // The first Alive takes its number here.
        application.advance(START);
    }
    // How many octets were skipped is told with each piece.
    let events = std::iter::from_fn(|| application.next_event());
    let events = events.filter(|event| !matches!(event, ApplicationEvent::Oddity(_))).collect();
    (events, application.wants_disconnect())
}

#[test]
fn the_texts_are_a_session_that_gains_control() {
    let mut application = registering();
    for text in &TEXTS[..10] {
        application.receive(START, text.as_bytes());
        application.advance(START);
    }
    assert!(application.is_ready() && application.has_control());
}

/// Messages and parts of them, true and false.
fn part() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => proptest::sample::select(TEXTS.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        2 => proptest::collection::vec(proptest::sample::select(br#"{}[]":,\ae1-. "#.as_slice()), 0..30),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
    ]
}

proptest! {
    #[test]
    fn an_application_tells_the_same_however_octets_are_cut(
        parts in proptest::collection::vec(part(), 0..16),
        pieces in proptest::collection::vec(1_usize..200, 0..40),
    ) {
        // Registered in one piece, since an Alive goes out then and takes the next number.
        let octets = [vec![TEXTS[0].as_bytes().to_vec()], parts].concat().concat();
        let first = std::iter::once(TEXTS[0].len());
        prop_assert_eq!(told(&octets, first.clone().chain(pieces)), told(&octets, first));
    }

    /// The beginning of a session comes in order more often than by chance.
    #[test]
    fn whatever_comes_during_a_session_does_no_harm(
        before in proptest::collection::vec(part(), 0..3), at in 0_usize..9,
        after in proptest::collection::vec((part(), 0_i64..200_000), 0..8),
    ) {
        let mut application = registering();
        for (number, text) in TEXTS[..8].iter().enumerate() {
            if number == at {
                before.iter().for_each(|part| application.receive(START, part));
            }
            application.receive(START, text.as_bytes());
            application.advance(START);
        }
        let mut now = START;
        for (part, millis) in &after {
            now += Duration::from_millis(*millis);
            application.receive(now, part);
            application.advance(now);
            prop_assert!(application.next_deadline().is_none_or(|deadline| deadline > now), "nothing is left undone");
        }
        while application.next_event().is_some() {}
    }
}
