//! Puts into a store what the tenancy says of keys, projects and endpoints.

use serde_json::{Value, json};

use crate::authz::Tenancy;
use crate::catalog;
use crate::sandbox::planes::{places, set};
use crate::sandbox::store::{Store, Stored};

/// Puts into a store what the tenancy says of keys, projects and endpoints.
pub fn seed(store: &Store, tenancy: &Tenancy) {
    let region_of = |given: Option<&str>, ocid: &str| {
        let named = given.or_else(|| ocid.split('.').nth(3).filter(|part| !part.is_empty()));
        let named = named.or(tenancy.home_region.as_deref()).unwrap_or_default();
        catalog::region(named).map_or(named, |region| region.name).to_owned()
    };
    for key in &tenancy.api_keys {
        let compartment = places::named(tenancy, key.compartment.as_deref());
        let items: Vec<_> = key
            .secrets
            .iter()
            .enumerate()
            .map(|(at, secret)| {
                json!({ "keyName": secret.name.clone().unwrap_or_else(|| format!("key-{}", at + 1)),
                    "keyMask": "sk-****", "state": secret.state.as_deref().unwrap_or("ACTIVE"),
                    "timeExpiry": secret.expires })
            })
            .collect();
        let region = region_of(key.region.as_deref(), &key.ocid);
        let more = json!({ "keys": items });
        put(
            store,
            "management/apikeys",
            (&key.ocid, key.name.as_deref(), &region, &compartment),
            key.state.as_deref(),
            &more,
        );
    }
    for (collection, list) in [("generativeAiProjects", &tenancy.projects), ("endpoints", &tenancy.endpoints)]
    {
        for one in list {
            let compartment = places::named(tenancy, one.compartment.as_deref());
            let region = region_of(one.region.as_deref(), &one.ocid);
            let place = (one.ocid.as_str(), one.name.as_deref(), region.as_str(), compartment.as_str());
            let collection = match one.ocid.split('.').nth(1) {
                Some("genaiagentendpoint") => "agent-management/agentEndpoints".to_owned(),
                _ => format!("management/{collection}"),
            };
            put(store, &collection, place, one.state.as_deref(), &json!({}));
        }
    }
}

/// Something of the tenancy with OCID, name, region and compartment.
fn put(
    store: &Store,
    kind: &str,
    place: (&str, Option<&str>, &str, &str),
    state: Option<&str>,
    more: &Value,
) {
    let (id, name, region, compartment) = place;
    // The model knows no dates.
    let since = store.since(kind.rsplit('/').next().unwrap_or(kind), "2026-01-21T00:00:00.000Z");
    let mut value = json!({ "id": id, "displayName": name.unwrap_or(kind), "compartmentId": compartment,
        "lifecycleState": state.unwrap_or("ACTIVE"), "timeCreated": since, "timeUpdated": since,
        "freeformTags": {}, "definedTags": {}, "systemTags": {} });
    for (key, field) in more.as_object().into_iter().flatten() {
        set(&mut value, key, field.clone());
    }
    store.put(Stored {
        id: id.to_owned(),
        kind: kind.to_owned(),
        region: region.to_owned(),
        compartment: compartment.to_owned(),
        parent: None,
        version: 0,
        value,
    });
}
