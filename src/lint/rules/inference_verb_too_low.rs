//! `inference-verb-too-low`: a verb that never allows a model to be called.

use std::collections::HashSet;
use std::sync::Arc;

use crate::authz::{Action, Effect, Right, Truth};
use crate::catalog::{self, Trait};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink, StatementContext};
use crate::policy::ast::{ActionKind, RuleKind, Verb};
use crate::source::Role;

use super::family_without_responses::{EVERYBODY, keys};
use super::policies::place_of_type;

/// Flags `inspect` and `read` on resource-types that these verbs give nothing on, and callers of agents that can open
/// no session.
pub static RULE: Rule = Rule {
    name: "inference-verb-too-low",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/inference-verb-too-low.md"),
    checks: &[Check::Statement(check), Check::Configuration(sessions)],
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

const OPENS_SESSIONS: &str = "GENAI_AGENT_SESSION_CREATE";

/// Reports who may call an agent, and by no grant of the configuration open the session to call it in.
fn sessions(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    // What isn't resolved may be the grant that is missed.
    if !context.configuration.unresolved.is_empty() {
        return;
    }
    let opens = Right::permission(OPENS_SESSIONS);
    for compiled in context.tenancies {
        let allows = || compiled.grants.iter().filter(|grant| grant.kind == RuleKind::Allow);
        let mut served: HashSet<Arc<str>> = HashSet::new();
        for grant in allows().filter(|grant| grant.action.gives(&opens, Effect::Allow).0 != Truth::False) {
            let own = keys(grant);
            // To whom isn't known.
            if own.is_empty() {
                served.insert(EVERYBODY.into());
            }
            served.extend(own);
        }
        if served.contains(EVERYBODY) {
            continue;
        }
        for grant in allows() {
            let Action::Verb(catalog::Verb::Use, name) = &grant.action else { continue };
            let own = keys(grant);
            if !Trait::AgentCall.is_of(&name.name) || own.is_empty() || own.iter().any(|key| served.contains(key)) {
                continue;
            }
            let source = compiled.origin(grant).and_then(|origin| origin.source);
            let Some(parsed) = source.and_then(|at| context.statements.get(at)) else { continue };
            let source = parsed.source;
            if source.role == Role::Policy {
                sink.report(place_of_type(context, parsed), format!("`use` on `{}` opens no session with an agent", name.name))
                    .severity(Severity::Info)
                    .confidence(Confidence::Medium)
                    .note(format!("opening a session takes `{OPENS_SESSIONS}`, which `manage` gives and `use` does not"))
                    .help("add a statement with `manage genai-agent-session` for the same principal, if it opens sessions itself")
                    .statement(context.reference(source));
            }
        }
    }
}
