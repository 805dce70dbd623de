//! From a decision to ordered steps with every name filled in.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use crate::authz::{Compartment, Tenancy};
use crate::catalog;

use super::decision::{Decision, Subject, client_for, decide_for};
use super::facts::{self, Basis, GENAI_API_KEY, Mode, Route, Setup};
use super::fill::Params;
use super::grants::{Grant, grants, path_of, principal_type};
use super::nearest::{Offered, offered};
use super::wish::{NAMES, Wish, WishError};

/// How long a secret lives when its owner says nothing.
const KEY_DAYS: i32 = 90;

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
    let params = params(&subject, method, route, client, today);
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

/// The names of the wish, their defaults, and what follows from region, route and client.
fn params(
    subject: &Subject<'_>,
    method: &str,
    route: &Route,
    client: Option<(&'static str, &'static Mode)>,
    today: &str,
) -> Params {
    let mut params = Params::default();
    for (key, value) in &subject.wish.names {
        params.set(key, value.trim());
    }
    for name in NAMES {
        params.set_default(name.key, name.default);
    }
    let compartment = subject.wish.compartment.as_deref().unwrap_or_default().trim();
    params.set("compartment", compartment);
    // The root compartment has the OCID of the tenancy; a compartment given by OCID is known already.
    if compartment.starts_with("ocid1.") {
        params.set("compartment-ocid", compartment);
    } else if path_of(compartment).is_empty() {
        params.set("compartment-ocid", params.get("tenancy-ocid").unwrap_or("{tenancy-ocid}").to_owned());
    }
    match params.get("workload-compartment").map(str::to_owned) {
        Some(ocid) if ocid.starts_with("ocid1.") => params.set("workload-compartment-ocid", ocid),
        Some(_) => {}
        None => {
            let same = params.get("compartment-ocid").unwrap_or("{compartment-ocid}").to_owned();
            params.set_default("workload-compartment-ocid", Some(&same));
        }
    }
    let region = catalog::region(subject.region);
    params.set("region", subject.region);
    params.set_default("region-key", region.and_then(|row| row.key));
    let host = |plane: &str| region.zip(catalog::plane(plane)).and_then(|(region, row)| row.host_in(region));
    let host_url = host(route.plane()).map(|host| format!("https://{host}"));
    params.set_default("host-url", host_url.as_deref());
    let management = host("management").map(|host| format!("https://{host}"));
    params.set_default("management-url", management.as_deref());
    if let Some(host_url) = &host_url {
        params.set("base-url", format!("{host_url}{}", route.base_for(method)));
        params.set("call-url", format!("{host_url}{}{}", route.base_for(method), route.path));
    }
    params.set_default("model", subject.model());
    params.set("call-title", subject.call.title.as_str());
    params.set("workload-title", subject.workload.title.as_str());
    if let Some(kind) = principal_type(subject, method, &params) {
        params.set("principal-type", kind);
    }
    if let Some((name, _)) = client {
        let title = facts::client(name).map_or(name, |(_, row)| row.title.as_str());
        params.set("client-title", title);
    } else {
        params.set("client-title", "any HTTP client");
    }
    let day: Option<Date> = today.parse().ok();
    let after = |days: i32| day.and_then(|day| day.checked_add(days.days()).ok()).map(|day| day.to_string());
    params.set_default("expiry", after(KEY_DAYS).as_deref());
    params.set_default("next-expiry", after(2 * KEY_DAYS).as_deref());
    params
}

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

/// A delay of the catalogue in words.
fn delay(name: &str) -> Option<String> {
    let row = catalog::delay(name)?;
    Some(match (row.documented, row.observed) {
        ("", observed) => observed.to_owned(),
        (documented, "") => documented.to_owned(),
        (documented, observed) => format!("{documented} by the documentation, {observed} when measured"),
    })
}

