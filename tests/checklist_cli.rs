//! `ociam checklist` and `ociam key check` as users run them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod conforms;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use conforms::conforms;
use serde_json::{Value, json};
use tempfile::TempDir;

fn ociam(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    ociam_with(folder, &[], arguments)
}

fn ociam_with(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("ociam").unwrap();
    command.env_clear().env("HOME", folder).envs(variables.iter().copied());
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const WISH: &str = "\
workload = \"functions\"
call = \"responses\"
region = \"us-chicago-1\"
compartment = \"ml:prod\"

[names]
tenancy-ocid = \"ocid1.tenancy.oc1..root\"
compartment-ocid = \"ocid1.compartment.oc1..prod\"
project-ocid = \"ocid1.generativeaiproject.oc1.us-chicago-1.p\"
dynamic-group = \"chat-functions\"
home-region = \"us-ashburn-1\"
";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("wish.toml"), WISH).unwrap();
    folder
}

fn steps(out: &str) -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row =
        |step: &Value| (text(&step["id"]), text(&step["result"]["status"]), text(&step["result"]["found"]));
    document["steps"].as_array().unwrap().iter().map(row).collect()
}

fn status(out: &str, step: &str) -> (String, String) {
    let found = steps(out).into_iter().find(|(id, ..)| id == step);
    let (_, status, text) = found.unwrap_or_else(|| panic!("no step {step}"));
    (status, text)
}

const DAY: [&str; 2] = ["--today", "2026-11-21"];

#[test]
fn a_checklist_reads_well_in_every_format() {
    let folder = folder();
    let list = |more: &[&str]| {
        let (code, out, err) =
            ociam(folder.path(), &[&["checklist", "--file", "wish.toml"], &DAY[..], more].concat());
        assert_eq!((code, err.as_str()), (0, ""));
        out
    };
    insta::assert_snapshot!("human", list(&[]));
    insta::assert_snapshot!("markdown", list(&["--format", "markdown"]));
    insta::assert_snapshot!("html", list(&["--format", "html"]));
    insta::assert_snapshot!("terraform", list(&["--terraform"]));
    insta::assert_snapshot!("api_key", list(&["--auth-method", "genai-api-key", "--client", "curl"]));
}

#[test]
fn what_can_not_be_done_is_said_method_by_method() {
    let folder = folder();
    let arguments = [
        &["checklist", "--file", "wish.toml", "--call", "agents", "--auth-method", "genai-api-key"],
        &DAY[..],
    ];
    let (code, out, _) = ociam(folder.path(), &arguments.concat());
    assert_eq!(code, 1);
    insta::assert_snapshot!("impossible", out);
}

#[test]
fn the_documents_are_as_their_schemas_say() {
    let folder = folder();
    let schema =
        |name: &str| serde_json::from_str::<Value>(&ociam(folder.path(), &["schema", name]).1).unwrap();
    let checklist = schema("checklist");
    for more in [
        &["--verify"][..],
        &[],
        &["--call", "agents", "--auth-method", "genai-api-key"],
        &["--workload", "laptop", "--call", "agents-rag"],
    ] {
        let arguments = [&["checklist", "--file", "wish.toml", "--format", "json"], more].concat();
        let document: Value = serde_json::from_str(&ociam(folder.path(), &arguments).1).unwrap();
        conforms(&checklist, &checklist, &document, "$");
    }
    fs::write(folder.path().join("key.json"), key("2027-02-01", "ACTIVE").to_string()).unwrap();
    let key = schema("key");
    let document = ociam(folder.path(), &["key", "check", "--from", "key.json", "--format", "json"]).1;
    conforms(&key, &key, &serde_json::from_str(&document).unwrap(), "$");
}

#[test]
fn the_json_of_a_checklist_stays() {
    let folder = folder();
    let arguments = [&["checklist", "--file", "wish.toml", "--format", "json"], &DAY[..]].concat();
    let mut document: Value = serde_json::from_str(&ociam(folder.path(), &arguments).1).unwrap();
    // The decision has a snapshot of its own.
    document["decision"]["candidates"].as_array_mut().unwrap().truncate(1);
    insta::assert_json_snapshot!("json", document);
}

