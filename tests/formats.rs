//! The reports as the programs that read them take them: each format against its schema or its grammar, on findings
//! with fixes, related places, suppressions, a baseline, unreadable files and awkward names.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod command;

use std::fs;
use std::path::Path;

use command::{code, folder, ociam, shown, stdout};
use serde_json::Value;
use tempfile::TempDir;

const TREE: &str = r#"locals {
  statements = [
    "Allow group ${local.g} to mange keys in tenancy",
    # ociam: ignore[any-user-without-condition]: the public demo, closed by <quota> & "time"
    "Allow any-user to read buckets in compartment Public",
  ]
  g = "Writers"
}

resource "oci_identity_policy" "one" {
  compartment_id = var.tenancy_ocid
  name           = "one"
  statements     = local.statements
}
"#;

const POLICY: &str = "\
Allow group Ärzte to mange buckets in compartment Apps
Allow any-user to read buckets in compartment Public
Allow group Writers to use generative-ai-chat in compartment Apps where request.region = 'us-chicago-1'
";

/// A folder with a bit of everything, and a baseline that knows one of its findings.
fn everything() -> TempDir {
    let folder = folder(&[
        ("main.tf", TREE),
        ("a b/ü & <i>.policy", POLICY),
        ("broken.tf", "resource \"oci_identity_policy\" {{{\n  statements = [\"allow x\n"),
        ("known/old.policy", "Allow any-user to read buckets in compartment Old\n"),
    ]);
    fs::write(folder.path().join("utf16.policy"), [0xff, 0xfe, b'a', 0]).unwrap();
    let write = ["lint", "--quiet", "--baseline", "known.json", "--write-baseline", "known"];
    assert_eq!(code(&mut ociam(folder.path(), &write)), 0);
    folder
}

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What a schema has against a document.
fn against(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn document(folder: &Path, arguments: &[&str]) -> Value {
    let text = stdout(&mut ociam(folder, arguments));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{text}"))
}

#[test]
fn sarif_is_valid_with_fixes_suppressions_a_baseline_and_unreadable_files() {
    let schema = schema("sarif-2.1.0.json");
    let folder = everything();
    let absolute = folder.path().join("main.tf");
    let mut seen = 0;
    for arguments in [
        &["."][..],
        &["--show-suppressed", "."],
        &["--persona", "auditor", "--baseline", "known.json", "."],
        &["--ignore", "all", "."],
        &[absolute.to_str().unwrap()],
    ] {
        let sarif = document(folder.path(), &[&["lint", "-f", "sarif"], arguments].concat());
        assert_eq!(against(&schema, &sarif), Vec::<String>::new(), "{arguments:?}");
        seen += sarif["runs"][0]["results"].as_array().unwrap().len();
    }
    assert!(seen > 20, "{seen}");
    // A schema that accepts everything would show nothing.
    let mut wrong = document(folder.path(), &["lint", "-f", "sarif", "main.tf"]);
    wrong["runs"][0]["results"][0]["level"] = Value::from("fatal");
    assert_eq!(against(&schema, &wrong).len(), 1);
}

#[test]
fn sarif_tells_what_is_suppressed_known_new_and_unreadable() {
    let folder = everything();
    let arguments = ["lint", "-f", "sarif", "--show-suppressed", "--baseline", "known.json", "."];
    let sarif = document(folder.path(), &arguments);
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let states: Vec<_> = results.iter().map(|result| result["baselineState"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "unchanged").count(), 1);
    assert!(states.contains(&"new"));
    let suppressed: Vec<_> =
        results.iter().filter(|result| !result["suppressions"].as_array().unwrap().is_empty()).collect();
    assert_eq!(suppressed.len(), 1);
    insta::assert_json_snapshot!(suppressed[0]["suppressions"], @r#"
    [
      {
        "kind": "inSource",
        "status": "accepted",
        "justification": "the public demo, closed by <quota> & \"time\""
      }
    ]
    "#);
    let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let unreadable: Vec<_> = notifications
        .iter()
        .map(|note| note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(unreadable.contains(&"utf16.policy") && unreadable.contains(&"broken.tf"), "{unreadable:?}");
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        assert_eq!(rule["properties"]["since"], "0.1.0");
    }
    // Code scanning would open an alert for each of them.
    let plain = document(folder.path(), &["lint", "-f", "sarif", "--baseline", "known.json", "."]);
    assert_eq!(plain["runs"][0]["results"].as_array().unwrap().len(), results.len() - 2);
}

#[test]
fn gitlab_and_reviewdog_get_what_they_read() {
    let folder = everything();
    for format in ["gitlab", "rdjson"] {
        let report = document(folder.path(), &["lint", "-f", format, "."]);
        assert_eq!(against(&schema(&format!("{format}.json")), &report), Vec::<String>::new(), "{format}");
    }
    let rdjson = document(folder.path(), &["lint", "-f", "rdjson", "a b"]);
    // Columns are counted in bytes: the umlaut takes two.
    let first = &rdjson["diagnostics"][0];
    assert_eq!(first["suggestions"][0]["range"]["start"]["column"], 23);
    assert_eq!(first["suggestions"][0]["text"], "manage");
}

#[test]
fn xml_is_well_formed_and_says_what_was_found() {
    let folder = everything();
    let found = document(folder.path(), &["lint", "-f", "json", "."])["findings"].as_array().unwrap().len();
    for (format, element) in [("checkstyle", "error"), ("junit", "testcase")] {
        for arguments in [&["."][..], &["--ignore", "all", "."]] {
            let text = stdout(&mut ociam(folder.path(), &[&["lint", "-f", format], arguments].concat()));
            let xml = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let count = xml.descendants().filter(|node| node.has_tag_name(element)).count();
            // An empty suite would be taken for a suite that did not run.
            let none = usize::from(format == "junit");
            assert_eq!(count, if arguments.len() == 1 { found } else { none }, "{text}");
        }
    }
    let text = stdout(&mut ociam(folder.path(), &["lint", "-f", "checkstyle", "a b"]));
    let xml = roxmltree::Document::parse(&text).unwrap();
    let file = xml.descendants().find(|node| node.has_tag_name("file")).unwrap();
    assert_eq!(file.attribute("name"), Some("a b/ü & <i>.policy"));
}

#[test]
fn json_lines_and_statistics_hold_to_their_schemas() {
    let folder = everything();
    let own = |name: &str| -> Value { document(folder.path(), &["schema", name]) };
    let line = own("lint-line");
    let text = stdout(&mut ociam(folder.path(), &["lint", "-f", "json-lines", "."]));
    let whole = document(folder.path(), &["lint", "-f", "json", "."]);
    assert_eq!(text.lines().count(), whole["findings"].as_array().unwrap().len());
    for one in text.lines() {
        let one: Value = serde_json::from_str(one).unwrap();
        assert_eq!(against(&line, &one), Vec::<String>::new());
    }
    assert_eq!(text, stdout(&mut ociam(folder.path(), &["lint", "-f", "jsonl", "."])));
    let statistics = document(folder.path(), &["lint", "-f", "json", "--statistics", "."]);
    assert_eq!(against(&own("statistics"), &statistics), Vec::<String>::new());
    let hidden = document(
        folder.path(),
        &["lint", "-f", "json", "--show-suppressed", "--baseline", "known.json", "."],
    );
    assert_eq!(against(&own("lint"), &hidden), Vec::<String>::new());
    assert_eq!(
        (hidden["suppressed"].as_array().unwrap().len(), hidden["known"].as_array().unwrap().len()),
        (1, 1)
    );
    let baseline: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("known.json")).unwrap()).unwrap();
    assert_eq!(against(&own("baseline"), &baseline), Vec::<String>::new());
}

