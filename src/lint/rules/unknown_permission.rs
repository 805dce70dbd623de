//! `unknown-permission`: a permission that no service documents.

use crate::catalog::{self, Kind};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Atom};

use super::names::instead;
use super::values::literals_of;

/// Flags permissions that the catalogue does not hold, in lists and as values of `request.permission`.
pub static RULE: Rule = Rule {
    name: "unknown-permission",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unknown-permission.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let action = context.rule().and_then(|rule| rule.action.as_ref());
    if let Some(ActionKind::Permissions { permissions, .. }) = action.map(|action| &action.kind) {
        for atom in permissions {
            word(context, atom, sink);
        }
    }
    for test in context.tests() {
        for atom in literals_of(test, context.text, "request.permission") {
            word(context, &atom, sink);
        }
    }
}

fn word(context: &StatementContext<'_>, atom: &Atom, sink: &mut Sink<'_>) {
    let Some(name) = atom.known(context.text) else { return };
    if name.is_empty() || context.is_misread(atom.span) || catalog::permission(name).is_some() {
        return;
    }
    let span = atom.inner(context.text);
    let report = sink.report(context.locate(span), format!("`{name}` is not a known permission"));
    let nothing = "a permission that no operation asks for grants nothing";
    let (found, report) = instead(report, context, Kind::Permission, span, nothing);
    if !found {
        // With nothing like it in the catalogue, it may belong to a service that is not documented.
        report.severity(Severity::Info).confidence(Confidence::Low);
    }
}