#[test]
fn each_step_turns_from_missing_to_done_as_the_configuration_comes_to_hold_it() {
    let folder = folder();
    let verify = |more: &[&str]| {
        let base = ["checklist", "--file", "wish.toml", "--verify", "--format", "json"];
        ociam(folder.path(), &[&base[..], &DAY[..], more].concat())
    };
    let nothing = verify(&[]);
    assert_eq!(status(&nothing.1, "policy").0, "not-checkable");
    // Another policy, and none of the dynamic group.
    fs::write(
        folder.path().join("main.tf"),
        "resource \"oci_identity_policy\" \"other\" {\n  compartment_id = \"ocid1.tenancy.oc1..root\"\n  name = \"other\"\n  description = \"d\"\n  statements = [\"allow group Devs to read buckets in tenancy\"]\n}\n",
    )
    .unwrap();
    let (code, out, _) = verify(&["--policies", "main.tf"]);
    assert_eq!(code, 1);
    assert_eq!(status(&out, "policy").0, "missing", "{:?}", status(&out, "policy"));
    // The right statement for the wrong compartment.
    let (_, terraform, _) = ociam(folder.path(), &["checklist", "--file", "wish.toml", "--terraform"]);
    fs::write(folder.path().join("main.tf"), terraform.replace("ml:prod", "ml:test")).unwrap();
    let (code, out, _) = verify(&["--policies", "main.tf"]);
    let (state, found) = status(&out, "policy");
    assert_eq!((code, state.as_str()), (1, "wrong"), "{found}");
    assert!(found.contains("location"), "{found}");
    // All of it.
    fs::write(folder.path().join("main.tf"), &terraform).unwrap();
    let (_, out, _) = verify(&["--policies", "main.tf"]);
    assert_eq!(status(&out, "policy").0, "done", "{:?}", status(&out, "policy"));
    assert_eq!(status(&out, "dynamic-group").0, "done", "{:?}", status(&out, "dynamic-group"));
    // A rule for another compartment takes the function in no more.
    fs::write(folder.path().join("main.tf"), terraform.replace("oc1..prod'", "oc1..test'")).unwrap();
    let (_, out, _) = verify(&["--policies", "main.tf"]);
    assert_eq!(status(&out, "dynamic-group").0, "wrong", "{:?}", status(&out, "dynamic-group"));
}

#[test]
fn a_snapshot_shows_regions_keys_projects_and_limits() {
    let folder = folder();
    let snapshot = json!({
        "ocid": "ocid1.tenancy.oc1..root", "complete": true, "regions": ["us-ashburn-1"],
        "compartments": [{ "path": "ml:prod", "ocid": "ocid1.compartment.oc1..prod" }],
        "domains": [], "groups": [], "dynamic-groups": [], "users": [], "policies": [], "resources": [],
        "api-keys": [{ "ocid": "ocid1.generativeaiapikey.oc1.eu-frankfurt-1.k", "state": "ACTIVE" }],
        "projects": [{ "ocid": "ocid1.generativeaiproject.oc1.us-chicago-1.p", "state": "ACTIVE" }],
        "endpoints": [], "limits": { "max-on-demand-chat-request-per-minute-count": 0 },
    });
    fs::write(folder.path().join("acme.json"), snapshot.to_string()).unwrap();
    let base =
        ["checklist", "--file", "wish.toml", "--verify", "--snapshot", "acme.json", "--format", "json"];
    let (code, out, err) = ociam(folder.path(), &base);
    assert_eq!(code, 1, "{err}");
    for (step, expected) in [
        ("model", "done"),
        ("region", "missing"),
        ("dynamic-group", "missing"),
        ("policy", "missing"),
        ("project", "done"),
        ("limits", "wrong"),
        ("first-call", "not-checkable"),
    ] {
        assert_eq!(status(&out, step).0, expected, "{step}: {}", status(&out, step).1);
    }
    let key =
        ["--auth-method", "genai-api-key", "--api-key-ocid", "ocid1.generativeaiapikey.oc1.eu-frankfurt-1.k"];
    let (_, out, _) = ociam(folder.path(), &[&base[..], &key].concat());
    let (state, found) = status(&out, "api-key");
    assert_eq!(state, "wrong");
    assert!(found.contains("`eu-frankfurt-1`"), "{found}");
}

