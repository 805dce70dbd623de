//! The live half: finding credentials, authenticating as OCI's clients do, and looking for what is wrong before and
//! while requests are sent. All that it asks of the machine goes through [`Surroundings`].

mod ask;
pub mod auth;
pub mod config;
mod endpoints;
mod lab;
mod matrix;
mod observe;
mod plan;
pub mod preflight;
pub mod snapshot;
mod surroundings;
pub mod transport;

pub use ask::{Ask, Lacking, ProjectHeader, Target, Task, is_endpoint, known_good, question};
pub use endpoints::{Endpoints, Front, Pointed};
pub use lab::{Lab, Limits, Sent};
pub use matrix::{Progress, Row, Verdict, run};
pub use observe::{Cleaner, Label, Observation, Occasion, Shown};
pub use plan::{Cell, Credential, Plan, Regions, Scope, plan};
pub use surroundings::{Surroundings, System};
