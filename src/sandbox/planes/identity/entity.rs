//! What IAM lists, as documents made of the tenancy model. What the model leaves out, an OCID or a domain, is made up in
//! the same way each time.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::{Asked, places, text};
use super::SINCE;
use crate::authz::{Group, Policy, Tags, Tenancy, User};
use crate::sandbox::store;

/// A kind of thing that IAM keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Compartment,
    Group,
    User,
    Membership,
    DynamicGroup,
    Policy,
    Domain,
}

impl Kind {
    /// The kind of a collection in a path.
    pub fn of(collection: &str) -> Option<Self> {
        Some(match collection {
            "compartments" => Kind::Compartment,
            "groups" => Kind::Group,
            "users" => Kind::User,
            "userGroupMemberships" => Kind::Membership,
            "dynamicGroups" => Kind::DynamicGroup,
            "policies" => Kind::Policy,
            "domains" => Kind::Domain,
            _ => return None,
        })
    }

    /// The type in its OCID.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Compartment => "compartment",
            Kind::Group => "group",
            Kind::User => "user",
            Kind::Membership => "groupmembership",
            Kind::DynamicGroup => "dynamicgroup",
            Kind::Policy => "policy",
            Kind::Domain => "domain",
        }
    }
}

/// One thing.
pub struct Entity {
    pub ocid: String,
    /// The compartment that lists it.
    pub compartment: String,
    /// The compartment that a call of it concerns: itself for a compartment.
    pub target: String,
    /// The condition variables that it brings.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Its document.
    pub value: Value,
    /// Its place in the list of the model that it comes from.
    pub at: usize,
}

impl Entity {
    /// Its entity tag: changes with the document.
    pub fn etag(&self) -> String {
        format!("{:016x}", text::mark(&[&self.value.to_string()]))
    }
}

/// Defined tags as answers nest them.
pub fn tags(tags: &Tags) -> Value {
    let mut nested = Map::new();
    for (name, value) in tags {
        let (namespace, key) = name.split_once('.').unwrap_or(("Default", name));
        let inner = nested.entry(namespace).or_insert_with(|| json!({}));
        super::super::set(inner, key, value.clone());
    }
    Value::Object(nested)
}

/// The root as a compartment.
pub fn root_compartment(tenancy: &Tenancy) -> Value {
    let root = places::root(tenancy);
    let name = tenancy.name.as_deref().unwrap_or("sandbox");
    json!({ "id": root, "compartmentId": root, "name": name, "description": "The root Compartment of the tenancy",
        "timeCreated": SINCE, "lifecycleState": "ACTIVE", "inactiveStatus": null, "isAccessible": true,
        "freeformTags": {}, "definedTags": tags(&tenancy.tags) })
}

fn is_default(domain: Option<&str>) -> bool {
    domain.is_none_or(|domain| domain.eq_ignore_ascii_case("default"))
}

/// The OCID of a thing of an identity domain.
pub fn ocid_of(kind: Kind, given: Option<&String>, domain: Option<&str>, name: &str) -> String {
    let domain = domain.unwrap_or("Default").to_lowercase();
    given.cloned().unwrap_or_else(|| store::ocid(kind.word(), "", &[&domain, &name.to_lowercase()]))
}

pub fn group_ocid(group: &Group) -> String {
    ocid_of(Kind::Group, group.ocid.as_ref(), group.domain.as_deref(), &group.name)
}

pub fn user_ocid(user: &User) -> String {
    ocid_of(Kind::User, user.ocid.as_ref(), user.domain.as_deref(), &user.name)
}

/// Whether a user is in a group, by either's word.
pub fn is_member(group: &Group, user: &User) -> bool {
    let ocid = user_ocid(user);
    let same_domain = is_default(group.domain.as_deref()) == is_default(user.domain.as_deref());
    let listed = group.members.iter().any(|member| {
        member.eq_ignore_ascii_case(&ocid) || (same_domain && member.eq_ignore_ascii_case(&user.name))
    });
    let named = user.groups.iter().any(|name| match name.split_once('/') {
        Some((domain, name)) => {
            name.eq_ignore_ascii_case(&group.name)
                && group.domain.as_deref().unwrap_or("Default").eq_ignore_ascii_case(domain)
        }
        None => is_default(group.domain.as_deref()) && name.eq_ignore_ascii_case(&group.name),
    });
    listed || named
}

/// All things of a kind, in the order of the model. Those of other identity domains than Default are not IAM's to list.
pub fn all(asked: Asked<'_>, kind: Kind) -> Vec<Entity> {
    let tenancy = asked.tenancy;
    match kind {
        Kind::Compartment => compartments(tenancy),
        Kind::Group => of_default(&tenancy.groups, |group| &group.domain)
            .map(|(at, group)| {
                let more = json!({ "definedTags": tags(&group.tags) });
                plain(tenancy, kind, at, group_ocid(group), &group.name, more)
            })
            .collect(),
        Kind::User => users(tenancy),
        Kind::Membership => memberships(tenancy),
        Kind::DynamicGroup => of_default(&tenancy.dynamic_groups, |group| &group.domain)
            .map(|(at, group)| {
                let ocid = ocid_of(kind, group.ocid.as_ref(), None, &group.name);
                let more = json!({ "matchingRule": &*group.rule.text });
                plain(tenancy, kind, at, ocid, &group.name, more)
            })
            .collect(),
        Kind::Policy => policies(asked),
        Kind::Domain => domains(asked),
    }
}

