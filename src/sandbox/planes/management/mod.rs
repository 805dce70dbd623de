//! Management of Generative AI: models, API keys, projects, endpoints, clusters, hosted applications and the like.

mod deployments;
mod keys;
mod models;
mod seed;

use serde_json::{Value, json};

use super::resources::{Work, limit_exceeded};
use super::{Asked, page, set};
use crate::authz::Placed;
use crate::catalog;
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::change::Change;
use crate::sandbox::failure::{self, not_found};
use crate::sandbox::store;

pub use seed::seed;

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    super::resources::offered(asked)?;
    let work = Work::of(asked);
    // A pretrained model is in no compartment; whoever may see models at all may see it.
    if work.spot.collection == "models"
        && let Some(id) = work.id()
        && let Some(model) = models::pretrained(asked, &id)
    {
        let compartment = Some(super::places::root(asked.tenancy));
        return Ok(Target { compartment, model: Some(model.name.to_owned()), ..Target::default() });
    }
    if work.spot.collection == "hostedDeployments/artifacts" {
        let compartment = Some(deployments::deployment(&work)?.compartment);
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
            let all = catalog::models()
                .iter()
                .filter_map(|model| models::shown(model, region))
                .chain(own)
                .collect();
            page::items(asked.call, all)
        }
        "GetModel" => match models::pretrained(asked, &work.id().unwrap_or_default()) {
            Some(model) => models::shown(model, asked.call.region)
                .map(Answer::json)
                .ok_or_else(|| not_found(format!("`{}` is not in this region", model.name))),
            None => work.answer(),
        },
        "ListModelDiscovery" => {
            let all = catalog::models().iter().filter_map(models::discovered).collect();
            page::items(asked.call, all)
        }
        "CreateModel" => work.create(|stored| models::custom(asked, stored)),
        "CreateApiKey" => keys::create(&work),
        "UpdateApiKey" | "ChangeApiKeyCompartment" | "DeleteApiKey" => keys::change(&work),
        "SetApiKeyState" => keys::set_state(&work),
        "RenewApiKey" => keys::renew(&work),
        "CreateGenerativeAiProject"
        | "DeleteGenerativeAiProject"
        | "ChangeGenerativeAiProjectCompartment"
        | "CreateEndpoint"
        | "DeleteEndpoint"
        | "ChangeEndpointCompartment" => told(&work),
        "CreateDedicatedAiCluster" => {
            within_units(asked, &work.body()?)?;
            work.create(|stored| {
                let most = catalog::limit("endpoint-per-dedicated-unit-count");
                let most = most.and_then(|limit| limit.value.parse::<i64>().ok()).unwrap_or_default();
                let capacity = json!({ "capacityType": "HOSTING_CAPACITY", "totalEndpointCapacity": most,
                    "usedEndpointCapacity": 0 });
                set(&mut stored.value, "capacity", capacity);
                Ok(())
            })
        }
        "CreateHostedApplication" => work.create(|stored| {
            if stored.value.get("inboundAuthConfig").is_none_or(Value::is_null) {
                return Err(failure::of("app-create-no-auth").because("the body has no `inboundAuthConfig`"));
            }
            let endpoint = application_endpoint(stored);
            set(&mut stored.value, "applicationEndpoint", endpoint);
            Ok(())
        }),
        "CreateHostedDeployment" => work.create(|stored| {
            let artifact = stored.value.get("activeArtifact").cloned().unwrap_or_else(|| json!({}));
            let artifact = deployments::artifact_of(asked, stored, artifact);
            set(&mut stored.value, "artifacts", json!([artifact]));
            set(&mut stored.value, "activeArtifact", artifact);
            Ok(())
        }),
        "AddArtifact" => deployments::add_artifact(&work),
        "DeleteHostedDeploymentArtifact" => deployments::delete_artifact(&work),
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
        "ListDedicatedAiClustersAllocatableGpus" => page::items(asked.call, Vec::new()),
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

/// Where a hosted application is called, as OCI would have it.
fn application_endpoint(stored: &store::Stored) -> String {
    let plane = catalog::plane("hosted-app-invoke");
    let host = plane.zip(catalog::region(&stored.region)).and_then(|(plane, region)| plane.host_in(region));
    let base = plane.and_then(|plane| plane.bases.first().copied());
    format!("https://{}{}/{}", host.unwrap_or_default(), base.unwrap_or_default(), stored.id)
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

/// Logs and errors of a work request: one line each way, since all end well here.
pub fn logs(work: &Work<'_>) -> Result<Answer, Failure> {
    let Some(request) = work.parent()? else { return Err(not_found("no work request is named")) };
    let items = match work.spot.collection.ends_with("/logs") {
        true => vec![
            json!({ "message": "The work request is done.", "timestamp": request.value.get("timeFinished") }),
        ],
        false => Vec::new(),
    };
    page::items(work.asked.call, items)
}
