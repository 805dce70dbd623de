//! Whether one grant gives all that another gives. Sound, not complete: what can't be decided is said to be unknown.

use std::sync::Arc;

use super::Truth;
use super::action::{Action, Effect, Right};
use super::compile::{Foreign, Grant, Scope};
use super::compiled::Compiled;
use super::subject::SubjectMatch;
use super::ways::{implies, ways};
use crate::catalog::{self, Verb};

/// A grant in its tenancy.
#[derive(Clone, Copy)]
pub struct Of<'c> {
    /// The tenancy.
    pub compiled: &'c Compiled,
    /// The grant.
    pub grant: &'c Grant,
}

/// Whether grant `a` gives (or denies) everything that grant `b` of the same tenancy does.
pub fn covers(compiled: &Compiled, a: &Grant, b: &Grant) -> Truth {
    covers_across(Of { compiled, grant: a }, Of { compiled, grant: b })
}

/// As [`covers`], for grants of two states of a tenancy.
pub fn covers_across(a: Of<'_>, b: Of<'_>) -> Truth {
    let Some(ways) = ways(b.grant.condition.as_ref()) else {
        let same = a.grant.condition == b.grant.condition || a.grant.condition.is_none();
        let rest = covers_apart_from_condition(a, b, None, &b.grant.action);
        return if same { rest } else { rest.and(Truth::Unknown) };
    };
    let conditions = ways.iter().map(|way| implies(way, a.grant.condition.as_ref()));
    Truth::all(conditions.chain([covers_apart_from_condition(a, b, None, &b.grant.action)]))
}

/// As [`covers_across`] without the conditions; of the subject of `b` only one group, where given.
pub(super) fn covers_apart_from_condition(
    a: Of<'_>,
    b: Of<'_>,
    group: Option<&Arc<str>>,
    action: &Action,
) -> Truth {
    if a.grant.kind != b.grant.kind {
        return Truth::False;
    }
    let from = match (&a.grant.of, &b.grant.of) {
        (None, None) | (Some(Foreign::Any), Some(_)) => Truth::True,
        (Some(one), Some(other)) if one == other => Truth::True,
        _ => Truth::False,
    };
    let same_text = || {
        let text = |of: &Of<'_>| of.compiled.origin(of.grant).map(|origin| origin.text.clone());
        text(&a) == text(&b)
    };
    let exists = match a.grant.exists {
        Truth::True => Truth::True,
        _ if b.grant.exists != Truth::True && same_text() => Truth::True,
        _ => Truth::Unknown,
    };
    Truth::all([
        from,
        subject_covers(&a.grant.subject, &b.grant.subject, group),
        action_covers(&a.grant.action, action, a.grant.effect()),
        scope_covers(a, b),
        exists,
    ])
}

pub(super) fn subject_covers(a: &SubjectMatch, b: &SubjectMatch, group: Option<&Arc<str>>) -> Truth {
    use SubjectMatch::{AnyGroup, AnyUser, Members, Resource, Service, Unknown};
    match (a, b) {
        (AnyUser, _) | (AnyGroup, AnyGroup | Members(_)) => Truth::True,
        (Members(a), Members(b)) => {
            if a.dynamic != b.dynamic {
                return if a.dynamic.is_none() || b.dynamic.is_none() {
                    Truth::Unknown
                } else {
                    Truth::False
                };
            }
            let has = |key: &Arc<str>| a.keys.contains(key);
            let has_text = |text: &Arc<str>| a.unknown.iter().any(|(known, _)| known == text);
            let all = match group {
                Some(key) => has(key) || has_text(key),
                None => b.keys.iter().all(has) && b.unknown.iter().all(|(text, _)| has_text(text)),
            };
            let ocids = |keys: &[Arc<str>]| keys.iter().any(|key| key.contains('#'));
            if all {
                Truth::True
            } else if !a.unknown.is_empty() || !b.unknown.is_empty() || ocids(&a.keys) != ocids(&b.keys) {
                Truth::Unknown
            } else {
                Truth::False
            }
        }
        (Service(a), Service(b)) => b.iter().all(|name| a.contains(name)).into(),
        (Resource(a), Resource(b)) => (a == b).into(),
        (Unknown(a, _), Unknown(b, _)) if a == b => Truth::True,
        (Unknown(..), _) | (_, Unknown(..)) => Truth::Unknown,
        _ => Truth::False,
    }
}

