//! The files of a journal: what they are called, how one follows another, and the folder that they are in. Tests put a [`Store`] that fails in its
//! place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use voorrang_units::{Duration, Instant};

/// Where segments are made.
pub trait Store: Send {
    /// Makes the file of that name; there is none yet.
    ///
    /// # Errors
    /// As the operating system says.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn SegmentFile>>;
}

/// A file that lines are appended to.
pub trait SegmentFile: Send {
    /// Gives octets to the operating system, all of them.
    ///
    /// # Errors
    /// As the operating system says; part of the octets may be in the file then.
    fn append(&mut self, octets: &[u8]) -> io::Result<()>;

    /// Cuts the file to its first octets, after a fault.
    ///
    /// # Errors
    /// As the operating system says.
    fn shorten(&mut self, octets: u64) -> io::Result<()>;

    /// Waits until all that was appended is on the disk.
    ///
    /// # Errors
    /// As the operating system says.
    fn sync(&mut self) -> io::Result<()>;

    /// A second way to the same file, for whoever waits for the disk beside the writing.
    ///
    /// # Errors
    /// As the operating system says.
    fn second(&self) -> io::Result<Box<dyn SegmentFile>>;
}

/// The folder `journal` of the data folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens it; makes it where there is none, for us alone.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self(path.to_owned()))
    }

    /// The files of a journal in it, in the order in which they were written.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn segments(&self) -> io::Result<Vec<PathBuf>> {
        segments(&self.0)
    }
}

/// The files of a journal in a folder, in the order in which they were written.
///
/// # Errors
/// When it can't be read.
pub fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| name_of(path).is_some_and(|name| run_of(name).is_some()));
    paths.sort();
    Ok(paths)
}

impl Store for Folder {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn SegmentFile>> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        Ok(Box::new(options.open(self.0.join(name))?))
    }
}

impl SegmentFile for File {
    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        self.write_all(octets)
    }

    fn shorten(&mut self, octets: u64) -> io::Result<()> {
        self.set_len(octets)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn second(&self) -> io::Result<Box<dyn SegmentFile>> {
        Ok(Box::new(self.try_clone()?))
    }
}

/// The name of a run's segment, from 1: `20261125T181247Z-0001.jsonl`.
pub(super) fn segment_name(run: &str, number: u32) -> String {
    format!("{run}-{number:04}.jsonl")
}

/// What a run is called that starts now: a moment in UTC, later than that of any segment there, so that names sort as they were written also when
/// the clock was set back, or the last run started within this second.
pub(crate) fn run_name(now: Instant, last: Option<&Path>) -> String {
    let last = last.and_then(name_of).and_then(run_of).and_then(moment_of_run);
    let start = match last {
        Some(last) if last + Duration::from_seconds(1) > now => last + Duration::from_seconds(1),
        _ => now,
    };
    let text = start.to_string();
    let digits: String = text.chars().take(19).filter(|character| !"-:".contains(*character)).collect();
    digits + "Z"
}

/// The file's own name.
pub(crate) fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// The run that a segment is of, from its name; nothing for other files.
fn run_of(name: &str) -> Option<&str> {
    let (run, number) = name.strip_suffix(".jsonl")?.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    (digits(number) && moment_of_run(run).is_some()).then_some(run)
}

fn moment_of_run(run: &str) -> Option<Instant> {
    let part = |range| run.get(range);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(9..11)?,
        part(11..13)?,
        part(13..15)?
    );
    (run.len() == 16 && run.as_bytes()[8] == b'T').then(|| Instant::parse_rfc3339(&text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_the_files_were_written() {
        let start = Instant::parse_rfc3339("2026-11-25T18:12:47.250Z").unwrap();
        let first = run_name(start, None);
        assert_eq!(segment_name(&first, 1), "20261125T181247Z-0001.jsonl");
        let path = PathBuf::from(segment_name(&first, 12));
        assert_eq!(run_name(start, Some(&path)), "20261125T181248Z");
        assert_eq!(run_name(start - Duration::from_seconds(3600), Some(&path)), "20261125T181248Z");
        assert_eq!(run_name(start + Duration::from_seconds(3600), Some(&path)), "20261125T191247Z");
    }

    #[test]
    fn other_files_in_the_folder_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "20261125T181247Z-0002.jsonl",
            "20261125T181247Z-0001.jsonl",
            "notes.txt",
            "x-1.jsonl",
            "-.jsonl",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = segments(folder.path()).unwrap();
        let names: Vec<_> = found.iter().filter_map(|path| name_of(path)).collect();
        assert_eq!(names, ["20261125T181247Z-0001.jsonl", "20261125T181247Z-0002.jsonl"]);
    }
}
