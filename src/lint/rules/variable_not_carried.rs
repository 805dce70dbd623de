//! `variable-not-carried`: a condition variable that requests on this resource-type don't carry.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::catalog;
use crate::policy::ast::ActionKind;

use super::conditions::{condition_of, required};
use super::values::variable_of;

/// Flags required tests of variables that the documentation excludes for the resource-type.
pub static RULE: Rule = Rule {
    name: "variable-not-carried",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/variable-not-carried.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { resource_type: Some(atom), .. }) = rule.action.as_ref().map(|action| &action.kind) else { return };
    let Some(resource_type) = atom.known(context.text) else { return };
    let Some(condition) = condition_of(context) else { return };
    for test in required(condition) {
        let Some(atom) = variable_of(test) else { continue };
        let Some(variable) = atom.known(context.text).and_then(catalog::variable) else { continue };
        if variable.not_on.iter().any(|each| each.eq_ignore_ascii_case(resource_type)) {
            sink.report(context.locate(atom.span), format!("requests on `{resource_type}` don't carry this variable"))
                .note("a test of an absent variable is false, so the statement grants nothing")
                .help("test what the requests carry, such as the tag of the compartment: `target.resource.compartment.tag.…`");
        }
    }
}
