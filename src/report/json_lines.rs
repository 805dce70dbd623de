//! JSON lines: each finding a document of its own on a line of its own, for pipes. What the document holds is
//! what a finding of the JSON format holds.

use std::io::{self, Write};

use serde_json::json;

use super::{Report, json};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let mut document = json::finding(report.files, finding);
        if let Some(fields) = document.as_object_mut() {
            fields.shift_insert(0, "schema_version".to_owned(), json!(1));
        }
        serde_json::to_writer(&mut *out, &document)?;
        writeln!(out)?;
    }
    Ok(())
}
