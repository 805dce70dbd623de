//! The command line from outside: what each command prints, where, and its exit code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod command;
mod conforms;

use std::fs;

use command::{folder, ociam, shown, stdout};
use conforms::conforms;
use serde_json::Value;
use tempfile::TempDir;

const POLICY: &str = "\
Allow group Writers to mange buckets in compartment Apps
Allow any-user to read buckets in compartment Public
Allow any-user to use generative-ai-family in compartment Apps where all {request.principal.type = 'genaiapikey', request.principal.compartment.id = 'ocid1.compartment.oc1..aaaaaaaaexample'}
";

fn sample() -> TempDir {
    folder(&[("iam.policy", POLICY)])
}

#[test]
fn lint_shows_the_source_line_the_reason_and_the_help() {
    insta::assert_snapshot!(shown(&mut ociam(sample().path(), &["lint", "iam.policy"])));
}

#[test]
fn lint_writes_each_format_to_standard_output() {
    let folder = sample();
    for format in ["concise", "json", "github", "gitlab", "junit", "markdown"] {
        let text = shown(&mut ociam(folder.path(), &["lint", "--format", format, "iam.policy"]));
        insta::assert_snapshot!(format!("format_{format}"), text);
    }
}

#[test]
fn sarif_names_rules_places_fingerprints_and_fixes() {
    let text = stdout(&mut ociam(sample().path(), &["lint", "--format", "sarif", "iam.policy"]));
    let mut document: Value = serde_json::from_str(&text).unwrap();
    for rule in document["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        let page = rule["help"]["markdown"].as_str().unwrap().to_owned();
        assert!(page.starts_with("# `"));
        rule["help"] = Value::from("the page");
    }
    insta::assert_json_snapshot!(document);
}

#[test]
fn colour_and_width_do_not_depend_on_the_environment_unless_asked() {
    let folder = sample();
    let plain = stdout(&mut ociam(folder.path(), &["lint", "iam.policy"]));
    assert!(!plain.contains('\u{1b}'));
    let mut other = ociam(folder.path(), &["lint", "iam.policy"]);
    assert_eq!(stdout(other.env("COLUMNS", "40").env("NO_COLOR", "1")), plain);
    let coloured = stdout(&mut ociam(folder.path(), &["lint", "--color", "always", "iam.policy"]));
    assert!(coloured.contains("\u{1b}[31m"));
    let mut forced = ociam(folder.path(), &["lint", "iam.policy"]);
    assert_eq!(stdout(forced.env("CLICOLOR_FORCE", "1")), coloured);
}

#[test]
fn the_exit_code_follows_the_threshold() {
    let folder = sample();
    let code = |arguments: &[&str]| {
        let all = [&["lint", "--quiet", "iam.policy"], arguments].concat();
        ociam(folder.path(), &all).output().unwrap().status.code().unwrap()
    };
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--fail-on", "never"]), 0);
    assert_eq!(code(&["--exit-zero"]), 0);
    assert_eq!(code(&["--select", "any-user-without-condition", "--fail-on", "error"]), 0);
    assert_eq!(code(&["--select", "any-user-without-condition"]), 1);
    assert_eq!(code(&["--ignore", "all"]), 0);
}

