//! Management of Generative AI: models, API keys, projects, endpoints, clusters, hosted applications and the like.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::resources::{Work, limit_exceeded, shown};
use super::{Asked, model, page, set};
use crate::authz::{ApiKey, Placed, Secret, Tenancy};
use crate::catalog::{self, Hosting, Model, Support};
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::change::Change;
use crate::sandbox::failure::{self, bad_request, not_found};
use crate::sandbox::store::{self, Store, Stored};
use crate::wire;

/// How long a secret lives when nobody says.
const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    super::resources::offered(asked)?;
    let work = Work::of(asked);
    // A pretrained model is in no compartment; whoever may see models at all may see it.
    if work.spot.collection == "models"
        && let Some(id) = work.id()
        && let Some(model) = pretrained(asked, &id)
    {
        let compartment = Some(super::places::root(asked.tenancy));
        return Ok(Target { compartment, model: Some(model.name.to_owned()), ..Target::default() });
    }
    if work.spot.collection == "hostedDeployments/artifacts" {
        let compartment = Some(deployment(&work)?.compartment);
        return Ok(Target { compartment, ..Target::default() });
    }
    work.target()
}

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    let work = Work::of(asked);
    match asked.route.operation.name {
        "ListModels" => {
            let region = asked.call.region;
            let own = work.held("models").into_iter().map(|item| item.value);
            let all =
                catalog::models().iter().filter_map(|model| shown_model(model, region)).chain(own).collect();
            page::listing(asked.call, all, |items| json!({ "items": items }))
        }
        "GetModel" => match pretrained(asked, &work.id().unwrap_or_default()) {
            Some(model) => shown_model(model, asked.call.region)
                .map(Answer::json)
                .ok_or_else(|| not_found(format!("`{}` is not in this region", model.name))),
            None => work.answer(),
        },
        "ListModelDiscovery" => {
            let all = catalog::models().iter().filter_map(discovered).collect();
            page::listing(asked.call, all, |items| json!({ "items": items }))
        }
        "CreateModel" => work.create(|stored| custom_model(asked, stored)),
        "CreateApiKey" => create_key(&work),
        "UpdateApiKey" | "ChangeApiKeyCompartment" | "DeleteApiKey" => change_key(&work),
        "SetApiKeyState" => set_state(&work),
        "RenewApiKey" => renew(&work),
        "CreateGenerativeAiProject"
        | "DeleteGenerativeAiProject"
        | "ChangeGenerativeAiProjectCompartment"
        | "CreateEndpoint"
        | "DeleteEndpoint"
        | "ChangeEndpointCompartment" => told(&work),
        "CreateDedicatedAiCluster" => {
            within_units(asked, &work.body()?)?;
            work.create(|stored| {
                let capacity = json!({ "capacityType": "HOSTING_CAPACITY", "totalEndpointCapacity": 50,
                    "usedEndpointCapacity": 0 });
                set(&mut stored.value, "capacity", capacity);
                Ok(())
            })
        }
        "CreateHostedApplication" => work.create(|stored| {
            if stored.value.get("inboundAuthConfig").is_none_or(Value::is_null) {
                return Err(
                    failure::of("app-create-no-auth", &[]).because("the body has no `inboundAuthConfig`")
                );
            }
            let host = format!(
                "https://inference.generativeai.{}.oci.oraclecloud.com/20251112/hostedApplications/{}",
                stored.region, stored.id
            );
            set(&mut stored.value, "applicationEndpoint", host);
            Ok(())
        }),
        "CreateHostedDeployment" => work.create(|stored| {
            let artifact = stored.value.get("activeArtifact").cloned().unwrap_or_else(|| json!({}));
            let artifact = artifact_of(asked, stored, artifact);
            set(&mut stored.value, "artifacts", json!([artifact]));
            set(&mut stored.value, "activeArtifact", artifact);
            Ok(())
        }),
        "AddArtifact" => add_artifact(&work),
        "DeleteHostedDeploymentArtifact" => delete_artifact(&work),
        "CreateVectorStoreConnectorFileSync" => work.create(|stored| {
            let now = store::time(asked.call.now);
            for (key, value) in [
                ("lifecycleState", "SUCCEEDED"),
                ("triggerType", "MANUAL"),
                ("timeStarted", now.as_str()),
                ("timeEnded", now.as_str()),
            ] {
                set(&mut stored.value, key, value);
            }
            Ok(())
        }),
        "ListDedicatedAiClustersAllocatableGpus" => {
            page::listing(asked.call, Vec::new(), |items| json!({ "items": items }))
        }
        "GetVectorStoreConnectorStats" => {
            work.parent()?;
            let none = json!({ "totalFilesSynced": 0, "syncStatsByFileType": {} });
            Ok(Answer::json(
                json!({ "timeGenerated": store::time(asked.call.now), "created": none, "updated": none,
                "deleted": none, "metadataUpdated": none, "ignored": none, "unsupported": none, "inProgress": none,
                "failed": none }),
            ))
        }
        "ListWorkRequestLogs" | "ListWorkRequestErrors" => logs(&work),
        _ => work.answer(),
    }
}

