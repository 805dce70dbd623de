//! The variables that a principal brings: those of its requests' conditions, and those of matching rules.

use std::sync::Arc;

use super::Caller;
use crate::authz::Truth;
use crate::authz::condition::Attributes;
use crate::authz::request::Principal;
use crate::authz::subject::Known;
use crate::authz::tenancy::Tags;
use crate::authz::tree::{ROOT, is_ocid};
use crate::authz::value::Attribute;

impl Caller<'_> {
    /// The principal type of a resource.
    pub fn resource_type(&self) -> Option<String> {
        self.resource.as_ref()?.kind.clone()
    }

    /// The OCID of the principal's compartment.
    pub fn compartment_ocid(&self) -> Option<String> {
        match self.compartment()? {
            Attribute::Values(values) => values.first().map(|value| value.to_string()),
            _ => None,
        }
    }

    fn groups(&self) -> impl Iterator<Item = (&Arc<str>, Option<&Known>)> {
        self.member_of.keys().map(|key| (key, self.compiled.names.known.get(key)))
    }

    fn compartment(&self) -> Option<Attribute> {
        let place = match self.principal {
            Principal::Resource(_) => self.resource.as_ref()?.compartment.as_deref()?,
            Principal::ApiKey(ocid) => self.compiled.api_key(ocid)?.compartment.as_deref()?,
            Principal::User { .. } | Principal::Group(_) => "",
            _ => return None,
        };
        if is_ocid(place) {
            return Some(Attribute::one(place));
        }
        let target = self.compiled.tree.target(Some(place)).ok()?;
        target.ocid.as_deref().map(Attribute::one)
    }

    /// What requests of this principal carry for a variable of the principal; none for other variables.
    pub fn variable(&self, name: &str) -> Option<Attribute> {
        use Attribute::Absent;
        let human = matches!(self.principal, Principal::User { .. } | Principal::Group(_));
        let anyone = matches!(self.principal, Principal::Anyone | Principal::AnyMember);
        let not_known = |what: &str| Attribute::unknown(format!("{what} of the principal is not known"));
        let or_unknown =
            |value: Option<&str>, what: &str| value.map_or_else(|| not_known(what), Attribute::one);
        let ocid = match self.principal {
            Principal::User { user, .. } if is_ocid(user) => Some(user.as_str()),
            Principal::User { user, .. } => self.compiled.user(user).and_then(|known| known.ocid.as_deref()),
            Principal::Resource(_) => self.resource.as_ref().and_then(|resource| resource.ocid.as_deref()),
            Principal::ApiKey(ocid) => Some(ocid.as_str()),
            _ => None,
        };
        let kind = match self.principal {
            Principal::User { .. } | Principal::Group(_) => Some("user"),
            Principal::ApiKey(_) => Some("generativeaiapikey"),
            Principal::Workload { .. } => Some("workload"),
            Principal::Service(_) => Some("service"),
            Principal::Resource(_) => self.resource.as_ref().and_then(|resource| resource.kind.as_deref()),
            Principal::DynamicGroup(_) | Principal::Anyone | Principal::AnyMember => None,
        };
        let only = |has: bool, value: Attribute| if has || anyone { value } else { Absent };
        Some(match name {
            "request.user.id" => only(human, or_unknown(ocid, "the OCID")),
            "request.user.name" => {
                let name = match self.principal {
                    Principal::User { user, .. } if !is_ocid(user) => Some(user.as_str()),
                    Principal::User { user, .. } => self.compiled.user(user).map(|known| known.name.as_str()),
                    _ => None,
                };
                only(human, or_unknown(name, "the user name"))
            }
            "request.user.mfatotpverified" => only(
                human,
                Attribute::unknown("whether the user passed multi-factor authentication is not known"),
            ),
            "request.groups.id" => only(human, self.group_ocids()),
            "request.principal.type" => or_unknown(kind, "the type"),
            "request.principal.id" => or_unknown(ocid, "the OCID"),
            "request.principal.compartment.id" => {
                self.compartment().unwrap_or_else(|| not_known("the compartment"))
            }
            "request.resource.compartment.id" => {
                let resource = matches!(self.principal, Principal::Resource(_) | Principal::DynamicGroup(_));
                only(resource, self.compartment().unwrap_or_else(|| not_known("the compartment")))
            }
            "request.instance.id" | "request.instance.compartment.id" => {
                let value = if name.ends_with(".compartment.id") {
                    self.compartment().unwrap_or_else(|| not_known("the compartment"))
                } else {
                    or_unknown(ocid, "the OCID")
                };
                match (self.principal, kind) {
                    (Principal::DynamicGroup(_), _) | (Principal::Resource(_), None) => {
                        Attribute::unknown("whether the principal is an instance is not known")
                    }
                    (Principal::Resource(_), Some(kind)) => {
                        only(kind.eq_ignore_ascii_case("instance"), value)
                    }
                    _ => only(false, not_known("the instance")),
                }
            }
            "request.principal.namespace"
            | "request.principal.service_account"
            | "request.principal.cluster_id" => match self.principal {
                Principal::Workload { namespace, account, cluster } => match name {
                    "request.principal.namespace" => Attribute::one(namespace),
                    "request.principal.service_account" => Attribute::one(account),
                    _ => or_unknown(cluster.as_deref(), "the cluster"),
                },
                Principal::DynamicGroup(_) => Absent,
                _ => only(false, not_known("the workload")),
            },
            "request.service.name" => match self.principal {
                Principal::Service(name) => Attribute::one(name),
                _ => only(false, not_known("the service")),
            },
            _ => {
                if let Some(tag) = name.strip_prefix("request.principal.group.tag.") {
                    return Some(only(human, self.group_tag(tag)));
                }
                let tag = name.strip_prefix("request.principal.compartment.tag.")?;
                return Some(self.compartment_tag(tag));
            }
        })
    }

    fn group_ocids(&self) -> Attribute {
        if let Some(reason) = &self.further {
            return Attribute::unknown(reason.clone());
        }
        let mut found = Vec::new();
        for (key, known) in self.groups() {
            let by_key = key.get(1..2).filter(|mark| *mark == "#").and_then(|_| key.get(2..));
            match known.and_then(|known| known.ocid.as_deref()).or(by_key) {
                Some(ocid) => found.push(Arc::from(ocid.to_lowercase())),
                None => {
                    let name = key.rsplit('/').next().unwrap_or(key);
                    return Attribute::unknown(format!("the OCID of group `{name}` is not known"));
                }
            }
        }
        found.sort_unstable();
        Attribute::Values(found)
    }

    fn group_tag(&self, tag: &str) -> Attribute {
        if let Some(reason) = &self.further {
            return Attribute::unknown(reason.clone());
        }
        let mut found = Vec::new();
        for (key, known) in self.groups() {
            match known {
                Some(known) if self.compiled.names.complete || !known.tags.is_empty() => {
                    found.extend(tag_value(&known.tags, tag));
                }
                _ => {
                    let name = key.rsplit('/').next().unwrap_or(key);
                    return Attribute::unknown(format!("the tags of group `{name}` are not known"));
                }
            }
        }
        if found.is_empty() { Attribute::Absent } else { Attribute::Values(found) }
    }

    fn compartment_tag(&self, tag: &str) -> Attribute {
        let not_known = || Attribute::unknown("the tags of the principal's compartment are not known");
        let tree = &self.compiled.tree;
        let place = match self.principal {
            Principal::User { .. } | Principal::Group(_) => return tags_of(tree.tags(ROOT), tag, not_known),
            Principal::Resource(_) => {
                self.resource.as_ref().and_then(|resource| resource.compartment.as_deref())
            }
            Principal::ApiKey(ocid) => self.compiled.api_key(ocid).and_then(|key| key.compartment.as_deref()),
            _ => None,
        };
        let target = place.and_then(|place| tree.target(Some(place)).ok()).filter(|target| target.known);
        let tags = target.as_ref().and_then(|target| target.chain.first()).and_then(|id| tree.tags(*id));
        tags_of(tags, tag, not_known)
    }
}

