//! The official clients, unchanged, against the sandbox: every script in `tests/clients` must end well.
//!
//! The Python that has them is `OCIAM_CLIENTS_PYTHON`, else `python3`; Node finds its packages (`oci-common`,
//! `oci-generativeaiinference`) from the folder `OCIAM_CLIENTS_NODE`, else from here. A script whose client isn't
//! installed is passed over with a message, unless `OCIAM_CLIENTS_REQUIRED` names its kind: `py`, `mjs` or both. See `tests/clients/requirements.txt`.

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

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use r#box::Box;

/// How a script says that its client isn't there.
const MISSING: i32 = 77;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let mut scripts: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py" || extension == "mjs"))
        .filter(|path| path.file_stem().is_some_and(|stem| stem != "common"))
        .collect();
    scripts.sort();
    scripts
}

fn run(python: &str, script: &Path, state: &Path) -> Option<Output> {
    let node = script.extension().is_some_and(|extension| extension == "mjs");
    let mut command = Command::new(if node { "node" } else { python });
    command.arg(script).arg(state).env("PYTHONDONTWRITEBYTECODE", "1");
    // What points clients elsewhere on the machine of whoever runs this must not count.
    for (name, _) in std::env::vars() {
        if ["OCI_", "OPENAI_", "KUBERNETES_"].iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.output().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_that_is_installed_works_with_the_sandbox() {
    let python = std::env::var("OCIAM_CLIENTS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let required = std::env::var("OCIAM_CLIENTS_REQUIRED").unwrap_or_default();
    let sandbox = Box::sample().await;
    let state = sandbox.folder.path();
    let mut wrong = Vec::new();
    thread::scope(|scope| {
        let runs: Vec<_> = scripts()
            .into_iter()
            .map(|script| {
                let python = &python;
                (script.clone(), scope.spawn(move || run(python, &script, state)))
            })
            .collect();
        for (script, run) in runs {
            let name = script.file_name().unwrap().to_string_lossy().into_owned();
            let required = required.split(' ').any(|kind| name.ends_with(&format!(".{kind}")));
            let Some(output) = run.join().unwrap() else {
                println!("{name}: skipped, there is nothing to run it");
                wrong.extend(required.then(|| format!("{name}: there is no `{python}`")));
                continue;
            };
            let said = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            match output.status.code() {
                Some(0) => println!("{name}:\n{said}"),
                Some(MISSING) if !required => println!("{name}: skipped, {said}"),
                status => wrong.push(format!("{name} ended with {status:?}:\n{said}")),
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
