//! Every input format through the front door: what is found, where it stands, and what is said of files
//! that can't be read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod laws;

use std::fs;
use std::path::{Path, PathBuf};

use ociam::diag::Severity;
use ociam::source::{InputFormat, Loaded, Request, Role, Stdin, load};
use proptest::prelude::*;

fn stdin(text: impl Into<Vec<u8>>, name: Option<&str>, format: Option<InputFormat>) -> Loaded {
    let stdin = Some(Stdin { name: name.map(str::to_owned), bytes: text.into() });
    load(&Request { stdin, format, ..Request::default() })
}

fn paths<P: AsRef<Path>>(paths: &[P]) -> Loaded {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.as_ref().to_owned()).collect();
    load(&Request { paths, ..Request::default() })
}

/// `line:column text` of each statement, and its policy.
fn found(loaded: &Loaded) -> Vec<(String, Option<&str>)> {
    let configuration = &loaded.configuration;
    let shown = |place: ociam::text::Place| {
        let position = configuration.files.get(place.file).unwrap().position(place.span.start());
        format!("{}:{}", position.line, position.column)
    };
    configuration
        .statements
        .iter()
        .map(|statement| {
            let policy = statement.policy.map(|policy| &*configuration.policies[policy].address);
            (format!("{} {}", shown(statement.place), statement.text.as_str()), policy)
        })
        .collect()
}

fn messages(loaded: &Loaded) -> Vec<(&str, String, Severity)> {
    let configuration = &loaded.configuration;
    let name = |problem: &ociam::diag::Finding| configuration.files.name(problem.place.file);
    configuration.problems.iter().map(|p| (name(p), p.message.clone(), p.severity)).collect()
}

const A: &str = "Allow group Admins to manage buckets in tenancy";

#[test]
fn standard_input_is_read_by_name_by_format_and_by_content() {
    for (text, name, format) in [
        (A.to_owned(), None, None),
        (A.to_owned(), Some("x.policy"), None),
        (format!("[\"{A}\"]"), None, None),
        (format!("[\"{A}\"]"), None, Some(InputFormat::StatementsJson)),
        (format!("{{\"data\": {{\"statements\": [\"{A}\"]}}}}"), None, None),
        (format!("{{\"data\": {{\"statements\": [\"{A}\"]}}}}"), None, Some(InputFormat::OciJson)),
        (format!("statements:\n  - {A}\n"), None, None),
        (format!("statements:\n  - {A}\n"), Some("a.yaml"), None),
        (format!("```\n{A}\n```\n"), None, Some(InputFormat::Markdown)),
        (format!("locals {{\n  x = [\"{A}\"]\n}}\n"), None, None),
        (format!("x = [\"{A}\"]\n"), Some("a.tfvars"), None),
    ] {
        let loaded = stdin(text.clone(), name, format);
        let texts: Vec<_> = loaded.configuration.statements.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(texts, [A], "{text} {name:?} {format:?}");
        assert_eq!(messages(&loaded), [], "{text}");
        assert!(!loaded.nothing_read);
    }
}

#[test]
fn an_array_counts_its_statements_and_places_point_behind_the_quote() {
    let text = format!("\u{feff}[\r\n  \"{A}\",\r\n  \"mange x\"]");
    let loaded = stdin(text, None, Some(InputFormat::StatementsJson));
    assert_eq!(found(&loaded), [(format!("2:4 {A}"), None), ("3:4 mange x".to_owned(), None)]);
    let indices: Vec<_> = loaded.configuration.statements.iter().map(|s| s.index).collect();
    assert_eq!(indices, [Some(0), Some(1)]);
}

fn written(folder: &tempfile::TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_folder_gives_what_holds_policies_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| written(&folder, name, text);
    write(
        "a/iam.yaml",
        &format!(
            "policies_configuration:\n  supplied_policies:\n    P:\n      name: p\n      statements: ['{A}']\n"
        ),
    );
    write("a/values.yaml", "image: x\nallow: true\n");
    write("b/policies.json", &format!("{{\"x\": {{\"statements\": [\"{A}\"], \"name\": \"q\"}}}}"));
    write("b/broken.json", "{\"allow all\": ");
    write("docs/readme.md", &format!("# Title\n\n```\n{A}\n```\n"));
    write("notes.txt", &format!("Allow all traffic.\n{A}\n"));
    write("main.tf", &format!("resource \"oci_identity_policy\" \"t\" {{\n  statements = [\"{A}\"]\n}}\n"));
    write(".terraform/modules/x.tf", &format!("locals {{ x = \"{A}\" }}\n"));
    write("ignored/x.policy", A);
    write(".gitignore", "ignored/\n");
    let loaded = paths(&[folder.path()]);
    assert_eq!(
        found(&loaded),
        [
            (format!("5:21 {A}"), Some("p")),
            (format!("1:24 {A}"), Some("q")),
            (format!("4:1 {A}"), None),
            (format!("2:18 {A}"), Some("oci_identity_policy.t")),
            (format!("2:1 {A}"), None),
        ]
    );
    assert_eq!(messages(&loaded), []);
    assert!(!loaded.nothing_read);
}

