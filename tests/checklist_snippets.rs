//! Every snippet that a checklist can show, run as it stands against the sandbox: client × call × auth method ×
//! format of the model × serving mode, as far as the data allow them.
//!
//! Only the environment points a snippet at the sandbox: what `env.sh` sets, and the variables of the checklist's own
//! step `environment` with the sandbox's address in place of OCI's. The rights are those that the checklists grant,
//! and no others, so that each answer shows that the statements of its checklist suffice.
//!
//! Python and the clients are found as in `tests/clients.rs`; without them the snippets are passed over with a
//! message, unless `OCIAM_CLIENTS_REQUIRED` names `py`. What runs in a database (Select AI) can't be run here.

#![cfg(all(feature = "live", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

#[allow(dead_code)]
mod r#box;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use r#box::{Box, get, post, send_signed};
use ociam::authz::{Group, Policy, StatementText};
use ociam::catalog;
use ociam::checklist::{Outcome, Plan, Snippet, Wish, calls, clients, plan, workloads};
use ociam::wire::{KeyId, Signer};
use serde_json::{Value, json};

const TODAY: &str = "2026-11-21";
const REGION: &str = "us-chicago-1";
/// One of each native format beside that of the default model.
const CHAT_MODELS: [&str; 2] = ["cohere.command-a-03-2025", "cohere.command-a-vision"];
/// Those first whose principal the sandbox has; others show the same snippets, or more.
const WORKLOADS: [&str; 6] = ["laptop", "outside-oci", "compute", "functions", "oke", "cloud-shell"];

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A snippet with where it comes from.
struct Run {
    label: String,
    client: &'static str,
    call: &'static str,
    method: &'static str,
    plan: Plan,
    snippet: Snippet,
    /// The mode of the client, and the key of its text: what of the data it shows.
    shows: (String, String),
}

/// What the checklists name, as the sandbox has it.
struct Names {
    common: BTreeMap<String, String>,
    /// The endpoint of a dedicated AI cluster for each model.
    endpoints: BTreeMap<String, String>,
}

/// Every wish, by what is varied, but those that a workload can't authenticate for.
fn wishes(names: &Names) -> Vec<Wish> {
    let mut order: Vec<&str> = WORKLOADS.to_vec();
    order.extend(workloads().keys().map(String::as_str).filter(|name| !WORKLOADS.contains(name)));
    let mut found = Vec::new();
    for workload in order {
        for method in catalog::auth_methods().iter().map(|row| row.name) {
            let (_, row) = ociam::checklist::workload(workload).unwrap();
            if !row.worth(method).is_some_and(|(worth, ..)| worth.works()) {
                continue;
            }
            let mut wish = Wish {
                workload: Some(workload.to_owned()),
                region: Some(REGION.to_owned()),
                compartment: Some("genai".to_owned()),
                auth_method: Some(method.to_owned()),
                names: names.common.clone(),
                ..Wish::default()
            };
            let profile = if method == "session-token" { "SESSION" } else { "DEFAULT" };
            wish.names.insert("profile".into(), profile.into());
            wish.names.insert("dynamic-group".into(), format!("callers-{workload}"));
            for (client, call) in
                clients().keys().flat_map(|client| calls().keys().map(move |call| (client, call)))
            {
                (wish.client, wish.call) = (Some(client.clone()), Some(call.clone()));
                let default = calls()[call].default_model.as_deref();
                let more = CHAT_MODELS.iter().copied().filter(|_| call == "chat");
                for model in [default].into_iter().chain(more.map(Some)) {
                    wish.model = model.map(str::to_owned);
                    wish.dedicated = false;
                    found.push(wish.clone());
                    if let Some(endpoint) = model.and_then(|model| names.endpoints.get(model)) {
                        let mut wish = wish.clone();
                        wish.dedicated = true;
                        wish.names.insert("endpoint-ocid".into(), endpoint.clone());
                        found.push(wish);
                    }
                }
            }
        }
    }
    found
}

