//! `genai-api-key-condition-optional`: an `any` group in which the key's principal type is one of several ways in.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Condition, Quantifier, SubjectKind, Value};

use super::conditions::{condition_of, demanded, groups, only_text};
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
        // Several principal types side by side are a list, not a slip.
        let mut key = None;
        let mut others = 0;
        for item in items {
            match demanded(item, context.text, "request.principal.type") {
                Some(types) if is_alone(item) && types.iter().any(|value| is_key(value, context.text)) => key = Some(item),
                Some(_) => {}
                None => others += 1,
            }
        }
        if let (Some(key), true) = (key, others > 0) {
            sink.report(context.locate(key.span()), "inside `any` the API keys' principal type is only one way in")
                .note("each of the other conditions of the group grants this on its own, to any principal and to every API key")
                .help("write `all` in place of `any`, so that every condition must hold");
        }
    }
}

/// Whether the condition is one test, with or without braces: what else a group tests guards the type on purpose.
fn is_alone(mut condition: &Condition) -> bool {
    while let Condition::Group { items, .. } = condition
        && let [only] = items.as_slice()
    {
        condition = only;
    }
    matches!(condition, Condition::Test(_))
}

fn is_key(value: &Value, text: &str) -> bool {
    only_text(value, text).is_some_and(|value| value == API_KEY)
}
