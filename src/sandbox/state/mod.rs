//! The state directory: keys and credentials of a sandbox, what points clients at it, and what it must remember.
//!
//! Made once and kept: a sandbox that starts again on the same directory knows its keys, its tokens and its ports.

mod credentials;
mod environment;
mod folder;
mod keys;

pub use credentials::{Bearers, Credentials, write_world};
pub use environment::{Addresses, write_environment};
pub use folder::Folder;
pub use keys::Keys;
