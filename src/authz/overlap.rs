//! What a statement says in vain: a grant that another one gives already, and a grant that a deny takes away
//! altogether. Sound, not complete: only what is certain counts.

use std::sync::Arc;

use super::Truth;
use super::action::{Action, Effect, Right};
use super::compile::{Grant, Scope};
use super::compiled::{ADMINISTRATORS_KEY, Compiled, action_keys, subject_keys};
use super::cover::{Cover, Of, action_covers, covers, implies, scope_covers, subject_covers, ways, worst};
use super::subject::SubjectMatch;
use super::tree::{NodeId, ROOT};
use crate::catalog::{Shape, Verb};
use crate::policy::ast::RuleKind;

/// How many grants are compared with one.
const COMPARED: usize = 64;

/// The first other grant of those that `fits` lets through which certainly gives (or denies) all that this one
/// does.
pub fn covered_by<'c>(
    compiled: &'c Compiled,
    grant: &Grant,
    fits: impl Fn(&Grant) -> bool,
) -> Option<&'c Grant> {
    let other = |one: &&Grant| one.origin != grant.origin && one.kind == grant.kind && fits(one);
    let all = wider(compiled, grant).into_iter().filter(other).take(COMPARED);
    all.into_iter().find(|one| covers(compiled, one, grant) == Cover::Yes)
}

/// The first deny of those that `fits` lets through which certainly takes away all that this allow gives.
pub fn taken_by<'c>(
    compiled: &'c Compiled,
    allow: &Grant,
    fits: impl Fn(&Grant) -> bool,
) -> Option<&'c Grant> {
    if allow.kind != RuleKind::Allow {
        return None;
    }
    let deny = |one: &&Grant| one.kind == RuleKind::Deny && fits(one);
    let all = wider(compiled, allow).into_iter().filter(deny).take(COMPARED);
    all.into_iter().find(|deny| takes(compiled, deny, allow) == Cover::Yes)
}

/// The grants that may include a grant: those of its subject or of everybody, on its resource-type or one that
/// holds it, in its compartment or above.
fn wider<'c>(compiled: &'c Compiled, grant: &Grant) -> Vec<&'c Grant> {
    let mut subjects: Vec<Arc<str>> = vec!["any-user".into(), "any-group".into()];
    // Whoever includes a list includes its first.
    subjects.extend(subject_keys(&grant.subject).into_iter().take(1));
    let mut actions: Vec<Arc<str>> = vec!["t:all-resources".into()];
    actions.extend(action_keys(&grant.action));
    match &grant.action {
        Action::Verb(_, name) => {
            let families = name.row.iter().flat_map(|row| row.families);
            actions.extend(families.map(|family| Arc::from(format!("t:{family}"))));
        }
        Action::Permissions(list, _) => {
            let first = list.first().map(|one| Right::permission(one));
            for (_, row) in first.iter().flat_map(Right::grants) {
                actions.push(format!("t:{}", row.name).into());
                actions.extend(row.families.iter().map(|family| Arc::from(format!("t:{family}"))));
            }
        }
        Action::Associate(_) | Action::Unknown(..) => {}
    }
    actions.sort_unstable();
    actions.dedup();
    let scopes: Vec<Option<NodeId>> = match &grant.scope {
        Scope::Node(id) => compiled.tree.chain(*id).into_iter().chain([ROOT]).map(Some).collect(),
        Scope::Unknown(..) => vec![None, Some(ROOT)],
        Scope::Foreign(..) | Scope::Nowhere(_) => vec![None],
    };
    compiled.look_up(Some(&subjects), &actions, Some(&scopes))
}

/// Whether a deny takes away everything that an allow gives.
fn takes(compiled: &Compiled, deny: &Grant, allow: &Grant) -> Cover {
    if matches!(&allow.subject, SubjectMatch::Members(members) if members.keys.iter().any(|key| &**key == ADMINISTRATORS_KEY))
    {
        return Cover::No;
    }
    let Some(ways) = ways(allow.condition.as_ref()) else { return Cover::Unknown };
    let conditions = ways.iter().map(|way| implies(way, deny.condition.as_ref()));
    let of = |grant| Of { compiled, grant };
    worst(conditions.chain([
        if deny.exists == Truth::True { Cover::Yes } else { Cover::Unknown },
        subject_covers(&deny.subject, &allow.subject, None),
        takes_action(&deny.action, &allow.action),
        scope_covers(of(deny), of(allow)),
    ]))
}

/// Whether a deny of one action leaves nothing of another.
fn takes_action(deny: &Action, allow: &Action) -> Cover {
    let takes = |permission: &str| Cover::from(deny.gives(&Right::permission(permission), Effect::Deny).0);
    match allow {
        Action::Verb(verb, name) => {
            if matches!(deny, Action::Verb(Verb::Inspect, _)) {
                return action_covers(deny, &Action::Verb(Verb::Inspect, name.clone()), Effect::Deny);
            }
            // Of a family not every member may be known.
            let row = name.row.filter(|row| row.shape == Shape::Individual && name.doubt.is_none());
            let mut given = row.into_iter().flat_map(|row| row.permissions(*verb)).peekable();
            if given.peek().is_none() { Cover::Unknown } else { worst(given.map(takes)) }
        }
        Action::Permissions(list, None) if !list.is_empty() => worst(list.iter().map(|one| takes(one))),
        _ => Cover::Unknown,
    }
}
