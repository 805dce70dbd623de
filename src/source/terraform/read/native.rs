//! Native syntax: `.tf`, `.tfvars`, `.tftest.hcl`.

use std::sync::Arc;

use hcl_edit::structure;

use crate::diag::{Finding, Severity};
use crate::source::problem;
use crate::source::terraform::syntax::{Block, Body, TemplatePart};
use crate::text::{FileId, Place, Span};

use super::convert::Converter;
use super::repair::{adapted, name_length, renamed, safe_heredocs};
use super::scan::{Chunk, Kind, Mark, badly_closed, chunks, comma_before_entry, next_entry, scan};
use super::tags::without_tags;
use super::{Comment, Read, quick};

/// How many repairs one text may need before it is taken apart.
const MOST_REPAIRS: usize = 200;
/// How many bytes of bad attributes are read again: each time costs a look at all that follows.
const SALVAGEABLE: usize = 1 << 20;
/// How many problems of one file are told.
const MOST_PROBLEMS: usize = 100;
/// How deep blocks are taken apart.
const DEEPEST: usize = 16;
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
            return Err(Refusal { at: chunk.start, message: String::new() });
        };
        if let Some(at) = too_deep(own) {
            return Err(Refusal {
                at: chunk.start + at,
                message: format!("brackets are nested deeper than {DEEPEST_BRACKETS}"),
            });
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
                None => return Err(Refusal { at: chunk.start + at, message }),
            }
        }
        Err(Refusal { at: chunk.start, message: "too many repeated names".to_owned() })
    }

    /// Reads a body attribute by attribute and block by block.
    fn piecemeal(&mut self, within: Chunk, top: bool, depth: usize, body: &mut Body) {
        let Some(own) = self.text.get(within.start..within.end) else { return };
        let own = own.to_owned();
        for chunk in chunks(&own, &scan(&own), top) {
            let chunk = Chunk { start: within.start + chunk.start, end: within.start + chunk.end };
            let refusal = match self.parse(chunk) {
                Ok(read) => {
                    body.attributes.extend(read.attributes);
                    body.blocks.extend(read.blocks);
                    continue;
                }
                Err(refusal) => refusal,
            };
            match self.opened(chunk) {
                Some(_) if depth >= DEEPEST => self.refuse(chunk, &refusal),
                Some((mut block, inner)) => {
                    let before = self.read.problems.len();
                    let mut read = Body::default();
                    self.piecemeal(inner, false, depth + 1, &mut read);
                    block.body = read.into();
                    if self.read.problems.len() == before {
                        self.refuse(chunk, &refusal);
                    }
                    body.blocks.push(Arc::new(block));
                }
                None => self.salvage(chunk, &refusal, top, depth, body),
            }
        }
    }

    /// Reports an attribute that can't be read. What it swallowed, with a comma or with a quote or bracket that
    /// was never closed, is read again from the next place that looks like an attribute or block of its own.
    fn salvage(&mut self, chunk: Chunk, refusal: &Refusal, top: bool, depth: usize, body: &mut Body) {
        let length = chunk.end - chunk.start;
        if length > self.salvageable {
            return self.refuse(chunk, refusal);
        }
        self.salvageable -= length;
        if let Some((comma, next)) = comma_before_entry(self.text, chunk) {
            self.refuse_comma(comma);
            self.piecemeal(Chunk { start: chunk.start, end: comma }, top, depth, body);
            self.piecemeal(Chunk { start: next, end: chunk.end }, top, depth, body);
            return;
        }
        let Some(next) = next_entry(self.text, chunk) else { return self.refuse(chunk, refusal) };
        let first = Chunk { start: chunk.start, end: next };
        match self.parse(first) {
            Ok(read) => {
                body.attributes.extend(read.attributes);
                body.blocks.extend(read.blocks);
            }
            Err(refusal) => self.refuse(first, &refusal),
        }
        self.piecemeal(Chunk { start: next, end: chunk.end }, top, depth, body);
    }

    /// Reports a comma between two arguments, once a line.
    fn refuse_comma(&mut self, comma: usize) {
        let message = "a block's arguments stand on lines of their own, without commas";
        let told = self.read.problems.last().filter(|problem| problem.message == message);
        let between = told.and_then(|problem| self.text.get(problem.place.span.start()..comma));
        if between.is_none_or(|between| between.contains('\n')) {
            let place = self.place(comma, comma + 1);
            let help = "put a line end in place of each comma";
            self.read.problems.push(problem::unreadable(place, message, Some(help)));
        }
    }

    fn refuse(&mut self, chunk: Chunk, refusal: &Refusal) {
        let mut at = refusal.at.clamp(chunk.start, chunk.end);
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let end = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |c| at + c.len_utf8());
        let head = self.text.get(chunk.start..chunk.end).unwrap_or("").lines().next().unwrap_or("").trim();
        let head: String = head.chars().take(60).collect();
        let head = head.trim_end_matches(['{', ' ']);
        let why = if refusal.message.is_empty() { String::new() } else { format!(": {}", refusal.message) };
        let place = self.place(at, end);
        let text = format!("`{head}` can't be read{why}");
        let help = "correct it here; the rest of the file was read (`terraform fmt` shows the same place)";
        self.read.problems.push(problem::unreadable(place, text, Some(help)));
    }

    /// The block that a part of the file opens, still empty, and the part inside its braces.
    fn opened(&self, chunk: Chunk) -> Option<(Block, Chunk)> {
        let own = self.text.get(chunk.start..chunk.end)?;
        let marks = scan(own);
        let brace = marks.iter().find(|mark| !matches!(mark.kind, Kind::Text | Kind::Quoted))?;
        let head = own.get(..brace.start)?;
        if brace.kind != Kind::Open(b'{') || head.contains('=') {
            return None;
        }
        let mut words = marks
            .iter()
            .take_while(|mark| mark.start < brace.start)
            .map(|mark| own.get(mark.start..mark.end).unwrap_or("").trim_matches('"').to_owned());
        let kind = words.next()?;
        let last = marks.iter().rev().find(|mark| !matches!(mark.kind, Kind::Newline | Kind::Comment))?;
        let end = if last.kind == Kind::Close(b'}') { last.start } else { own.len() };
        let block = Block {
            kind,
            labels: words.collect(),
            place: self.place(chunk.start, chunk.end),
            body: Body::default().into(),
        };
        let inner = Chunk { start: chunk.start + brace.end, end: chunk.start + end.max(brace.end) };
        (inner.end - inner.start < chunk.end - chunk.start).then_some((block, inner))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::terraform::syntax::ExprKind;

    fn read(text: &str) -> Read {
        native(FileId(0), text)
    }

    /// The text of a template without sequences.
    fn text(read: &Read, attribute: usize) -> String {
        let ExprKind::Template(parts) = &read.body.attributes[attribute].value.kind else {
            panic!("no template")
        };
        let part = |part: &TemplatePart| match part {
            TemplatePart::Literal(text) => text.as_str().to_owned(),
            _ => "•".to_owned(),
        };
        parts.iter().map(part).collect()
    }

    /// What hcl-edit makes of a text that it takes as it is.
    fn slowly(text: &str) -> Option<Body> {
        let mut reader = Reader { salvageable: 0, ..Reader::new(FileId(0), text) };
        reader.parse(Chunk { start: 0, end: text.len() }).ok()
    }

    /// Texts of every construct, those that are rare, and those that are wrong.
    const TEXTS: &[&str] = &[
        "",
        "a = 1",
        "a = -1.5e3 # c\nb = 2.0 // d\r\nc = 1e-2\n",
        "a = null\nb = true\nc = false\nd = nullable\n",
        "/* x */ a = /* y */ b /* z */\n\n\n# end",
        "resource \"a\" \"b\" {\n  x = y.z[0].w[*].v.u[\"k\"]\n  n {\n  }\n}\n",
        "resource a b { x = 1 }\nmoved {}\nlocals { # c\n}\n",
        "x = a.*.b.c[0]\ny = a[*].b[1].c\nz = a.0.b.10\nw = a.b.*\n",
        "x = a ? b : c ? d : e\ny = (a || b) && !c == d != e < 1 + 2 * 3 % 4 - 5 / 6 >= 7\n",
        "x = -a.b\ny = !a[0]\nz = 1 - -1\nw = a -b\n",
        "x = [1, a, [2,], \"s\", ]\ny = []\nz = [\n  # c\n  1, // d\n  2\n]\n",
        "x = { a = 1, \"b\" : 2\n c = 3 # d\n (e) = 4\n \"${f}\" = 5\n g.h = 6 }\ny = {}\n",
        "x = [for a in b : a if c]\ny = { for k, v in m : k => v... if v != null }\nz = [ for\na, b in c : [for d in e : d]]\n",
        "x = { for = 1 }\ny = [format, fork(1)]\nz = { for_each = 1 }\n",
        "x = f(a, b...)\ny = f()\nz = f(\n  a,\n  b,\n)\nw = provider::a::b(1)\nv = f (a)\n",
        "x = f(a)\n  + b\n",
        "x = f(a)\n? 1 : 2\n",
        "x = [a\n+ b]\ny = (a\n+ b)\n",
        "x = \"\"\ny = \"a\\n\\t\\\\\\\"\\u00e9\\U0001F600\"\nz = \"$${a} %%{b} $ % $$ 100%\"\n",
        "x = \"a ${b} c ${~ d ~} e ${f(\"g ${h}\")}\"\ny = \"${a}\"\nz = \"${\n a\n}\"\nw = \"$$${a}\"\n",
        "x = \"a\\qb\"\n",
        "x = \"%{ if a }b%{ else }c%{ endif }\"\n",
        "x = <<EOT\na\n  ${b} c\n  EOTX\n\nEOT\ny = 1\n",
        "x = <<-EOT\r\n    a ${b}\r\n   c $${d} ${e}\r\n  EOT\r\n",
        "x = [<<A\na\nA\n, <<-B\n b\n B\n]\n",
        "x = f(<<A\na\nA\n)\n",
        "x = <<EOT\nEOT\ny = <<EOT\na\nEOT\n",
        "x = <<EOT\na\nEOT b\nEOT\n",
        "x = <<EOT\n%{ for a in b ~}\n${a}\n%{ endfor ~}\nEOT\n",
        "x = <<EOT\na ${b",
        "x = \"é ${ä} ü\"\nä = 1\n",
        "x = 1\nx = 2\n",
        "x = { a = 1, a = 2 }\n",
        "x = a.b.c[d.e[f]].g ? h(i)[0].j : k\n",
        "x = a ==b\ny = a= =b\n",
        "x = 1 y = 2\n",
        "x = [1, 2\n",
        "x = \"a\nb\"\n",
        "x = 0.1.2\ny = 10foo\n",
        "x = a.b.00\n",
        "x = 99999999999999999999\n",
        "a \"b${c}\" {\n}\n",
        "x = {\n  a = f(1)\n  -b = 2\n}\n",
        "x = {\n  a = [1]\n  (b) = 2\n}\n",
        "x = {\r\n  a = 1,\r\n  b = 2\r\n}\r\n",
        "x = \"a\"[0]\ny = (a).b\nz = [1][0]\nw = {a = 1}.a\n",
        "x = a.\n  b\n",
        "x = a # \r b\n",
        "x = \"${a /* b */}\"\ny = \"${\n# c\na}\"\n",
        "x = a % b\ny = a%{b\n",
        "x = b <<EOT\na\nEOT\n",
    ];

    fn quickly(text: &str) -> Option<Body> {
        quick::body(FileId(0), &text.into(), 0, false)
    }

    /// Holds for the text as it is, and for what is in a block that is read later.
    fn same_tree(text: &str) {
        for text in [text.to_owned(), format!("terraform {{\n{text}\n}}\n")] {
            if let Some(body) = quickly(&text) {
                assert_eq!(Some(body), slowly(&text), "{text}");
            }
        }
    }

    #[test]
    fn the_quick_reader_gives_the_tree_of_the_thorough_one() {
        TEXTS.iter().for_each(|text| same_tree(text));
        let plain = TEXTS.iter().filter(|text| quickly(text).is_some()).count();
        assert!(plain > 25, "only {plain} were read quickly");
        let later = quickly("variable a {\n}\nlocals {\n}\n").unwrap_or_default();
        assert_eq!(later.blocks.iter().map(|block| block.body.is_later()).collect::<Vec<_>>(), [true, false]);
    }

    proptest::proptest! {
        /// Pieces put together at random, most of them no Terraform.
        #[test]
        fn the_quick_reader_takes_nothing_that_the_thorough_one_refuses(
            cuts in proptest::collection::vec((0..TEXTS.len(), 0_usize..80, 0_usize..80), 1..4),
        ) {
            let piece = |&(text, from, length): &(usize, usize, usize)| -> String {
                TEXTS[text].chars().skip(from.saturating_sub(20)).take(length + 1).collect()
            };
            let text = cuts.iter().map(piece).collect::<String>();
            same_tree(&text);
            same_outline(&text);
        }
    }

    /// The tree of an outline whose blocks are all asked for, and whether anything is wrong with it.
    fn outlined(text: &str) -> (Body, bool) {
        let read = outline(FileId(0), &text.into());
        let asked = read.body.clone();
        assert_eq!(asked, read.body);
        let late = read.body.blocks.iter().any(|block| !block.body.problems().is_empty());
        (read.body, late || !read.problems.is_empty())
    }

    fn same_outline(text: &str) {
        for text in [text.to_owned(), format!("terraform {{\n{text}\n}}\n")] {
            let whole = read(&text);
            let (body, is_wrong) = outlined(&text);
            assert_eq!(is_wrong, !whole.problems.is_empty(), "{text}");
            if !is_wrong {
                assert_eq!(body, whole.body, "{text}");
            }
        }
    }

    #[test]
    fn an_outline_gives_the_tree_of_the_whole_once_it_is_asked_for() {
        TEXTS.iter().for_each(|text| same_outline(text));
    }

    #[test]
    fn an_outline_of_text_that_is_not_laid_out_as_usual_is_right() {
        same_outline("locals {\n  x = {\n  a = 1\n}\n}\n");
        same_outline("variable a {\n  default = 1\n  }\nlocals {\n  b = 1\n}\n");
        same_outline("a b {\nx {\n}\ny {\n z {\n }\n}\n}\nc {\n}\n");
        same_outline("a {\n  x = <<EOT\n{\n}\nEOT\n}\nb {\n  y = \"}\"\n}\n");
    }

    #[test]
    fn what_is_wrong_in_a_block_of_an_outline_is_told_when_it_is_asked_for() {
        let text = "resource a b {\n  x = = 1\n  y = 2\n}\nlocals {\n  z = 3\n}\n";
        let read = outline(FileId(0), &text.into());
        assert!(read.problems.is_empty() && read.body.blocks[0].body.problems().is_empty());
        let names: Vec<_> = read.body.blocks[0].body.attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["y"]);
        assert_eq!(read.body.blocks[0].body.problems().len(), 1);
    }

    #[test]
    fn a_bad_attribute_loses_itself_alone() {
        let read = read(
            "resource \"a\" \"b\" {\n  x = [1,\n  y = ]\n}\nlocals {\n  ok = \"1\"\n  bad = = 2\n  fine = \"2\"\n}\n",
        );
        assert_eq!(read.problems.len(), 3, "{:?}", read.problems);
        let names: Vec<_> = read.body.blocks[1].body.attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["ok", "fine"]);
    }

    #[test]
    fn an_unclosed_block_does_not_swallow_the_next() {
        let read = read("resource \"a\" \"b\" {\n  x = \"1\"\n\nresource \"a\" \"c\" {\n  y = \"2\"\n}\n");
        let labels: Vec<_> = read.body.blocks.iter().map(|block| block.labels[1].as_str()).collect();
        assert_eq!(labels, ["b", "c"]);
        assert_eq!(read.problems.len(), 1);
    }

    #[test]
    fn what_terraform_takes_is_taken() {
        for text in [
            "a = { k = 1, k = 2, \"k\" = 3 }\n",
            "a = { \"\" = 1\n \"\" = 2\n (var.x) = 3\n (var.x) = 4 }\n",
            "a = { for x in y : x => (x == 1\n ? 2 : 3)\n if true }\n",
            "a = { for x in y :\n # why\n x => x == 1\n   ? 2\n   : 3\n}\n",
            "\u{feff}a = 1\n",
            "a = 1\r\nb = <<EOT\r\nx\r\nEOT\r\n",
        ] {
            let read = read(text);
            assert!(read.problems.is_empty(), "{text}: {:?}", read.problems);
            assert!(!read.body.attributes.is_empty(), "{text}");
        }
    }

    #[test]
    fn repeated_keys_keep_the_names_that_the_user_wrote() {
        let read = read("a = { key = 1, key = 2 }\n");
        let ExprKind::Object(items) = &read.body.attributes[0].value.kind else { panic!("no object") };
        for (key, _) in items {
            let ExprKind::Template(parts) = &key.kind else { panic!("no name") };
            let TemplatePart::Literal(text) = &parts[0] else { panic!("no literal") };
            assert_eq!(text.as_str(), "key");
        }
    }

    #[test]
    fn heredocs_are_undented_and_stripped_as_terraform_does() {
        assert_eq!(text(&read("a = <<-EOT\n    x\n      y\n\n    z\n  EOT\n"), 0), "x\n  y\n\nz\n");
        assert_eq!(text(&read("a = <<-EOT\n    x\n  ${b}\n  EOT\n"), 0), "  x\n•\n");
        assert_eq!(text(&read("a = <<EOT\n  x\nEOT\n"), 0), "  x\n");
        assert_eq!(text(&read("a = \"x ${~ b ~} y\"\n"), 0), "x•y");
    }

    #[test]
    fn every_byte_of_a_heredoc_leads_back_to_the_file() {
        let source = "a = <<-EOT\n    allow group x\n    to read y\n  EOT\n";
        let read = read(source);
        let ExprKind::Template(parts) = &read.body.attributes[0].value.kind else { panic!("no template") };
        let TemplatePart::Literal(text) = &parts[0] else { panic!("no literal") };
        for word in ["allow", "group", "to", "read"] {
            let at = text.as_str().find(word).unwrap();
            let place = text.editable(Span::new(at, at + word.len())).unwrap();
            assert_eq!(place.span.of(source), word);
        }
    }

    #[test]
    fn hopeless_depth_is_one_clear_problem() {
        let read = read(&format!("a = {}1{}\nb = 2\n", "(".repeat(10_000), ")".repeat(10_000)));
        assert_eq!(read.problems.len(), 1);
        assert!(read.problems[0].message.contains("nested"), "{}", read.problems[0].message);
        assert_eq!(read.body.attributes.len(), 1);
    }

    #[test]
    fn comments_that_speak_to_this_tool_are_told() {
        let read = read("a = 1 # ociam: ignore[x] y\n  // ociam: ignore[z]\nb = \"# ociam: no\"\n");
        let own: Vec<_> = read.comments.iter().map(|comment| comment.own_line).collect();
        assert_eq!(own, [false, true]);
    }
}
