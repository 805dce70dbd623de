//! Native syntax: `.tf`, `.tfvars`, `.tftest.hcl`.

mod piecemeal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hcl_edit::structure;

use crate::diag::{Finding, Severity};
use crate::source::problem;
use crate::source::terraform::syntax::{Body, TemplatePart};
use crate::text::{FileId, Place, Span};

use super::convert::Converter;
use super::repair::{adapted, name_length, renamed, safe_heredocs};
use super::scan::{Chunk, Kind, Mark, badly_closed, scan};
use super::tags::without_tags;
use super::{Comment, Read, quick};

/// How many repairs one text may need before it is taken apart.
const MOST_REPAIRS: usize = 200;
/// How many bytes of bad attributes are read again: each time costs a look at all that follows.
const SALVAGEABLE: usize = 1 << 20;
/// How many problems of one file are told.
const MOST_PROBLEMS: usize = 100;
/// Longest text without a line's end that is looked at bracket by bracket before it is parsed.
const DEEPEST_BRACKETS: usize = 60;

/// Reads a file. Never fails: what can't be read is a problem, and the rest is there.
pub fn native(file: FileId, text: &str) -> Read {
    shared(file, &text.into())
}

/// Reads a file whose text the tree may keep, to read parts of it when something asks for them.
pub(in crate::source) fn shared(file: FileId, text: &Arc<str>) -> Read {
    let base = base(text);
    let body_text = text.get(base..).unwrap_or("");
    let speaks = memchr::memmem::find(text.as_bytes(), b"ociam:").is_some();
    let body = quick::body(file, text, base, false);
    if !speaks && let Some(body) = body {
        return Read { body, ..Read::default() };
    }
    let marks = scan(body_text);
    let mut reader = Reader::new(file, text);
    if speaks {
        reader.comments(body_text, base, &marks);
    }
    match body {
        Some(body) => reader.read.body = body,
        None => reader.thorough(base, body_text, &marks),
    }
    reader.read
}

/// Reads a file in which no statement stands: what is wrong inside a block is told only if something asks for the
/// block ([`Content::problems`](crate::source::terraform::content::Content::problems)).
pub(in crate::source) fn outline(file: FileId, text: &Arc<str>) -> Read {
    match quick::body(file, text, base(text), true) {
        Some(body) => Read { body, ..Read::default() },
        None => shared(file, text),
    }
}

/// What is in a block whose first brace is at byte `brace`, and what is wrong with it.
pub(in crate::source::terraform) fn block(
    file: FileId,
    text: &Arc<str>,
    block: Span,
    brace: usize,
) -> (Body, Vec<Finding>) {
    if let Some(body) = quick::block(file, text, brace) {
        return (body, Vec::new());
    }
    let mut reader = Reader::new(file, text.get(..block.end()).unwrap_or(text));
    let own = block.of(text);
    reader.thorough(block.start(), own, &scan(own));
    let read = reader.read.body.blocks.into_iter().next();
    (read.map(|block| Body::clone(&block.body)).unwrap_or_default(), reader.read.problems)
}

/// The byte at which a text begins behind its mark of byte order.
fn base(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Reads a text that is a template as a whole. The error is for a person.
pub fn template(file: FileId, text: &str) -> Result<Vec<TemplatePart>, String> {
    if let Some(at) = too_deep(text) {
        return Err(format!("brackets are nested deeper than {DEEPEST_BRACKETS} at byte {at}"));
    }
    let parsed: hcl_edit::template::Template =
        text.parse().map_err(|error| format!("not a template: {error}"))?;
    Ok(Converter { file, text, base: 0 }.template(&parsed))
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    /// How many bytes of bad attributes may still be read again.
    salvageable: usize,
    read: Read,
    /// Whether both branches of a condition stand in the text.
    is_template: bool,
}

/// Why a text was refused, and where in the file.
struct Refusal {
    at: usize,
    message: String,
    /// Whether it nests deeper than is followed here: Terraform itself may well take it.
    is_deep: bool,
}

impl Refusal {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), is_deep: false }
    }

    fn deep(at: usize) -> Self {
        let message = format!("brackets are nested deeper than {DEEPEST_BRACKETS}");
        Self { at, message, is_deep: true }
    }
}

impl<'t> Reader<'t> {
    fn new(file: FileId, text: &'t str) -> Self {
        Self { file, text, salvageable: SALVAGEABLE, read: Read::default(), is_template: false }
    }

    /// Reads the text that begins at byte `base` of the file, be it a template of Jinja.
    fn thorough(&mut self, base: usize, text: &str, marks: &[Mark]) {
        match without_tags(text, marks) {
            Some((copy, tag)) => self.untagged(base, &copy, tag),
            None => self.whole(base, text, marks),
        }
    }

    fn place(&self, start: usize, end: usize) -> Place {
        Place { file: self.file, span: Span::new(start, end) }
    }

