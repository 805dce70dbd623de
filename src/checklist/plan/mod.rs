//! From a decision to ordered steps with every name filled in.

mod params;
mod program;
mod steps;
mod texts;

use serde::Deserialize;

use crate::authz::{Compartment, Tenancy};

use super::decision::{Decision, Subject, client_for, decide_for};
use super::facts::{self, Basis, Mode, Route};
use super::fill::Params;
use super::grants::{Grant, grants, path_of, principal_type};
use super::wish::{Wish, WishError};

/// What `--verify` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// Whether the region serves the model.
    Model,
    /// Whether the tenancy is subscribed to the region.
    Region,
    /// State, region and expiry of the GenAI API key.
    ApiKey,
    /// Whether the credential is on this machine.
    Credential,
    /// Whether the group is there.
    Group,
    /// Whether a dynamic group takes the workload in.
    DynamicGroup,
    /// Whether the statements in force allow the requests of the caller.
    Statements,
    /// Whether they allow those of the services.
    ServiceStatements,
    /// Whether the project is there.
    Project,
    /// Whether the agent's endpoint is there.
    AgentEndpoint,
    /// Whether the endpoint of the dedicated AI cluster is there.
    Endpoint,
    /// Whether address, region and auth method go together.
    Address,
    /// Whether the environment variables are set.
    Environment,
    /// Whether the call is answered.
    Call,
    /// Whether the limits are above zero.
    Limits,
    /// Whether there is a second secret to go over to.
    Rotation,
    /// Only a person can tell.
    Person,
}

impl CheckKind {
    /// The word for it in machine formats.
    pub fn word(self) -> &'static str {
        match self {
            CheckKind::Model => "model",
            CheckKind::Region => "region",
            CheckKind::ApiKey => "api-key",
            CheckKind::Credential => "credential",
            CheckKind::Group => "group",
            CheckKind::DynamicGroup => "dynamic-group",
            CheckKind::Statements => "statements",
            CheckKind::ServiceStatements => "service-statements",
            CheckKind::Project => "project",
            CheckKind::AgentEndpoint => "agent-endpoint",
            CheckKind::Endpoint => "endpoint",
            CheckKind::Address => "address",
            CheckKind::Environment => "environment",
            CheckKind::Call => "call",
            CheckKind::Limits => "limits",
            CheckKind::Rotation => "rotation",
            CheckKind::Person => "person",
        }
    }
}

/// Code to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Its language.
    pub language: String,
    /// What to install first; empty where nothing is.
    pub install: String,
    /// The code.
    pub code: String,
}

/// Something to do.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name within the checklist.
    pub id: String,
    /// What it brings about.
    pub title: String,
    /// Who can do it.
    pub who: String,
    /// What to do.
    pub text: String,
    /// What to type.
    pub commands: Vec<String>,
    /// Statements, matching rules and variables, each under a heading.
    pub blocks: Vec<Block>,
    /// Code.
    pub snippet: Option<Snippet>,
    /// What stands in its way by the catalogue alone.
    pub blocked: Option<String>,
    /// How it is checked.
    pub check: CheckKind,
    /// What it rests on.
    pub basis: Basis,
    /// What must be given before it can be done as written.
    pub open: Vec<String>,
}

/// Lines under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What they are: `statements`, `matching rule`, `environment`, `headers`.
    pub title: String,
    /// The lines.
    pub lines: Vec<String>,
}

/// An environment variable of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What goes in; a placeholder for secrets.
    pub value: String,
    /// Whether it holds a secret.
    pub secret: bool,
}

/// A checklist.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was wished for, with what was chosen for it.
    pub wish: Wish,
    /// The decision.
    pub decision: Decision,
    /// The auth method.
    pub method: &'static str,
    /// The plane of the call.
    pub plane: String,
    /// The principal type of the caller.
    pub principal_type: Option<String>,
    /// Who is granted what: the caller first.
    pub grants: Vec<Grant>,
    /// The environment of the program.
    pub environment: Vec<Variable>,
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// The values that the texts were filled with.
    pub params: Params,
    /// As of when.
    pub today: String,
}

impl Plan {
    /// The route of the call.
    pub fn route(&self) -> Option<&'static Route> {
        let (_, call) = facts::call(self.wish.call.as_deref()?)?;
        call.routes.get(self.decision.chosen()?.route?)
    }

    /// Adds what the wish knows of compartments to a tenancy that doesn't have it.
    pub(super) fn complete(&self, tenancy: &mut Tenancy) {
        let named = [
            (self.wish.compartment.as_deref(), "compartment-ocid"),
            (self.params.get("workload-compartment"), "workload-compartment-ocid"),
        ];
        for (path, key) in named {
            let Some(path) = path.map(path_of).filter(|path| !path.is_empty() && !path.starts_with("ocid1."))
            else {
                continue;
            };
            let Some(ocid) = self.params.get(key).filter(|ocid| ocid.starts_with("ocid1.")) else { continue };
            match tenancy.compartments.iter_mut().find(|one| one.parent.is_none() && one.path == path) {
                Some(known) => {
                    known.ocid.get_or_insert_with(|| ocid.to_owned());
                }
                None if tenancy.complete => {}
                None => tenancy.compartments.push(Compartment {
                    path: path.to_owned(),
                    ocid: Some(ocid.to_owned()),
                    ..Compartment::default()
                }),
            }
        }
        if let Some(ocid) = self.params.get("tenancy-ocid") {
            tenancy.ocid.get_or_insert_with(|| ocid.to_owned());
        }
    }

    /// The base URL of the calls.
    pub fn base_url(&self) -> &str {
        self.params.get("base-url").unwrap_or_default()
    }
}

/// What a wish leads to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A checklist.
    Plan(Box<Plan>),
    /// No auth method does it, or not the one that was asked for: the decision says why.
    Impossible(Decision),
}

/// Makes the checklist for a wish, as of a day written `YYYY-MM-DD`.
pub fn plan(wish: &Wish, today: &str) -> Result<Outcome, WishError> {
    let subject = Subject::new(wish)?;
    let decision = decide_for(&subject);
    let Some(chosen) = decision.chosen() else { return Ok(Outcome::Impossible(decision)) };
    let method = chosen.method;
    let Some(route) = chosen.route.and_then(|at| subject.call.routes.get(at)) else {
        return Ok(Outcome::Impossible(decision));
    };
    let client = client_for(&subject, method, route);
    let params = params::params(&subject, method, route, client, today);
    let grants = grants(&subject, method, route, &params);
    let mut builder =
        Builder { subject, method, route, client, params, grants, today, environment: Vec::new() };
    builder.set_texts();
    builder.environment = builder.environment();
    let steps = builder.steps();
    let mut settled = wish.clone();
    settled.auth_method = Some(method.to_owned());
    settled.model = builder.subject.model().map(str::to_owned);
    settled.client = client.map(|(name, _)| name.to_owned());
    settled.region = Some(subject.region.to_owned());
    let principal_type = principal_type(&builder.subject, method, &builder.params);
    Ok(Outcome::Plan(Box::new(Plan {
        wish: settled,
        method,
        plane: route.plane().to_owned(),
        principal_type,
        grants: builder.grants,
        environment: builder.environment,
        steps,
        params: builder.params,
        today: today.to_owned(),
        decision,
    })))
}

/// A checklist in the making.
struct Builder<'w> {
    subject: Subject<'w>,
    method: &'static str,
    route: &'static Route,
    client: Option<(&'static str, &'static Mode)>,
    params: Params,
    grants: Vec<Grant>,
    today: &'w str,
    environment: Vec<Variable>,
}
