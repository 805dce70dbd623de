//! `equality-on-set`: `=` on a variable that holds several values.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use super::conditions::equals;

/// Flags `target.policy.type = '…'` in allow statements.
pub static RULE: Rule = Rule {
    name: "equality-on-set",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/equality-on-set.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    if context.rule().is_none_or(|rule| rule.kind.is_deny()) {
        return;
    }
    for test in context.tests() {
        let Some(atom) = equals(test, context.text, "target.policy.type") else { continue };
        let Some(value) = atom.known(context.text) else { continue };
        let other = if value.eq_ignore_ascii_case("deny") { "allow" } else { "deny" };
        sink.report(context.locate(test.span), "a policy that holds both kinds of statement passes this test too")
            .note("`target.policy.type` is a set, and `=` is true if one element matches")
            .help(format!("write `target.policy.type != '{other}'`"));
    }
}
