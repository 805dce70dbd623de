//! `ociam probe` against the sandbox: in every scenario of `fixtures/scenarios/sandbox` the cause must stand first,
//! within 12 requests.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

#[allow(dead_code)]
mod r#box;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use assert_cmd::Command;
use r#box::Box;
use ociam::authz::Tenancy;
use ociam::sandbox::Settings;
use serde_json::Value;
use toml::Table;

const MOST_REQUESTS: usize = 12;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The sample tenancy with the tables of a scenario in place of its own.
fn served(scenario: &Table) -> (Tenancy, Settings) {
    let mut all: Table = std::fs::read_to_string(fixture("tenancies/sandbox.toml")).unwrap().parse().unwrap();
    for (name, value) in scenario.get("tenancy").and_then(|tenancy| tenancy.as_table()).into_iter().flatten()
    {
        all.insert(name.clone(), value.clone());
    }
    let settings = all.get_mut("sandbox").and_then(|settings| settings.as_table_mut()).unwrap();
    for (name, value) in
        scenario.get("sandbox").and_then(|settings| settings.as_table()).into_iter().flatten()
    {
        settings.insert(name.clone(), value.clone());
    }
    let text = all.to_string();
    (Tenancy::from_text(&text).unwrap(), Settings::from_text(&text).unwrap())
}

fn endpoint(sandbox: &Box, plane: &str) -> String {
    format!("http://{}", sandbox.door(plane, "us-chicago-1"))
}

/// What went wrong in a scenario, if anything.
fn wrong(name: &str, scenario: &Table, sandbox: &Box) -> Option<String> {
    let state = sandbox.folder.path();
    let home = tempfile::tempdir().unwrap();
    let user = sandbox.tenancy()["users"][0]["ocid"].as_str().unwrap().to_owned();
    let filled = |text: &str| {
        text.replace("{state}", state.to_str().unwrap())
            .replace("{work}", home.path().to_str().unwrap())
            .replace("{user}", &user)
            .replace("{tenancy}", &sandbox.root())
            .replace("{management}", &endpoint(sandbox, "management"))
    };
    for (name, text) in scenario.get("files").and_then(|files| files.as_table()).into_iter().flatten() {
        std::fs::write(home.path().join(name), filled(text.as_str().unwrap())).unwrap();
    }
    let probe = scenario["probe"].as_table().unwrap();
    let mut arguments: Vec<String> =
        probe["arguments"].as_array().unwrap().iter().map(|one| filled(one.as_str().unwrap())).collect();
    if !arguments.iter().any(|argument| argument == "--config-file") {
        arguments.extend(["--config-file".to_owned(), state.join("config").to_str().unwrap().to_owned()]);
    }
    let output = Command::cargo_bin("ociam")
        .unwrap()
        .env_clear()
        .env("HOME", home.path())
        .args(["probe", "--format", "json", "--max-requests", &MOST_REQUESTS.to_string(), "--endpoints"])
        .arg(state.join("endpoints.json"))
        .args(arguments)
        .output()
        .unwrap();
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        return Some(format!("{name}: no report: {}", String::from_utf8_lossy(&output.stderr)));
    };
    let cause = scenario["cause"].as_str().unwrap();
    let method = probe.get("method").and_then(|method| method.as_str());
    let named: Vec<&str> = report["diagnoses"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| method.is_none_or(|method| one["auth_method"] == method))
        .filter_map(|one| one["cause"].as_str())
        .take(3)
        .collect();
    let requests = report["observations"].as_array().unwrap().len();
    let row = format!("{name}: {} in {requests} requests", named.join(", "));
    println!("{row}");
    let ended = output.status.code() == Some(1);
    (named.first() != Some(&cause) || requests > MOST_REQUESTS || !ended)
        .then(|| format!("{row}, exit {:?}, where {cause} should stand first", output.status.code()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_cause_of_every_scenario_stands_first() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixture("scenarios/sandbox"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "there are {} scenarios", files.len());
    let failures = Mutex::new(Vec::new());
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let scenario: Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        let sandbox = Box::on(r#box::folder(), Some(served(&scenario))).await;
        // The command waits for answers that this runtime gives.
        let failure = tokio::task::block_in_place(|| wrong(&name, &scenario, &sandbox));
        failures.lock().unwrap().extend(failure);
    }
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_demo_shows_three_failures_and_their_causes() {
    let output = Command::cargo_bin("ociam").unwrap().arg("demo").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for expected in [
        "error[genai-api-key-type-misspelt]",
        "all that could work does",
        "key-region-mismatch (",
        "policy-subject-mismatch (",
        "agent-plane-with-api-key (",
    ] {
        assert!(shown.contains(expected), "{expected} is not in\n{shown}");
    }
    assert!(!shown.contains("sk-"), "{shown}");
}
