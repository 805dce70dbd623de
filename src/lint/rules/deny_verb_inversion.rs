//! `deny-verb-inversion`: a deny whose verb blocks less than it seems to.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::catalog;
use crate::policy::ast::ActionKind;

use super::conditions::{condition_of, known_verb};

/// Flags deny statements with a verb above `inspect`.
pub static RULE: Rule = Rule {
    name: "deny-verb-inversion",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/deny-verb-inversion.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { verb, verb_span, resource_type: Some(atom) }) = rule.action.as_ref().map(|action| &action.kind) else {
        return;
    };
    let (Some(known), Some(name)) = (known_verb(*verb), atom.known(context.text)) else { return };
    let left: Vec<&str> = catalog::Verb::ALL.into_iter().filter(|lower| *lower < known).map(catalog::Verb::word).collect();
    if left.is_empty() {
        return;
    }
    // A type that has nothing below this verb is blocked whole.
    if let Some(found) = catalog::resource_type(name).filter(|found| found.permissions_known())
        && !catalog::Verb::ALL.into_iter().filter(|lower| *lower < known).any(|lower| found.permissions(lower).next().is_some())
    {
        return;
    }
    let report = sink.report(
        context.locate(*verb_span),
        format!("`deny … {}` leaves {} possible", known.word(), left.join(", ")),
    );
    let report = if known == catalog::Verb::Manage && condition_of(context).is_none() { report } else { report.severity(Severity::Info) };
    report
        .note("deny turns verbs round: it takes away what the verb adds and everything above it, and nothing below")
        .help("write `inspect` to block everything");
}