/// Puts into a store what the tenancy says of keys, projects and endpoints.
pub fn seed(store: &Store, tenancy: &Tenancy) {
    let region_of = |given: Option<&str>, ocid: &str| {
        let named = given.or_else(|| ocid.split('.').nth(3).filter(|part| !part.is_empty()));
        let named = named.or(tenancy.home_region.as_deref()).unwrap_or_default();
        catalog::region(named).map_or(named, |region| region.name).to_owned()
    };
    for key in &tenancy.api_keys {
        let compartment = super::places::named(tenancy, key.compartment.as_deref());
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
            let compartment = super::places::named(tenancy, one.compartment.as_deref());
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

fn pretrained(asked: Asked<'_>, id: &str) -> Option<&'static Model> {
    let region = asked.call.region;
    catalog::models().iter().find(|model| model.name == id || model::ocid_of(model, region) == id)
}

fn midnight(date: &str) -> String {
    // A month stands for its first day.
    let day = if date.len() == 7 { "-01" } else { "" };
    format!("{date}{day}T00:00:00.000Z")
}

fn capabilities(model: &Model) -> Vec<&'static str> {
    let mut found = match model.native {
        Some("GENERIC" | "COHERE" | "COHEREV2") => vec!["CHAT"],
        Some("embedText") => vec!["TEXT_EMBEDDINGS"],
        Some("rerankText") => vec!["TEXT_RERANK"],
        Some("generateText") => vec!["TEXT_GENERATION", "TEXT_SUMMARIZATION"],
        _ => Vec::new(),
    };
    if model.capability.contains("fine-tune") {
        found.push("FINE_TUNE");
    }
    found
}

/// A pretrained model as lists show it; none where it never was. Retired ones are listed as active, as OCI does.
fn shown_model(model: &Model, region: &str) -> Option<Value> {
    let row = model.in_region(region)?;
    let mut value = json!({
        "id": model::ocid_of(model, region),
        "compartmentId": null,
        "displayName": model.name,
        "vendor": model.vendor,
        "version": "1.0.0",
        "type": "BASE",
        "capabilities": capabilities(model),
        "lifecycleState": "ACTIVE",
        "lifecycleDetails": "",
        "isLongTermSupported": false,
        "timeCreated": midnight(model.release.unwrap_or("2024-01-23")),
        "freeformTags": {}, "definedTags": {}, "systemTags": {},
    });
    for (key, date) in [
        ("timeDeprecated", row.deprecated),
        ("timeOnDemandRetired", row.on_demand_retired),
        ("timeDedicatedRetired", row.dedicated_retired),
    ] {
        set(&mut value, key, date.map(midnight));
    }
    Some(value)
}

fn discovered(model: &'static Model) -> Option<Value> {
    let availability: Vec<_> = model
        .regions()
        .map(|row| {
            let modes: Vec<_> = [
                ("ON_DEMAND", row.expected.on_demand() == Some(true)),
                ("DEDICATED", matches!(row.expected, catalog::Mode::Both | catalog::Mode::Dedicated)),
            ]
            .into_iter()
            .filter(|(_, has)| *has)
            .map(|(mode, _)| match mode {
                "ON_DEMAND" => json!({ "servingType": mode, "modelId": model.name }),
                _ => json!({ "servingType": mode }),
            })
            .collect();
            json!({ "region": row.region, "realm": catalog::region(row.region).map(|region| region.realm),
                "servingModes": modes, "timeDeprecated": row.deprecated.map(midnight),
                "timeOnDemandRetired": row.on_demand_retired.map(midnight),
                "timeDedicatedRetired": row.dedicated_retired.map(midnight), "supportedReplacements": [] })
        })
        .collect();
    let apis = [("CHAT_COMPLETIONS", model.chat_completions), ("RESPONSES", model.responses)];
    let apis: Vec<_> =
        apis.into_iter().filter(|(_, support)| *support == Support::Yes).map(|(api, _)| api).collect();
    (!availability.is_empty()).then(|| {
        json!({ "modelId": model.name, "vendor": model.vendor, "capabilities": capabilities(model),
            "apiCapability": apis, "modalitySupport": [],
            "modelAccess": if model.hosting == Hosting::Proxy { "PROXY" } else { "HOSTED" },
            "parameters": [], "availability": availability })
    })
}

fn custom_model(asked: Asked<'_>, stored: &mut Stored) -> Result<(), Failure> {
    let base = stored.value.get("baseModelId").and_then(Value::as_str).unwrap_or_default();
    let Some(model) = model::named(asked.store, asked.call.region, base) else {
        return Err(Failure::new(
            400,
            "RelatedResourceNotAuthorizedOrNotFound",
            "Authorization failed or requested resource not found.",
        )
        .because(format!("`{base}` is no model of this region")));
    };
    for (key, value) in [
        ("vendor", json!(model.vendor)),
        ("version", json!("1.0")),
        ("type", json!("CUSTOM")),
        ("capabilities", json!(capabilities(model))),
    ] {
        set(&mut stored.value, key, value);
    }
    Ok(())
}

/// Refuses a cluster of units that the tenancy's limits do not give.
fn within_units(asked: Asked<'_>, body: &Value) -> Result<(), Failure> {
    let shape = body.get("unitShape").and_then(Value::as_str).unwrap_or_default();
    let count = body.get("unitCount").and_then(Value::as_i64).unwrap_or(1);
    let name = format!("dedicated-unit-{}-count", shape.to_ascii_lowercase().replace('_', "-"));
    match asked.tenancy.limits.get(&name) {
        Some(most) if *most < count => Err(limit_exceeded(&name, *most)),
        _ => Ok(()),
    }
}

// ---- API keys

/// A key's items without their secrets.
fn masked(value: &mut Value) {
    for item in value.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(fields) = item {
            fields.remove("key");
        }
    }
}

/// What the tenancy is to know of a key.
fn known(stored: &Stored) -> Change {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let items = stored.value.get("keys").and_then(Value::as_array);
    let secrets = items.into_iter().flatten().map(|item| Secret {
        name: text(item, "keyName"),
        state: text(item, "state"),
        expires: text(item, "timeExpiry"),
    });
    Change::ApiKey(ApiKey {
        ocid: stored.id.clone(),
        name: text(&stored.value, "displayName"),
        region: Some(stored.region.clone()),
        compartment: Some(stored.compartment.clone()),
        state: text(&stored.value, "lifecycleState"),
        secrets: secrets.collect(),
    })
}

/// A new secret's item, its text shown this once.
fn new_item(asked: Asked<'_>, details: &Value) -> Result<(Value, wire::Secret), Failure> {
    let name = details.get("keyName").and_then(Value::as_str).unwrap_or_default();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let first = name.chars().next();
    let starts = first.is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    if !starts || !name.chars().all(fits) || name.len() > 255 {
        return Err(bad_request(
            "keyName is invalid",
            format!(
                "`{name}` is no name of a key: a letter or underscore, then letters, digits, hyphens and underscores"
            ),
        ));
    }
    let now = asked.call.now;
    let expiry = match details.get("timeExpiry").and_then(Value::as_str) {
        None => now.checked_add(USUAL_LIFE).unwrap_or(now),
        Some(text) => text
            .parse::<Timestamp>()
            .map_err(|_| bad_request("timeExpiry is invalid", format!("`{text}` is no time")))?,
    };
    if expiry <= now {
        return Err(bad_request("timeExpiry must be in the future", "the expiry lies in the past"));
    }
    let secret = asked.store.plain_id("sk-", 48);
    let tail: String = secret.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let item = json!({ "key": secret, "keyName": name, "keyMask": format!("sk-****{tail}"), "state": "ACTIVE",
        "timeCreated": store::time(now), "timeActivated": store::time(now), "timeExpiry": store::time(expiry) });
    Ok((item, wire::Secret::new(secret)))
}

fn create_key(work: &Work<'_>) -> Result<Answer, Failure> {
    let asked = work.asked;
    let body = work.body()?;
    let details = body.get("keyDetails").and_then(Value::as_array).filter(|all| !all.is_empty());
    let Some(details) = details else {
        return Err(bad_request("keyDetails must not be empty", "the body has no `keyDetails`"));
    };
    if details.len() > 2 {
        return Err(bad_request("keyDetails must have at most 2 elements", "an API key has two secrets"));
    }
    let mut items = Vec::new();
    let mut secrets = Vec::new();
    for each in details {
        let (item, secret) = new_item(asked, each)?;
        items.push(item);
        secrets.push(secret);
    }
    let mut made = None;
    let answer = work.create(|stored| {
        if let Value::Object(fields) = &mut stored.value {
            fields.remove("keyDetails");
        }
        set(&mut stored.value, "keys", Value::Array(items.clone()));
        masked(&mut stored.value);
        made = Some(stored.clone());
        Ok(())
    })?;
    let Some(mut made) = made else { return Ok(answer) };
    let mut answer = answer.with_change(known(&made));
    for (at, secret) in secrets.into_iter().enumerate() {
        answer = answer.with_change(Change::Secret(made.id.clone(), at, secret));
    }
    set(&mut made.value, "keys", Value::Array(items));
    Ok(Answer { body: crate::sandbox::Body::Json(made.value), ..answer })
}

fn change_key(work: &Work<'_>) -> Result<Answer, Failure> {
    let id = work.id().unwrap_or_default();
    let answer = work.answer()?;
    let change = work.asked.store.get(&id).map_or_else(|| Change::Gone(id), |stored| known(&stored));
    Ok(answer.with_change(change))
}

/// Which item of a key a body names: the first when it has only one.
fn item_at(held: &Stored, name: Option<&str>) -> Result<usize, Failure> {
    let items = held.value.get("keys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let named = |item: &Value| item.get("keyName").and_then(Value::as_str) == name;
    let at = match name {
        None if items.len() == 1 => Some(0),
        _ => items.iter().position(named),
    };
    at.ok_or_else(|| {
        let shown = name.unwrap_or_default();
        bad_request("keyName is invalid", format!("the API key has no secret named `{shown}`"))
    })
}

fn state_of(held: &Stored, at: usize) -> &str {
    held.value.pointer(&format!("/keys/{at}/state")).and_then(Value::as_str).unwrap_or_default()
}

fn set_state(work: &Work<'_>) -> Result<Answer, Failure> {
    let held = work.item()?;
    work.matches(&held)?;
    let body = work.body()?;
    let at = item_at(&held, body.get("keyName").and_then(Value::as_str))?;
    let state = body.get("state").and_then(Value::as_str).unwrap_or_default();
    let mark = match state {
        "ACTIVE" => "timeActivated",
        "INACTIVE" => "timeDeactivated",
        "REVOKED" => "timeRevoked",
        other => {
            return Err(bad_request(
                "state is invalid",
                format!("`{other}` is none of ACTIVE, INACTIVE, REVOKED"),
            ));
        }
    };
    if state_of(&held, at) == "REVOKED" {
        return Err(Failure::new(409, "IncorrectState", "The key is revoked.")
            .because("a revoked secret stays revoked"));
    }
    let now = store::time(work.asked.call.now);
    let changed = work.asked.store.change(&held.id, |stored| {
        if let Some(item) = stored.value.pointer_mut(&format!("/keys/{at}")) {
            set(item, "state", state);
            set(item, mark, now.clone());
        }
        set(&mut stored.value, "timeUpdated", now);
    });
    let changed = changed.ok_or_else(|| not_found("it is gone meanwhile"))?;
    Ok(shown(&changed).with_change(known(&changed)))
}

fn renew(work: &Work<'_>) -> Result<Answer, Failure> {
    let held = work.item()?;
    work.matches(&held)?;
    let body = work.body()?;
    let details =
        body.get("details").or_else(|| body.get("keyDetails")).cloned().unwrap_or_else(|| json!({}));
    let at = item_at(&held, details.get("keyName").and_then(Value::as_str))?;
    let (item, secret) = new_item(work.asked, &details)?;
    let changed = work.asked.store.change(&held.id, |stored| {
        if let Some(slot) = stored.value.pointer_mut(&format!("/keys/{at}")) {
            *slot = item.clone();
        }
        masked(&mut stored.value);
        set(&mut stored.value, "timeUpdated", store::time(work.asked.call.now));
    });
    let changed = changed.ok_or_else(|| not_found("it is gone meanwhile"))?;
    let mut value = changed.value.clone();
    if let Some(slot) = value.pointer_mut(&format!("/keys/{at}")) {
        *slot = item;
    }
    Ok(Answer::json(value)
        .with_header("etag", changed.etag())
        .with_change(known(&changed))
        .with_change(Change::Secret(changed.id.clone(), at, secret)))
}

// ---- what the tenancy knows too

/// Changes of projects and endpoints, which the tenancy knows of.
fn told(work: &Work<'_>) -> Result<Answer, Failure> {
    let mut made = None;
    let answer = match work.asked.route.operation.method {
        "POST" if work.spot.action.is_none() => work.create(|stored| {
            made = Some(stored.id.clone());
            Ok(())
        })?,
        _ => work.answer()?,
    };
    let id = made.or_else(|| work.id()).unwrap_or_default();
    let change = match work.asked.store.get(&id) {
        None => Change::Gone(id),
        Some(stored) => {
            let text = |key: &str| stored.value.get(key).and_then(Value::as_str).map(str::to_owned);
            let placed = Placed {
                ocid: id,
                name: text("displayName"),
                region: Some(stored.region.clone()),
                compartment: Some(stored.compartment.clone()),
                state: text("lifecycleState"),
            };
            match work.spot.collection.as_str() {
                "endpoints" => Change::Endpoint(placed),
                _ => Change::Project(placed),
            }
        }
    };
    Ok(answer.with_change(change))
}

// ---- hosted deployments

fn artifact_of(asked: Asked<'_>, deployment: &Stored, mut artifact: Value) -> Value {
    let id = asked.store.ocid("generativeaiartifact", asked.call.region);
    for (key, value) in [
        ("id", id.as_str()),
        ("hostedDeploymentId", deployment.id.as_str()),
        ("status", "ACTIVE"),
        ("timeCreated", store::time(asked.call.now).as_str()),
    ] {
        set(&mut artifact, key, value);
    }
    artifact
}

/// The deployment that the path of an artifact names.
fn deployment(work: &Work<'_>) -> Result<Stored, Failure> {
    work.find("hostedDeployments", work.asked.part("hostedDeploymentId"))
}

fn add_artifact(work: &Work<'_>) -> Result<Answer, Failure> {
    let held = deployment(work)?;
    let given = work.body()?.get("artifact").cloned().unwrap_or_else(|| json!({}));
    let artifact = artifact_of(work.asked, &held, given);
    work.asked.store.change(&held.id, |stored| {
        if let Some(Value::Array(all)) = stored.value.get_mut("artifacts") {
            all.push(artifact);
        }
    });
    Ok(Answer::empty(202))
}

fn delete_artifact(work: &Work<'_>) -> Result<Answer, Failure> {
    let held = deployment(work)?;
    let id = work.asked.part("artifactId");
    let is = |artifact: &Value| artifact.get("id").and_then(Value::as_str) == Some(id);
    if held.value.get("activeArtifact").is_some_and(is) {
        return Err(failure::of("app-deployment-active", &[]).because("the artifact is the active one"));
    }
    let all = held.value.get("artifacts").and_then(Value::as_array);
    if !all.is_some_and(|all| all.iter().any(is)) {
        return Err(not_found(format!("the deployment has no artifact `{id}`")));
    }
    work.asked.store.change(&held.id, |stored| {
        if let Some(Value::Array(all)) = stored.value.get_mut("artifacts") {
            all.retain(|artifact| !is(artifact));
        }
    });
    Ok(Answer::empty(202))
}

/// Logs and errors of a work request: one line each way, since all end well here.
pub fn logs(work: &Work<'_>) -> Result<Answer, Failure> {
    let Some(request) = work.parent()? else { return Err(not_found("no work request is named")) };
    let items = match work.spot.collection.ends_with("/logs") {
        true => vec![
            json!({ "message": "The work request is done.", "timestamp": request.value.get("timeFinished") }),
        ],
        false => Vec::new(),
    };
    page::listing(work.asked.call, items, |items| json!({ "items": items }))
}
