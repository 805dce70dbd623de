//! The least statement that grants a request: the principal pinned, the compartment scoped, the weakest verb on the
//! narrowest resource-type.

use std::sync::Arc;

use super::Truth;
use super::action::Right;
use super::caller::Caller;
use super::compile::{self, Input, Scope};
use super::decide::{Fit, Prepared};
use super::request::{GroupName, Principal, Request, Wanted};
use super::tenancy::StatementText;
use super::tree::{NodeId, ROOT};
use crate::catalog::{Operation, Shape};

/// The least statement that gives a right, for a policy attached to the root; none where nothing can be written.
pub fn statement(prepared: &Prepared<'_>, right: &Right) -> Option<String> {
    if matches!(right, Right::Undocumented(_)) {
        return None;
    }
    let (subject, pins) = subject(&prepared.request.principal, &prepared.caller)?;
    let (place, _) = location(prepared, Some(ROOT));
    let condition = join(None, &pins).map(|condition| format!(" where {condition}")).unwrap_or_default();
    let text = format!("allow {subject} to {} in {place}{condition}", action(prepared.request, right));
    grants(prepared, &text, Some(ROOT), right).then_some(text)
}

/// The weakest verb on the narrowest resource-type that gives the right, or the permission itself.
pub(super) fn action(request: &Request, right: &Right) -> String {
    let own = match &request.wanted {
        Wanted::Operation(Operation { resource_type, .. }) => *resource_type,
        _ => None,
    };
    let individual = right.grants().into_iter().filter(|(_, row)| row.shape == Shape::Individual);
    // Its own resource-type first, then the one that gives least besides.
    let narrowest = individual
        .min_by_key(|(verb, row)| (Some(row.name) != own, row.permissions(*verb).count(), row.name));
    match (right, narrowest) {
        (_, Some((verb, row))) => format!("{} {}", verb.word(), row.name),
        (Right::Permission(name, _), None) => format!("{{{}}}", name.to_uppercase()),
        (_, None) => right.label(),
    }
}

/// How a statement speaks of the principal: its subject and the tests that pin it.
pub(super) fn subject(principal: &Principal, caller: &Caller<'_>) -> Option<(String, Vec<String>)> {
    let test = |variable: &str, value: &str| format!("{variable} = '{value}'");
    let any_user = |pins: Vec<String>| Some(("any-user".to_owned(), pins));
    match principal {
        Principal::Group(name) => Some((format!("group {}", name.in_statement()), Vec::new())),
        Principal::DynamicGroup(name) => Some((format!("dynamic-group {}", name.in_statement()), Vec::new())),
        Principal::User { user, .. } => match joined(caller, "group") {
            Some(group) => Some((group, Vec::new())),
            None if super::tree::is_ocid(user) => any_user(vec![test("request.user.id", user)]),
            None => any_user(vec![test("request.user.name", user)]),
        },
        Principal::Resource(resource) => {
            if let Some(group) = joined(caller, "dynamic-group") {
                return Some((group, Vec::new()));
            }
            let mut pins = Vec::new();
            if let Some(kind) = caller.resource_type() {
                pins.push(test("request.principal.type", &kind));
            }
            if let Some(ocid) = &resource.ocid {
                pins.push(test("request.principal.id", ocid));
            } else {
                pins.extend(
                    caller.compartment_ocid().map(|ocid| test("request.principal.compartment.id", &ocid)),
                );
            }
            // Nothing to pin it by: a statement for everybody is not the least one.
            if pins.is_empty() { None } else { any_user(pins) }
        }
        Principal::ApiKey(ocid) => any_user(vec![
            test("request.principal.type", "generativeaiapikey"),
            test("request.principal.id", ocid),
        ]),
        Principal::Workload { namespace, account, cluster } => {
            let mut pins = vec![
                test("request.principal.type", "workload"),
                test("request.principal.namespace", namespace),
                test("request.principal.service_account", account),
            ];
            pins.extend(cluster.as_ref().map(|cluster| test("request.principal.cluster_id", cluster)));
            any_user(pins)
        }
        Principal::Service(name) => Some((format!("service {name}"), Vec::new())),
        Principal::Anyone => any_user(Vec::new()),
        Principal::AnyMember => Some(("any-group".to_owned(), Vec::new())),
    }
}

/// A group that the principal certainly is in, as a statement's subject.
fn joined(caller: &Caller<'_>, keyword: &str) -> Option<String> {
    let mut names: Vec<GroupName> = caller.certain_groups();
    names.sort_by(|one, other| (&one.domain, &one.name).cmp(&(&other.domain, &other.name)));
    names.first().map(|name| format!("{keyword} {}", name.in_statement()))
}

/// How a policy attached there speaks of the target, and where it must be attached instead if it can't.
pub(super) fn location(prepared: &Prepared<'_>, attached: Option<NodeId>) -> (String, Option<String>) {
    let (tree, target) = (&prepared.compiled.tree, &prepared.target);
    let from = attached.unwrap_or(ROOT);
    let asked = prepared.request.compartment.as_deref().map(str::trim);
    let by_ocid = |ocid: &str| format!("compartment id {ocid}");
    let here = || -> Option<String> {
        if !target.known {
            return match asked {
                None => (from == ROOT).then(|| "tenancy".to_owned()),
                Some(asked) if super::tree::is_ocid(asked) => Some(by_ocid(asked)),
                Some(asked) => (from == ROOT).then(|| format!("compartment {asked}")),
            };
        }
        let id = *target.chain.first()?;
        if !target.chain.contains(&from) {
            return None;
        }
        if id == ROOT {
            return Some("tenancy".to_owned());
        }
        if id == from {
            return tree.name(id).map(|name| format!("compartment {name}"));
        }
        match tree.path_below(from, id).filter(|_| !target.open) {
            Some(path) => Some(format!("compartment {path}")),
            None => target.ocid.as_deref().map(by_ocid),
        }
    };
    match here() {
        Some(place) => (place, None),
        None if from == ROOT => {
            (asked.map_or_else(|| "tenancy".to_owned(), |asked| format!("compartment {asked}")), None)
        }
        None => (location(prepared, Some(ROOT)).0, Some("tenancy".to_owned())),
    }
}

/// A condition and further tests, all of which must hold.
pub(super) fn join(condition: Option<String>, pins: &[String]) -> Option<String> {
    let mut all: Vec<String> = condition.into_iter().collect();
    all.extend(pins.iter().cloned());
    match all.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        _ => Some(format!("all {{{}}}", all.join(", "))),
    }
}

/// Whether a statement of a policy attached there grants the right.
pub(super) fn grants(prepared: &Prepared<'_>, text: &str, attached: Option<NodeId>, right: &Right) -> bool {
    let statement = StatementText::from(text);
    let policy: Arc<str> = "".into();
    let mut tree = prepared.compiled.tree.clone();
    let input = Input { policy: &policy, index: 0, statement: &statement, attached };
    let (origin, grant) = compile::compile(&input, &[], &mut tree, &prepared.compiled.names);
    let (None, Some(grant)) = (&origin.rejected, grant) else { return false };
    let Ok(target) = tree.target(prepared.request.compartment.as_deref()) else { return false };
    let reached = match &grant.scope {
        Scope::Node(id) => tree.reaches(*id, &target),
        _ => Truth::False,
    };
    let fit = prepared.fit(&grant, right);
    Fit { location: (reached, None), ..fit }.whole().is_true()
}
