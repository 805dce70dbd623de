//! `agent-without-data-source-grants`: agents that may read nothing that they could answer from.

use std::collections::HashMap;
use std::sync::Arc;

use crate::authz::{Action, Compiled, Effect, Grant, Right, SubjectMatch, Truth, TypeName};
use crate::catalog::{Trait, Verb};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::source::{Role, Root, StatementSource};

use super::dynamic_group_never_matches::held;

/// Flags grants to and of agents beside which nothing lets the agents read a data source.
pub static RULE: Rule = Rule {
    name: "agent-without-data-source-grants",
    severity: Severity::Info,
    confidence: Confidence::Low,
    category: Category::Workloads,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/agent-without-data-source-grants.md"),
    checks: &[Check::Configuration(check)],
};

/// What reading a data source may take beside the permissions in the catalogue, since no page lists those of connections.
const CONNECTIONS: &str = "database-tools-connections";

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    // What isn't resolved may be the grant that is missed.
    if !context.configuration.unresolved.is_empty() {
        return;
    }
    let groups = agent_groups(context);
    for compiled in context.tenancies {
        let grants: Vec<(&Grant, &StatementSource)> = compiled
            .grants
            .iter()
            .filter_map(|grant| {
                Some((grant, context.configuration.statements.get(compiled.origin(grant)?.source?)?))
            })
            .filter(|(_, source)| source.policy.is_some() && source.role == Role::Policy)
            .collect();
        let Some((_, first)) = grants.first() else { continue };
        let root = context.configuration.root_of(first);
        let data: Vec<&Grant> =
            grants.iter().map(|(grant, _)| *grant).filter(|grant| may_read_data(grant)).collect();
        if data.is_empty()
            && let Some((_, source)) = grants.iter().find(|(grant, _)| sets_up(&grant.action))
        {
            sink.report(source.place, "nothing in this configuration lets an agent read its data source")
                .note("a knowledge base reads Object Storage, or a database or OpenSearch through a secret, as the agent and not as the user")
                .help("grant the dynamic group of the agents `read object-family` in the compartment of the bucket, or `read secret-family` and `use database-tools-connections`, unless another configuration does")
                .statement(context.reference(source));
            continue;
        }
        for group in groups.get(&root).into_iter().flatten() {
            let Some((_, source)) = grants.iter().find(|(grant, _)| names(grant, compiled, group)) else {
                continue;
            };
            let reached = data.iter().any(|grant| match &grant.subject {
                SubjectMatch::Members(members) => {
                    !members.unknown.is_empty() || names(grant, compiled, group)
                }
                SubjectMatch::Service(_) | SubjectMatch::Resource(_) => false,
                SubjectMatch::AnyUser | SubjectMatch::AnyGroup | SubjectMatch::Unknown(..) => true,
            });
            if !reached {
                sink.report(source.place, format!("the agents of `{group}` may read no data source"))
                    .note("ingestion jobs and tools read Object Storage, secrets and databases with the rights of the dynamic group")
                    .help(format!(
                        "add `Allow dynamic-group {group} to read object-family in compartment …`, or what the data source needs, unless another configuration does"
                    ))
                    .statement(context.reference(source));
            }
        }
    }
}

/// The names of the dynamic groups that hold nothing but agents.
fn agent_groups(context: &ConfigurationContext<'_>) -> HashMap<Root, Vec<Arc<str>>> {
    let mut found: HashMap<Root, Vec<Arc<str>>> = HashMap::new();
    for parsed in context.matching_rules {
        let Some(name) = parsed.source.name.as_ref().filter(|name| name.is_known()) else { continue };
        let types = held(&parsed.rule, parsed.source.text.as_str()).unwrap_or_default();
        if !types.is_empty() && types.iter().all(|one| Trait::AgentPrincipal.is_of(one)) {
            found.entry(parsed.source.root.clone()).or_default().push(name.as_str().into());
        }
    }
    found
}

fn names(grant: &Grant, compiled: &Compiled, group: &str) -> bool {
    let SubjectMatch::Members(members) = &grant.subject else { return false };
    members.keys.iter().any(|key| {
        compiled
            .names
            .known
            .get(key)
            .is_some_and(|known| known.dynamic && known.name.eq_ignore_ascii_case(group))
    })
}

fn sets_up(action: &Action) -> bool {
    matches!(action, Action::Verb(Verb::Manage, name) if Trait::KnowledgeBaseSetUp.is_of(&name.name))
}

fn may_read_data(grant: &Grant) -> bool {
    let connections = Right::Type(Verb::Read, TypeName::new(CONNECTIONS));
    let mut rights = Trait::KnowledgeBaseSource.names().iter().map(|one| Right::permission(one)).chain([connections]);
    !grant.kind.is_deny()
        && rights.any(|right| grant.action.gives(&right, Effect::Allow).0 != Truth::False)
}
