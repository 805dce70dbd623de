//! A live tenancy, read into the tenancy model by lists alone: nothing is changed, and what a right lacks for is
//! noted and passed over.
//!
//! ```text
//! take ─► tenancy, regions ─► compartments ─► policies, groups, domains, keys … ─► members, groups of domains
//!              each list by Reader: signed, page by page, throttled, tried again where that may help
//! ```

mod glance;
mod reader;
mod take;

pub use glance::{Glance, glance};
pub use reader::{Pace, Progress, Reader, Watch};
pub use take::{Plan, Snapshot, SnapshotError, take};
