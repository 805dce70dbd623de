//! `genai-api-key-on-iam-only-type`: a grant to API keys on what they can't reach.

use crate::catalog::{self, ResourceType};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ActionKind;

use super::conditions::demanded_principal_type;
use super::genai_api_key_type_misspelt::API_KEY;

/// Flags grants to API keys on resource-types whose operations take IAM only.
pub static RULE: Rule = Rule {
    name: "genai-api-key-on-iam-only-type",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/genai-api-key-on-iam-only-type.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    if demanded_principal_type(context).is_none_or(|found| found != API_KEY) {
        return;
    }
    let action = context.rule().filter(|rule| !rule.kind.is_deny()).and_then(|rule| rule.action.as_ref());
    match action.map(|action| &action.kind) {
        Some(ActionKind::Verb { resource_type: Some(atom), .. }) => {
            if let Some(found) = atom.known(context.text).and_then(catalog::resource_type) {
                on_type(context, sink, atom.span, found);
            }
        }
        Some(ActionKind::Permissions { permissions, .. }) => {
            for atom in permissions {
                let Some(found) = atom.known(context.text).and_then(catalog::permission) else { continue };
                // A permission of several types may be meant for the one that keys reach.
                if let &[(only, _)] = found.grants
                    && let Some(only) = catalog::resource_type(only)
                {
                    on_type(context, sink, atom.span, only);
                }
            }
        }
        _ => {}
    }
}

fn on_type(context: &StatementContext<'_>, sink: &mut Sink<'_>, span: crate::text::Span, found: &ResourceType) {
    if found.shape != catalog::Shape::Individual && !found.name.starts_with("genai-agent") {
        let genai = found.name == "generative-ai-family" || found.shape == catalog::Shape::All;
        if !genai {
            report(context, sink, span, found.name);
        }
        return;
    }
    let mut operations = catalog::operations().iter().filter(|row| row.resource_type == Some(found.name)).peekable();
    let unknown = operations.peek().is_none() && found.name.starts_with("generative-ai");
    if !unknown && !operations.any(|row| row.api_key) {
        report(context, sink, span, found.name);
    }
}

fn report(context: &StatementContext<'_>, sink: &mut Sink<'_>, span: crate::text::Span, name: &str) {
    sink.report(context.locate(span), format!("a GenAI API key can't use `{name}`"))
        .note("API keys are taken by the OpenAI-compatible inference API alone; agents, management and other services take IAM only")
        .help("grant this to a group, a dynamic group or a workload, and sign the calls with that principal");
}