#[test]
fn wrong_usage_is_answered_with_what_would_be_right() {
    let folder = sample();
    let mut all = String::new();
    for arguments in [
        &["lnt"][..],
        &["lint", "--formt", "json"],
        &["lint", "no-such-folder"],
        &["lint", "--select", "unknown-verbs", "iam.policy"],
        &["lint", "--baseline", "no.json", "iam.policy"],
        &["explain", "unknown-verbs"],
        &["explain", "names"],
        &["lint", "--stdin-filename", "main.tf"],
        &["lint", "--verbose", "--quiet"],
        &["schema", "lints"],
        &["lint", "--changed-since", "HEAD", "iam.policy"],
    ] {
        let text = shown(&mut ociam(folder.path(), arguments));
        all.push_str(&format!("$ ociam {}\n{text}\n", arguments.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_folder_without_statements_is_said_to_have_none() {
    let folder = folder(&[("main.tf", "locals {}\n")]);
    insta::assert_snapshot!(shown(&mut ociam(folder.path(), &["lint", "."])));
    insta::assert_snapshot!("no_statements_fmt", shown(&mut ociam(folder.path(), &["fmt", "."])));
    insta::assert_snapshot!("no_statements_parse", shown(&mut ociam(folder.path(), &["parse", "."])));
}

#[test]
fn safe_fixes_are_written_and_unsafe_ones_only_when_asked_for() {
    let folder = sample();
    let path = folder.path().join("iam.policy");
    insta::assert_snapshot!("diff", shown(&mut ociam(folder.path(), &["lint", "--diff", "iam.policy"])));
    assert_eq!(fs::read_to_string(&path).unwrap(), POLICY);
    ociam(folder.path(), &["lint", "--fix", "iam.policy"]).output().unwrap();
    let safe = fs::read_to_string(&path).unwrap();
    assert_eq!(safe, POLICY.replace("genaiapikey", "generativeaiapikey"));
    ociam(folder.path(), &["lint", "--unsafe-fixes", "iam.policy"]).output().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), safe.replace("mange", "manage"));
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["iam.policy"], "no temporary file stays");
}

#[test]
fn a_baseline_hides_what_it_knows_even_when_lines_move() {
    let folder = sample();
    let write = ["lint", "--baseline", "known.json", "--write-baseline", "iam.policy"];
    assert_eq!(ociam(folder.path(), &write).output().unwrap().status.code(), Some(0));
    let path = folder.path().join("iam.policy");
    fs::write(&path, format!("\n\n{POLICY}Allow group X to mange keys in tenancy\n")).unwrap();
    let text = stdout(&mut ociam(
        folder.path(),
        &["lint", "-f", "concise", "--baseline", "known.json", "iam.policy"],
    ));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("iam.policy:6:"), "{text}");
}

#[test]
fn suppressions_cover_the_next_statement_and_rot_visibly() {
    let folder = folder(&[(
        "iam.policy",
        "# ociam: ignore[any-user-without-condition] the public demo\n\
         Allow any-user to read buckets in compartment Public\n\
         # ociam: ignore[unknown-verb] nothing of the kind below\n\
         Allow group A to use keys in tenancy\n\
         # ociam: ignore[unknown-verbs] no such rule\n\
         Allow group A to use keys in tenancy\n",
    )]);
    insta::assert_snapshot!(shown(&mut ociam(folder.path(), &["lint", "iam.policy"])));
}

const TREE: &str = r#"locals {
  statements = [
    "Allow group ${local.g} to mange keys in tenancy",
    "Allow group A to use keys in tenancy where request.region = \"ord\"",
  ]
  g = "Writers"
}

resource "oci_identity_policy" "one" {
  compartment_id = var.tenancy_ocid
  name           = "one"
  statements     = local.statements
}

# ociam: ignore[any-user-without-condition] the public mirror, for all of this policy
resource "oci_identity_policy" "two" {
  compartment_id = var.tenancy_ocid
  name           = "two"
  statements = [
    "Allow any-user to read buckets in compartment Public",
    <<-EOT
      Allow any-group to read buckets
      in compartment Public where request.region = ord
    EOT
  ]
}

variable "tenancy_ocid" {}
"#;

#[test]
fn findings_in_locals_name_the_policies_that_use_them() {
    let folder = folder(&[("main.tf", TREE)]);
    insta::assert_snapshot!(shown(&mut ociam(folder.path(), &["lint", "."])));
}

#[test]
fn fixes_are_made_inside_terraform_strings_and_heredocs() {
    let folder = folder(&[("main.tf", TREE)]);
    insta::assert_snapshot!(shown(&mut ociam(folder.path(), &["lint", "--diff", "--unsafe-fixes", "."])));
    insta::assert_snapshot!("fmt_terraform", shown(&mut ociam(folder.path(), &["fmt", "--diff", "."])));
}

