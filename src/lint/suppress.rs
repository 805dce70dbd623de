//! Suppressions: `# ociam: ignore[rule] reason` and `# ociam: ignore-file[rule] reason` in host files.
//!
//! A comment behind something covers its line. A comment alone on its line covers what follows it: the
//! next statement, or the whole block, list or object that opens there.

use std::collections::BTreeMap;

use crate::diag::{Applicability, Edit, Finding, Fix, Severity};
use crate::text::{FileId, Files, Place, SourceFile, Span};

use super::context::Sink;
use super::rules;
use super::select::{Settings, selectors};

/// The suppressions of a run.
pub(super) struct Suppressions {
    list: Vec<Suppression>,
    by_file: BTreeMap<FileId, Vec<usize>>,
}

struct Suppression {
    comment: Place,
    /// The name of one rule or category, and its bytes.
    name: String,
    name_place: Place,
    /// Lines covered, first to last; `None` for the whole file.
    lines: Option<(usize, usize)>,
    /// Whether the comment names this rule alone.
    sole: bool,
    /// What stands behind the names.
    reason: Option<String>,
    used: bool,
}

impl Suppressions {
    /// Reads the comments; what is malformed in them, or against the settings, is reported to the sink.
    pub(super) fn read(files: &Files, comments: &[Place], settings: &Settings, sink: &mut Sink<'_>) -> Self {
        let mut read = Self { list: Vec::new(), by_file: BTreeMap::new() };
        let mut ends = BTreeMap::new();
        for &comment in comments {
            if let Some(file) = files.get(comment.file) {
                read.comment(file, comment, settings, &mut ends, sink);
            }
        }
        read
    }

    fn comment(
        &mut self,
        file: &SourceFile,
        comment: Place,
        settings: &Settings,
        ends: &mut BTreeMap<(FileId, usize), usize>,
        sink: &mut Sink<'_>,
    ) {
        let text = comment.span.of(&file.text);
        let Some((lead, rest)) = text.split_once("ociam:") else { return };
        if !lead.chars().all(|c| c.is_whitespace() || matches!(c, '#' | '/' | '*' | '<' | '!' | '-')) {
            return;
        }
        let rest_at = lead.len() + "ociam:".len();
        let word = rest.trim_start();
        let word_at = rest_at + (rest.len() - word.len());
        let at = |start: usize, len: usize| Place {
            file: comment.file,
            span: Span::new(comment.span.start() + start, comment.span.start() + start + len),
        };
        let (whole_file, after, after_at) =
            match (word.strip_prefix("ignore-file"), word.strip_prefix("ignore")) {
                (Some(after), _) => (true, after, word_at + "ignore-file".len()),
                (None, Some(after)) => (false, after, word_at + "ignore".len()),
                (None, None) => {
                    let len = word.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(word.len());
                    let written = word.get(..len).unwrap_or("");
                    sink.report(at(word_at, len), format!("`{written}` is no instruction to `ociam`"))
                        .help("write `ociam: ignore[rule] reason` or `ociam: ignore-file[rule] reason`");
                    return;
                }
            };
        let list = after.strip_prefix('[').and_then(|list| list.split_once(']'));
        let Some((list, behind)) = list.filter(|(list, _)| !list.trim().is_empty()) else {
            sink.report(at(word_at, after_at - word_at), "this suppression names no rule")
                .note("a suppression of everything would also hide what comes later")
                .help("name the rules in brackets, `ociam: ignore[unknown-verb] reason`");
            return;
        };
        let lines = (!whole_file).then(|| covered(file, comment, ends));
        let reason = reason(behind);
        if reason.is_none() && settings.require_suppression_reason {
            sink.report(at(word_at, after_at + list.len() + 2 - word_at), "this suppression has no reason")
                .note("the configuration asks for one (`require-suppression-reason`)")
                .help("say behind the brackets why it is right here");
        }
        let names: Vec<&str> = list.split(',').collect();
        let mut offset = after_at + 1;
        for part in &names {
            let name = part.trim();
            let name_at = offset + (part.len() - part.trim_start().len());
            offset += part.len() + 1;
            let place = at(name_at, name.len());
            if name.is_empty() {
                continue;
            }
            let Some(name) = suppressible(name, place, settings, sink) else { continue };
            self.by_file.entry(comment.file).or_default().push(self.list.len());
            let (name, sole) = (name.to_owned(), names.len() == 1);
            let reason = reason.clone();
            self.list.push(Suppression {
                comment,
                name,
                name_place: place,
                lines,
                sole,
                reason,
                used: false,
            });
        }
    }

