//! `any-user-without-condition`: a grant to everyone.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{LocationKind, SubjectKind};

/// Flags allow and admit statements for any-user or any-group that hold always.
pub static RULE: Rule = Rule {
    name: "any-user-without-condition",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/any-user-without-condition.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule() else { return };
    let Some(subject) = &rule.subject else { return };
    let (word, who) = match subject.kind {
        SubjectKind::AnyUser => (
            "any-user",
            "every user, instance, function, cluster workload and API key of the tenancy can do this",
        ),
        SubjectKind::AnyGroup => {
            ("any-group", "every member of any group or dynamic group of the tenancy can do this")
        }
        _ => return,
    };
    let Some(location) = &rule.location else { return };
    // A hole for the whole location may hold the condition too; a statement cut short is the parser's matter.
    if rule.kind.is_deny() || rule.condition.is_some() || location.kind == LocationKind::Hole {
        return;
    }
    // In the place of a name a hole hardly ever holds more.
    let confidence = if context.has_hole(location.span) { Confidence::Medium } else { Confidence::High };
    let granted = rule.action.as_ref().map_or("", |action| action.span.of(context.text));
    let granted = granted.split_whitespace().collect::<Vec<_>>().join(" ");
    sink.report(context.locate(subject.span), format!("`{word}` gets `{granted}` without any condition"))
        .confidence(confidence)
        .note(who)
        .help("name a group or dynamic group, or add `where request.principal.type = '…'` with an id or compartment");
}
