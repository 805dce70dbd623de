//! Whether a caller may do what it asks for: the evaluator's answer on the served tenancy, made definite.
//!
//! A service can't answer "unknown". Where the documentation states no permission for an operation, a verb on the
//! family of its service stands in, and the log says so; what a policy leaves open otherwise is not granted.

use crate::authz::{
    Decision, NearMiss, Prepared, Principal, Request, Right, Tags, Verdict, Wanted, near_misses,
};
use crate::catalog::{Trait, Verb};

use super::call::{Call, Caller, Route, Target};
use super::world::World;

/// A decision that a service can act on.
#[derive(Debug)]
pub struct Ruling {
    /// Whether the call goes on.
    pub allowed: bool,
    /// What was asked for, in words.
    pub asked: String,
    /// The evaluator's decision behind it.
    pub decision: Decision,
    /// What was assumed where nothing is documented.
    pub assumed: Option<String>,
    /// The statements that come closest, when it is refused.
    pub near_misses: Vec<NearMiss>,
}

/// Decides a call.
pub fn rule(world: &World, call: &Call, route: &Route, caller: &Caller, target: &Target) -> Ruling {
    let ruling = by_policies(world, call, route, caller, target);
    // SPEC: scope and audience of the token decide, no policy does.
    if caller.auth_method == "oauth" && !ruling.allowed {
        return needless(ruling, "access tokens are not governed by policies");
    }
    ruling
}

/// The ruling on a call that no statement need grant.
fn needless(ruling: Ruling, reason: &str) -> Ruling {
    Ruling { allowed: true, assumed: Some(reason.to_owned()), near_misses: Vec::new(), ..ruling }
}

fn by_policies(world: &World, call: &Call, route: &Route, caller: &Caller, target: &Target) -> Ruling {
    // A call with a GenAI API key that names no compartment is for the key's own.
    let own = caller.compartment.as_deref().filter(|_| caller.auth_method == "genai-api-key");
    let mut request = Request::new(
        caller.principal.clone(),
        Wanted::Operation(route.operation),
        target.compartment.as_deref().or(own),
    );
    request.region = Some(call.region.to_owned());
    request.model.clone_from(&target.model);
    request.time = Some(call.now.to_string());
    request.tags = Some(Tags::new());
    request.attributes.clone_from(&target.attributes);
    // No network source takes loopback in, and nobody passes multi-factor authentication here.
    request.attributes.entry("request.networksource.name".into()).or_default();
    if matches!(caller.principal, Principal::User { .. }) {
        let attributes = request.attributes.entry("request.user.mfatotpverified".into());
        attributes.or_insert_with(|| vec!["false".to_owned()]);
    }
    let ruling = decided(world, &request);
    if ruling.allowed {
        return ruling;
    }
    let name = route.operation.name;
    let instance = caller.auth_method == "instance-principal";
    // SPEC: users look after their own credentials without a statement.
    if name == "ListApiKeys" && route.parameters.get("userId").is_some_and(|user| *user == caller.ocid) {
        return needless(ruling, "it is the caller's own");
    }
    if Trait::OpenToAll.is_of(name) || (instance && Trait::OpenToInstances.is_of(name)) {
        return needless(ruling, "no statement is needed for it");
    }
    let undocumented = |decision: &Decision| {
        decision.unmet.iter().flatten().any(|right| matches!(right, Right::Undocumented(_)))
    };
    if ruling.decision.verdict != Verdict::Unknown || !undocumented(&ruling.decision) {
        return ruling;
    }
    for wanted in stand_ins(route) {
        let asked = wanted.label();
        let stand_in = decided(world, &Request { wanted, ..request.clone() });
        let assumed = Some(format!("no page states the permission of {name}; `{asked}` stands in for it"));
        if stand_in.allowed || route.operation.resource_type.is_some() {
            return Ruling { assumed, ..stand_in };
        }
    }
    let assumed =
        Some(format!("no page states the permission of {name}, and no statement on its service applies"));
    Ruling { assumed, ..ruling }
}

fn decided(world: &World, request: &Request) -> Ruling {
    let asked = request.wanted.label();
    let prepared = match Prepared::new(&world.compiled, request) {
        Ok(prepared) => prepared,
        Err(_) => {
            let decision = crate::authz::decide(&world.compiled, request);
            return Ruling { allowed: false, asked, decision, assumed: None, near_misses: Vec::new() };
        }
    };
    let decision = prepared.decide();
    let allowed = decision.verdict == Verdict::Allow;
    let near_misses = if allowed { Vec::new() } else { near_misses(&prepared, &decision) };
    Ruling { allowed, asked, decision, assumed: None, near_misses }
}

/// What stands in for a permission that no page states, weakest first.
fn stand_ins(route: &Route) -> Vec<Wanted> {
    let verb = match route.operation.method {
        "GET" | "HEAD" => Verb::Read,
        "POST" => Verb::Use,
        _ => Verb::Manage,
    };
    let verb = route.operation.verb.and_then(Verb::of_word).unwrap_or(verb);
    let types: &[&str] = match route.plane.name {
        "inference" | "inference-openai" => &["generative-ai-chat", "generative-ai-family"],
        "agent-management" | "agent-runtime" => &["genai-agent-family"],
        "identity" | "limits" => &["all-resources"],
        _ => &["generative-ai-family"],
    };
    let own = route.operation.resource_type.into_iter();
    own.chain(types.iter().copied()).map(|name| Wanted::Type(verb, name.to_owned())).collect()
}
