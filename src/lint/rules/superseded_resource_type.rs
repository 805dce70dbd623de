//! `superseded-resource-type`: a resource-type of an operation that is withdrawn.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ActionKind;

/// Flags Generative AI types whose operations give way to chat.
pub static RULE: Rule = Rule {
    name: "superseded-resource-type",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/superseded-resource-type.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(ActionKind::Verb { resource_type: Some(atom), .. }) =
        context.rule().and_then(|rule| rule.action.as_ref()).map(|action| &action.kind)
    else {
        return;
    };
    let Some(name) = atom.known(context.text).map(str::to_ascii_lowercase) else { return };
    if name == "generative-ai-text-generation" || name == "generative-ai-text-summarization" {
        sink.report(context.locate(atom.span), format!("`{name}` is of an older operation"))
            .note("on-demand models are called through chat, which this type does not cover")
            .help("grant `use generative-ai-chat`");
    }
}
