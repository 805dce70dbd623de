//! Every scenario under `fixtures/scenarios`: the cause must stand first, within 12 requests.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod loopback;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;
use jiff::{SignedDuration, Timestamp};
use loopback::{Reply, Service, endpoints};
use ociam::catalog;
use ociam::wire::{PrivateKey, Request, Token};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

const TENANCY: &str = "ocid1.tenancy.oc1..acme";
const USER: &str = "ocid1.user.oc1..marie";
const MOST_REQUESTS: usize = 12;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: Vec<Scenario>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scenario {
    cause: String,
    /// Causes that nothing tells apart from it here: one of them may stand first.
    #[serde(default)]
    also: Vec<String>,
    says: String,
    arguments: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default = "chicago")]
    regions: Vec<String>,
    #[serde(default)]
    config: BTreeMap<String, String>,
    #[serde(default = "fifty")]
    session_minutes: i64,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    clock: i64,
    #[serde(default)]
    answers: Vec<Answer>,
    #[serde(default)]
    dead: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    plane: Option<String>,
    region: Option<String>,
    path: Option<String>,
    model: Option<String>,
    auth: Option<String>,
    project: Option<bool>,
    text: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
    body: Option<String>,
    html: Option<String>,
}

fn chicago() -> Vec<String> {
    vec!["us-chicago-1".to_owned()]
}

fn fifty() -> i64 {
    50
}

impl Answer {
    fn matches(&self, request: &Request) -> bool {
        let mut parts = request.target.trim_start_matches('/').splitn(3, '/');
        let (plane, region) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let model = body["model"].as_str().or(body["servingMode"]["modelId"].as_str()).unwrap_or_default();
        let auth = request.headers.get("authorization").unwrap_or_default();
        self.plane.as_ref().is_none_or(|wanted| wanted == plane)
            && self.region.as_ref().is_none_or(|wanted| wanted == region)
            && self.path.as_ref().is_none_or(|wanted| request.target.contains(wanted.as_str()))
            && self.model.as_ref().is_none_or(|wanted| model.contains(wanted.as_str()))
            && self.auth.as_ref().is_none_or(|wanted| auth.contains(wanted.as_str()))
            && self.project.is_none_or(|wanted| request.headers.get("openai-project").is_some() == wanted)
    }

    fn reply(&self, clock: i64) -> Reply {
        if let Some(page) = &self.html {
            return (self.status.unwrap_or(200), vec![("content-type", "text/html".into())], page.clone());
        }
        if let Some(body) = &self.body {
            return (200, headers(clock), body.clone());
        }
        let (status, code, message) = match &self.text {
            Some(name) => {
                let row = catalog::error_text(name).unwrap_or_else(|| panic!("no error text `{name}`"));
                (row.status.unwrap(), row.code.map(str::to_owned), row.message.unwrap_or_default().to_owned())
            }
            None => (self.status.unwrap(), self.code.clone(), self.message.clone().unwrap_or_default()),
        };
        let code = code.unwrap_or_else(|| status.to_string());
        (status, headers(clock), json!({ "code": code, "message": message }).to_string())
    }
}

fn headers(clock: i64) -> Vec<(&'static str, String)> {
    let date = Timestamp::now() + SignedDuration::from_mins(clock);
    vec![
        ("opc-request-id", "SERVER/ID".into()),
        ("content-type", "application/json".into()),
        ("date", ociam::wire::http_date(date)),
    ]
}

/// What a service answers that has nothing against a call.
fn fine(request: &Request, clock: i64) -> Reply {
    let body = if request.target.contains("/regionSubscriptions") {
        json!([{ "regionName": "us-chicago-1" }, { "regionName": "eu-frankfurt-1" }])
    } else if request.target.contains("/limitValues") {
        json!([{ "name": "max-on-demand-chat-request-per-minute-count", "value": 100 }])
    } else {
        json!({ "items": [] })
    };
    (200, headers(clock), body.to_string())
}

fn key_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/pkcs8.pem")
}

