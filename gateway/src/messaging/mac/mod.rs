//! The MAC wrapper: octets under HMAC-SHA-256 with a pre-shared key, a time stamp and a sequence number, for datagrams that no TLS protects.
//! It proves who sent them and that nobody changed them; it doesn't hide them. `docs/messaging.md` has the layout.

mod key;
mod replay;
mod wrapper;

pub use key::{Key, KeyError, Keyring};
pub use replay::ReplayWindow;
pub use wrapper::{Content, Direction, MacError, Opened, Sealer, begins, open};

#[cfg(test)]
mod tests;