/// Whether one action gives (or takes) all that another does.
pub(super) fn action_covers(a: &Action, b: &Action, effect: Effect) -> Truth {
    match (a, b) {
        (Action::Verb(verb, name), Action::Verb(needed, wanted)) => {
            if name.doubt.is_some() != wanted.doubt.is_some() {
                return Truth::Unknown;
            }
            let covered = name.covers(wanted);
            let enough = match effect {
                Effect::Allow => verb >= needed,
                Effect::Deny => verb <= needed,
            };
            match (covered, enough) {
                (covered, true) => covered,
                (Truth::False, false) => Truth::False,
                // A weaker verb may give the same; only the day's catalogue says so.
                (_, false) => match wanted.row.filter(|row| row.permissions_known()) {
                    Some(row) if effect == Effect::Allow => {
                        let more =
                            row.permissions(*needed).any(|one| !row.permissions(*verb).any(|two| one == two));
                        if more { Truth::False } else { Truth::Unknown }
                    }
                    Some(_) => Truth::False,
                    None => Truth::Unknown,
                },
            }
        }
        (Action::Verb(..), Action::Permissions(list, reason)) => {
            let each = list.iter().map(|one| a.gives(&Right::permission(one), effect).0);
            Truth::all(each.chain(reason.iter().map(|_| Truth::Unknown)))
        }
        (Action::Permissions(list, _), Action::Permissions(wanted, reason)) => {
            let each = wanted.iter().map(|one| Truth::from(list.contains(one)));
            Truth::all(each.chain(reason.iter().map(|_| Truth::Unknown)))
        }
        // A verb gives what Oracle adds to it later, a list doesn't.
        (Action::Permissions(list, _), Action::Verb(verb, name)) => match name.row {
            Some(row) if row.permissions_known() && row.shape == catalog::Shape::Individual => {
                let all: Vec<_> = match effect {
                    Effect::Allow => row.permissions(*verb).collect(),
                    Effect::Deny => Verb::ALL
                        .iter()
                        .filter(|one| *one >= verb)
                        .flat_map(|one| row.added(*one))
                        .copied()
                        .collect(),
                };
                let has = |one: &&str| list.iter().any(|listed| listed.eq_ignore_ascii_case(one));
                if all.iter().all(has) { Truth::Unknown } else { Truth::False }
            }
            Some(_) => Truth::False,
            None => Truth::Unknown,
        },
        (Action::Associate(a), Action::Associate(b)) => (a == b).into(),
        (Action::Unknown(a, _), Action::Unknown(b, _)) if a == b => Truth::True,
        (Action::Unknown(..), _) => Truth::Unknown,
        (Action::Verb(verb, name), Action::Unknown(..)) => {
            let all = name.row.is_some_and(|row| row.shape == catalog::Shape::All);
            if all && (*verb == Verb::Manage) == (effect == Effect::Allow) {
                Truth::True
            } else {
                Truth::Unknown
            }
        }
        (_, Action::Unknown(..)) => Truth::Unknown,
        _ => Truth::False,
    }
}

pub(super) fn scope_covers(a: Of<'_>, b: Of<'_>) -> Truth {
    match (&a.grant.scope, &b.grant.scope) {
        (Scope::Node(one), Scope::Node(other)) => {
            let (old, new) = (&a.compiled.tree, &b.compiled.tree);
            if std::ptr::eq(old, new) {
                if new.chain(*other).contains(one) || *one == super::tree::ROOT {
                    return Truth::True;
                }
                let unsure = new.is_orphan(*one) || new.is_orphan(*other);
                return if unsure { Truth::Unknown } else { Truth::False };
            }
            let key = old.stable_key(*one);
            if key == "/" {
                return Truth::True;
            }
            let above =
                |tree: &super::Tree, id| tree.chain(id).iter().any(|each| tree.stable_key(*each) == key);
            if above(new, *other) {
                // A compartment that was moved lay elsewhere before.
                let before = old.find(&new.stable_key(*other));
                return before.is_none_or(|id| above(old, id)).into();
            }
            if old.is_orphan(*one) || new.is_orphan(*other) { Truth::Unknown } else { Truth::False }
        }
        (Scope::Node(super::tree::ROOT), Scope::Unknown(..)) => Truth::True,
        (Scope::Unknown(one, _), Scope::Unknown(other, _)) if one == other => Truth::True,
        (Scope::Unknown(..), Scope::Node(_) | Scope::Unknown(..)) | (Scope::Node(_), Scope::Unknown(..)) => {
            Truth::Unknown
        }
        (Scope::Foreign(one, path), Scope::Foreign(other, below)) => {
            let tenancy = *one == Foreign::Any || one == other;
            (tenancy && (path.is_none() || path == below)).into()
        }
        (_, Scope::Nowhere(_)) => Truth::True,
        _ => Truth::False,
    }
}