    /// Reads the text that begins at byte `base` of the file, with all that is wrong with it.
    fn whole(&mut self, base: usize, text: &str, marks: &[Mark]) {
        let whole = Chunk { start: base, end: self.text.len() };
        let mut refused = None;
        match self.parse(whole) {
            Ok(body) => self.read.body = body,
            Err(refusal) => {
                let mut body = Body::default();
                self.piecemeal(whole, true, 0, &mut body);
                self.read.body = body;
                refused = Some(refusal);
            }
        }
        if self.read.problems.is_empty() {
            let bad = marks.iter().find_map(|mark| Some((mark, badly_closed(text, mark)?)));
            if let Some((mark, message)) = bad {
                let place = self.place(base + mark.start, base + mark.end);
                let help = "close it, or use a heredoc for text of several lines";
                self.read.problems.push(problem::unreadable(place, message, Some(help)));
            } else if let Some(refusal) = refused {
                self.refuse(whole, &refusal);
            }
        }
        self.few_problems();
    }

    /// Reads a template of Jinja by a copy of equal length without its tags, the first of which stands at `tag`. Both
    /// branches of a condition are in the copy, so what is wrong with it says little: one problem tells of all.
    fn untagged(&mut self, base: usize, copy: &str, tag: usize) {
        let text = format!("{}{copy}", self.text.get(..base).unwrap_or(""));
        let mut reader = Reader { is_template: true, ..Reader::new(self.file, &text) };
        reader.whole(base, copy, &scan(copy));
        self.read.body = reader.read.body;
        let place = self.place(base + tag, base + tag + 2);
        let lost = reader.read.problems.first();
        let message = match lost {
            None => "this is a template of Jinja: it is read without its tags".to_owned(),
            Some(_) => {
                "this is a template of Jinja, and parts of it can't be read without its tags".to_owned()
            }
        };
        let mut problem = problem::unreadable(place, message, Some("check what it is rendered to"));
        problem.note = lost.map(|lost| lost.message.clone());
        problem.severity = if lost.is_some() { Severity::Warning } else { Severity::Info };
        self.read.problems.push(problem);
    }

    /// Keeps the comments that speak to this tool.
    fn comments(&mut self, text: &str, base: usize, marks: &[Mark]) {
        for mark in marks.iter().filter(|mark| mark.kind == Kind::Comment) {
            if text.get(mark.start..mark.end).is_some_and(|comment| comment.contains("ociam:")) {
                let before = text.get(..mark.start).unwrap_or("");
                let line = before.rsplit('\n').next().unwrap_or("");
                let place = self.place(base + mark.start, base + mark.end);
                self.read.comments.push(Comment { place, own_line: line.trim().is_empty() });
            }
        }
    }

    /// Keeps the first problems of a file that is no Terraform at all.
    fn few_problems(&mut self) {
        let more = self.read.problems.len().saturating_sub(MOST_PROBLEMS);
        self.read.problems.truncate(MOST_PROBLEMS);
        if let (1.., Some(last)) = (more, self.read.problems.last_mut()) {
            last.note = Some(format!("{more} more parts of this file can't be read"));
        }
    }

    /// Parses a part of the file; what Terraform takes and hcl-edit refuses is repaired in a copy of equal length.
    fn parse(&mut self, chunk: Chunk) -> Result<Body, Refusal> {
        let Some(own) = self.text.get(chunk.start..chunk.end) else {
            return Err(Refusal::new(chunk.start, ""));
        };
        if let Some(at) = too_deep(own) {
            return Err(Refusal::deep(chunk.start + at));
        }
        let converter = Converter { file: self.file, text: own, base: chunk.start };
        let mut copy = safe_heredocs(own);
        let mut is_adapted = false;
        let mut repeated = Vec::new();
        for round in 0..MOST_REPAIRS {
            let current = copy.as_deref().unwrap_or(own);
            let error = match current.parse::<structure::Body>() {
                Ok(body) => {
                    self.read.problems.extend(repeated);
                    return Ok(converter.body(&body));
                }
                Err(error) => error,
            };
            let (at, message) = (error.location().offset(), error.message().to_owned());
            let repaired = if message.contains("redefined object key") {
                renamed(current, at, round)
            } else if message.contains("redefined attribute") {
                let length = name_length(current, at);
                let place = self.place(chunk.start + at, chunk.start + at + length);
                let name = current.get(at..at + length).unwrap_or("");
                let text = format!("`{name}` is set twice in this block");
                if !self.is_template {
                    repeated.push(problem::unreadable(place, text, Some("delete one of the two")));
                }
                renamed(current, at, round)
            } else if !is_adapted {
                is_adapted = true;
                adapted(current)
            } else {
                None
            };
            match repaired {
                Some(text) => copy = Some(text),
                None if message.contains("nesting depth") => return Err(Refusal::deep(chunk.start + at)),
                None => return Err(Refusal::new(chunk.start + at, message)),
            }
        }
        Err(Refusal::new(chunk.start, "too many repeated names"))
    }
}

/// Where brackets are nested deeper than the parser bears, if anywhere.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for mark in scan(text) {
        match mark.kind {
            Kind::Open(_) => {
                depth += 1;
                if depth > DEEPEST_BRACKETS {
                    return Some(mark.start);
                }
            }
            Kind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
