//! What each plane answers once it is known who calls and what for. One file a plane; what several share stands in
//! files of its own: `model` (which model, and may it be called here), `turn` (what a model says), `text`.

mod agents;
mod code;
mod data;
mod identity;
mod inference;
mod kinds;
mod limits;
mod management;
mod model;
mod openai;
mod page;
mod places;
mod resources;
mod runtime;
pub(super) mod text;
mod turn;

use super::call::{Answer, Call, Caller, Failure, Route, Target};
use super::store::Store;
use crate::authz::Tenancy;
use serde_json::Value;

/// What a planes' function is given: the parts of one call that are the same for all of them.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub store: &'a Store,
    pub tenancy: &'a Tenancy,
    pub call: &'a Call,
    pub route: &'a Route,
}

impl<'a> Asked<'a> {
    /// A parameter of the path; routes always have those that their operation names.
    pub fn part(&self, name: &str) -> &'a str {
        self.route.parameters.get(name).map_or("", String::as_str)
    }
}

/// What a call wants to reach, found before the evaluator is asked. Fails where the service would say so before it
/// looks at rights: a body that is none, no compartment, a resource that does not exist.
pub fn target(store: &Store, tenancy: &Tenancy, call: &Call, route: &Route) -> Result<Target, Failure> {
    let asked = Asked { store, tenancy, call, route };
    match route.plane.name {
        "inference" => inference::target(asked),
        "inference-openai" => openai::target(asked),
        "management" => management::target(asked),
        "management-openai" => openai::store_target(asked),
        "agent-management" => agents::target(asked),
        "identity" => identity::target(asked),
        "limits" => limits::target(asked),
        "agent-runtime" => runtime::target(asked),
        "data" => data::target(asked),
        "sandbox" => code::target(asked),
        _ => Ok(Target::default()),
    }
}

/// The answer to a call that is allowed.
pub fn answer(
    store: &Store,
    tenancy: &Tenancy,
    call: &Call,
    route: &Route,
    caller: &Caller,
    target: &Target,
) -> Result<Answer, Failure> {
    let asked = Asked { store, tenancy, call, route };
    match route.plane.name {
        "inference" => inference::answer(asked, target),
        "inference-openai" => openai::answer(asked, caller),
        "management" => management::answer(asked),
        "management-openai" => openai::answer(asked, caller),
        "agent-management" => agents::answer(asked),
        "identity" => identity::answer(asked),
        "limits" => limits::answer(asked),
        "agent-runtime" => runtime::answer(asked),
        "data" => data::answer(asked),
        "sandbox" => code::answer(asked, target),
        _ => Err(Failure::new(501, "MethodNotImplemented", "The method is not implemented.")
            .because("the sandbox does not serve this plane")),
    }
}

/// Sets a field of a JSON object.
fn set(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(key.to_owned(), value.into());
    }
}

/// Gives an OCID to all of a tenancy that has none, since calls name things by OCID only. To be done before it is
/// served; changes rely on it.
pub fn complete(tenancy: &mut Tenancy) {
    identity::complete(tenancy);
}

/// Puts into a store what the tenancy says of resources that planes serve.
pub(super) fn seed(store: &Store, tenancy: &Tenancy) {
    management::seed(store, tenancy);
}

#[cfg(test)]
mod tests;
