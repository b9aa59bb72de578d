//! Files of lines, one for each hour or day, appended to.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::keys::{make_private_folder, private};

/// The end of the name of every file of lines.
pub(super) const LINES: &str = ".jsonl";
/// The same, once ids in it have been replaced.
pub(super) const AGED: &str = ".aged.jsonl";

/// The files of a folder, of which one is open.
#[derive(Debug)]
pub(super) struct LineFiles {
    folder: PathBuf,
    open: Option<(String, File)>,
    written: u64,
}

impl LineFiles {
    /// Those of a folder, which is made where there is none.
    ///
    /// # Errors
    /// As the operating system says.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        make_private_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), open: None, written: 0 })
    }

    /// Appends whole lines to the file of that name.
    ///
    /// # Errors
    /// As the operating system says; the file is then opened anew for the next lines.
    pub(super) fn append(&mut self, name: &str, lines: &[u8]) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|(open, _)| open != name) {
            self.open = None;
            let mut file = append_to(&self.folder.join(format!("{name}{LINES}")))?;
            self.written = file.seek(SeekFrom::End(0))?;
            self.open = Some((name.to_owned(), file));
        }
        let Some((_, file)) = &mut self.open else { return Ok(()) };
        if let Err(error) = file.write_all(lines) {
            self.open = None;
            return Err(error);
        }
        self.written += lines.len() as u64;
        Ok(())
    }

    /// How many octets the file of that name has, if it is the open one.
    pub(super) fn length(&self, name: &str) -> u64 {
        self.open.as_ref().filter(|(open, _)| open == name).map_or(0, |_| self.written)
    }
}

/// Opens a file for appending. A line that was torn off when somebody was stopped is ended first.
fn append_to(path: &Path) -> io::Result<File> {
    let mut file = private().read(true).append(true).create(true).open(path)?;
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

/// The names in a folder with this ending, without it, in order. A folder that isn't there has none.
///
/// # Errors
/// As the operating system says.
pub(super) fn names(folder: &Path, ending: &str) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(ending)).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// A file that takes the place of another once it is whole.
#[derive(Debug)]
pub(super) struct Replacement {
    draft: PathBuf,
    target: PathBuf,
    writer: io::BufWriter<File>,
    kept: bool,
}

impl Replacement {
    pub(super) fn of(target: &Path) -> io::Result<Self> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".draft");
        let draft = target.with_file_name(name);
        let file = private().write(true).create(true).truncate(true).open(&draft)?;
        Ok(Self { draft, target: target.to_owned(), writer: io::BufWriter::new(file), kept: false })
    }

    /// From now on it is the file.
    pub(super) fn keep(mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.writer.get_ref().sync_all()?;
        fs::rename(&self.draft, &self.target)?;
        self.kept = true;
        if let Some(folder) = self.target.parent() {
            // So that after a power cut it is not the old one again. Not every system can do that for a folder.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.writer.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jsonl"), "{\"t\":1}\n{\"t\":").unwrap();
        let mut files = LineFiles::open(folder.path()).unwrap();
        files.append("a", b"{\"t\":2}\n").unwrap();
        files.append("b", b"{\"t\":3}\n").unwrap();
        files.append("a", b"{\"t\":4}\n").unwrap();
        let text = fs::read_to_string(folder.path().join("a.jsonl")).unwrap();
        assert_eq!(text, "{\"t\":1}\n{\"t\":\n{\"t\":2}\n{\"t\":4}\n");
        assert_eq!(names(folder.path(), LINES).unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_replacement_that_is_not_kept_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "old").unwrap();
        let mut half = Replacement::of(&path).unwrap();
        half.write_all(b"ne").unwrap();
        drop(half);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let mut whole = Replacement::of(&path).unwrap();
        whole.write_all(b"new").unwrap();
        whole.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
