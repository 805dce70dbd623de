//! The typed syntax tree of policy statements and matching rules.
//!
//! Every node has a span of bytes in the statement's text. Nothing is normalised here: case, quotes,
//! spacing and comments stay in the text. A clause that is missing or could not be read is `None`; what
//! was wrong with it stands among the parser's errors.

mod condition;

use smallvec::SmallVec;

pub use condition::{
    Argument, Comparison, Condition, MatchingRule, Quantifier, Test, TestKind, Value, ValueKind, Where,
};

use crate::text::Span;

/// A word, quoted name or value, pattern or OCID, which may be or hold template holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Atom {
    /// The whole atom, quotes or slashes included.
    pub span: Span,
    /// How it is written.
    pub quote: Quote,
    /// Whether at least one hole lies inside, so that its value isn't known.
    pub has_hole: bool,
    /// Whether a backslash escape lies inside.
    pub has_escape: bool,
}

/// How an [`Atom`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quote {
    /// A bare word.
    None,
    /// `'text'`.
    Single,
    /// `"text"`, which OCI doesn't document.
    Double,
    /// `‘text’` or `“text”`, damage done by word processors.
    Typographic,
    /// `/text/`, a pattern.
    Slashes,
}

/// A statement of the policy language.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// Allow, deny, endorse, admit: who may do what where.
    Rule(Box<Rule>),
    /// `define tenancy X as ocid1.tenancy…`.
    Define(Define),
    /// One hole stands for the whole statement.
    Hole(Span),
    /// The start word could not be read.
    Unknown(Span),
}

/// An allow, deny, endorse or admit statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The statement without surrounding space and comment.
    pub span: Span,
    /// The start words.
    pub kind: RuleKind,
    /// Bytes of the start words.
    pub kind_span: Span,
    /// Who.
    pub subject: Option<Subject>,
    /// The `of tenancy …` of an admit.
    pub origin: Option<AdmitOrigin>,
    /// What.
    pub action: Option<Action>,
    /// Where. `None` also for associate, whose two ends are in the action.
    pub location: Option<Location>,
    /// On what condition.
    pub condition: Option<Where>,
    /// A trailing `//` comment, slashes included.
    pub comment: Option<Span>,
}

/// The kinds of rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// `allow`
    Allow,
    /// `deny`
    Deny,
    /// `endorse`
    Endorse,
    /// `admit`
    Admit,
    /// `deny endorse`
    DenyEndorse,
    /// `deny admit`
    DenyAdmit,
    /// A hole stands for the start word, perhaps with more: any of the others.
    Hole,
}

impl RuleKind {
    /// Whether the rule takes rights away.
    pub fn is_deny(self) -> bool {
        matches!(self, RuleKind::Deny | RuleKind::DenyEndorse | RuleKind::DenyAdmit)
    }
}

/// `define <kind> <alias> as <ocid>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Define {
    /// The whole statement.
    pub span: Span,
    /// What the alias stands for.
    pub kind: Option<DefineKind>,
    /// Bytes of the kind word.
    pub kind_span: Span,
    /// The alias.
    pub alias: Option<Atom>,
    /// The OCID.
    pub ocid: Option<Atom>,
    /// A trailing `//` comment.
    pub comment: Option<Span>,
}

/// What a define names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefineKind {
    /// `define tenancy`
    Tenancy,
    /// `define group`
    Group,
    /// `define dynamic-group`
    DynamicGroup,
    /// `define compartment`
    Compartment,
    /// `define service`: in third-party grammars only.
    Service,
    /// The word is a hole.
    Hole,
}

/// Who a rule speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The whole clause.
    pub span: Span,
    /// Its kind and members.
    pub kind: SubjectKind,
}

/// The kinds of subject.
#[derive(Clone, Debug, PartialEq)]
pub enum SubjectKind {
    /// `any-user`
    AnyUser,
    /// `any-group`
    AnyGroup,
    /// `group A, 'Dom'/'B', id ocid1.group…`
    Group(Members),
    /// `dynamic-group …`
    DynamicGroup(Members),
    /// `service A, B`
    Service(SmallVec<[Atom; 2]>),
    /// `resource psmrp psm`
    Resource(SmallVec<[Atom; 2]>),
    /// The keyword itself is unknown (`${x}group A`): a group or dynamic group.
    UnknownGroup(Members),
    /// A hole stands for the whole clause.
    Hole,
    /// Not readable; an error tells.
    Error,
}

/// The members of a group or dynamic-group subject.
pub type Members = SmallVec<[Member; 1]>;

