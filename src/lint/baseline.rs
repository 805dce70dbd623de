//! The baseline: findings that are known and not reported again, matched by content, not by line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diag::Finding;
use crate::text::Files;

/// Known findings, as `--write-baseline` stores them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The form of the file; 1.
    pub version: u32,
    /// One entry for each content, sorted by file, rule and fingerprint.
    pub findings: Vec<BaselineEntry>,
}

/// Findings that can't be told apart by their content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    /// The file's name as shown.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// See [`fingerprint`].
    pub fingerprint: String,
    /// How many there are.
    pub count: usize,
}

/// What identifies a finding when lines move: its rule, file, message, and the words of its statement or,
/// without one, of its line. 16 hexadecimal digits.
pub fn fingerprint(files: &Files, finding: &Finding) -> String {
    let line = || {
        let file = files.get(finding.place.file)?;
        Some(file.line(file.position(finding.place.span.start()).line))
    };
    let own = finding.statement.as_ref().map(|statement| statement.text.as_ref());
    let content = own.or_else(line).unwrap_or("");
    let policy = finding.statement.as_ref().and_then(|statement| statement.policy.as_deref()).unwrap_or("");
    let words = content.split_whitespace();
    let parts = [finding.rule, files.name(finding.place.file), policy, &finding.message];
    // FNV-1a: stable over versions and platforms, which a baseline needs more than strength.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts.into_iter().chain(words) {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

impl Baseline {
    /// The baseline that knows exactly these findings.
    pub fn of(files: &Files, findings: &[Finding]) -> Self {
        let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for finding in findings {
            let file = files.name(finding.place.file).to_owned();
            *counts.entry((file, finding.rule.to_owned(), fingerprint(files, finding))).or_default() += 1;
        }
        let entry = |((file, rule, fingerprint), count)| BaselineEntry { file, rule, fingerprint, count };
        Self { version: 1, findings: counts.into_iter().map(entry).collect() }
    }

    /// Takes the known findings out; gives how many there were. Of equal ones, only as many as are known.
    pub fn remove_known(&self, files: &Files, findings: &mut Vec<Finding>) -> usize {
        let key = |entry: &BaselineEntry| (entry.rule.clone(), entry.fingerprint.clone());
        let mut left: BTreeMap<(String, String), usize> = BTreeMap::new();
        for entry in &self.findings {
            *left.entry(key(entry)).or_default() += entry.count;
        }
        let before = findings.len();
        findings.retain(|finding| {
            match left.get_mut(&(finding.rule.to_owned(), fingerprint(files, finding))) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            }
        });
        before - findings.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Confidence, Severity};
    use crate::text::{FileId, Place, SourceFile, Span};

    fn finding(files: &Files, at: usize) -> Finding {
        Finding {
            rule: "unknown-verb",
            severity: Severity::Error,
            confidence: Confidence::High,
            message: format!("wrong in {}", files.name(FileId(0))),
            note: None,
            help: None,
            place: Place { file: FileId(0), span: Span::new(at, at + 5) },
            labels: Vec::new(),
            statement: None,
            fix: None,
        }
    }

    fn files(text: &str) -> Files {
        let mut files = Files::new();
        files.add(SourceFile::new("a.txt", text));
        files
    }

    #[test]
    fn moved_and_reindented_lines_stay_known_and_a_second_copy_is_new() {
        let old = files("allow x\n");
        let baseline = Baseline::of(&old, &[finding(&old, 0)]);
        let new = files("first\n\n   allow   x\nallow x\n");
        let mut findings = vec![finding(&new, 10), finding(&new, 20)];
        assert_eq!(baseline.remove_known(&new, &mut findings), 1);
        assert_eq!(findings.len(), 1);
    }
}