    /// The reason of the comment that suppresses a finding, `None` where nothing does; marks every comment that
    /// suppresses it as used. A comment behind the first line of a statement's own literal covers all of it.
    pub(super) fn covers(
        &mut self,
        files: &Files,
        finding: &Finding,
        settings: &Settings,
    ) -> Option<Option<String>> {
        let indices = self.by_file.get(&finding.place.file)?;
        let file = files.get(finding.place.file)?;
        let rule = rules::find(finding.rule);
        if rule.is_some_and(|rule| settings.is_never_ignored(rule)) {
            return None;
        }
        let first = file.position(finding.place.span.start()).line;
        let last = file.position(finding.place.span.end()).line;
        let home = finding.statement.as_ref().map(|statement| statement.place);
        let start = home
            .filter(|home| home.file == finding.place.file)
            .map(|home| file.position(home.span.start()).line);
        let category = rule.map_or("", |rule| rule.category.as_str());
        let mut covered = None;
        for &index in indices {
            let Some(suppression) = self.list.get_mut(index) else { continue };
            let inside = suppression.lines.is_none_or(|(from, to)| {
                (first <= to && last >= from) || start.is_some_and(|line| from <= line && line <= to)
            });
            if inside && [finding.rule, category, "all"].contains(&suppression.name.as_str()) {
                suppression.used = true;
                covered = covered.or_else(|| Some(suppression.reason.clone()));
            }
        }
        covered
    }

    /// Reports what suppressed nothing. Rules that did not run are left alone.
    pub(super) fn report_unused(&self, files: &Files, ran: impl Fn(&str) -> bool, sink: &mut Sink<'_>) {
        for suppression in self.list.iter().filter(|suppression| !suppression.used && ran(&suppression.name))
        {
            let name = &suppression.name;
            sink.report(suppression.name_place, format!("nothing here is reported by `{name}`"))
                .help("remove the suppression")
                .fix(files.get(suppression.comment.file).and_then(|file| suppression.removal(file)));
        }
    }
}

impl Suppression {
    /// Takes the name out of the comment, or the comment away when it names nothing else; with its line, when
    /// nothing else stands there.
    fn removal(&self, file: &SourceFile) -> Option<Fix> {
        let comment = self.comment.span;
        let (title, span) = if self.sole {
            ("remove the comment".to_owned(), self.whole(file)?)
        } else {
            let name = self.name_place.span;
            let before = file.text.get(comment.start()..name.start())?.trim_end();
            let behind = file.text.get(name.end()..comment.end())?;
            let blank = behind.len() - behind.trim_start().len();
            let span = match (before.strip_suffix(','), behind.trim_start().strip_prefix(',')) {
                (Some(before), _) => Span::new(comment.start() + before.trim_end().len(), name.end()),
                (None, Some(rest)) => {
                    let gap = rest.len() - rest.trim_start().len();
                    Span::new(name.start(), name.end() + blank + 1 + gap)
                }
                (None, None) => return None,
            };
            (format!("remove `{}`", self.name), span)
        };
        let edit = Edit { place: Place { file: self.comment.file, span }, replacement: String::new() };
        Some(Fix { title, applicability: Applicability::Safe, edits: vec![edit] })
    }

    /// What goes when the comment goes. Of JSON, only a line that holds the key `//` and is followed by another.
    fn whole(&self, file: &SourceFile) -> Option<Span> {
        let comment = self.comment.span;
        let text = comment.of(&file.text).trim_end();
        let end = comment.start() + text.len();
        let (first, last) = (file.position(comment.start()).line, file.position(end).line);
        let (from, to) = (file.line_start(first), file.line_start(last + 1));
        let before = file.text.get(from..comment.start())?;
        let behind = file.text.get(end..to)?.trim();
        if before.trim().starts_with("\"//\"") {
            return (behind == "\"," || behind == ",").then(|| Span::new(from, to));
        }
        let whole = ["#", "//", "/*", "<!--"].iter().any(|mark| text.starts_with(mark));
        if !whole {
            return None;
        }
        Some(match (before.trim().is_empty(), behind.is_empty()) {
            (true, true) => Span::new(from, to),
            (true, false) => Span::new(comment.start(), end + file.text.get(end..to)?.find(behind)?),
            (false, _) => Span::new(from + before.trim_end().len(), end),
        })
    }
}