/// One group of a subject list.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The whole member, domain and `id` included.
    pub span: Span,
    /// How it is named.
    pub kind: MemberKind,
}

/// How a group is named.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberKind {
    /// `Devs`, `'Dom'/'Devs'`
    Name {
        /// The identity domain, where given.
        domain: Option<Atom>,
        /// The group.
        name: Atom,
    },
    /// `id ocid1.group…`
    Id(Atom),
    /// A hole that may stand for a name, an `id …`, or a whole list.
    Hole,
}

/// `of tenancy X` or `of any-tenancy` after the subject of an admit.
#[derive(Clone, Debug, PartialEq)]
pub struct AdmitOrigin {
    /// The whole clause.
    pub span: Span,
    /// Which tenancy.
    pub tenancy: TenancyRef,
}

/// A tenancy that a cross-tenancy statement names.
#[derive(Clone, Debug, PartialEq)]
pub enum TenancyRef {
    /// `tenancy X`, with the alias.
    Alias(Atom),
    /// `any-tenancy`
    Any,
    /// A hole.
    Hole,
}

/// What a rule grants or denies.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The clause without its `to`.
    pub span: Span,
    /// The `to`, where written.
    pub to: Option<Span>,
    /// What.
    pub kind: ActionKind,
}

/// The kinds of action.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionKind {
    /// `use generative-ai-family`
    Verb {
        /// The verb.
        verb: Verb,
        /// Its bytes.
        verb_span: Span,
        /// The resource-type.
        resource_type: Option<Atom>,
    },
    /// `{A, B}`
    Permissions {
        /// The permissions.
        permissions: SmallVec<[Atom; 4]>,
        /// A resource-type after the list, which is in no documentation.
        resource_type: Option<Atom>,
    },
    /// `associate A in X with B in Y`
    Associate {
        /// First end.
        left: End,
        /// Second end.
        right: Option<End>,
    },
    /// A hole stands for verb and resource-type.
    Hole,
    /// Not readable; an error tells.
    Error,
}

/// A verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// `inspect`
    Inspect,
    /// `read`
    Read,
    /// `use`
    Use,
    /// `manage`
    Manage,
    /// The word is or holds a hole.
    Hole,
    /// Another word.
    Unknown,
}

/// One end of an associate.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The whole end.
    pub span: Span,
    /// The resource-type.
    pub resource_type: Option<Atom>,
    /// Where it lies.
    pub location: Option<Location>,
}

/// Where a rule holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// The clause without its `in`.
    pub span: Span,
    /// Which place.
    pub kind: LocationKind,
}

/// The kinds of location.
#[derive(Clone, Debug, PartialEq)]
pub enum LocationKind {
    /// `tenancy`, with the alias of another tenancy where given.
    Tenancy(Option<Atom>),
    /// `any-tenancy`
    AnyTenancy,
    /// `compartment A:B [of tenancy X]`
    Compartment {
        /// The names (or OCIDs) between colons.
        path: SmallVec<[Atom; 2]>,
        /// The other tenancy, where given.
        of: Option<Atom>,
    },
    /// `compartment id ocid1.compartment… [of tenancy X]`
    CompartmentId {
        /// The OCID.
        ocid: Atom,
        /// The other tenancy, where given.
        of: Option<Atom>,
    },
    /// A hole stands for the whole clause, perhaps with what follows it.
    Hole,
    /// Not readable; an error tells.
    Error,
}

impl Atom {
    /// The bytes between the quotes or slashes; the whole span of a bare word.
    pub fn inner(&self, text: &str) -> Span {
        let whole = self.span.of(text);
        if self.quote == Quote::None {
            return self.span;
        }
        let open = whole.chars().next().map_or(0, char::len_utf8);
        let rest = whole.get(open..).unwrap_or("");
        let close = match (self.quote, rest.chars().next_back()) {
            (Quote::Single, Some('\'')) | (Quote::Double, Some('"')) | (Quote::Slashes, Some('/')) => 1,
            (Quote::Typographic, Some(last)) if !last.is_alphanumeric() => last.len_utf8(),
            _ => 0,
        };
        Span::new(self.span.start() + open, self.span.end() - close)
    }

    /// The text between the quotes or slashes, escapes as written.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        self.inner(text).of(text)
    }

    /// The text between the quotes or slashes when all of it is known.
    pub fn known<'t>(&self, text: &'t str) -> Option<&'t str> {
        (!self.has_hole).then(|| self.text(text))
    }
}
