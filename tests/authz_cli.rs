//! `ociam why`, `who-can` and `diff` as users run them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::path::Path;
use std::process::Command as Plain;

use assert_cmd::Command;
use serde_json::Value;

const ACME: &str = "fixtures/tenancies/acme.toml";

fn ociam(arguments: &[&str]) -> (i32, String, String) {
    ociam_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

fn ociam_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("ociam").unwrap();
    for name in ["CLICOLOR_FORCE", "NO_COLOR", "CI"] {
        command.env_remove(name);
    }
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn why(principal: &str, operation: &str, compartment: &str) -> (i32, Value) {
    let arguments =
        ["why", "--tenancy", ACME, "--principal", principal, "--operation", operation, "--compartment"];
    let (code, out, err) = ociam(&[&arguments[..], &[compartment, "--format", "json"]].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

#[test]
fn a_refusal_names_the_statement_the_clause_and_the_edit() {
    let (code, out, _) = ociam(&[
        "why",
        "--tenancy",
        ACME,
        "--principal",
        "group:'Default'/'Devs'",
        "--operation",
        "chat",
        "--compartment",
        "ml:prod",
    ]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("why_refusal", out);
}

#[test]
fn a_grant_names_its_statement() {
    let (code, answer) = why("genai-api-key:ocid1.generativeaiapikey.oc1.us-chicago-1.k1", "chat", "ml:prod");
    assert_eq!((code, answer["decision"].as_str()), (0, Some("allow")));
    assert_eq!(answer["granted_by"][0]["policy"], "genai");
    assert_eq!(answer["granted_by"][0]["index"], 2);
    let (code, answer) = why("resource:ocid1.fnfunc.oc1.us-chicago-1.f1", "chat", "ml:prod");
    assert_eq!((code, answer["decision"].as_str()), (0, Some("allow")));
    let (code, answer) = why("user:ana", "list-models", "ml");
    assert_eq!((code, answer["decision"].as_str()), (0, Some("allow")));
}

#[test]
fn each_clause_that_fails_is_told_by_its_name() {
    for (principal, operation, compartment, clause) in [
        ("group:Devs", "chat", "ml", "verb"),
        ("group:Devs", "list-models", "web", "location"),
        ("group:Readers", "list-models", "ml", "subject"),
        ("genai-api-key:ocid1.generativeaiapikey.oc1.us-chicago-1.k2", "chat", "ml", "condition"),
        ("dynamic-group:Functions", "embed", "ml:prod", "resource-type"),
    ] {
        let (code, answer) = why(principal, operation, compartment);
        assert_eq!((code, &answer["decision"]), (1, &Value::from("deny")), "{principal}");
        assert_eq!(answer["near_misses"][0]["clause"], clause, "{principal}: {:#}", answer["near_misses"]);
        assert!(answer["near_misses"][0]["edit"].is_string());
    }
}

#[test]
fn what_is_not_given_is_not_guessed() {
    let (code, answer) = why("group:'Partners'/'Readers'", "chat", "web");
    assert_eq!((code, answer["decision"].as_str()), (1, Some("unknown")));
    assert_eq!(answer["unknowns"][0]["reason"], "the region of the request is not given");
}

#[test]
fn misspelt_names_are_remarked_on_beside_the_answer() {
    let base = ["why", "--tenancy", ACME, "--operation", "chat", "--compartment", "ml:prod", "--principal"];
    for (more, remark) in [
        (&["group:Devz"][..], "the tenancy has no group `Devz`; did you mean `group:Devs`?"),
        (&["group:Readers"], "did you mean `group:Partners/Readers`, which is in another identity domain?"),
        (&["group:Functions"], "did you mean `dynamic-group:Functions`?"),
        (&["user:anna"], "the tenancy has no user `anna`; did you mean `ana`?"),
        (
            &["resource:{type=function,compartment=ml}"],
            "no principal type `function`; did you mean `fnfunc`?",
        ),
        (&["group:Devs", "--region", "us-chicgo-1"], "no region `us-chicgo-1`; did you mean `us-chicago-1`?"),
        (&["group:Devs", "--model", "openai.gpt-oss-12b"], "did you mean `openai.gpt-oss-120b`?"),
        (&["group:Devs", "--attribute", "request.regoin=ord"], "did you mean `request.region`?"),
    ] {
        let (code, out, err) = ociam(&[&base[..], more].concat());
        assert!(code < 2 && !out.is_empty(), "{more:?}: {err}");
        assert!(err.contains(remark), "{more:?}: {err}");
    }
    let (_, _, err) = ociam(&[&base[..], &["group:Devs"]].concat());
    assert_eq!(err, "");
}

#[test]
fn compartments_are_suggested_and_told_apart() {
    let asked = |folder: &Path, compartment: &str| {
        ociam_in(
            folder,
            &[
                "why",
                "--tenancy",
                "t.toml",
                "--principal",
                "group:G",
                "--operation",
                "chat",
                "--compartment",
                compartment,
            ],
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let text = "complete = true\ncompartments = [{ path = 'ml' }, { path = 'ml:prod' }, { path = 'web' }, { path = 'web:prod' }]";
    std::fs::write(folder.path().join("t.toml"), text).unwrap();
    for (compartment, said) in [
        ("ml:prd", "did you mean `ml:prod`?"),
        ("ml/prod", "did you mean `ml:prod`?"),
        ("wbe", "did you mean `web`?"),
        ("prod", "several compartments are called `prod`; write the path: ml:prod, web:prod"),
    ] {
        let (code, _, err) = asked(folder.path(), compartment);
        assert!(code == 2 && err.contains(said), "{compartment}: {err}");
    }
}

#[test]
fn the_secret_of_a_key_is_refused_and_not_repeated() {
    let (code, out, err) = ociam(&[
        "why",
        "--tenancy",
        ACME,
        "--operation",
        "chat",
        "--principal",
        "genai-api-key:sk-verysecret",
    ]);
    assert_eq!(code, 2);
    assert!(!out.contains("verysecret") && !err.contains("verysecret"), "{err}");
}

/// Two tenancies: guests endorse chat, acme admits what `admit` says.
fn two_tenancies(admit: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let guests = r#"
        name = "guests"
        ocid = "ocid1.tenancy.oc1..guests"
        complete = true
        groups = [{ name = "Devs", ocid = "ocid1.group.oc1..gdevs" }]
        [[policies]]
        name = "out"
        compartment = ""
        statements = ["define tenancy Acme as ocid1.tenancy.oc1..acme", "endorse group Devs to use generative-ai-chat in tenancy Acme"]
    "#;
    std::fs::write(folder.path().join("guests.toml"), guests).unwrap();
    let acme = serde_json::json!({
        "name": "acme", "ocid": "ocid1.tenancy.oc1..acme", "complete": true,
        "compartments": [{ "path": "ml", "ocid": "ocid1.compartment.oc1..ml" }],
        "policies": [{ "name": "in", "compartment": "", "statements": admit }],
    });
    std::fs::write(folder.path().join("acme.json"), acme.to_string()).unwrap();
    folder
}

const ACROSS: [&str; 11] = [
    "why",
    "--tenancy",
    "acme.json",
    "--from",
    "guests.toml",
    "--principal",
    "group:Devs",
    "--operation",
    "chat",
    "--compartment",
    "ml",
];

#[test]
fn across_tenancies_each_side_is_told_of() {
    let granted = two_tenancies(&[
        "define tenancy Guests as ocid1.tenancy.oc1..guests",
        "define group GuestDevs as ocid1.group.oc1..gdevs",
        "admit group GuestDevs of tenancy Guests to use generative-ai-chat in compartment ml",
    ]);
    let (code, out, _) = ociam_in(granted.path(), &ACROSS);
    assert_eq!(code, 0, "{out}");
    insta::assert_snapshot!("why_across_granted", out);
    let refused = two_tenancies(&[]);
    let (code, out, _) = ociam_in(refused.path(), &ACROSS);
    assert_eq!(code, 1);
    insta::assert_snapshot!("why_across_refused", out);
    let (code, out, _) = ociam_in(refused.path(), &[&ACROSS[..], &["--format", "json"]].concat());
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 1);
    assert_eq!((&answer["endorsed"], &answer["admitted"]), (&Value::from(true), &Value::from(false)));
    assert_eq!(answer["least_statements_home"].as_array().unwrap().len(), 2);
}

#[test]
fn across_tenancies_the_same_tenancy_twice_is_wrong_usage() {
    let folder = two_tenancies(&[]);
    let mut arguments = ACROSS;
    arguments[4] = "acme.json";
    let (code, _, err) = ociam_in(folder.path(), &arguments);
    assert_eq!(code, 2);
    assert!(err.contains("both tenancies are the same one"), "{err}");
}

#[test]
fn who_can_lists_classes_keys_and_resources() {
    let (code, out, _) = ociam(&[
        "who-can",
        "--tenancy",
        ACME,
        "--operation",
        "chat",
        "--compartment",
        "ml:prod",
        "--format",
        "json",
    ]);
    assert_eq!(code, 0);
    let answer: Value = serde_json::from_str(&out).unwrap();
    let who: Vec<_> = answer["principals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["principal"].as_str().unwrap())
        .collect();
    assert_eq!(
        who,
        [
            "GenAI API key ocid1.generativeaiapikey.oc1.us-chicago-1.k1",
            "dynamic-group Functions",
            "group Administrators",
            "resource ocid1.fnfunc.oc1.us-chicago-1.f1",
            "any-user",
        ]
    );
}

#[test]
fn wrong_usage_is_told_with_what_to_write() {
    for (arguments, said) in [
        (&["why", "--tenancy", ACME, "--principal", "Devs", "--operation", "chat"][..], "is no principal"),
        (&["why", "--tenancy", ACME, "--principal", "group:Devs", "--operation", "chatt"], "did you mean `"),
        (&["why", "--principal", "group:Devs", "--operation", "chat"], "there is nothing to ask"),
        (
            &[
                "why",
                "--tenancy",
                ACME,
                "--principal",
                "group:Devs",
                "--operation",
                "chat",
                "--compartment",
                "nowhere",
            ],
            "the tenancy has no compartment `nowhere`",
        ),
        (&["diff", "nowhere", "fixtures"], "there is no `nowhere`"),
        (&["diff", "fixtures"], "can't be compared with nothing"),
    ] {
        let (code, _, err) = ociam(arguments);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(err.contains(said), "{err}");
    }
}

#[test]
fn a_tenancy_file_with_a_mistake_is_told_of_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.toml"), "complete = true\n\n[[groups]]\nnam = \"Devs\"\n").unwrap();
    let (code, _, err) = ociam_in(
        folder.path(),
        &["why", "--tenancy", "t.toml", "--principal", "group:Devs", "--operation", "chat"],
    );
    assert_eq!(code, 2);
    assert!(err.contains("t.toml:4:1: unknown field `nam`"), "{err}");
}

fn policy(statements: &[&str]) -> String {
    let list: Vec<_> = statements.iter().map(|text| format!("    \"{text}\",\n")).collect();
    format!(
        "variable \"tenancy_ocid\" {{}}\n\nresource \"oci_identity_policy\" \"genai\" {{\n  compartment_id = var.tenancy_ocid\n  \
         name           = \"genai\"\n  description    = \"d\"\n  statements = [\n{}  ]\n}}\n",
        list.concat()
    )
}

#[test]
fn access_and_not_text_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let write = |side: &str, statements: &[&str]| {
        std::fs::create_dir_all(folder.path().join(side)).unwrap();
        std::fs::write(folder.path().join(side).join("iam.tf"), policy(statements)).unwrap();
    };
    write("old", &["allow group Devs, Ops to use generative-ai-chat in compartment ml"]);
    write(
        "same",
        &[
            "ALLOW group Ops to use generative-ai-chat in compartment ml",
            "allow group Devs  to use generative-ai-chat in compartment ml",
        ],
    );
    write("wide", &["allow any-user to manage generative-ai-family in tenancy"]);
    let (code, out, err) = ociam_in(folder.path(), &["diff", "old", "same", "--fail-on", "added"]);
    assert_eq!((code, out.as_str()), (0, "no change in access\n"), "{err}");
    for (on, expected) in [("added", 1), ("any-user", 1), ("tenancy-wide", 1)] {
        assert_eq!(ociam_in(folder.path(), &["diff", "old", "wide", "--fail-on", on]).0, expected);
        assert_eq!(ociam_in(folder.path(), &["diff", "wide", "old", "--fail-on", on]).0, 0);
    }
    let (_, out, _) = ociam_in(folder.path(), &["diff", "old", "wide", "--format", "json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["added"][0]["subject"], "any-user");
    assert_eq!(answer["added"][0]["kind"], "widened");
    assert_eq!(answer["added"][0]["statements"][0]["place"], "wide/iam.tf:8");
    assert_eq!(answer["removed"], Value::Array(Vec::new()));
    let (_, out, _) = ociam_in(folder.path(), &["diff", "old", "wide", "--format", "markdown"]);
    insta::assert_snapshot!("diff_markdown", out);
}

#[test]
fn revisions_of_a_repository_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let done = Plain::new("git")
            .current_dir(folder.path())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .output();
        done.is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "--quiet", "--initial-branch=main"]) {
        println!("skipped: there is no git");
        return;
    }
    let commit = |statements: &[&str], message: &str| {
        std::fs::create_dir_all(folder.path().join("infra")).unwrap();
        std::fs::write(folder.path().join("infra/iam.tf"), policy(statements)).unwrap();
        assert!(git(&["add", "-A"]) && git(&["commit", "--quiet", "-m", message]));
    };
    commit(&["allow group Devs to use generative-ai-chat in compartment ml"], "one");
    commit(&["allow group Devs to manage generative-ai-chat in compartment ml"], "two");
    let (code, out, err) = ociam_in(folder.path(), &["diff", "HEAD~1..HEAD", "--fail-on", "added"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("+ group Devs to manage generative-ai-chat in compartment ml"), "{out}{err}");
    assert!(out.contains("infra/iam.tf:8"), "{out}");
    let inside = folder.path().join("infra");
    assert_eq!(ociam_in(&inside, &["diff", "HEAD~1..HEAD", ".", "--fail-on", "added"]).0, 1);
    assert_eq!(ociam_in(folder.path(), &["diff", "HEAD..HEAD", "--fail-on", "added"]).0, 0);
    let (code, _, err) = ociam_in(folder.path(), &["diff", "nosuch..HEAD"]);
    assert_eq!(code, 2);
    assert!(err.contains("nosuch"), "{err}");
}

#[test]
fn policies_of_a_terraform_folder_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
variable "tenancy_ocid" {}
variable "group" {}

resource "oci_identity_compartment" "ml" {
  compartment_id = var.tenancy_ocid
  name           = "ml"
  description    = "d"
}

resource "oci_identity_group" "devs" {
  compartment_id = var.tenancy_ocid
  name           = "Devs"
  description    = "d"
}

resource "oci_identity_dynamic_group" "fns" {
  compartment_id = var.tenancy_ocid
  name           = "Fns"
  description    = "d"
  matching_rule  = "ALL {resource.type = 'fnfunc', resource.compartment.id = '${oci_identity_compartment.ml.id}'}"
}

resource "oci_identity_policy" "genai" {
  compartment_id = var.tenancy_ocid
  name           = "genai"
  description    = "d"
  statements = [
    "allow group id ${oci_identity_group.devs.id} to use generative-ai-chat in compartment id ${oci_identity_compartment.ml.id}",
    "allow group ${var.group} to use generative-ai-text-embedding in compartment ml",
    "allow dynamic-group ${oci_identity_dynamic_group.fns.name} to use generative-ai-text-rerank in compartment ml",
  ]
}
"#;
    std::fs::write(folder.path().join("main.tf"), text).unwrap();
    let ask = |principal: &str, operation: &str, compartment: &str| {
        let (_, out, err) = ociam_in(
            folder.path(),
            &[
                "why",
                "--policies",
                ".",
                "--principal",
                principal,
                "--operation",
                operation,
                "--compartment",
                compartment,
                "--format",
                "json",
            ],
        );
        let answer: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        answer["decision"].as_str().unwrap().to_owned()
    };
    assert_eq!(ask("group:Devs", "chat", "ml"), "allow");
    assert_eq!(ask("group:Ops", "chat", "ml"), "deny");
    assert_eq!(ask("group:Devs", "chat", "web"), "deny");
    assert_eq!(ask("group:Devs", "embed", "ml"), "unknown");
    assert_eq!(ask("resource:{type=fnfunc,compartment=ml}", "rerank", "ml"), "allow");
    assert_eq!(ask("resource:{type=instance,compartment=ml}", "rerank", "ml"), "deny");
    assert_eq!(ask("resource:{type=fnfunc,compartment=web}", "rerank", "ml"), "unknown");
}
