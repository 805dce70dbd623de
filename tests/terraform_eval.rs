//! What the static evaluator makes of configurations: texts, places, holes, addresses, reasons.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod laws;

use std::collections::BTreeMap;
use std::sync::Arc;

use ociam::source::terraform::eval::{Loader, evaluate};
use ociam::source::terraform::module::TerraformFile;
use ociam::source::terraform::read::native;
use ociam::source::{Attachment, DeclaredKind, Parts, Role};
use ociam::text::{Files, HoleKind, Place, SourceFile, Span};

struct Memory(BTreeMap<String, String>);

impl Loader for Memory {
    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        self.0.get(path).map(|text| text.as_str().into()).ok_or_else(|| "not there".into())
    }

    fn list(&self, directory: &str, _: bool) -> Vec<String> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let inside =
            |path: &String| path.strip_prefix(&prefix).filter(|name| !name.contains('/')).map(String::from);
        self.0.keys().filter_map(inside).collect()
    }
}

struct Tree {
    files: Files,
    found: Parts,
}

/// Evaluates files; those whose path begins with `>` are on disk, but not among the input.
fn tree(texts: &[(&str, &str)]) -> Tree {
    let mut files = Files::new();
    let mut parsed = Vec::new();
    let mut disk = BTreeMap::new();
    for (path, text) in texts {
        disk.insert(path.trim_start_matches('>').to_owned(), (*text).to_owned());
        if path.starts_with('>') {
            continue;
        }
        let file = files.add(SourceFile::new(*path, *text));
        let read = native(file, text);
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        parsed.push(TerraformFile { path: (*path).to_owned(), file, body: read.body, quiet: false });
    }
    let found = evaluate(&parsed, &mut files, &Memory(disk));
    Tree { files, found }
}

fn one(text: &str) -> Tree {
    tree(&[("main.tf", text)])
}

/// A policy whose statements are this expression, after other text.
fn policy(before: &str, statements: &str) -> Tree {
    one(&format!("{before}\nresource \"oci_identity_policy\" \"p\" {{\n  statements = {statements}\n}}\n"))
}

impl Tree {
    /// `address index text`, with `?` after the text of what may not be there.
    fn told(&self) -> Vec<String> {
        let line = |s: &ociam::source::StatementSource| {
            let address = s.policy.map_or("-", |at| &self.found.policies[at].address);
            let index = s.index.map_or("-".to_owned(), |index| index.to_string());
            format!("{address} {index} {}{}", s.text.as_str(), if s.maybe { " ?" } else { "" })
        };
        self.found.statements.iter().map(line).collect()
    }

    fn unresolved(&self) -> Vec<String> {
        let line = |u: &ociam::source::Unresolved| {
            format!("{}: {} [{}]", u.address, u.reason, self.files.text(u.place))
        };
        self.found.unresolved.iter().map(line).collect()
    }

    fn shown(&self, place: Place) -> &str {
        self.files.text(place)
    }
}

#[test]
fn locals_defaults_and_functions_make_whole_statements() {
    let tree = policy(
        r#"
variable "where" { default = "tenancy" }
locals {
  groups = ["A", "B"]
  more   = formatlist("allow group %s to read buckets in ${var.where}", local.groups)
}"#,
        r#"concat(["allow group Z to use buckets in ${upper(var.where)}"], local.more)"#,
    );
    assert_eq!(
        tree.told(),
        [
            "oci_identity_policy.p 0 allow group Z to use buckets in TENANCY",
            "oci_identity_policy.p 1 allow group A to read buckets in tenancy",
            "oci_identity_policy.p 2 allow group B to read buckets in tenancy",
        ]
    );
    assert!(tree.found.unresolved.is_empty());
}

