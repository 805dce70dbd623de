//! Sending a request: to whom secrets may go, how long to wait, and what went wrong when nothing came back.
//!
//! No redirect is followed, nothing is retried, certificates are verified, and a host outside the realms of the
//! catalogue is refused unless it was named.

mod cleaner;
mod client;
mod hosts;

pub use cleaner::Cleaner;
pub use client::{Answer, Call, Http, Limits, TransportError, Trouble};
pub use hosts::{HostError, Purpose, admit, is_loopback};
