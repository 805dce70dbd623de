//! `unenforced-deny-condition`: a deny condition that OCI does not enforce.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use super::values::variable_of;

/// Flags deny statements with conditions on `target.dynamicgroup.*`.
pub static RULE: Rule = Rule {
    name: "unenforced-deny-condition",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/unenforced-deny-condition.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    if !context.rule().is_some_and(|rule| rule.kind.is_deny()) {
        return;
    }
    for test in context.tests() {
        let Some(atom) = variable_of(test) else { continue };
        let Some(name) = atom.known(context.text).map(str::to_ascii_lowercase) else { continue };
        if name == "target.dynamicgroup.id" || name == "target.dynamicgroup.name" {
            sink.report(context.locate(atom.span), format!("`{name}` is not enforced in deny statements"))
                .note("a known issue of deny policies: the statement blocks nothing")
                .help("deny the verb on `dynamic-groups` as a whole, or narrow the allow statements");
        }
    }
}
