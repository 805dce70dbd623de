//! `genai-api-key-condition-optional`: an `any` group in which the key's principal type is one of several ways in.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Condition, Quantifier, SubjectKind};

use super::conditions::{condition_of, equals, groups};
use super::genai_api_key_type_misspelt::API_KEY;

/// Flags `any {request.principal.type = 'generativeaiapikey', …}` for any-user and any-group.
pub static RULE: Rule = Rule {
    name: "genai-api-key-condition-optional",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/genai-api-key-condition-optional.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let open = rule.subject.as_ref().is_some_and(|subject| matches!(subject.kind, SubjectKind::AnyUser | SubjectKind::AnyGroup));
    let Some(condition) = condition_of(context).filter(|_| open) else { return };
    for (quantifier, items) in groups(condition) {
        if quantifier != Quantifier::Any || items.len() < 2 {
            continue;
        }
        let principal_type = |item: &Condition| match item {
            Condition::Test(test) => equals(test, context.text, "request.principal.type"),
            _ => None,
        };
        let key = items.iter().find(|item| {
            principal_type(item).and_then(|atom| atom.known(context.text)).is_some_and(|value| value.eq_ignore_ascii_case(API_KEY))
        });
        // Several principal types side by side are a list, not a slip.
        let others = items.iter().filter(|item| principal_type(item).is_none()).count();
        if let (Some(key), true) = (key, others > 0) {
            sink.report(context.locate(key.span()), "inside `any` the API keys' principal type is only one way in")
                .note("each of the other conditions of the group grants this on its own, to any principal and to every API key")
                .help("write `all` in place of `any`, so that every condition must hold");
        }
    }
}
