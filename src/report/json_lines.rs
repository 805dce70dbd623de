//! JSON lines: each finding a document of its own on a line of its own, for pipes. What the document holds is
//! what a finding of the JSON format holds.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::json::Finding;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    #[serde(flatten)]
    finding: Finding<'a>,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let document = Document { schema_version: 1, finding: Finding::of(report.files, finding) };
        serde_json::to_writer(&mut *out, &document)?;
        writeln!(out)?;
    }
    Ok(())
}
