//! Foreign networks and demand become a scenario folder. What cannot be carried over is counted and listed, never dropped
//! silently.
//!
//! | source | where |
//! |---|---|
//! | SUMO `.net.xml`, `.rou.xml`, additional files | [`import_sumo`] |

mod findings;
mod report;

mod sumo;

use std::io;
use std::path::PathBuf;

use voorrang_signals::document::Problems;

pub use findings::{Findings, Note};
pub use report::{ImportReport, ImportedIntersection};

pub use sumo::{EmergencyRequest, import_sumo, parse_emergency};

/// What to import, and where to.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The network: `.net.xml`, may be gzip.
    pub net: PathBuf,
    /// Route files, in their order.
    pub routes: Vec<PathBuf>,
    /// Additional files (vehicle types, bus stops, signal programs), in their order.
    pub additional: Vec<PathBuf>,
    /// Emergency trips to add: `ID:DEPART:EDGE,EDGE,...`, departure in SUMO's seconds.
    pub emergency: Vec<String>,
    /// The scenario folder to write. Its generated files are replaced; others (a README) stay.
    pub out: PathBuf,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file is not there or cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file ends before it is complete.
    #[error("{}:{line}: the file is cut off: {what}; fetch or export it again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// As far as it could be read.
        line: usize,
        /// What is missing.
        what: String,
    },
    /// A file is no well-formed XML.
    #[error("{}:{line}: not well-formed XML: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A file holds something else.
    #[error("{}: expected {expected}, found {found}", path.display())]
    OtherContent {
        /// The file.
        path: PathBuf,
        /// What it should begin with.
        expected: String,
        /// What it begins with.
        found: String,
    },
    /// The files contradict each other or themselves: all that was found.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// The scenario folder cannot be written.
    #[error("{}: cannot be written: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
