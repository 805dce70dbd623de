//! Markdown: statements in code blocks, `<pre>` and `<copy>`, indented code and code spans; and in running
//! text, where only what is certain is worth a word.

use crate::text::{FileId, MappedText, Origin, Place, Span, TextBuilder};

use super::comments::{self, Comments};
use super::configuration::Role;
use super::parts::Parts;
use super::recognise::looks_like_statement;
use super::scan::{self, scan};

/// Reads a page.
pub(super) fn read(file: FileId, text: &str) -> Parts {
    let comments = comments::collect(file, text, Comments::Markup);
    let mut page = Page {
        file,
        text,
        parts: Parts { comments, ..Parts::default() },
        block: Vec::new(),
        prose: Vec::new(),
    };
    let mut inside = Inside::Prose;
    let mut blank = true;
    for line in scan::lines(text) {
        let own = line.of(text);
        let content = own.trim_start_matches([' ', '\t', '>']);
        let bare = content.trim_start_matches(|c: char| matches!(c, '-' | '*' | '+') || c.is_whitespace());
        let start = line.end() - content.len();
        let lower = content.to_ascii_lowercase();
        match inside {
            Inside::Fence(mark, length) => {
                let run = content.chars().take_while(|&c| c == mark).count();
                if run >= length && content.trim_start_matches(mark).trim().is_empty() {
                    page.end_block(Role::Candidate, false);
                    inside = Inside::Prose;
                } else {
                    page.block.push(Span::new(start, line.end()));
                }
            }
            Inside::Tag => {
                page.block.push(Span::new(start, line.end()));
                if ["</pre>", "</copy>", "</code>"].iter().any(|end| lower.contains(end)) {
                    page.end_block(Role::Candidate, true);
                    inside = Inside::Prose;
                }
            }
            Inside::Prose => {
                let fence = ['`', '~'].into_iter().find_map(|mark| {
                    let run = bare.chars().take_while(|&c| c == mark).count();
                    // A code span of three backticks on one line opens no block.
                    let span = mark == '`' && bare.trim_start_matches('`').contains('`');
                    (run >= 3 && !span).then_some((mark, run))
                });
                let tag = ["<pre", "<copy>"].iter().any(|open| lower.contains(open));
                let closed = ["</pre>", "</copy>"].iter().any(|end| lower.contains(end));
                if let Some((mark, run)) = fence {
                    page.end_prose();
                    inside = Inside::Fence(mark, run);
                } else if tag {
                    page.end_prose();
                    page.block.push(Span::new(start, line.end()));
                    if closed {
                        page.end_block(Role::Candidate, true);
                    } else {
                        inside = Inside::Tag;
                    }
                } else if content.trim().is_empty() {
                    page.end_prose();
                    if !page.block.is_empty() {
                        page.end_block(Role::Candidate, false);
                    }
                } else if (own.starts_with("    ") || own.starts_with('\t'))
                    && (blank || !page.block.is_empty())
                {
                    page.block.push(Span::new(start, line.end()));
                } else {
                    page.end_block(Role::Candidate, false);
                    page.prose.push(Span::new(start, line.end()));
                }
            }
        }
        blank = content.trim().is_empty();
    }
    page.end_prose();
    page.end_block(Role::Candidate, inside == Inside::Tag);
    page.parts
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Prose,
    /// The fence's character and length.
    Fence(char, usize),
    Tag,
}

struct Page<'t> {
    file: FileId,
    text: &'t str,
    parts: Parts,
    /// The lines of the code block at hand, margins left out.
    block: Vec<Span>,
    /// The lines of the paragraph at hand.
    prose: Vec<Span>,
}

impl Page<'_> {
    fn end_block(&mut self, role: Role, markup: bool) {
        let lines = std::mem::take(&mut self.block);
        let code: Vec<Span> =
            lines.into_iter().filter(|line| !line.of(self.text).starts_with("//")).collect();
        for hit in scan(self.text, &code) {
            let mut own = scan::text_of(&hit, self.text, self.file, 0);
            if markup {
                own = without_entities(&own);
            }
            self.add(own, hit.span, hit.rule, role);
        }
    }

    fn end_prose(&mut self) {
        let lines = std::mem::take(&mut self.prose);
        for line in &lines {
            let spans = code_spans(self.text, *line);
            for span in &spans {
                let own = span.of(self.text);
                if looks_like_statement(own) {
                    let text = MappedText::verbatim(own, self.file, span.start());
                    self.add(text, *span, false, Role::Candidate);
                }
            }
            if !spans.is_empty() {
                continue;
            }
            for hit in scan(self.text, &[*line]) {
                let own = scan::text_of(&hit, self.text, self.file, 0);
                self.add(without_entities(&own), hit.span, hit.rule, Role::Prose);
            }
        }
    }

    fn add(&mut self, text: MappedText, span: Span, rule: bool, role: Role) {
        let home = Place { file: self.file, span };
        if rule {
            self.parts.matching_rule(text, home, None, None, role);
        } else {
            self.parts.statement(text, home, None, None, role);
        }
    }
}

