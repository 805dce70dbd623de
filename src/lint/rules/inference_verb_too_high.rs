//! `inference-verb-too-high`: `manage` where an inference client needs `use`.

use crate::catalog::{self, Trait};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, SubjectKind, Verb};

use super::conditions::is_genai;

/// Flags `manage` on Generative AI families and runtime types for principals that only infer.
pub static RULE: Rule = Rule {
    name: "inference-verb-too-high",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/inference-verb-too-high.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { verb: Verb::Manage, verb_span, resource_type: Some(atom) }) =
        rule.action.as_ref().map(|action| &action.kind)
    else {
        return;
    };
    let workload = rule.subject.as_ref().is_some_and(|subject| {
        matches!(subject.kind, SubjectKind::AnyUser | SubjectKind::AnyGroup | SubjectKind::DynamicGroup(_))
    });
    let Some(found) = atom.known(context.text).and_then(catalog::resource_type) else { return };
    let genai = is_genai(found.name);
    if !genai || rule.subject.is_none() {
        return;
    }
    let adds = !found.manage.is_empty() || found.shape == catalog::Shape::Family;
    let place = context.locate(*verb_span);
    if found.permissions_known() && !adds {
        sink.report(place, format!("`manage` adds nothing to `use` on `{}`", found.name))
            .help("write `use`, so that the statement says what it grants")
            .fix(context.fix("write `use`", Applicability::Safe, *verb_span, "use"));
    } else if workload && adds && !called_with_manage(found) {
        sink.report(place, format!("`manage` lets this principal create and delete what `{}` holds", found.name))
            .note("a workload that calls models or agents needs `use`; the types that Responses stores its data in need `manage` by name")
            .help("write `use` here, and grant the types to be managed one by one");
    }
}

/// Whether a call of a client, and no administration, takes `manage` on the type: opening a session with an agent does.
fn called_with_manage(found: &catalog::ResourceType) -> bool {
    catalog::operations().iter().any(|row| {
        row.resource_type == Some(found.name)
            && row.plane.is_some_and(|plane| !Trait::Administration.is_of(plane))
            && row.permissions().any(|needed| found.manage.contains(&needed))
    })
}
