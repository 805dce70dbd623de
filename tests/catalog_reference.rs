//! Compares the catalogue with the reference tables that it was made from, where they are at hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use ociam::catalog::{self, Kind, Verb};
use serde_json::Value;

/// A reference file, or none with a word on why the test skips.
fn reference(name: &str) -> Option<String> {
    let folder = env::var_os("OCIAM_REFERENCE_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"), PathBuf::from);
    let text = fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        eprintln!("skipped: {name} is not at hand");
    }
    text
}

fn json(name: &str) -> Option<Value> {
    Some(serde_json::from_str(&reference(name)?).unwrap())
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn genai_resource_types_give_the_permissions_of_the_reference() {
    let Some(iam) = json("genai-iam.json") else { return };
    for row in iam["resource_types"].as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        let known = catalog::resource_type(name).unwrap_or_else(|| panic!("{name} is missing"));
        for verb in Verb::ALL {
            let given: BTreeSet<_> = known.permissions(verb).collect();
            let expected = strings(&row["verbs"][verb.word()]["cumulative_permissions"]);
            let expected: BTreeSet<_> = expected.iter().map(|p| p.trim_end_matches('?')).collect();
            assert_eq!(given, expected, "{} {name}", verb.word());
        }
    }
    for (name, family) in iam["families"].as_object().unwrap() {
        let known: BTreeSet<_> = catalog::resource_type(name).unwrap().members.iter().copied().collect();
        assert_eq!(known, strings(&family["members"]), "{name}");
    }
}

#[test]
fn genai_operations_need_the_permissions_of_the_reference() {
    let Some(iam) = json("genai-iam.json") else { return };
    for row in iam["operations"].as_array().unwrap() {
        let (name, path) = (row["operation"].as_str().unwrap(), row["path"].as_str().unwrap());
        let expected: BTreeSet<_> =
            strings(&row["permissions"]).into_iter().filter(|p| !p.contains('?')).collect();
        if expected.is_empty() {
            continue;
        }
        let found = catalog::operations_named(name).find(|row| row.paths.contains(&path));
        let needed: BTreeSet<_> =
            found.unwrap_or_else(|| panic!("{name} {path} is missing")).permissions().collect();
        assert_eq!(needed, expected, "{name} {path}");
    }
}

#[test]
fn principal_types_of_the_reference_are_known() {
    let Some(iam) = json("genai-iam.json") else { return };
    for row in iam["principal_types"].as_array().unwrap() {
        let name = row["value"].as_str().unwrap();
        let known = catalog::principal_type(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(known.in_rule, row["used_in_dynamic_group_resource_type"].as_bool().unwrap(), "{name}");
    }
}

#[test]
fn regions_models_probes_and_errors_are_those_of_the_reference() {
    let Some(runtime) = json("genai-runtime.json") else { return };
    for row in runtime["regions"].as_array().unwrap() {
        let name = row["id"].as_str().unwrap();
        let known = catalog::region(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(known.key, row["key"].as_str(), "{name}");
        assert_eq!(known.realm, row["realm"].as_str().unwrap().to_lowercase(), "{name}");
        assert_eq!(known.api_keys, row["api_keys_docs"].as_bool().unwrap(), "{name}");
        assert_eq!(known.genai, row["genai_docs"].as_bool().unwrap(), "{name}");
    }
    for row in runtime["model_region_rows"].as_array().unwrap() {
        let (model, region) = (row["model"].as_str().unwrap(), row["region"].as_str().unwrap());
        let known = catalog::model(model).and_then(|known| known.in_region(region));
        let known = known.unwrap_or_else(|| panic!("{model} in {region} is missing"));
        let date = row["time_on_demand_retired"].as_str().filter(|date| *date != "1970-01-01");
        assert_eq!(known.on_demand_retired, date, "{model} in {region}");
    }
    for row in runtime["operations"].as_array().unwrap() {
        let name = row["id"].as_str().unwrap();
        let known = catalog::probe(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(known.path, row["path"].as_str().unwrap(), "{name}");
    }
    for row in runtime["errors_genai"].as_array().unwrap() {
        let name = row["id"].as_str().unwrap();
        let known = catalog::error_text(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(known.message, row["message"].as_str(), "{name}");
        assert_eq!(known.status.map(u64::from), row["status"].as_u64(), "{name}");
    }
}

/// Words that stand where a resource-type belongs in a simple statement.
fn resource_types(statement: &str) -> Vec<String> {
    let words: Vec<_> = statement.split_whitespace().collect();
    let simple = words.windows(4).filter(|four| {
        four[0].eq_ignore_ascii_case("to")
            && Verb::of_word(four[1]).is_some()
            && four[3].eq_ignore_ascii_case("in")
            && four[2].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    });
    simple.map(|four| four[2].to_lowercase()).collect()
}

#[test]
fn resource_types_of_valid_statements_are_known() {
    let (mut all, mut known, mut unknown) = (0, 0, BTreeSet::new());
    for file in ["statements-valid.jsonl", "genai-statements.jsonl", "labelled.jsonl"] {
        let Some(text) = reference(file) else { return };
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            if row["valid"] == false || row["judgement"] == "wrong" {
                continue;
            }
            for name in resource_types(row["text"].as_str().unwrap()) {
                all += 1;
                if catalog::resource_type(&name).is_some() {
                    known += 1;
                } else if catalog::wrong_name(Kind::ResourceType, &name).is_none() {
                    unknown.insert(name);
                }
            }
        }
    }
    eprintln!("{known} of {all} resource-types known; neither known nor a known slip: {unknown:?}");
    assert!(known * 100 >= all * 95, "{known} of {all}; {unknown:?}");
}
