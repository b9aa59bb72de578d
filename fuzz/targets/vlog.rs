//! Text as a V-Log: messages or errors with their line. A message that is written reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use voorrang_signals::vlog::{self, VlogMessage, VlogStatus};

fuzz_target!(|text: &str| {
    let mut status = VlogStatus::default();
    for read in vlog::lines(text) {
        let Ok(message) = read else { continue };
        status.apply(&message);
        let mut written = String::new();
        if message.write(&mut written).is_ok() {
            assert_eq!(written.parse::<VlogMessage>(), Ok(message));
        }
    }
});
