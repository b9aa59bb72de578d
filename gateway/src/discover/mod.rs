//! What a controller says of itself, as the beginning of an intersection file. `file` writes it.

mod file;

use std::sync::Arc;

use thiserror::Error;
use voorrang_tlcfi::objects::ApplicationType;
use voorrang_tlcfi::session::application::{Application, ApplicationConfig, ApplicationEvent, Facilities};
use voorrang_units::{Duration, Instant};

use crate::clock::Clock;
use crate::tlcfi_client::{self, Client};

pub use file::intersection_file;

/// Everything is read within this, or never.
const READY_WITHIN: Duration = Duration::from_seconds(60);

/// Why a controller's meta could not be read.
#[derive(Debug, Error)]
pub enum DiscoverError {
    /// Nobody is there.
    #[error("{address}: {source}; is it the controller's TLC-FI port?")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The session ended before everything was read.
    #[error("{address}: the session ended before everything was read: {why}")]
    Ended {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
}

/// Registers as a Consumer, reads all meta and leaves. Nothing is commanded. Of a controller with several intersections `intersection` names one.
///
/// # Errors
/// When nobody is there, or the controller does not tell everything.
pub async fn discover(
    address: &str,
    username: String,
    password: String,
    intersection: Option<String>,
    clock: &Clock,
) -> Result<Arc<Facilities>, DiscoverError> {
    let mut config = ApplicationConfig::new(ApplicationType::Consumer, username, password);
    config.intersection = intersection;
    let now = clock.now();
    let mut reader =
        Reader { application: Application::new(config, now), begun: now, facilities: None, why: None };
    tlcfi_client::run(address, clock, &mut reader)
        .await
        .map_err(|source| DiscoverError::Unreachable { address: address.to_owned(), source })?;
    reader.facilities.ok_or_else(|| DiscoverError::Ended {
        address: address.to_owned(),
        why: reader.why.unwrap_or_else(|| format!("not within {READY_WITHIN}")),
    })
}

struct Reader {
    application: Application,
    begun: Instant,
    facilities: Option<Arc<Facilities>>,
    why: Option<String>,
}

impl Client for Reader {
    fn application(&mut self) -> &mut Application {
        &mut self.application
    }

    fn step(&mut self, now: Instant) {
        while let Some(event) = self.application.next_event() {
            match event {
                ApplicationEvent::Ready(facilities) => {
                    self.facilities = Some(facilities);
                    self.application.close(now);
                }
                ApplicationEvent::Closed { why } => {
                    self.why.get_or_insert_with(|| why.to_string());
                }
                _ => {}
            }
        }
        if self.facilities.is_none() && now - self.begun >= READY_WITHIN {
            self.application.close(now);
        }
    }

    fn is_done(&self) -> bool {
        self.why.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use voorrang_signals::Intersection;
    use voorrang_tlcfi::emulator::{Emulator, EmulatorConfig};

    use super::*;
    use crate::emulate::{Display, Server};

    async fn discovered() -> (Intersection, String) {
        let text = include_str!("../../../signals/tests/intersections/actuated.toml");
        let layout = Intersection::from_toml(text, "actuated.toml").unwrap();
        let clock = Clock::start();
        let emulator =
            Emulator::new(Arc::new(layout.clone()), EmulatorConfig::default(), clock.now()).unwrap();
        let display = Display::new("Actuated".to_owned(), None, false, Arc::new(Mutex::new(Vec::new())));
        let server =
            Server::bind("127.0.0.1:0".parse().unwrap(), emulator, display, clock.clone()).await.unwrap();
        let address = server.address().to_string();
        tokio::spawn(server.run());
        let facilities = discover(&address, "me".to_owned(), String::new(), None, &clock).await.unwrap();
        (layout, intersection_file(&address, &facilities))
    }

    #[tokio::test]
    async fn the_file_has_all_that_the_controller_says_and_asks_for_the_rest() {
        let (layout, text) = discovered().await;
        for group in layout.groups() {
            let row = format!("name = \"{}\", signal_group = {}", group.name, group.signal_group.number());
            assert!(text.contains(&row), "{text}");
        }
        for detector in layout.detectors() {
            assert!(text.contains(&format!("name = \"{}\"", detector.name)), "{text}");
        }
        assert!(text.contains("verified = false"));
        assert!(text.contains("\"02\" = { \"05\" = 5, \"22\" = 4.5, \"31\" = 4.5 }"), "{text}");
        let problems = Intersection::from_toml(&text, "found.toml").unwrap_err().to_string();
        assert!(
            problems.contains("`region` is missing") && problems.contains("`type` is \"?\""),
            "{problems}"
        );
    }

    #[tokio::test]
    async fn with_its_questions_answered_the_file_is_an_intersection_of_the_same_groups() {
        let (layout, text) = discovered().await;
        let original = include_str!("../../../signals/tests/intersections/actuated.toml");
        let part = |from: &str, to: &str| {
            let rest = &original[original.find(from).unwrap()..];
            rest[..rest.find(to).unwrap_or(rest.len())].to_owned()
        };
        let mut answered = text;
        for group in layout.groups() {
            let row = format!(
                "name = \"{}\", signal_group = {}, type = \"?\"",
                group.name,
                group.signal_group.number()
            );
            answered = answered.replace(&row, &row.replace('?', group.kind.name()));
        }
        for detector in layout.detectors() {
            let group = &layout.groups()[detector.group.index()].name;
            let line = answered.lines().find(|line| line.contains(&format!("name = \"{}\"", detector.name)));
            let row = format!(
                "  {{ name = \"{}\", type = \"{}\", group = \"{group}\" }},",
                detector.name,
                detector.kind.name()
            );
            answered = answered.replace(line.unwrap(), &row);
        }
        let head = format!("{}\n", part("region = 0", "\ngroups"));
        answered = answered.replace("verified = false\n", &format!("verified = false\n{head}"));
        let (before, after) = answered.split_at(answered.find("[intergreen_s]").unwrap());
        let answered = format!(
            "{before}\n{}{}{after}\n{}",
            part("approaches = [", "detectors = ["),
            part("permissive = [", "[intergreen_s]"),
            part("[program.actuated]", "\u{0}")
        );
        let found = Intersection::from_toml(&answered, "found.toml")
            .unwrap_or_else(|problems| panic!("{problems}\n{answered}"));
        assert!(!found.is_verified());
        for (ours, theirs) in layout.groups().iter().zip(found.groups()) {
            assert_eq!(
                (&ours.name, ours.min_green, ours.yellow, ours.min_red),
                (&theirs.name, theirs.min_green, theirs.yellow, theirs.min_red)
            );
        }
        for (own, other) in
            layout.group_indices().flat_map(|own| layout.group_indices().map(move |other| (own, other)))
        {
            assert_eq!(layout.conflicts().intergreen(own, other), found.conflicts().intergreen(own, other));
        }
    }
}
