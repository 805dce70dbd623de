//! Settings of a run: file, environment and command line, and what nothing may turn off.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod command;

use std::fs;

use command::{code, folder, ociam, shown, stdout};
use serde_json::Value;

const POLICY: &str = "\
Allow group Writers to mange buckets in compartment Apps
Allow any-user to read buckets in compartment Public
";

#[test]
fn the_command_line_counts_before_the_environment_and_that_before_the_file() {
    let folder = folder(&[
        ("ociam.toml", "fail-on = 'never'\nignore = ['names']\n[severity]\nunknown-verb = 'info'\n"),
        ("iam.policy", POLICY),
    ]);
    let lint = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command = ociam(folder.path(), &[&["lint", "-q", "iam.policy"], arguments].concat());
        code(command.envs(environment.iter().copied()))
    };
    assert_eq!(lint(&[], &[]), 0);
    assert_eq!(lint(&[("OCIAM_FAIL_ON", "info")], &[]), 1);
    assert_eq!(lint(&[("OCIAM_FAIL_ON", "info")], &["--config", "fail-on=never"]), 0);
    assert_eq!(lint(&[], &["--config", "fail-on=error"]), 0);
    assert_eq!(lint(&[], &["--config", "fail-on=error", "--config", "severity.unknown-verb=error"]), 1);
    assert_eq!(lint(&[("OCIAM_IGNORE", "syntax,reach"), ("OCIAM_FAIL_ON", "info")], &[]), 0);
    assert_eq!(lint(&[("OCIAM_FAIL_ON", "never")], &["--isolated"]), 1);
    assert_eq!(lint(&[], &["--isolated", "--config", "fail-on=never"]), 0);
    assert_eq!(lint(&[("OCIAM_CONFIG", "no-such.toml")], &[]), 2);
    assert_eq!(lint(&[("OCIAM_FIAL_ON", "never")], &[]), 2);
    assert_eq!(lint(&[("OCIAM_FIAL_ON", "never"), ("OCIAM_OTHER", "x")], &["--isolated"]), 1);
}

#[test]
fn rules_on_trial_run_when_they_are_asked_for() {
    let tree = r#"
resource "oci_identity_group" "scientists" {
  compartment_id = var.tenancy_ocid
  name           = "Scientists"
  description    = "those who call models"
}
resource "oci_identity_policy" "apps" {
  compartment_id = var.tenancy_ocid
  name           = "apps"
  description    = "apps"
  statements     = ["Allow group Developers to use generative-ai-chat in compartment Apps"]
}
variable "tenancy_ocid" {}
"#;
    let folder = folder(&[("main.tf", tree)]);
    let told = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command =
            ociam(folder.path(), &[&["lint", "-q", "--format", "concise", "."], arguments].concat());
        stdout(command.envs(environment.iter().copied())).contains("[unused-group]")
    };
    assert!(!told(&[], &[]));
    assert!(!told(&[], &["--pedantic"]));
    assert!(told(&[], &["--preview"]));
    assert!(told(&[], &["--config", "preview=true"]));
    assert!(told(&[("OCIAM_PREVIEW", "true")], &[]));
    assert!(told(&[], &["--extend-select", "unused-group"]));
    assert!(!told(&[], &["--preview", "--ignore", "unused-group"]));
}

#[test]
fn config_show_says_where_each_value_comes_from() {
    let folder = folder(&[(
        "ociam.toml",
        "ignore = ['names']\npedantic = true\n\n[severity]\nunknown-verb = 'info'\n[per-path-ignores]\n'a/**' = ['files']\n",
    )]);
    let arguments = ["config", "show", "--config", "ociam.toml", "--config", "pedantic=false"];
    let mut command =
        ociam(folder.path(), &[&arguments[..], &["--config", "severity.empty-value=info"]].concat());
    let text = shown(command.env("OCIAM_IGNORE", "reach, region-name-for-key"));
    insta::assert_snapshot!(
        text.lines().filter(|line| !line.ends_with("rules run")).collect::<Vec<_>>().join("\n")
    );
    // What is shown can be read again.
    let shown = stdout(&mut ociam(folder.path(), &arguments));
    fs::write(folder.path().join("again.toml"), &shown).unwrap();
    let again = stdout(&mut ociam(folder.path(), &["config", "show", "--config", "again.toml"]));
    let values = |text: &str| {
        text.lines().map(|line| line.split("  # ").next().unwrap().to_owned()).skip(1).collect::<Vec<_>>()
    };
    assert_eq!(values(&again), values(&shown));
}

