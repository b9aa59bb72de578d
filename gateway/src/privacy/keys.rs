//! The keys under `keys/`: one a day for each purpose, readable by us alone, made when it is needed first. Who deletes a key makes everything
//! that was written under it nobody's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::calendar::Day;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Who is who in the audit: kept as long as the audit, so that a crew can prove its green.
    Audit,
    /// Who is who in what was aged: kept until all of its day is.
    Pseudonym,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Pseudonym => "pseudonym",
        }
    }
}

/// A key of 256 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 32]);

/// Never shown.
impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key(..)")
    }
}

impl Key {
    /// Of these octets.
    #[must_use]
    pub const fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// HMAC-SHA-256 of some octets.
    #[must_use]
    pub fn mac(&self, octets: &[u8]) -> [u8; 32] {
        let mut mac = self.keyed();
        mac.update(octets);
        mac.finalize().into_bytes().into()
    }

    /// HMAC-SHA-256 under this key, ready to be copied.
    pub(super) fn keyed(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("HMAC takes keys of any length")
    }
}

/// The folder of keys.
#[derive(Debug, Clone)]
pub struct Keys {
    folder: PathBuf,
}

impl Keys {
    /// The keys of a data folder; their folder is made where there is none, for us alone.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn open(data: &Path) -> io::Result<Self> {
        let keys = Self::of(data);
        make_private_folder(&keys.folder)?;
        Ok(keys)
    }

    /// The same for whoever only reads.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join("keys") }
    }

    fn path(&self, purpose: Purpose, day: Day) -> PathBuf {
        self.folder.join(format!("{}-{day}.key", purpose.name()))
    }

    /// A day's key, if there is one.
    ///
    /// # Errors
    /// When it is there and can't be read.
    pub fn find(&self, purpose: Purpose, day: Day) -> io::Result<Option<Key>> {
        let path = self.path(purpose, day);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut octets = [0; 32];
        file.read_exact(&mut octets).map_err(|error| {
            io::Error::new(error.kind(), format!("{} is no key of 32 octets: {error}", path.display()))
        })?;
        Ok(Some(Key(octets)))
    }

    /// A day's key; made where there is none.
    ///
    /// # Errors
    /// When it can't be read or written, or the system has no randomness.
    pub fn get(&self, purpose: Purpose, day: Day) -> io::Result<Key> {
        if let Some(key) = self.find(purpose, day)? {
            return Ok(key);
        }
        let mut octets = [0; 32];
        getrandom::fill(&mut octets).map_err(|error| io::Error::other(error.to_string()))?;
        let path = self.path(purpose, day);
        let draft = self.folder.join(format!(".{}-{day}-{}.draft", purpose.name(), std::process::id()));
        let mut file = private().write(true).create(true).truncate(true).open(&draft)?;
        file.write_all(&octets)?;
        file.sync_all()?;
        // A link is there at once and whole, and fails where somebody was faster: then theirs is the key.
        let linked = fs::hard_link(&draft, &path);
        fs::remove_file(&draft)?;
        match linked {
            Ok(()) => Ok(Key(octets)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.find(purpose, day)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
            }
            Err(error) => Err(error),
        }
    }

    /// The days that have a key, in order.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn days(&self, purpose: Purpose) -> io::Result<Vec<Day>> {
        let prefix = format!("{}-", purpose.name());
        let mut days = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let day = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".key"));
            days.extend(day.and_then(|day| day.parse::<Day>().ok()));
        }
        days.sort_unstable();
        Ok(days)
    }

    /// Deletes a day's key, if there is one.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn delete(&self, purpose: Purpose, day: Day) -> io::Result<()> {
        match fs::remove_file(self.path(purpose, day)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

/// Options for a file that only we may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes a folder that only we may enter, where there is none.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_units::Instant;

    #[test]
    fn a_key_stays_until_it_is_deleted_and_then_is_another() {
        let data = tempfile::tempdir().unwrap();
        let keys = Keys::open(data.path()).unwrap();
        let day = Day::of(Instant::from_unix_millis(1_795_600_000_000));
        let key = keys.get(Purpose::Pseudonym, day).unwrap();
        assert!(keys.get(Purpose::Pseudonym, day).unwrap() == key);
        assert!(keys.get(Purpose::Audit, day).unwrap() != key);
        assert!(keys.get(Purpose::Pseudonym, day.next()).unwrap() != key);
        assert_eq!(keys.days(Purpose::Pseudonym).unwrap(), [day, day.next()]);
        keys.delete(Purpose::Pseudonym, day).unwrap();
        assert!(keys.find(Purpose::Pseudonym, day).unwrap().is_none());
        assert!(keys.get(Purpose::Pseudonym, day).unwrap() != key);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_readable_by_us_alone() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        let keys = Keys::open(data.path()).unwrap();
        let day = Day::of(Instant::from_unix_millis(0));
        keys.get(Purpose::Audit, day).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&keys.path(Purpose::Audit, day)), 0o600);
        assert_eq!(mode(&data.path().join("keys")), 0o700);
        assert_eq!(fs::read_dir(data.path().join("keys")).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn the_mac_is_hmac_sha_256() {
        // RFC 4231, test case 2, its key filled up with zeros as HMAC does.
        let mut octets = [0; 32];
        octets[..4].copy_from_slice(b"Jefe");
        let mac = Key(octets).mac(b"what do ya want for nothing?");
        assert_eq!(mac[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }
}