#[test]
fn json_and_yaml_are_suppressed_in_their_own_ways() {
    let json = r#"{
  "resource": { "oci_identity_policy": { "p": {
    "//": "ociam: ignore[any-user-without-condition] the public mirror",
    "compartment_id": "${var.t}",
    "statements": ["Allow any-user to read buckets in compartment Public"]
  } } }
}
"#;
    let yaml = "policies_configuration:\n  supplied_policies:\n    P:\n      name: p\n      statements:\n        \
                # ociam: ignore[any-user-without-condition] the public mirror\n        \
                - Allow any-user to read buckets\n          in compartment Public\n";
    let folder = folder(&[("main.tf.json", json), ("policies.yaml", yaml)]);
    let text = shown(&mut ociam(folder.path(), &["lint", "--quiet", "-f", "concise", "."]));
    assert_eq!(text, "exit: 0\n--- stdout\n--- stderr\n");
}

#[test]
fn the_configuration_is_found_upwards_and_its_mistakes_are_shown_in_place() {
    let files = [
        (
            "ociam.toml",
            "ignore = ['unknown-verb']\n[severity]\nany-user-without-condition = 'error'\n[per-path-ignores]\n'*.policy' = ['genai']\n",
        ),
        ("a/b/iam.policy", POLICY),
    ];
    let project = folder(&files);
    insta::assert_snapshot!(
        "config_used",
        shown(&mut ociam(project.path(), &["lint", "-f", "concise", "a/b"]))
    );
    let text = stdout(&mut ociam(project.path(), &["lint", "--isolated", "-f", "concise", "a/b"]));
    assert_eq!(text.lines().count(), 4, "{text}");
    let wrong =
        folder(&[("ociam.toml", "ignroe = []\nselect = ['unknown-verbs']\n"), ("iam.policy", POLICY)]);
    let text = shown(&mut ociam(wrong.path(), &["lint", "--config", "ociam.toml", "iam.policy"]));
    insta::assert_snapshot!("config_wrong", text);
}