#[test]
fn a_wrong_setting_is_shown_where_it_is() {
    let folder = folder(&[("iam.policy", POLICY)]);
    let mut all = String::new();
    for (variable, arguments) in [
        (Some(("OCIAM_SELECT", "unknown-verbs")), &[][..]),
        (Some(("OCIAM_PEDANTIC", "yes")), &[]),
        (None, &["--config", "fail-on=warn", "--config", "selct=names"]),
        (None, &["--config", "fail-on"]),
        (None, &["--config", "a.toml", "--config", "b.toml"]),
        (None, &["--isolated", "--config", "a.toml"]),
    ] {
        let mut command = ociam(folder.path(), &[&["lint", "iam.policy"], arguments].concat());
        let text = shown(command.envs(variable));
        all.push_str(&format!("$ {variable:?} ociam lint iam.policy {}\n{text}\n", arguments.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn nothing_turns_off_what_is_never_ignored() {
    let policy = "\
# ociam: ignore[any-user-without-condition] we know
Allow any-user to read buckets in compartment Public
# ociam: ignore[reach] we know
Allow any-user to use buckets in compartment Public
";
    let folder = folder(&[
        ("a/iam.policy", policy),
        (
            "ociam.toml",
            "never-ignore = ['any-user-without-condition']\nignore = ['reach']\n[per-path-ignores]\n'a/**' = ['reach']\n",
        ),
    ]);
    let write = ["lint", "-q", "--baseline", "known.json", "--write-baseline", "."];
    assert_eq!(code(&mut ociam(folder.path(), &write)), 0);
    insta::assert_snapshot!(shown(&mut ociam(
        folder.path(),
        &["lint", "-f", "concise", "--baseline", "known.json", "."]
    )));
    let asked = ["lint", "--ignore", "any-user-without-condition", "."];
    insta::assert_snapshot!("never_ignore_asked", shown(&mut ociam(folder.path(), &asked)));
}

#[test]
fn a_rule_answers_to_its_former_name() {
    let policy = "Allow group A to use keys in tenancy where request.region = 'us-chicago-1'\n";
    let old = "region-name-for-key";
    let folder = folder(&[
        ("plain.policy", policy),
        ("comment.policy", &format!("# ociam: ignore[{old}] as told\n{policy}")),
        ("ociam.toml", &format!("[severity]\n{old} = 'error'\n")),
    ]);
    let mut all = shown(&mut ociam(
        folder.path(),
        &["lint", "--isolated", "-f", "concise", "--select", old, "plain.policy"],
    ));
    all.push_str(&shown(&mut ociam(
        folder.path(),
        &["lint", "-f", "concise", "--config", "ociam.toml", "comment.policy"],
    )));
    all.push_str(
        &shown(&mut ociam(folder.path(), &["explain", old])).lines().take(6).collect::<Vec<_>>().join("\n"),
    );
    insta::assert_snapshot!(all);
    let sarif = ["lint", "--isolated", "-f", "sarif", "plain.policy"];
    let sarif: Value = serde_json::from_str(&stdout(&mut ociam(folder.path(), &sarif))).unwrap();
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["deprecatedIds"][0], old);
    let rules: Value =
        serde_json::from_str(&stdout(&mut ociam(folder.path(), &["rules", "--format", "json"]))).unwrap();
    let with_former = rules["rules"].as_array().unwrap().iter().filter(|rule| rule["former_names"][0] == old);
    assert_eq!(with_former.count(), 1);
    ociam(folder.path(), &["lint", "--fix", "comment.policy"]).output().unwrap();
    let fixed = fs::read_to_string(folder.path().join("comment.policy")).unwrap();
    assert!(fixed.starts_with("# ociam: ignore[region-name-for-region-key] as told\n"), "{fixed}");
}

#[test]
fn suppressions_that_suppress_nothing_are_taken_out_by_the_fix() {
    let statement = "Allow group A to read buckets in compartment B";
    let open = "Allow any-user to read buckets in compartment B";
    for (name, before, after) in [
        ("one.policy", format!("# ociam: ignore[names] x\n{statement}\n"), format!("{statement}\n")),
        (
            "last.policy",
            format!("# ociam: ignore[reach, names] x\n{open}\n"),
            format!("# ociam: ignore[reach] x\n{open}\n"),
        ),
        (
            "first.policy",
            format!("# ociam: ignore[names , reach] x\n{open}\n"),
            format!("# ociam: ignore[reach] x\n{open}\n"),
        ),
        ("all.policy", format!("# ociam: ignore[names,syntax] x\n{statement}\n"), format!("{statement}\n")),
        (
            "block.tf",
            format!(
                "resource \"oci_identity_policy\" \"p\" {{\n  compartment_id = var.c\n  name = \"p\"\n  /* ociam: ignore[names] x */\n  statements = [\"{statement}\"] // ociam: ignore[genai] y\n}}\n"
            ),
            format!(
                "resource \"oci_identity_policy\" \"p\" {{\n  compartment_id = var.c\n  name = \"p\"\n  statements = [\"{statement}\"]\n}}\n"
            ),
        ),
        (
            "p.tf.json",
            format!(
                "{{\"resource\": {{\"oci_identity_policy\": {{\"p\": {{\n  \"//\": \"ociam: ignore[names] x\",\n  \"statements\": [\"{statement}\"]\n}}}}}}}}\n"
            ),
            format!(
                "{{\"resource\": {{\"oci_identity_policy\": {{\"p\": {{\n  \"statements\": [\"{statement}\"]\n}}}}}}}}\n"
            ),
        ),
    ] {
        let folder = folder(&[(name, &before)]);
        ociam(folder.path(), &["lint", "--fix", name]).output().unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), after, "{name}");
    }
}

#[test]
fn a_block_comment_covers_what_stands_behind_it_on_its_line() {
    let open = "\"Allow any-user to read buckets in compartment B\"";
    let text = format!(
        "resource \"oci_identity_policy\" \"p\" {{\n  compartment_id = var.c\n  name = \"p\"\n  statements = [\n    \
         /* ociam: ignore[reach] we know */ {open},\n    {open},\n  ]\n}}\n"
    );
    let folder = folder(&[("main.tf", &text)]);
    let found = stdout(&mut ociam(folder.path(), &["lint", "-f", "concise", "--select", "reach,usage", "."]));
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.starts_with("main.tf:6:"), "{found}");
}

