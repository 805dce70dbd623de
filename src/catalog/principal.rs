//! Principal types and the kinds of OCIDs.

use super::fact::Fact;
use super::find;
use super::tables::{OCID_KINDS, PRINCIPAL_TYPES};

/// A value of `request.principal.type` or of `resource.type` in a matching rule.
#[derive(Debug)]
pub struct PrincipalType {
    /// In lower case, as a rule the kind word of the OCID.
    pub name: &'static str,
    /// Other spellings seen to work; they differ in case only.
    pub spellings: &'static [&'static str],
    /// Whether it is a value of `request.principal.type`.
    pub in_request: bool,
    /// Whether it is a value of `resource.type` in matching rules.
    pub in_rule: bool,
    /// Whether such principals are known or likely to call Generative AI.
    pub calls_genai: bool,
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// Where in a statement or rule an OCID of a kind may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// After `group id`.
    Group,
    /// After `dynamic-group id`.
    DynamicGroup,
    /// After `compartment id`, and as the value of a compartment variable.
    Compartment,
    /// After `define tenancy … as`.
    Tenancy,
    /// As the value of `request.principal.id`.
    Principal,
    /// As the value of `request.user.id`.
    User,
    /// As the value of `instance.id`.
    Instance,
    /// As the value of `resource.id`.
    Resource,
    /// As the model of an inference request.
    Model,
    /// In the header `OpenAI-Project`.
    Project,
    /// In the path of a call of the agent runtime.
    AgentEndpoint,
}

/// A kind of OCID, told by its second segment.
#[derive(Debug)]
pub struct OcidKind {
    /// The second segment, in lower case.
    pub name: &'static str,
    /// What it identifies.
    pub entity: &'static str,
    /// Where it may stand.
    pub places: &'static [Place],
    /// Where this comes from.
    pub fact: Fact,
}

/// The principal type with this value, in any case.
pub fn principal_type(value: &str) -> Option<&'static PrincipalType> {
    find(&PRINCIPAL_TYPES, value, |row| row.name)
}

/// All principal types, by name.
pub fn principal_types() -> &'static [PrincipalType] {
    &PRINCIPAL_TYPES
}

/// The kind of OCID with this second segment, in any case.
pub fn ocid_kind(segment: &str) -> Option<&'static OcidKind> {
    find(&OCID_KINDS, segment, |row| row.name)
}

/// All kinds of OCIDs, by their second segment.
pub fn ocid_kinds() -> &'static [OcidKind] {
    &OCID_KINDS
}