/// The rows of the Default domain, each with its place in the model.
fn of_default<T>(rows: &[T], domain: fn(&T) -> &Option<String>) -> impl Iterator<Item = (usize, &T)> {
    rows.iter().enumerate().filter(move |(_, row)| is_default(domain(row).as_deref()))
}

/// A thing of the root compartment with the fields that all have, and `more` of its own.
fn plain(tenancy: &Tenancy, kind: Kind, at: usize, ocid: String, name: &str, more: Value) -> Entity {
    let root = places::root(tenancy);
    let mut value = json!({ "id": ocid, "compartmentId": root, "name": name, "description": name,
        "timeCreated": SINCE, "lifecycleState": "ACTIVE", "inactiveStatus": null, "freeformTags": {},
        "definedTags": {} });
    for (key, field) in more.as_object().into_iter().flatten() {
        super::super::set(&mut value, key, field.clone());
    }
    let attributes = BTreeMap::from([
        (format!("target.{}.id", kind.word()), vec![ocid.clone()]),
        (format!("target.{}.name", kind.word()), vec![name.to_owned()]),
    ]);
    Entity { ocid, compartment: root.clone(), target: root, attributes, value, at }
}

fn compartments(tenancy: &Tenancy) -> Vec<Entity> {
    let entity = |(at, place): (usize, places::Place<'_>)| {
        let more = json!({ "compartmentId": place.parent, "isAccessible": true,
            "definedTags": tags(&place.row.tags) });
        let entity = plain(tenancy, Kind::Compartment, at, place.ocid.clone(), &place.name, more);
        Entity { compartment: place.parent, target: place.ocid, attributes: BTreeMap::new(), ..entity }
    };
    places::compartments(tenancy).into_iter().enumerate().map(entity).collect()
}

fn users(tenancy: &Tenancy) -> Vec<Entity> {
    let capabilities = json!({ "canUseConsolePassword": true, "canUseApiKeys": true,
        "canUseAuthTokens": true, "canUseSmtpCredentials": true, "canUseDbCredentials": true,
        "canUseCustomerSecretKeys": true, "canUseOAuth2ClientCredentials": true });
    let more = json!({ "email": null, "emailVerified": false, "identityProviderId": null,
        "capabilities": capabilities, "isMfaActivated": false });
    of_default(&tenancy.users, |user| &user.domain)
        .map(|(at, user)| plain(tenancy, Kind::User, at, user_ocid(user), &user.name, more.clone()))
        .collect()
}

fn memberships(tenancy: &Tenancy) -> Vec<Entity> {
    let root = places::root(tenancy);
    let mut found = Vec::new();
    for (at, group) in of_default(&tenancy.groups, |group| &group.domain) {
        for user in tenancy.users.iter().filter(|user| is_member(group, user)) {
            let (group, user) = (group_ocid(group), user_ocid(user));
            let ocid = store::ocid(Kind::Membership.word(), "", &[&group, &user]);
            let value = json!({ "id": ocid, "compartmentId": root, "groupId": group, "userId": user,
                "timeCreated": SINCE, "lifecycleState": "ACTIVE", "inactiveStatus": null });
            let (compartment, target) = (root.clone(), root.clone());
            found.push(Entity { ocid, compartment, target, attributes: BTreeMap::new(), value, at });
        }
    }
    found
}

fn policies(asked: Asked<'_>) -> Vec<Entity> {
    let tenancy = asked.tenancy;
    let since = asked.store.since("policies", SINCE);
    let entity = |(at, policy): (usize, &Policy)| {
        let compartment = places::named(tenancy, policy.compartment.as_deref());
        let made = || store::ocid(Kind::Policy.word(), "", &[&compartment, &policy.name]);
        let ocid = policy.ocid.clone().unwrap_or_else(made);
        let statements: Vec<_> = policy.statements.iter().map(|one| one.text.to_string()).collect();
        let more = json!({ "compartmentId": compartment, "statements": statements, "versionDate": null,
            "timeCreated": since });
        let entity = plain(tenancy, Kind::Policy, at, ocid, &policy.name, more);
        Entity { compartment: compartment.clone(), target: compartment, ..entity }
    };
    tenancy.policies.iter().enumerate().map(entity).collect()
}

fn domains(asked: Asked<'_>) -> Vec<Entity> {
    let tenancy = asked.tenancy;
    let root = places::root(tenancy);
    let home = super::home(tenancy).map_or("", |region| region.name);
    let others = tenancy.domains.iter().filter(|domain| !is_default(Some(&domain.name)));
    let default = tenancy.domains.iter().find(|domain| is_default(Some(&domain.name)));
    std::iter::once(("Default", default.and_then(|domain| domain.ocid.as_ref()), "DEFAULT"))
        .chain(others.map(|domain| (domain.name.as_str(), domain.ocid.as_ref(), "SECONDARY")))
        .enumerate()
        .map(|(at, (name, ocid, typed))| {
            let ocid = ocid.cloned().unwrap_or_else(|| store::ocid("domain", "", &[&root, name]));
            // Its own name is the host of a real one; here a path below the door stands for it.
            let url = format!("http://{}/domains/{}", asked.call.host, name.to_lowercase());
            let more = json!({ "displayName": name, "url": url, "homeRegionUrl": url, "homeRegion": home,
                "replicaRegions": [], "type": typed, "licenseType": "free", "isHiddenOnLogin": false });
            plain(tenancy, Kind::Domain, at, ocid, name, more)
        })
        .collect()
}
