//! The tenancy model: compartments, domains, groups, dynamic groups, policies, users, resources, GenAI API keys.
//!
//! A plain value that TOML and JSON files spell out. Everything is named as people name it: a compartment by
//! its path (`ml:prod`, empty for the root) or OCID, a group by its name and domain. What is missing is unknown
//! unless [`Tenancy::complete`] says that the lists are whole.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::{Hole, mask_shapes};

/// Defined tags: `namespace.key` to value.
pub type Tags = BTreeMap<String, String>;

/// A tenancy, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Tenancy {
    /// The tenancy's name.
    pub name: Option<String>,
    /// The tenancy's OCID, which is that of the root compartment too.
    pub ocid: Option<String>,
    /// The identifier of the home region.
    pub home_region: Option<String>,
    /// The regions it is subscribed to; none when that isn't known.
    pub regions: Option<Vec<String>>,
    /// Whether compartments, groups and dynamic groups that aren't listed don't exist.
    pub complete: bool,
    /// Defined tags of the root compartment.
    pub tags: Tags,
    /// Compartments, the root not included.
    pub compartments: Vec<Compartment>,
    /// Identity domains besides Default.
    pub domains: Vec<Domain>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Dynamic groups.
    pub dynamic_groups: Vec<DynamicGroup>,
    /// Users.
    pub users: Vec<User>,
    /// Policies with their statements.
    pub policies: Vec<Policy>,
    /// Instances, functions and whatever else acts as a principal or is acted on.
    pub resources: Vec<Resource>,
    /// GenAI API keys.
    pub api_keys: Vec<ApiKey>,
    /// GenAI projects.
    pub projects: Vec<Placed>,
    /// Endpoints of dedicated AI clusters.
    pub endpoints: Vec<Placed>,
    /// Service limits by name; `name@region` where a region has another than the one that was asked first.
    pub limits: BTreeMap<String, i64>,
    /// What whoever wrote this down had no right to see, or did not look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Unseen>,
    /// How a sandbox that serves it behaves: read there, and nothing to a decision.
    #[serde(skip_serializing)]
    pub sandbox: IgnoredAny,
}

/// A list that is missing or not whole.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unseen {
    /// What is listed: `policies`, `members`, `dynamic-groups` and so on.
    pub what: String,
    /// The path or OCID of the compartment, empty for the root.
    pub compartment: Option<String>,
    /// The region, for what is kept by region.
    pub region: Option<String>,
    /// The identity domain, for what is kept by domain.
    pub domain: Option<String>,
    /// The group, for its members.
    pub group: Option<String>,
    /// Why it was not seen.
    pub why: String,
}

/// A compartment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Compartment {
    /// Its path from the root, as in `ml:prod`. With `parent` given, its name.
    pub path: String,
    /// Its OCID.
    pub ocid: Option<String>,
    /// The parent's path or OCID where `path` is a bare name.
    pub parent: Option<String>,
    /// Defined tags.
    #[serde(default)]
    pub tags: Tags,
    /// Where a configuration declares it.
    #[serde(skip)]
    pub address: Option<Arc<str>>,
}

/// An identity domain.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Its OCID.
    pub ocid: Option<String>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its identity domain; Default when left out.
    pub domain: Option<String>,
    /// Its OCID.
    pub ocid: Option<String>,
    /// The names or OCIDs of its users.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Defined tags.
    #[serde(default)]
    pub tags: Tags,
    /// Where a configuration declares it.
    #[serde(skip)]
    pub address: Option<Arc<str>>,
}

/// A dynamic group.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DynamicGroup {
    /// Its name.
    pub name: String,
    /// Its identity domain; Default when left out.
    pub domain: Option<String>,
    /// Its OCID.
    pub ocid: Option<String>,
    /// Its matching rule.
    #[serde(default)]
    pub rule: StatementText,
    /// Where a configuration declares it.
    #[serde(skip)]
    pub address: Option<Arc<str>>,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// The identity domain; Default when left out.
    pub domain: Option<String>,
    /// The user's OCID.
    pub ocid: Option<String>,
    /// The groups, as `Name` or `Domain/Name`, besides those whose `members` name the user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Policy {
    /// Its name, or the address of the resource that declares it.
    pub name: String,
    /// The path or OCID of the compartment it is attached to, empty for the root; left out when not known.
    pub compartment: Option<String>,
    /// Its OCID.
    pub ocid: Option<String>,
    /// Its statements.
    pub statements: Vec<StatementText>,
}