fn tags_of(tags: Option<&Tags>, tag: &str, not_known: impl Fn() -> Attribute) -> Attribute {
    match tags {
        Some(tags) => tag_value(tags, tag).map_or(Attribute::Absent, |value| Attribute::Values(vec![value])),
        None => not_known(),
    }
}

/// The value of a tag, `namespace.key` in any case.
pub fn tag_value(tags: &Tags, tag: &str) -> Option<Arc<str>> {
    let found = tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag));
    found.map(|(_, value)| value.to_lowercase().into())
}

/// The variables of matching rules.
// SPEC: names are not checked; one that doesn't exist is never carried, so that its test is never true.
impl Attributes for Caller<'_> {
    fn attribute(&self, variable: &str) -> Attribute {
        let Some(resource) = &self.resource else { return Attribute::Absent };
        let not_known = |what: &str| Attribute::unknown(format!("the {what} of the resource is not known"));
        let or_unknown =
            |value: Option<&str>, what: &str| value.map_or_else(|| not_known(what), Attribute::one);
        let instance = match resource.kind.as_deref() {
            Some(kind) => Truth::from(kind.eq_ignore_ascii_case("instance")),
            None => Truth::Unknown,
        };
        let of_instance = |value: Attribute| match instance {
            Truth::True => value,
            Truth::False => Attribute::Absent,
            Truth::Unknown => not_known("type"),
        };
        let compartment = || self.compartment().unwrap_or_else(|| not_known("compartment"));
        match variable {
            "resource.type" => or_unknown(resource.kind.as_deref(), "type"),
            "resource.id" => or_unknown(resource.ocid.as_deref(), "OCID"),
            "resource.compartment.id" => compartment(),
            "instance.id" => of_instance(or_unknown(resource.ocid.as_deref(), "OCID")),
            "instance.compartment.id" => of_instance(compartment()),
            // Names of before identity domains; the service takes them, and what they match now is not documented.
            "compartment.id" | "instance.compartment_id" => {
                Attribute::unknown(format!("what the old name `{variable}` matches is not documented"))
            }
            _ => match variable.strip_prefix("tag.").and_then(|rest| rest.strip_suffix(".value")) {
                Some(tag) => tags_of(resource.tags.as_ref(), tag, || not_known("tags")),
                None => Attribute::Absent,
            },
        }
    }
}
