//! Fixes on file text: escaping for the host file, and applying many fixes without overlap.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Applicability, Edit, Finding};
use crate::text::{FileId, Files, Place, SourceFile};

/// A file as it reads after the fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedFile {
    /// Which file.
    pub file: FileId,
    /// Its new text.
    pub text: String,
    /// How many fixes it took part in.
    pub fixes: usize,
}

/// Whether a file of this name holds native Terraform or OpenTofu text.
pub fn is_terraform(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".tf", ".tofu", ".tfvars", ".hcl"].iter().any(|ending| name.ends_with(ending))
}

/// Escapes `replacement` for the place in its file: Terraform strings and heredocs, JSON, YAML. `None`
/// where that can't be told for what the replacement holds.
pub fn host_escape(file: &SourceFile, home: Place, place: Place, replacement: &str) -> Option<String> {
    let special = |c: char| matches!(c, '"' | '\'' | '\\' | '$' | '%' | '#' | ':' | '\n' | '\r' | '\t');
    if !replacement.contains(special) {
        return Some(replacement.to_owned());
    }
    if replacement.contains(['\n', '\r', '\t']) {
        return None;
    }
    let before = file.text.get(..home.span.start()).unwrap_or("").chars().next_back();
    let name = file.name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[".json"]) {
        return Some(replacement.replace('\\', "\\\\").replace('"', "\\\""));
    }
    if is_terraform(&name) {
        let text = replacement.replace("${", "$${").replace("%{", "%%{");
        let quoted = before == Some('"') || inside_quotes(file, place);
        return Some(if quoted { text.replace('\\', "\\\\").replace('"', "\\\"") } else { text });
    }
    if ends(&[".yaml", ".yml"]) {
        return match before {
            Some('\'') => Some(replacement.replace('\'', "''")),
            Some('"') => Some(replacement.replace('\\', "\\\\").replace('"', "\\\"")),
            _ if replacement.contains([':', '#', '\\']) => None,
            _ => Some(replacement.to_owned()),
        };
    }
    Some(replacement.to_owned())
}

/// Whether an odd number of unescaped quotes stands before the place on its line: inside a quoted string
/// rather than a heredoc.
fn inside_quotes(file: &SourceFile, place: Place) -> bool {
    let line = file.position(place.span.start()).line;
    let before = file.text.get(file.line_start(line)..place.span.start()).unwrap_or("");
    let mut inside = false;
    let mut escaped = false;
    for c in before.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    inside
}

/// The files as they read after applying the findings' fixes, in the order of the findings. A fix whose
/// edits would overlap with those of an earlier one is left for the next round; a fix is applied in all
/// its files or in none.
pub fn apply_fixes(files: &Files, findings: &[Finding], unsafe_too: bool) -> Vec<FixedFile> {
    let mut taken: BTreeMap<FileId, BTreeSet<(u32, u32)>> = BTreeMap::new();
    let mut edits: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut counts: BTreeMap<FileId, usize> = BTreeMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let wanted = fix.applicability == Applicability::Safe || unsafe_too;
        if !wanted || fix.edits.is_empty() || !fix.edits.iter().all(|edit| is_free(&taken, edit)) {
            continue;
        }
        let mut touched = BTreeSet::new();
        for edit in &fix.edits {
            let Place { file, span } = edit.place;
            taken.entry(file).or_default().insert((span.start, span.end));
            edits.entry(file).or_default().push(edit);
            touched.insert(file);
        }
        for file in touched {
            *counts.entry(file).or_default() += 1;
        }
    }
    let apply = |(file, mut list): (FileId, Vec<&Edit>)| {
        let text = &files.get(file)?.text;
        list.sort_by_key(|edit| edit.place.span);
        let (mut fixed, mut at) = (String::with_capacity(text.len()), 0);
        for edit in list {
            fixed.push_str(text.get(at..edit.place.span.start())?);
            fixed.push_str(&edit.replacement);
            at = edit.place.span.end();
        }
        fixed.push_str(text.get(at..)?);
        Some(FixedFile { file, text: fixed, fixes: counts.get(&file).copied().unwrap_or(0) })
    };
    edits.into_iter().filter_map(apply).collect()
}

/// Whether an edit neither overlaps nor touches one that is taken. The same edit twice counts as taken.
fn is_free(taken: &BTreeMap<FileId, BTreeSet<(u32, u32)>>, edit: &Edit) -> bool {
    let Some(spans) = taken.get(&edit.place.file) else { return true };
    let (start, end) = (edit.place.span.start, edit.place.span.end);
    let before = spans.range(..(start, u32::MAX)).next_back();
    let after = spans.range((start, 0)..).next();
    before.is_none_or(|&(_, taken_end)| taken_end < start)
        && after.is_none_or(|&(taken_start, _)| end < taken_start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Confidence, Fix, Severity};
    use crate::text::Span;

    fn finding(file: FileId, start: usize, end: usize, replacement: &str) -> Finding {
        let place = Place { file, span: Span::new(start, end) };
        let edits = vec![Edit { place, replacement: replacement.to_owned() }];
        let fix = Fix { title: String::new(), applicability: Applicability::Safe, edits };
        Finding {
            rule: "unknown-verb",
            severity: Severity::Error,
            confidence: Confidence::High,
            message: String::new(),
            note: None,
            help: None,
            place,
            labels: Vec::new(),
            statement: None,
            fix: Some(fix),
        }
    }

    #[test]
    fn overlapping_fixes_wait_for_the_next_round() {
        let mut files = Files::new();
        let file = files.add(SourceFile::new("a.txt", "allow grup A to mange x"));
        let findings =
            [finding(file, 6, 10, "group"), finding(file, 8, 12, "no"), finding(file, 16, 21, "manage")];
        let fixed = apply_fixes(&files, &findings, false);
        assert_eq!(fixed, [FixedFile { file, text: "allow group A to manage x".into(), fixes: 2 }]);
    }

    #[test]
    fn replacements_are_escaped_for_their_host() {
        let escape = |name: &str, text: &str, home: usize, at: usize, new: &str| {
            let place = |at| Place { file: FileId(0), span: Span::at(at) };
            host_escape(&SourceFile::new(name, text), place(home), place(at), new)
        };
        assert_eq!(escape("a.tf", "x = \"allow\"", 5, 7, "a\"b").as_deref(), Some("a\\\"b"));
        assert_eq!(escape("a.tf", "x = <<E\nallow\nE\n", 8, 9, "a\"b").as_deref(), Some("a\"b"));
        assert_eq!(escape("a.yaml", "- 'allow'", 3, 4, "'x'").as_deref(), Some("''x''"));
        assert_eq!(escape("a.yaml", "- allow", 2, 4, "a: b"), None);
        assert_eq!(escape("a.json", "[\"allow\"]", 2, 4, "\\").as_deref(), Some("\\\\"));
    }
}