#[test]
fn every_own_schema_is_one() {
    let folder = TempDir::new().unwrap();
    for line in stdout(&mut ociam(folder.path(), &["schema"])).lines() {
        let schema = document(folder.path(), &["schema", line.split_whitespace().next().unwrap()]);
        assert!(jsonschema::meta::validate(&schema).is_ok(), "{line}");
    }
}

#[test]
fn people_and_agents_read_words() {
    let folder = everything();
    let lint = |arguments: &[&str]| shown(&mut ociam(folder.path(), &[&["lint"], arguments].concat()));
    insta::assert_snapshot!("plain", lint(&["-f", "plain", "--show-suppressed", "main.tf", "utf16.policy"]));
    insta::assert_snapshot!("agent", lint(&["-f", "agent", "main.tf", "a b"]));
    insta::assert_snapshot!(
        "auditor",
        lint(&["--persona", "auditor", "--baseline", "known.json", "main.tf", "known"])
    );
}

#[test]
fn plain_draws_nothing() {
    let folder = folder(&[("iam.policy", "Allow any-user to read buckets in compartment Public\n")]);
    let text = stdout(&mut ociam(folder.path(), &["lint", "-f", "plain", "--color", "always", "iam.policy"]));
    let drawn = |c: char| c == '\u{1b}' || ('\u{2190}'..='\u{2bff}').contains(&c);
    assert!(!text.contains(drawn), "{text}");
}

