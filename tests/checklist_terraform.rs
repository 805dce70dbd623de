//! Checklists as Terraform: in the form of `terraform fmt`, without a finding of the linter, and granting what they say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use ociam::authz::Tenancy;
use ociam::catalog;
use ociam::checklist::{Evidence, Outcome, Plan, Status, Wish, calls, plan, terraform, verify, workloads};
use ociam::lint::{self, Settings};
use ociam::source::{self, InputFormat, Request, Stdin};

fn plans() -> Vec<(String, Plan)> {
    let mut found = Vec::new();
    for (at, workload) in workloads().keys().enumerate() {
        for call in calls().keys() {
            for method in catalog::auth_methods() {
                let mut wish = Wish {
                    workload: Some(workload.clone()),
                    call: Some(call.clone()),
                    region: Some("us-chicago-1".into()),
                    compartment: Some(["ml:prod", "tenancy", "ocid1.compartment.oc1..aaaa"][at % 3].into()),
                    auth_method: Some(method.name.into()),
                    ..Wish::default()
                };
                if at % 2 == 1 {
                    wish.names.insert("domain".into(), "Apps".into());
                }
                if let Outcome::Plan(plan) = plan(&wish, "2026-11-21").unwrap() {
                    found.push((format!("{workload} × {call} × {}", method.name), *plan));
                }
            }
        }
    }
    found
}

fn read(text: &str) -> source::Configuration {
    let stdin = Some(Stdin { name: Some("main.tf".into()), bytes: text.as_bytes().to_vec() });
    let request = Request { stdin, format: Some(InputFormat::Terraform), ..Request::default() };
    let loaded = source::load(&request);
    assert!(!loaded.nothing_read);
    loaded.configuration
}

#[test]
fn every_configuration_is_without_a_finding_and_grants_the_call() {
    for (label, plan) in plans() {
        let text = terraform(&plan);
        let configuration = read(&text);
        let findings = lint::lint(&configuration, &Settings::default()).findings;
        // A call that names the root compartment needs a grant that reaches all of it, and the linter says so. Nor can
        // it know that a semantic store, to which the family is documented to be granted, calls no Responses.
        let remarks = ["tenancy-wide-genai", "family-without-responses"];
        let findings: Vec<_> = findings.into_iter().filter(|one| !remarks.contains(&one.rule)).collect();
        let shown: Vec<_> = findings.iter().map(|finding| (finding.rule, &finding.message)).collect();
        assert!(findings.is_empty(), "{label}: {shown:?}\n{text}");
        // What the configuration declares is what the checks look for.
        let mut tenancy = Tenancy::default();
        tenancy.add_configuration(&configuration);
        let mut evidence = Evidence { tenancy: Some(tenancy), ..Evidence::default() };
        for checked in verify(&plan, &mut evidence) {
            if checked.step == "policy" || checked.step == "service-policy" {
                assert!(
                    matches!(checked.status, Status::Done | Status::NotCheckable),
                    "{label}: {}: {}\n{text}",
                    checked.step,
                    checked.found
                );
            }
        }
    }
}

#[test]
fn terraform_leaves_the_form_alone() {
    if Command::new("terraform").arg("version").output().is_err() {
        println!("skipped: there is no terraform here");
        return;
    }
    let mut all: Vec<String> = plans().iter().map(|(_, plan)| terraform(plan)).collect();
    all.sort();
    all.dedup();
    let text = all.join("\n");
    let mut child = Command::new("terraform")
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let sent = text.clone();
    let writer = std::thread::spawn(move || stdin.write_all(sent.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    same_lines(&String::from_utf8(output.stdout).unwrap(), &text);
}

fn same_lines(formatted: &str, text: &str) {
    for (one, other) in formatted.lines().zip(text.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(formatted.len(), text.len());
}
