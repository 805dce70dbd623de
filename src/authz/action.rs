//! What a statement grants, what a request needs, and whether the one gives the other.

use std::sync::Arc;

use super::Truth;
use crate::catalog::{self, ResourceType, Shape, Slip, Verb};

/// What a statement grants or denies.
#[derive(Clone, Debug)]
pub enum Action {
    /// A verb on a resource-type.
    Verb(Verb, TypeName),
    /// A list of permissions, in lower case, and the reason why one of them isn't known.
    Permissions(Vec<Arc<str>>, Option<Arc<str>>),
    /// An associate, its resource-types in lower case: no request of one tenancy needs it.
    Associate(Arc<str>),
    /// It isn't known: its text, in lower case, and the reason.
    Unknown(Arc<str>, Arc<str>),
}

/// A resource-type as a statement names it.
#[derive(Clone, Debug)]
pub struct TypeName {
    /// In lower case, as it counts: another spelling of a known name is that name.
    pub name: Arc<str>,
    /// What the catalogue knows of it.
    pub row: Option<&'static ResourceType>,
    /// Why it is doubtful whether OCI takes the name as written.
    pub doubt: Option<Arc<str>>,
}

impl TypeName {
    /// Looks the name up.
    pub fn new(written: &str) -> Self {
        let lower: Arc<str> = written.to_lowercase().into();
        if let Some(row) = catalog::resource_type(&lower) {
            return Self { name: lower, row: Some(row), doubt: None };
        }
        if let Some(wrong) = catalog::wrong_name(catalog::Kind::ResourceType, &lower)
            && let ([instead], Slip::Spelling | Slip::Number) = (wrong.instead, wrong.slip)
        {
            let doubt = format!("`{lower}` is not the name `{instead}`: {}", wrong.reason);
            let row = catalog::resource_type(instead);
            return Self { name: Arc::from(*instead), row, doubt: Some(doubt.into()) };
        }
        Self { name: lower, row: None, doubt: None }
    }

    /// Whether a statement on this type is one on the other.
    pub fn covers(&self, other: &TypeName) -> Truth {
        if self.name == other.name {
            return Truth::True;
        }
        match (self.row, other.row) {
            (Some(row), _) if row.shape == Shape::All => Truth::True,
            (Some(row), Some(other)) => row.covers(other).into(),
            (None, None) if self.name.ends_with("-family") => Truth::Unknown,
            _ => Truth::False,
        }
    }
}

/// One thing that a request needs.
#[derive(Clone, Debug)]
pub enum Right {
    /// A permission, in lower case, with what the catalogue knows of it.
    Permission(Arc<str>, Option<&'static catalog::Permission>),
    /// A verb on a resource-type whose permissions aren't known, or which was asked for as such.
    Type(Verb, TypeName),
    /// Nothing is known of what it needs.
    Undocumented(Arc<str>),
}

impl Right {
    /// The permission of this name.
    pub fn permission(name: &str) -> Self {
        Right::Permission(name.to_lowercase().into(), catalog::permission(name))
    }

    /// As it is written in a statement.
    pub fn label(&self) -> String {
        match self {
            Right::Permission(name, _) => name.to_uppercase(),
            Right::Type(verb, name) => format!("{} {}", verb.word(), name.name),
            Right::Undocumented(operation) => format!("what `{operation}` needs"),
        }
    }

    /// The resource-types that give it, each with the weakest verb that does.
    pub fn grants(&self) -> Vec<(Verb, &'static ResourceType)> {
        match self {
            Right::Permission(_, row) => row
                .iter()
                .flat_map(|row| row.grants)
                .filter_map(|(name, verb)| Some((*verb, catalog::resource_type(name)?)))
                .collect(),
            Right::Type(verb, name) => name.row.map(|row| (*verb, row)).into_iter().collect(),
            Right::Undocumented(_) => Vec::new(),
        }
    }
}

/// Which way verbs add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A verb gives its own permissions and those of the weaker verbs.
    Allow,
    /// A verb takes its own permissions and those of the stronger verbs.
    Deny,
}

impl Effect {
    fn within(self, stated: Verb, needed: Verb) -> bool {
        match self {
            Effect::Allow => needed <= stated,
            Effect::Deny => needed >= stated,
        }
    }

    /// The verb that takes in everything.
    fn whole(self) -> Verb {
        match self {
            Effect::Allow => Verb::Manage,
            Effect::Deny => Verb::Inspect,
        }
    }
}

