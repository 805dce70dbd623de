//! The live half: finding credentials, authenticating as OCI's clients do, and looking for what is wrong before and
//! while requests are sent. All that it asks of the machine goes through [`Surroundings`].

pub mod auth;
pub mod config;
pub mod preflight;
mod surroundings;
pub mod transport;

pub use surroundings::{Surroundings, System};
