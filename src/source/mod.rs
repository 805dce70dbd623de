//! Where statements come from: files in, [`Configuration`] out. One file a format, `terraform/` the static
//! evaluator. Reads files; knows the language only as far as recognising where a statement begins.
//!
//! ```text
//! load ── walk, read ──► detect ──► terraform | plan | structured (JSON, YAML) | markdown | text ──► Parts ──► Configuration
//! ```

mod comments;
mod configuration;
mod detect;
mod evaluate;
pub mod json;
mod load;
mod markdown;
mod parts;
mod plan;
pub mod problem;
mod read;
pub mod recognise;
mod relevant;
mod scan;
mod statements_json;
mod structured;
pub mod terraform;
mod text;
mod walk;
mod yaml;

pub use configuration::{
    Attachment, Configuration, Declared, DeclaredKind, MatchingRuleSource, PolicySource, Regions, Role, Root,
    StatementSource, Unresolved,
};
pub use detect::{InputFormat, is_read_by_name};
pub use load::{Loaded, Request, Stdin, load};
pub use parts::Parts;
pub use relevant::{API_SECRET, API_SECRET_TAIL, PRIVATE_KEY};
pub use walk::reason;