/// The snippet of a wish, if there is one that the catalogue is sure of.
fn run_of(wish: &Wish) -> Option<Run> {
    let Outcome::Plan(plan) = plan(wish, TODAY).unwrap() else { return None };
    let doubted = plan.decision.chosen()?.trace.iter().any(|answer| answer.doubted);
    if doubted || plan.steps.iter().any(|step| step.blocked.is_some()) {
        return None;
    }
    let snippet = plan.steps.iter().find_map(|step| step.snippet.clone())?;
    let (client, row) = ociam::checklist::client(plan.wish.client.as_deref()?)?;
    let (call, _) = ociam::checklist::call(wish.call.as_deref()?)?;
    let native = plan.wish.model.as_deref().and_then(catalog::model).and_then(|row| row.native);
    let mode = row.mode(call, &plan.plane, plan.method, native, wish.dedicated)?;
    let special = format!("{call}:{}", native.unwrap_or_default());
    let key = if mode.calls.contains_key(&special) { special } else { call.to_owned() };
    let model = plan.wish.model.as_deref().unwrap_or("no model");
    let serving = if wish.dedicated { ", dedicated" } else { "" };
    Some(Run {
        label: format!("{client} × {call} × {} on {}, {model}{serving}", plan.method, plan.plane),
        client,
        call,
        method: plan.method,
        shows: (format!("{client} on {}", plan.plane), key),
        plan: *plan,
        snippet,
    })
}

/// All snippets, each text once for an auth method.
fn runs(names: &Names) -> Vec<Run> {
    let mut seen = BTreeSet::new();
    let mut clusters = BTreeSet::new();
    let mut found = Vec::new();
    for wish in wishes(names) {
        let Some(run) = run_of(&wish) else { continue };
        // Commands take long to start. Serving mode and auth method fill different places of their texts, so that
        // one method shows the dedicated mode.
        let shown = wish.dedicated && run.snippet.language == "sh" && !clusters.insert(run.shows.clone());
        if seen.insert((run.method, run.snippet.code.clone())) && !shown {
            found.push(run);
        }
    }
    found
}

/// The one who sets the tenancy up.
fn administrator(sandbox: &Box) -> Signer {
    let key = sandbox.key("user_key_bob.pem");
    let user = sandbox.tenancy()["users"][1]["ocid"].as_str().unwrap().to_owned();
    let key_id = KeyId::User { tenancy: sandbox.root(), user, fingerprint: key.public().fingerprint() };
    Signer::new(key, key_id)
}

