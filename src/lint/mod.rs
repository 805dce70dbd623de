//! The linter: rules over statements, matching rules and whole configurations, in; findings, out.
//!
//! ```text
//! Configuration ─► parse ─► rules (in parallel) ─► suppressions ─► selection, severity ─► findings
//! ```
//!
//! Pure: no I/O, no printing. Files are read by `source`, shown by `report`. A rule is one file in
//! `rules/`, one page in `docs/rules/` and one line in the list of `rules/mod.rs`.

mod baseline;
mod context;
mod engine;
mod fix;
mod rule;
pub mod rules;
mod select;
mod suppress;

pub use baseline::{Baseline, BaselineEntry, Folder, Known, fingerprint};
pub use context::{
    ConfigurationContext, Located, MatchingRuleContext, ParsedRule, ParsedStatement, Report, Sink,
    StatementContext,
};
pub use engine::{Outcome, Suppressed, lint};
pub use fix::{FixedFile, apply_fixes, host_escape};
pub use rule::{Category, Check, FixAvailability, Persona, Rule};
pub use select::{PathIgnore, Settings};