#[test]
fn what_is_done_is_remembered_and_not_looked_at_again() {
    let folder = folder();
    let state = ["--state", "progress.json"];
    let first = [&["checklist", "--file", "wish.toml", "--done", "limits"][..], &state, &DAY].concat();
    assert_eq!(ociam(folder.path(), &first).0, 0);
    // The wish is in the file too.
    let again = [&["checklist", "--verify", "--format", "json"][..], &state].concat();
    let (_, out, err) = ociam(folder.path(), &again);
    assert_eq!(status(&out, "limits"), ("done".into(), "noted as done, on 2026-11-21".into()), "{err}");
    // The catalogue said so the first time; the second time it is remembered.
    let (_, out, _) = ociam(folder.path(), &again);
    assert!(status(&out, "model").1.contains(", on "), "{:?}", status(&out, "model"));
    let (code, _, err) = ociam(folder.path(), &[&first[..], &["--done", "nothing"]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("there is no step `nothing`"), "{err}");
    fs::write(folder.path().join("progress.json"), "{}").unwrap();
    assert_eq!(ociam(folder.path(), &again).0, 2);
}

#[test]
fn the_environment_of_this_machine_is_held_to_the_plan() {
    let folder = folder();
    let base = [
        "checklist",
        "--file",
        "wish.toml",
        "--verify",
        "--format",
        "json",
        "--auth-method",
        "genai-api-key",
    ];
    let verify = |variables: &[(&str, &str)]| ociam_with(folder.path(), variables, &base).1;
    let out = verify(&[]);
    assert_eq!(status(&out, "environment").0, "missing");
    assert_eq!(status(&out, "endpoint").0, "missing");
    let url = "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/v1";
    let project = ("OPENAI_PROJECT_ID", "ocid1.generativeaiproject.oc1.us-chicago-1.p");
    let set = [("OPENAI_BASE_URL", url), ("OPENAI_API_KEY", "sk-abcdefgh"), project];
    let out = verify(&set);
    assert_eq!(status(&out, "environment").0, "done", "{:?}", status(&out, "environment"));
    assert_eq!(status(&out, "endpoint").0, "done", "{:?}", status(&out, "endpoint"));
    let out = verify(&[
        ("OPENAI_BASE_URL", &url.replace("chicago", "ashburn")),
        ("OPENAI_API_KEY", "sk-proj-abcdefgh"),
        project,
    ]);
    assert_eq!(status(&out, "endpoint").0, "wrong");
    let (state, found) = status(&out, "environment");
    assert_eq!(state, "wrong");
    assert!(found.contains("OpenAI") && !found.contains("abcdefgh"), "{found}");
}

#[test]
fn wrong_usage_is_said_and_ends_with_two() {
    let folder = folder();
    for (arguments, says) in [
        (&["checklist"][..], "missing: --workload, --call, --region, --compartment"),
        (&["checklist", "--file", "none.toml"], "can't read `none.toml`"),
        (&["checklist", "--file", "wish.toml", "--client", "curl2"], "did you mean `curl`?"),
        (&["checklist", "--file", "wish.toml", "--today", "soon"], "`soon` is no day"),
        (&["key", "check"], "there is no key to look at"),
    ] {
        let (code, out, err) = ociam(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(says), "{arguments:?}: {err}");
    }
    fs::write(folder.path().join("bad.toml"), "workload = \"laptop\"\ncolour = 1\n").unwrap();
    let (code, _, err) = ociam(folder.path(), &["checklist", "--file", "bad.toml"]);
    assert_eq!(code, 2);
    assert!(err.contains("unknown field `colour`"), "{err}");
}

fn key(expires: &str, second: &str) -> Value {
    json!({ "data": {
        "id": "ocid1.generativeaiapikey.oc1.us-chicago-1.k", "display-name": "chat", "lifecycle-state": "ACTIVE",
        "keys": [
            { "key-name": "one", "state": "ACTIVE", "time-expiry": format!("{expires}T00:00:00+00:00") },
            { "key-name": "two", "state": second, "time-expiry": "2099-01-01T00:00:00+00:00" },
        ],
    }})
}

#[test]
fn a_key_is_judged_by_what_the_command_line_printed_with_an_exit_code_for_cron() {
    let folder = folder();
    let check = |value: Value, more: &[&str]| {
        fs::write(folder.path().join("key.json"), value.to_string()).unwrap();
        ociam(folder.path(), &[&["key", "check", "--from", "key.json"], more].concat())
    };
    let (code, out, _) = check(key("2098-12-31", "ACTIVE"), &[]);
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = check(key("2098-12-31", "ACTIVE"), &["--quiet"]);
    assert_eq!((code, out.as_str()), (0, ""));
    let (code, out, _) = check(key("2020-01-01", "INACTIVE"), &[]);
    assert_eq!(code, 1);
    assert!(
        out.contains("no secret of the key works") && out.contains("--key-name two --state ACTIVE"),
        "{out}"
    );
    let (code, out, _) = check(key("2098-12-31", "ACTIVE"), &["--region", "eu-frankfurt-1"]);
    assert_eq!(code, 1);
    assert!(out.contains("[key-region-mismatch]"), "{out}");
}
