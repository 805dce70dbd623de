//! What `--verify` sees of this machine and, with `--live`, of OCI: each trial of the core as one request.

use serde_json::Value;

use crate::catalog::{self, Probe};
use crate::checklist::{self, Ask, Checked, Credential, Evidence, Local, Observed, Plan, Trial};
use crate::cli::online::{Online, OnlineArgs, Question};
use crate::probe::auth::{Candidate, SecretSource};
use crate::probe::preflight;
use crate::wire::Secret;

use super::Failure;

/// What may be sent, and with what.
#[derive(clap::Args)]
pub(super) struct LiveArgs {
    /// Send requests too: look-ups, and the call itself, which costs a few tokens
    #[arg(long, requires = "verify", help_heading = "Network")]
    live: bool,
    /// Where the secret of the GenAI API key is: env:NAME, file:PATH, command:…, prompt, or - for standard input
    #[arg(long, value_name = "SOURCE", help_heading = "Network")]
    api_key: Option<SecretSource>,
    #[command(flatten)]
    online: OnlineArgs,
}

/// Checks every step with this machine in view, and over the network where that is allowed.
pub(super) fn verify(args: &LiveArgs, plan: &Plan, evidence: Evidence<'_>) -> Result<Vec<Checked>, Failure> {
    let profile = plan.wish.names.get("profile").map(String::as_str);
    // The variable that the program reads holds the secret, when nothing else is said.
    let own = plan.environment.iter().find(|one| one.secret && std::env::var_os(&one.name).is_some());
    let own = own.and_then(|one| format!("env:{}", one.name).parse().ok());
    let keys = args.api_key.clone().or(own).into_iter().collect();
    let instance = plan.method == "instance-principal" && args.live;
    let mut online = Online::new(&args.online, profile, keys, instance)?;
    let local = local(plan, &online);
    let Evidence { tenancy, remembered, now, .. } = evidence;
    if !args.live {
        let mut evidence = Evidence { tenancy, local: Some(local), live: None, remembered, now };
        return Ok(checklist::verify(plan, &mut evidence));
    }
    let mut send = |trial: &Trial<'_>| attempt(trial, &mut online);
    let mut evidence = Evidence { tenancy, local: Some(local), live: Some(&mut send), remembered, now };
    Ok(checklist::verify(plan, &mut evidence))
}

/// What this machine shows of the plan.
fn local(plan: &Plan, online: &Online) -> Local {
    let around = online.around();
    let mut found = Local::default();
    for variable in &plan.environment {
        let Some(value) = around.variable(&variable.name) else { continue };
        if variable.secret {
            let wrong = preflight::genai_secret(&Secret::new(value));
            found.secret = wrong.and_then(|evidence| Some((evidence.text, evidence.cause?.to_owned())));
            found.variables.insert(variable.name.clone(), String::new());
        } else {
            found.variables.insert(variable.name.clone(), value);
        }
    }
    let credential = |one: &Candidate| Credential {
        method: one.method.to_owned(),
        origin: one.origin.clone(),
        unusable: online.flaw(one),
    };
    // That the metadata service is asked for shows nothing of it yet.
    let seen = online.candidates().iter().filter(|one| one.origin != "asked for");
    found.credentials = seen.map(credential).collect();
    found
}

/// Makes one trial: look-ups with any credential that the plane takes, the call with the plan's own.
fn attempt(trial: &Trial<'_>, online: &mut Online) -> Observed {
    let plan = trial.plan;
    let region = plan.wish.region.as_deref().unwrap_or_default();
    let plane = trial.ask.plane().unwrap_or(&plan.plane);
    let method = matches!(trial.ask, Ask::Call).then_some(plan.method);
    let at = match online.credential(method, plane) {
        Ok(at) => at,
        Err(why) => return Observed::NotTried(why),
    };
    let open =
        |what: &str| Observed::NotTried(format!("the OCID of the {what} isn't known: give --{what}-ocid"));
    let tenancy = plan.params.get("tenancy-ocid").map(str::to_owned).or_else(|| online.tenancy(at));
    let known = |key: &str| plan.params.get(key).filter(|text| !text.starts_with('{')).map(str::to_owned);
    let root = crate::checklist::is_root(plan.wish.compartment.as_deref().unwrap_or_default());
    let compartment = known("compartment-ocid").or_else(|| tenancy.clone().filter(|_| root));
    let look_up = |path: &str| Question {
        plane,
        method: "GET",
        path: path.to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
    };
    match &trial.ask {
        Ask::RegionSubscriptions => {
            let Some(tenancy) = tenancy else { return open("tenancy") };
            // The home region knows best; any subscribed one answers.
            let region = known("home-region").unwrap_or_else(|| region.to_owned());
            let question = look_up(&format!("/20160918/tenancies/{tenancy}/regionSubscriptions"));
            online.list(at, &region, &question)
        }
        Ask::Models => {
            let Some(compartment) = compartment else { return open("compartment") };
            let query = vec![("compartmentId".to_owned(), compartment)];
            online.list(at, region, &Question { query, ..look_up("/20231130/models") })
        }
        Ask::Limits => {
            let Some(tenancy) = tenancy else { return open("tenancy") };
            let query = vec![
                ("compartmentId".to_owned(), tenancy),
                ("serviceName".to_owned(), known("limit-service").unwrap_or_default()),
            ];
            online.list(at, region, &Question { query, ..look_up("/20190729/limitValues") })
        }
        Ask::ApiKey(ocid) => one(online, at, region, "GetApiKey", ocid, look_up("")),
        Ask::Project(ocid) => one(online, at, region, "GetGenerativeAiProject", ocid, look_up("")),
        Ask::Endpoint(ocid) => one(online, at, region, "GetEndpoint", ocid, look_up("")),
        Ask::AgentEndpoint(ocid) => one(online, at, region, "GetAgentEndpoint", ocid, look_up("")),
        Ask::Call => call(plan, online, at, region, compartment),
    }
}

