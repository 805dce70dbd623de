//! What the rules that compare statements say of whole trees, and above all where they keep silent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::fs;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The findings of one rule, as `file:line`.
fn found(rule: &str, files: &[(&str, String)]) -> Vec<String> {
    let place = |one: &Value| format!("{}:{}", one["file"].as_str().unwrap(), one["range"]["start"]["line"]);
    findings(rule, files).iter().map(place).collect()
}

fn findings(rule: &str, files: &[(&str, String)]) -> Vec<Value> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = Command::cargo_bin("ociam").unwrap();
    command.env_clear().current_dir(folder.path());
    command.args(["lint", "--isolated", "--quiet", "--format", "json", "--select", rule, "."]);
    let output = command.output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    document["findings"].as_array().unwrap().clone()
}

/// A policy attached to the root, one statement a line from its line 4 on.
fn policy(name: &str, statements: &[&str]) -> String {
    let list: String = statements.iter().map(|one| format!("    \"{one}\",\n")).collect();
    format!(
        "resource \"oci_identity_policy\" \"{name}\" {{\n  compartment_id = var.tenancy_ocid\n  statements = [\n{list}  ]\n}}\n"
    )
}

const WIDE: &str = "Allow group A to manage buckets in tenancy";
const NARROW: &str = "Allow group A to read buckets in compartment Apps";

#[test]
fn statements_are_compared_across_the_policies_of_one_root_module_alone() {
    let rule = "redundant-statement";
    let one = [("main.tf", policy("a", &[NARROW])), ("other.tf", policy("b", &[WIDE]))];
    assert_eq!(found(rule, &one), ["main.tf:4"]);
    let two = [("one/main.tf", policy("a", &[NARROW])), ("two/main.tf", policy("b", &[WIDE]))];
    assert_eq!(found(rule, &two), Vec::<String>::new());
}

#[test]
fn an_unknown_value_is_the_same_in_one_policy_and_may_be_another_in_a_loop() {
    let rule = "redundant-statement";
    let same = policy(
        "a",
        &[
            "Allow group ${var.group} to manage buckets in tenancy",
            "Allow group ${var.group} to read buckets in tenancy",
            "Allow group ${var.other} to read buckets in tenancy",
        ],
    );
    assert_eq!(found(rule, &[("main.tf", same)]), ["main.tf:5"]);
    let looped = "resource \"oci_identity_policy\" \"a\" {\n  compartment_id = var.tenancy_ocid\n  statements = concat(\n    [for g in var.groups : \"Allow group ${g} to manage buckets in tenancy\"],\n    [for g in var.others : \"Allow group ${g} to read buckets in tenancy\"],\n  )\n}\n";
    assert_eq!(found(rule, &[("main.tf", looped.to_owned())]), Vec::<String>::new());
}

#[test]
fn a_literal_of_several_policies_is_redundant_when_it_is_so_in_each() {
    let list = |second: &str| {
        format!(
            "locals {{\n  lists = {{\n    a = [\"{WIDE}\"]\n    b = [\"{second}\"]\n  }}\n}}\nresource \"oci_identity_policy\" \"p\" {{\n  for_each       = local.lists\n  compartment_id = var.tenancy_ocid\n  statements     = concat(each.value, [\n    \"{NARROW}\",\n  ])\n}}\n"
        )
    };
    assert_eq!(found("redundant-statement", &[("main.tf", list(WIDE))]).last().unwrap(), "main.tf:11");
}

#[test]
fn of_two_statements_that_give_the_same_the_later_one_is_told() {
    let text = policy(
        "a",
        &["Allow group A, B to use buckets in tenancy", "Allow group B, A to use buckets in tenancy"],
    );
    assert_eq!(found("redundant-statement", &[("main.tf", text)]), ["main.tf:5"]);
}

#[test]
fn a_deny_shadows_what_it_takes_whole_and_never_the_administrators() {
    let rule = "deny-shadows-allow";
    let told = |statements: &[&str]| found(rule, &[("main.tf", policy("a", statements))]);
    let deny = "Deny any-user to inspect buckets in tenancy";
    assert_eq!(told(&[deny, NARROW]), ["main.tf:5"]);
    assert_eq!(told(&[deny, "Allow group Administrators to read buckets in tenancy"]), Vec::<String>::new());
    assert_eq!(told(&[deny, "Allow group A to read object-family in tenancy"]), Vec::<String>::new());
    assert_eq!(told(&["Deny any-user to manage buckets in tenancy", NARROW]), Vec::<String>::new());
    assert_eq!(told(&["Deny group B to inspect buckets in tenancy", NARROW]), Vec::<String>::new());
    let here = "Deny any-user to inspect buckets in tenancy where request.region = 'phx'";
    assert_eq!(told(&[here, NARROW]), Vec::<String>::new());
    let there = "Allow group A to read buckets in tenancy where request.region = 'phx'";
    assert_eq!(told(&[here, there]), ["main.tf:5"]);
}

