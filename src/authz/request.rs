//! A request: who asks for what, where, and with what attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::{Right, TypeName};
use super::tenancy::Tags;
use crate::catalog::{self, Operation, Verb};

/// Who makes a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Principal {
    /// A user, by name or OCID; with the groups as `Name` or `Domain/Name` where the tenancy needn't be asked.
    User {
        /// Name or OCID.
        user: String,
        /// The groups, where given.
        groups: Option<Vec<GroupName>>,
    },
    /// A user who is in this group and no other.
    Group(GroupName),
    /// An instance or resource that is in this dynamic group and no other.
    DynamicGroup(GroupName),
    /// An instance or resource.
    Resource(ResourcePrincipal),
    /// A GenAI API key, by OCID.
    ApiKey(String),
    /// An OKE workload.
    Workload {
        /// The Kubernetes namespace.
        namespace: String,
        /// The service account.
        account: String,
        /// The cluster's OCID.
        cluster: Option<String>,
    },
    /// An OCI service, by name.
    Service(String),
    /// Whoever it is.
    Anyone,
    /// Whoever is in some group or dynamic group.
    AnyMember,
}

/// A group by name and domain, or by OCID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName {
    /// The domain; Default when none.
    pub domain: Option<String>,
    /// The name or OCID.
    pub name: String,
}

/// An instance or resource as a principal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourcePrincipal {
    /// Its principal type.
    pub kind: Option<String>,
    /// Its OCID.
    pub ocid: Option<String>,
    /// The path or OCID of its compartment.
    pub compartment: Option<String>,
    /// Its defined tags, where known.
    pub tags: Option<Tags>,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// An operation of the catalogue.
    Operation(&'static Operation),
    /// One permission.
    Permission(String),
    /// A verb on a resource-type.
    Type(Verb, String),
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who.
    pub principal: Principal,
    /// What.
    pub wanted: Wanted,
    /// The path or OCID of the target's compartment, empty for the root; none when it isn't given.
    pub compartment: Option<String>,
    /// The region it is sent to, as identifier or key.
    pub region: Option<String>,
    /// The id of the model that it names.
    pub model: Option<String>,
    /// When, as in `2026-11-21T05:00:00Z`.
    pub time: Option<String>,
    /// The network source it comes from.
    pub network_source: Option<String>,
    /// The target's defined tags, where known.
    pub tags: Option<Tags>,
    /// Further variables with their values; none for a variable that it doesn't carry.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// The OCID of the principal's tenancy where it isn't that of the target.
    pub home: Option<String>,
}

impl Request {
    /// A request with nothing given but who, what and where.
    pub fn new(principal: Principal, wanted: Wanted, compartment: Option<&str>) -> Self {
        Self {
            principal,
            wanted,
            compartment: compartment.map(str::to_owned),
            region: None,
            model: None,
            time: None,
            network_source: None,
            tags: None,
            attributes: BTreeMap::new(),
            home: None,
        }
    }
}

impl Wanted {
    /// Reads an operation (`Chat`, `chat`), a permission, or a verb and a resource-type (`use generative-ai-chat`).
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some((verb, name)) = text.split_once(char::is_whitespace) {
            let verb = Verb::of_word(verb)
                .ok_or_else(|| format!("`{verb}` is no verb; write inspect, read, use or manage"))?;
            return Ok(Wanted::Type(verb, name.trim().to_lowercase()));
        }
        if let Some(operation) = catalog::operation(text) {
            return Ok(Wanted::Operation(operation));
        }
        let shape = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if catalog::permission(text).is_some() || (text.contains('_') && text.chars().all(shape)) {
            return Ok(Wanted::Permission(text.to_owned()));
        }
        let near = catalog::suggest(catalog::Kind::Operation, text);
        let hint = near.map_or_else(
            || "write an operation, a permission, or a verb and a resource-type".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(format!("`{text}` is no operation or permission of the catalogue; {hint}"))
    }

