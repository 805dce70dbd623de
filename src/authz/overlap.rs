//! What a statement says in vain: a grant that another one gives already, and a grant that a deny takes away
//! altogether. Sound, not complete: only what is certain counts.

use std::collections::HashMap;
use std::sync::Arc;

use super::Truth;
use super::action::{Action, Effect, Right};
use super::compile::{Grant, Scope};
use super::compiled::{ADMINISTRATORS_KEY, Compiled, action_keys, subject_keys};
use super::cover::{Of, action_covers, covers, scope_covers, subject_covers};
use super::subject::SubjectMatch;
use super::tree::{NodeId, ROOT};
use super::ways::{implies, ways};
use crate::catalog::{Shape, Verb};
use crate::policy::ast::{RuleKind, Statement};

/// How many grants are compared with one, of those that ask for nothing and of those that ask for the same.
const COMPARED: usize = 32;
/// How many of those that ask for something else.
const OTHERS: usize = 8;

type ByScope = HashMap<Option<NodeId>, Bucket>;
type ByAction = HashMap<Arc<str>, ByScope>;

/// The grants of a tenancy, found by subject, action and compartment, the most promising first.
pub struct Overlaps<'c> {
    compiled: &'c Compiled,
    /// By kind, subject, action and compartment.
    index: HashMap<RuleKind, HashMap<Arc<str>, ByAction>>,
}

/// Grants of one subject, action and compartment.
#[derive(Default)]
struct Bucket {
    free: Vec<u32>,
    by_condition: HashMap<Box<str>, Vec<u32>>,
    others: Vec<u32>,
}

impl<'c> Overlaps<'c> {
    /// Makes the grants of a tenancy ready to be compared.
    pub fn new(compiled: &'c Compiled) -> Self {
        let mut index: HashMap<RuleKind, HashMap<Arc<str>, ByAction>> = HashMap::new();
        for (at, grant) in compiled.grants.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let condition = condition_key(compiled, grant);
            let actions = action_keys(&grant.action);
            let of_kind = index.entry(grant.kind).or_default();
            for subject in subject_keys(&grant.subject) {
                let of_subject = of_kind.entry(subject).or_default();
                for action in &actions {
                    let of_action = of_subject.entry(action.clone()).or_default();
                    let bucket = of_action.entry(scope_key(&grant.scope)).or_default();
                    let Some(condition) = &condition else {
                        add(&mut bucket.free, at, COMPARED);
                        continue;
                    };
                    add(bucket.by_condition.entry(condition.clone()).or_default(), at, COMPARED);
                    add(&mut bucket.others, at, OTHERS);
                }
            }
        }
        Self { compiled, index }
    }

    /// The first other grant of those that `fits` lets through which certainly gives (or denies) all that this
    /// one does. Of two that give the same the later one is included.
    pub fn covering(&self, grant: &Grant, fits: impl Fn(&Grant) -> bool) -> Option<&'c Grant> {
        let covers = |one: &Grant, other: &Grant| covers(self.compiled, one, other) == Truth::True;
        self.wider(grant, grant.kind).into_iter().find(|one| {
            one.origin != grant.origin
                && fits(one)
                && covers(one, grant)
                && (one.origin < grant.origin || !covers(grant, one))
        })
    }

    /// The first deny of those that `fits` lets through which certainly takes away all that this allow gives.
    pub fn denying(&self, allow: &Grant, fits: impl Fn(&Grant) -> bool) -> Option<&'c Grant> {
        if allow.kind != RuleKind::Allow {
            return None;
        }
        let mut all = self.wider(allow, RuleKind::Deny).into_iter().filter(|one| fits(one));
        all.find(|deny| takes(self.compiled, deny, allow) == Truth::True)
    }

    /// The grants of a kind that may include a grant: those of its subject or of everybody, on its resource-type or one
    /// that holds it, in its compartment or above.
    fn wider(&self, grant: &Grant, kind: RuleKind) -> Vec<&'c Grant> {
        let Some(of_kind) = self.index.get(&kind) else { return Vec::new() };
        let own = subject_keys(&grant.subject);
        // Whoever includes a list includes its first.
        let subjects = ["any-user", "any-group"].into_iter().chain(own.first().map(|key| &**key));
        let of_subjects: Vec<&ByAction> = subjects.filter_map(|subject| of_kind.get(subject)).collect();
        if of_subjects.is_empty() {
            return Vec::new();
        }
        let mut scopes: Vec<Option<NodeId>> = match &grant.scope {
            Scope::Node(id) => self.compiled.tree.chain(*id).into_iter().chain([ROOT]).map(Some).collect(),
            Scope::Unknown(..) => vec![None, Some(ROOT)],
            Scope::Foreign(..) | Scope::Nowhere(_) => vec![None],
        };
        scopes.dedup();
        let condition = condition_key(self.compiled, grant);
        let mut found: Vec<u32> = Vec::new();
        for action in wider_actions(&grant.action) {
            for of_action in of_subjects.iter().filter_map(|of_subject| of_subject.get(&action)) {
                for bucket in scopes.iter().filter_map(|scope| of_action.get(scope)) {
                    found.extend(&bucket.free);
                    found.extend(&bucket.others);
                    let alike = condition.as_ref().and_then(|condition| bucket.by_condition.get(condition));
                    found.extend(alike.into_iter().flatten());
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|at| self.compiled.grants.get(at as usize)).collect()
    }
}

