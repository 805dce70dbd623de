//! How often each rule reports, most frequent first.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::diag::{Applicability, Finding};

/// How often one rule reports.
struct Row {
    rule: &'static str,
    severity: &'static str,
    count: usize,
    /// How many of them have a safe fix.
    fixable: usize,
}

fn rows(findings: &[Finding]) -> Vec<Row> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for finding in findings {
        let empty = || Row { rule: finding.rule, severity: finding.severity.as_str(), count: 0, fixable: 0 };
        let row = rows.entry(finding.rule).or_insert_with(empty);
        let safe = finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe);
        row.count += 1;
        row.fixable += usize::from(safe);
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.count), row.rule));
    rows
}

/// Writes one line a rule: how often, how many of them with a safe fix, which.
pub fn statistics(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(findings);
    let width = rows.first().map_or(1, |row| row.count.to_string().len());
    for Row { rule, severity, count, fixable } in rows {
        let fixable = if fixable > 0 { format!("  {fixable} fixable") } else { String::new() };
        writeln!(out, "{count:>width$}  {severity:<7}  {rule}{fixable}")?;
    }
    Ok(())
}

/// Writes the same as one JSON document, described by `ociam schema statistics`.
pub fn statistics_json(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<Value> = rows(findings)
        .into_iter()
        .map(|Row { rule, severity, count, fixable }| {
            json!({ "rule": rule, "severity": severity, "count": count, "fixable": fixable })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema_version": 1, "rules": rules }))?;
    writeln!(out)
}
