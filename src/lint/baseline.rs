//! The baseline: findings that are known and not reported again, matched by content, not by line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diag::Finding;
use crate::text::Files;

use super::rules;
use super::select::{Settings, beneath};

/// Known findings, as `--write-baseline` stores them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The form of the file; 1.
    pub version: u32,
    /// One entry for each content, sorted by file, rule and fingerprint.
    pub findings: Vec<BaselineEntry>,
    /// Where its own folder lies.
    #[serde(skip)]
    pub folder: Folder,
}

/// Where the folder of a baseline lies, so that files go by the same names there wherever a run begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// The folder that names of files start from, from the root on.
    pub here: String,
    /// The baseline's own, from the root on.
    pub own: String,
}

impl Folder {
    /// The name of a file, seen from the baseline's folder.
    pub fn name(&self, file: &str) -> String {
        if self.here == self.own && !file.starts_with('/') {
            return beneath("", file).into_owned();
        }
        let file = beneath(&self.here, file);
        let (file, own): (Vec<&str>, Vec<&str>) = (file.split('/').collect(), self.own.split('/').collect());
        let shared = file.iter().zip(&own).take_while(|(one, other)| one == other).count();
        let up = own.iter().skip(shared).map(|_| "..");
        up.chain(file.iter().skip(shared).copied()).collect::<Vec<_>>().join("/")
    }
}

/// Findings that can't be told apart by their content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    /// The file's name, seen from the baseline's folder.
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
    fingerprint_as(finding.rule, files.name(finding.place.file), files, finding)
}

/// The fingerprint that a finding has, or had, under a name of its rule.
fn fingerprint_as(rule: &str, name: &str, files: &Files, finding: &Finding) -> String {
    let line = || {
        let file = files.get(finding.place.file)?;
        Some(file.line(file.position(finding.place.span.start()).line))
    };
    let own = finding.statement.as_ref().map(|statement| statement.text.as_ref());
    let content = own.or_else(line).unwrap_or("");
    let policy = finding.statement.as_ref().and_then(|statement| statement.policy.as_deref()).unwrap_or("");
    let words = content.split_whitespace();
    let parts = [rule, name, policy, &finding.message];
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
    pub fn of(files: &Files, findings: &[Finding], folder: Folder) -> Self {
        let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for finding in findings {
            let file = folder.name(files.name(finding.place.file));
            let fingerprint = fingerprint_as(finding.rule, &file, files, finding);
            *counts.entry((file, finding.rule.to_owned(), fingerprint)).or_default() += 1;
        }
        let entry = |((file, rule, fingerprint), count)| BaselineEntry { file, rule, fingerprint, count };
        Self { version: 1, findings: counts.into_iter().map(entry).collect(), folder }
    }

    /// Takes the known findings out of the list. Of equal ones, only as many as are known; never those of rules
    /// that nothing may turn off.
    pub fn take_known(&self, files: &Files, settings: &Settings, findings: &mut Vec<Finding>) -> Known {
        let key = |entry: &BaselineEntry| (entry.rule.clone(), entry.fingerprint.clone());
        let mut left: BTreeMap<(String, String), usize> = BTreeMap::new();
        for entry in &self.findings {
            *left.entry(key(entry)).or_default() += entry.count;
        }
        let mut is_known = |finding: &Finding| {
            if rules::find(finding.rule).is_some_and(|rule| settings.is_never_ignored(rule)) {
                return false;
            }
            let file = self.folder.name(files.name(finding.place.file));
            std::iter::once(finding.rule).chain(rules::former_names(finding.rule)).any(|name| {
                match left.get_mut(&(name.to_owned(), fingerprint_as(name, &file, files, finding))) {
                    Some(count) if *count > 0 => {
                        *count -= 1;
                        true
                    }
                    _ => false,
                }
            })
        };
        let (known, new) = std::mem::take(findings).into_iter().partition(|finding| is_known(finding));
        *findings = new;
        let gone = self.findings.iter().filter_map(|entry| {
            let count = left.remove(&key(entry))?;
            (count > 0).then(|| BaselineEntry { count, ..entry.clone() })
        });
        Known { findings: known, gone: gone.collect() }
    }

    /// The same baseline without these findings.
    pub fn without(&self, gone: &[BaselineEntry]) -> Self {
        let lost = |entry: &BaselineEntry| {
            let same = |other: &&BaselineEntry| {
                (&other.file, &other.rule, &other.fingerprint)
                    == (&entry.file, &entry.rule, &entry.fingerprint)
            };
            gone.iter().find(same).map_or(0, |entry| entry.count)
        };
        let left = self.findings.iter().map(|entry| {
            let count = entry.count.saturating_sub(lost(entry));
            BaselineEntry { count, ..entry.clone() }
        });
        let findings = left.filter(|entry| entry.count > 0).collect();
        Self { version: self.version, findings, folder: self.folder.clone() }
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.findings.iter().map(|entry| entry.count).sum()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a baseline and a run have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The findings that the baseline knows.
    pub findings: Vec<Finding>,
    /// What it knows beyond that: findings of the past, or of files and rules that the run left out.
    pub gone: Vec<BaselineEntry>,
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
        let baseline = Baseline::of(&old, &[finding(&old, 0)], Folder::default());
        let new = files("first\n\n   allow   x\nallow x\n");
        let mut findings = vec![finding(&new, 10), finding(&new, 20)];
        let known = baseline.take_known(&new, &Settings::default(), &mut findings);
        assert_eq!((known.findings.len(), known.gone.len(), findings.len()), (1, 0, 1));
        let none = baseline.take_known(&new, &Settings::default(), &mut Vec::new());
        assert_eq!(none.gone, baseline.findings);
        assert!(baseline.without(&none.gone).is_empty());
    }

    #[test]
    fn a_finding_stays_known_under_the_former_name_of_its_rule() {
        let files = files("allow x\n");
        let renamed = rules::renamed("region-name-for-key").unwrap();
        let mut finding = finding(&files, 0);
        finding.rule = renamed.old;
        let baseline = Baseline::of(&files, std::slice::from_ref(&finding), Folder::default());
        finding.rule = renamed.new;
        let known = baseline.take_known(&files, &Settings::default(), &mut vec![finding]);
        assert_eq!((known.findings.len(), known.gone.len()), (1, 0));
    }

    #[test]
    fn what_is_never_ignored_is_no_baseline_s_to_know() {
        let files = files("allow x\n");
        let mut findings = vec![finding(&files, 0)];
        let baseline = Baseline::of(&files, &findings, Folder::default());
        let settings = Settings { never_ignore: vec!["syntax".to_owned()], ..Settings::default() };
        assert!(baseline.take_known(&files, &settings, &mut findings).findings.is_empty());
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn a_file_goes_by_one_name_wherever_the_run_begins() {
        let from = |here: &str| Folder { here: format!("/repo{here}"), own: "/repo".to_owned() };
        for (here, file) in [
            ("", "a/b.tf"),
            ("/a", "b.tf"),
            ("/a", "./b.tf"),
            ("/c/d", "../../a/b.tf"),
            ("/x", "/repo/a/b.tf"),
        ] {
            assert_eq!(from(here).name(file), "a/b.tf", "{here} {file}");
        }
        let beside = Folder { here: "/repo".to_owned(), own: "/repo/ci".to_owned() };
        assert_eq!(beside.name("a.tf"), "../a.tf");
        assert_eq!(beside.name("ci/a.tf"), "a.tf");
        assert_eq!(Folder::default().name("a.tf"), "a.tf");
    }
}
