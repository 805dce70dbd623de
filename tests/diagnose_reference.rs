//! Real cases, where the reference data is at hand: the cause among the first three, and first.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::{Path, PathBuf};

use ociam::diagnose::{Case, diagnose};

fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("OCIAM_REFERENCE_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

#[test]
fn most_reference_cases_are_named_first_and_nearly_all_among_three() {
    let Some(folder) = reference() else {
        eprintln!("skipped: no reference data at hand");
        return;
    };
    let text = std::fs::read_to_string(folder.join("diagnose-cases.jsonl")).unwrap();
    let (mut first, mut third, mut all, mut missed) = (0, 0, 0, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let case: Case = serde_json::from_value(row["case"].clone()).unwrap();
        let expected = row["expect"].as_str().unwrap();
        let named: Vec<_> = diagnose(&case).diagnoses.iter().map(|diagnosis| diagnosis.cause).collect();
        all += 1;
        first += usize::from(named.first() == Some(&expected));
        third += usize::from(named.iter().take(3).any(|cause| *cause == expected));
        if named.first() != Some(&expected) {
            missed.push(format!("{} {expected}: {named:?}", row["id"].as_str().unwrap()));
        }
    }
    println!("first {first}, among three {third}, of {all}\n{}", missed.join("\n"));
    assert!(first * 100 >= all * 65, "{first} of {all} first\n{}", missed.join("\n"));
    assert!(third * 100 >= all * 90, "{third} of {all} among three\n{}", missed.join("\n"));
}