fn made(sandbox: &Box, plane: &str, path: &str, body: &Value) -> Value {
    let reply = send_signed(&administrator(sandbox), post(&sandbox.door(plane, REGION), path, body));
    assert!((200..300).contains(&reply.status), "{path}: {} {}", reply.status, reply.body);
    reply.json()
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// Makes what the checklists name: an agent with its endpoint, stores, a dedicated endpoint for each model.
fn furnish(sandbox: &Box) -> Names {
    let tenancy = sandbox.tenancy();
    let of = |list: &str, kind: &str| {
        let rows = tenancy[list].as_array().unwrap().iter();
        let found = rows.clone().find(|row| row["type"] == kind || row["path"] == kind);
        found.or(rows.clone().next()).unwrap()["ocid"].as_str().unwrap().to_owned()
    };
    let compartment = of("compartments", "genai");
    let project = of("projects", "");
    let within = |more: Value| {
        let mut body = json!({ "compartmentId": compartment, "displayName": "snippets" });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let agent = id(&made(sandbox, "agent-management", "/20240531/agents", &within(json!({}))));
    let endpoint = within(json!({ "agentId": agent, "shouldEnableSession": true }));
    let agent_endpoint = id(&made(sandbox, "agent-management", "/20240531/agentEndpoints", &endpoint));
    let semantic_store = id(&made(sandbox, "management", "/20231130/semanticStores", &within(json!({}))));
    let stores = "/20231130/openai/v1/vector_stores";
    let mut request =
        post(&sandbox.door("management-openai", REGION), stores, &json!({ "name": "snippets" }));
    request.headers.set("openai-project", project.clone());
    request.headers.set("opc-compartment-id", compartment.clone());
    let vector_store = id(&send_signed(&administrator(sandbox), request).json());
    let models = calls().values().filter_map(|call| call.default_model.as_deref()).chain(CHAT_MODELS);
    let models: BTreeSet<&str> = models.collect();
    let mut endpoints = BTreeMap::new();
    for model in models {
        let shape = json!({ "type": "HOSTING", "unitCount": 1, "unitShape": "LARGE_GENERIC" });
        let cluster = id(&made(sandbox, "management", "/20231130/dedicatedAiClusters", &within(shape)));
        let body = within(json!({ "modelId": model, "dedicatedAiClusterId": cluster }));
        endpoints.insert(model.to_owned(), id(&made(sandbox, "management", "/20231130/endpoints", &body)));
    }
    let common = [
        ("tenancy-ocid", sandbox.root()),
        ("compartment-ocid", compartment),
        ("workload-compartment", "apps".to_owned()),
        ("workload-compartment-ocid", of("compartments", "apps")),
        ("group", "GenAI-Developers".to_owned()),
        ("api-key-ocid", of("api-keys", "")),
        ("project-ocid", project),
        ("agent-endpoint", agent_endpoint),
        ("vector-store", vector_store),
        ("semantic-store", semantic_store),
        ("namespace", "assistants".to_owned()),
        ("service-account", "chat".to_owned()),
        ("cluster-ocid", of("resources", "cluster")),
    ];
    Names { common: common.map(|(key, value)| (key.to_owned(), value)).into(), endpoints }
}

/// Grants what the checklists say, and nothing else.
fn grant(sandbox: &Box, runs: &[Run]) {
    let mut rules = BTreeMap::new();
    let mut statements = BTreeSet::new();
    for run in runs {
        for grant in &run.plan.grants {
            statements.extend(grant.statements.iter().map(|text| run.plan.params.fill(text)));
            if let Some(group) = &grant.dynamic_group {
                rules.insert(group.name.clone(), run.plan.params.fill(&group.rule));
            }
        }
    }
    let root = sandbox.root();
    for (name, rule) in rules {
        let body = json!({ "compartmentId": root, "name": name, "description": "d", "matchingRule": rule });
        made(sandbox, "identity", "/20160918/dynamicGroups", &body);
    }
    let statements: Vec<String> = statements.into_iter().collect();
    for (at, part) in statements.chunks(40).enumerate() {
        let name = format!("checklists-{at}");
        let body = json!({ "compartmentId": root, "name": name, "description": "d", "statements": part });
        made(sandbox, "identity", "/20160918/policies", &body);
    }
}

/// What `env.sh` sets, on a machine that has nothing else.
fn sourced(state: &Path, home: &Path, bin: &Path) -> BTreeMap<String, String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", ". \"$0\" && env -0"])
        .arg(state.join("env.sh"))
        .env_clear()
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("HOME", home)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('\0').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
}

/// The environment of a snippet.
fn environment(run: &Run, sandbox: &Box, base: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = base.clone();
    for variable in &run.plan.environment {
        let mut value = variable.value.clone();
        if variable.secret {
            value = sandbox.text("genai_api_key");
        }
        // The address of the sandbox in place of OCI's; the path stays.
        if let Some((host, path)) =
            value.strip_prefix("https://").map(|rest| rest.split_at(rest.find('/').unwrap_or(rest.len())))
        {
            let region = catalog::region(REGION).unwrap();
            let plane = catalog::planes().iter().find(|plane| plane.host_in(region).as_deref() == Some(host));
            value = format!("http://{}{path}", sandbox.door(plane.unwrap().name, REGION));
        }
        all.insert(variable.name.clone(), value);
    }
    if run.method == "delegation-token" {
        // As Cloud Shell sets it.
        all.insert("OCI_CLI_PROFILE".into(), "DELEGATION".into());
    }
    // Tools that would ask the network for prices and tokenizers.
    all.insert("LITELLM_LOCAL_MODEL_COST_MAP".into(), "True".into());
    all.insert("HF_HUB_OFFLINE".into(), "1".into());
    all.insert("PYTHONDONTWRITEBYTECODE".into(), "1".into());
    all.insert("PYTHONPATH".into(), repository("tests/snippets/on_oci").display().to_string());
    all.insert("OCIAM_AUTH_SERVICE".into(), format!("http://{}", sandbox.door("auth", REGION)));
    all.insert("OCIAM_POD_TOKEN".into(), sandbox.folder.path().join("k8s_token").display().to_string());
    let proxymux = sandbox.door("proxymux", REGION);
    all.insert("OCIAM_POD_PORT".into(), proxymux.rsplit(':').next().unwrap().to_owned());
    all
}

