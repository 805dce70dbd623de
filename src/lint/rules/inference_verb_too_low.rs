//! `inference-verb-too-low`: a verb that never allows a model to be called.

use crate::catalog::{self, Trait};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Verb};

/// Flags `inspect` and `read` on resource-types that these verbs give nothing on.
pub static RULE: Rule = Rule {
    name: "inference-verb-too-low",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/inference-verb-too-low.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { verb, verb_span, resource_type: Some(atom) }) = rule.action.as_ref().map(|action| &action.kind)
    else {
        return;
    };
    let stateful = atom.known(context.text).is_some_and(|name| Trait::StateOfResponses.is_of(name));
    if stateful && matches!(verb, Verb::Inspect | Verb::Read | Verb::Use) {
        let word = verb_span.of(context.text).to_ascii_lowercase();
        sink.report(context.locate(*verb_span), format!("`{word}` is not known to suffice here"))
            .severity(Severity::Info)
            .confidence(Confidence::Low)
            .note("no page of the documentation lists the permissions of this type; where it was seen to work, `manage` was granted")
            .help("write `manage` if calls get a 404 with this statement in place");
        return;
    }
    let (Verb::Inspect | Verb::Read, Some(name)) = (verb, atom.known(context.text)) else { return };
    let Some(found) = catalog::resource_type(name).filter(|found| found.name.starts_with("generative-ai")) else { return };
    let known = if *verb == Verb::Inspect { catalog::Verb::Inspect } else { catalog::Verb::Read };
    let word = verb_span.of(context.text).to_ascii_lowercase();
    if found.name == "generative-ai-family" {
        sink.report(context.locate(*verb_span), format!("`{word}` on `{}` allows no inference", found.name))
            .severity(Severity::Info)
            .note("`inspect` and `read` list and show models, endpoints and files; chat, embeddings and rerank need `use`")
            .help("write `use` if this principal is to call models");
        return;
    }
    if !found.permissions_known() || found.permissions(known).next().is_some() {
        return;
    }
    sink.report(context.locate(*verb_span), format!("`{word}` on `{}` grants nothing", found.name))
        .note("this resource-type has no permission below `use`, so every call gets a 404")
        .help("write `use`")
        .fix(context.fix("write `use`", Applicability::Unsafe, *verb_span, "use"));
}
