//! Resource-types, the permissions their verbs give, the operations those permit, and names that are wrong.

use super::fact::Fact;
use super::tables::{OPERATIONS, PERMISSIONS, RESOURCE_TYPES, WRONG_NAMES};
use super::{Kind, find};

/// One of the four verbs, in order of power: each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// `inspect`
    Inspect,
    /// `read`
    Read,
    /// `use`
    Use,
    /// `manage`
    Manage,
}

impl Verb {
    /// All verbs, weakest first.
    pub const ALL: [Verb; 4] = [Verb::Inspect, Verb::Read, Verb::Use, Verb::Manage];

    /// The verb that this word names, in any case.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.word().eq_ignore_ascii_case(word))
    }

    /// As it stands in a statement.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Inspect => "inspect",
            Verb::Read => "read",
            Verb::Use => "use",
            Verb::Manage => "manage",
        }
    }
}

/// What a resource-type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One kind of resource.
    Individual,
    /// An aggregate of others.
    Family,
    /// `all-resources`.
    All,
}

/// A resource-type, individual or family.
#[derive(Debug)]
pub struct ResourceType {
    /// As it stands in a statement.
    pub name: &'static str,
    /// The service it belongs to.
    pub service: &'static str,
    /// Individual, family or everything.
    pub shape: Shape,
    /// What `inspect` gives. See [`ResourceType::permissions`] for a verb's full set.
    pub inspect: &'static [&'static str],
    /// What `read` adds.
    pub read: &'static [&'static str],
    /// What `use` adds.
    pub r#use: &'static [&'static str],
    /// What `manage` adds.
    pub manage: &'static [&'static str],
    /// The members of a family as far as known; empty for an individual resource-type.
    pub members: &'static [&'static str],
    /// The families it is a member of.
    pub families: &'static [&'static str],
    /// The service's own condition variables that its requests carry.
    pub variables: &'static [&'static str],
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

impl ResourceType {
    /// What a verb adds to the weaker ones, without members.
    pub fn added(&self, verb: Verb) -> &'static [&'static str] {
        match verb {
            Verb::Inspect => self.inspect,
            Verb::Read => self.read,
            Verb::Use => self.r#use,
            Verb::Manage => self.manage,
        }
    }

    /// Every permission that the verb gives, those of weaker verbs and of a family's members included.
    /// `all-resources` gives every permission whose verb is known. A permission may come twice.
    pub fn permissions(&'static self, verb: Verb) -> impl Iterator<Item = &'static str> {
        let everything = if self.shape == Shape::All { RESOURCE_TYPES.as_slice() } else { &[] };
        self.and_members()
            .chain(everything)
            .flat_map(move |each| {
                Verb::ALL.into_iter().filter(move |v| *v <= verb).flat_map(|v| each.added(v))
            })
            .copied()
    }

    /// Whether the catalogue knows what any verb gives on it. Without that, no verb may be called too low.
    pub fn permissions_known(&'static self) -> bool {
        self.permissions(Verb::Manage).next().is_some()
    }

    /// The weakest verb that gives the permission here.
    pub fn verb_for(&'static self, permission: &str) -> Option<Verb> {
        Verb::ALL
            .into_iter()
            .find(|verb| self.permissions(*verb).any(|known| known.eq_ignore_ascii_case(permission)))
    }

    /// Whether a statement on this resource-type is one on the other too: itself, a member, or all.
    pub fn covers(&self, other: &ResourceType) -> bool {
        self.shape == Shape::All || self.name == other.name || self.members.contains(&other.name)
    }

    fn and_members(&'static self) -> impl Iterator<Item = &'static ResourceType> {
        std::iter::once(self).chain(self.members.iter().filter_map(|name| resource_type(name)))
    }
}

/// An atomic right.
#[derive(Debug)]
pub struct Permission {
    /// In capitals and underscores.
    pub name: &'static str,
    /// The resource-types that give it, each with the weakest verb that does. Empty when no source says
    /// what gives it.
    pub grants: &'static [(&'static str, Verb)],
    /// Where this comes from.
    pub fact: Fact,
}