/// What the answer must look like: the text that the snippet prints, or the JSON of a command.
fn judge(run: &Run, out: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what}: {out}"));
    let text = out.trim();
    if run.snippet.language == "python" {
        let fits = match run.call {
            "embeddings" => text.parse::<u32>().is_ok_and(|length| length >= 256),
            "rerank" => text == "1" || text == "The sky is blue.",
            "vector-search" => text.ends_with(" note.txt") && text.starts_with(|c: char| c.is_ascii_digit()),
            _ => {
                text.to_lowercase().contains("hello")
                    || (run.call == "agents-rag" && text.contains("documents"))
            }
        };
        return if fits { Ok(()) } else { wrong("another output was expected") };
    }
    let Ok(document) = serde_json::from_str::<Value>(text) else { return wrong("no JSON") };
    if document.get("status").is_some_and(|status| run.client == "oci-cli" && status != "200 OK") {
        return wrong("refused");
    }
    let data = document.get("data").filter(|_| run.client == "oci-cli").unwrap_or(&document);
    // The forms of the service and of the command line, which writes names its own way.
    let places: &[&str] = match run.call {
        "chat" => &[
            "/choices/0/message/content",
            "/chat-response/choices/0/message/content/0/text",
            "/chat-response/text",
            "/chat-response/message/content/0/text",
        ],
        "responses" => &["/output/0/content/0/text", "/output/1/content/0/text"],
        "conversations" => &["/id"],
        "embeddings" => &["/embeddings/0/255"],
        "rerank" => &["/document-ranks/0/index"],
        "vector-search" => &["/data"],
        "agents" | "agents-rag" => &["/message/content/text"],
        "nl2sql" => &["/jobOutput/content", "/jobOutput/query", "/jobOutput"],
        other => panic!("{other}: say what its answer looks like"),
    };
    let Some(found) = places.iter().find_map(|place| data.pointer(place)) else {
        return wrong("the answer has not what was asked for");
    };
    let fits = match (run.call, found) {
        ("rerank", Value::Number(index)) => index.as_u64() == Some(1),
        ("embeddings", value) => value.is_number(),
        ("vector-search", value) => value.is_array(),
        ("conversations", Value::String(id)) => id.starts_with("conv_"),
        ("nl2sql", value) => value.to_string().to_lowercase().contains("select"),
        (_, Value::String(text)) => {
            text.to_lowercase().contains("hello") || (run.call == "agents-rag" && text.contains("documents"))
        }
        _ => false,
    };
    if fits { Ok(()) } else { wrong("the answer has not what was asked for") }
}

/// Runs Python snippets in one process; what failed.
fn in_python(python: &Path, runs: &[&Run], sandbox: &Box, base: &BTreeMap<String, String>) -> Vec<String> {
    let mut child = Command::new(python)
        .arg(repository("tests/snippets/worker.py"))
        .env_clear()
        .envs(environment(runs[0], sandbox, base))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut answers = BufReader::new(output).lines();
    let mut wrong = Vec::new();
    for run in runs {
        let task = json!({ "code": run.snippet.code, "environment": environment(run, sandbox, base) });
        writeln!(input, "{task}").unwrap();
        let Some(Ok(line)) = answers.next() else {
            wrong.push(format!("{}: Python ended", run.label));
            break;
        };
        let answer: Value = serde_json::from_str(&line).unwrap();
        let judged = match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => judge(run, answer["out"].as_str().unwrap()),
        };
        wrong.extend(judged.err().map(|why| format!("{}\n{}\n{why}", run.label, run.snippet.code)));
    }
    drop(input);
    child.wait().unwrap();
    wrong
}