/// The insides of the code spans of a line.
fn code_spans(text: &str, line: Span) -> Vec<Span> {
    let own = line.of(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = own.get(at..).and_then(|rest| rest.find('`')).map(|offset| at + offset) {
        let run = own.get(open..).map_or(0, |rest| rest.bytes().take_while(|&byte| byte == b'`').count());
        let start = open + run;
        let Some(close) = closing(own, start, run) else {
            at = start;
            continue;
        };
        let inner = own.get(start..close).unwrap_or("");
        let lead = inner.len() - inner.trim_start().len();
        let begin = line.start() + start + lead;
        found.push(Span::new(begin, begin + inner.trim().len()));
        at = close + run;
        if found.len() > 1_000 {
            break;
        }
    }
    found
}

/// Where the next run of exactly `run` backticks begins.
fn closing(own: &str, from: usize, run: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let open = at + own.get(at..)?.find('`')?;
        let length = own.get(open..)?.bytes().take_while(|&byte| byte == b'`').count();
        if length == run {
            return Some(open);
        }
        at = open + length;
    }
}

/// The same text with `&lt;` and its like decoded.
fn without_entities(text: &MappedText) -> MappedText {
    const ENTITIES: [(&str, &str); 6] =
        [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " ")];
    let own = text.as_str();
    if !own.contains('&') {
        return text.clone();
    }
    let mut builder = TextBuilder::new();
    let mut done = 0;
    for (at, _) in own.match_indices('&') {
        let rest = own.get(at..).unwrap_or("");
        let Some((entity, decoded)) = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)) else {
            continue;
        };
        builder.push_mapped(&text.slice(Span::new(done, at)));
        let span = Span::new(at, at + entity.len());
        let file = text.segments().first().map(|segment| segment.source.file);
        if let Some(place) = file.and_then(|file| text.locate(span, file)) {
            builder.push(decoded, place, Origin::Escaped, None);
        }
        done = span.end();
    }
    builder.push_mapped(&text.slice(Span::new(done, own.len())));
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(text: &str) -> Vec<(String, Role)> {
        let parts = read(FileId(0), text);
        parts.statements.into_iter().map(|s| (s.text.as_str().to_owned(), s.role)).collect()
    }

    #[test]
    fn code_in_all_its_forms_is_read() {
        let text = "# T\n\n```text\nAllow group A to use buckets in tenancy\nAllow group B to use buckets\n  in compartment <name>\n```\n\n> ~~~\n> Allow group C to use buckets in tenancy where any {\n>   request.a = 'b' }\n> ~~~\n\n1. Paste `Allow group D to use buckets in tenancy` there.\n\n   ```hcl\n   statements = [\"Allow group ${var.e} to use buckets in tenancy\"]\n   ```\n\n<pre>Allow group &lt;F&gt; to use buckets in tenancy</pre>\n\n    Allow group G to use buckets in tenancy\n\n<copy>\nAllow group H to use buckets in tenancy\n</copy>\n";
        let found = statements(text);
        let texts: Vec<_> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Allow group A to use buckets in tenancy",
                "Allow group B to use buckets\n  in compartment <name>",
                "Allow group C to use buckets in tenancy where any { request.a = 'b' }",
                "Allow group D to use buckets in tenancy",
                "Allow group ${var.e} to use buckets in tenancy",
                "Allow group <F> to use buckets in tenancy",
                "Allow group G to use buckets in tenancy",
                "Allow group H to use buckets in tenancy",
            ]
        );
        assert!(found.iter().all(|(_, role)| *role == Role::Candidate));
    }

    #[test]
    fn running_text_is_prose() {
        let found =
            statements("- Allow group A to use buckets in tenancy\n\nAllow users to read their mail.\n");
        assert_eq!(found, [("Allow group A to use buckets in tenancy".to_owned(), Role::Prose)]);
    }
}
