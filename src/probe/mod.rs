//! The live half: finding credentials, authenticating as OCI's clients do, and looking for what is wrong before and
//! while requests are sent.
//!
//! ```text
//! config ── auth (discover) ──► credentials ── plan ──► cells: credential × plane × region
//!               └─ preflight (no request)                        │ matrix, by the lab
//!                                                                ▼
//!    findings ◄── diagnose ◄── ladder (experiments) ◄── explain ◄── rows of observations
//! ```
//!
//! All that it asks of the machine goes through [`Surroundings`], all requests through [`transport`]; the diagnosis
//! itself is `diagnose`'s.

mod ask;
pub mod auth;
pub mod config;
mod endpoints;
mod evaluator;
mod explain;
mod lab;
mod ladder;
mod listed;
mod matrix;
mod observe;
mod outcome;
mod plan;
pub mod preflight;
mod reading;
mod remedy;
mod sends;
pub mod snapshot;
mod surroundings;
pub mod transport;

pub use ask::{Ask, CHAT_FORMATS, Lacking, ProjectHeader, Target, Task, is_endpoint, known_good, question};
pub use endpoints::{Endpoints, Front, Pointed};
pub use evaluator::{Testimony, principal};
pub use explain::{Explainer, Finding, Rotation};
pub(crate) use explain::{api, ids};
pub use lab::{Lab, Limits, PlannedRequest, Sent};
pub use ladder::{MOST_EXPERIMENTS, climb, record};
pub use matrix::{Progress, Row, Verdict, run};
pub use observe::{Label, Observation, Occasion, Shown};
pub use outcome::{LocalCheck, NotTried, Outcome};
pub use plan::{Cell, Credential, Plan, Regions, Scope, plan};
pub use reading::{MOST_READ, Reading, read_policies};
pub use sends::{Carried, ClientSends, Compartments};
pub use surroundings::{Surroundings, System};
