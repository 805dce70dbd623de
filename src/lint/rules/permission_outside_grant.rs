//! `permission-outside-grant`: a `request.permission` that the verb and resource-type never give.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::catalog;
use crate::policy::ast::ActionKind;

use super::conditions::{condition_of, equals, known_verb, required};
use super::values::literals_of;

/// Flags required `request.permission` values that lie outside the grant.
pub static RULE: Rule = Rule {
    name: "permission-outside-grant",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/permission-outside-grant.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { verb, resource_type: Some(atom), .. }) = rule.action.as_ref().map(|action| &action.kind) else { return };
    let Some(known) = known_verb(*verb) else { return };
    let Some(found) = atom.known(context.text).and_then(catalog::resource_type) else { return };
    let Some(condition) = condition_of(context) else { return };
    if !found.permissions_known() {
        return;
    }
    let word = known.word();
    for test in required(condition) {
        for value in literals_of(test, context.text, "request.permission") {
            let Some(name) = value.known(context.text) else { continue };
            let is_equality = equals(test, context.text, "request.permission").is_some();
            let is_placed = catalog::permission(name).is_some_and(|permission| !permission.grants.is_empty());
            if !is_equality || !is_placed || found.permissions(known).any(|p| p.eq_ignore_ascii_case(name)) {
                continue;
            }
            let report = sink.report(context.locate(value.inner(context.text)), format!("`{word} {}` never gives `{name}`", found.name))
                .note("the condition narrows the grant to a permission that is not in it, so nothing is granted");
            match found.verb_for(name) {
                Some(needed) => report.help(format!("write `{}` in place of `{word}`", needed.word())),
                None => report.help(format!("look up what gives it: `ociam catalog permission {name}`")),
            };
        }
    }
}
