//! `ociam probe` from outside, against services on loopback.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod conforms;
mod loopback;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use assert_cmd::Command;
use conforms::conforms;
use loopback::{PLANES, Reply, Service, endpoints};
use ociam::wire::{PrivateKey, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

const USER: &str = "ocid1.user.oc1..marieuser";
const TENANCY: &str = "ocid1.tenancy.oc1..acme";
const COMPARTMENT: &str = "ocid1.compartment.oc1..ml";
const ONE: &str = "sk-markedone1234567890abcdefghij";
const TWO: &str = "sk-markedtwo1234567890abcdefghij";
const REFUSED: &str = "Authorization failed or requested resource not found.";

fn key_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/keys/pkcs8.pem")
}

/// A machine with one profile, and endpoints that all lead to one service.
struct Site {
    home: TempDir,
    service: Service,
}

impl Site {
    fn new(regions: &[&str], answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Site {
        let service = Service::start(move |_, request| answer(request));
        let home = TempDir::new().unwrap();
        let planes = endpoints(regions, |_| service.base());
        let site = Site { home, service };
        site.write("endpoints.json", &Value::Object(planes).to_string());
        let text = std::fs::read_to_string(key_path()).unwrap();
        let print = PrivateKey::read(&text, None).unwrap().public().fingerprint();
        site.write(
            ".oci/config",
            &format!(
                "[DEFAULT]\nuser={USER}\ntenancy={TENANCY}\nregion=us-chicago-1\nfingerprint={print}\nkey_file={}\n",
                key_path().display()
            ),
        );
        site
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ociam"));
        command
            .env_clear()
            .env("HOME", self.path())
            .env("NO_COLOR", "1")
            .current_dir(self.path())
            .args(["probe", "--endpoints", "endpoints.json"])
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The report of a run that a person ends once `far_enough`.
    #[cfg(unix)]
    fn interrupted(&self, arguments: &[&str], far_enough: impl Fn() -> bool) -> Value {
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_ociam"))
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path())
            .args(["probe", "--endpoints", "endpoints.json"])
            .args(arguments)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        while !far_enough() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        document(&child.wait_with_output().unwrap())
    }

    fn keyed(&self, arguments: &[&str]) -> Output {
        self.command(arguments).env("KEY_ONE", ONE).env("KEY_TWO", TWO).output().unwrap()
    }
}

fn document(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({ "code": code, "message": message }).to_string();
    (status, headers(), body)
}

fn headers() -> Vec<(&'static str, String)> {
    vec![
        ("opc-request-id", "SERVER/ID".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("date", ociam::wire::http_date(jiff::Timestamp::now())),
    ]
}

fn fine(body: Value) -> Reply {
    (200, headers(), body.to_string())
}

fn verdict<'a>(document: &'a Value, plane: &str) -> &'a str {
    let rows = document["matrix"].as_array().unwrap();
    rows.iter().find(|row| row["plane"] == plane).unwrap()["verdict"].as_str().unwrap()
}

fn first_cause(document: &Value, plane: &str) -> String {
    let all = document["diagnoses"].as_array().unwrap();
    let first = all.iter().find(|each| each["plane"] == plane).unwrap_or_else(|| panic!("{document:#}"));
    first["cause"].as_str().unwrap().to_owned()
}

