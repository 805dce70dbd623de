//! `list-with-target-condition`: a condition on the target that list requests don't carry.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Verb};

use super::conditions::{condition_of, required};
use super::values::variable_of;

/// Flags `target.compartment.*` and resource-tag tests on a grant that only lists.
pub static RULE: Rule = Rule {
    name: "list-with-target-condition",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/list-with-target-condition.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { verb: Verb::Inspect, .. }) = rule.action.as_ref().map(|action| &action.kind) else { return };
    let Some(condition) = condition_of(context) else { return };
    for test in required(condition) {
        let Some(atom) = variable_of(test) else { continue };
        let Some(name) = atom.known(context.text).map(str::to_ascii_lowercase) else { continue };
        let place = context.locate(atom.span);
        if name.starts_with("target.resource.tag.") {
            sink.report(place, "list requests can't be granted through a tag of the target")
                .note("a list is not about one resource, so it carries no tag, and `inspect` grants lists alone")
                .help("test the tag of the compartment: `target.resource.compartment.tag.…`");
        } else if name == "target.compartment.id" || name == "target.compartment.name" {
            sink.report(place, format!("list requests don't carry `{name}`"))
                .note("`inspect` grants lists, which are declined when the variable is absent")
                .help("name the compartment after `in compartment` instead");
        }
    }
}
