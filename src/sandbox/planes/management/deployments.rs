//! The artifacts of hosted deployments.

use serde_json::{Value, json};

use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::failure::{self, not_found};
use crate::sandbox::planes::resources::Work;
use crate::sandbox::planes::{Asked, set};
use crate::sandbox::store::{self, Stored};

pub(super) fn artifact_of(asked: Asked<'_>, deployment: &Stored, mut artifact: Value) -> Value {
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
pub(super) fn deployment(work: &Work<'_>) -> Result<Stored, Failure> {
    work.find("hostedDeployments", work.asked.part("hostedDeploymentId"))
}

pub(super) fn add_artifact(work: &Work<'_>) -> Result<Answer, Failure> {
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

pub(super) fn delete_artifact(work: &Work<'_>) -> Result<Answer, Failure> {
    let held = deployment(work)?;
    let id = work.asked.part("artifactId");
    let is = |artifact: &Value| artifact.get("id").and_then(Value::as_str) == Some(id);
    if held.value.get("activeArtifact").is_some_and(is) {
        return Err(failure::of("app-deployment-active").because("the artifact is the active one"));
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