    /// What is needed: one of each list.
    pub fn needs(&self) -> Vec<Vec<Right>> {
        match self {
            Wanted::Permission(name) => vec![vec![Right::permission(name)]],
            Wanted::Type(verb, name) => type_needs(*verb, TypeName::new(name)),
            Wanted::Operation(operation) if !operation.needs.is_empty() => operation
                .needs
                .iter()
                .map(|one_of| one_of.iter().map(|name| Right::permission(name)).collect())
                .collect(),
            Wanted::Operation(operation) => {
                let verb = operation.verb.and_then(Verb::of_word);
                match operation.resource_type.zip(verb) {
                    Some((name, verb)) => type_needs(verb, TypeName::new(name)),
                    None => vec![vec![Right::Undocumented(operation.name.into())]],
                }
            }
        }
    }

    /// Its name in reports.
    pub fn label(&self) -> String {
        match self {
            Wanted::Operation(operation) => operation.name.to_owned(),
            Wanted::Permission(name) => name.to_uppercase(),
            Wanted::Type(verb, name) => format!("{} {name}", verb.word()),
        }
    }

    /// The operation's name, where it is one.
    pub fn operation(&self) -> Option<&'static str> {
        match self {
            Wanted::Operation(operation) => Some(operation.name),
            _ => None,
        }
    }

    /// The resource-types that it works on, as far as known.
    pub fn resource_types(&self) -> Vec<Arc<str>> {
        match self {
            Wanted::Operation(Operation { resource_type: Some(name), .. }) => vec![Arc::from(*name)],
            Wanted::Type(_, name) => vec![TypeName::new(name).name],
            _ => {
                let needs = self.needs();
                needs.iter().flatten().flat_map(Right::grants).map(|(_, row)| Arc::from(row.name)).collect()
            }
        }
    }
}

fn type_needs(verb: Verb, name: TypeName) -> Vec<Vec<Right>> {
    vec![vec![Right::Type(verb, name)]]
}

impl GroupName {
    /// Reads `Devs`, `Dom/Devs`, `'Dom'/'Devs'`, or an OCID.
    pub fn parse(text: &str) -> Self {
        let bare = |part: &str| part.trim().trim_matches(['\'', '"']).to_owned();
        match text.split_once('/') {
            Some((domain, name)) => Self { domain: Some(bare(domain)), name: bare(name) },
            None => Self { domain: None, name: bare(text) },
        }
    }

    /// As it is written after `group`.
    pub fn in_statement(&self) -> String {
        if super::tree::is_ocid(&self.name) {
            return format!("id {}", self.name);
        }
        let plain = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        match &self.domain {
            Some(domain) if !domain.eq_ignore_ascii_case(super::subject::DEFAULT_DOMAIN) => {
                format!("'{domain}'/'{}'", self.name)
            }
            _ if plain(&self.name) => self.name.clone(),
            _ => format!("'{}'", self.name),
        }
    }
}

impl Principal {
    /// How it is called in reports.
    pub fn label(&self) -> String {
        match self {
            Principal::User { user, .. } => format!("user {user}"),
            Principal::Group(name) => format!("group {}", name.in_statement()),
            Principal::DynamicGroup(name) => format!("dynamic-group {}", name.in_statement()),
            Principal::ApiKey(ocid) => format!("GenAI API key {ocid}"),
            Principal::Workload { namespace, account, .. } => format!("workload {namespace}/{account}"),
            Principal::Service(name) => format!("service {name}"),
            Principal::Anyone => "any-user".into(),
            Principal::AnyMember => "any-group".into(),
            Principal::Resource(resource) => match (&resource.ocid, &resource.kind) {
                (Some(ocid), _) => format!("resource {ocid}"),
                (None, Some(kind)) => format!("resource of type {kind}"),
                (None, None) => "resource".into(),
            },
        }
    }