#[test]
fn a_path_to_what_the_configuration_does_not_declare_is_not_judged() {
    let rule = "compartment-path-for-attachment";
    let compartments = |name: &str| {
        format!(
            "resource \"oci_identity_compartment\" \"apps\" {{\n  compartment_id = var.tenancy_ocid\n  name = \"Apps\"\n}}\nresource \"oci_identity_compartment\" \"prod\" {{\n  compartment_id = oci_identity_compartment.apps.id\n  name = \"{name}\"\n}}\n"
        )
    };
    let told = |name: &str, path: &str| {
        let statement = format!("Allow group A to read buckets in compartment {path}");
        found(rule, &[("a.tf", compartments(name)), ("b.tf", policy("a", &[&statement]))])
    };
    assert_eq!(told("Prod", "Prod"), ["b.tf:4"]);
    assert_eq!(told("Prod", "${oci_identity_compartment.prod.name}"), ["b.tf:4"]);
    for path in ["Apps:Prod", "Apps", "Other", "Other:Prod", "Apps:Other"] {
        assert_eq!(told("Prod", path), Vec::<String>::new(), "{path}");
    }
    assert_eq!(told("${var.name}", "Prod"), Vec::<String>::new());
}

#[test]
fn agents_are_not_missed_a_grant_that_may_stand_in_what_is_not_resolved() {
    let rule = "agent-without-data-source-grants";
    let set_up = policy("a", &["Allow group A to manage genai-agent-family in compartment Apps"]);
    assert_eq!(found(rule, &[("a.tf", set_up.clone())]), ["a.tf:4"]);
    let open = "resource \"oci_identity_policy\" \"b\" {\n  compartment_id = var.tenancy_ocid\n  statements = var.statements\n}\nvariable \"statements\" {}\n";
    assert_eq!(found(rule, &[("a.tf", set_up), ("b.tf", open.to_owned())]), Vec::<String>::new());
}

#[test]
fn braces_that_an_unset_variable_leaves_empty_are_no_error() {
    let tree = r#"
variable "cluster" { default = null }
locals {
  condition  = format("ALL {%v}", join(", ", compact([var.cluster != null ? "request.region = 'fra'" : null])))
  statements = formatlist("Allow dynamic-group %v to {CLUSTER_JOIN} in tenancy where %v", ["a"], local.condition)
}
resource "oci_identity_policy" "p" {
  statements = concat(local.statements, ["Allow group A to use keys in tenancy where ALL {}"])
}
"#;
    let severity = |one: &Value| one["severity"].as_str().unwrap().to_owned();
    let found = findings("empty-condition", &[("main.tf", tree.to_owned())]);
    assert_eq!(found.iter().map(severity).collect::<Vec<_>>(), ["info", "error"]);
}

#[test]
fn a_placeholder_is_a_remark_in_documentation_and_a_warning_where_the_rule_is_applied() {
    let rule = "all {resource.type = 'fnfunc', resource.compartment.id = 'compartment_ocid'}";
    let page = [("page.md", format!("```\n{rule}\n```\n"))];
    let group = [(
        "main.tf",
        format!("resource \"oci_identity_dynamic_group\" \"d\" {{\n  matching_rule = \"{rule}\"\n}}\n"),
    )];
    let severity = |files| findings("unresolved-placeholder", files)[0]["severity"].clone();
    assert_eq!((severity(&page), severity(&group)), ("info".into(), "warning".into()));
}

#[test]
fn a_finding_in_a_local_names_the_resources_that_use_it() {
    let text = r#"
locals {
  grants = ["Allow group B to use object-family in compartment Apps", "Allow group X to use object-family in compartment Apps"]
  rule   = "ANY {resource.tpye = 'fnfunc'}"
}
resource "oci_identity_group" "b" {
  name = "B"
}
resource "oci_identity_policy" "p" {
  compartment_id = var.tenancy_ocid
  statements     = local.grants
}
resource "oci_identity_dynamic_group" "d" {
  matching_rule = local.rule
}
"#;
    for (rule, user) in [
        ("undeclared-name", "used by `oci_identity_policy.p`"),
        ("unknown-matching-rule-variable", "used by `oci_identity_dynamic_group.d`"),
    ] {
        let found = findings(rule, &[("main.tf", text.to_owned())]);
        let messages: Vec<&str> = found[0]["related"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["message"].as_str().unwrap())
            .collect();
        assert_eq!((found.len(), messages), (1, vec![user]), "{rule}");
    }
}

#[test]
fn a_placeholder_that_a_variable_brings_in_is_no_error() {
    let statements =
        ["Allow group ${var.group} to read keys in tenancy", "Allow group <mine> to read vcns in tenancy"];
    let files = [
        ("main.tf", format!("variable \"group\" {{}}\n{}", policy("p", &statements))),
        ("terraform.tfvars", "group = \"<group>\"\n".to_owned()),
    ];
    let found = findings("unresolved-placeholder", &files);
    let severities: Vec<&str> = found.iter().map(|one| one["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["warning", "error"]);
}
