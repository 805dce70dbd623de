//! What several names have in common and no column of their own table says.

use super::Kind;
use super::fact::Fact;
use super::find;
use super::tables::TRAITS;

/// A trait that a rule, the evaluator or the sandbox asks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trait {
    /// Of planes: things are set up there, and no client calls them at run time.
    Administration,
    /// Of resource-types: callers of agents are granted them.
    AgentCall,
    /// Of principal types: agents, and the jobs that fill their knowledge bases.
    AgentPrincipal,
    /// Of groups: a tenancy has them from the start.
    BuiltInGroup,
    /// Of resource-types: agents and model calls take their data from there.
    DataOfAgents,
    /// Of variables: every request carries them.
    InEveryRequest,
    /// Of resource-types: whoever manages them sets knowledge bases up.
    KnowledgeBaseSetUp,
    /// Of permissions: reading a data source takes one of them.
    KnowledgeBaseSource,
    /// Of resource-types: their resources lie in the root compartment.
    LiesInRoot,
    /// Of variables of matching rules: only compute instances have them.
    OfInstances,
    /// Of variables: together they name one workload of a cluster.
    OfOneWorkload,
    /// Of operations of the OpenAI-compatible API: they don't look at the project.
    NoProjectNeeded,
    /// Of operations: every principal of a tenancy may call them without a statement.
    OpenToAll,
    /// Of operations: every instance may call them without a statement.
    OpenToInstances,
    /// Of permissions: by them one can give oneself any other right.
    RaisesRights,
    /// Of resource-types: their managers can give themselves any other right.
    RaisesRightsOfManagers,
    /// Of regions: they have three availability domains, all others one.
    SeveralAvailabilityDomains,
    /// Of resource-types: what Responses and Conversations keep, which the family does not include.
    StateOfResponses,
    /// Of planes: their error answers carry the status in place of a code.
    StatusForCode,
}

/// The row of a trait.
#[derive(Debug)]
pub struct TraitRow {
    /// The trait in kebab-case.
    pub name: &'static str,
    /// The kind of the names; none where the catalogue has no table of them.
    pub of: Option<Kind>,
    /// The names that have it.
    pub names: &'static [&'static str],
    /// What it means.
    pub what: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

impl Trait {
    /// The names that have it.
    pub fn names(self) -> &'static [&'static str] {
        find(&TRAITS, self.word(), |row| row.name).map_or(&[], |row| row.names)
    }

    /// Whether a name has it, in any case.
    pub fn is_of(self, name: &str) -> bool {
        self.names().iter().any(|each| each.eq_ignore_ascii_case(name))
    }

    /// The trait in kebab-case, as its row is called.
    pub fn word(self) -> &'static str {
        match self {
            Trait::Administration => "administration",
            Trait::AgentCall => "agent-call",
            Trait::AgentPrincipal => "agent-principal",
            Trait::BuiltInGroup => "built-in-group",
            Trait::DataOfAgents => "data-of-agents",
            Trait::InEveryRequest => "in-every-request",
            Trait::KnowledgeBaseSetUp => "knowledge-base-set-up",
            Trait::KnowledgeBaseSource => "knowledge-base-source",
            Trait::LiesInRoot => "lies-in-root",
            Trait::OfInstances => "of-instances",
            Trait::OfOneWorkload => "of-one-workload",
            Trait::NoProjectNeeded => "no-project-needed",
            Trait::OpenToAll => "open-to-all",
            Trait::OpenToInstances => "open-to-instances",
            Trait::RaisesRights => "raises-rights",
            Trait::RaisesRightsOfManagers => "raises-rights-of-managers",
            Trait::SeveralAvailabilityDomains => "several-availability-domains",
            Trait::StateOfResponses => "state-of-responses",
            Trait::StatusForCode => "status-for-code",
        }
    }

    /// All traits, by name.
    pub const ALL: [Trait; 19] = [
        Trait::Administration,
        Trait::AgentCall,
        Trait::AgentPrincipal,
        Trait::BuiltInGroup,
        Trait::DataOfAgents,
        Trait::InEveryRequest,
        Trait::KnowledgeBaseSetUp,
        Trait::KnowledgeBaseSource,
        Trait::LiesInRoot,
        Trait::NoProjectNeeded,
        Trait::OfInstances,
        Trait::OfOneWorkload,
        Trait::OpenToAll,
        Trait::OpenToInstances,
        Trait::RaisesRights,
        Trait::RaisesRightsOfManagers,
        Trait::SeveralAvailabilityDomains,
        Trait::StateOfResponses,
        Trait::StatusForCode,
    ];
}

/// The rows of all traits, by name.
pub fn traits() -> &'static [TraitRow] {
    &TRAITS
}