/// The text of a statement or matching rule, with what its source knows about it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub struct StatementText {
    /// The text, holes as the user's own template text.
    pub text: Arc<str>,
    /// Unknown values in it.
    pub holes: Vec<Hole>,
    /// Whether it may be missing: it stands in one branch of an undecided conditional.
    pub maybe: bool,
    /// Where it stands, as `file:line`.
    pub place: Option<Arc<str>>,
    /// Its place in its policy where that isn't its place in the list.
    pub index: Option<usize>,
    /// Its place among the statements of the configuration that it was read from.
    pub source: Option<usize>,
}

impl From<String> for StatementText {
    fn from(text: String) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

impl From<&str> for StatementText {
    fn from(text: &str) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

impl From<StatementText> for String {
    fn from(statement: StatementText) -> Self {
        statement.text.as_ref().to_owned()
    }
}

/// A resource that acts as a principal or is acted on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resource {
    /// Its OCID.
    pub ocid: String,
    /// Its principal type, such as `instance` or `fnfunc`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
    /// The path or OCID of its compartment.
    pub compartment: Option<String>,
    /// Defined tags.
    #[serde(default)]
    pub tags: Tags,
}

/// A GenAI API key with its two secrets. The secrets themselves are no part of the model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApiKey {
    /// Its OCID.
    pub ocid: String,
    /// Its name.
    pub name: Option<String>,
    /// The region it was created in.
    pub region: Option<String>,
    /// The path or OCID of its compartment.
    pub compartment: Option<String>,
    /// Its state, such as `ACTIVE`.
    pub state: Option<String>,
    /// Its secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
}

/// What is known about a secret of a GenAI API key.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Secret {
    /// Its name.
    pub name: Option<String>,
    /// `ACTIVE`, `INACTIVE`, `REVOKED`, `EXPIRED` or `DELETED`.
    pub state: Option<String>,
    /// When it expires, as in `2026-12-31T00:00:00Z`.
    pub expires: Option<String>,
}

/// Something with an OCID, a region and a compartment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Placed {
    /// Its OCID.
    pub ocid: String,
    /// Its name.
    pub name: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// The path or OCID of its compartment.
    pub compartment: Option<String>,
    /// Its state, such as `ACTIVE`.
    pub state: Option<String>,
}

/// Why a tenancy file can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenancyError {
    /// What is wrong.
    pub message: String,
    /// Line and column, both from 1.
    pub position: Option<(usize, usize)>,
}

impl std::fmt::Display for TenancyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for TenancyError {}

impl From<serde_json::Error> for TenancyError {
    fn from(error: serde_json::Error) -> Self {
        TenancyError {
            // The position stands apart.
            message: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
            position: Some((error.line(), error.column())),
        }
    }
}

impl Tenancy {
    /// Reads a tenancy file: JSON when it starts with a brace, else TOML.
    pub fn from_text(text: &str) -> Result<Self, TenancyError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(TenancyError::from);
        }
        toml::from_str(text).map_err(|error| TenancyError {
            message: error.message().lines().collect::<Vec<_>>().join(" "),
            position: error.span().map(|span| {
                let file = crate::text::SourceFile::new("", text);
                let at = file.position(span.start);
                (at.line, at.column)
            }),
        })
    }

    /// The tenancy as a file has it, which [`Tenancy::from_text`] reads: without what is not known.
    pub fn to_json(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        leave_out_unknown(&mut value);
        value
    }

    /// Covers what looks like a secret in statements, matching rules and tags: they are quoted in answers, and no
    /// name has that shape. Every other byte keeps its place.
    pub fn mask_secrets(&mut self) {
        let texts = self.policies.iter_mut().flat_map(|policy| &mut policy.statements);
        for statement in texts.chain(self.dynamic_groups.iter_mut().map(|group| &mut group.rule)) {
            if let Cow::Owned(masked) = mask_shapes(&statement.text) {
                statement.text = masked.into();
            }
        }
        let tags = self.compartments.iter_mut().map(|one| &mut one.tags);
        let tags = tags.chain(self.resources.iter_mut().map(|one| &mut one.tags)).chain([&mut self.tags]);
        for value in tags.flat_map(BTreeMap::values_mut) {
            *value = mask_shapes(value).into_owned();
        }
    }

    /// A tenancy of these statements alone, all in one policy attached to the root.
    pub fn of_statements<'s>(statements: impl IntoIterator<Item = &'s str>) -> Self {
        let statements = statements.into_iter().map(StatementText::from).collect();
        let policy =
            Policy { name: "policy".into(), compartment: Some(String::new()), ocid: None, statements };
        Self { policies: vec![policy], ..Self::default() }
    }
}

/// Takes out fields without a value, and tables without an entry.
fn leave_out_unknown(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(leave_out_unknown);
            fields.retain(|_, field| !field.is_null() && field.as_object().is_none_or(|map| !map.is_empty()));
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_unknown),
        _ => {}
    }
}