#[test]
fn a_named_terraform_file_is_read_with_its_neighbours_but_only_it_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("main.tf");
    fs::write(&main, "resource \"oci_identity_policy\" \"t\" {\n  statements = [\"Allow group ${local.g} to manage buckets in tenancy\"]\n}\n").unwrap();
    let other = "locals {\n  g = \"Admins\"\n}\nresource \"oci_identity_policy\" \"o\" {\n  statements = [\"Allow group B to manage keys in tenancy\"]\n}\n";
    fs::write(folder.path().join("other.tf"), other).unwrap();
    let loaded = paths(&[&main]);
    assert_eq!(found(&loaded), [(format!("2:18 {A}"), Some("oci_identity_policy.t"))]);
    assert_eq!(loaded.configuration.policies.len(), 1);
}

#[test]
fn what_terraform_reads_from_a_data_file_is_told_once_of_its_resource() {
    let folder = tempfile::tempdir().unwrap();
    written(
        &folder,
        "main.tf",
        r#"
resource "oci_identity_policy" "p" {
  for_each   = { for p in yamldecode(file("p.yaml")).policies : p.name => p if p.name != "off" }
  statements = each.value.statements
}
resource "oci_identity_policy" "j" {
  statements = jsondecode(file("p.json")).policies[0].statements
}
resource "oci_identity_dynamic_group" "g" {
  matching_rule = yamldecode(file("p.yaml")).dynamic_groups.g.matching_rule
}
"#,
    );
    written(
        &folder,
        "p.yaml",
        r#"policies:
  - name: one
    statements:
      - Allow group A to read buckets in tenancy
      - >-
        Allow group B
        to read buckets
        in tenancy
      - 'Allow group C to read buckets in tenancy where target.bucket.name = ''b'''
  - name: "off"
    statements: [Allow group D to read buckets in tenancy]
dynamic_groups:
  g:
    name: g
    matching_rule: "ALL {resource.type = 'x'}"
"#,
    );
    written(
        &folder,
        "p.json",
        r#"{"policies": [{"name": "j", "statements": ["Allow group \u00e9 to read buckets in tenancy"]}]}"#,
    );
    let loaded = paths(&[folder.path()]);
    let told: Vec<_> = found(&loaded);
    let told: Vec<_> = told.iter().map(|(text, policy)| (text.as_str(), policy.unwrap())).collect();
    assert_eq!(
        told,
        [
            ("1:45 Allow group é to read buckets in tenancy", "oci_identity_policy.j"),
            ("4:9 Allow group A to read buckets in tenancy", "oci_identity_policy.p[\"one\"]"),
            ("6:9 Allow group B to read buckets in tenancy", "oci_identity_policy.p[\"one\"]"),
            (
                "9:10 Allow group C to read buckets in tenancy where target.bucket.name = 'b'",
                "oci_identity_policy.p[\"one\"]"
            ),
            ("11:18 Allow group D to read buckets in tenancy", "off"),
        ]
    );
    assert_eq!(loaded.configuration.policies.len(), 3);
    assert_eq!(loaded.configuration.matching_rules.len(), 1);
    // What is edited in a folded scalar lies where it is written.
    let folded = &loaded.configuration.statements[2].text;
    let at = folded.as_str().find("read").unwrap();
    let place = folded.editable(ociam::text::Span::new(at, at + 4)).unwrap();
    assert_eq!(loaded.configuration.files.get(place.file).unwrap().position(place.span.start()).line, 7);
}

#[test]
fn the_inputs_of_terragrunt_are_read_with_its_own_locals() {
    let folder = tempfile::tempdir().unwrap();
    written(
        &folder,
        "live/terragrunt.hcl",
        "include \"root\" {\n  path = find_in_parent_folders()\n}\nlocals {\n  group = \"Admins\"\n}\ninputs = {\n  policies = {\n    a = { statements = [\"Allow group ${local.group} to manage buckets in tenancy\"] }\n    b = { statements = [\"Allow group ${dependency.g.outputs.name} to read buckets in tenancy\"] }\n  }\n}\n",
    );
    written(&folder, "live/main.tf", &format!("locals {{\n  group = \"Others\"\n  a = [\"{A}\"]\n}}\n"));
    let loaded = paths(&[folder.path()]);
    let told: Vec<String> = found(&loaded).into_iter().map(|(text, _)| text).collect();
    assert_eq!(
        told,
        [
            format!("3:9 {A}"),
            format!("9:26 {A}"),
            "10:26 Allow group ${dependency.g.outputs.name} to read buckets in tenancy".to_owned(),
        ]
    );
    assert!(messages(&loaded).is_empty(), "{:?}", messages(&loaded));
}

