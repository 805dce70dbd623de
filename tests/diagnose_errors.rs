//! The errors under `fixtures/errors`: the cause first for most, among the first three for nearly all. Every second
//! case was kept out of sight while signs and reasons were written; both halves are held to the same bars.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ociam::diagnose::{Case, Reading, causes, diagnose, extract};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    case: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    expect: String,
    pasted: Option<String>,
    given: Option<Case>,
    /// Causes that the text allows as well.
    #[serde(default)]
    also: Vec<String>,
    /// What must be read from the text, in the names of the report.
    #[serde(default)]
    reads: BTreeMap<String, toml::Value>,
}

fn rows() -> Vec<(bool, Row)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/errors");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut rows = Vec::new();
    for path in files {
        let file: File = toml::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        rows.extend(file.case.into_iter().enumerate().map(|(index, row)| (index % 2 == 1, row)));
    }
    rows
}

fn case_of(row: &Row) -> Case {
    let pasted = row.pasted.as_deref().map(extract).unwrap_or_default();
    row.given.clone().map_or(pasted.clone(), |given| pasted.with(given))
}

#[derive(Default)]
struct Tally {
    all: usize,
    first: usize,
    third: usize,
    missed: Vec<String>,
}

#[test]
fn both_halves_are_named_first_mostly_and_among_three_nearly_always() {
    let mut halves: BTreeMap<bool, Tally> = BTreeMap::new();
    for (held_out, row) in rows() {
        assert!(causes().contains_key(&row.expect), "{}: {}", row.name, row.expect);
        let report = diagnose(&case_of(&row));
        let named: Vec<_> = report.diagnoses.iter().map(|diagnosis| diagnosis.cause).collect();
        let tally = halves.entry(held_out).or_default();
        tally.all += 1;
        tally.first += usize::from(named.first() == Some(&row.expect.as_str()));
        tally.third += usize::from(named.iter().take(3).any(|cause| *cause == row.expect));
        if named.first() != Some(&row.expect.as_str()) {
            tally.missed.push(format!("{} [{}]: {named:?}", row.name, row.expect));
        }
    }
    for (held_out, tally) in &halves {
        let half = if *held_out { "held out" } else { "seen" };
        println!("{half}: first {}, among three {}, of {}", tally.first, tally.third, tally.all);
        if !held_out {
            println!("{}", tally.missed.join("\n"));
        }
    }
    for tally in halves.values() {
        let missed = tally.missed.join("\n");
        assert!(tally.first * 100 >= tally.all * 65, "{} of {} first\n{missed}", tally.first, tally.all);
        assert!(
            tally.third * 100 >= tally.all * 90,
            "{} of {} among three\n{missed}",
            tally.third,
            tally.all
        );
    }
}

#[test]
fn status_code_message_host_plane_region_model_auth_method_and_request_id_are_read_from_whole_texts() {
    let mut read = 0;
    for (_, row) in rows() {
        let Some(pasted) = row.pasted.as_deref().filter(|_| !row.reads.is_empty()) else { continue };
        let reading = serde_json::to_value(Reading::of(&extract(pasted))).unwrap();
        for (name, expected) in &row.reads {
            let expected = serde_json::to_value(expected).unwrap();
            assert_eq!(reading.get(name), Some(&expected), "{}: {name}", row.name);
            read += 1;
        }
    }
    assert!(read > 200, "{read}");
}

#[test]
fn where_a_text_allows_several_causes_the_first_is_one_of_them() {
    let rows: Vec<_> = rows().into_iter().filter(|(_, row)| !row.also.is_empty()).collect();
    let allowed = |row: &Row| {
        let first = diagnose(&case_of(row)).diagnoses.first().map(|diagnosis| diagnosis.cause);
        first.is_some_and(|first| first == row.expect || row.also.iter().any(|cause| cause == first))
    };
    let missed: Vec<_> = rows.iter().filter(|(_, row)| !allowed(row)).map(|(_, row)| &row.name).collect();
    assert!(rows.iter().all(|(_, row)| row.also.iter().all(|cause| causes().contains_key(cause))));
    assert!(missed.len() * 10 <= rows.len(), "{} of {}: {missed:?}", missed.len(), rows.len());
}