#[test]
fn when_everything_answers_the_matrix_works_and_the_exit_code_is_zero() {
    let site = Site::new(&["us-chicago-1"], |_| fine(json!({ "items": [] })));
    let output = site.run(&[
        "--format",
        "json",
        "--compartment",
        COMPARTMENT,
        "--agent-endpoint",
        "ocid1.genaiagentendpoint.oc1..a",
    ]);
    let found = document(&output);
    assert_eq!(output.status.code(), Some(0), "{found:#}");
    for plane in &PLANES[..6] {
        assert_eq!(verdict(&found, plane), "works", "{plane}");
    }
    assert_eq!(found["diagnoses"], json!([]));
    let schema = site.run(&[]);
    assert_eq!(schema.status.code(), Some(0));
    let schema = Command::new(env!("CARGO_BIN_EXE_ociam")).args(["schema", "probe"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    conforms(&schema, &schema, &found, "$");
}

#[test]
fn a_refused_chat_names_the_policy_the_statement_and_the_request() {
    let site = Site::new(&["us-chicago-1"], |request| {
        if request.target.contains("/actions/chat") && request.target.starts_with("/inference/") {
            error(404, "404", REFUSED)
        } else {
            fine(json!({ "items": [] }))
        }
    });
    site.write(
        "iam.policy",
        "allow group Others to use generative-ai-chat in tenancy\nallow group Devs to read generative-ai-chat in tenancy\n",
    );
    site.write(
        "acme.json",
        &json!({
            "ocid": TENANCY,
            "groups": [{"name": "Devs", "members": [USER]}, {"name": "Others"}],
            "users": [{"name": "marie", "ocid": USER}],
            "compartments": [{"path": "ml", "ocid": COMPARTMENT}]
        })
        .to_string(),
    );
    let arguments =
        ["--format", "json", "--compartment", "ml", "--policies", "iam.policy", "--snapshot", "acme.json"];
    let output = site.run(&[&arguments[..], &["--plane", "inference", "--plane", "management"]].concat());
    let found = document(&output);
    assert_eq!(output.status.code(), Some(1), "{found:#}");
    assert_eq!(verdict(&found, "inference"), "not-authorized");
    assert_eq!(verdict(&found, "management"), "works");
    assert_eq!(first_cause(&found, "inference"), "permission-not-in-verb", "{found:#}");
    let first = &found["diagnoses"][0];
    let statements = first["remedy"]["statements"].as_array().unwrap();
    assert!(statements[0].as_str().unwrap().contains("use generative-ai-chat"), "{first:#}");
    assert_eq!(found["failures"][0]["opc_request_ids"][0], "SERVER/ID");
    let schema = Command::new(env!("CARGO_BIN_EXE_ociam")).args(["schema", "probe"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    conforms(&schema, &schema, &found, "$");
}

#[test]
fn without_policies_the_statement_names_the_caller_and_the_compartment() {
    let site = Site::new(&["us-chicago-1"], |_| error(404, "404", REFUSED));
    let output = site.run(&["--plane", "inference", "--compartment", COMPARTMENT]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains(COMPARTMENT) && text.contains("use generative-ai-chat"), "{text}");
    assert!(text.contains("SERVER/ID") && text.contains("not authorized"), "{text}");
}

#[test]
fn a_model_that_is_not_there_is_told_from_a_missing_right_by_another_model() {
    let site = Site::new(&["us-chicago-1"], |request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match body["servingMode"]["modelId"].as_str() {
            Some(model) if model.starts_with("meta.llama-3.1-405b") || model.contains("no-such") => {
                error(404, "404", &format!("Entity with key {model} not found"))
            }
            _ => fine(json!({ "items": [] })),
        }
    });
    let found = document(&site.run(&[
        "--format",
        "json",
        "--plane",
        "inference",
        "--model",
        "meta.llama-3.1-405b-instruct",
    ]));
    assert_eq!(verdict(&found, "inference"), "not-supported");
    let cause = first_cause(&found, "inference");
    assert!(["model-retired", "region-model-unavailable"].contains(&cause.as_str()), "{found:#}");
    assert!(found["observations"].as_array().unwrap().len() <= 12);
}

#[test]
fn a_key_is_tried_on_both_base_paths_and_on_the_agent_runtime() {
    let site = Site::new(&["us-chicago-1"], |request| {
        if request.target.contains("/20231130/actions/v1/") {
            fine(json!({}))
        } else {
            error(404, "404", REFUSED)
        }
    });
    let output = site.keyed(&[
        "--format",
        "json",
        "--auth",
        "genai-api-key",
        "--api-key-env",
        "KEY_ONE",
        "--region",
        "us-chicago-1",
    ]);
    let found = document(&output);
    assert_eq!(verdict(&found, "inference-openai"), "works", "{found:#}");
    assert_eq!(verdict(&found, "agent-runtime"), "not-supported");
    assert_eq!(verdict(&found, "management"), "not-supported");
    let rows = found["matrix"].as_array().unwrap();
    let agent = rows.iter().find(|row| row["plane"] == "agent-runtime").unwrap();
    assert!(agent["reason"].as_str().unwrap().contains("404"), "{agent}");
    let seen = site.service.requests();
    for base in ["/openai/v1/chat/completions", "/20231130/actions/v1/chat/completions"] {
        assert!(seen.iter().any(|request| request.target.ends_with(base)), "{base}");
    }
    assert!(
        seen.iter().all(|request| request.headers.get("authorization") == Some(&format!("Bearer {ONE}")))
    );
}

#[test]
fn a_sweep_finds_the_region_of_a_key() {
    let site = Site::new(&["us-chicago-1", "us-ashburn-1", "eu-frankfurt-1"], |request| {
        if request.target.contains("/eu-frankfurt-1/") {
            fine(json!({}))
        } else {
            error(
                401,
                "401",
                "The required information to complete authentication was not provided or was incorrect.",
            )
        }
    });
    let output = site.keyed(&[
        "--format",
        "json",
        "--plane",
        "inference-openai",
        "--auth",
        "genai-api-key",
        "--api-key",
        "env:KEY_ONE",
        "--regions",
        "supported",
    ]);
    let found = document(&output);
    assert_eq!(output.status.code(), Some(0), "{found:#}");
    let rows = found["matrix"].as_array().unwrap();
    let working: Vec<&Value> =
        rows.iter().filter(|row| row["verdict"] == "works").map(|row| &row["region"]).collect();
    assert_eq!(working, ["eu-frankfurt-1"]);
    assert_eq!(rows.len(), 3);
}

#[test]
fn once_a_key_is_found_its_other_planes_are_asked_in_its_region() {
    let site = Site::new(&["us-chicago-1", "eu-frankfurt-1"], |request| {
        match request.target.contains("/eu-frankfurt-1/") {
            true => error(404, "404", REFUSED),
            false => error(
                401,
                "401",
                "The required information to complete authentication was not provided or was incorrect.",
            ),
        }
    });
    let found =
        document(&site.keyed(&["--format", "json", "--auth", "genai-api-key", "--api-key", "env:KEY_ONE"]));
    assert_eq!(verdict(&found, "agent-runtime"), "not-supported", "{found:#}");
    assert!(
        site.service
            .requests()
            .iter()
            .any(|request| request.target.starts_with("/agent-runtime/eu-frankfurt-1/"))
    );
}

#[test]
fn both_secrets_say_whether_the_other_may_be_revoked() {
    let works =
        |request: &Request| request.headers.get("authorization").is_some_and(|value| value.ends_with(TWO));
    let site = Site::new(&["us-chicago-1"], move |request| match works(request) {
        true => fine(json!({})),
        false => fine(json!({})),
    });
    let arguments = [
        "--plane",
        "inference-openai",
        "--auth",
        "genai-api-key",
        "--region",
        "us-chicago-1",
        "--api-key-env",
        "KEY_ONE",
        "--standby",
        "env:KEY_TWO",
        "--format",
        "json",
    ];
    let found = document(&site.keyed(&arguments));
    assert_eq!(found["rotation"]["safe"], true);
    assert!(
        found["rotation"]["advice"].as_str().unwrap().contains("standby works, safe to revoke the other")
    );

    let site = Site::new(&["us-chicago-1"], move |request| match works(request) {
        true => error(
            401,
            "401",
            "The required information to complete authentication was not provided or was incorrect.",
        ),
        false => fine(json!({})),
    });
    let output = site.keyed(&arguments);
    let found = document(&output);
    assert_eq!(found["rotation"]["safe"], false);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(first_cause(&found, "inference-openai"), "genai-secret-not-active", "{found:#}");
}

#[test]
fn a_dry_run_sends_nothing_and_shows_every_request_without_its_secret() {
    let site = Site::new(&["us-chicago-1"], |_| fine(json!({})));
    let output = site.keyed(&["--dry-run", "--api-key-env", "KEY_ONE", "--region", "us-chicago-1"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(site.service.requests().is_empty());
    assert!(text.contains("costs: a few tokens") && text.contains("costs: free"), "{text}");
    assert!(!text.contains("markedone"), "{text}");
}

#[test]
fn offline_sends_nothing_and_finds_a_wrong_fingerprint() {
    let site = Site::new(&["us-chicago-1"], |_| fine(json!({})));
    let config = std::fs::read_to_string(site.path().join(".oci/config")).unwrap();
    let wrong: String = config
        .lines()
        .map(|line| {
            if line.starts_with("fingerprint") {
                "fingerprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"
            } else {
                line
            }
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    site.write(".oci/config", &wrong);
    let output = site.run(&["--offline", "--format", "json"]);
    let found = document(&output);
    assert_eq!(output.status.code(), Some(1), "{found:#}");
    assert!(site.service.requests().is_empty());
    let checks = found["checks"].as_array().unwrap();
    assert!(
        checks
            .iter()
            .any(|check| check["cause"] == "bad-fingerprint-or-key" && check["strength"] == "certain"),
        "{found:#}"
    );
}

#[test]
fn offline_compares_the_region_of_a_key_with_that_of_the_call() {
    let site = Site::new(&["us-chicago-1", "eu-frankfurt-1"], |_| fine(json!({})));
    let causes = |region: &str| -> Vec<String> {
        let id = "ocid1.generativeaiapikey.oc1.eu-frankfurt-1.amaaaaaaabcdefgh";
        let key = ["--auth", "genai-api-key", "--api-key", "env:KEY_ONE", "--api-key-id", id];
        let call = ["--offline", "--format", "json", "--plane", "inference-openai", "--region", region];
        let found = document(&site.keyed(&[&key[..], &call[..]].concat()));
        let checks = found["checks"].as_array().unwrap();
        checks.iter().map(|check| format!("{} {}", check["strength"], check["cause"])).collect()
    };
    assert_eq!(causes("us-chicago-1"), [r#""certain" "key-region-mismatch""#]);
    assert_eq!(causes("eu-frankfurt-1"), [""; 0]);
    assert!(site.service.requests().is_empty());
}

#[test]
fn offline_calls_nothing_right_that_is_likely_wrong() {
    let site = Site::new(&["uk-london-1"], |_| fine(json!({})));
    let run = |model: &str| {
        let call = ["--offline", "--plane", "inference", "--region", "uk-london-1", "--model", model];
        String::from_utf8(site.run(&call).stdout).unwrap()
    };
    let doubtful = run("google.gemini-2.5-pro");
    assert!(
        doubtful.contains("likely wrong") && doubtful.contains("nothing is wrong for certain"),
        "{doubtful}"
    );
    let right = run("cohere.command-a-03-2025");
    assert!(right.contains("nothing that can be checked without a request is wrong"), "{right}");
}

#[test]
fn a_wrong_fingerprint_is_named_when_the_service_refuses_it() {
    let site = Site::new(&["us-chicago-1"], |_| {
        error(
            401,
            "NotAuthenticated",
            "The required information to complete authentication was not provided or was incorrect.",
        )
    });
    let config = std::fs::read_to_string(site.path().join(".oci/config")).unwrap();
    site.write(".oci/config", &config.replace("fingerprint=", "fingerprint=00:"));
    let output = site.run(&["--format", "json", "--compartment", COMPARTMENT]);
    let found = document(&output);
    assert_eq!(found["failures"].as_array().unwrap().len(), 1, "one failure, however many planes: {found:#}");
    assert_eq!(found["diagnoses"][0]["cause"], "bad-fingerprint-or-key", "{found:#}");
}

#[test]
fn no_secret_is_written_anywhere_even_when_a_service_sends_it_back() {
    let site = Site::new(&["us-chicago-1"], |request| {
        let sent = request.headers.get("authorization").unwrap_or_default().to_owned();
        error(401, "401", &format!("you sent {sent}"))
    });
    let mut written = String::new();
    for extra in [&["--format", "json"][..], &[], &["--dry-run"], &["--offline"]] {
        let fixed = [
            "--api-key-env",
            "KEY_ONE",
            "--standby",
            "env:KEY_TWO",
            "--region",
            "us-chicago-1",
            "--report",
            "r.html",
            "--report",
            "r.md",
        ];
        let output = site.keyed(&[&fixed[..], extra].concat());
        written.push_str(&String::from_utf8_lossy(&output.stdout));
        written.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    for file in ["r.html", "r.md"] {
        written.push_str(&std::fs::read_to_string(site.path().join(file)).unwrap());
    }
    let requests = site.service.requests();
    let sent = requests.iter().filter_map(|request| request.headers.get("authorization"));
    let signatures = sent.filter_map(|value| Some(value.split("signature=\"").nth(1)?[..40].to_owned()));
    let marked = ["markedone", "markedtwo", "BEGIN PRIVATE"].map(str::to_owned);
    for secret in signatures.chain(marked) {
        assert!(!written.contains(&secret), "{secret}");
    }
    assert!(written.contains("not authenticated"));
}

#[test]
fn an_argument_is_no_place_for_a_secret() {
    let site = Site::new(&["us-chicago-1"], |_| fine(json!({})));
    let output = site.run(&["--api-key", ONE]);
    assert_eq!(output.status.code(), Some(2));
    assert!(site.service.requests().is_empty());
}

#[test]
fn a_host_outside_the_realms_gets_no_credential_unless_named_and_plain_http_never() {
    let site = Site::new(&["us-chicago-1"], |_| fine(json!({})));
    let output = site.run(&["--endpoint", "inference=http://example.com"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("plain HTTP"));
}

#[test]
fn the_budget_of_requests_holds() {
    let site = Site::new(&["us-chicago-1"], |_| error(404, "404", REFUSED));
    let output = site.run(&["--format", "json", "--max-requests", "3", "--compartment", COMPARTMENT]);
    assert_eq!(site.service.requests().len(), 3);
    assert_eq!(document(&output)["observations"].as_array().unwrap().len(), 3);
}

#[test]
fn all_cells_are_under_way_at_once() {
    let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let most = Arc::clone(&peak);
    let site = Site::new(&["us-chicago-1"], move |_| {
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(400));
        now.fetch_sub(1, Ordering::SeqCst);
        fine(json!({ "items": [] }))
    });
    let output = site.run(&["--format", "json", "--compartment", COMPARTMENT]);
    assert_eq!(output.status.code(), Some(0), "what is skipped is no failure");
    assert!(peak.load(Ordering::SeqCst) >= 4, "{peak:?}");
}

#[test]
#[cfg(unix)]
fn an_interrupt_shows_what_is_known_so_far() {
    let site = Site::new(&["us-chicago-1"], |request| {
        if !request.target.starts_with("/identity/") {
            std::thread::sleep(Duration::from_secs(60));
        }
        fine(json!({ "items": [] }))
    });
    let identity = || site.service.requests().iter().any(|request| request.target.starts_with("/identity/"));
    let found =
        site.interrupted(&["--format", "json", "--timeout", "60", "--compartment", COMPARTMENT], || {
            identity() && {
                // The answer has been logged; a moment more for it to be read.
                std::thread::sleep(Duration::from_millis(500));
                true
            }
        });
    assert_eq!(found["interrupted"], true);
    assert_eq!(verdict(&found, "identity"), "works");
    assert_eq!(verdict(&found, "inference"), "skipped");
}

#[test]
fn a_page_that_cannot_be_kept_stops_the_run_before_anything_is_sent() {
    let site = Site::new(&["us-chicago-1"], |_| fine(json!({})));
    let output = site.run(&["--report", "no/such/folder.html"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(site.service.requests().is_empty());
}

/// A service with an agent endpoint that opens sessions, and deletes them when `deletes`.
fn agents(request: &Request, deletes: bool) -> Reply {
    if request.method == "DELETE" && !deletes {
        return error(404, "NotAuthorizedOrNotFound", REFUSED);
    }
    fine(json!({ "id": "ocid1.genaiagentsession.oc1..opened" }))
}

const AGENT: [&str; 6] = [
    "--plane",
    "agent-runtime",
    "--agent-endpoint",
    "ocid1.genaiagentendpoint.oc1.us-chicago-1.helpdesk",
    "--format",
    "json",
];

#[test]
fn a_session_that_is_opened_is_deleted_at_the_end() {
    let site = Site::new(&["us-chicago-1"], |request| agents(request, true));
    let output = site.run(&AGENT);
    let found = document(&output);
    assert_eq!(output.status.code(), Some(0), "{found:#}");
    let sent: Vec<String> =
        site.service.requests().iter().map(|one| format!("{} {}", one.method, one.target)).collect();
    let path = "/agent-runtime/us-chicago-1/20240531/agentEndpoints/ocid1.genaiagentendpoint.oc1.us-chicago-1.helpdesk/sessions";
    assert_eq!(sent, [format!("POST {path}"), format!("DELETE {path}/ocid1.genaiagentsession.oc1..opened")]);
    let closing: Vec<&Value> =
        found["observations"].as_array().unwrap().iter().map(|each| &each["closing"]).collect();
    assert_eq!(closing, [&json!(false), &json!(true)]);
}

#[test]
fn the_dry_run_shows_the_end_of_a_session_too() {
    let site = Site::new(&["us-chicago-1"], |request| agents(request, true));
    let planned = document(&site.run(&[&AGENT[..], &["--dry-run"]].concat()));
    let methods: Vec<&str> = planned["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| request["method"].as_str().unwrap())
        .collect();
    assert_eq!(methods, ["POST", "DELETE"]);
    assert!(site.service.requests().is_empty());
}

#[test]
fn a_session_is_opened_only_when_a_request_is_left_to_delete_it() {
    let site = Site::new(&["us-chicago-1"], |request| agents(request, true));
    let found = document(&site.run(&[&AGENT[..], &["--max-requests", "1"]].concat()));
    assert!(site.service.requests().is_empty(), "{found:#}");
}

#[test]
fn a_session_that_stays_is_told_of() {
    let site = Site::new(&["us-chicago-1"], |request| agents(request, false));
    let found = document(&site.run(&AGENT));
    let notes = found["notes"].to_string();
    assert!(
        notes.contains("ocid1.genaiagentsession.oc1..opened") && notes.contains("session delete"),
        "{notes}"
    );
}

#[test]
#[cfg(unix)]
fn an_interrupt_deletes_the_session_that_is_being_opened() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let site = Site::new(&["us-chicago-1"], move |request| {
        if request.method == "POST" {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1500));
        }
        agents(request, true)
    });
    let found = site.interrupted(&AGENT, || asked.load(Ordering::SeqCst) > 0);
    assert_eq!(found["interrupted"], true);
    assert!(site.service.requests().iter().any(|request| request.method == "DELETE"), "{found:#}");
}

#[test]
fn a_request_fails_as_the_clients_own_does() {
    let site = Site::new(&["us-chicago-1"], |request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match body.get("compartmentId").is_some() {
            true => fine(json!({})),
            false => error(400, "400", "Compartment ID must be provided."),
        }
    });
    let arguments = ["--plane", "inference", "--model", "meta.llama-3.3-70b-instruct", "--format", "json"];
    let output = site.run(&[&arguments[..], &["--compartment-in", "none"]].concat());
    let found = document(&output);
    assert_eq!(first_cause(&found, "inference"), "missing-compartment", "{found:#}");
    assert_eq!(found["observations"][0]["carried"]["compartment"], json!([]));
    let remedy = found["diagnoses"][0]["remedy"]["text"].as_str().unwrap();
    assert!(remedy.contains(&format!("\"compartmentId\": \"{TENANCY}\"")), "{remedy}");
    assert_eq!(site.run(&arguments).status.code(), Some(0));
    for wrong in [["--compartment-in", "Authorization"], ["--body", "nowhere.json"]] {
        assert_eq!(site.run(&[&arguments[..], &wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
}