#[test]
fn only_folders_that_can_matter_are_read_modules_and_their_callers_among_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| written(&folder, name, text);
    write(
        "env/main.tf",
        "module \"iam\" {\n  source = \"../modules/iam\"\n  group  = module.names.admins\n}\nmodule \"names\" {\n  source = \"../modules/names\"\n}\n",
    );
    write(
        "modules/iam/main.tf",
        "variable \"group\" {}\nresource \"oci_identity_policy\" \"p\" {\n  statements = [\"Allow group ${var.group} to manage buckets in tenancy\"]\n}\n",
    );
    write("modules/names/main.tf", "output \"admins\" {\n  value = \"Admins\"\n}\n");
    write("other/main.tf", "resource \"x\" \"y\" {\n");
    write(
        "json/main.tf.json",
        &format!("{{\"resource\": {{\"oci_identity_policy\": {{\"j\": {{\"statements\": [\"{A}\"]}}}}}}}}"),
    );
    write("json/x.tfvars.json", &format!("{{\"s\": [\"{A}\"]}}"));
    let loaded = paths(&[folder.path()]);
    let policies: Vec<_> =
        found(&loaded).into_iter().map(|(text, policy)| (text.ends_with(A), policy)).collect();
    let direct = Some("oci_identity_policy.j");
    let through = Some("module.iam.oci_identity_policy.p");
    assert_eq!(policies, [(true, direct), (true, None), (true, through)]);
    assert_eq!(messages(&loaded), []);
}

#[test]
fn files_that_can_not_be_read_are_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("latin.tf"), b"# caf\xe9\n").unwrap();
    fs::write(at("wide.tf"), b"\xff\xfea\0").unwrap();
    fs::File::create(at("large.tf")).unwrap().set_len(100 << 20).unwrap();
    fs::write(at("deep.json"), format!("{{\"statements\": [\"{A}\"], \"x\": {}", "[".repeat(10_000)))
        .unwrap();
    fs::write(at("deep.yaml"), "- ".repeat(10_000)).unwrap();
    let walked = paths(&[folder.path()]);
    let told: Vec<_> = messages(&walked)
        .into_iter()
        .map(|(name, message, severity)| (name.rsplit('/').next().unwrap().to_owned(), message, severity))
        .collect();
    let expect = |name: &str, part: &str, severity: Severity| {
        let hit = told.iter().find(|(own, message, _)| own == name && message.contains(part));
        assert_eq!(hit.map(|(_, _, own)| *own), Some(severity), "{name}: {told:?}");
    };
    expect("latin.tf", "line 1 holds a byte", Severity::Warning);
    expect("wide.tf", "UTF-16", Severity::Warning);
    expect("large.tf", "larger than 64 MiB", Severity::Warning);
    expect("deep.json", "deeper than 256", Severity::Warning);
    assert!(!walked.nothing_read);

    let deep = paths(&[at("deep.yaml")]);
    assert!(messages(&deep)[0].1.contains("deeper than 256"), "{:?}", messages(&deep));
    assert!(!deep.nothing_read);
    let missing = paths(&[at("no.tf"), at("large.tf")]);
    assert_eq!(messages(&missing).len(), 2);
    assert!(messages(&missing).iter().all(|(_, _, severity)| *severity == Severity::Error));
    assert!(missing.nothing_read);
    fs::write(at("good.policy"), A).unwrap();
    assert!(!paths(&[at("no.tf"), at("good.policy")]).nothing_read);
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_told_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.tf");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: there is no mkfifo here");
        return;
    }
    let loaded = paths(&[&pipe]);
    let [(_, message, _)] = &messages(&loaded)[..] else { panic!("{:?}", messages(&loaded)) };
    assert!(message.contains("named pipe"), "{message}");
}

#[cfg(unix)]
#[test]
fn symbolic_links_that_lead_back_are_told_and_linked_files_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let sub = folder.path().join("sub");
    fs::create_dir(&sub).unwrap();
    fs::write(sub.join("x.policy"), A).unwrap();
    std::os::unix::fs::symlink(folder.path(), sub.join("up")).unwrap();
    std::os::unix::fs::symlink(sub.join("x.policy"), folder.path().join("zz-again.policy")).unwrap();
    std::os::unix::fs::symlink("nowhere.tf", folder.path().join("gone.tf")).unwrap();
    let loaded = paths(&[folder.path()]);
    assert_eq!(loaded.configuration.statements.len(), 1);
    let told: Vec<_> = messages(&loaded).into_iter().map(|(_, message, _)| message).collect();
    assert!(told.iter().any(|message| message.contains("leads back to")), "{told:?}");
    assert!(told.iter().any(|message| message.contains("no such file")), "{told:?}");
}

