//! Evaluated text with a map from each of its bytes to the file it came from.
//!
//! A statement in Terraform may be put together from a literal, a local, a variable's default and a
//! function's result. Findings must point at the text that the user can edit, and a fix may touch only
//! bytes that stand in the file exactly as they stand in the statement.

use std::sync::Arc;

use super::{FileId, Place, Span};

/// How a piece of evaluated text relates to the bytes of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Byte for byte the same text: offsets map one to one and may be edited.
    Verbatim,
    /// One escape sequence, entity or folded line break of the file stands for this piece as a whole.
    Escaped,
    /// The piece was computed (a function's result, a number made text): it points at the whole
    /// expression and can't be edited through.
    Computed,
    /// An unknown value; the piece is the user's own template text (`${var.name}`).
    Hole,
}

/// A piece of evaluated text with one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Bytes in the evaluated text.
    pub text: Span,
    /// The bytes in a file that it came from.
    pub source: Place,
    /// How the two relate.
    pub origin: Origin,
    /// Where the statement's own literal brings this piece in (`${local.group}`), when `source` lies
    /// elsewhere.
    pub via: Option<Place>,
}

/// What is known of an unknown value: enough for a rule to know what it can't judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum HoleKind {
    /// Nothing is known.
    #[default]
    Any,
    /// The OCID of a group, compartment, tenancy, …: the word after `ocid1.`, empty when not known.
    Ocid(&'static str),
    /// A display name (of a group, a compartment, a tag).
    Name,
    /// A number or boolean.
    Scalar,
    /// A documentation placeholder such as `<compartment-name>`.
    Placeholder,
}

/// An unknown value inside an evaluated text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Its bytes in the evaluated text: the user's own `${…}` or `<…>`.
    pub span: Span,
    /// What is known of it.
    pub kind: HoleKind,
    /// Why it is unknown, for a person: "variable `g` has no default".
    pub reason: Arc<str>,
}

/// Evaluated text, the map of its bytes, and its holes in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedText {
    text: String,
    segments: Vec<Segment>,
    holes: Vec<Hole>,
}

impl MappedText {
    /// Text that stands in a file byte for byte, from `offset` on, without holes.
    pub fn verbatim(text: impl Into<String>, file: FileId, offset: usize) -> Self {
        let text = text.into();
        if text.is_empty() {
            return Self::default();
        }
        let source = Place { file, span: Span::new(offset, offset + text.len()) };
        let span = Span::new(0, text.len());
        let segments = vec![Segment { text: span, source, origin: Origin::Verbatim, via: None }];
        Self { text, segments, holes: Vec::new() }
    }

    /// The text; unknown values stand in it as the user's own template text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pieces, in order and without gaps.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The unknown values, in order.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// The bytes of the unknown values, in order: what the parser asks for.
    pub fn hole_spans(&self) -> Vec<Span> {
        self.holes.iter().map(|hole| hole.span).collect()
    }

    /// Whether nothing in it is unknown.
    pub fn is_known(&self) -> bool {
        self.holes.is_empty()
    }

    /// The piece that holds the byte at `offset`; the last piece for an offset at or past the end.
    pub fn segment_at(&self, offset: usize) -> Option<&Segment> {
        let index = self.segments.partition_point(|segment| segment.text.end() <= offset);
        self.segments.get(index).or_else(|| self.segments.last())
    }

    /// The smallest place in one file that shows `span` to the user: exact over verbatim text, widened
    /// to whole escapes and expressions elsewhere. Where the span covers pieces of several files, the
    /// place is in the file of `home` (the statement's own literal) through the pieces' `via`, or else
    /// in the file of the first piece.
    pub fn locate(&self, span: Span, home: FileId) -> Option<Place> {
        let mut best: Option<Place> = None;
        for segment in self.overlapping(span) {
            let exact = segment.exact(span);
            let here = match segment.via {
                Some(via) if exact.file != home || best.is_some() => via,
                _ => exact,
            };
            best = match best {
                None => Some(here),
                Some(first) if first.file == here.file => {
                    Some(Place { file: first.file, span: first.span.to(here.span) })
                }
                Some(first) if first.file == home => Some(first),
                Some(_) if here.file == home => Some(here),
                Some(first) => Some(first),
            };
        }
        best
    }

