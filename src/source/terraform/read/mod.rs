//! Terraform files to the tree of [`super::syntax`], with every place and with recovery.
//!
//! ```text
//! text ── quick ───────────────────────────────────────► Body
//!   └─ not plain? ── hcl-edit ──► its tree ── convert, literal ─┤
//!        └─ tags of Jinja? ── passed over in a copy (tags)
//!        └─ refused? ── repair (what Terraform takes and hcl-edit refuses), then block by block ─┘
//! ```
//!
//! One bad block loses that block alone, and inside it one bad attribute loses that attribute alone. Each
//! loss is one problem with its place.

mod convert;
mod json;
mod literal;
mod native;
mod quick;
mod relocate;
mod repair;
mod scan;
mod tags;

use crate::diag::Finding;
use crate::text::Place;

use super::syntax::Body;

pub use json::{json, json_values};
pub(super) use native::block;
pub use native::{native, template};
pub(in crate::source) use native::{outline, shared};

/// What reading a file gives.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The file's content as far as it could be read.
    pub body: Body,
    /// What could not be read.
    pub problems: Vec<Finding>,
    /// The comments that speak to this tool.
    pub comments: Vec<Comment>,
}

/// A comment of the host file that holds `ociam:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The comment with its marks.
    pub place: Place,
    /// Whether nothing but space stands before it on its line.
    pub own_line: bool,
}
