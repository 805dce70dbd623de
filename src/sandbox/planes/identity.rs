//! IAM: the tenancy, its regions, compartments, groups, users, dynamic groups, policies and identity domains, read from
//! the served tenancy and changed in it.

mod entity;
mod write;

use serde_json::{Value, json};

use super::{Asked, page, places};
use crate::authz::Tenancy;
use crate::catalog::{self, Region, Trait};
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::failure::{bad_request, not_found};
use crate::sandbox::store;
use entity::{Entity, Kind};

/// When all that the model gives no date for was made.
const SINCE: &str = "2024-01-23T08:00:00.000Z";

/// Gives an OCID to all of the tenancy that has none, the same each time.
pub fn complete(tenancy: &mut Tenancy) {
    let root = places::root(tenancy);
    let compartments: Vec<_> = places::compartments(tenancy).into_iter().map(|place| place.ocid).collect();
    let attached: Vec<_> =
        tenancy.policies.iter().map(|policy| places::named(tenancy, policy.compartment.as_deref())).collect();
    for (row, ocid) in tenancy.compartments.iter_mut().zip(compartments) {
        row.ocid.get_or_insert(ocid);
    }
    for (row, compartment) in tenancy.policies.iter_mut().zip(attached) {
        row.ocid.get_or_insert_with(|| store::ocid("policy", "", &[&compartment, &row.name]));
    }
    for row in &mut tenancy.domains {
        row.ocid.get_or_insert_with(|| store::ocid("domain", "", &[&root, &row.name]));
    }
    for row in &mut tenancy.groups {
        row.ocid = Some(entity::group_ocid(row));
    }
    for row in &mut tenancy.users {
        row.ocid = Some(entity::user_ocid(row));
    }
    for row in &mut tenancy.dynamic_groups {
        row.ocid =
            Some(entity::ocid_of(Kind::DynamicGroup, row.ocid.as_ref(), row.domain.as_deref(), &row.name));
    }
    tenancy.ocid = Some(root);
}

/// What the path's last word before an id says that is wanted.
fn kind(asked: Asked<'_>) -> Option<Kind> {
    let path = asked.route.operation.paths.first()?;
    Kind::of(path.split('/').nth(2)?)
}

/// The id in the path, whatever its parameter is called.
fn id<'a>(asked: Asked<'a>) -> Option<&'a str> {
    asked.route.parameters.values().next().map(String::as_str)
}

/// What the path names.
fn item(asked: Asked<'_>) -> Result<Entity, Failure> {
    let (Some(kind), Some(id)) = (kind(asked), id(asked)) else {
        return Err(not_found("the path names nothing that is kept"));
    };
    entity::all(asked, kind)
        .into_iter()
        .find(|entity| entity.ocid.eq_ignore_ascii_case(id))
        .ok_or_else(|| not_found(format!("the tenancy has no `{id}`")))
}

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    let root = places::root(asked.tenancy);
    let at = |compartment: String| Target { compartment: Some(compartment), ..Target::default() };
    match (asked.route.operation.name, asked.route.operation.method, id(asked)) {
        ("GetTenancy" | "ListRegionSubscriptions", _, Some(id)) if id != root => {
            Err(not_found(format!("`{id}` is not the served tenancy")))
        }
        ("GetTenancy" | "ListRegionSubscriptions" | "ListRegions", ..) => Ok(at(root)),
        ("GetCompartment", _, Some(id)) if id == root => Ok(at(root)),
        (_, _, Some(_)) => {
            let entity = item(asked)?;
            let mut target = at(entity.target);
            target.attributes = entity.attributes;
            Ok(target)
        }
        ("AddUserToGroup", ..) => Ok(at(root)),
        (_, "POST", _) => {
            let body = write::body(asked)?;
            match body.get("compartmentId").and_then(Value::as_str).filter(|text| !text.is_empty()) {
                Some(compartment) => Ok(at(compartment.to_owned())),
                None => Err(bad_request("Missing compartmentId", "the body has no `compartmentId`")),
            }
        }
        _ => match asked.call.parameter("compartmentId").filter(|given| !given.is_empty()) {
            Some(compartment) => Ok(at(compartment)),
            None => Err(Failure::new(400, "MissingParameter", "Missing compartmentId")
                .because("the query has no `compartmentId`")),
        },
    }
}

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    let operation = asked.route.operation;
    match (operation.name, operation.method) {
        ("GetTenancy", _) => Ok(Answer::json(tenancy(asked.tenancy))),
        ("ListRegionSubscriptions", _) => listing(asked, subscriptions(asked)),
        ("ListApiKeys", _) => listing(asked, signing_keys(asked)),
        ("ListRegions", _) => {
            let realm = home(asked.tenancy).map_or("oc1", |region| region.realm);
            let all = catalog::regions().iter().filter(|region| region.realm == realm);
            let shown = all.map(|region| json!({ "key": key(region), "name": region.name }));
            listing(asked, shown.collect())
        }
        ("ListAvailabilityDomains", _) => listing(asked, availability_domains(asked)),
        ("GetCompartment", _) if id(asked) == Some(&places::root(asked.tenancy)) => {
            Ok(Answer::json(entity::root_compartment(asked.tenancy)))
        }
        (_, "GET") if id(asked).is_some() => {
            let entity = item(asked)?;
            Ok(Answer::json(entity.value.clone()).with_header("etag", entity.etag()))
        }
        (_, "GET") => listed(asked),
        _ => write::answer(asked),
    }
}