#[cfg(unix)]
#[test]
fn a_linked_terraform_file_is_part_of_each_folder_and_links_between_folders_end() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, at(name)).unwrap();
    fs::create_dir(at("one")).unwrap();
    fs::write(at("v.tf"), "variable \"g\" {\n  default = \"Admins\"\n}\n").unwrap();
    let policy = "resource \"oci_identity_policy\" \"p\" {\n  statements = [\"Allow group ${var.g} to manage buckets in tenancy\"]\n}\n";
    fs::write(at("one/main.tf"), policy).unwrap();
    link("../v.tf", "one/variables.tf");
    for from in 0..9 {
        fs::create_dir(at(&format!("f{from}"))).unwrap();
        for to in 0..9 {
            link(&format!("../f{to}"), &format!("f{from}/l{to}"));
        }
    }
    let loaded = paths(&[folder.path()]);
    assert_eq!(found(&loaded), [(format!("2:18 {A}"), Some("oci_identity_policy.p"))]);
}

#[test]
fn other_peoples_code_and_what_git_ignores_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["node_modules/x/a.policy", ".terraform/modules/a.policy", "out/a.policy", "in/a.policy"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, A).unwrap();
    }
    fs::write(folder.path().join(".gitignore"), "out/\n").unwrap();
    assert_eq!(paths(&[folder.path()]).configuration.statements.len(), 1);
    assert_eq!(paths(&[folder.path().join("out/a.policy")]).configuration.statements.len(), 1);
}

#[test]
fn templates_that_are_not_yet_yaml_are_read_by_their_lines() {
    let text = "{% for g in groups %}\n- name: x\n  statements:\n    - \"Allow group {{ g }} to manage buckets in tenancy\"\n{% endfor %}\n";
    let loaded = stdin(text, Some("a.yaml"), None);
    assert_eq!(found(&loaded), [("4:8 Allow group {{ g }} to manage buckets in tenancy".to_owned(), None)]);
    assert_eq!(messages(&loaded), []);
    let statement = &loaded.configuration.statements[0];
    assert_eq!((statement.role, statement.text.holes().len()), (Role::Candidate, 1));
}

#[test]
fn aliases_give_a_statement_to_each_policy_and_comments_are_kept() {
    let text = format!(
        "x: &s # ociam: ignore[any] why\n  - {A}\na: {{name: a, statements: *s}}\nb: {{name: b, statements: *s}}\n"
    );
    let loaded = stdin(text, Some("a.yml"), None);
    assert_eq!(found(&loaded), [(format!("2:5 {A}"), Some("a")), (format!("2:5 {A}"), Some("b"))]);
    let comment = loaded.configuration.comments[0];
    assert_eq!(loaded.configuration.files.text(comment), "# ociam: ignore[any] why");
}

#[test]
fn what_is_not_the_format_asked_for_is_told() {
    for (text, format) in [
        ("{}", InputFormat::Plan),
        ("[1]", InputFormat::StatementsJson),
        ("{\"a\": 1}", InputFormat::StatementsJson),
        ("{\"a\": ", InputFormat::OciJson),
        ("a: [", InputFormat::Yaml),
    ] {
        let loaded = stdin(text, None, Some(format));
        assert_eq!(loaded.configuration.problems.len(), 1, "{text}");
    }
}

proptest! {
    #![proptest_config(laws::config(150))]

    #[test]
    fn no_input_makes_any_format_panic(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("Allow group A to use x in tenancy"), Just("Allow "), Just("\""), Just("'"), Just("\n"),
                Just("\r\n"), Just("- "), Just("  "), Just("statements:"), Just("{"), Just("}"), Just("["),
                Just("]"), Just("\"statements\": "), Just(","), Just("```"), Just("`"), Just("<pre>"),
                Just("</pre>"), Just("&lt;"), Just("|"), Just(">-"), Just("${"), Just("{{ x }}"), Just("é"),
                Just("\\"), Just("\\u00e9"), Just("any {resource.id = 'x'}"), Just("# ociam: "), Just("where"),
                Just("planned_values"), Just(": "), Just("\u{feff}"), Just("<<: *a"), Just("&a "), Just("locals"),
            ],
            0..40,
        ),
    ) {
        let text = pieces.concat();
        for format in [
            InputFormat::Terraform, InputFormat::Plan, InputFormat::OciJson, InputFormat::StatementsJson,
            InputFormat::Yaml, InputFormat::Markdown, InputFormat::Text,
        ] {
            let loaded = stdin(text.clone(), None, Some(format));
            for statement in &loaded.configuration.statements {
                let file = loaded.configuration.files.get(statement.place.file).unwrap();
                prop_assert!(file.text.get(statement.place.span.range()).is_some());
            }
        }
        stdin(text, None, None);
    }
}
