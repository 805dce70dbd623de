//! `ociam probe` reads policies of its own where a call is refused and its credentials may read them.

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

use assert_cmd::Command;
use r#box::Box;
use ociam::authz::Tenancy;
use serde_json::Value;

const GENAI: &str = "ocid1.compartment.oc1..aaaaaaaa5d5xfpqgacuzc5n2pv3h6marc62kfbf3qzev5jdmlnurxtrsjjcn";
const READS: [&str; 4] = [
    "allow group GenAI-Developers to inspect compartments in tenancy",
    "allow group GenAI-Developers to inspect groups in tenancy",
    "allow group GenAI-Developers to inspect users in tenancy",
    "allow group GenAI-Developers to inspect dynamic-groups in tenancy",
];

/// The sample tenancy with these statements in place of its own.
async fn with(statements: &[&str]) -> Box {
    let statements: Vec<String> = statements.iter().map(|text| (*text).to_owned()).collect();
    let edit = move |tenancy: &mut Tenancy| {
        tenancy.policies.truncate(1);
        tenancy.policies[0].statements = statements.into_iter().map(Into::into).collect();
    };
    Box::new("", edit).await
}

fn probe(sandbox: &Box, arguments: &[&str]) -> Value {
    let state = sandbox.folder.path();
    let home = tempfile::tempdir().unwrap();
    let output = tokio::task::block_in_place(|| {
        Command::cargo_bin("ociam")
            .unwrap()
            .env_clear()
            .env("HOME", home.path())
            .args(["probe", "--format", "json", "--plane", "inference", "--max-requests", "12"])
            .args(["--model", "meta.llama-3.3-70b-instruct", "--endpoints"])
            .arg(state.join("endpoints.json"))
            .arg("--config-file")
            .arg(state.join("config"))
            .args(arguments)
            .output()
            .unwrap()
    });
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The requests of the probe itself, without those that get a session.
fn requests(sandbox: &Box) -> Vec<String> {
    let log = sandbox.log();
    let targets = log.iter().filter_map(|line| line["target"].as_str());
    targets.filter(|target| target.starts_with("/20")).map(str::to_owned).collect()
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

fn first<'v>(report: &'v Value, method: &str) -> &'v Value {
    let mut all = report["diagnoses"].as_array().unwrap().iter();
    all.find(|one| one["auth_method"] == method).unwrap_or_else(|| panic!("{report:#}"))
}

fn evidence(diagnosis: &Value) -> String {
    diagnosis["evidence"].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_for_another_compartment_is_found_and_edited() {
    let statements = [
        &[
            "allow group GenAI-Developers to use generative-ai-family in compartment apps",
            "allow group GenAI-Developers to inspect policies in tenancy",
        ][..],
        &READS,
    ]
    .concat();
    let sandbox = with(&statements).await;
    let report = probe(&sandbox, &["--auth", "user-api-key", "--compartment", GENAI]);
    let found = first(&report, "user-api-key");
    assert_eq!(found["cause"], "policy-wrong-compartment", "{report:#}");
    assert!(evidence(found).contains("in compartment apps"), "{found:#}");
    let edit = found["remedy"]["statements"][0].as_str().unwrap();
    assert!(edit.contains("generative-ai-family in compartment genai"), "{edit}");
    assert!(notes(&report).contains("were read live, as user-api-key"), "{}", notes(&report));
    assert!(requests(&sandbox).len() <= 12, "{:?}", requests(&sandbox));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verb_that_is_too_low_and_a_group_of_others_are_told_apart() {
    let reads = [&["allow group GenAI-Developers to inspect policies in tenancy"][..], &READS].concat();
    let low = [&["allow group GenAI-Developers to read generative-ai-chat in tenancy"][..], &reads].concat();
    let report = probe(&with(&low).await, &["--auth", "user-api-key"]);
    assert_eq!(first(&report, "user-api-key")["cause"], "permission-not-in-verb", "{report:#}");
    let others = [&["allow group Finance to use generative-ai-family in tenancy"][..], &reads].concat();
    let report = probe(&with(&others).await, &["--auth", "user-api-key"]);
    assert_eq!(first(&report, "user-api-key")["cause"], "policy-subject-mismatch", "{report:#}");
    let report = probe(&with(&reads).await, &["--auth", "user-api-key"]);
    assert_eq!(first(&report, "user-api-key")["cause"], "policy-missing", "{report:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_read_speaks_for_an_instance_that_may_not() {
    let statements = [
        &[
            "allow dynamic-group GenAI-Functions to use generative-ai-family in tenancy",
            "allow group GenAI-Developers to use generative-ai-family in tenancy",
            "allow group GenAI-Developers to inspect policies in tenancy",
        ][..],
        &READS,
    ]
    .concat();
    let sandbox = with(&statements).await;
    let report = probe(&sandbox, &["--auth", "instance-principal,user-api-key"]);
    let found = first(&report, "instance-principal");
    assert_eq!(found["cause"], "dynamic-group-not-matching", "{report:#}");
    assert!(evidence(found).contains("GenAI-Functions"), "{found:#}");
    assert!(
        notes(&report).contains("as instance-principal") && notes(&report).contains("as user-api-key"),
        "{report:#}"
    );
    assert!(requests(&sandbox).len() <= 12, "{:?}", requests(&sandbox));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_read_it_says_so_and_asks_nothing_more() {
    let sandbox = with(&["allow group Finance to use generative-ai-family in tenancy"]).await;
    let report = probe(&sandbox, &["--auth", "user-api-key"]);
    assert!(
        notes(&report).contains("could not be read live") && notes(&report).contains("inspect policies"),
        "{report:#}"
    );
    let lists = requests(&sandbox).into_iter().filter(|path| path.contains("/policies")).count();
    assert!(lists <= 2, "one for each credential: {:?}", requests(&sandbox));
    assert!(!report["diagnoses"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_reads_nothing_when_told_so_when_nothing_is_refused_and_in_a_dry_run() {
    let sandbox = with(&["allow group Finance to use generative-ai-family in tenancy"]).await;
    probe(&sandbox, &["--auth", "user-api-key", "--read-policies", "never"]);
    let dry = probe(&sandbox, &["--auth", "user-api-key", "--dry-run"]);
    assert!(notes(&dry).contains("--read-policies never"), "{dry:#}");
    let good = Box::sample().await;
    let report = probe(&good, &["--auth", "user-api-key"]);
    assert_eq!(report["diagnoses"], serde_json::json!([]), "{report:#}");
    for sandbox in [&sandbox, &good] {
        assert!(!requests(sandbox).iter().any(|path| path.contains("/policies")), "{:?}", requests(sandbox));
    }
}