#[test]
fn the_schema_of_the_configuration_knows_what_the_reader_knows() {
    let folder = folder(&[]);
    let schema: Value =
        serde_json::from_str(&stdout(&mut ociam(folder.path(), &["schema", "config"]))).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let readme =
        fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let sample = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    // Every key of the commented template, without the comments that explain.
    let template: String = ociam::config::TEMPLATE
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| rest.contains(" = ") || rest.starts_with('['))
                .unwrap_or(line)
        })
        .filter(|line| !line.starts_with('#') && !line.contains("`"))
        .map(|line| format!("{line}\n"))
        .collect();
    for text in [sample, &template, ociam::config::TEMPLATE] {
        let table: toml::Table = toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let document = serde_json::to_value(table).unwrap();
        let against: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(against, Vec::<String>::new(), "{text}");
        assert!(ociam::config::parse(text).is_ok());
    }
    // And each key of the schema is one that the reader takes.
    let whole: toml::Table = toml::from_str(&template).unwrap();
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(whole.contains_key(key), "the template lacks `{key}`");
    }
    let wrong = serde_json::json!({ "selct": [] });
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn verbose_says_what_is_read_and_what_counts() {
    let folder =
        folder(&[("ociam.toml", "ignore = ['names']\n"), ("a.policy", POLICY), ("b.policy", POLICY)]);
    let arguments = [
        "lint",
        "-v",
        "--statistics",
        "--config",
        "ociam.toml",
        "--config",
        "fail-on=never",
        "--ignore",
        "reach",
        ".",
    ];
    let text = shown(ociam(folder.path(), &arguments).env("OCIAM_PEDANTIC", "true"));
    // Which rules there are is not this test's matter.
    insta::assert_snapshot!(
        text.lines().filter(|line| !line.starts_with("rules")).collect::<Vec<_>>().join("\n")
    );
    assert!(text.contains("rules that do not: any-tenancy, "), "{text}");
}

#[test]
fn help_groups_the_options_and_shows_examples() {
    let folder = folder(&[]);
    insta::assert_snapshot!("help_lint", shown(&mut ociam(folder.path(), &["lint", "-h"])));
    insta::assert_snapshot!("help_fmt", shown(&mut ociam(folder.path(), &["fmt", "-h"])));
}

#[test]
fn patterns_of_paths_begin_at_the_configuration_wherever_the_run_begins() {
    let files = [
        ("ociam.toml", "[per-path-ignores]\n'x/**' = ['unknown-verb']\n"),
        ("x/y/iam.policy", "Allow group A to raed buckets in tenancy\n"),
        ("z/iam.policy", "Allow group A to raed buckets in tenancy\n"),
    ];
    let project = folder(&files);
    let lines = |from: &str, path: &str| {
        let output =
            ociam(&project.path().join(from), &["lint", "-q", "-f", "concise", path]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    for (from, path) in [("", "x"), ("x", "."), ("x/y", "."), ("x/y", "iam.policy"), ("z", "../x/y")] {
        assert_eq!(lines(from, path), 0, "{from} {path}");
    }
    for (from, path) in [("z", "."), ("x/y", "../../z"), ("", "z")] {
        assert_eq!(lines(from, path), 1, "{from} {path}");
    }
}
