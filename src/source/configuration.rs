//! What the sources give to everything below them: each statement and matching rule with its text, its
//! place and the policy that uses it; and what else of the tenancy the configuration declares.

use std::sync::Arc;

use crate::diag::Finding;
use crate::text::{FileId, Files, MappedText, Place};

/// All that was read in one run. Lists are sorted by file, offset and address.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The files read, whether or not anything was found in them.
    pub files: Files,
    /// Every statement, once for each policy instance that uses it, and once without a policy when none
    /// is known to.
    pub statements: Vec<StatementSource>,
    /// Every matching rule of a dynamic group.
    pub matching_rules: Vec<MatchingRuleSource>,
    /// Policies, in the order read.
    pub policies: Vec<PolicySource>,
    /// Groups, dynamic groups, compartments, domains that the configuration declares.
    pub declared: Vec<Declared>,
    /// Statement lists and rules that can't be resolved without a plan, each with its reason.
    pub unresolved: Vec<Unresolved>,
    /// Comments of the host files that name this tool, sorted by file and offset: marks included, so that
    /// the linter can read `# ociam: ignore[rule] reason`.
    pub comments: Vec<Place>,
    /// Problems of the files themselves: unreadable, not valid, too deep, too large.
    pub problems: Vec<Finding>,
}

impl Configuration {
    /// Whether there is nothing to look at: no statement, no matching rule, and no list that a plan would resolve.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.matching_rules.is_empty() && self.unresolved.is_empty()
    }
}

/// One statement as its source resolves it.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementSource {
    /// The evaluated text with its map and holes.
    pub text: MappedText,
    /// Index into [`Configuration::policies`]; `None` for text that no policy is known to use.
    pub policy: Option<usize>,
    /// Place in its policy (in its list, where no policy is known), from 0; `None` when that depends on unknown values.
    pub index: Option<usize>,
    /// Where the statement's own literal text starts and ends.
    pub place: Place,
    /// Whether it is there only in one branch of an undecided conditional.
    pub maybe: bool,
    /// Whether the text is certain to be a policy statement, or only reads like one.
    pub role: Role,
}

impl Configuration {
    /// What a statement is applied with.
    pub fn root_of(&self, statement: &StatementSource) -> Root {
        let policy = statement.policy.and_then(|policy| self.policies.get(policy));
        policy.map_or(Root::File(statement.place.file), |policy| policy.root.clone())
    }
}

/// How sure we are that a string is a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It stands in a policy's statement list.
    Policy,
    /// It begins as a statement does, in a local, a variable, a module argument, an output, a code block.
    Candidate,
    /// As `Candidate`, in prose, a description or a test of bad input: only what is certain is worth a word.
    Prose,
}

/// What is applied together, and so speaks of one tenancy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// The root module in this directory, with the modules that it calls.
    Directory(Arc<str>),
    /// This file alone.
    File(FileId),
}

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySource {
    /// Resource address (`module.iam.oci_identity_policy.genai[0]`) or the policy's name.
    pub address: Arc<str>,
    /// The policy's display name, where known.
    pub name: Option<MappedText>,
    /// The compartment it is attached to.
    pub attachment: Attachment,
    /// The resource block, or the object that holds the policy.
    pub place: Place,
    /// Whether it exists only under an undecided condition (`count = var.x ? 1 : 0`).
    pub maybe: bool,
    /// What it is applied with.
    pub root: Root,
    /// Where its provider goes, in a configuration that tells which region is home.
    pub regions: Option<Regions>,
}

/// The region that a policy is made in, and the home region, as its configuration tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    /// The region of the policy's own provider.
    pub own: Arc<str>,
    /// The region of the provider that is called home.
    pub home: Arc<str>,
    /// The alias of that provider.
    pub alias: Arc<str>,
    /// Its block.
    pub place: Place,
}

/// Where a policy is attached, as far as the source tells.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Attachment {
    /// The root compartment, certainly (an `ocid1.tenancy…`, `var.tenancy_ocid`).
    Root,
    /// The compartment that the configuration declares under this address.
    Declared(Arc<str>),
    /// This OCID.
    Ocid(Arc<str>),
    /// Not known.
    #[default]
    Unknown,
}

/// A dynamic group's matching rule.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchingRuleSource {
    /// The evaluated text with its map and holes.
    pub text: MappedText,
    /// Resource address or the dynamic group's name.
    pub address: Option<Arc<str>>,
    /// The dynamic group's display name, where known.
    pub name: Option<MappedText>,
    /// The rule's own text.
    pub place: Place,
    /// Whether it is there only in one branch of an undecided conditional.
    pub maybe: bool,
    /// How sure we are that it is a matching rule.
    pub role: Role,
    /// What it is applied with.
    pub root: Root,
}

/// Something that the configuration declares and statements may name.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// What it is.
    pub kind: DeclaredKind,
    /// Resource address.
    pub address: Arc<str>,
    /// Its name, where known.
    pub name: Option<MappedText>,
    /// The identity domain that a group is declared in, where it is not the Default one: its address or name.
    pub domain: Option<Arc<str>>,
    /// The compartment's parent.
    pub parent: Attachment,
    /// The block.
    pub place: Place,
    /// What it is applied with.
    pub root: Root,
}

/// The kinds of declared things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeclaredKind {
    /// A group.
    Group,
    /// A dynamic group.
    DynamicGroup,
    /// A compartment.
    Compartment,
    /// An identity domain.
    Domain,
}

/// A statement list, one statement or a rule that can't be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Resource address.
    pub address: Arc<str>,
    /// The expression that can't be resolved.
    pub place: Place,
    /// Why, for a person.
    pub reason: Arc<str>,
}