    /// The place to edit so that exactly `span` changes: only over verbatim text and whole escapes that are
    /// contiguous in one file and are not brought in from elsewhere; `None` otherwise.
    pub fn editable(&self, span: Span) -> Option<Place> {
        let mut found: Option<Place> = None;
        for segment in self.overlapping(span) {
            let whole = span.start <= segment.text.start && segment.text.end <= span.end;
            let editable = match segment.origin {
                Origin::Verbatim => true,
                Origin::Escaped => whole && !span.is_empty(),
                Origin::Computed | Origin::Hole => false,
            };
            if !editable || segment.via.is_some() {
                return None;
            }
            let exact = segment.exact(span);
            found = match found {
                None => Some(exact),
                Some(first) if first.file == exact.file && first.span.end == exact.span.start => {
                    Some(Place { file: first.file, span: first.span.to(exact.span) })
                }
                Some(_) => return None,
            };
        }
        found
    }

    /// A part of the text with its part of the map; holes that are cut are dropped to plain text.
    pub fn slice(&self, span: Span) -> MappedText {
        let mut builder = TextBuilder::new();
        for segment in self.overlapping(span) {
            let part =
                Span { start: segment.text.start.max(span.start), end: segment.text.end.min(span.end) };
            let hole = self.holes.iter().find(|hole| hole.span == part);
            if let (Origin::Hole, Some(hole)) = (segment.origin, hole) {
                builder.push_hole(
                    part.of(&self.text),
                    segment.source,
                    segment.via,
                    hole.kind,
                    hole.reason.clone(),
                );
            } else {
                builder.push(part.of(&self.text), segment.exact(span), segment.origin, segment.via);
            }
        }
        builder.finish()
    }

    /// What was decoded from this text, with the places of this text in place of offsets into it. What has no place
    /// here stands at `home`.
    pub fn through(&self, decoded: &MappedText, home: Place) -> MappedText {
        let mut builder = TextBuilder::new();
        for segment in &decoded.segments {
            let own = segment.source.span;
            if segment.origin == Origin::Verbatim {
                builder.push_mapped(&self.slice(own));
            } else {
                let first = self.segment_at(own.start());
                let place = first.and_then(|first| self.locate(own, first.source.file)).unwrap_or(home);
                let via = first.and_then(|first| first.via);
                builder.push(segment.text.of(&decoded.text), place, segment.origin, via);
            }
        }
        builder.finish()
    }

    /// `self` followed by `other`.
    pub fn concat(mut self, other: &MappedText) -> MappedText {
        let shift = self.text.len();
        self.text.push_str(&other.text);
        self.segments.extend(other.segments.iter().map(|s| Segment { text: s.text.shifted(shift), ..*s }));
        self.holes.extend(other.holes.iter().map(|h| Hole { span: h.span.shifted(shift), ..h.clone() }));
        self
    }

    /// The same text, each piece brought in through `via`: the outermost text that brings a piece in is the one
    /// whose place counts.
    pub fn brought_in_by(mut self, via: Place) -> MappedText {
        for segment in &mut self.segments {
            segment.via = Some(via);
        }
        self
    }

    /// The same text, its pieces in the files that `rename` gives for theirs.
    pub fn in_files(mut self, rename: impl Fn(FileId) -> FileId) -> MappedText {
        for segment in &mut self.segments {
            segment.source.file = rename(segment.source.file);
            segment.via = segment.via.map(|via| Place { file: rename(via.file), ..via });
        }
        self
    }

    /// The segments that share a byte with `span`; for an empty span the one it touches first.
    fn overlapping(&self, span: Span) -> impl Iterator<Item = &Segment> {
        let empty = span.is_empty();
        let before = |s: &Segment| if empty { s.text.end < span.start } else { s.text.end <= span.start };
        let first = self.segments.partition_point(before);
        let past = if empty { first + 1 } else { self.segments.partition_point(|s| s.text.start < span.end) };
        self.segments.get(first..past.min(self.segments.len())).unwrap_or(&[]).iter()
    }
}

