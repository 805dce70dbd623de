//! Where statements come from: files in, [`Configuration`] out. One file a format, `terraform/` the static
//! evaluator. Reads files; knows the language only as far as recognising where a statement begins.

mod configuration;
pub mod json;
pub mod problem;
pub mod recognise;
pub mod terraform;

pub use configuration::{
    Attachment, Configuration, Declared, DeclaredKind, MatchingRuleSource, PolicySource, Role,
    StatementSource, Unresolved,
};
