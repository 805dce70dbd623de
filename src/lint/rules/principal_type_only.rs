//! `principal-type-only`: a grant to every principal of a type.

use crate::catalog;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::SubjectKind;

use super::conditions::{condition_of, is_negative, is_open};
use super::values::{literals_of, variable_of};

/// Flags any-user and any-group grants whose condition names principal types and nothing else.
pub static RULE: Rule = Rule {
    name: "principal-type-only",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/principal-type-only.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let open = rule.subject.as_ref().is_some_and(|subject| matches!(subject.kind, SubjectKind::AnyUser | SubjectKind::AnyGroup));
    let Some(condition) = condition_of(context).filter(|condition| open && !is_open(condition)) else { return };
    let tests = condition.tests();
    let only_types = !tests.is_empty()
        && tests.iter().all(|test| {
            variable_of(test).and_then(|atom| atom.known(context.text)).is_some_and(|name| name.eq_ignore_ascii_case("request.principal.type"))
        });
    if !only_types {
        return;
    }
    let types: Vec<&str> = tests
        .iter()
        .filter(|test| !is_negative(test))
        .flat_map(|test| literals_of(test, context.text, "request.principal.type"))
        .filter_map(|atom| atom.known(context.text))
        .collect();
    if types.iter().any(|name| catalog::principal_type(name).is_none()) {
        return;
    }
    let who = match types.as_slice() {
        [] => return,
        [one] if one.eq_ignore_ascii_case(super::genai_api_key_type_misspelt::API_KEY) => "every GenAI API key of the tenancy".to_owned(),
        [one] => format!("every principal of type `{one}` in the tenancy"),
        several => format!("every principal of the types {}", several.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ")),
    };
    sink.report(context.locate(condition.span()), format!("{who} can do this"))
        .note("the condition names a type and no single principal, so one made later, by anyone who may make such resources, gets this too")
        .help("add `request.principal.id = '…'` or `request.principal.compartment.id = '…'` inside `all {…}`");
}
