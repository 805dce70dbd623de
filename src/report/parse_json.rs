//! The JSON contract of `parse`. Each type is an object of it, its fields in the contract's order.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::policy::{self, SyntaxError};
use crate::source::{Configuration, MatchingRuleSource, StatementSource};
use crate::text::{self, Files, mask_shapes};

use super::json::Range;

/// Every statement and matching rule of a configuration with its tree, holes and errors.
#[derive(Serialize)]
pub struct ParseDocument<'a> {
    schema_version: u32,
    statements: Vec<Entry<'a>>,
    matching_rules: Vec<Entry<'a>>,
    unresolved: Vec<Unresolved<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    text: Cow<'a, str>,
    policy: Option<&'a str>,
    index: Option<usize>,
    file: &'a str,
    range: Range,
    maybe: bool,
    holes: Vec<Hole<'a>>,
    tree: Value,
    errors: Vec<Error>,
}

#[derive(Serialize)]
struct Hole<'a> {
    start: u32,
    end: u32,
    reason: &'a str,
}

#[derive(Serialize)]
struct Error {
    rule: &'static str,
    severity: &'static str,
    message: String,
    help: Option<String>,
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct Unresolved<'a> {
    address: &'a str,
    file: &'a str,
    range: Range,
    reason: &'a str,
}

impl<'a> ParseDocument<'a> {
    /// Parses what the configuration holds.
    pub fn of(configuration: &'a Configuration) -> Self {
        let files = &configuration.files;
        let unresolved = configuration.unresolved.iter().map(|unresolved| Unresolved {
            address: &unresolved.address,
            file: files.name(unresolved.place.file),
            range: Range::of(files, unresolved.place),
            reason: &unresolved.reason,
        });
        Self {
            schema_version: 1,
            statements: configuration
                .statements
                .par_iter()
                .map(|one| Entry::statement(configuration, one))
                .collect(),
            matching_rules: configuration.matching_rules.iter().map(|one| Entry::rule(files, one)).collect(),
            unresolved: unresolved.collect(),
        }
    }
}

impl<'a> Entry<'a> {
    fn statement(configuration: &'a Configuration, source: &'a StatementSource) -> Self {
        let files = &configuration.files;
        // Every byte keeps its place, so the spans stay those of the user's text.
        let text = mask_shapes(source.text.as_str());
        let parsed = policy::parse(&text, &source.text.hole_spans());
        let policy = source.policy.and_then(|index| configuration.policies.get(index));
        Self {
            policy: policy.map(|policy| policy.address.as_ref()),
            index: source.index,
            file: files.name(source.place.file),
            range: Range::of(files, source.place),
            maybe: source.maybe,
            holes: source.text.holes().iter().map(Hole::of).collect(),
            tree: policy::tree_json(&text, &parsed.statement),
            errors: parsed.errors.into_iter().map(Error::of).collect(),
            text,
        }
    }

    fn rule(files: &'a Files, source: &'a MatchingRuleSource) -> Self {
        let text = mask_shapes(source.text.as_str());
        let parsed = policy::parse_matching_rule(&text, &source.text.hole_spans());
        Self {
            policy: source.address.as_deref(),
            index: None,
            file: files.name(source.place.file),
            range: Range::of(files, source.place),
            maybe: source.maybe,
            holes: source.text.holes().iter().map(Hole::of).collect(),
            tree: policy::rule_tree_json(&text, &parsed.rule),
            errors: parsed.errors.into_iter().map(Error::of).collect(),
            text,
        }
    }
}

impl<'a> Hole<'a> {
    fn of(hole: &'a text::Hole) -> Self {
        Self { start: hole.span.start, end: hole.span.end, reason: &hole.reason }
    }
}

impl Error {
    fn of(error: SyntaxError) -> Self {
        let SyntaxError { kind, severity, message, help, span, .. } = error;
        Self {
            rule: kind.rule(),
            severity: severity.as_str(),
            message,
            help,
            start: span.start,
            end: span.end,
        }
    }
}
