//! `unknown-resource-type`: a resource-type that no service documents.

use crate::catalog::{self, Kind};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::text::Span;
use crate::policy::ast::{ActionKind, Atom};

use super::names::instead;

/// Flags resource-types that the catalogue does not hold. A warning, since Oracle adds new ones.
pub static RULE: Rule = Rule {
    name: "unknown-resource-type",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unknown-resource-type.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(action) = context.rule().and_then(|rule| rule.action.as_ref()) else { return };
    match &action.kind {
        ActionKind::Verb { resource_type, .. } => word(context, resource_type.as_ref(), sink),
        ActionKind::Associate { left, right } => {
            word(context, left.resource_type.as_ref(), sink);
            word(context, right.as_ref().and_then(|end| end.resource_type.as_ref()), sink);
        }
        ActionKind::Permissions { .. } | ActionKind::Hole | ActionKind::Error => {}
    }
}

fn word(context: &StatementContext<'_>, atom: Option<&Atom>, sink: &mut Sink<'_>) {
    let Some(atom) = atom else { return };
    let Some(name) = atom.known(context.text) else { return };
    if name.is_empty() || context.is_misread(atom.span) || catalog::resource_type(name).is_some() {
        return;
    }
    let place = context.locate(atom.span);
    if name == "*" {
        sink.report(place, "there is no wildcard for resource-types")
            .note("a statement on a resource-type that does not exist grants nothing")
            .help("write `all-resources`, or the family that is meant");
        return;
    }
    if let Some((span, joined)) = in_two_words(context, atom, name) {
        sink.report(context.locate(span), format!("`{joined}` is one word"))
            .note("a statement on a resource-type that does not exist grants nothing")
            .help(format!("write `{joined}`"))
            .fix(context.fix(format!("write `{joined}`"), Applicability::Unsafe, span, joined));
        return;
    }
    let report = sink.report(place, format!("`{name}` is not a known resource-type"));
    let nothing = "a statement on a resource-type that does not exist grants nothing";
    instead(report, context, Kind::ResourceType, atom.span, nothing);
}

/// The resource-type that the word and the next one are together, and where both stand.
fn in_two_words(context: &StatementContext<'_>, atom: &Atom, name: &str) -> Option<(Span, &'static str)> {
    let rest = context.text.get(atom.span.end()..)?;
    let next = rest.trim_start_matches([' ', '-']).split_whitespace().next()?;
    let from = rest.find(next)?;
    let found = catalog::resource_type(&format!("{name}-{next}"))?;
    (from > 0).then(|| (Span::new(atom.span.start(), atom.span.end() + from + next.len()), found.name))
}