#[test]
fn several_reports_are_written_in_one_run() {
    let folder = everything();
    let run = ["lint", "-f", "concise", "-f", "sarif=out.sarif", "-f", "junit=out.xml", "main.tf"];
    let text = stdout(&mut ociam(folder.path(), &run));
    assert_eq!(text, stdout(&mut ociam(folder.path(), &["lint", "-f", "concise", "main.tf"])));
    let file = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(file("out.sarif"), stdout(&mut ociam(folder.path(), &["lint", "-f", "sarif", "main.tf"])));
    assert_eq!(file("out.xml"), stdout(&mut ociam(folder.path(), &["lint", "-f", "junit", "main.tf"])));
    let only = ["lint", "-f", "json=only.json", "main.tf"];
    assert_eq!(stdout(&mut ociam(folder.path(), &only)), "");
    let named = ["lint", "-f", "json", "-o", "named.json", "main.tf"];
    assert_eq!(stdout(&mut ociam(folder.path(), &named)), "");
    assert_eq!(file("only.json"), file("named.json"));
}

#[test]
fn reports_that_can_t_be_written_are_refused() {
    let folder = everything();
    let mut all = String::new();
    for arguments in [
        &["-f", "human", "-f", "json"][..],
        &["-f", "json=a.json", "-f", "sarif=a.json"],
        &["-f", "json=a.json", "-o", "b.json"],
        &["-f", "yaml"],
        &["-f", "sarif="],
        &["-f", "json=no/such/folder.json"],
        &["-f", "junit", "--statistics"],
        &["-f", "github", "--show-suppressed"],
    ] {
        let text = shown(&mut ociam(folder.path(), &[&["lint", "known"], arguments].concat()));
        all.push_str(&format!("$ ociam lint known {}\n{text}\n", arguments.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn nothing_that_a_terminal_would_act_on_comes_through() {
    let policy = "Allow group A\u{1b}]0;title\u{7} to man\u{1b}[31mge keys\u{202e} in tenancy\r# ociam: x\n";
    let folder = folder(&[("a\u{1b}[2Jb.policy", policy)]);
    for format in ["human", "plain", "concise", "agent", "markdown", "github"] {
        for command in [&["lint", "-f", format, "."][..], &["parse", "."]] {
            let text = stdout(&mut ociam(folder.path(), command));
            let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(acts), "{command:?}: {text:?}");
        }
    }
    let lint = stdout(&mut ociam(folder.path(), &["lint", "-f", "concise", "."]));
    assert!(lint.starts_with("a\u{fffd}[2Jb.policy:1:"), "{lint}");
}
