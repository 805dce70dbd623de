//! The diagnostic model: what a problem is, where, why it matters, what to type instead. Knows no renderer.

use std::sync::Arc;

use crate::text::Place;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing needs to change.
    Info,
    /// Works, but not as meant, or grants more than it should; or probably refused.
    Warning,
    /// OCI rejects this, or it can never grant anything.
    Error,
}

impl Severity {
    /// The word in reports and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// How sure a rule is of its finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// Rests on inference.
    Low,
    /// Seen in use, not documented.
    Medium,
    /// Documented or observed.
    High,
}

impl Confidence {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// A second place that helps to understand the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is there, in a few words.
    pub message: String,
}

/// Whether a fix can be applied without a person's judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Applicability {
    /// Keeps the meaning, or restores the only possible one.
    Safe,
    /// May change what is granted.
    Unsafe,
}

impl Applicability {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        }
    }
}

/// One replacement in the user's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub place: Place,
    /// What to put there, already escaped for the host file.
    pub replacement: String,
}

/// Edits that belong together: all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, imperative: "write `manage`".
    pub title: String,
    /// Whether it may be applied unasked.
    pub applicability: Applicability,
    /// The replacements, not overlapping.
    pub edits: Vec<Edit>,
}

/// The statement or matching rule a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRef {
    /// Resource address or policy name; `None` where no policy is known to use the text.
    pub policy: Option<Arc<str>>,
    /// Place in its policy, from 0.
    pub index: Option<usize>,
    /// The evaluated text.
    pub text: Arc<str>,
    /// Where its own literal stands.
    pub place: Place,
}

/// What a rule reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, kebab-case.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What is wrong: one line, lower case, no full stop.
    pub message: String,
    /// Why it matters, when the message alone does not say so.
    pub note: Option<String>,
    /// What to do, imperative, with the replacement in backticks.
    pub help: Option<String>,
    /// Where.
    pub place: Place,
    /// Further places.
    pub labels: Vec<Label>,
    /// The statement concerned.
    pub statement: Option<StatementRef>,
    /// A change that solves it.
    pub fix: Option<Fix>,
}