impl Segment {
    /// The part of `source` that shows `span`, as exactly as the origin allows.
    fn exact(&self, span: Span) -> Place {
        if self.origin != Origin::Verbatim {
            return self.source;
        }
        let start = span.start.clamp(self.text.start, self.text.end) - self.text.start;
        let end = span.end.clamp(self.text.start, self.text.end) - self.text.start;
        let base = self.source.span.start;
        Place { file: self.source.file, span: Span { start: base + start, end: base + end } }
    }
}

/// Puts a [`MappedText`] together piece by piece.
#[derive(Debug, Default)]
pub struct TextBuilder {
    built: MappedText,
}

impl TextBuilder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text put together so far.
    pub fn as_str(&self) -> &str {
        self.built.as_str()
    }

    /// Appends a known piece. Neighbouring verbatim pieces that also adjoin in the file become one.
    pub fn push(&mut self, text: &str, source: Place, origin: Origin, via: Option<Place>) {
        if text.is_empty() {
            return;
        }
        let start = self.built.text.len();
        self.built.text.push_str(text);
        let span = Span::new(start, self.built.text.len());
        if let Some(last) = self.built.segments.last_mut()
            && last.origin == Origin::Verbatim
            && origin == Origin::Verbatim
            && last.via == via
            && last.source.file == source.file
            && last.source.span.end == source.span.start
        {
            last.text = last.text.to(span);
            last.source.span = last.source.span.to(source.span);
            return;
        }
        self.built.segments.push(Segment { text: span, source, origin, via });
    }

    /// Appends an unknown value, shown as `text`.
    pub fn push_hole(
        &mut self,
        text: &str,
        source: Place,
        via: Option<Place>,
        kind: HoleKind,
        reason: impl Into<Arc<str>>,
    ) {
        let start = self.built.text.len();
        self.push(text, source, Origin::Hole, via);
        let span = Span::new(start, self.built.text.len());
        self.built.holes.push(Hole { span, kind, reason: reason.into() });
    }

    /// Appends another text with its map.
    pub fn push_mapped(&mut self, other: &MappedText) {
        self.built = std::mem::take(&mut self.built).concat(other);
    }

    /// The text so far.
    pub fn finish(self) -> MappedText {
        self.built
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: FileId = FileId(0);
    const VARS: FileId = FileId(1);

    fn at(file: FileId, start: usize, end: usize) -> Place {
        Place { file, span: Span::new(start, end) }
    }

    /// `allow ` + `${var.v}` whose default `reed` stands in another file + ` x`.
    fn sample() -> MappedText {
        let mut builder = TextBuilder::new();
        builder.push("allow ", at(HOME, 10, 16), Origin::Verbatim, None);
        builder.push("reed", at(VARS, 100, 104), Origin::Verbatim, Some(at(HOME, 16, 24)));
        builder.push(" x", at(HOME, 24, 26), Origin::Verbatim, None);
        builder.finish()
    }

    #[test]
    fn a_span_over_several_files_is_shown_in_the_statements_own_file() {
        let text = sample();
        assert_eq!(text.as_str(), "allow reed x");
        assert_eq!(text.locate(Span::new(0, 5), HOME), Some(at(HOME, 10, 15)));
        assert_eq!(text.locate(Span::new(7, 9), HOME), Some(at(HOME, 16, 24)));
        assert_eq!(text.locate(Span::new(0, 12), HOME), Some(at(HOME, 10, 26)));
        assert_eq!(text.locate(Span::at(12), HOME), Some(at(HOME, 26, 26)));
    }

    #[test]
    fn only_the_statements_own_verbatim_text_is_editable() {
        let text = sample();
        assert_eq!(text.editable(Span::new(0, 5)), Some(at(HOME, 10, 15)));
        assert_eq!(text.editable(Span::new(6, 10)), None);
        assert_eq!(text.editable(Span::new(0, 12)), None);
    }

    #[test]
    fn slicing_keeps_the_map() {
        let part = sample().slice(Span::new(3, 8));
        assert_eq!(part.as_str(), "ow re");
        assert_eq!(part.locate(Span::new(0, 2), HOME), Some(at(HOME, 13, 15)));
    }
}