/// Runs a snippet as a program of its own.
fn alone(program: &Path, run: &Run, sandbox: &Box, base: &BTreeMap<String, String>) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snippet");
    std::fs::write(&file, &run.snippet.code).unwrap();
    let output = Command::new(program)
        .arg(&file)
        .current_dir(folder.path())
        .env_clear()
        .envs(environment(run, sandbox, base))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let judged = match output.status.success() {
        true => judge(run, &out),
        false => Err(format!("{}: {out}{err}", output.status)),
    };
    judged.err().map(|why| format!("{}\n{}\n{why}\n{err}", run.label, run.snippet.code))
}

/// The OCI command line, loaded once for all of its snippets, and the folder in which they find it.
struct CommandLine {
    server: Child,
    folder: tempfile::TempDir,
}

impl CommandLine {
    fn start(python: &Path, environment: &BTreeMap<String, String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = repository("tests/snippets/command_line.py");
        let mut server = Command::new(python)
            .arg(&script)
            .env_clear()
            .envs(environment)
            .env("OCIAM_OCI_SOCKET", folder.path().join("socket"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "the OCI command line doesn't load");
        let call =
            format!("#!/bin/sh\nexec '{}' -IS '{}' --call \"$@\"\n", python.display(), script.display());
        std::fs::write(folder.path().join("oci"), call).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path().join("oci"), executable).unwrap();
        Self { server, folder }
    }

    /// The environment in which a script finds it.
    fn within(&self, base: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut all = base.clone();
        all.insert("PATH".into(), format!("{}:{}", self.folder.path().display(), base["PATH"]));
        all.insert("OCIAM_OCI_SOCKET".into(), self.folder.path().join("socket").display().to_string());
        all
    }
}