impl Action {
    /// Whether it gives (or takes) the right, and why that isn't known.
    pub fn gives(&self, right: &Right, effect: Effect) -> (Truth, Option<Arc<str>>) {
        match self {
            Action::Unknown(_, reason) => (Truth::Unknown, Some(reason.clone())),
            Action::Associate(_) => (Truth::False, None),
            Action::Permissions(list, reason) => {
                let found = match right {
                    Right::Permission(name, _) if list.contains(name) => Truth::True,
                    Right::Permission(..) => Truth::False,
                    Right::Undocumented(_) => Truth::Unknown,
                    // A permission that belongs to a known resource-type is not the one that isn't known.
                    Right::Type(verb, name) => self.list_gives(list, *verb, name, effect),
                };
                match (found, reason) {
                    (Truth::False, Some(reason)) => (Truth::Unknown, Some(reason.clone())),
                    (Truth::Unknown, _) => (
                        Truth::Unknown,
                        Some(
                            format!("which permission `{}` stands for is not documented", right.label())
                                .into(),
                        ),
                    ),
                    (found, _) => (found, None),
                }
            }
            Action::Verb(verb, name) => {
                let (truth, reason) = verb_gives(*verb, name, right, effect);
                match (&name.doubt, truth) {
                    (Some(doubt), Truth::True) => (Truth::Unknown, Some(doubt.clone())),
                    _ => (truth, reason),
                }
            }
        }
    }

    fn list_gives(&self, list: &[Arc<str>], verb: Verb, name: &TypeName, effect: Effect) -> Truth {
        let strange =
            || list.iter().any(|one| catalog::permission(one).is_none_or(|row| row.grants.is_empty()));
        match name.row {
            Some(row) if row.permissions_known() => {
                let wanted: Vec<&str> = match effect {
                    Effect::Allow => row.permissions(verb).collect(),
                    Effect::Deny => row.added(verb).to_vec(),
                };
                let has = |one: &&str| list.iter().any(|listed| listed.eq_ignore_ascii_case(one));
                match effect {
                    Effect::Allow => (!wanted.is_empty() && wanted.iter().all(has)).into(),
                    Effect::Deny => wanted.iter().any(has).into(),
                }
            }
            _ if strange() => Truth::Unknown,
            _ => Truth::False,
        }
    }

    /// Its text in a statement.
    pub fn label(&self) -> String {
        match self {
            Action::Verb(verb, name) => format!("{} {}", verb.word(), name.name),
            Action::Permissions(list, _) => {
                format!("{{{}}}", list.iter().map(|one| one.to_uppercase()).collect::<Vec<_>>().join(", "))
            }
            Action::Associate(text) | Action::Unknown(text, _) => text.to_string(),
        }
    }
}

fn verb_gives(verb: Verb, name: &TypeName, right: &Right, effect: Effect) -> (Truth, Option<Arc<str>>) {
    let all = name.row.is_some_and(|row| row.shape == Shape::All);
    let not_listed = |what: &str| {
        let reason = format!("whether `{} {}` gives {what} is not documented", verb.word(), name.name);
        (Truth::Unknown, Some(Arc::from(reason)))
    };
    match right {
        Right::Permission(permission, known) => {
            let grants = known.map(|row| row.grants).unwrap_or_default();
            if grants.is_empty() {
                let uncharted = name.row.is_none_or(|row| !row.permissions_known());
                return match (all, uncharted) {
                    (true, _) if verb == effect.whole() => (Truth::True, None),
                    (true, _) | (_, true) => not_listed(&permission.to_uppercase()),
                    _ => (Truth::False, None),
                };
            }
            let given = grants.iter().any(|(of, needed)| {
                effect.within(verb, *needed)
                    && catalog::resource_type(of).is_some_and(|of| name.row.is_some_and(|row| row.covers(of)))
            });
            (given.into(), None)
        }
        Right::Type(needed, wanted) => {
            let covered = if all { Truth::True } else { name.covers(wanted) };
            match covered {
                Truth::False => (Truth::False, None),
                Truth::Unknown => {
                    let reason = format!("whether `{}` contains `{}` is not known", name.name, wanted.name);
                    (Truth::Unknown, Some(reason.into()))
                }
                Truth::True if effect.within(verb, *needed) => (Truth::True, None),
                // No page says which permissions the resource-type has: a weaker verb may do.
                Truth::True if wanted.row.is_some_and(|row| !row.permissions_known()) => {
                    not_listed(&right.label())
                }
                Truth::True => (Truth::False, None),
            }
        }
        Right::Undocumented(operation) => {
            if all && verb == effect.whole() {
                (Truth::True, None)
            } else {
                (Truth::Unknown, Some(format!("no page states which permission `{operation}` needs").into()))
            }
        }
    }
}