fn listing(asked: Asked<'_>, items: Vec<Value>) -> Result<Answer, Failure> {
    page::array(asked.call, items)
}

fn listed(asked: Asked<'_>) -> Result<Answer, Failure> {
    let Some(kind) = kind(asked) else { return Err(not_found("the path names nothing that is kept")) };
    let wanted = asked.call.parameter("compartmentId").unwrap_or_default();
    let root = places::root(asked.tenancy);
    let subtree = asked.call.parameter("compartmentIdInSubtree").is_some_and(|given| given == "true");
    if subtree && wanted != root {
        return Err(bad_request(
            "compartmentIdInSubtree can only be set to true when the compartmentId is the tenancyId",
            "only of the root can all levels be listed at once",
        ));
    }
    if kind == Kind::Membership
        && ["userId", "groupId"].iter().all(|name| asked.call.parameter(name).is_none())
    {
        return Err(bad_request(
            "Either userId or groupId must be specified",
            "the query names no user and no group",
        ));
    }
    let found = entity::all(asked, kind).into_iter();
    let within = found.filter(|entity| subtree || entity.compartment == wanted);
    listing(asked, within.map(|entity| entity.value).collect())
}

/// The home region; the catalogue's first with the service when the model names none.
fn home(tenancy: &Tenancy) -> Option<&'static Region> {
    let named = tenancy.home_region.as_deref().and_then(catalog::region);
    named.or_else(|| catalog::region("us-ashburn-1"))
}

fn key(region: &Region) -> &str {
    region.key.unwrap_or(region.name)
}

fn tenancy(tenancy: &Tenancy) -> Value {
    json!({
        "id": places::root(tenancy),
        "name": tenancy.name.as_deref().unwrap_or("sandbox"),
        "description": tenancy.name.as_deref().unwrap_or("sandbox"),
        "homeRegionKey": home(tenancy).map(key),
        "upiIdcsCompatibilityLayerEndpoint": null,
        "freeformTags": {},
        "definedTags": entity::tags(&tenancy.tags),
    })
}

/// The API signing keys of the user in the path.
fn signing_keys(asked: Asked<'_>) -> Vec<Value> {
    let since = asked.store.since("apiKeys", SINCE);
    let user = id(asked).unwrap_or_default();
    let root = places::root(asked.tenancy);
    let of_user = asked.store.shown.signing_keys.iter().filter(|(owner, _)| owner == user);
    of_user
        .map(|(user, print)| {
            json!({ "keyId": format!("{root}/{user}/{print}"), "fingerprint": print, "userId": user,
                "timeCreated": since, "lifecycleState": "ACTIVE", "inactiveStatus": null })
        })
        .collect()
}

fn subscriptions(asked: Asked<'_>) -> Vec<Value> {
    let tenancy = asked.tenancy;
    let home = home(tenancy);
    let named = tenancy.regions.clone().unwrap_or_default();
    let mut regions: Vec<_> = named.iter().filter_map(|name| catalog::region(name)).collect();
    if let Some(home) = home
        && !regions.iter().any(|region| region.name == home.name)
    {
        regions.insert(0, home);
    }
    let is_home = |region: &Region| home.is_some_and(|home| home.name == region.name);
    let preparing = |region: &Region| asked.store.shown.preparing.iter().any(|name| name == region.name);
    let state = |region: &Region| if preparing(region) { "IN_PROGRESS" } else { "READY" };
    regions
        .into_iter()
        .map(|region| {
            json!({ "regionKey": key(region), "regionName": region.name, "status": state(region),
                "isHomeRegion": is_home(region) })
        })
        .collect()
}

fn availability_domains(asked: Asked<'_>) -> Vec<Value> {
    let region = asked.call.region;
    let root = places::root(asked.tenancy);
    let prefix = super::text::letters(&[&root], 4);
    (1..=if Trait::SeveralAvailabilityDomains.is_of(region) { 3 } else { 1 })
        .map(|number| {
            let name = format!("{prefix}:{}-AD-{number}", region.to_uppercase());
            json!({ "id": store::ocid("availabilitydomain", "", &[&name]), "name": name, "compartmentId": root })
        })
        .collect()
}
