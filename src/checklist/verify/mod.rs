//! How far a checklist is done: each step's check over what was read, looked up or answered elsewhere.
//!
//! Nothing is sent from here. What needs the network goes through one function that takes a [`Trial`] and gives what
//! was [`Observed`]; without it, such a step is said to be not checkable, and by whom it is.

mod here;
mod iam;
mod service;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::authz::{Compiled, Tenancy};

use super::plan::{CheckKind, Plan, Step};

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is done.
    Done,
    /// It isn't.
    Missing,
    /// Something is there, but it isn't right.
    Wrong,
    /// It can't be seen from here.
    NotCheckable,
}

impl Status {
    /// The word in machine formats.
    pub fn word(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Missing => "missing",
            Status::Wrong => "wrong",
            Status::NotCheckable => "not-checkable",
        }
    }
}

/// A cause that a wrong step speaks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// The cause's name.
    pub cause: String,
    /// What it is.
    pub text: String,
    /// What to do.
    pub remedy: String,
}

/// A step with what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The step's name.
    pub step: String,
    /// How far it is.
    pub status: Status,
    /// What was seen, or why nothing was.
    pub found: String,
    /// Why it is wrong, most probable first.
    pub suspects: Vec<Suspect>,
    /// What would mend it: statements, commands, values.
    pub mend: Vec<String>,
}

/// A credential of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The auth method.
    pub method: String,
    /// Where it was found.
    pub origin: String,
    /// Why it can't be used, with the cause that this speaks for.
    pub unusable: Option<(String, String)>,
}

/// What this machine shows.
#[derive(Clone, Debug, Default)]
pub struct Local {
    /// Environment variables of the plan that are set, with their values; those of secrets are empty.
    pub variables: BTreeMap<String, String>,
    /// What is wrong with the secret, if one is set: text and cause.
    pub secret: Option<(String, String)>,
    /// The credentials.
    pub credentials: Vec<Credential>,
}

/// What to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The regions that the tenancy is subscribed to.
    RegionSubscriptions,
    /// The models of the region.
    Models,
    /// A GenAI API key, by OCID.
    ApiKey(String),
    /// A GenAI project, by OCID.
    Project(String),
    /// An agent's endpoint, by OCID.
    AgentEndpoint(String),
    /// The endpoint of a dedicated AI cluster, by OCID.
    Endpoint(String),
    /// The values of Generative AI's limits.
    Limits,
    /// The call itself.
    Call,
}

impl Ask {
    /// The plane that answers; none for the call, whose plane is the plan's.
    pub fn plane(&self) -> Option<&'static str> {
        Some(match self {
            Ask::RegionSubscriptions => "identity",
            Ask::Models | Ask::ApiKey(_) | Ask::Project(_) | Ask::Endpoint(_) => "management",
            Ask::AgentEndpoint(_) => "agent-management",
            Ask::Limits => "limits",
            Ask::Call => return None,
        })
    }
}

/// A request to try.
#[derive(Clone, Debug)]
pub struct Trial<'p> {
    /// What for.
    pub ask: Ask,
    /// The plan that it belongs to: method, region, compartment, model.
    pub plan: &'p Plan,
}

/// What a trial showed.
#[derive(Clone, Debug)]
pub enum Observed {
    /// An answer.
    Answer(Box<Seen>),
    /// No answer: what went wrong, and the cause that it speaks for.
    Failed(String, Option<String>),
    /// It wasn't tried, for this reason.
    NotTried(String),
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The HTTP status.
    pub status: u16,
    /// The code of an error body.
    pub code: Option<String>,
    /// The message of an error body.
    pub message: Option<String>,
    /// The `opc-request-id`.
    pub request_id: Option<String>,
    /// The service's clock, as the answer's `Date` has it.
    pub date: Option<String>,
    /// The body; null when it is no JSON.
    pub body: Value,
}

/// Tries what it is given.
pub type Live<'l> = dyn FnMut(&Trial<'_>) -> Observed + 'l;

/// What the checks may look at.
#[derive(Default)]
pub struct Evidence<'e> {
    /// Policies and tenancy, from files or a snapshot.
    pub tenancy: Option<Tenancy>,
    /// This machine.
    pub local: Option<Local>,
    /// The network.
    pub live: Option<&'e mut Live<'e>>,
    /// Steps that were done at an earlier time, each with what is known of that.
    pub remembered: BTreeMap<String, String>,
    /// The time.
    pub now: Timestamp,
}

