//! `--verify --live` and `key check` against a service on loopback.
#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod loopback;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_cmd::Command;
use loopback::{Reply, Service};
use ociam::wire::Request;
use serde_json::{Value, json};
use tempfile::TempDir;

const KEY: &str = "ocid1.generativeaiapikey.oc1.us-chicago-1.k";
const TENANCY: &str = "ocid1.tenancy.oc1..root";

/// A machine with a user's profile and the secret of a key.
fn machine() -> TempDir {
    let home = TempDir::new().unwrap();
    let pem = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/pkcs8.pem")).unwrap();
    let file = ociam::wire::KeyFile::read(&pem, None).unwrap();
    let fingerprint = file.key.public().fingerprint();
    fs::create_dir(home.path().join(".oci")).unwrap();
    fs::write(home.path().join(".oci/key.pem"), pem).unwrap();
    let config = format!(
        "[DEFAULT]\nuser=ocid1.user.oc1..u\ntenancy={TENANCY}\nfingerprint={fingerprint}\nkey_file={}\nregion=us-chicago-1\n",
        home.path().join(".oci/key.pem").display()
    );
    fs::write(home.path().join(".oci/config"), config).unwrap();
    home
}

fn ociam(home: &Path, service: &Service, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("ociam").unwrap();
    command.env_clear().env("HOME", home).env("OCI_GENAI_API_KEY", "sk-first").env("SECOND", "sk-second");
    command.args(arguments);
    for plane in ["identity", "management", "limits", "inference-openai"] {
        command.args(["--endpoint", &format!("{plane}={}", service.base())]);
    }
    let output = command.current_dir(home).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn ok(value: Value) -> Reply {
    (200, Vec::new(), value.to_string())
}

fn refused(status: u16, message: &str) -> Reply {
    (status, Vec::new(), json!({ "code": status.to_string(), "message": message }).to_string())
}

fn key(expires: &str) -> Value {
    json!({ "id": KEY, "displayName": "chat", "lifecycleState": "ACTIVE", "keys": [
        { "keyName": "one", "state": "ACTIVE", "timeExpiry": expires },
        { "keyName": "two", "state": "ACTIVE", "timeExpiry": "2099-01-01T00:00:00Z" },
    ]})
}

/// A tenancy where all is well once `granted`.
fn answer(request: &Request, granted: bool) -> Reply {
    let path = request.target.split('?').next().unwrap();
    let signed = request.headers.get("authorization").is_some_and(|text| text.starts_with("Signature "));
    match path {
        "/20160918/tenancies/ocid1.tenancy.oc1..root/regionSubscriptions" if signed => {
            ok(json!([{ "regionKey": "ORD", "regionName": "us-chicago-1" }]))
        }
        "/20231130/models" if signed => ok(json!({ "items": [{ "displayName": "openai.gpt-oss-120b" }] })),
        "/20231130/apikeys/ocid1.generativeaiapikey.oc1.us-chicago-1.k" if signed => {
            ok(key("2098-12-31T00:00:00Z"))
        }
        "/20190729/limitValues" if signed => {
            ok(json!([{ "name": "max-on-demand-chat-request-per-minute-count", "value": 100 }]))
        }
        "/20231130/actions/v1/chat/completions" => match request.headers.get("authorization") {
            Some("Bearer sk-first") if granted => ok(json!({ "choices": [] })),
            Some("Bearer sk-first") => refused(404, "Authorization failed or requested resource not found."),
            _ => refused(
                401,
                "The required information to complete authentication was not provided or was incorrect.",
            ),
        },
        _ => refused(404, "no such path"),
    }
}

fn rows(out: &str) -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"));
    let row = |step: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&step["id"]), text(&step["result"]["status"]), step["result"].clone())
    };
    document["steps"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn each_step_is_done_as_the_service_shows_it_and_a_refused_call_is_diagnosed() {
    let home = machine();
    let granted = Arc::new(AtomicBool::new(false));
    let switch = granted.clone();
    let service = Service::start(move |_, request| answer(request, switch.load(Ordering::SeqCst)));
    let arguments = [
        "checklist",
        "--workload",
        "outside-oci",
        "--call",
        "chat",
        "--region",
        "us-chicago-1",
        "--compartment",
        "tenancy",
        "--api-key-ocid",
        KEY,
        "--verify",
        "--live",
        "--format",
        "json",
    ];
    let (code, out, err) = ociam(home.path(), &service, &arguments);
    assert_eq!(code, 1, "{err}");
    let found = rows(&out);
    let status = |found: &[(String, String, Value)], id: &str| {
        found.iter().find(|row| row.0 == id).map(|row| row.1.clone()).unwrap_or_default()
    };
    for step in ["model", "region", "api-key", "rotation", "limits"] {
        assert_eq!(status(&found, step), "done", "{step}: {out}");
    }
    assert_eq!(status(&found, "first-call"), "wrong");
    assert_eq!(status(&found, "policy"), "not-checkable");
    let call = &found.iter().find(|row| row.0 == "first-call").unwrap().2;
    let causes: Vec<_> =
        call["diagnoses"].as_array().unwrap().iter().map(|one| one["cause"].as_str().unwrap()).collect();
    assert!(causes.contains(&"policy-missing"), "{causes:?}");
    // The policy is attached: the call is answered, which shows the right to it too.
    granted.store(true, Ordering::SeqCst);
    let (_, out, _) = ociam(home.path(), &service, &arguments);
    let found = rows(&out);
    assert_eq!((status(&found, "first-call"), status(&found, "policy")), ("done".into(), "done".into()));
    assert!(!out.contains("sk-first"));
}

#[test]
fn a_key_is_looked_up_and_its_secrets_are_tried_without_being_shown() {
    let home = machine();
    let service = Service::start(|_, request| answer(request, true));
    let base = ["key", "check", "--ocid", KEY];
    let (code, out, err) = ociam(home.path(), &service, &base);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("secret one  ACTIVE    until 2098-12-31T00:00:00Z"), "{out}");
    let secrets = ["--secret", "env:OCI_GENAI_API_KEY", "--secret", "env:SECOND", "--try-secrets"];
    let (code, out, _) = ociam(home.path(), &service, &[&base[..], &secrets].concat());
    assert_eq!(code, 1);
    assert!(out.contains("`OCI_GENAI_API_KEY`: authenticates, and may call"), "{out}");
    assert!(out.contains("`SECOND`: refused with 401 in `us-chicago-1`"), "{out}");
    assert!(!out.contains("sk-first") && !out.contains("sk-second"), "{out}");
    // A secret is no argument.
    let (code, out, err) = ociam(home.path(), &service, &[&base[..], &["--secret", "sk-first"]].concat());
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("never taken from an argument") && !err.contains("sk-first"), "{err}");
}

#[test]
fn a_key_that_can_not_be_seen_is_said_with_what_it_takes() {
    let home = machine();
    let service =
        Service::start(|_, _| refused(404, "Authorization failed or requested resource not found."));
    let (code, out, _) = ociam(home.path(), &service, &["key", "check", "--ocid", KEY]);
    assert_eq!(code, 1);
    assert!(
        out.contains("not seen: state and expiry: answered with 404")
            && out.contains("read generative-ai-apikey"),
        "{out}"
    );
}
