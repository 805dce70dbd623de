//! Statements and matching rules of the public record are recognised where they stand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::path::PathBuf;

use ociam::source::recognise::{looks_like_matching_rule, looks_like_statement};
use serde_json::Value;

/// The texts of a reference file that are not recognised; none, and a word, where it is not at hand.
fn missed(name: &str, recognised: fn(&str) -> bool, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let folder = std::env::var_os("OCIAM_REFERENCE_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        println!("skipped: no {name}");
        return Vec::new();
    };
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let texts = rows.filter(|row| wanted(row)).map(|row| row["text"].as_str().unwrap().to_owned());
    texts.filter(|text| !recognised(text)).collect()
}

fn of_policy(row: &Value) -> bool {
    row["kind"] != "dynamic-group"
}

#[test]
fn every_valid_statement_of_the_record_is_recognised() {
    for name in ["statements-valid.jsonl", "genai-statements.jsonl", "labelled.jsonl"] {
        assert_eq!(missed(name, looks_like_statement, of_policy), [""; 0], "{name}");
    }
}

#[test]
fn of_malformed_statements_only_those_without_a_statements_head_go_unrecognised() {
    for text in missed("statements-invalid.jsonl", looks_like_statement, of_policy) {
        let mut words = text.split_whitespace();
        let start = words.next().unwrap_or("").to_lowercase();
        let begins = ["allow", "deny", "endorse", "admit"].contains(&start.as_str());
        assert!(!begins || words.next().is_none_or(|word| word == "define"), "{text}");
    }
}

#[test]
fn every_matching_rule_of_the_record_is_recognised_but_for_one_misspelt_variable() {
    let missed = missed("dynamic-group-rules.jsonl", looks_like_matching_rule, |_| true);
    assert!(missed.iter().all(|rule| rule.starts_with("instance.compartment_id ")), "{missed:?}");
}
