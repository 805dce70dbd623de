//! How often each rule reports, most frequent first.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::diag::{Applicability, Finding};

/// Writes one line a rule: how often, how many of them with a safe fix (`*`), which.
pub fn statistics(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<&str, (usize, usize, &str)> = BTreeMap::new();
    for finding in findings {
        let entry = counts.entry(finding.rule).or_insert((0, 0, finding.severity.as_str()));
        entry.0 += 1;
        entry.1 +=
            usize::from(finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe));
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|&(rule, (count, ..))| (std::cmp::Reverse(count), rule));
    let width = rows.first().map_or(1, |(_, (count, ..))| count.to_string().len());
    for (rule, (count, fixable, severity)) in rows {
        let fixable = if fixable > 0 { format!("  {fixable} fixable") } else { String::new() };
        writeln!(out, "{count:>width$}  {severity:<7}  {rule}{fixable}")?;
    }
    Ok(())
}