    /// Reads `group:'Default'/'Devs'`, `user:ana`, `dynamic-group:fns`, `genai-api-key:ocid1…`,
    /// `resource:{type=fnfunc, compartment=ml:prod}`, `workload:namespace/account@cluster`, `service:name`, `any-user`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("any-user") {
            return Ok(Principal::Anyone);
        }
        if text.eq_ignore_ascii_case("any-group") {
            return Ok(Principal::AnyMember);
        }
        let forms = "write group:NAME, user:NAME, dynamic-group:NAME, genai-api-key:OCID, \
                     resource:{type=…,compartment=…}, workload:NAMESPACE/ACCOUNT@CLUSTER, service:NAME or any-user";
        let (kind, rest) =
            text.split_once(':').ok_or_else(|| format!("`{text}` is no principal; {forms}"))?;
        let rest = rest.trim();
        if rest.is_empty() {
            return Err(format!("`{text}` names nobody; {forms}"));
        }
        Ok(match kind.trim().to_ascii_lowercase().as_str() {
            "group" => Principal::Group(GroupName::parse(rest)),
            "dynamic-group" => Principal::DynamicGroup(GroupName::parse(rest)),
            "user" => {
                let (user, groups) = match rest.split_once('{') {
                    Some((user, fields)) => (user.trim(), fields.trim_end_matches('}')),
                    None => (rest, ""),
                };
                let groups = groups
                    .trim()
                    .strip_prefix("groups=")
                    .map(|list| list.split('+').map(|name| GroupName::parse(name.trim())).collect());
                Principal::User { user: user.trim_matches(['\'', '"']).to_owned(), groups }
            }
            // Never quoted: whoever mixes the two up has pasted a secret.
            "genai-api-key" | "api-key" if rest.starts_with("sk-") => {
                return Err("that is the secret of the GenAI API key; write its OCID, \
                            genai-api-key:ocid1.generativeaiapikey…"
                    .into());
            }
            "genai-api-key" | "api-key" => Principal::ApiKey(rest.to_owned()),
            "service" => Principal::Service(rest.to_owned()),
            "workload" => {
                let (who, cluster) = match rest.split_once('@') {
                    Some((who, cluster)) => (who, Some(cluster.to_owned())),
                    None => (rest, None),
                };
                let (namespace, account) = who.split_once('/').ok_or_else(|| {
                    format!("`{text}` names no service account; write workload:NAMESPACE/ACCOUNT@CLUSTER")
                })?;
                Principal::Workload { namespace: namespace.to_owned(), account: account.to_owned(), cluster }
            }
            "instance" => Principal::Resource(ResourcePrincipal {
                kind: Some("instance".into()),
                ocid: Some(rest.to_owned()),
                ..ResourcePrincipal::default()
            }),
            "resource" => Principal::Resource(resource(rest)?),
            other => return Err(format!("`{other}` is no kind of principal; {forms}")),
        })
    }
}

fn resource(text: &str) -> Result<ResourcePrincipal, String> {
    let mut found = ResourcePrincipal::default();
    let Some(fields) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        found.ocid = Some(text.to_owned());
        return Ok(found);
    };
    for field in fields.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        let (name, value) = field
            .split_once('=')
            .ok_or_else(|| format!("`{field}` has no value; write resource:{{type=…,compartment=…,id=…}}"))?;
        let (name, value) = (name.trim(), value.trim().trim_matches('\'').to_owned());
        match name {
            "type" => found.kind = Some(value),
            "id" | "ocid" => found.ocid = Some(value),
            "compartment" => found.compartment = Some(value),
            _ => match name.strip_prefix("tag.") {
                Some(tag) => {
                    let tag = tag.strip_suffix(".value").unwrap_or(tag);
                    found.tags.get_or_insert_default().insert(tag.to_owned(), value);
                }
                None => {
                    return Err(format!(
                        "`{name}` is no field of a resource; write type, id, compartment or tag.NS.KEY"
                    ));
                }
            },
        }
    }
    Ok(found)
}
