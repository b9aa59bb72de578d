//! The data folder: ours alone while we run.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A data folder that no other process uses. The lock ends with this, or with the process, however that ends.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why the data folder can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DataFault {
    /// Another gateway runs on it.
    #[error("{}: another gateway runs on this data folder; stop that one, or give `data` another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// It can't be made or written.
    #[error("{}: {source}; `data` has to be a folder that we may write", path.display())]
    Unusable {
        /// The folder, or a file in it.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl DataFolder {
    /// Takes it; makes it where there is none, for us alone.
    ///
    /// # Errors
    /// When another gateway has it, or it can't be written.
    pub fn take(path: &Path) -> Result<Self, DataFault> {
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| DataFault::Unusable { path, source }
        };
        if !path.is_dir() {
            fs::create_dir_all(path).map_err(unusable(path))?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(unusable(path))?;
            }
        }
        let name = path.join("lock");
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(unusable(&name))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataFault::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(DataFault::Unusable { path: name, source }),
        }
        // For people: who has it. The lock itself is the operating system's.
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(unusable(&name))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_gateway_on_the_same_folder_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataFolder::take(&path).unwrap();
        assert!(matches!(DataFolder::take(&path), Err(DataFault::InUse { .. })));
        drop(first);
        assert!(DataFolder::take(&path).is_ok());
    }
}
