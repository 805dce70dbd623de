//! How far a checklist is done: each step's check over what was read, looked up or answered elsewhere.
//!
//! Nothing is sent from here. What needs the network goes through one function that takes a [`Trial`] and gives what
//! was [`Observed`]; without it, such a step is said to be not checkable, and by whom it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::authz::{ApiKey, Compiled, GroupName, Prepared, Principal, Tenancy, Verdict, decide, near_misses};
use crate::catalog;
use crate::diagnose::{Case, ErrorSeen, diagnose};

use super::grants::Grant;
use super::key::{Gravity, assess, key_from_json, ocid_parts};
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
    Answer {
        /// The HTTP status.
        status: u16,
        /// The code of an error body.
        code: Option<String>,
        /// The message of an error body.
        message: Option<String>,
        /// The `opc-request-id`.
        request_id: Option<String>,
        /// The body; null when it is no JSON.
        body: Value,
    },
    /// No answer: what went wrong, and the cause that it speaks for.
    Failed(String, Option<String>),
    /// It wasn't tried, for this reason.
    NotTried(String),
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
    let compiled = evidence.tenancy.clone().map(Compiled::new);
    plan.steps
        .iter()
        .map(|step| {
            if let Some(when) = evidence.remembered.get(&step.id) {
                return found(Status::Done, when.clone()).of(step);
            }
            Check { plan, step, evidence: &mut *evidence, compiled: compiled.as_ref() }.run().of(step)
        })
        .collect()
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

    /// Sends a trial where something can; the error is why nothing was learnt.
    fn ask(&mut self, ask: Ask) -> Result<Observed, Checked> {
        let Some(live) = self.evidence.live.as_mut() else {
            return Err(found(Status::NotCheckable, "it takes a request to OCI (`--live`)"));
        };
        match live(&Trial { ask, plan: self.plan }) {
            Observed::NotTried(why) => Err(found(Status::NotCheckable, why)),
            seen => Ok(seen),
        }
    }

    /// What a refused look-up shows. The one who looks may lack the right without the step being undone.
    fn refused(&self, seen: &Observed, what: &str) -> Checked {
        match seen {
            Observed::Answer { status, message, .. } => {
                let message = message.as_deref().unwrap_or("no message");
                found(
                    Status::NotCheckable,
                    format!("asking for {what} was answered with {status} ({message})"),
                )
            }
            Observed::Failed(why, _) | Observed::NotTried(why) => found(Status::NotCheckable, why.clone()),
        }
    }

    fn region_name(&self) -> &str {
        self.plan.wish.region.as_deref().unwrap_or_default()
    }

    fn model(&mut self) -> Checked {
        if let Some(blocked) = &self.step.blocked {
            return found(Status::Wrong, blocked.clone()).suspect("region-model-unavailable");
        }
        let model = self.plan.wish.model.clone().unwrap_or_default();
        if self.evidence.live.is_some() {
            match self.ask(Ask::Models) {
                Ok(Observed::Answer { status: 200, body, .. }) => {
                    let items = items(&body);
                    let named = |item: &&Value| {
                        ["displayName", "modelId", "id"].iter().any(|key| {
                            item.get(*key)
                                .and_then(Value::as_str)
                                .is_some_and(|name| name.eq_ignore_ascii_case(&model))
                        })
                    };
                    let here: Vec<&Value> = items.iter().filter(named).collect();
                    if here.is_empty() && !items.is_empty() {
                        let text = format!("the region lists {} models and not `{model}`", items.len());
                        return found(Status::Wrong, text).suspect("region-model-unavailable");
                    }
                    // The list keeps retired models; their dates tell.
                    let today = self.plan.today.as_str();
                    let ended = |item: &&Value| {
                        item.get("timeOnDemandRetired")
                            .and_then(Value::as_str)
                            .is_some_and(|end| end.get(..10).is_some_and(|day| day <= today))
                    };
                    if !here.is_empty() && here.iter().all(ended) && !self.plan.wish.dedicated {
                        return found(
                            Status::Wrong,
                            format!("the region lists `{model}` as retired on demand"),
                        )
                        .suspect("model-retired");
                    }
                    if !here.is_empty() {
                        return found(Status::Done, format!("the region lists `{model}`"));
                    }
                }
                Ok(_) | Err(_) => {}
            }
        }
        match catalog::model(&model) {
            Some(row) if self.step.text.starts_with("The catalogue has") => {
                found(Status::Done, format!("by the catalogue, as of {}", row.fact.date))
            }
            _ => found(Status::NotCheckable, "the catalogue doesn't say"),
        }
    }

    fn region(&mut self) -> Checked {
        let region = self.region_name().to_owned();
        if let Some(blocked) = &self.step.blocked {
            return found(Status::Wrong, blocked.clone()).suspect("service-not-in-region");
        }
        let known = self.evidence.tenancy.as_ref().and_then(|tenancy| tenancy.regions.clone());
        let subscribed = match known {
            Some(regions) => regions,
            None => match self.ask(Ask::RegionSubscriptions) {
                Ok(Observed::Answer { status: 200, body, .. }) => {
                    let rows = items(&body);
                    let names = rows.iter().filter_map(|item| item.get("regionName")?.as_str());
                    names.map(str::to_owned).collect()
                }
                Ok(other) => return self.refused(&other, "the region subscriptions"),
                Err(nothing) => return nothing,
            },
        };
        let same = |name: &String| {
            name.eq_ignore_ascii_case(&region) || catalog::region(name).is_some_and(|row| row.name == region)
        };
        match subscribed.iter().any(same) {
            true => found(Status::Done, format!("the tenancy is subscribed to `{region}`")),
            false => {
                found(Status::Missing, format!("the tenancy is subscribed to {} only", subscribed.join(", ")))
                    .suspect("region-not-subscribed")
            }
        }
    }

    /// The key of the plan, from the tenancy or the management plane.
    fn key(&mut self) -> Result<ApiKey, Checked> {
        let given = self.plan.params.get("api-key-ocid").map(str::to_owned);
        let name = self.plan.params.get("key-name").map(str::to_owned);
        let known = self.evidence.tenancy.as_ref().and_then(|tenancy| {
            tenancy.api_keys.iter().find(|key| match &given {
                Some(ocid) => key.ocid.eq_ignore_ascii_case(ocid),
                None => key.name == name,
            })
        });
        if let Some(key) = known {
            return Ok(key.clone());
        }
        let Some(ocid) = given else {
            return Err(found(Status::Missing, "no key is named: give its OCID with --api-key-ocid"));
        };
        match self.ask(Ask::ApiKey(ocid.clone())) {
            Ok(Observed::Answer { status: 200, body, .. }) => {
                Ok(key_from_json(&body).unwrap_or(ApiKey { ocid, ..ApiKey::default() }))
            }
            Ok(other) => Err(self.refused(&other, "the key")),
            // The OCID alone tells the region.
            Err(_) => Ok(ApiKey { ocid, ..ApiKey::default() }),
        }
    }

    fn api_key(&mut self) -> Checked {
        let key = match self.key() {
            Ok(key) => key,
            Err(nothing) => return nothing,
        };
        let report = assess(&key, Some(self.region_name()), self.evidence.now, 0);
        if let Some(worst) = report.remarks.iter().find(|remark| remark.gravity == Gravity::Failing) {
            let cause = worst.cause.unwrap_or("genai-secret-not-active");
            return found(Status::Wrong, worst.text.clone()).suspect(cause).mend(worst.instead.clone());
        }
        match key.secrets.len() {
            0 => found(Status::NotCheckable, "the key's region is right; its secrets aren't shown here"),
            count => {
                let left =
                    report.days_left().map_or_else(String::new, |days| format!(", the last for {days} days"));
                found(Status::Done, format!("the key is there with {count} secrets{left}"))
            }
        }
    }

    fn rotation(&mut self) -> Checked {
        let key = match self.key() {
            Ok(key) if !key.secrets.is_empty() => key,
            Ok(_) => return found(Status::NotCheckable, "the key's secrets aren't shown here"),
            Err(nothing) => return Checked { status: Status::NotCheckable, ..nothing },
        };
        let report = assess(&key, None, self.evidence.now, 14);
        let standby = report.secrets.iter().filter(|one| one.works).count() > 1;
        match (report.rotation.is_empty(), standby) {
            (true, true) => found(Status::Done, "a second secret stands by, and none expires within 14 days"),
            (true, false) => found(Status::Missing, "no second secret stands by"),
            (false, _) => found(Status::Missing, "a rotation is due").mend(report.rotation),
        }
    }

    fn credential(&mut self) -> Checked {
        let method = self.plan.method;
        let Some(local) = &self.evidence.local else {
            return found(Status::NotCheckable, "this machine wasn't looked at");
        };
        let own: Vec<&Credential> = local.credentials.iter().filter(|one| one.method == method).collect();
        if let Some(usable) = own.iter().find(|one| one.unusable.is_none()) {
            return found(Status::Done, format!("found: {}", usable.origin));
        }
        let off_oci = |cause: &str| cause == "rp-off-oci";
        match own.iter().find_map(|one| one.unusable.as_ref()) {
            Some((why, cause)) if off_oci(cause) => {
                found(Status::NotCheckable, format!("{why}: it shows where the workload runs"))
            }
            Some((why, cause)) if cause == "config-profile-missing" => {
                found(Status::Missing, why.clone()).suspect(cause)
            }
            Some((why, cause)) => found(Status::Wrong, why.clone()).suspect(cause),
            None => found(Status::NotCheckable, "nothing of the kind is on this machine"),
        }
    }

    fn group(&mut self) -> Checked {
        let Some(Principal::Group(wanted)) = self.plan.grants.first().map(|grant| &grant.principal) else {
            return found(Status::NotCheckable, "no group is named");
        };
        let Some(tenancy) =
            self.evidence.tenancy.as_ref().filter(|tenancy| tenancy.complete || !tenancy.groups.is_empty())
        else {
            return found(Status::NotCheckable, "no list of groups was read");
        };
        let domain = |name: &Option<String>| name.clone().unwrap_or_else(|| "Default".into()).to_lowercase();
        let named: Vec<_> =
            tenancy.groups.iter().filter(|group| group.name.eq_ignore_ascii_case(&wanted.name)).collect();
        match named.iter().find(|group| domain(&group.domain) == domain(&wanted.domain)) {
            Some(group) if group.members.is_empty() => {
                let known = tenancy.users.iter().any(|user| {
                    user.groups
                        .iter()
                        .any(|name| GroupName::parse(name).name.eq_ignore_ascii_case(&wanted.name))
                });
                match known || !tenancy.complete {
                    true => found(Status::Done, format!("group `{}` is there", group.name)),
                    false => found(Status::Wrong, format!("group `{}` has no member", group.name)),
                }
            }
            Some(group) => found(Status::Done, format!("group `{}` is there", group.name)),
            None => match named.first() {
                Some(other) => {
                    let text = format!(
                        "group `{}` is of domain `{}`",
                        other.name,
                        other.domain.as_deref().unwrap_or("Default")
                    );
                    found(Status::Wrong, text).suspect("group-domain-prefix")
                }
                None => found(Status::Missing, format!("there is no group `{}`", wanted.name)),
            },
        }
    }

    fn dynamic_group(&mut self) -> Checked {
        let (Some(compiled), Some(grant)) = (self.compiled, self.plan.grants.first()) else {
            return found(Status::NotCheckable, "neither policies nor a snapshot were read");
        };
        let Some(request) = grant.requests.first() else {
            return found(Status::NotCheckable, "nothing is asked for");
        };
        let Ok(prepared) = Prepared::new(compiled, request) else {
            return found(Status::Missing, "the compartment isn't there");
        };
        let joined: Vec<String> =
            prepared.caller.certain_groups().iter().map(GroupName::in_statement).collect();
        if let Some(name) = joined.first() {
            return found(Status::Done, format!("dynamic group {name} takes the workload in"));
        }
        let wanted = grant.dynamic_group.as_ref().map(|group| group.name.as_str()).unwrap_or_default();
        let groups = &compiled.tenancy.dynamic_groups;
        match groups.iter().find(|group| group.name.eq_ignore_ascii_case(wanted)) {
            Some(group) if group.rule.holes.is_empty() && !self.is_open(grant) => {
                let text = format!(
                    "the matching rule of `{}` doesn't take the workload in: {}",
                    group.name, group.rule.text
                );
                found(Status::Wrong, text).suspect("dynamic-group-not-matching")
            }
            Some(group) => found(
                Status::NotCheckable,
                format!(
                    "whether the rule of `{}` takes the workload in depends on values that aren't known",
                    group.name
                ),
            ),
            None if groups.is_empty() && !compiled.tenancy.complete => {
                found(Status::NotCheckable, "no list of dynamic groups was read")
            }
            None => found(Status::Missing, "no dynamic group takes the workload in")
                .suspect("dynamic-group-nonexistent"),
        }
    }

    /// Whether OCIDs are missing without which a rule can't be held to the workload.
    fn is_open(&self, grant: &Grant) -> bool {
        grant.dynamic_group.as_ref().is_some_and(|group| !self.plan.params.open(&group.rule).is_empty())
    }

    fn statements(&mut self, first: usize, count: usize) -> Checked {
        let Some(compiled) = self.compiled else {
            return found(Status::NotCheckable, "neither policies nor a snapshot were read");
        };
        let mut worst = found(Status::Done, "the statements in force allow every request");
        for grant in self.plan.grants.iter().skip(first).take(count) {
            if let Some(checked) = self.grant(compiled, grant)
                && checked.status > worst.status
            {
                worst = checked;
            }
        }
        worst
    }

    /// What a principal still lacks.
    fn grant(&self, compiled: &Compiled, grant: &Grant) -> Option<Checked> {
        let filled = |text: &String| self.plan.params.fill(text);
        for request in &grant.requests {
            let decision = decide(compiled, request);
            let what = format!("{} by {}", request.wanted.label(), grant.title);
            match decision.verdict {
                Verdict::Allow => continue,
                Verdict::Unknown => {
                    let why = decision.unknowns.first().map_or("a value isn't known", |open| &open.reason);
                    return Some(found(Status::NotCheckable, format!("{what}: {why}")));
                }
                Verdict::Deny if !decision.denied_by.is_empty() => {
                    let by = decision.denied_by.first().and_then(|at| compiled.origins.get(*at));
                    let text = by.map_or_else(String::new, |origin| format!(": {}", origin.text));
                    return Some(
                        found(Status::Wrong, format!("{what} is denied{text}")).suspect("policy-missing"),
                    );
                }
                Verdict::Deny => {}
            }
            let misses = Prepared::new(compiled, request).map(|prepared| near_misses(&prepared, &decision));
            let least: Vec<String> = grant.statements.iter().map(filled).collect();
            let Some(miss) = misses.unwrap_or_default().into_iter().next() else {
                let text = format!("no statement allows {what}");
                return Some(found(Status::Missing, text).suspect("policy-missing").mend(least));
            };
            let text = compiled.origins.get(miss.origin).map_or("", |origin| &origin.text);
            let reasons: Vec<String> = miss
                .failed
                .iter()
                .map(|one| {
                    format!(
                        "{}: it says `{}`, the request has `{}`",
                        one.clause.as_str(),
                        one.expected,
                        one.actual
                    )
                })
                .chain(miss.rejected.iter().map(|why| format!("OCI rejects it: {why}")))
                .collect();
            let cause = match (miss.rejected.is_some(), miss.failed.first().map(|one| one.clause.as_str())) {
                (true, _) => "policy-syntax",
                (_, Some("subject")) => "policy-subject-mismatch",
                (_, Some("verb")) => "permission-not-in-verb",
                (_, Some("resource-type")) => "resource-type-not-covered",
                (_, Some("location")) => "policy-wrong-compartment",
                (_, Some("condition")) => "policy-condition-mismatch",
                _ => "policy-missing",
            };
            // A statement that fails by most of its clauses is about something else.
            let status = if miss.failed.len() > 2 { Status::Missing } else { Status::Wrong };
            let said = format!(
                "no statement allows {what}; `{}` comes closest ({})",
                text.trim(),
                reasons.join("; ")
            );
            return Some(found(status, said).suspect(cause).mend(miss.edit.map_or(least, |edit| vec![edit])));
        }
        None
    }

    /// A resource of the management planes.
    fn resource(&mut self, key: &str, ask: fn(String) -> Ask, what: &str) -> Checked {
        let Some(ocid) = self.plan.params.get(key).map(str::to_owned) else {
            return found(Status::Missing, format!("{what} isn't named: give its OCID with --{key}"));
        };
        let own = ocid_parts(&ocid).and_then(|(_, _, region)| region).and_then(catalog::region);
        if let Some(own) = own.filter(|own| own.name != self.region_name()) {
            let text = format!("{what} lives in `{}` and calls go to `{}`", own.name, self.region_name());
            let cause = if key == "project-ocid" { "wrong-project-ocid" } else { "region-url-mismatch" };
            return found(Status::Wrong, text).suspect(cause);
        }
        let tenancy = self.evidence.tenancy.as_ref();
        let listed = tenancy.and_then(|tenancy| {
            tenancy
                .projects
                .iter()
                .chain(&tenancy.endpoints)
                .find(|one| one.ocid.eq_ignore_ascii_case(&ocid))
                .cloned()
        });
        let state = match listed {
            Some(placed) => placed.state,
            None => match self.ask(ask(ocid)) {
                Ok(Observed::Answer { status: 200, body, .. }) => {
                    body.get("lifecycleState").and_then(Value::as_str).map(str::to_owned)
                }
                Ok(Observed::Answer { status: 404, .. }) => {
                    let text = format!("{what} isn't there, or may not be seen by the one who looked");
                    return found(Status::Missing, text).suspect("wrong-ocid");
                }
                Ok(other) => return self.refused(&other, what),
                Err(nothing) => return nothing,
            },
        };
        match state.as_deref() {
            None | Some("ACTIVE") => found(Status::Done, format!("{what} is there")),
            Some(other) => found(Status::Wrong, format!("{what} is {other}")),
        }
    }

    fn endpoint_variable(&self) -> Option<&super::plan::Variable> {
        self.plan.environment.iter().find(|one| one.value.starts_with("https://"))
    }

    fn address(&mut self) -> Checked {
        let Some(local) = &self.evidence.local else {
            return found(Status::NotCheckable, "this machine wasn't looked at");
        };
        let Some(variable) = self.endpoint_variable() else {
            return found(Status::NotCheckable, "the client takes its endpoint from its own configuration");
        };
        let Some(set) = local.variables.get(&variable.name) else {
            return found(Status::Missing, format!("`{}` isn't set", variable.name))
                .mend([format!("export {}=\"{}\"", variable.name, variable.value)]);
        };
        let (own, wanted) = (set.trim_end_matches('/'), variable.value.trim_end_matches('/'));
        let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
            .iter()
            .any(|start| own.starts_with(start));
        if own == wanted || loopback {
            return found(Status::Done, format!("`{}` is {own}", variable.name));
        }
        let bases = catalog::plane(&self.plan.plane).map(|row| row.bases).unwrap_or_default();
        let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
        let (cause, text) = if host(own) != host(wanted) {
            ("region-url-mismatch", format!("`{}` is {own}; calls go to {wanted}", variable.name))
        } else if bases.iter().any(|base| own.ends_with(base)) {
            return found(
                Status::Done,
                format!("`{}` is {own}, another base path of the plane", variable.name),
            );
        } else {
            ("wrong-endpoint-path", format!("`{}` is {own}, which the plane doesn't serve", variable.name))
        };
        found(Status::Wrong, text)
            .suspect(cause)
            .mend([format!("export {}=\"{}\"", variable.name, variable.value)])
    }

    fn environment(&mut self) -> Checked {
        let Some(local) = &self.evidence.local else {
            return found(Status::NotCheckable, "this machine wasn't looked at");
        };
        if let Some((why, cause)) = &local.secret {
            return found(Status::Wrong, why.clone()).suspect(cause);
        }
        let (mut missing, mut wrong) = (BTreeSet::new(), BTreeSet::new());
        for variable in &self.plan.environment {
            match local.variables.get(&variable.name) {
                None => missing.insert(variable.name.as_str()),
                Some(value) if value.starts_with('<') => wrong.insert(variable.name.as_str()),
                Some(_) => continue,
            };
        }
        let list = |names: &BTreeSet<&str>| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        if !wrong.is_empty() {
            return found(Status::Wrong, format!("still a placeholder: {}", list(&wrong)))
                .suspect("config-env-missing");
        }
        match missing.is_empty() {
            true => found(Status::Done, "every variable is set"),
            false => {
                found(Status::Missing, format!("not set: {}", list(&missing))).suspect("config-env-missing")
            }
        }
    }

    fn call(&mut self) -> Checked {
        let seen = match self.ask(Ask::Call) {
            Ok(seen) => seen,
            Err(nothing) => return nothing,
        };
        match seen {
            Observed::Answer { status, .. } if (200..300).contains(&status) => {
                found(Status::Done, format!("answered with {status}"))
            }
            Observed::Answer { status, code, message, request_id, .. } => {
                let plan = self.plan;
                let case = Case {
                    error: ErrorSeen { status: Some(status), code, message: message.clone() },
                    auth_method: Some(plan.method.to_owned()),
                    plane: Some(plan.plane.clone()),
                    region: plan.wish.region.clone(),
                    model: plan.wish.model.clone(),
                    opc_request_id: request_id,
                    ..Case::default()
                };
                let text = format!("answered with {status}: {}", message.as_deref().unwrap_or("no message"));
                let mut checked = found(Status::Wrong, text);
                for one in diagnose(&case).diagnoses.into_iter().take(3) {
                    checked.suspects.push(Suspect {
                        cause: one.cause.to_owned(),
                        text: one.explanation,
                        remedy: one.remedy.text,
                    });
                }
                checked
            }
            Observed::Failed(why, cause) => {
                let checked = found(Status::Wrong, why);
                match cause {
                    Some(cause) => checked.suspect(&cause),
                    None => checked,
                }
            }
            Observed::NotTried(why) => found(Status::NotCheckable, why),
        }
    }

    fn limits(&mut self) -> Checked {
        let names = super::facts::call(self.plan.wish.call.as_deref().unwrap_or_default())
            .map(|(_, call)| call.limits.clone())
            .unwrap_or_default();
        let known = self
            .evidence
            .tenancy
            .as_ref()
            .map(|tenancy| tenancy.limits.clone())
            .filter(|limits| !limits.is_empty());
        let values: BTreeMap<String, i64> = match known {
            Some(limits) => limits,
            None => match self.ask(Ask::Limits) {
                Ok(Observed::Answer { status: 200, body, .. }) => items(&body)
                    .iter()
                    .filter_map(|item| {
                        Some((item.get("name")?.as_str()?.to_owned(), item.get("value")?.as_i64()?))
                    })
                    .collect(),
                Ok(other) => return self.refused(&other, "the limits"),
                Err(nothing) => return nothing,
            },
        };
        let read: Vec<(&String, i64)> =
            names.iter().filter_map(|name| Some((name, *values.get(name)?))).collect();
        if let Some((name, _)) = read.iter().find(|(_, value)| *value <= 0) {
            return found(Status::Wrong, format!("`{name}` is 0")).suspect("tenancy-not-entitled");
        }
        match read.is_empty() {
            true => found(Status::NotCheckable, "the limits that were read name none of these"),
            false => {
                let list: Vec<String> =
                    read.iter().map(|(name, value)| format!("`{name}` {value}")).collect();
                found(Status::Done, list.join(", "))
            }
        }
    }
}

/// The rows of a list answer, with `items` around them or not.
fn items(body: &Value) -> Vec<Value> {
    let rows = body.get("items").or_else(|| body.get("data")).unwrap_or(body);
    rows.as_array().cloned().unwrap_or_default()
}