impl Drop for CommandLine {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Whether the clients are there; if not, why.
fn missing(python: &Path) -> Option<String> {
    let modules =
        "import oci, openai, httpx, oci_genai_auth, langchain_oci, langchain_openai, litellm, oci_cli";
    let tried =
        Command::new(python).args(["-c", modules]).env("LITELLM_LOCAL_MODEL_COST_MAP", "True").output();
    match tried {
        Err(error) => Some(format!("there is no `{}`: {error}", python.display())),
        Ok(output) if !output.status.success() => {
            Some(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned())
        }
        Ok(_) => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_snippet_runs_unchanged_against_the_sandbox() {
    let began = Instant::now();
    let sandbox = Box::new(
        "profiles = ['bob@example.com']\nworkload = { namespace = 'assistants', service-account = 'chat' }",
        |tenancy| {
            tenancy.dynamic_groups.clear();
            tenancy.groups.push(Group {
                name: "Administrators".into(),
                members: vec!["bob@example.com".into()],
                ..Group::default()
            });
            tenancy.policies = vec![Policy {
                name: "administrators".into(),
                compartment: Some(String::new()),
                ocid: None,
                statements: vec![StatementText::from(
                    "allow group Administrators to manage all-resources in tenancy",
                )],
            }];
        },
    )
    .await;
    let names = furnish(&sandbox);
    let (sql, runs): (Vec<Run>, Vec<Run>) =
        runs(&names).into_iter().partition(|run| run.snippet.language == "sql");
    for run in &sql {
        println!("{}: not run, PL/SQL needs a database", run.label);
    }
    every_text_is_shown(runs.iter().chain(&sql));
    grant(&sandbox, &runs);

    let python = std::env::var("OCIAM_CLIENTS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let python = PathBuf::from(python);
    if let Some(why) = missing(&python) {
        let required = std::env::var("OCIAM_CLIENTS_REQUIRED").unwrap_or_default();
        assert!(!required.split(' ').any(|kind| kind == "py"), "the clients are required, and {why}");
        println!("{} snippets: skipped, {why}", runs.len());
        return;
    }
    let curl = Command::new("curl").arg("--version").output().is_ok();
    if !curl {
        println!("snippets of curl: SKIPPED, there is no curl here");
    }
    let home = tempfile::tempdir().unwrap();
    let bin = python.parent().unwrap_or(Path::new("")).to_owned();
    let base = sourced(sandbox.folder.path(), home.path(), &bin);

    // Python snippets by client, one process each, and those of the command line by one; the first of each once more,
    // as a program of its own.
    let mut grouped: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.snippet.language == "python") {
        grouped.entry(run.client).or_default().push(run);
    }
    type Job<'j> = std::boxed::Box<dyn FnOnce() -> Vec<String> + Send + 'j>;
    let (sandbox, base, program) = (&sandbox, &base, &python);
    let first = runs.iter().find(|run| run.client == "oci-cli").unwrap();
    let command_line = CommandLine::start(program, &environment(first, sandbox, base));
    let within = command_line.within(base);
    let within = &within;
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for run in runs.iter().filter(|run| run.snippet.language == "sh" && (curl || run.client != "curl")) {
        jobs.push(std::boxed::Box::new(move || {
            alone(Path::new("sh"), run, sandbox, within).into_iter().collect()
        }));
    }
    jobs.push(std::boxed::Box::new(move || {
        alone(Path::new("sh"), first, sandbox, base).into_iter().collect()
    }));
    for group in grouped.into_values() {
        let first = group[0];
        jobs.push(std::boxed::Box::new(move || alone(program, first, sandbox, base).into_iter().collect()));
        jobs.push(std::boxed::Box::new(move || in_python(program, &group, sandbox, base)));
    }
    let count = jobs.len();
    let (queue, wrong) = (Mutex::new(jobs), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8)) {
            scope.spawn(|| {
                loop {
                    let Some(job) = queue.lock().unwrap().pop() else { break };
                    let found = job();
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut by_client: BTreeMap<&str, usize> = BTreeMap::new();
    for run in &runs {
        *by_client.entry(run.client).or_default() += 1;
    }
    println!("{} snippets in {count} jobs, {:.1?}: {by_client:?}", runs.len(), began.elapsed());
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} failed:\n\n{}", wrong.len(), runs.len(), wrong.join("\n\n"));
    refused_without_rights(sandbox, &runs);
}

/// Nothing stands in the data that no checklist shows.
fn every_text_is_shown<'r>(runs: impl Iterator<Item = &'r Run>) {
    let shown: BTreeSet<&(String, String)> = runs.map(|run| &run.shows).collect();
    for (name, client) in clients() {
        for mode in &client.modes {
            for key in mode.calls.keys() {
                let text = (format!("{name} on {}", mode.plane), key.clone());
                assert!(shown.contains(&text), "no checklist shows the text of {} for {key}", text.0);
            }
        }
    }
}

/// The rights are what made the snippets work: without the policies, the same caller is refused.
fn refused_without_rights(sandbox: &Box, runs: &[Run]) {
    assert!(
        send_signed(
            &sandbox.user(),
            sandbox.chat_in(REGION, &runs[0].plan.params.fill("{compartment-ocid}"))
        )
        .status
            == 200
    );
    let admin = administrator(sandbox);
    let door = sandbox.door("identity", REGION);
    let list = format!("/20160918/policies?compartmentId={}", sandbox.root());
    let listed = send_signed(&admin, get(&door, &list)).json();
    for policy in listed.as_array().unwrap() {
        if policy["name"].as_str().unwrap().starts_with("checklists-") {
            let mut request = get(&door, &format!("/20160918/policies/{}", id(policy)));
            request.method = "DELETE".into();
            assert_eq!(send_signed(&admin, request).status, 204);
        }
    }
    assert!(
        send_signed(
            &sandbox.user(),
            sandbox.chat_in(REGION, &runs[0].plan.params.fill("{compartment-ocid}"))
        )
        .status
            == 404
    );
}