/// Looks one resource up by the path of its operation.
fn one(
    online: &mut Online,
    at: usize,
    region: &str,
    operation: &str,
    ocid: &str,
    question: Question<'_>,
) -> Observed {
    let row = catalog::operations_named(operation).find(|row| row.plane == Some(question.plane));
    let path = row.and_then(|row| row.paths.first()).and_then(|path| path.split_once('{'));
    match path {
        Some((before, _)) => {
            online.send(at, region, &Question { path: format!("{before}{ocid}"), ..question })
        }
        None => Observed::NotTried(format!("the catalogue has no path for `{operation}`")),
    }
}

/// The call itself, as the catalogue's smallest request for it.
fn call(plan: &Plan, online: &mut Online, at: usize, region: &str, compartment: Option<String>) -> Observed {
    let Some((probe, route)) = plan
        .route()
        .and_then(|route| Some((catalog::probe(route.probe_for(plan.wish.model.as_deref())?)?, route)))
    else {
        return Observed::NotTried("no request of the catalogue stands for this call".to_owned());
    };
    let path = probe.path.replace("{base}", route.base_for(plan.method));
    let named = plan.params.get("agent-endpoint");
    let path = match (path.contains("{agentEndpointId}"), named) {
        (true, None) => {
            return Observed::NotTried("the agent's endpoint isn't named: give --agent-endpoint".to_owned());
        }
        (true, Some(ocid)) => path.replace("{agentEndpointId}", ocid),
        (false, _) => path,
    };
    if path.contains('{') {
        return Observed::NotTried(format!("`{path}` needs ids that aren't known"));
    }
    let mut headers = Vec::new();
    if let Some(compartment) =
        compartment.as_ref().filter(|_| route.compartment_header && plan.method != "genai-api-key")
    {
        headers.push(("opc-compartment-id", compartment.clone()));
        headers.push(("compartmentid", compartment.clone()));
    }
    if route.project {
        match plan.params.get("project-ocid") {
            Some(project) => headers.push(("openai-project", project.to_owned())),
            None => return Observed::NotTried("the project isn't named: give --project-ocid".to_owned()),
        }
    }
    let body = match body(probe, plan, compartment.as_deref()) {
        Ok(body) => body,
        Err(why) => return Observed::NotTried(why),
    };
    let question =
        Question { plane: &plan.plane, method: probe.method, path, query: Vec::new(), headers, body };
    online.send(at, region, &question)
}

/// The body of a probe with the plan's compartment and model in it.
fn body(probe: &Probe, plan: &Plan, compartment: Option<&str>) -> Result<Option<Value>, String> {
    let Some(text) = probe.body else { return Ok(None) };
    let Ok(mut body) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    if let Some(place) = body.get_mut("compartmentId") {
        let ocid = compartment.ok_or("the OCID of the compartment isn't known: give --compartment-ocid")?;
        *place = ocid.into();
    }
    let model = plan.wish.model.as_deref().unwrap_or_default();
    if let Some(mode) = body.get_mut("servingMode") {
        *mode = match plan.params.get("endpoint-ocid").filter(|_| plan.wish.dedicated) {
            Some(endpoint) => serde_json::json!({ "servingType": "DEDICATED", "endpointId": endpoint }),
            None => serde_json::json!({ "servingType": "ON_DEMAND", "modelId": model }),
        };
    } else if let Some(name) = body.get_mut("model") {
        *name = model.into();
    }
    Ok(Some(body))
}
