//! `any-user-without-condition`: a grant to everyone.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Atom, LocationKind, SubjectKind};

use super::conditions::{condition_of, is_genai, is_negative, says_who};
use super::genai_api_key_type_misspelt::API_KEY;
use super::values::literals_of;

/// Flags allow, endorse and admit statements for any-user or any-group that hold for every principal.
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
    if rule.kind.is_deny() || location.kind == LocationKind::Hole {
        return;
    }
    let granted = rule.action.as_ref().map_or("", |action| action.span.of(context.text));
    let granted = granted.split_whitespace().collect::<Vec<_>>().join(" ");
    let report = if rule.condition.is_none() {
        // In the place of a name a hole hardly ever holds more.
        let confidence = if context.has_hole(location.span) { Confidence::Medium } else { Confidence::High };
        sink.report(context.locate(subject.span), format!("`{word}` gets `{granted}` without any condition"))
            .confidence(confidence)
    } else {
        // An API key's type beside other ways in is `genai-api-key-condition-optional`.
        let names_key = || {
            context.tests().iter().filter(|test| !is_negative(test)).any(|test| {
                let types = literals_of(test, context.text, "request.principal.type");
                types.iter().filter_map(|atom| atom.known(context.text)).any(|value| value.eq_ignore_ascii_case(API_KEY))
            })
        };
        let Some(condition) = condition_of(context).filter(|condition| !says_who(condition, context.text)) else { return };
        if names_key() {
            return;
        }
        // A narrow target may well be meant for all; a model's calls have to be paid.
        let severity = if rule.action.as_ref().is_some_and(|action| grants_genai(&action.kind, context.text)) { Severity::Warning } else { Severity::Info };
        sink.report(context.locate(subject.span), format!("`{word}` gets `{granted}`, whoever it is"))
            .severity(severity)
            .confidence(Confidence::Medium)
            .label(context.locate(condition.span()), "says nothing of the principal")
    };
    let add = if rule.condition.is_none() { "where request" } else { "request" };
    report.note(who).help(format!(
        "name a group or dynamic group, or add `{add}.principal.type = '…'` with an id or compartment"
    ));
}

/// Whether a grant holds permissions of Generative AI or its agents.
fn grants_genai(action: &ActionKind, text: &str) -> bool {
    let known = |atom: &Atom| atom.known(text).map(str::to_ascii_lowercase);
    match action {
        ActionKind::Verb { resource_type: Some(atom), .. } => {
            known(atom).is_some_and(|name| is_genai(&name) || name == "all-resources")
        }
        ActionKind::Permissions { permissions, .. } => {
            permissions.iter().filter_map(known).any(|name| is_genai(&name.replace('_', "-")))
        }
        _ => false,
    }
}
