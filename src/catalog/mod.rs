//! The catalogue: what is known of OCI, as typed look-ups over tables made of `data/*.toml` at build time.
//!
//! Facts only; no judgement. What Oracle may change next month stands in the data, never in code, and each row says
//! where it comes from, as of when and how certain it is. A name that isn't here is unknown, which is not yet wrong.

mod fact;
mod genai;
mod iam;
mod place;
mod principal;
mod suggest;
mod tables;
mod traits;
mod variable;

pub use fact::{Certainty, Fact, Source, source, sources};
pub use genai::{
    ErrorCode, ErrorText, Hosting, Life, Mode, Model, ModelRegion, Probe, Support, Wording, error_codes,
    error_text, error_texts, model, models, probe, probes,
};
pub use iam::{
    Operation, Permission, ResourceType, Shape, Slip, Verb, WrongName, operation, operations,
    operations_named, permission, permissions, resource_type, resource_types, wrong_name, wrong_names,
};
pub use place::{
    AuthMethod, Delay, Limit, List, Plane, Realm, Region, auth_method, auth_methods, delay, delays, limit,
    limits, list, lists, plane, planes, realm, realms, region, regions,
};
pub use principal::{OcidKind, Place, PrincipalType, ocid_kind, ocid_kinds, principal_type, principal_types};
pub use suggest::suggest;
pub use traits::{Trait, TraitRow, traits};
pub use variable::{
    Scope, TagVariable, ValueType, Variable, rule_variable, tag_variable, variable, variables,
};

/// The kinds of names that the catalogue knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The verb of a statement.
    Verb,
    /// A resource-type.
    ResourceType,
    /// A permission.
    Permission,
    /// An operation.
    Operation,
    /// A condition variable.
    Variable,
    /// A variable of matching rules.
    RuleVariable,
    /// A principal type.
    PrincipalType,
    /// The second segment of an OCID.
    Ocid,
    /// A realm.
    Realm,
    /// A region.
    Region,
    /// A plane.
    Plane,
    /// An auth method.
    AuthMethod,
    /// A limit.
    Limit,
    /// How long a change takes.
    Delay,
    /// A model.
    Model,
    /// A probe request.
    Probe,
    /// An error answer.
    Error,
}

impl Kind {
    /// All kinds, in the order in which they are listed to users.
    pub const ALL: [Kind; 17] = [
        Kind::ResourceType,
        Kind::Verb,
        Kind::Permission,
        Kind::Operation,
        Kind::Variable,
        Kind::RuleVariable,
        Kind::PrincipalType,
        Kind::Ocid,
        Kind::Model,
        Kind::Region,
        Kind::Realm,
        Kind::Plane,
        Kind::AuthMethod,
        Kind::Limit,
        Kind::Delay,
        Kind::Probe,
        Kind::Error,
    ];

    /// The word for it on the command line and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Verb => "verb",
            Kind::ResourceType => "resource-type",
            Kind::Permission => "permission",
            Kind::Operation => "operation",
            Kind::Variable => "variable",
            Kind::RuleVariable => "rule-variable",
            Kind::PrincipalType => "principal-type",
            Kind::Ocid => "ocid",
            Kind::Realm => "realm",
            Kind::Region => "region",
            Kind::Plane => "plane",
            Kind::AuthMethod => "auth-method",
            Kind::Limit => "limit",
            Kind::Delay => "delay",
            Kind::Model => "model",
            Kind::Probe => "probe",
            Kind::Error => "error",
        }
    }
}

/// Looks a name up, without regard to case, in a table sorted that way.
fn find<T>(rows: &'static [T], name: &str, of: impl Fn(&T) -> &'static str) -> Option<&'static T> {
    let wanted = name.bytes().map(|b| b.to_ascii_lowercase());
    let at = rows
        .binary_search_by(|row| of(row).bytes().map(|b| b.to_ascii_lowercase()).cmp(wanted.clone()))
        .ok()?;
    rows.get(at)
}
