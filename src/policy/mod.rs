//! The OCI IAM policy language: syntax tree, parser, formatter, matching rules. Pure: text in, values out.
//!
//! ```text
//! text + holes ── lex ──► tokens ── parse ──► Statement (spans only) + every syntax error
//! ```
//!
//! The tree holds spans, never copies: with the text beside it every byte is kept, and a node's own words
//! are `node.span.of(text)`.

pub mod ast;
mod error;
mod format;
mod holes;
mod json;
mod keyword;
mod lex;
mod parse;
mod time;

pub use error::{SyntaxError, SyntaxErrorKind, SyntaxFix};
pub use format::{Style, format, format_edits, format_matching_rule, matching_rule_edits};
pub use holes::holes;
pub use json::{meaning, rule_meaning, rule_tree_json, tree_json};
pub use keyword::{START_WORDS, VERBS};
pub use parse::{Parsed, ParsedRule, parse, parse_matching_rule};
