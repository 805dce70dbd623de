//! Compares what the evaluator resolves with what Terraform itself computes: each expression becomes the one
//! statement of a policy here and an output there. Skipped where no `terraform` is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ociam::source::terraform::eval::{Loader, evaluate};
use ociam::source::terraform::module::TerraformFile;
use ociam::source::terraform::read::native;
use ociam::text::{Files, SourceFile};

struct Disk(PathBuf);

impl Loader for Disk {
    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        std::fs::read_to_string(self.0.join(path)).map(Into::into).map_err(|error| error.to_string())
    }

    fn list(&self, directory: &str, _: bool) -> Vec<String> {
        let directory = if directory.is_empty() { self.0.clone() } else { self.0.join(directory) };
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terraform")
}

/// What the evaluator gives for each expression: the statement, or why there is none.
fn ours(context: &str, expressions: &[String]) -> Vec<String> {
    let mut text = context.to_owned();
    for (at, expression) in expressions.iter().enumerate() {
        let line = format!(
            "\nresource \"oci_identity_policy\" \"p{at}\" {{\n  statements = [jsonencode({expression})]\n}}\n"
        );
        text.push_str(&line);
    }
    let mut files = Files::new();
    let file = files.add(SourceFile::new("main.tf", text.as_str()));
    let read = native(file, &text);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let parsed = [TerraformFile { path: "main.tf".into(), file, body: read.body }];
    let found = evaluate(&parsed, &mut files, &Disk(data()));
    let mut by_address: BTreeMap<String, String> = BTreeMap::new();
    for unresolved in &found.unresolved {
        by_address.insert(unresolved.address.to_string(), format!("unresolved: {}", unresolved.reason));
    }
    for statement in &found.statements {
        if let Some(policy) = statement.policy {
            let address = found.policies[policy].address.to_string();
            by_address.insert(address, statement.text.as_str().to_owned());
        }
    }
    let of = |at: usize| by_address.get(&format!("oci_identity_policy.p{at}")).cloned().unwrap_or_default();
    (0..expressions.len()).map(of).collect()
}

/// What Terraform gives for each expression; `None` where it refuses it. `None` for all without Terraform.
fn theirs(context: &str, expressions: &[String]) -> Option<Vec<Option<String>>> {
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(data()).unwrap().flatten() {
        if entry.path().extension().is_some_and(|extension| extension != "tf") {
            std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
        }
    }
    let mut text = context.to_owned();
    for (at, expression) in expressions.iter().enumerate() {
        let line = format!("\noutput \"p{at}\" {{\n  value = try(jsonencode({expression}), null)\n}}\n");
        text.push_str(&line);
    }
    std::fs::write(directory.path().join("main.tf"), text).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("terraform");
        command.args(arguments).current_dir(directory.path()).env("CHECKPOINT_DISABLE", "1").output()
    };
    let applied = run(&["apply", "-auto-approve", "-input=false", "-no-color"]).ok()?;
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let shown = run(&["output", "-json"]).unwrap();
    let values: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let of = |at: usize| values[format!("p{at}")]["value"].as_str().map(str::to_owned);
    Some((0..expressions.len()).map(of).collect())
}

fn compare(context: &str, expressions: &[String]) {
    let Some(theirs) = theirs(context, expressions) else {
        println!("skipped: there is no terraform here");
        return;
    };
    let mut wrong = Vec::new();
    for ((expression, ours), theirs) in expressions.iter().zip(ours(context, expressions)).zip(theirs) {
        match theirs {
            Some(theirs) if theirs != ours => {
                wrong.push(format!("{expression}\n  ours   {ours}\n  theirs {theirs}"));
            }
            None if !ours.starts_with("unresolved") => {
                wrong.push(format!("{expression}\n  ours   {ours}\n  theirs refused"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), expressions.len(), wrong.join("\n"));
}

#[test]
fn expressions_evaluate_as_terraform_evaluates_them() {
    let context = std::fs::read_to_string(data().join("context.tf")).unwrap();
    let expressions = std::fs::read_to_string(data().join("expressions.txt")).unwrap();
    let expressions: Vec<String> = expressions.lines().map(str::to_owned).collect();
    compare(&context, &expressions);
}