impl Builder<'_> {
    /// The texts that a table can't hold, because they follow from several of its rows.
    fn set_texts(&mut self) {
        for (key, name) in [
            ("policy-delay", "policy-change"),
            ("rule-delay", "matching-rule-change"),
            ("signing-key-delay", "user-api-key-upload"),
            ("region-delay", "region-subscription"),
            ("project-delay", "new-project"),
            ("session-delay", "session-token"),
        ] {
            self.params.set_default(key, delay(name).as_deref());
        }
        let (model, _) = self.model_state();
        self.params.set("model-state", model);
        let (region, _) = self.region_state();
        self.params.set("region-state", region);
        self.params.set("call-note", sentence(&self.route.note));
        self.params.set("base-note", sentence(&self.route.base_note));
        let titles: Vec<&str> = self.grants.iter().skip(1).map(|grant| grant.title.as_str()).collect();
        self.params.set("service-titles", capital(&titles.join(" and ")));
        let rule = self.grants.first().and_then(|grant| grant.dynamic_group.as_ref());
        if let Some(rule) = rule.map(|group| group.rule.clone()) {
            self.params.set("rule", rule);
        }
        for (at, prefix) in [(0, ""), (1, "service-")] {
            let Some(grant) = self.grants.get(at) else { continue };
            let statements: Vec<String> =
                grant.statements.iter().map(|text| self.params.fill(text)).collect();
            let json = serde_json::to_string(&statements).unwrap_or_default();
            let group = grant.dynamic_group.clone();
            self.params.set(&format!("{prefix}statements-json"), for_shell(&json));
            if let Some(group) = group.filter(|_| at > 0) {
                self.params.set("service-group", group.name);
                self.params.set("service-rule", group.rule);
            }
        }
        let limits: Vec<String> =
            self.limits().iter().map(|row| format!("`{}`: {} ({})", row.name, row.what, row.value)).collect();
        self.params.set("limits", limits.join("; "));
        let headers = self.headers();
        let headers = match headers.is_empty() {
            true => "No header beyond those of the client.".to_owned(),
            false => format!("Requests carry {}.", headers.join(", ")),
        };
        self.params.set("headers", headers);
        let first = match self.client {
            Some(_) => {
                "Run this as the workload. An answer shows that every step before is done; a refusal goes to `ociam diagnose`."
            }
            None => {
                "Send the call as the workload over HTTP. An answer shows that every step before is done; a refusal goes to `ociam diagnose`."
            }
        };
        self.params.set("first-call", first);
    }

    fn limits(&self) -> Vec<&'static catalog::Limit> {
        let own = self.subject.call.limits.iter().map(String::as_str);
        let key = (self.method == GENAI_API_KEY).then_some("api-key-count");
        own.chain(key).filter_map(catalog::limit).collect()
    }

    /// The headers that a request carries besides those of authentication.
    fn headers(&self) -> Vec<String> {
        let mut headers = Vec::new();
        if self.route.compartment_header && self.method != GENAI_API_KEY {
            headers
                .push("`opc-compartment-id` and `CompartmentId` with the OCID of the compartment".to_owned());
        }
        if self.route.project {
            headers.push("`OpenAI-Project` with the OCID of the project".to_owned());
        }
        headers
    }

    /// What the catalogue says of the model in the region, and what stands in the way.
    fn model_state(&self) -> (String, Option<String>) {
        let Some(model) = self.subject.model() else { return (String::new(), None) };
        let dedicated = self.subject.wish.dedicated;
        let key = self.method == GENAI_API_KEY;
        let found = offered(model, self.subject.region, dedicated, key, self.route.region, self.today);
        match found {
            Offered::Here => {
                let mode = if dedicated { "on dedicated AI clusters" } else { "on demand" };
                (
                    format!(
                        "The catalogue has `{model}` {mode} in `{}`. See that it is still so.",
                        self.subject.region
                    ),
                    None,
                )
            }
            Offered::Unknown(why) => (format!("{} Look it up before anything else.", sentence(&why)), None),
            Offered::Elsewhere(why, regions) => {
                let near: Vec<String> = regions
                    .iter()
                    .take(3)
                    .map(|(name, far)| match far {
                        &u32::MAX => format!("`{name}`"),
                        far => format!("`{name}` ({far} km)"),
                    })
                    .collect();
                let advice = match near.is_empty() {
                    true => "no region of the realm is known to".to_owned(),
                    false => format!("the nearest that do: {}", near.join(", ")),
                };
                let text = format!("{why}; {advice}");
                (format!("{} Choose another region or another model.", sentence(&text)), Some(text))
            }
        }
    }

    fn region_state(&self) -> (String, Option<String>) {
        let (name, offer) = (self.subject.region, self.route.region);
        match catalog::region(name) {
            Some(row) if offer.listed(row) => (format!("`{name}` is listed with {}.", offer.words()), None),
            Some(row) if !row.genai && row.scan == "ok" => (
                format!("`{name}` isn't listed with {}, but answered when it was tried.", offer.words()),
                None,
            ),
            Some(_) => {
                let others = catalog::regions().iter().filter(|row| offer.listed(row)).map(|row| row.name);
                let near = super::nearest::near(name, others);
                let text = match near.first() {
                    Some((near, far)) => format!(
                        "`{name}` isn't listed with {}; the nearest that is: `{near}` ({far} km)",
                        offer.words()
                    ),
                    None => format!("`{name}` isn't listed with {}", offer.words()),
                };
                (sentence(&text), Some(text))
            }
            None => (format!("The catalogue doesn't know the region `{name}`."), None),
        }
    }

    /// The values of a key of `when`.
    fn holds(&self, condition: &str) -> bool {
        let (wanted, condition) = match condition.strip_prefix('!') {
            Some(rest) => (false, rest),
            None => (true, condition),
        };
        let (key, values) = condition.split_once(':').unwrap_or((condition, "yes"));
        let flag = |holds: bool| if holds { "yes" } else { "no" };
        let actual = match key {
            "method" => self.method,
            "workload" => self.subject.workload_name,
            "call" => self.subject.call_name,
            "plane" => self.route.plane(),
            "governed" => self.governed(),
            "model" => flag(self.subject.model().is_some()),
            "project" => flag(self.route.project),
            "services" => flag(self.grants.len() > 1),
            "limits" => flag(!self.limits().is_empty()),
            "code" => flag(!self.environment.is_empty()),
            "mode" if self.subject.wish.dedicated => "dedicated",
            "mode" => "on-demand",
            _ => return false,
        };
        values.split('|').any(|value| value == actual) == wanted
    }

    /// What carries the rights of the method.
    fn governed(&self) -> &'static str {
        match catalog::auth_method(self.method).map(|row| row.principal_types) {
            Some(["user"]) => "group",
            Some(["workload"]) => "workload",
            Some(["generativeaiapikey"]) => "key",
            _ => "dynamic-group",
        }
    }

    /// The client's setup for the method.
    fn setup(&self) -> Option<(&'static Mode, &'static Setup)> {
        let (_, mode) = self.client?;
        Some((mode, mode.methods.get(self.method)?))
    }

    fn environment(&self) -> Vec<Variable> {
        let Some((mode, setup)) = self.setup() else { return Vec::new() };
        let mut found = Vec::new();
        let mut add = |name: &str, value: String, secret: bool| {
            if !found.iter().any(|known: &Variable| known.name == name) {
                found.push(Variable { name: name.to_owned(), value, secret });
            }
        };
        if !mode.endpoint_variable.is_empty() {
            add(&mode.endpoint_variable, self.params.fill(&format!("{{{}}}", mode.endpoint)), false);
        }
        for (name, template) in mode.environment.iter().chain(&setup.environment) {
            let code = self.code(mode).unwrap_or_default();
            // What the snippet of this call doesn't read isn't worth setting, unless the client reads it by itself.
            let implicit = name.starts_with("OPENAI_") && (name != "OPENAI_PROJECT_ID" || self.route.project);
            let read = [code, &setup.setup, &setup.arguments, &setup.imports]
                .iter()
                .any(|text| text.contains(name.as_str()));
            if read || implicit {
                add(name, self.params.fill(template), template.starts_with("{secret"));
            }
        }
        found
    }

    fn code(&self, mode: &'static Mode) -> Option<&'static str> {
        let native = self.subject.model().and_then(catalog::model).and_then(|row| row.native);
        mode.snippet(self.subject.call_name, native)
    }

    fn snippet(&self) -> Option<Snippet> {
        let (mode, setup) = self.setup()?;
        let code = self.code(mode)?;
        let mut own = self.params.clone();
        let dedicated = self.subject.wish.dedicated;
        own.set("model-id", if dedicated { "{endpoint-ocid}" } else { "{model}" });
        own.set("serving-mode", own.fill(if dedicated { &mode.dedicated } else { &mode.on_demand }));
        own.set("imports", setup.imports.trim_end());
        own.set("setup", setup.setup.trim_end());
        own.set("arguments", setup.arguments.trim_end());
        // The parts hold names themselves.
        let code = own.fill(code);
        let code = tidy(&code);
        let install = [mode.install.as_str(), setup.install.as_str()];
        let install: Vec<&str> = install.into_iter().filter(|text| !text.is_empty()).collect();
        Some(Snippet { language: mode.language.clone(), install: install.join(" "), code })
    }

    fn blocks(&self, id: &str) -> Vec<Block> {
        let filled = |lines: &[String]| lines.iter().map(|line| self.params.fill(line)).collect::<Vec<_>>();
        let block = |title: &str, lines: Vec<String>| Block { title: title.to_owned(), lines };
        let caller = self.grants.first();
        match id {
            "dynamic-group" => caller
                .and_then(|grant| grant.dynamic_group.as_ref())
                .map(|group| block("matching rule", vec![self.params.fill(&group.rule)]))
                .into_iter()
                .collect(),
            "policy" => {
                caller.map(|grant| block("statements", filled(&grant.statements))).into_iter().collect()
            }
            "service-policy" => self
                .grants
                .iter()
                .skip(1)
                .flat_map(|grant| {
                    let rule = grant.dynamic_group.as_ref().map(|group| {
                        block(
                            &format!("matching rule of `{}`", group.name),
                            vec![self.params.fill(&group.rule)],
                        )
                    });
                    rule.into_iter().chain([block("statements", filled(&grant.statements))])
                })
                .collect(),
            "environment" => {
                let line = |one: &Variable| format!("export {}=\"{}\"", one.name, one.value);
                vec![block("environment", self.environment.iter().map(line).collect())]
            }
            _ => Vec::new(),
        }
    }

    fn steps(&self) -> Vec<Step> {
        let rows = facts::steps().filter(|(row, _)| row.when.iter().all(|condition| self.holds(condition)));
        rows.map(|(row, basis)| {
            let blocks = self.blocks(&row.id);
            let snippet = (row.id == "first-call").then(|| self.snippet()).flatten();
            let blocked = match row.id.as_str() {
                "model" => self.model_state().1,
                "region" => self.region_state().1,
                _ => None,
            };
            let commands: Vec<String> = row.commands.iter().map(|text| self.params.fill(text)).collect();
            let shown = commands.iter().chain(blocks.iter().flat_map(|block| &block.lines));
            let open = placeholders(shown.map(String::as_str));
            Step {
                id: row.id.clone(),
                title: self.params.fill(&row.title),
                who: row.who.clone(),
                text: self.params.fill(&row.text).trim().to_owned(),
                commands,
                blocks,
                snippet,
                blocked,
                check: row.check,
                basis: match row.id.as_str() {
                    "policy" => self.route.basis(),
                    "service-policy" => self.grants.get(1).map_or(basis, |grant| grant.basis.clone()),
                    _ => basis,
                },
                open,
            }
        })
        .collect()
    }
}

/// The names of a checklist that stand as `<name>` in some lines.
fn placeholders<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut found = BTreeMap::new();
    for line in lines {
        for part in line.split('<').skip(1) {
            let Some((key, _)) = part.split_once('>') else { continue };
            if super::wish::name_of(key).is_some() {
                found.insert(key.to_owned(), ());
            }
        }
    }
    found.into_keys().collect()
}

/// A text as one word for the shell.
fn for_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as a sentence: a capital first, a full stop last.
fn sentence(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{}.", capital(text)) }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// Code without the blank lines that empty parts leave behind.
fn tidy(code: &str) -> String {
    let mut out = String::new();
    let mut blank = true;
    for line in code.lines().map(str::trim_end) {
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}
