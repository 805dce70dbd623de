//! One line of a file for the terminal renderer, found through the line table instead of a scan, and cut
//! down to a window where it is longer than the terminal is wide.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::text::{SourceFile, Span, mask_part, visible_in_place};

/// The lines around a finding. Offsets stay those of the file.
pub(super) struct Excerpt {
    name: String,
    data: Vec<u8>,
    start: usize,
    line: usize,
    column: usize,
    line_count: usize,
    /// Where the finding itself begins, counted from 0, for the header.
    at: (usize, usize),
}

/// `…` takes as many bytes as the text that it replaces, so that offsets stay right.
const ELLIPSIS: &str = "…";

impl Excerpt {
    /// The lines of `span`, with one line of context before and after while all of them fit `width`;
    /// otherwise the part of its first line that shows the span.
    pub(super) fn new(file: &SourceFile, span: Span, width: usize) -> Self {
        let first = file.position(span.start()).line;
        let last = file.position(span.end().saturating_sub(1).max(span.start())).line;
        let fits = |line: &usize| file.line(*line).chars().count() <= width;
        let (mut from, mut to) = (first, last);
        if first > 1 && fits(&(first - 1)) && !file.line(first - 1).trim().is_empty() {
            from -= 1;
        }
        if last < file.line_count() && fits(&(last + 1)) && !file.line(last + 1).trim().is_empty() {
            to += 1;
        }
        let mut excerpt = if (first..=last).all(|line| fits(&line)) {
            let (start, end) = (file.line_start(from), file.line_start(to) + file.line(to).len());
            Self::of(file, from, start, end, (to - from) + 1)
        } else {
            Self::window(file, first, span, width)
        };
        let at = file.position(span.start());
        excerpt.at = (at.line - 1, at.column - 1);
        excerpt
    }

    fn of(file: &SourceFile, line: usize, start: usize, end: usize, line_count: usize) -> Self {
        // What stands beside a finding may be a secret.
        let data = visible_in_place(&mask_part(&file.text, start, end)).into_owned().into_bytes();
        let column = file.position(start).column - 1;
        Self {
            name: file.name.to_string(),
            data,
            start,
            line: line - 1,
            column,
            line_count,
            at: (line - 1, column),
        }
    }

    /// Part of one long line, with an ellipsis where it is cut.
    fn window(file: &SourceFile, line: usize, span: Span, width: usize) -> Self {
        let text = file.line(line);
        let base = file.line_start(line);
        let at = span.start() - base;
        let len = span.len().min(width / 2);
        let lead = width.saturating_sub(len) / 2;
        let floor = |mut index: usize| {
            while index > 0 && !text.is_char_boundary(index) {
                index -= 1;
            }
            index
        };
        let indent = text.len() - text.trim_start().len();
        let mut from = floor(at.saturating_sub(lead));
        if from <= indent + ELLIPSIS.len() {
            from = indent.min(at);
        }
        let to = floor((from + width).max(at + 1).min(text.len()));
        let to = if to <= at { text.len() } else { to };
        let mut excerpt = Self::of(file, line, base + from, base + to, 1);
        let cut_before = from > indent && at >= from + ELLIPSIS.len();
        let cut_after = to < text.len();
        excerpt.ellipsis(cut_before, cut_after);
        excerpt
    }

    fn ellipsis(&mut self, before: bool, after: bool) {
        let len = ELLIPSIS.len();
        let end = self.data.len().saturating_sub(len);
        for (wanted, range) in [(before, 0..len), (after, end..end + len)] {
            // Letters of several bytes are left whole: the ellipsis is only a hint.
            if wanted && let Some(bytes) = self.data.get_mut(range).filter(|bytes| bytes.is_ascii()) {
                bytes.copy_from_slice(ELLIPSIS.as_bytes());
            }
        }
    }

    /// Whether a span lies in what is shown.
    pub(super) fn holds(&self, span: Span) -> bool {
        self.start <= span.start() && span.start() <= self.start + self.data.len()
    }

    /// A span cut to what is shown.
    pub(super) fn clip(&self, span: Span) -> Span {
        let end = self.start + self.data.len();
        Span::new(span.start().clamp(self.start, end), span.end().clamp(self.start, end))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        context_before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let span = SourceSpan::new(self.start.into(), self.data.len());
        // Without context the renderer asks for the header's position, not for lines to show.
        let (line, column) = if context_before == 0 { self.at } else { (self.line, self.column) };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.data,
            span,
            line,
            column,
            self.line_count,
        )))
    }
}
