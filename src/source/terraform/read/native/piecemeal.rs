//! Reads what can be read of a text that can't be read as a whole: attribute by attribute and block by block.

use std::sync::Arc;

use super::super::scan::{Chunk, Kind, chunks, comma_before_entry, next_entry, scan};
use super::{Reader, Refusal};
use crate::diag::{Finding, Severity};
use crate::source::problem;
use crate::source::terraform::syntax::{Block, Body};

/// How deep blocks are taken apart.
const DEEPEST: usize = 16;

impl Reader<'_> {
    /// Reads a body attribute by attribute and block by block.
    pub(super) fn piecemeal(&mut self, within: Chunk, top: bool, depth: usize, body: &mut Body) {
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

    pub(super) fn refuse(&mut self, chunk: Chunk, refusal: &Refusal) {
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
        let problem = if refusal.is_deep {
            let help = "nest it less deep, with locals for its parts; the rest of the file was read";
            Finding { severity: Severity::Warning, ..problem::unreadable(place, text, Some(help)) }
        } else {
            let help =
                "correct it here; the rest of the file was read (`terraform fmt` shows the same place)";
            problem::unreadable(place, text, Some(help))
        };
        self.read.problems.push(problem);
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
}