/// Checks every step, in order. A step that was done before is not looked at again.
pub fn verify(plan: &Plan, evidence: &mut Evidence<'_>) -> Vec<Checked> {
    let compiled = evidence.tenancy.clone().map(|mut tenancy| {
        plan.complete(&mut tenancy);
        Compiled::new(tenancy)
    });
    let mut checked: Vec<Checked> = plan
        .steps
        .iter()
        .map(|step| {
            if let Some(when) = evidence.remembered.get(&step.id) {
                return found(Status::Done, when.clone()).of(step);
            }
            Check { plan, step, evidence: &mut *evidence, compiled: compiled.as_ref() }.run().of(step)
        })
        .collect();
    conclude(plan, evidence, &mut checked);
    checked
}

/// What an answer to the call itself shows of the steps before it.
fn conclude(plan: &Plan, evidence: &Evidence<'_>, checked: &mut [Checked]) {
    let answered = plan.steps.iter().zip(&*checked).any(|(step, row)| {
        let now = !evidence.remembered.contains_key(&step.id);
        step.check == CheckKind::Call && row.status == Status::Done && now
    });
    // One answer shows the right to one request.
    let only = plan.grants.first().is_some_and(|grant| grant.requests.len() == 1);
    for (step, row) in plan.steps.iter().zip(checked) {
        let shown = match step.check {
            CheckKind::Model | CheckKind::Region | CheckKind::ApiKey | CheckKind::Credential => true,
            CheckKind::Statements => only,
            _ => false,
        };
        if answered && shown && row.status == Status::NotCheckable {
            *row = found(Status::Done, "the call was answered, so it must be").of(step);
        }
    }
}

fn found(status: Status, text: impl Into<String>) -> Checked {
    Checked { step: String::new(), status, found: text.into(), suspects: Vec::new(), mend: Vec::new() }
}

impl Checked {
    fn of(mut self, step: &Step) -> Self {
        self.step.clone_from(&step.id);
        if self.status == Status::NotCheckable {
            self.found = format!("{}; {} can tell", self.found, step.who);
        }
        self
    }

    fn suspect(mut self, cause: &str) -> Self {
        if let Some(row) = crate::diagnose::cause(cause) {
            let (cause, text, remedy) = (cause.to_owned(), row.what.clone(), row.fix.clone());
            self.suspects.push(Suspect { cause, text, remedy });
        }
        self
    }

    fn mend(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.mend.extend(lines);
        self
    }
}

struct Check<'c, 'e> {
    plan: &'c Plan,
    step: &'c Step,
    evidence: &'c mut Evidence<'e>,
    compiled: Option<&'c Compiled>,
}

impl Check<'_, '_> {
    fn run(&mut self) -> Checked {
        match self.step.check {
            CheckKind::Model => self.model(),
            CheckKind::Region => self.region(),
            CheckKind::ApiKey => self.api_key(),
            CheckKind::Rotation => self.rotation(),
            CheckKind::Credential => self.credential(),
            CheckKind::Group => self.group(),
            CheckKind::DynamicGroup => self.dynamic_group(),
            CheckKind::Statements => self.statements(0, 1),
            CheckKind::ServiceStatements => self.statements(1, usize::MAX),
            CheckKind::Project => self.resource("project-ocid", Ask::Project, "the project"),
            CheckKind::AgentEndpoint => {
                self.resource("agent-endpoint", Ask::AgentEndpoint, "the agent's endpoint")
            }
            CheckKind::Endpoint => self.resource("endpoint-ocid", Ask::Endpoint, "the endpoint"),
            CheckKind::Address => self.address(),
            CheckKind::Environment => self.environment(),
            CheckKind::Call => self.call(),
            CheckKind::Limits => self.limits(),
            CheckKind::Person => found(Status::NotCheckable, "nothing here shows it"),
        }
    }

    /// Sends a trial, where anything may be sent.
    fn send(&mut self, ask: Ask) -> Observed {
        match self.evidence.live.as_mut() {
            Some(live) => live(&Trial { ask, plan: self.plan }),
            None => Observed::NotTried("it takes a request to OCI (`--live`)".to_owned()),
        }
    }

    /// Looks something up; the error says why nothing was learnt.
    fn look_up(&mut self, ask: Ask, what: &str) -> Result<Value, Checked> {
        match self.send(ask) {
            Observed::Answer(seen) if seen.status == 200 => Ok(seen.body),
            other => Err(refused(other, what)),
        }
    }

    fn region_name(&self) -> &str {
        self.plan.wish.region.as_deref().unwrap_or_default()
    }
}

/// What a look-up that failed shows: whoever looked may lack the right without the step being undone.
fn refused(seen: Observed, what: &str) -> Checked {
    let text = match seen {
        Observed::Answer(seen) => {
            let message = seen.message.as_deref().unwrap_or("no message");
            format!("asking for {what} was answered with {} ({message})", seen.status)
        }
        Observed::Failed(why, _) | Observed::NotTried(why) => why,
    };
    found(Status::NotCheckable, text)
}
