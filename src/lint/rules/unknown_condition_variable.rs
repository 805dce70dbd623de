//! `unknown-condition-variable`: a variable that no request carries.

use crate::catalog::{self, Kind};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Atom, ValueKind};

use super::names::instead;
use super::values::{values_of, variable_of};

/// Flags condition variables that the catalogue does not hold, on either side of a test.
pub static RULE: Rule = Rule {
    name: "unknown-condition-variable",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unknown-condition-variable.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        let left = variable_of(test).copied();
        let right = values_of(test).into_iter().filter(|value| value.kind == ValueKind::Variable);
        let mut seen = Vec::new();
        for atom in left.into_iter().chain(right.map(|value| value.atom)) {
            if !seen.contains(&atom.span) {
                seen.push(atom.span);
                word(context, &atom, sink);
            }
        }
    }
}

fn word(context: &StatementContext<'_>, atom: &Atom, sink: &mut Sink<'_>) {
    let Some(name) = atom.known(context.text) else { return };
    if name.is_empty() || context.is_misread(atom.span) {
        return;
    }
    // What the two ends of an associate carry is in no list.
    let action = context.rule().and_then(|rule| rule.action.as_ref()).map(|action| &action.kind);
    if name.starts_with(['1', '2']) && matches!(action, Some(ActionKind::Associate { .. })) {
        return;
    }
    if let Some(known) = catalog::variable(name) {
        if known.name != name && known.name.eq_ignore_ascii_case(name) {
            sink.report(context.locate(atom.span), format!("the documentation spells this `{}`", known.name))
                .severity(Severity::Info)
                .note("whether OCI looks at the case of a variable's name is in no document")
                .help(format!("write `{}`", known.name))
                .fix(context.fix(format!("write `{}`", known.name), Applicability::Safe, atom.span, known.name));
        }
        return;
    }
    let report = sink.report(context.locate(atom.span), format!("`{name}` is not a known condition variable"));
    if catalog::rule_variable(name).is_some() {
        let near = if name.eq_ignore_ascii_case("resource.type") { "request.principal.type" } else { "" };
        let report = report.note("it belongs to the matching rules of dynamic groups; no request carries it, so the test is never true");
        match near {
            "" => report.help("test `request.principal.id` or `request.principal.compartment.id` instead"),
            near => report.help(format!("write `{near}`")).fix(context.fix(
                format!("write `{near}`"),
                Applicability::Unsafe,
                atom.span,
                near,
            )),
        };
        return;
    }
    let declined = "a request that does not carry the variable is declined, so the test is never true";
    instead(report, context, Kind::Variable, atom.span, declined);
}