fn machine(scenario: &Scenario, key: &PrivateKey) -> TempDir {
    let home = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let print = key.public().fingerprint();
    let path = key_path().display().to_string();
    let mut profile = BTreeMap::from([
        ("user", USER.to_owned()),
        ("tenancy", TENANCY.to_owned()),
        ("region", "us-chicago-1".to_owned()),
        ("fingerprint", print.clone()),
        ("key_file", path.clone()),
    ]);
    for (name, value) in &scenario.config {
        profile.insert(name.as_str(), value.clone());
    }
    let lines: String = profile
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let now = Timestamp::now();
    let claims = json!({
        "sub": USER, "tenant": TENANCY, "iat": (now - SignedDuration::from_mins(60)).as_second(),
        "exp": (now + SignedDuration::from_mins(scenario.session_minutes)).as_second(),
        "jwk": key.public().to_jwk("k").to_string(),
    });
    let token = Token::make(claims.as_object().unwrap().clone(), "k", key).unwrap();
    write("token", token.raw().expose());
    let session = format!(
        "[SESSION]\ntenancy={TENANCY}\nregion=us-chicago-1\nfingerprint={print}\nkey_file={path}\nsecurity_token_file=~/token\n"
    );
    write(".oci/config", &format!("[DEFAULT]\n{lines}\n{session}"));
    let acme = json!({
        "ocid": TENANCY, "complete": true, "home-region": "us-chicago-1",
        "domains": [{ "name": "Corp" }],
        "groups": [
            { "name": "Devs", "members": ["marie"] }, { "name": "Others" },
            { "name": "Engineers", "domain": "Corp", "members": ["marie"] },
        ],
        "users": [{ "name": "marie", "ocid": USER }],
        "compartments": [
            { "path": "ml", "ocid": "ocid1.compartment.oc1..ml" },
            { "path": "web", "ocid": "ocid1.compartment.oc1..web" },
        ],
        "api-keys": [{ "ocid": "ocid1.generativeaiapikey.oc1.us-chicago-1.k", "region": "us-chicago-1", "compartment": "ml" }],
    });
    write("acme.json", &acme.to_string());
    for (name, text) in &scenario.files {
        write(name, text);
    }
    home
}

/// The causes that were named, best first, and the number of requests.
fn run(scenario: &Scenario, key: &PrivateKey) -> (Vec<String>, usize, String) {
    let home = machine(scenario, key);
    let (answers, clock) = (scenario.answers.clone(), scenario.clock);
    let service = Service::start(move |_, request| {
        let found = answers.iter().find(|answer| answer.matches(request));
        found.map_or_else(|| fine(request, clock), |answer| answer.reply(clock))
    });
    // A port at which nobody listens any more.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base = |plane: &str| match scenario.dead.iter().any(|dead| dead == plane) {
        true => format!("http://{nobody}"),
        false => service.base(),
    };
    let mut endpoints = endpoints(&scenario.regions, base);
    endpoints.insert("imds".into(), json!(format!("{}/opc/v2", base("imds"))));
    std::fs::write(home.path().join("endpoints.json"), Value::Object(endpoints).to_string()).unwrap();
    let arguments = scenario.arguments.iter().map(|argument| argument.replace("{base}", &service.base()));
    let output = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .env_clear()
        .env("HOME", home.path())
        .envs(&scenario.env)
        .current_dir(home.path())
        .args(["probe", "--format", "json", "--endpoints", "endpoints.json"])
        .args(arguments)
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}: {}", scenario.cause, String::from_utf8_lossy(&output.stderr)));
    let causes: Vec<String> = document["diagnoses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["cause"].as_str().unwrap().to_owned())
        .collect();
    (causes, service.requests().len(), document["failures"].to_string())
}

#[test]
fn every_scenario_names_its_cause_first_within_twelve_requests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        scenarios.extend(file.scenario);
    }
    let key = PrivateKey::read(&std::fs::read_to_string(key_path()).unwrap(), None).unwrap();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let at = scenarios.iter().position(|other| std::ptr::eq(other, scenario)).unwrap();
                    results.lock().unwrap().insert(at, run(scenario, &key));
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let mut wrong = String::new();
    for (at, scenario) in scenarios.iter().enumerate() {
        let (causes, requests, detail) = &results[&at];
        let first = causes.first().map_or("none", String::as_str);
        let named = first == scenario.cause || scenario.also.iter().any(|other| other == first);
        // What can't be told apart must at least be named.
        let listed = causes.contains(&scenario.cause);
        if !named || !listed || *requests > MOST_REQUESTS {
            wrong.push_str(&format!(
                "{} ({}): {} after {requests} requests\n  {detail}\n",
                scenario.cause,
                scenario.says,
                causes.iter().take(4).cloned().collect::<Vec<_>>().join(", ")
            ));
        }
    }
    assert!(wrong.is_empty(), "of {} scenarios:\n{wrong}", scenarios.len());
    assert!(scenarios.len() > 40);
}
