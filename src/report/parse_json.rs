//! The JSON contract of `parse`.

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::policy::{self, SyntaxError};
use crate::source::Configuration;
use crate::text::{Files, MappedText, Place, mask_shapes};

use super::json::range;

/// Every statement and matching rule of a configuration with its tree, holes and errors.
pub fn parse_document(configuration: &Configuration) -> Value {
    let files = &configuration.files;
    let statements: Vec<Value> = configuration
        .statements
        .par_iter()
        .map(|source| {
            // Every byte keeps its place, so the spans stay those of the user's text.
            let text = mask_shapes(source.text.as_str());
            let parsed = policy::parse(&text, &source.text.hole_spans());
            let policy = source.policy.and_then(|index| configuration.policies.get(index));
            let policy = policy.map(|policy| policy.address.as_ref());
            let tree = policy::tree_json(&text, &parsed.statement);
            entry(
                files,
                &text,
                &source.text,
                policy,
                source.index,
                source.place,
                source.maybe,
                tree,
                &parsed.errors,
            )
        })
        .collect();
    let rules: Vec<Value> = configuration
        .matching_rules
        .iter()
        .map(|source| {
            let text = mask_shapes(source.text.as_str());
            let parsed = policy::parse_matching_rule(&text, &source.text.hole_spans());
            let tree = policy::rule_tree_json(&text, &parsed.rule);
            let address = source.address.as_deref();
            entry(files, &text, &source.text, address, None, source.place, source.maybe, tree, &parsed.errors)
        })
        .collect();
    let unresolved: Vec<Value> = configuration
        .unresolved
        .iter()
        .map(|unresolved| {
            json!({
                "address": unresolved.address.as_ref(),
                "file": files.name(unresolved.place.file),
                "range": range(files, unresolved.place),
                "reason": unresolved.reason.as_ref(),
            })
        })
        .collect();
    json!({ "schema_version": 1, "statements": statements, "matching_rules": rules, "unresolved": unresolved })
}

#[allow(clippy::too_many_arguments, reason = "one argument a field of the contract, in its order")]
fn entry(
    files: &Files,
    text: &str,
    source: &MappedText,
    policy: Option<&str>,
    index: Option<usize>,
    place: Place,
    maybe: bool,
    tree: Value,
    errors: &[SyntaxError],
) -> Value {
    let holes = source.holes().iter().map(
        |hole| json!({ "start": hole.span.start, "end": hole.span.end, "reason": hole.reason.as_ref() }),
    );
    let errors = errors.iter().map(|error| {
        json!({
            "rule": error.kind.rule(),
            "severity": error.severity.as_str(),
            "message": error.message,
            "help": error.help,
            "start": error.span.start,
            "end": error.span.end,
        })
    });
    json!({
        "text": text,
        "policy": policy,
        "index": index,
        "file": files.name(place.file),
        "range": range(files, place),
        "maybe": maybe,
        "holes": holes.collect::<Vec<_>>(),
        "tree": tree,
        "errors": errors.collect::<Vec<_>>(),
    })
}