#[test]
fn what_is_unknown_stands_as_the_users_own_template_text() {
    let tree = policy(
        r#"
variable "compartment_ocid" {}
variable "group" {}
resource "oci_identity_group" "g" { name = "fixed" }
data "oci_identity_compartments" "c" {}"#,
        r#"["allow group ${var.group} to use x in compartment id ${var.compartment_ocid}",
            "allow group id ${oci_identity_group.g.id} to use x in compartment ${oci_identity_group.g.name}",
            format("allow group %s to use x in compartment %s", var.group, data.oci_identity_compartments.c.compartments[0].name)]"#,
    );
    let texts: Vec<&str> = tree.found.statements.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "allow group ${var.group} to use x in compartment id ${var.compartment_ocid}",
            "allow group id ${oci_identity_group.g.id} to use x in compartment fixed",
            "allow group ${var.group} to use x in compartment ${data.oci_identity_compartments.c.compartments[0].name}",
        ]
    );
    let hole = |statement: usize, hole: usize| tree.found.statements[statement].text.holes()[hole].clone();
    assert_eq!(&*hole(0, 0).reason, "variable `group` has no default");
    assert_eq!(hole(0, 1).kind, HoleKind::Ocid("compartment"));
    assert_eq!(hole(1, 0).kind, HoleKind::Ocid("group"));
    assert_eq!(hole(2, 1).kind, HoleKind::Name);
    for statement in &tree.found.statements {
        for hole in statement.text.holes() {
            assert!(hole.span.of(statement.text.as_str()).starts_with("${"), "{hole:?}");
        }
    }
}

#[test]
fn a_name_that_is_empty_by_default_is_yet_to_be_set() {
    let tree = policy(
        "variable \"g\" { default = \"\" }\nvariable \"c\" { default = \"\" }\nvariable \"w\" { default = \"\" }",
        r#"["allow group ${var.g} to use x in compartment id ${var.c}", format("allow group %s to use x in tenancy%s", var.g, var.w),
            "allow any-user to use x in tenancy ${var.w}", "allow any-user to use x in tenancy where request.user.id = '${var.g}'"]"#,
    );
    let texts: Vec<&str> = tree.found.statements.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "allow group ${var.g} to use x in compartment id ${var.c}",
            "allow group ${var.g} to use x in tenancy",
            "allow any-user to use x in tenancy ",
            "allow any-user to use x in tenancy where request.user.id = '${var.g}'",
        ]
    );
}

#[test]
fn a_finding_points_at_the_statements_own_text() {
    let tree = policy(
        r#"locals { kind = "reed" }"#,
        r#"[format("allow group A to %s buckets in tenancy", local.kind), replace("allow group A to @ y in tenancy", "@", local.kind)]"#,
    );
    let shown = |statement: usize, word: &str| {
        let source = &tree.found.statements[statement];
        let at = source.text.as_str().find(word).unwrap();
        tree.shown(source.text.locate(Span::new(at, at + word.len()), source.place.file).unwrap())
    };
    assert_eq!((shown(0, "buckets"), shown(1, "tenancy")), ("buckets", "tenancy"));
    assert_eq!(tree.shown(tree.found.statements[0].place), "allow group A to %s buckets in tenancy");
    let reed = tree.found.statements[0].text.as_str().find("reed").unwrap();
    assert_eq!(tree.found.statements[0].text.editable(Span::new(reed, reed + 4)), None);
    let via = tree.found.statements[0].text.segment_at(reed).unwrap().via.unwrap();
    assert_eq!(tree.shown(via), "%s");
}

#[test]
fn a_statement_in_a_local_is_shown_in_the_local() {
    let tree =
        policy(r#"locals { all = ["allow group A to read x in tenancy"] }"#, "[for s in local.all : s]");
    let source = &tree.found.statements[0];
    assert_eq!(tree.shown(source.place), "allow group A to read x in tenancy");
    assert!(source.text.editable(Span::new(0, 5)).is_some());
    assert_eq!(tree.told().len(), 1, "used by a policy, so no candidate as well");
}

#[test]
fn both_branches_of_an_undecided_conditional_are_found() {
    let tree = policy(
        "variable \"wide\" { type = bool }\nvariable \"extra\" { type = bool }",
        r#"concat(["allow group A to read x in ${var.wide ? "tenancy" : "compartment C"}"],
              var.extra ? ["allow group B to read x in tenancy"] : [],
              ["allow group C to read x in tenancy"])"#,
    );
    assert_eq!(
        tree.told(),
        [
            "oci_identity_policy.p 0 allow group A to read x in tenancy ?",
            "oci_identity_policy.p 0 allow group A to read x in compartment C ?",
            "oci_identity_policy.p 1 allow group B to read x in tenancy ?",
            "oci_identity_policy.p - allow group C to read x in tenancy",
        ]
    );
}

