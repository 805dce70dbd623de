//! `ociam probe` against the sandbox: in every scenario of `fixtures/scenarios/sandbox` the cause must stand first,
//! within 12 requests, with a remedy. `OCIAM_SCENARIOS` names another folder of scenarios to try. Every cause of the
//! catalogue has a scenario, or says why the probe can't show it.

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

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use r#box::Box;
use ociam::authz::Tenancy;
use ociam::diagnose::causes;
use ociam::sandbox::Settings;
use serde_json::Value;
use toml::Table;

const MOST_REQUESTS: usize = 12;
/// Sandboxes at once.
const AT_ONCE: usize = 4;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The sample tenancy, or the one that a scenario names, with the tables of a scenario in place of its own.
fn served(scenario: &Table) -> (Tenancy, Settings) {
    let base = scenario.get("base").and_then(toml::Value::as_str).unwrap_or("sandbox");
    let base = fixture(&format!("tenancies/{base}.toml"));
    let mut all: Table = std::fs::read_to_string(base).unwrap().parse().unwrap();
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

/// A text with the marks of a scenario filled in.
fn filled(text: &str, sandbox: &Box, home: &Path) -> String {
    let state = sandbox.folder.path();
    let user = sandbox.tenancy()["users"][0]["ocid"].as_str().unwrap().to_owned();
    let mut text = text
        .replace("{state}", state.to_str().unwrap())
        .replace("{work}", home.to_str().unwrap())
        .replace("{user}", &user)
        .replace("{tenancy}", &sandbox.root())
        .replace("{fingerprint}", &sandbox.key("user_key.pem").public().fingerprint());
    while let Some((before, rest)) = text.split_once("{url ") {
        let (place, after) = rest.split_once('}').unwrap();
        let (plane, region) = place.split_once(' ').unwrap_or((place, ""));
        text = format!("{before}http://{}{after}", sandbox.door(plane, region));
    }
    while let Some((before, rest)) = text.split_once("{fingerprint ") {
        let (name, after) = rest.split_once('}').unwrap();
        text = format!("{before}{}{after}", sandbox.key(name).public().fingerprint());
    }
    while let Some((before, rest)) = text.split_once("{file ") {
        let (name, after) = rest.split_once('}').unwrap();
        text = format!("{before}{}{after}", sandbox.text(name));
    }
    text
}

/// What came of a scenario, in a line, and whether it is as it should be.
fn tried(name: &str, scenario: &Table, sandbox: &Box) -> Result<String, String> {
    let home = tempfile::tempdir().unwrap();
    let fill = |text: &Value| filled(text.as_str().unwrap(), sandbox, home.path());
    let json = |table: Option<&toml::Value>| serde_json::to_value(table).unwrap();
    let entries = |table: Value| -> Vec<(String, String)> {
        let table = table.as_object().cloned().unwrap_or_default();
        table.iter().map(|(name, text)| (name.clone(), fill(text))).collect()
    };
    for (name, text) in entries(json(scenario.get("files"))) {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let probe = scenario["probe"].as_table().unwrap();
    let mut arguments: Vec<String> =
        json(probe.get("arguments")).as_array().unwrap().iter().map(fill).collect();
    let own_config = ["--config-file", "--no-config"];
    if !arguments.iter().any(|argument| own_config.contains(&argument.as_str())) {
        arguments.extend(["--config-file".to_owned(), filled("{state}/config", sandbox, home.path())]);
    }
    arguments.retain(|argument| argument != "--no-config");
    let output = Command::cargo_bin("ociam")
        .unwrap()
        .env_clear()
        .env("HOME", home.path())
        .envs(entries(json(probe.get("env"))))
        .current_dir(home.path())
        .args(["probe", "--format", "json", "--max-requests", &MOST_REQUESTS.to_string(), "--endpoints"])
        .arg(sandbox.folder.path().join("endpoints.json"))
        .args(arguments)
        .output()
        .unwrap();
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        return Err(format!("{name}: no report: {}", String::from_utf8_lossy(&output.stderr)));
    };
    let cause = scenario["cause"].as_str().unwrap();
    let method = probe.get("method").and_then(|method| method.as_str());
    let named: Vec<&Value> = report["diagnoses"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| method.is_none_or(|method| one["auth_method"] == method))
        .collect();
    let shown: Vec<String> = named
        .iter()
        .take(3)
        .map(|one| format!("{} {}", one["cause"].as_str().unwrap(), one["confidence"]))
        .collect();
    let requests = report["observations"].as_array().unwrap().len();
    let row = format!("{name}: {} in {requests} requests", shown.join(", "));
    let mut wrong = Vec::new();
    let first = named.first().map(|first| first["cause"].as_str().unwrap()).unwrap_or_default();
    let alike: Vec<&str> = scenario
        .get("alike")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .collect();
    if first != cause && !(alike.contains(&first) && named.iter().any(|one| one["cause"] == cause)) {
        wrong.push(format!("{cause} should stand first"));
    }
    if !alike.is_empty() && !report["failures"].to_string().contains("apart") {
        wrong.push("it should say that nothing tells them apart".to_owned());
    }
    let remedy = named.first().map(|first| first["remedy"].to_string()).unwrap_or_default();
    if remedy.len() < 60 {
        wrong.push("a remedy should stand there".to_owned());
    }
    for part in json(scenario.get("remedy")).as_array().into_iter().flatten().map(fill) {
        let part = serde_json::to_string(&part).unwrap();
        if !remedy.contains(part.trim_matches('"')) {
            wrong.push(format!("the remedy should hold {part}, and is {remedy}"));
        }
    }
    if requests > MOST_REQUESTS {
        wrong.push(format!("more than {MOST_REQUESTS} requests"));
    }
    if output.status.code() != Some(1) {
        wrong.push(format!("exit {:?}", output.status.code()));
    }
    match wrong.is_empty() {
        true => Ok(row),
        false => {
            let why = named.iter().take(2).map(|one| format!("{}: {}", one["cause"], one["evidence"]));
            let why: Vec<String> = why.collect();
            Err(format!("{row}\n  {}\n  {}\n  {}", wrong.join("; "), why.join("\n  "), report["failures"]))
        }
    }
}

/// The scenarios of a folder, by the names of their files.
fn scenarios(folder: &Path) -> Vec<(String, Table)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let name = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().map(|file| (name(file), read(file))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_cause_of_every_scenario_stands_first() {
    let folder =
        std::env::var_os("OCIAM_SCENARIOS").map_or_else(|| fixture("scenarios/sandbox"), PathBuf::from);
    let mut waiting = scenarios(&folder).into_iter();
    let mut under_way = tokio::task::JoinSet::new();
    let mut results = Vec::new();
    let mut names = std::collections::HashMap::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some((name, scenario)) = waiting.next()
        {
            let shown = name.clone();
            let task = under_way.spawn(async move {
                let sandbox = Box::on(r#box::folder(), Some(served(&scenario))).await;
                // The command waits for answers that this runtime gives.
                tokio::task::block_in_place(|| tried(&name, &scenario, &sandbox))
            });
            names.insert(task.id(), shown);
        }
        match under_way.join_next().await {
            None => break,
            Some(Ok(result)) => results.push(result),
            Some(Err(error)) => results.push(Err(format!("{}: {error}", names[&error.id()]))),
        }
    }
    let mut rows: Vec<&str> =
        results.iter().map(|one| one.as_ref().unwrap_or_else(|row| row).as_str()).collect();
    rows.sort_unstable();
    println!("{}", rows.join("\n"));
    let mut wrong: Vec<&str> =
        results.iter().filter_map(|one| one.as_ref().err()).map(String::as_str).collect();
    wrong.sort_unstable();
    assert!(wrong.is_empty(), "{} of {} scenarios:\n{}", wrong.len(), results.len(), wrong.join("\n"));
    assert!(!results.is_empty());
}

/// Causes that have neither yet: none may be added.
const PENDING: &[&str] = &[
    "feature-not-available",
    "home-region-required",
    "missing-compartment",
    "wrong-compartment-header",
    "foreign-resource-ocid",
    "client-error-masking",
    "state-conflict-as-403",
];

#[test]
fn every_cause_has_a_scenario_or_says_why_the_probe_cannot_show_it() {
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for (name, scenario) in scenarios(&fixture("scenarios/sandbox")) {
        let cause = scenario["cause"].as_str().unwrap();
        assert!(name.starts_with(cause), "{name} is about {cause}");
        shown.insert(cause.to_owned());
    }
    for (_, file) in scenarios(&fixture("scenarios")) {
        let causes = file["scenario"].as_array().unwrap().iter();
        shown.extend(causes.map(|one| one["cause"].as_str().unwrap().to_owned()));
    }
    for (name, cause) in causes() {
        let reason = cause.probe_cannot_show.as_deref();
        let either = shown.contains(name) != reason.is_some();
        assert!(
            either || PENDING.contains(&name.as_str()),
            "{name} needs a scenario or a reason, and not both"
        );
        assert!(reason.is_none_or(|reason| reason.len() > 40), "{name}: {reason:?}");
    }
    for name in &shown {
        assert!(causes().contains_key(name), "{name}");
    }
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