/// An API call.
#[derive(Debug)]
pub struct Operation {
    /// Oracle's name, as `request.operation` has it. Not unique: services share names such as
    /// `ListWorkRequests`.
    pub name: &'static str,
    /// The service it belongs to.
    pub service: &'static str,
    /// One permission of each list is needed. Empty when they are unknown or none are needed.
    pub needs: &'static [&'static [&'static str]],
    /// The resource-type that it works on, where the source says so.
    pub resource_type: Option<&'static str>,
    /// The weakest verb on that resource-type that suffices.
    pub verb: Option<&'static str>,
    /// The plane that serves it (Generative AI only).
    pub plane: Option<&'static str>,
    /// The HTTP method (Generative AI only), else empty.
    pub method: &'static str,
    /// The paths that serve it (Generative AI only).
    pub paths: &'static [&'static str],
    /// Whether a GenAI API key may call it.
    pub api_key: bool,
    /// Short names for the command line, such as `chat`.
    pub aliases: &'static [&'static str],
    /// The day from which it is gone.
    pub withdrawn: Option<&'static str>,
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

impl Operation {
    /// Every permission that occurs in its needs.
    pub fn permissions(&self) -> impl Iterator<Item = &'static str> {
        self.needs.iter().flat_map(|alternatives| alternatives.iter().copied())
    }
}

/// How a wrong name comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slip {
    /// No service ever knew it.
    NeverExisted,
    /// It was renamed.
    Renamed,
    /// A singular or plural of the true name, which documentation pages print now and then.
    Number,
    /// Another spelling, which the service may or may not take.
    Spelling,
    /// A name of another kind, such as a resource-type where a principal type belongs.
    OtherKind,
}

/// A name that people write and that is not the right one.
#[derive(Debug)]
pub struct WrongName {
    /// What people write.
    pub name: &'static str,
    /// What they take it for.
    pub kind: Kind,
    /// What to write instead; several where the name stands for more than one thing, none where nothing fits.
    pub instead: &'static [&'static str],
    /// How it comes about.
    pub slip: Slip,
    /// Why it is wrong.
    pub reason: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// The resource-type with this name, in any case.
pub fn resource_type(name: &str) -> Option<&'static ResourceType> {
    find(&RESOURCE_TYPES, name, |row| row.name)
}

/// All resource-types, by name.
pub fn resource_types() -> &'static [ResourceType] {
    &RESOURCE_TYPES
}

/// The permission with this name, in any case.
pub fn permission(name: &str) -> Option<&'static Permission> {
    find(&PERMISSIONS, name, |row| row.name)
}

/// All permissions, by name.
pub fn permissions() -> &'static [Permission] {
    &PERMISSIONS
}

/// All operations with this name, in any case, of whatever service.
pub fn operations_named(name: &str) -> impl Iterator<Item = &'static Operation> {
    let lower = name.to_ascii_lowercase();
    let start = OPERATIONS.partition_point(|row| row.name.to_ascii_lowercase() < lower);
    OPERATIONS
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take_while(move |row| row.name.eq_ignore_ascii_case(&lower))
}

/// The operation with this name or short name, in any case. Where several services have it, a Generative AI
/// one comes first.
pub fn operation(name: &str) -> Option<&'static Operation> {
    let short =
        || OPERATIONS.iter().find(|row| row.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)));
    let mut first = None;
    for row in operations_named(name) {
        if row.plane.is_some() {
            return Some(row);
        }
        first = first.or(Some(row));
    }
    first.or_else(short)
}

/// All operations, by name.
pub fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// What is known about a name that is wrong for this kind of thing.
pub fn wrong_name(kind: Kind, name: &str) -> Option<&'static WrongName> {
    let lower = name.to_ascii_lowercase();
    let start = WRONG_NAMES.partition_point(|row| row.name.to_ascii_lowercase() < lower);
    let mut same = WRONG_NAMES.get(start..)?.iter().take_while(|row| row.name.eq_ignore_ascii_case(name));
    same.find(|row| row.kind == kind)
}

/// All wrong names, by name.
pub fn wrong_names() -> &'static [WrongName] {
    &WRONG_NAMES
}
