//! Which compartment a call of the OpenAI-compatible API is for, and whose the things are that it keeps: a project's.

use super::super::{Asked, model};
use crate::catalog::Trait;
use crate::sandbox::call::{Call, Failure};
use crate::sandbox::failure;
use crate::sandbox::store::Stored;

/// What the headers say.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The compartment; none leaves it to the API key's own.
    pub compartment: Option<String>,
    /// The OCID of the project or conversation store; empty without one.
    pub owner: String,
}

impl Scope {
    /// Whether something kept is this scope's. What was made without a project is everybody's.
    pub fn owns(&self, held: &Stored) -> bool {
        let parent = held.parent.as_deref().unwrap_or_default();
        parent.is_empty() || parent == self.owner
    }
}

/// Base paths that need no project for Responses either.
const FREE_BASES: [&str; 2] = ["/20231130/actions/v1/", "/v1/"];

/// Whether a call brings a GenAI API key: its compartment then is the key's own.
fn by_key(call: &Call) -> bool {
    call.headers
        .get("authorization")
        .is_some_and(|value| value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")))
}

/// The compartment that the headers name.
fn compartment(call: &Call) -> Option<String> {
    ["opc-compartment-id", "compartmentid"]
        .iter()
        .find_map(|name| call.headers.get(name))
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

/// What the headers of a call say; `named` is the model in its body.
pub fn of(asked: Asked<'_>, named: Option<&str>) -> Result<Scope, Failure> {
    let call = asked.call;
    let project = project(asked)?;
    let owner = match &project {
        Some(project) => project.id.clone(),
        None => call.headers.get("opc-conversation-store-id").unwrap_or_default().to_owned(),
    };
    let operation = asked.route.operation.name;
    let free = Trait::NoProjectNeeded.is_of(operation)
        || asked.route.plane.name != "inference-openai"
        || FREE_BASES.iter().any(|base| call.path().starts_with(base));
    if owner.is_empty() && !free {
        return Err(missing_project(asked, named));
    }
    let compartment = compartment(call).or_else(|| project.map(|project| project.compartment));
    if compartment.is_none() && !by_key(call) {
        return Err(failure::of("missing-compartment-native")
            .because("a signed call needs the header `opc-compartment-id` or `CompartmentId`"));
    }
    Ok(Scope { compartment, owner })
}

/// The project of the header, if it is one that may be used here.
fn project(asked: Asked<'_>) -> Result<Option<Stored>, Failure> {
    let call = asked.call;
    let Some(id) = call.headers.get("openai-project") else { return Ok(None) };
    if Trait::NoProjectNeeded.is_of(asked.route.operation.name) {
        // Not looked at, so a wrong one does no harm.
        return Ok(asked.store.get(id).filter(|held| held.kind == "management/generativeAiProjects"));
    }
    if id.trim().is_empty() {
        let mut failed = failure::of("empty-project-header");
        "Invalid OpenAI project".clone_into(&mut failed.message);
        return Err(failed.because("the header `OpenAI-Project` is empty"));
    }
    let invalid = |because: String| Err(failure::of("invalid-project").because(because));
    let elsewhere = id.split('.').nth(3).and_then(crate::catalog::region).map(|region| region.name);
    match asked.store.get(id).filter(|held| held.kind == "management/generativeAiProjects") {
        Some(held) if held.region != call.region => {
            invalid(format!("the project belongs to {} and the call went to {}", held.region, call.region))
        }
        Some(held) => match held.value.get("lifecycleState").and_then(serde_json::Value::as_str) {
            Some("ACTIVE") | None => Ok(Some(held)),
            Some(state) => invalid(format!("the project is {state}")),
        },
        None if elsewhere.is_some_and(|region| region != call.region) => invalid(format!(
            "the project's OCID names {} and the call went to {}",
            elsewhere.unwrap_or_default(),
            call.region
        )),
        None => Err(failure::of("new-project").because(format!("the sandbox has no project `{id}`"))),
    }
}

/// What is said without a project; for models of OpenAI and for files it speaks of the compartment instead.
fn missing_project(asked: Asked<'_>, named: Option<&str>) -> Failure {
    let model = named.and_then(|id| model::named(asked.store, asked.call.region, id));
    let talk = ["Response", "Conversation"].iter().any(|word| asked.route.operation.name.contains(word));
    let misleading = model.is_some_and(|model| model.vendor == "openai") || !talk;
    let name = if misleading { "missing-project-misleading" } else { "missing-project" };
    failure::of(name).because("the call has neither `OpenAI-Project` nor `opc-conversation-store-id`")
}
