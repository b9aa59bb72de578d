//! Incident holds: what an interval left behind stays as it is, ids and all, until the hold is over. `holds/<number>.json`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant};

use super::files::{Replacement, names};
use super::keys::make_private_folder;

const ENDING: &str = ".json";

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its number.
    pub number: u32,
    /// What is held: from here
    pub from: Instant,
    /// to here.
    pub to: Instant,
    /// Why.
    pub reason: String,
    /// By whom.
    pub who: String,
    /// Since when.
    pub made: Instant,
    /// Until when.
    pub until: Instant,
    /// When it was ended before that, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<(Instant, String)>,
}

impl Hold {
    /// Whether it holds at a moment.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        now < self.until && self.released.is_none()
    }

    /// Whether it holds what an interval left.
    #[must_use]
    pub fn covers(&self, from: Instant, to: Instant) -> bool {
        self.from <= to && from <= self.to
    }
}

/// The holds of a data folder.
#[derive(Debug)]
pub struct Holds<'a> {
    data: &'a Path,
}

impl<'a> Holds<'a> {
    /// Those of a data folder.
    #[must_use]
    pub const fn of(data: &'a Path) -> Self {
        Self { data }
    }

    /// All, in the order in which they were made; also those that are over.
    ///
    /// # Errors
    /// When one can't be read: then nobody knows what it holds, and nothing may be forgotten.
    pub fn all(&self) -> io::Result<Vec<Hold>> {
        let folder = self.data.join("holds");
        let mut holds = Vec::new();
        for name in names(&folder, ENDING)? {
            let path = folder.join(format!("{name}{ENDING}"));
            let hold = serde_json::from_str(&fs::read_to_string(&path)?).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
            })?;
            holds.push(hold);
        }
        holds.sort_by_key(|hold: &Hold| hold.number);
        Ok(holds)
    }

    /// Makes one.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn make(
        &self,
        now: Instant,
        (from, to): (Instant, Instant),
        reason: &str,
        who: &str,
        length: Duration,
    ) -> io::Result<Hold> {
        make_private_folder(&self.data.join("holds"))?;
        let number = self.all()?.last().map_or(1, |last| last.number + 1);
        let hold = Hold {
            number,
            from,
            to,
            reason: reason.to_owned(),
            who: who.to_owned(),
            made: now,
            until: now + length,
            released: None,
        };
        self.write(&hold)?;
        Ok(hold)
    }

    /// Ends one; none where there is no live one of that number.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn release(&self, now: Instant, number: u32, who: &str) -> io::Result<Option<Hold>> {
        let live = self.all()?.into_iter().find(|hold| hold.number == number && hold.is_live(now));
        let Some(mut hold) = live else { return Ok(None) };
        hold.released = Some((now, who.to_owned()));
        self.write(&hold)?;
        Ok(Some(hold))
    }

    fn write(&self, hold: &Hold) -> io::Result<()> {
        let path = self.data.join("holds").join(format!("{:06}{ENDING}", hold.number));
        let mut file = Replacement::of(&path)?;
        writeln!(file, "{}", serde_json::to_string(hold)?)?;
        file.keep()
    }

    /// Deletes what is left of holds that have been over for so long.
    pub(super) fn delete_over(&self, now: Instant, after: Duration) -> io::Result<usize> {
        let mut deleted = 0;
        for hold in self.all()? {
            let over = hold.released.as_ref().map_or(hold.until, |(at, _)| *at);
            if over + after <= now {
                fs::remove_file(self.data.join("holds").join(format!("{:06}{ENDING}", hold.number)))?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::calendar::days;

    #[test]
    fn a_hold_ends_by_itself_or_by_command() {
        let data = tempfile::tempdir().unwrap();
        let holds = Holds::of(data.path());
        let now = Instant::parse_rfc3339("2026-11-25T12:00:00Z").unwrap();
        let hour = Duration::from_seconds(3600);
        let first = holds.make(now, (now - hour, now), "collision", "duty officer", days(14)).unwrap();
        let second = holds.make(now, (now - hour, now), "complaint", "duty officer", days(14)).unwrap();
        assert_eq!((first.number, second.number), (1, 2));
        assert!(first.is_live(now + days(13)) && !first.is_live(now + days(14)));
        assert!(first.covers(now - hour * 2, now - hour) && !first.covers(now + hour, now + hour * 2));
        assert!(holds.release(now, 2, "lawyer").unwrap().is_some());
        assert!(holds.release(now, 2, "lawyer").unwrap().is_none());
        let live: Vec<_> = holds.all().unwrap().into_iter().filter(|hold| hold.is_live(now)).collect();
        assert_eq!(live, [first]);
        assert_eq!(holds.delete_over(now + days(90), days(90)).unwrap(), 1);
        assert_eq!(holds.all().unwrap().len(), 1);
    }
}
