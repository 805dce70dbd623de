//! `family-without-responses`: the family of Generative AI without what Responses and Conversations need.

use std::collections::HashSet;
use std::sync::Arc;

use crate::authz::{Action, Grant, SubjectMatch};
use crate::catalog::{Trait, Verb};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::policy::ast::{Condition, RuleKind, Statement};
use crate::source::Role;

use super::conditions::reads;
use super::policies::place_of_type;

/// Flags grants of the family to keys and workloads that the same configuration grants no responses.
pub static RULE: Rule = Rule {
    name: "family-without-responses",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/family-without-responses.md"),
    checks: &[Check::Configuration(check)],
};

const FAMILY: &str = "generative-ai-family";
/// The key of grants to everyone.
pub(super) const EVERYBODY: &str = "any-user";

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for compiled in context.tenancies {
        let allows = || compiled.grants.iter().filter(|grant| grant.kind == RuleKind::Allow);
        let mut served: HashSet<Arc<str>> = HashSet::new();
        for grant in allows() {
            match &grant.action {
                Action::Verb(_, name) if serves_responses(&name.name) => served.extend(keys(grant)),
                // It may be just that.
                Action::Unknown(..) => served.extend(keys(grant)),
                _ => {}
            }
        }
        for grant in allows() {
            let family = matches!(&grant.action, Action::Verb(Verb::Use | Verb::Manage, name) if &*name.name == FAMILY);
            let own = keys(grant);
            if !family
                || is_of_users(grant)
                || own.is_empty()
                || served.contains(EVERYBODY)
                || own.iter().any(|key| served.contains(key))
            {
                continue;
            }
            let source = compiled.origin(grant).and_then(|origin| origin.source);
            let Some(parsed) = source.and_then(|at| context.statements.get(at)) else { continue };
            let source = parsed.source;
            if source.role == Role::Policy && !is_narrowed(&parsed.statement, source.text.as_str()) {
                sink.report(place_of_type(context, parsed), "this family does not contain what the Responses and Conversations APIs need")
                    .note("seen of a resource principal: with the family alone `/responses` and `/conversations` answer 404")
                    .help("add statements for `generative-ai-response` and `generative-ai-conversation` if these APIs are called")
                    .statement(context.reference(source));
            }
        }
    }
}

/// Whether a grant of this type reaches what Responses and Conversations keep.
fn serves_responses(resource_type: &str) -> bool {
    Trait::StateOfResponses.is_of(resource_type) || resource_type == "all-resources"
}

/// Whether the grant is one to groups of users, of whom nobody has reported the gap.
fn is_of_users(grant: &Grant) -> bool {
    matches!(&grant.subject, SubjectMatch::Members(members) if members.dynamic == Some(false))
}

/// Whether the condition leaves single calls or models of the family, so that the rest is left out on purpose.
fn is_narrowed(statement: &Statement, text: &str) -> bool {
    let Statement::Rule(rule) = statement else { return false };
    let condition = rule.condition.as_ref().and_then(|condition| condition.condition.as_ref());
    let narrow = ["target.model.id", "request.permission", "request.operation"];
    let tests = condition.map(Condition::tests).unwrap_or_default();
    tests.into_iter().any(|test| narrow.iter().any(|name| reads(test, text, name)))
}

/// The keys of the principals that a grant names; none where they are not known.
pub(super) fn keys(grant: &Grant) -> Vec<Arc<str>> {
    match &grant.subject {
        SubjectMatch::AnyUser | SubjectMatch::AnyGroup => vec![EVERYBODY.into()],
        SubjectMatch::Members(members) => {
            let unknown = members.unknown.iter().map(|(text, _)| text);
            members.keys.iter().chain(unknown).cloned().collect()
        }
        _ => Vec::new(),
    }
}
