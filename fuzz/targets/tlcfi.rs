//! Octets as what a controller sends to an application: whole, and cut where the first octet says. The same is told, and every message that is
//! understood can be written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use voorrang_tlcfi::frame::Frames;
use voorrang_tlcfi::objects::{
    ApplicationType, ObjectStateUpdate, ObjectStateUpdateGroup, ReceivedUpdateGroup,
};
use voorrang_tlcfi::rpc::{Message, write_notification};
use voorrang_tlcfi::session::application::{Application, ApplicationConfig, ApplicationEvent};
use voorrang_units::Instant;

/// A session as far as its first state of everything.
const BEGINNING: [&str; 8] = [
    r#"{"id":0,"result":{"sessionid":"S","facilities":{"type":1,"ids":["T"]},"version":{"major":1,"minor":1,"revision":0}}}"#,
    r#"{"id":1,"result":{"objects":{"type":0,"ids":["S"]},"meta":[{"sessionid":"S","type":2}],"ticks":5}}"#,
    r#"{"id":2,"result":{"objects":{"type":1,"ids":["T"]},"meta":[{"id":"T","intersections":["K"],"signalgroups":["02"]}],"ticks":5}}"#,
    r#"{"id":4,"result":{"objects":{"type":0,"ids":["S"]},"data":[{"controlState":4}],"ticks":5}}"#,
    r#"{"id":5,"result":{"objects":{"type":2,"ids":["K"]},"meta":[{"id":"K","signalgroups":["02"]}],"ticks":5}}"#,
    r#"{"id":6,"result":{"objects":{"type":3,"ids":["02"]},"meta":[{"id":"02"}],"ticks":5}}"#,
    r#"{"id":7,"result":{"objects":{"type":2,"ids":["K"]},"data":[{"state":7}],"ticks":5}}"#,
    r#"{"id":8,"result":{"objects":{"type":3,"ids":["02"]},"data":[{"state":3}],"ticks":6}}"#,
];

fn told(pieces: [&[u8]; 2], begun: bool) -> Vec<ApplicationEvent> {
    let start = Instant::from_unix_millis(1_795_000_000_000);
    let mut config = ApplicationConfig::new(ApplicationType::Control, "gateway", "secret");
    config.register_delay = voorrang_units::Duration::ZERO;
    let mut application = Application::new(config, start);
    application.want_control(start, true);
    application.connected(start);
    for text in BEGINNING.iter().take(if begun { 8 } else { 0 }) {
        application.advance(start);
        application.receive(start, text.as_bytes());
    }
    application.advance(start);
    assert_eq!(application.is_ready(), begun);
    for piece in pieces {
        application.receive(start, piece);
    }
    let events = std::iter::from_fn(|| application.next_event());
    // How many octets were skipped is told with each piece.
    events.filter(|event| !matches!(event, ApplicationEvent::Oddity(_))).collect()
}

fuzz_target!(|octets: &[u8]| {
    let Some((cut, stream)) = octets.split_first() else { return };
    let at = usize::from(*cut).min(stream.len());
    let (first, second) = stream.split_at(at);
    for begun in [false, true] {
        let (cut, whole) = (told([first, second], begun), told([stream, &[]], begun));
        // A number that is not a number differs from itself.
        assert_eq!(format!("{cut:?}"), format!("{whole:?}"));
    }

    let mut frames = Frames::default();
    frames.push(stream);
    while let Ok(Some(text)) = frames.next_text() {
        let Ok(Message::Notification { params, .. }) = Message::read(text) else { continue };
        let Ok(group) = params.read::<ReceivedUpdateGroup<'_>>() else { continue };
        let update: Vec<_> = group
            .update
            .iter()
            .filter_map(|update| {
                Some(ObjectStateUpdate {
                    objects: update.objects.to_reference(),
                    states: update.states().ok()?,
                })
            })
            .collect();
        let written = ObjectStateUpdateGroup { ticks: group.ticks, update };
        let mut text = Vec::new();
        write_notification(&mut text, "UpdateState", &written);
        let Ok(Message::Notification { params, .. }) = Message::read(&text) else {
            panic!("what is written is read")
        };
        let again: ReceivedUpdateGroup<'_> = params.read().expect("what is written is read");
        for (one, other) in again.update.iter().zip(&written.update) {
            assert_eq!(one.states().as_ref(), Ok(&other.states));
        }
    }
});
