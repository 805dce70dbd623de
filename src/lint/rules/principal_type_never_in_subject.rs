//! `principal-type-never-in-subject`: a principal type that no member of the subject can have.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::SubjectKind;

use super::conditions::{condition_of, equals, required};
use super::genai_api_key_type_misspelt::API_KEY;

/// Flags conditions that demand a principal type which groups or dynamic groups can't hold.
pub static RULE: Rule = Rule {
    name: "principal-type-never-in-subject",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/principal-type-never-in-subject.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(subject) = context.rule().and_then(|rule| rule.subject.as_ref()) else { return };
    let Some(condition) = condition_of(context) else { return };
    for test in required(condition) {
        let Some(atom) = equals(test, context.text, "request.principal.type") else { continue };
        let Some(value) = atom.known(context.text).map(str::to_ascii_lowercase) else { continue };
        let (holder, why) = match (&subject.kind, value.as_str()) {
            (SubjectKind::Group(_), "user") => continue,
            (SubjectKind::Group(_) | SubjectKind::DynamicGroup(_), API_KEY) => (
                "a group",
                "a GenAI API key is a principal of its own and in no group; one page of the documentation says that \
                 a group can stand here, and a report says that it does not work",
            ),
            (SubjectKind::Group(_), _) => ("a group", "groups hold users; resources are reached by dynamic-group or any-user"),
            (SubjectKind::DynamicGroup(_), "workload") => {
                ("a dynamic group", "a workload of a Kubernetes cluster can be in no dynamic group")
            }
            (SubjectKind::DynamicGroup(_), "user") => ("a dynamic group", "dynamic groups hold resources, not users"),
            _ => continue,
        };
        sink.report(context.locate(atom.inner(context.text)), format!("no member of {holder} has the principal type `{value}`"))
            .note(why)
            .help("write `any-user` as subject and keep the condition, with an id or compartment beside it");
    }
}
