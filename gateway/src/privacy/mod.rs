//! What is kept of people, for how long, and how it is made to forget them. `docs/privacy.md` says it to those whom it concerns.
//!
//! | file | what |
//! |---|---|
//! | `octets`, `audit`, `audit_log` | what is written beside the journal; each by a thread of its own (`batches`, `files`) |
//! | `keys`, `pseudonym` | other numbers in the place of station ids |
//! | `message`, `line`, `ageing` | the same file with other ids |
//! | `retention`, `config` | when that is due, and when files are deleted |
//! | `hold` | what stays as it is, for an incident |
//! | `calendar` | hours and days of UTC |

mod ageing;
pub mod audit;
pub mod audit_log;
mod batches;
pub mod calendar;
mod config;
mod files;
pub mod hold;
pub mod keys;
pub mod line;
pub mod message;
mod octets;
pub mod pseudonym;
pub mod retention;
#[cfg(test)]
mod tests;

pub use audit_log::AuditLog;
pub use config::RetentionConfig;
pub use octets::OctetLog;
pub use retention::Retention;