/// The rule or category that a suppression names, by its present name. What is wrong with the name is reported.
fn suppressible<'n>(
    name: &'n str,
    place: Place,
    settings: &Settings,
    sink: &mut Sink<'_>,
) -> Option<&'n str> {
    let write = |near: &str| Fix {
        title: format!("write `{near}`"),
        applicability: Applicability::Safe,
        edits: vec![Edit { place, replacement: near.to_owned() }],
    };
    let name = match rules::renamed(name) {
        Some(renamed) => {
            let new = renamed.new;
            sink.report(place, format!("`{name}` is called `{new}` now"))
                .severity(Severity::Info)
                .help(format!("write `{new}`"))
                .fix(Some(write(new)));
            new
        }
        None => name,
    };
    if !selectors().contains(name) {
        let report = sink.report(place, format!("there is no rule `{name}`"));
        match rules::nearest(name) {
            Some(near) => report.help(format!("write `{near}`")).fix(Some(write(near))),
            None => report.help("see `ociam rules` for the names"),
        };
        return None;
    }
    if rules::find(name).is_some_and(|rule| settings.is_never_ignored(rule)) {
        sink.report(place, format!("`{name}` can't be suppressed here"))
            .note("the configuration names it under `never-ignore`")
            .help("correct what it reports, and remove the suppression");
        return None;
    }
    Some(name)
}

/// What a comment says behind the names, without its end mark and the punctuation that leads over.
fn reason(behind: &str) -> Option<String> {
    let text = behind.trim().trim_end_matches("*/").trim_end_matches("-->").trim();
    let text = text.trim_start_matches([':', '-', '\u{2013}', '\u{2014}']).trim();
    (!text.is_empty()).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The lines that a comment covers.
fn covered(file: &SourceFile, comment: Place, ends: &mut BTreeMap<(FileId, usize), usize>) -> (usize, usize) {
    let line = file.position(comment.span.start()).line;
    let before = file.text.get(file.line_start(line)..comment.span.start()).unwrap_or("");
    if before.trim().starts_with("\"//\"") {
        // JSON has no comments: the key `//` speaks for the object that it stands in.
        return (line, closing_line(file, line, 1));
    }
    if !before.trim().is_empty() {
        return (line, line);
    }
    let end = comment.span.start() + comment.span.of(&file.text).trim_end().len();
    let last = file.position(end).line;
    let behind = file.text.get(end..file.line_start(last + 1)).unwrap_or("");
    // A block comment may stand before what it speaks of, on the same line.
    let mut next = if behind.trim().is_empty() { last + 1 } else { last };
    while next <= file.line_count() && is_blank_or_comment(file.line(next)) {
        next += 1;
    }
    let last = *ends.entry((comment.file, next)).or_insert_with(|| element_end(file, next));
    (line, last)
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#') || line.starts_with("//")
}

/// The last line of what begins on a line: up to where its brackets are closed and its heredoc has ended;
/// in YAML, the lines that are indented deeper.
fn element_end(file: &SourceFile, first: usize) -> usize {
    let name = file.name.to_ascii_lowercase();
    let indent = |line: &str| line.len() - line.trim_start().len();
    if name.ends_with(".yaml") || name.ends_with(".yml") {
        let own = indent(file.line(first));
        let deeper = |line: usize| {
            let text = file.line(line);
            text.trim().is_empty() || indent(text) > own
        };
        return (first + 1..=file.line_count()).take_while(|&line| deeper(line)).last().unwrap_or(first);
    }
    closing_line(file, first, 0)
}

/// The line on which as many brackets are closed as are open when the line `first` begins.
fn closing_line(file: &SourceFile, first: usize, mut depth: usize) -> usize {
    let mut line = first;
    while line <= file.line_count() {
        let scan = scan_line(file.line(line), depth);
        depth = scan.depth;
        if let Some(marker) = scan.heredoc {
            line += 1;
            while line <= file.line_count() && file.line(line).trim() != marker {
                line += 1;
            }
            if depth == 0 {
                return line.min(file.line_count());
            }
        } else if depth == 0 {
            return line;
        }
        line += 1;
    }
    file.line_count()
}

struct LineScan<'l> {
    depth: usize,
    heredoc: Option<&'l str>,
}

/// Counts brackets outside of strings and comments, and notes a heredoc that begins on the line.
fn scan_line(line: &str, mut depth: usize) -> LineScan<'_> {
    let (mut inside, mut escaped) = (false, false);
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ if inside => {}
            '#' => break,
            '/' if next == Some('/') => break,
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth = depth.saturating_sub(1),
            '<' if next == Some('<') => {
                let marker = line.get(at + 2..).unwrap_or("").trim_start_matches('-').trim();
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                if !marker.is_empty() && marker.chars().all(word) {
                    return LineScan { depth, heredoc: Some(marker) };
                }
            }
            _ => {}
        }
    }
    LineScan { depth, heredoc: None }
}
