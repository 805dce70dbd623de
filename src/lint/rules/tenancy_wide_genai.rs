//! `tenancy-wide-genai`: a Generative AI grant in the whole tenancy.

use crate::catalog::Trait;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, RuleKind, SubjectKind};

use super::conditions::is_genai;
use super::root_compartment_by_id::is_whole_tenancy;
use super::tenancy_below_root::is_below;

/// Flags Generative AI grants in tenancy for principals other than administrators.
pub static RULE: Rule = Rule {
    name: "tenancy-wide-genai",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/tenancy-wide-genai.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| rule.kind == RuleKind::Allow) else { return };
    let Some(location) = rule.location.as_ref().filter(|location| is_whole_tenancy(location, context.text)) else { return };
    let name = match rule.action.as_ref().map(|action| &action.kind) {
        Some(ActionKind::Verb { resource_type: Some(atom), .. }) => atom.known(context.text).map(str::to_ascii_lowercase),
        // One permission of theirs is enough; it is written as the resource-type, with underscores.
        Some(ActionKind::Permissions { permissions, .. }) => permissions
            .iter()
            .filter_map(|atom| Some(atom.known(context.text)?.to_ascii_lowercase().replace('_', "-")))
            .find(|name| is_genai(name)),
        _ => return,
    };
    let name = name.unwrap_or_default();
    let workload = rule.subject.as_ref().is_some_and(|subject| {
        matches!(subject.kind, SubjectKind::AnyUser | SubjectKind::AnyGroup | SubjectKind::DynamicGroup(_))
    });
    if workload && rule.condition.is_none() && Trait::DataOfAgents.is_of(&name) {
        sink.report(context.locate(location.span), format!("`{name}` of every compartment is within this workload's reach"))
            .note("whoever takes the workload over, or asks the agent cleverly, reads what other teams keep there")
            .help("name the compartment that holds the data: `in compartment …`");
    } else if context.policies().any(|policy| is_below(&policy.attachment)) {
        // There it reaches nothing: `tenancy-below-root`.
    } else if is_genai(&name) {
        sink.report(context.locate(location.span), "this grant reaches every compartment of the tenancy")
            .note("models, files, vector stores and agents of all teams are within reach, and all of their cost falls to the tenancy")
            .help("name the compartment of the workload: `in compartment …`");
    }
}