fn add(list: &mut Vec<u32>, at: u32, limit: usize) {
    if list.len() < limit && list.last() != Some(&at) {
        list.push(at);
    }
}

fn scope_key(scope: &Scope) -> Option<NodeId> {
    match scope {
        Scope::Node(id) => Some(*id),
        _ => None,
    }
}

/// The condition as written.
fn condition_key(compiled: &Compiled, grant: &Grant) -> Option<Box<str>> {
    let origin = compiled.origin(grant)?;
    let Statement::Rule(rule) = &origin.tree else { return None };
    Some(rule.condition.as_ref()?.span.of(&origin.text).to_lowercase().into())
}

/// The keys of an action and of those that may include it.
fn wider_actions(action: &Action) -> Vec<Arc<str>> {
    let mut actions: Vec<Arc<str>> = vec!["t:all-resources".into()];
    actions.extend(action_keys(action));
    match action {
        Action::Verb(_, name) => {
            let families = name.row.iter().flat_map(|row| row.families);
            actions.extend(families.map(|family| Arc::from(format!("t:{family}"))));
        }
        Action::Permissions(list, _) => {
            // Whatever includes a list includes its first.
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
    actions
}

/// Whether a deny takes away everything that an allow gives.
fn takes(compiled: &Compiled, deny: &Grant, allow: &Grant) -> Truth {
    if matches!(&allow.subject, SubjectMatch::Members(members) if members.keys.iter().any(|key| &**key == ADMINISTRATORS_KEY))
    {
        return Truth::False;
    }
    let Some(ways) = ways(allow.condition.as_ref()) else { return Truth::Unknown };
    let conditions = ways.iter().map(|way| implies(way, deny.condition.as_ref()));
    let of = |grant| Of { compiled, grant };
    Truth::all(conditions.chain([
        deny.exists.or(Truth::Unknown),
        subject_covers(&deny.subject, &allow.subject, None),
        takes_action(&deny.action, &allow.action),
        scope_covers(of(deny), of(allow)),
    ]))
}

/// Whether a deny of one action leaves nothing of another.
fn takes_action(deny: &Action, allow: &Action) -> Truth {
    let takes = |permission: &str| deny.gives(&Right::permission(permission), Effect::Deny).0;
    match allow {
        Action::Verb(verb, name) => {
            if matches!(deny, Action::Verb(Verb::Inspect, _)) {
                return action_covers(deny, &Action::Verb(Verb::Inspect, name.clone()), Effect::Deny);
            }
            // Of a family not every member may be known.
            let row = name.row.filter(|row| row.shape == Shape::Individual && name.doubt.is_none());
            let mut given = row.into_iter().flat_map(|row| row.permissions(*verb)).peekable();
            if given.peek().is_none() { Truth::Unknown } else { Truth::all(given.map(takes)) }
        }
        Action::Permissions(list, None) if !list.is_empty() => Truth::all(list.iter().map(|one| takes(one))),
        _ => Truth::Unknown,
    }
}
