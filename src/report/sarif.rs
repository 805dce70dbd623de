//! SARIF 2.1.0: for code scanning. Rules with their pages, results with fingerprints, fixes and related
//! places. Paths stay relative, so that the results match the repository.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::diag::{Finding, Fix, Severity};
use crate::lint::{Rule, fingerprint, rules};
use crate::source::problem::UNREADABLE_SOURCE;
use crate::text::{FileId, Files, Place};

use super::{Report, rule_url};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = report.findings.iter().chain(report.suppressed.iter().map(|s| &s.finding)).chain(report.known);
    let names: BTreeSet<&str> = all.map(|finding| finding.rule).collect();
    let rules: Vec<&Rule> = names.iter().filter_map(|name| rules::find(name)).collect();
    let of = |finding: &Finding, baseline: Option<&str>, suppressions: Option<Value>| {
        let index = rules.iter().position(|rule| rule.name == finding.rule);
        let mut result = result(report.files, finding, index);
        let states = [
            ("baselineState", baseline.map(Value::from)),
            ("suppressions", suppressions.filter(|_| report.hidden)),
        ];
        result.extend(states.into_iter().filter_map(|(key, state)| Some((key.to_owned(), state?))));
        Value::Object(result)
    };
    let new = report.baseline.then_some("new");
    let none = || Some(json!([]));
    let mut results: Vec<Value> = report.findings.iter().map(|finding| of(finding, new, none())).collect();
    results.extend(report.suppressed.iter().map(|suppressed| {
        let mut suppression = json!({ "kind": "inSource", "status": "accepted" });
        if let (Some(reason), Some(fields)) = (&suppressed.reason, suppression.as_object_mut()) {
            fields.insert("justification".to_owned(), json!(reason));
        }
        of(&suppressed.finding, new, Some(json!([suppression])))
    }));
    results.extend(report.known.iter().map(|finding| of(finding, Some("unchanged"), none())));
    let unreadable = report.findings.iter().filter(|finding| finding.rule == UNREADABLE_SOURCE);
    let notifications: Vec<Value> = unreadable
        .map(|finding| {
            json!({
                "level": level(finding.severity),
                "message": { "text": finding.message },
                "locations": [{ "physicalLocation": physical(report.files, finding.place) }],
            })
        })
        .collect();
    let mut driver = json!({
        "name": "ociam",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.iter().map(|rule| metadata(rule)).collect::<Vec<_>>(),
    });
    let home = env!("CARGO_PKG_REPOSITORY");
    if let Some(fields) = driver.as_object_mut().filter(|_| !home.is_empty()) {
        fields.insert("informationUri".to_owned(), json!(home));
    }
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn metadata(rule: &Rule) -> Value {
    let mut metadata = json!({
        "id": rule.name,
        "name": pascal(rule.name),
        "shortDescription": { "text": rule.summary() },
        "fullDescription": { "text": rule.summary() },
        "help": { "text": rule.docs, "markdown": rule.docs },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "tags": ["oci", "iam", rule.category.as_str()],
            "since": rule.since(),
            "precision": match rule.confidence.as_str() { "high" => "very-high", "medium" => "high", _ => "medium" },
            "problem.severity": match rule.severity.as_str() { "info" => "recommendation", word => word },
        },
    });
    if let (Some(url), Some(fields)) = (rule_url(rule.name), metadata.as_object_mut()) {
        fields.insert("helpUri".into(), json!(url));
    }
    let former: Vec<&str> = rules::former_names(rule.name).collect();
    if let Some(fields) = metadata.as_object_mut().filter(|_| !former.is_empty()) {
        fields.insert("deprecatedIds".into(), json!(former));
    }
    metadata
}

/// `unknown-verb` as `UnknownVerb`.
fn pascal(name: &str) -> String {
    let capital = |part: &str| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    };
    name.split('-').map(capital).collect()
}

fn result(files: &Files, finding: &Finding, rule_index: Option<usize>) -> Map<String, Value> {
    let mut text = finding.message.clone();
    for more in [&finding.note, &finding.help].into_iter().flatten() {
        text.push_str(". ");
        text.push_str(more);
    }
    let mut result = Map::new();
    result.insert("ruleId".into(), json!(finding.rule));
    if let Some(index) = rule_index {
        result.insert("ruleIndex".into(), json!(index));
    }
    result.insert("level".into(), json!(level(finding.severity)));
    result.insert("message".into(), json!({ "text": text }));
    result.insert("locations".into(), json!([{ "physicalLocation": physical(files, finding.place) }]));
    let related: Vec<Value> = finding
        .labels
        .iter()
        .enumerate()
        .map(|(id, label)| {
            json!({
                "id": id,
                "message": { "text": label.message },
                "physicalLocation": physical(files, label.place),
            })
        })
        .collect();
    if !related.is_empty() {
        result.insert("relatedLocations".into(), Value::Array(related));
    }
    result.insert("partialFingerprints".into(), json!({ "ociam/v1": fingerprint(files, finding) }));
    if let Some(fix) = &finding.fix {
        result.insert("fixes".into(), json!([sarif_fix(files, fix)]));
    }
    result
}

fn physical(files: &Files, place: Place) -> Value {
    json!({ "artifactLocation": { "uri": uri(files.name(place.file)) }, "region": region(files, place) })
}

fn region(files: &Files, place: Place) -> Value {
    let Some(file) = files.get(place.file) else { return json!({}) };
    let (start, end) = (file.position(place.span.start()), file.position(place.span.end()));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": start.offset,
        "byteLength": place.span.len(),
    })
}

fn sarif_fix(files: &Files, fix: &Fix) -> Value {
    let touched: BTreeSet<FileId> = fix.edits.iter().map(|edit| edit.place.file).collect();
    let changes: Vec<Value> = touched
        .into_iter()
        .map(|file| {
            let edits = fix.edits.iter().filter(|edit| edit.place.file == file);
            let replacements: Vec<Value> = edits
                .map(|edit| {
                    json!({
                        "deletedRegion": region(files, edit.place),
                        "insertedContent": { "text": edit.replacement },
                    })
                })
                .collect();
            json!({ "artifactLocation": { "uri": uri(files.name(file)) }, "replacements": replacements })
        })
        .collect();
    json!({ "description": { "text": fix.title }, "artifactChanges": changes })
}

/// A file's name as a URI: relative, unless the name is absolute.
fn uri(name: &str) -> String {
    let mut uri =
        if name.starts_with('/') { "file://".to_owned() } else { String::with_capacity(name.len()) };
    for byte in name.strip_prefix("./").unwrap_or(name).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