#[test]
fn an_organisation_holds_its_statements_to_its_own_rules() {
    let config = "\
[[organisation]]
name = 'keys-are-named'
reason = 'a key that leaks must not open every budget'
severity = 'error'
verbs = ['use', 'manage']
resource-types = ['generative-ai-family']
principals = ['any-user']
required-conditions = ['request.principal.id']

[[organisation]]
name = 'no-guests'
reason = 'guests are read-only by contract'
verbs = ['manage']
banned-principals = ['group Guest*']

[[organisation]]
name = 'secrets-in-vaults'
reason = 'auditors look in one place'
resource-types = ['secret-family']
allowed-principals = ['group Vault Admins']
allowed-compartments = ['Vaults:*']
";
    let key = "request.principal.type = 'generativeaiapikey'";
    let policy = format!(
        "Allow any-user to use generative-ai-chat in compartment Apps where {key}\n\
         Allow any-user to use generative-ai-chat in compartment Apps where any {{all {{{key}, request.principal.id = 'ocid1.generativeaiapikey.oc1.us-chicago-1.aaaa'}}, all {{{key}, request.region = 'ord'}}}}\n\
         Allow any-user to use generative-ai-chat in compartment Apps where all {{{key}, request.principal.id = 'ocid1.generativeaiapikey.oc1.us-chicago-1.aaaa'}}\n\
         Allow group Guests2, Writers to manage buckets in compartment Apps\n\
         Allow group Guests2 to use buckets in compartment Apps\n\
         Allow group Writers to {{SECRET_BUNDLE_READ}} in compartment Apps\n\
         Allow group ${{var.group}} to read secrets in compartment Vaults:${{var.name}}\n\
         Allow group 'Vault Admins' to manage all-resources in compartment Vaults:Prod\n\
         Deny group Guests2 to manage buckets in compartment Apps\n"
    );
    let folder = folder(&[("ociam.toml", config), ("iam.policy", &policy)]);
    let lint = ["lint", "--quiet", "-f", "concise", "--select", "organisation-rule", "iam.policy"];
    insta::assert_snapshot!("organisation", shown(&mut ociam(folder.path(), &lint)));
    let human = stdout(&mut ociam(folder.path(), &["lint", "--color", "never", "iam.policy"]));
    assert!(human.contains("a key that leaks must not open every budget"), "{human}");
    insta::assert_snapshot!(
        "organisation_shown",
        stdout(&mut ociam(folder.path(), &["config", "show", "."]))
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn config_init_writes_what_config_show_reads() {
    let folder = sample();
    let mut all = shown(&mut ociam(folder.path(), &["config", "init"]));
    all.push_str(&shown(&mut ociam(folder.path(), &["config", "show", "--config", "ociam.toml"])));
    all.push_str(&shown(&mut ociam(folder.path(), &["config", "init"])));
    // How many rules there are is not this test's matter.
    let all: Vec<&str> = all.lines().filter(|line| !line.ends_with("rules run")).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn only_changed_lines_are_reported_since_a_revision() {
    let folder = sample();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(folder.path()).args(arguments).env("HOME", folder.path());
        command.env("GIT_CONFIG_NOSYSTEM", "1").output().is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        eprintln!("skipped: no git here");
        return;
    }
    assert!(git(&["add", "."]));
    assert!(git(&["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "first"]));
    let lint = |_: ()| {
        stdout(&mut ociam(
            folder.path(),
            &["lint", "-f", "concise", "--severity-threshold", "error", "--changed-since", "HEAD", "."],
        ))
    };
    assert_eq!(lint(()), "");
    fs::write(folder.path().join("iam.policy"), format!("{POLICY}Allow group X to mange keys in tenancy\n"))
        .unwrap();
    fs::write(folder.path().join("new.policy"), "Allow group Y to mange keys in tenancy\n").unwrap();
    let text = lint(());
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("iam.policy:4:") && text.contains("new.policy:1:"), "{text}");
}

#[test]
fn statistics_count_by_rule() {
    insta::assert_snapshot!(shown(&mut ociam(sample().path(), &["lint", "--statistics", "iam.policy"])));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = sample();
    let run = || stdout(&mut ociam(folder.path(), &["lint", "-f", "json", "."]));
    assert_eq!(run(), run());
}

#[test]
fn json_columns_count_characters_and_offsets_bytes() {
    let folder = folder(&[("ü.policy", "Allow group Ärzte to mange keys in tenancy\n")]);
    let text = stdout(&mut ociam(folder.path(), &["lint", "-f", "json", "ü.policy"]));
    let document: Value = serde_json::from_str(&text).unwrap();
    let start = &document["findings"][0]["range"]["start"];
    assert_eq!(
        (start["line"].as_u64(), start["column"].as_u64(), start["offset"].as_u64()),
        (Some(1), Some(22), Some(22))
    );
}

#[test]
fn a_long_line_is_cut_around_the_finding() {
    let groups: Vec<String> = (0..60).map(|index| format!("group-number-{index}")).collect();
    let text = format!("Allow group {} to mange keys in compartment Apps\n", groups.join(", "));
    let folder = folder(&[("long.policy", &text)]);
    insta::assert_snapshot!(shown(&mut ociam(folder.path(), &["lint", "long.policy"])));
}

#[test]
fn fmt_rewrites_in_place_and_only_checks_when_asked() {
    let folder = folder(&[(
        "iam.policy",
        "ALLOW Group A To USE  keys IN tenancy\nAllow group B to use keys in tenancy\n",
    )]);
    insta::assert_snapshot!("fmt_check", shown(&mut ociam(folder.path(), &["fmt", "--check", "."])));
    insta::assert_snapshot!("fmt_diff", shown(&mut ociam(folder.path(), &["fmt", "--diff", "."])));
    insta::assert_snapshot!("fmt", shown(&mut ociam(folder.path(), &["fmt", "."])));
    insta::assert_snapshot!("fmt_result", fs::read_to_string(folder.path().join("iam.policy")).unwrap());
    let mut stdin = ociam(folder.path(), &["fmt", "-"]);
    insta::assert_snapshot!("fmt_stdin", shown(stdin.write_stdin("ALLOW group A to USE keys in tenancy\n")));
}

#[test]
fn parse_prints_places_texts_trees_and_errors() {
    let folder = folder(&[("iam.policy", "Allow group A to mange keys in tenancy\n")]);
    insta::assert_snapshot!("parse_text", shown(&mut ociam(folder.path(), &["parse", "iam.policy"])));
    insta::assert_snapshot!(
        "parse_json",
        shown(&mut ociam(folder.path(), &["parse", "--format", "json", "iam.policy"]))
    );
}

#[test]
fn rules_explain_schema_and_completions_answer() {
    let folder = sample();
    insta::assert_snapshot!(
        "rules_usage",
        shown(&mut ociam(folder.path(), &["rules", "--category", "usage"]))
    );
    insta::assert_snapshot!(
        "rules_json",
        shown(&mut ociam(folder.path(), &["rules", "--category", "usage", "--format", "json"]))
    );
    insta::assert_snapshot!(
        "explain",
        shown(&mut ociam(folder.path(), &["explain", "genai-api-key-type-misspelt"]))
    );
    insta::assert_snapshot!("schemas", shown(&mut ociam(folder.path(), &["schema"])));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(stdout(&mut ociam(folder.path(), &["completions", shell])).contains("ociam"));
    }
}

#[test]
fn every_schema_is_json_and_names_what_the_commands_print() {
    let folder = sample();
    for (schema, arguments) in [
        ("lint", &["lint", "-f", "json", "iam.policy"][..]),
        ("parse", &["parse", "-f", "json", "iam.policy"]),
        ("rules", &["rules", "--format", "json"]),
    ] {
        let schema: Value =
            serde_json::from_str(&stdout(&mut ociam(folder.path(), &["schema", schema]))).unwrap();
        let document: Value = serde_json::from_str(&stdout(&mut ociam(folder.path(), arguments))).unwrap();
        conforms(&schema, &schema, &document, "$");
    }
}

fn findings(folder: &TempDir) -> Vec<(String, String)> {
    let report: Value =
        serde_json::from_str(&stdout(&mut ociam(folder.path(), &["lint", "--format", "json"]))).unwrap();
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    report["findings"].as_array().unwrap().iter().map(|f| (word(f, "rule"), word(f, "severity"))).collect()
}

#[test]
fn what_is_missing_beside_an_expression_without_a_value_is_no_error() {
    let folder = folder(&[(
        "main.tf",
        r#"
variable "network" { default = null }
locals {
  network = var.network == null ? "" : var.network
}
resource "oci_identity_policy" "p" {
  statements = ["Allow group Devs to use subnets in compartment id ${local.network}"]
}
output "to_add" {
  value = <<EOT
Add these:
define tenancy Other as ${local.network},
EOT
}
"#,
    )]);
    let found = findings(&folder);
    assert!(found.iter().all(|(_, severity)| severity != "error"), "{found:?}");
}

#[test]
fn a_tag_namespace_may_hold_a_backslash() {
    let folder = folder(&[(
        "main.tf",
        r#"
resource "oci_identity_dynamic_group" "g" {
  name          = "g"
  matching_rule = "tag.ArchitectureCenter\\deploy-redis-1.release.value = '1.1'"
}
"#,
    )]);
    let found = findings(&folder);
    assert!(found.iter().all(|(_, severity)| severity != "error"), "{found:?}");
}

#[test]
fn a_piece_of_a_matching_rule_is_not_judged_alone() {
    let folder = folder(&[(
        "main.tf",
        r#"
variable "hosted" {}
locals {
  rule = join("\n", concat(
    ["Any {all {resource.type='computecontainerinstance', resource.compartment.id='${var.compartment}'},"],
    var.hosted,
    ["all {resource.type='fnfunc', resource.compartment.id='${var.compartment}'}}"],
  ))
}
"#,
    )]);
    let found = findings(&folder);
    assert!(found.iter().all(|(rule, _)| rule != "unbalanced-delimiter"), "{found:?}");
}