#[test]
fn one_condition_has_one_outcome_in_one_statement() {
    let tree = policy(
        "variable \"root\" { type = bool }",
        r#"["allow group ${var.root ? "A" : "B"} to read x in ${!var.root ? "compartment C" : "tenancy"}"]"#,
    );
    assert_eq!(
        tree.told(),
        [
            "oci_identity_policy.p 0 allow group A to read x in tenancy ?",
            "oci_identity_policy.p 0 allow group B to read x in compartment C ?",
        ]
    );
}

#[test]
fn an_undecided_count_makes_the_policy_a_maybe() {
    let tree = one(r#"
variable "on" { type = bool }
resource "oci_identity_policy" "p" {
  count      = var.on ? 1 : 0
  statements = ["allow group A to read x in tenancy", var.on ? "allow group B to read x in tenancy" : "allow group N to read x in tenancy"]
}
"#);
    assert_eq!(
        tree.told(),
        [
            "oci_identity_policy.p[0] 0 allow group A to read x in tenancy ?",
            "oci_identity_policy.p[0] 1 allow group B to read x in tenancy ?",
            "- 1 allow group N to read x in tenancy ?",
        ]
    );
    assert!(tree.found.policies[0].maybe);
}

#[test]
fn an_iteration_over_something_unknown_still_shows_its_statement() {
    let tree = policy(
        "variable \"groups\" {}",
        r#"[for g in var.groups : "allow group ${g} to read x in tenancy"]"#,
    );
    assert_eq!(tree.told(), ["oci_identity_policy.p 0 allow group ${g} to read x in tenancy ?"]);
    assert_eq!(&*tree.found.statements[0].text.holes()[0].reason, "variable `groups` has no default");
}

#[test]
fn for_each_makes_one_policy_for_each_key() {
    let tree = one(r#"
resource "oci_identity_policy" "p" {
  for_each   = { b = ["allow group B to read x in tenancy"], a = ["allow group ${"A"} to read x in tenancy"] }
  name       = "policy-${each.key}"
  statements = each.value
}
"#);
    assert_eq!(
        tree.told(),
        [
            "oci_identity_policy.p[\"a\"] 0 allow group A to read x in tenancy",
            "oci_identity_policy.p[\"b\"] 0 allow group B to read x in tenancy",
        ]
    );
    assert_eq!(tree.found.policies[1].name.as_ref().unwrap().as_str(), "policy-b");
}

#[test]
fn modules_are_evaluated_through_their_callers() {
    let module = r#"
variable "group" {}
variable "extra" { default = [] }
resource "oci_identity_policy" "this" {
  statements = concat(["allow group ${var.group} to read x in tenancy"], var.extra)
}
output "names" { value = [oci_identity_policy.this.name, var.group] }
"#;
    let root = r#"
module "iam" {
  source   = "./modules/iam"
  for_each = toset(["one", "two"])
  group    = "G-${each.key}"
  extra    = ["allow group E to read x in tenancy"]
}
resource "oci_identity_policy" "p" {
  statements = ["allow group ${module.iam["two"].names[1]} to use x in tenancy"]
}
"#;
    let tree = tree(&[("live/main.tf", root), ("live/modules/iam/main.tf", module)]);
    assert_eq!(
        tree.told(),
        [
            "oci_identity_policy.p 0 allow group G-two to use x in tenancy",
            "module.iam[\"one\"].oci_identity_policy.this 0 allow group G-one to read x in tenancy",
            "module.iam[\"one\"].oci_identity_policy.this 1 allow group E to read x in tenancy",
            "module.iam[\"two\"].oci_identity_policy.this 0 allow group G-two to read x in tenancy",
            "module.iam[\"two\"].oci_identity_policy.this 1 allow group E to read x in tenancy",
        ]
    );
}

#[test]
fn a_module_that_only_its_examples_call_is_a_root_too() {
    let tree = tree(&[
        (
            "main.tf",
            "resource \"oci_identity_policy\" \"p\" {\n statements = [\"allow group ${var.g} to read x in tenancy\"]\n}\nvariable \"g\" {}\n",
        ),
        ("examples/a/main.tf", "module \"m\" {\n source = \"../..\"\n g = \"G\"\n}\n"),
    ]);
    assert_eq!(
        tree.told(),
        [
            "oci_identity_policy.p 0 allow group ${var.g} to read x in tenancy",
            "module.m.oci_identity_policy.p 0 allow group G to read x in tenancy",
        ]
    );
}

#[test]
fn a_called_module_outside_the_input_is_read() {
    let tree = tree(&[
        (
            "live/main.tf",
            "module \"m\" {\n source = \"../shared\"\n}\nresource \"oci_identity_policy\" \"p\" {\n statements = module.m.all\n}\n",
        ),
        (">shared/out.tf", "output \"all\" { value = [\"allow group A to read x in tenancy\"] }\n"),
    ]);
    assert_eq!(tree.told(), ["oci_identity_policy.p 0 allow group A to read x in tenancy"]);
    assert_eq!(tree.files.name(tree.found.statements[0].place.file), "shared/out.tf");
}

#[test]
fn what_stays_unknown_is_told_once_with_the_reason() {
    let tree = one(r#"
variable "statements" {}
module "far" { source = "org/iam/oci" }
resource "oci_identity_policy" "a" { statements = var.statements }
resource "oci_identity_policy" "b" { statements = concat(["allow group A to read x in tenancy"], module.far.list) }
resource "oci_identity_policy" "c" { statements = ["allow group A to read x in tenancy", local.nowhere] }
resource "oci_identity_policy" "d" { statements = [] }
"#);
    assert_eq!(
        tree.unresolved(),
        [
            "oci_identity_policy.a: variable `statements` has no default [var.statements]",
            "oci_identity_policy.b: module `far` comes from a registry [module.far.list]",
            "oci_identity_policy.c: there is no local `nowhere` [local.nowhere]",
            "oci_identity_policy.d: its list of statements is empty here []",
        ]
        .map(|line| line.replace("here []", "here [[]]"))
    );
    assert_eq!(tree.told().len(), 2);
}

#[test]
fn a_policy_that_nothing_instantiates_is_a_maybe() {
    let tree = one(r#"
variable "on" { default = false }
resource "oci_identity_policy" "p" {
  count      = var.on ? 1 : 0
  statements = ["allow group ${oci_identity_group.g[0].name} to read x in tenancy"]
}
resource "oci_identity_group" "g" {
  count = var.on ? 1 : 0
  name  = "G"
}
"#);
    assert_eq!(tree.told(), ["oci_identity_policy.p[0] 0 allow group G to read x in tenancy ?"]);
}

#[test]
fn a_call_that_makes_no_policy_leaves_nothing_open_where_another_makes_it() {
    let module = r#"
variable "groups" {}
resource "oci_identity_policy" "p" {
  for_each   = { for g in var.groups : g => ["allow group ${g} to read x in tenancy"] }
  statements = each.value
}
resource "oci_identity_policy" "q" {
  count      = length(var.groups) > 0 ? 1 : 0
  statements = [for g in var.groups : "allow group ${g} to use x in tenancy"]
}
"#;
    let some = "module \"a\" {\n  source = \"./m\"\n  groups = [\"A\"]\n}\n";
    let none = "module \"b\" {\n  source = \"./m\"\n  groups = []\n}\n";
    let both = tree(&[("main.tf", &format!("{some}{none}")), ("m/main.tf", module)]);
    assert_eq!(both.told().len(), 2, "{:?}", both.told());
    assert_eq!(both.unresolved(), Vec::<String>::new());
    let alone = tree(&[("main.tf", none), ("m/main.tf", module)]);
    assert_eq!(
        alone.unresolved().iter().map(|told| told.split(" [").next().unwrap()).collect::<Vec<_>>(),
        [
            "module.b.oci_identity_policy.p: nothing makes an instance of it, and `for_each` is empty",
            "module.b.oci_identity_policy.q[0]: nothing makes an instance of it, and its list of statements is empty here",
        ]
    );
}

#[test]
fn a_statement_with_space_before_it_is_told_once() {
    let text = r#"
locals {
  indented = [<<EOT
      allow group A to read x in tenancy where all
      { a.b = 'c' }
  EOT
  ]
  two = " allow group B to read x in tenancy\n allow group C to read x in tenancy"
}
resource "oci_identity_policy" "p" {
  statements = concat(local.indented, [local.two])
}
"#;
    let told = one(text).told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|told| told.starts_with("oci_identity_policy.p")), "{told:?}");
}

#[test]
fn strings_that_no_policy_uses_are_found_where_they_stand() {
    let tree = tree(&[
        (
            "main.tf",
            r#"
variable "on" {
  default     = false
  description = "allow group A to read x in tenancy"
}
locals {
  taken  = var.on ? ["allow group Off to read x in tenancy"] : []
  object = { policies = { one = { statements = ["allow group A to read x in tenancy", "allow group B to read x in ${var.where}"] } } }
  prose  = "allow me to explain"
  loop   = [for g in ["C", "D"] : "allow group ${g} to read x in tenancy"]
}
module "far" {
  source = "org/iam/oci"
  text   = <<-EOT
    Paste this:
    allow group E to read x in tenancy
    allow group F to read x in tenancy where any {
      request.user.name = 'u'
    }
  EOT
}
"#,
        ),
        ("prod.tfvars", "rules = [\"allow group T to read x in tenancy\"]\n"),
        (
            "tests/a.tftest.hcl",
            "run \"x\" {\n  variables {\n    s = [\"allow grp A to read x in tenancy\"]\n  }\n}\n",
        ),
    ]);
    let mut told = tree.told();
    told.sort();
    assert_eq!(
        told,
        [
            "- - allow group Off to read x in tenancy ?",
            "- 0 allow group A to read x in tenancy",
            "- 0 allow group C to read x in tenancy",
            "- 0 allow group E to read x in tenancy",
            "- 0 allow group T to read x in tenancy",
            "- 0 allow grp A to read x in tenancy",
            "- 1 allow group B to read x in ${var.where}",
            "- 1 allow group D to read x in tenancy",
            "- 1 allow group F to read x in tenancy where any {\n  request.user.name = 'u'\n}",
        ]
        .map(|line| if line.contains("Off") { line.replace("- -", "- 0") } else { line.to_owned() })
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    let prose = tree.found.statements.iter().find(|s| s.text.as_str().contains("grp")).unwrap();
    assert_eq!(prose.role, Role::Prose);
}

#[test]
fn variable_files_count_by_terraforms_precedence() {
    let tree = tree(&[
        (
            "main.tf",
            "variable \"a\" { default = \"d\" }\nvariable \"b\" { default = \"d\" }\nvariable \"c\" { default = \"d\" }\nresource \"oci_identity_policy\" \"p\" {\n statements = [\"allow group ${var.a}-${var.b}-${var.c} to read x in tenancy\"]\n}\n",
        ),
        ("terraform.tfvars", "a = \"t\"\nb = \"t\"\n"),
        ("z.auto.tfvars", "b = \"z\"\n"),
        ("a.auto.tfvars", "b = \"a\"\n"),
        ("other.tfvars", "c = \"o\"\n"),
    ]);
    assert_eq!(tree.told(), ["oci_identity_policy.p 0 allow group t-z-d to read x in tenancy"]);
}

#[test]
fn override_files_replace_attributes() {
    let tree = tree(&[
        (
            "main.tf",
            "resource \"oci_identity_policy\" \"p\" {\n name = \"n\"\n statements = [\"allow group A to read x in tenancy\"]\n}\n",
        ),
        (
            "override.tf",
            "resource \"oci_identity_policy\" \"p\" {\n statements = [\"allow group O to read x in tenancy\"]\n}\n",
        ),
    ]);
    let told = tree.told();
    assert_eq!(told[0], "oci_identity_policy.p 0 allow group O to read x in tenancy");
    assert_eq!(tree.found.policies[0].name.as_ref().unwrap().as_str(), "n");
}

#[test]
fn attachments_follow_references() {
    let tree = one(r#"
variable "tenancy_ocid" {}
variable "any" {}
locals { root = var.tenancy_ocid }
resource "oci_identity_compartment" "c" {
  compartment_id = local.root
  name           = "C"
}
resource "oci_identity_policy" "a" {
  compartment_id = local.root
  statements     = ["allow group A to read x in tenancy"]
}
resource "oci_identity_policy" "b" {
  compartment_id = oci_identity_compartment.c.id
  statements     = ["allow group A to read x in tenancy"]
}
resource "oci_identity_policy" "c" {
  compartment_id = "ocid1.compartment.oc1..aaaa"
  statements     = ["allow group A to read x in tenancy"]
}
resource "oci_identity_policy" "d" {
  compartment_id = var.any
  statements     = ["allow group A to read x in tenancy"]
}
"#);
    let attached: Vec<&Attachment> = tree.found.policies.iter().map(|policy| &policy.attachment).collect();
    assert_eq!(
        attached,
        [
            &Attachment::Root,
            &Attachment::Declared("oci_identity_compartment.c".into()),
            &Attachment::Ocid("ocid1.compartment.oc1..aaaa".into()),
            &Attachment::Unknown,
        ]
    );
    let declared = &tree.found.declared[0];
    assert_eq!((declared.kind, &declared.parent), (DeclaredKind::Compartment, &Attachment::Root));
}

#[test]
fn groups_dynamic_groups_and_domains_are_declared() {
    let tree = one(r#"
resource "oci_identity_domain" "d" { display_name = "Dom" }
resource "oci_identity_domains_group" "g" {
  display_name  = "G"
  idcs_endpoint = oci_identity_domain.d.url
}
resource "oci_identity_dynamic_group" "dg" {
  count         = 2
  name          = "dg-${count.index}"
  matching_rule = "ALL {resource.type = 'fnfunc', resource.compartment.id = '${var.c}'}"
}
locals { rule = "any {instance.id = 'x'}" }
"#);
    let mut declared: Vec<String> = tree
        .found
        .declared
        .iter()
        .map(|d| format!("{:?} {} {} {:?}", d.kind, d.address, d.name.as_ref().unwrap().as_str(), d.domain))
        .collect();
    declared.sort();
    assert_eq!(
        declared,
        [
            "Domain oci_identity_domain.d Dom None",
            "DynamicGroup oci_identity_dynamic_group.dg[0] dg-0 None",
            "DynamicGroup oci_identity_dynamic_group.dg[1] dg-1 None",
            "Group oci_identity_domains_group.g G Some(\"oci_identity_domain.d\")",
        ]
    );
    let rules: Vec<_> =
        tree.found.matching_rules.iter().map(|rule| (rule.address.as_deref(), rule.role)).collect();
    assert_eq!(
        rules,
        [
            (Some("oci_identity_dynamic_group.dg[0]"), Role::Policy),
            (Some("oci_identity_dynamic_group.dg[1]"), Role::Policy),
            (None, Role::Candidate),
        ]
    );
}

#[test]
fn files_that_expressions_name_keep_their_places() {
    let tree = tree(&[
        (
            "main.tf",
            r#"
resource "oci_identity_policy" "p" {
  statements = concat(
    jsondecode(file("${path.module}/p.json")).statements,
    yamldecode(file("p.yaml")),
    split("\n", chomp(templatefile("${path.module}/p.tftpl", { group = "G" }))),
  )
}
"#,
        ),
        (">p.json", "{\"statements\": [\"allow group J to read x in tenancy\"]}"),
        (">p.yaml", "- allow group Y to read x in tenancy\n"),
        (
            ">p.tftpl",
            "allow group ${group} to read x in tenancy\nallow group T to read ${other} in tenancy\n",
        ),
    ]);
    assert_eq!(tree.told().len(), 4, "{:?} {:?}", tree.told(), tree.unresolved());
    let shown: Vec<(&str, &str)> =
        tree.found.statements.iter().map(|s| (tree.files.name(s.place.file), tree.shown(s.place))).collect();
    assert_eq!(shown[0], ("p.json", "allow group J to read x in tenancy"));
    assert_eq!(shown[1], ("p.yaml", "allow group Y to read x in tenancy"));
    assert_eq!(shown[2], ("p.tftpl", "allow group ${group} to read x in tenancy"));
    assert_eq!(tree.found.statements[3].text.as_str(), "allow group T to read ${other} in tenancy");
}

#[test]
fn what_would_never_end_ends_with_a_reason() {
    let cycle = policy("locals {\n  a = local.b\n  b = local.a\n}", "local.a");
    assert_eq!(cycle.unresolved(), ["oci_identity_policy.p: local `a` refers to itself [local.a]"]);
    let mut doubling = String::from("locals {\n  l0 = \"allow group A to read x in tenancy \"\n");
    for at in 1..60 {
        doubling.push_str(&format!("  l{at} = \"${{local.l{}}}${{local.l{}}}\"\n", at - 1, at - 1));
    }
    doubling.push('}');
    let grown = policy(&doubling, "[local.l59]");
    let hole = &grown.found.statements[0].text.holes()[0];
    assert_eq!(&*hole.reason, "the text grows too long");
    assert!(grown.found.statements[0].text.as_str().len() <= 1 << 20);
    let mut nested = String::from("locals {\n  l0 = [for a in range(1000) : a]\n");
    for at in 1..30 {
        nested.push_str(&format!(
            "  l{at} = flatten([for a in local.l{} : [for b in local.l0 : [a, b]]])\n",
            at - 1
        ));
    }
    nested.push('}');
    let product = policy(&nested, "[for a in local.l29 : \"allow group ${a} to read x in tenancy\"]");
    assert!(product.unresolved().len() + product.told().len() < 5);
    let own = tree(&[(
        "a/main.tf",
        "module \"again\" {\n  source = \"../a\"\n}\nresource \"oci_identity_policy\" \"p\" {\n  statements = [\"allow group A to read x in tenancy\"]\n}\n",
    )]);
    assert!(own.unresolved()[0].contains("module `again` calls itself"), "{:?}", own.unresolved());
    let mut chain = String::from("locals {\n  c0 = \"allow group A to read x in tenancy\"\n");
    for at in 1..2_000 {
        chain.push_str(&format!("  c{at} = local.c{}\n", at - 1));
    }
    chain.push('}');
    let deep = policy(&chain, "[local.c1999]");
    assert!(deep.unresolved()[0].contains("nested more than"), "{:?}", deep.unresolved());
}

#[test]
fn directories_are_evaluated_alike_whatever_the_order_of_files() {
    let a = (
        "a/main.tf",
        "locals { x = [\"allow group A to read x in tenancy\"] }\nresource \"oci_identity_policy\" \"p\" { statements = local.x }\n",
    );
    let b = (
        "b/main.tf",
        "resource \"oci_identity_policy\" \"q\" { statements = [\"allow group B to read x in tenancy\"] }\n",
    );
    assert_eq!(tree(&[a, b]).told(), tree(&[b, a]).told());
}

/// Pieces that go together to more or less meaningful configurations.
const PIECES: [&str; 16] = [
    "variable \"v\" {}\n",
    "variable \"w\" { default = [\"allow group W to read x in tenancy\"] }\n",
    "locals {\n  a = \"allow group ${var.v} to read x in tenancy\"\n  é = \"ü${local.a}\"\n}\n",
    "locals { b = [for s in var.w : replace(s, \"W\", local.a)] }\n",
    "locals { c = var.v ? local.b : [local.a] }\n",
    "locals { d = { for i, s in local.c : \"k${i}\" => { statements = [s, upper(s), format(\"%s %q\", s, s)] } } }\n",
    "locals { e = split(\"\\n\", <<-EOT\n    allow group É to read \\u00e9\n      allow group ${local.a} to use y in tenancy\n  EOT\n) }\n",
    "resource \"oci_identity_policy\" \"p\" {\n  for_each = local.d\n  statements = each.value.statements\n}\n",
    "resource \"oci_identity_policy\" \"q\" {\n  count = length(local.c)\n  statements = concat(local.b, local.e, [join(\" \", local.c)])\n}\n",
    "resource \"oci_identity_policy\" \"r\" { statements = jsondecode(jsonencode(local.e)) }\n",
    "resource \"oci_identity_policy\" \"s\" { statements = flatten([values(local.d)[*].statements, [trimspace(local.a)]]) }\n",
    "resource \"oci_identity_dynamic_group\" \"g\" { matching_rule = \"any {instance.id = '${title(var.v)}'}\" }\n",
    "module \"m\" {\n  source = \"./m\"\n  w = local.e\n}\n",
    "resource \"oci_identity_policy\" \"t\" { statements = try(local.nothing, module.m.out, [substr(local.a, 3, 20)]) }\n",
    "output \"o\" { value = \"${indent(2, local.e[0])}%{ for x in local.c }allow group ${x} to%{ endfor }\" }\n",
    "locals { f = yamldecode(\"- allow group Y to read x in tenancy\\n- {a: ${var.v}}\") }\n",
];

proptest::proptest! {
    #![proptest_config(laws::config(48))]

    #[test]
    fn every_text_has_a_whole_map_and_nothing_panics(
        chosen in proptest::collection::vec(0..PIECES.len(), 1..12),
        cut in proptest::collection::vec((0..2_000_usize, 1..4_usize), 0..3),
    ) {
        let mut text: String = chosen.iter().map(|piece| PIECES[*piece]).collect();
        for (at, length) in cut {
            let letters: Vec<char> = text.chars().collect();
            let at = at % letters.len().max(1);
            text = letters.iter().enumerate().filter(|(i, _)| !(at..at + length).contains(i)).map(|(_, c)| c).collect();
        }
        let mut files = Files::new();
        let mut parsed = Vec::new();
        for (path, text) in [("main.tf", text.as_str()), ("m/main.tf", "variable \"w\" {}\noutput \"out\" { value = var.w }\n")] {
            let file = files.add(SourceFile::new(path, text));
            parsed.push(TerraformFile { path: path.to_owned(), file, body: native(file, text).body, quiet: false });
        }
        let found = evaluate(&parsed, &mut files, &Memory(BTreeMap::new()));
        let rules = found.matching_rules.iter().map(|rule| &rule.text);
        for text in found.statements.iter().map(|statement| &statement.text).chain(rules) {
            let mut at = 0;
            for segment in text.segments() {
                assert_eq!(segment.text.start(), at, "{}", text.as_str());
                at = segment.text.end();
                if segment.origin == ociam::text::Origin::Verbatim {
                    assert_eq!(files.text(segment.source), segment.text.of(text.as_str()));
                }
            }
            assert_eq!(at, text.as_str().len());
        }
    }
}
