//! The parser against the collected record of real statements, where that is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::path::PathBuf;

use ociam::diag::Severity;
use ociam::policy::{SyntaxError, parse, parse_matching_rule};
use serde_json::Value;

fn rows(name: &str) -> Option<Vec<Value>> {
    let directory = std::env::var_os("OCIAM_REFERENCE_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"), PathBuf::from);
    let path = directory.join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

fn errors(row: &Value) -> Vec<SyntaxError> {
    let text = row["text"].as_str().unwrap();
    if row["kind"] == "dynamic-group" {
        parse_matching_rule(text, &[]).errors
    } else {
        parse(text, &[]).errors
    }
}

fn worst(errors: &[SyntaxError]) -> Option<Severity> {
    errors.iter().map(|error| error.severity).max()
}

/// Fails with all rows that don't do as they should.
fn check(name: &str, judge: impl Fn(&Value, &[SyntaxError]) -> Result<(), &'static str>) {
    let Some(rows) = rows(name) else { return };
    let mut failed = Vec::new();
    for row in &rows {
        let errors = errors(row);
        if let Err(why) = judge(row, &errors) {
            let found: Vec<_> = errors
                .iter()
                .map(|e| format!("      {:?} {}: {}", e.severity, e.kind.rule(), e.message))
                .collect();
            failed.push(format!("{why}: {}\n{}", row["text"].as_str().unwrap(), found.join("\n")));
        }
    }
    assert!(failed.is_empty(), "{} of {} rows of {name}:\n{}", failed.len(), rows.len(), failed.join("\n"));
}

fn no_error(errors: &[SyntaxError]) -> Result<(), &'static str> {
    if worst(errors) == Some(Severity::Error) { Err("false error") } else { Ok(()) }
}

#[test]
fn valid_statements_have_no_error() {
    check("statements-valid.jsonl", |row, errors| {
        if row["evidence"].as_str().unwrap().contains("questionable") { Ok(()) } else { no_error(errors) }
    });
}

#[test]
fn matching_rules_have_no_error() {
    check("dynamic-group-rules.jsonl", |_, errors| no_error(errors));
}

#[test]
fn invalid_statements_are_reported() {
    check("statements-invalid.jsonl", |row, errors| {
        let status = row["status"].as_str().unwrap();
        let must_be_error = status == "service-rejected"
            || status.starts_with("rejected-live")
            || status == "documented-not-allowed";
        match (row["level"].as_str().unwrap(), worst(errors)) {
            ("context", _) => Ok(()),
            (_, Some(Severity::Error)) => Ok(()),
            (_, Some(Severity::Warning)) if !must_be_error => Ok(()),
            (_, Some(_)) => Err("not an error"),
            (_, None) => Err("not reported"),
        }
    });
}

#[test]
fn labelled_statements_are_judged_as_labelled() {
    check("labelled.jsonl", |row, errors| match row["valid"].as_bool() {
        Some(true) => {
            if errors.is_empty() {
                Ok(())
            } else {
                Err("false report")
            }
        }
        None => no_error(errors),
        Some(false) if worst(errors) >= Some(Severity::Warning) => Ok(()),
        Some(false) => Err("not reported"),
    });
}

#[test]
fn generative_ai_statements_parse() {
    check(
        "genai-statements.jsonl",
        |row, errors| {
            if row["judgement"] == "ok" { no_error(errors) } else { Ok(()) }
        },
    );
}

#[test]
fn lint_samples_parse() {
    check("statements-lint.jsonl", |row, errors| {
        let quota = row["rule"] == "quota-statement";
        // A tag variable with a dot too many is a mistake of wording, too.
        let tag = row["rule"] == "tag-characters";
        if quota || tag { Ok(()) } else { no_error(errors) }
    });
}
