//! `tenancy-wide-genai`: a Generative AI grant in the whole tenancy.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, LocationKind, RuleKind};

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
    let Some(location) = rule.location.as_ref().filter(|location| matches!(location.kind, LocationKind::Tenancy(None))) else { return };
    let Some(ActionKind::Verb { resource_type: Some(atom), .. }) = rule.action.as_ref().map(|action| &action.kind) else { return };
    let genai = atom.known(context.text).map(str::to_ascii_lowercase).is_some_and(|name| {
        name.starts_with("generative-ai") || name.starts_with("genai-agent")
    });
    if genai {
        sink.report(context.locate(location.span), "this grant reaches every compartment of the tenancy")
            .note("models, files, vector stores and agents of all teams are within reach, and all of their cost falls to the tenancy")
            .help("name the compartment of the workload: `in compartment …`");
    }
}
