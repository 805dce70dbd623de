//! GitLab's code quality report.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::diag::Severity;
use crate::lint::fingerprint;

use super::Report;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut issues: Vec<Value> = Vec::with_capacity(report.findings.len());
    for finding in report.findings {
        let Some(file) = report.files.get(finding.place.file) else { continue };
        let base = fingerprint(report.files, finding);
        // GitLab drops all but one issue of a fingerprint.
        let count = seen.entry(base.clone()).or_default();
        let unique = if *count == 0 { base } else { format!("{base}-{count}") };
        *count += 1;
        let (start, end) =
            (file.position(finding.place.span.start()), file.position(finding.place.span.end()));
        let description = match &finding.help {
            Some(help) => format!("{}; {help}", finding.message),
            None => finding.message.clone(),
        };
        issues.push(json!({
            "description": description,
            "check_name": finding.rule,
            "fingerprint": unique,
            "severity": match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Info => "info",
            },
            "location": { "path": file.name.strip_prefix("./").unwrap_or(&file.name),
                          "lines": { "begin": start.line, "end": end.line } },
        }));
    }
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
