//! The two rules about suppression comments; the engine calls them, since it alone knows what was used.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};

/// A comment that means to suppress and can't.
pub static MALFORMED: Rule = Rule {
    name: "malformed-suppression",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Usage,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/malformed-suppression.md"),
    checks: &[Check::Engine],
};

/// A suppression with nothing to suppress.
pub static UNUSED: Rule = Rule {
    name: "unused-suppression",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Usage,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unused-suppression.md"),
    checks: &[Check::Engine],
};
