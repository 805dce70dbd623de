//! The live half: finding credentials, authenticating as OCI's clients do, and looking for what is wrong before and
//! while requests are sent. All that it asks of the machine goes through [`Surroundings`].

pub mod auth;
pub mod config;
mod endpoints;
pub mod preflight;
pub mod snapshot;
mod surroundings;
pub mod transport;

pub use endpoints::{Endpoints, Front, Pointed};
pub use surroundings::{Surroundings, System};
