//! `principal-type-never-in-subject`: a principal type that no member of the subject can have.

use crate::catalog;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Atom, SubjectKind};

use super::conditions::{condition_of, demanded, only_text};
use super::genai_api_key_type_misspelt::API_KEY;

/// Flags conditions that demand a principal type, or the OCID of such a principal, which the subject can't hold.
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
    let text = context.text;
    let types = demanded(condition, text, "request.principal.type").unwrap_or_default();
    let never = types.iter().map(|value| Some((value, only_text(value, text)?))).map(|found| {
        let (value, kind) = found?;
        let (holder, why) = without(&subject.kind, &kind)?;
        Some((value, kind, holder, why))
    });
    // One that is possible keeps the statement alive.
    let never: Vec<_> = never.collect::<Option<_>>().unwrap_or_default();
    for (value, kind, holder, why) in &never {
        report(context, sink, &value.atom, format!("no {holder} has the principal type `{kind}`"), why);
    }
    if !never.is_empty() {
        return;
    }
    let ids = demanded(condition, text, "request.principal.id").unwrap_or_default();
    let never = ids.iter().map(|value| {
        let id = only_text(value, text)?;
        let kind = id.strip_prefix("ocid1.")?.split('.').next()?;
        let known = catalog::ocid_kind(kind).filter(|known| known.places.contains(&catalog::Place::Principal))?;
        let (holder, why) = without(&subject.kind, known.name)?;
        Some((value, known.entity, holder, why))
    });
    for (value, entity, holder, why) in never.collect::<Option<Vec<_>>>().unwrap_or_default() {
        report(context, sink, &value.atom, format!("no {holder} has an OCID of this kind: {entity}"), why);
    }
}

fn report(context: &StatementContext<'_>, sink: &mut Sink<'_>, atom: &Atom, message: String, why: &str) {
    sink.report(context.locate(atom.inner(context.text)), message)
        .note(why)
        .help("write `any-user` as subject and keep the condition, with an id or compartment beside it");
}

/// How reports name the subject, and why no principal of the type is in it.
fn without(subject: &SubjectKind, kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match (subject, kind) {
        (SubjectKind::Group(_), "user") => return None,
        (SubjectKind::Group(_) | SubjectKind::DynamicGroup(_), API_KEY) => (
            "member of a group",
            "a GenAI API key is a principal of its own and in no group; one page of the documentation says that \
             a group can stand here, and a report says that it does not work",
        ),
        (SubjectKind::Group(_), _) => ("member of a group", "groups hold users; resources are reached by dynamic-group or any-user"),
        (SubjectKind::DynamicGroup(_), "workload") => {
            ("member of a dynamic group", "a workload of a Kubernetes cluster can be in no dynamic group")
        }
        (SubjectKind::DynamicGroup(_), "user") => ("member of a dynamic group", "dynamic groups hold resources, not users"),
        (SubjectKind::Service(_), API_KEY | "workload" | "user" | "instance") => {
            ("service", "a service principal is Oracle's own; users, resources and keys are none")
        }
        _ => return None,
    })
}
