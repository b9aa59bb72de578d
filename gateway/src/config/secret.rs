//! Secrets stand in files of their own, never in `gateway.toml`: that one is shown, copied and kept under version control.

use std::fmt;
use std::fs;
use std::path::Path;

use voorrang_signals::document::Value;

/// A password or token. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// From a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What it is, for the wire.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Reads the file that a value names; the white space round the secret is not part of it.
    pub fn read(value: &Value<'_>, base: &Path) -> Option<Self> {
        let path = base.join(value.text()?);
        let name = path.display();
        match fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => {
                value.wrong(format!("{name} is empty"), "write the secret into it")
            }
            Ok(text) => Some(Self(text.trim().to_owned())),
            Err(error) => value.wrong(
                format!("{name} cannot be read: {error}"),
                "name a file with the secret, readable to us",
            ),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}
