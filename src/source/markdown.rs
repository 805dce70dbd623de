//! Markdown: statements in code blocks, `<pre>` and `<copy>`, indented code and code spans; and in running
//! text, where only what is certain is worth a word.

use crate::text::{FileId, HoleKind, MappedText, Origin, Place, Span, TextBuilder};

use super::comments::{self, Comments};
use super::configuration::Role;
use super::parts::Parts;
use super::recognise::looks_like_statement;
use super::scan::{self, Found, scan};

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
                    page.end_block(Role::Candidate, Markup::Marks);
                    inside = Inside::Prose;
                } else {
                    page.block.push(Span::new(start, line.end()));
                }
            }
            Inside::Tag => {
                page.block.push(Span::new(start, line.end()));
                if ["</pre>", "</copy>", "</code>"].iter().any(|end| lower.contains(end)) {
                    page.end_block(Role::Candidate, Markup::Tags);
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
                } else if opens_behind_text(content) {
                    page.end_block(Role::Candidate, Markup::Marks);
                    page.prose.push(Span::new(start, line.end()));
                    page.end_prose();
                    inside = Inside::Fence('`', 3);
                } else if tag {
                    page.end_prose();
                    page.block.push(Span::new(start, line.end()));
                    if closed {
                        page.end_block(Role::Candidate, Markup::Tags);
                    } else {
                        inside = Inside::Tag;
                    }
                } else if content.trim().is_empty() {
                    page.end_prose();
                    if !page.block.is_empty() {
                        page.end_block(Role::Candidate, Markup::Marks);
                    }
                } else if (own.starts_with("    ") || own.starts_with('\t'))
                    && (blank || !page.block.is_empty())
                {
                    page.block.push(Span::new(start, line.end()));
                } else {
                    page.end_block(Role::Candidate, Markup::Marks);
                    page.prose.push(Span::new(start, line.end()));
                }
            }
        }
        blank = content.trim().is_empty();
    }
    page.end_prose();
    let markup = if inside == Inside::Tag { Markup::Tags } else { Markup::Marks };
    page.end_block(Role::Candidate, markup);
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
    fn end_block(&mut self, role: Role, markup: Markup) {
        let lines = std::mem::take(&mut self.block);
        let code: Vec<Span> =
            lines.into_iter().filter(|line| !line.of(self.text).starts_with("//")).collect();
        for hit in scan(self.text, &code) {
            let own = scan::text_of(&hit, self.text, self.file, 0);
            self.add(plain(&own, markup), hit.span, hit.rule, role);
        }
    }

    fn end_prose(&mut self) {
        let lines = std::mem::take(&mut self.prose);
        // A code span may go on over the lines of its paragraph or list item.
        for item in lines.chunk_by(|_, next| !begins_item(next.of(self.text))) {
            let spans = code_spans(self.text, item);
            for span in &spans {
                let own = span.of(self.text);
                if looks_like_statement(own) {
                    let gaps = margins(self.text, item, *span);
                    let hit = Found { span: *span, gaps, escapes: false, rule: false };
                    let own = scan::text_of(&hit, self.text, self.file, 0);
                    self.add(plain(&own, Markup::Marks), *span, false, Role::Candidate);
                }
            }
            for line in item {
                if spans.iter().any(|span| span.overlaps(*line)) {
                    continue;
                }
                for hit in scan(self.text, &[*line]) {
                    let own = scan::text_of(&hit, self.text, self.file, 0);
                    self.add(plain(&own, Markup::Tags), hit.span, hit.rule, Role::Prose);
                }
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

/// Whether a fence opens at the end of a line of text, as pages that were made from HTML have it.
fn opens_behind_text(content: &str) -> bool {
    let Some(before) = content.trim_end().strip_suffix("```") else { return false };
    let mut runs = 0;
    let mut rest = before;
    while let Some(at) = rest.find("```") {
        runs += 1;
        rest = rest.get(at..).unwrap_or("").trim_start_matches('`');
    }
    runs % 2 == 0 && !before.trim().is_empty() && !before.ends_with('`')
}

/// Whether a line of running text begins something new: a list item, a row, a heading.
fn begins_item(line: &str) -> bool {
    let mark = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = mark.len() < line.len() && mark.starts_with([')', '.']);
    numbered || line.starts_with(['|', '#']) || ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark))
}

/// The insides of the code spans in lines that follow one another.
fn code_spans(text: &str, lines: &[Span]) -> Vec<Span> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Vec::new() };
    let own = first.to(*last).of(text);
    let mut found = Vec::new();
    let mut at = 0;
    // Lengths of runs that nothing closes: looking for their ends again would be quadratic.
    let mut open: Vec<usize> = Vec::new();
    while let Some(start) = own.get(at..).and_then(|rest| rest.find('`')).map(|offset| at + offset) {
        let run = own.get(start..).map_or(0, |rest| rest.bytes().take_while(|&byte| byte == b'`').count());
        let start = start + run;
        at = start;
        if open.contains(&run) {
            continue;
        }
        let Some(close) = closing(own, start, run) else {
            open.push(run);
            continue;
        };
        // A lone backtick does not take the first of a pair on a later line.
        let line_end =
            |at: usize| own.get(at..).and_then(|rest| rest.find('\n')).map_or(own.len(), |end| at + end);
        let line_start = own.get(..close).and_then(|before| before.rfind('\n')).unwrap_or(0);
        if line_end(start) < close {
            let line = own.get(line_start..line_end(close)).unwrap_or("");
            if line.split(|c| c != '`').filter(|found| found.len() == run).count() % 2 == 0 {
                continue;
            }
        }
        let inner = own.get(start..close).unwrap_or("");
        let lead = inner.len() - inner.trim_start().len();
        let begin = first.start() + start + lead;
        found.push(Span::new(begin, begin + inner.trim().len()));
        at = close + run;
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

/// What stands between the lines inside a span: line breaks and the margins behind them.
fn margins(text: &str, lines: &[Span], span: Span) -> Vec<Span> {
    let between = lines.iter().zip(lines.iter().skip(1));
    let gaps =
        between.map(|(line, next)| Span::new(line.start() + line.of(text).trim_end().len(), next.start()));
    gaps.filter(|gap| span.start() < gap.start() && gap.end() < span.end()).collect()
}

/// What may stand in a statement that isn't part of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Markup {
    /// Marks of bold text, and an ellipsis for what the page leaves out.
    Marks,
    /// Those, and entities and tags of HTML.
    Tags,
}

/// A statement of any text for people, which marks with an ellipsis what it leaves out.
pub(super) fn without_marks(text: &MappedText) -> MappedText {
    plain(text, Markup::Marks)
}

/// The statement without markup: entities decoded, marks of bold text and tags left out, an ellipsis unknown.
fn plain(text: &MappedText, markup: Markup) -> MappedText {
    let own = text.as_str();
    if !own.contains(['&', '*', '<', '.', '\\', '\u{2026}']) {
        return text.clone();
    }
    let mut builder = TextBuilder::new();
    let mut done = 0;
    for (at, _) in own.match_indices(['&', '*', '<', '.', '\\', '\u{2026}']) {
        let before = own.get(..at).unwrap_or("");
        let rest = own.get(at..).unwrap_or("");
        let Some((length, read)) = (at >= done).then(|| markup_at(before, rest, markup)).flatten() else {
            continue;
        };
        builder.push_mapped(&text.slice(Span::new(done, at)));
        let span = Span::new(at, at + length);
        let file = text.segments().first().map(|segment| segment.source.file);
        if let Some(place) = file.and_then(|file| text.locate(span, file)) {
            match read {
                Read::As(decoded) => builder.push(decoded, place, Origin::Escaped, None),
                Read::Omitted => {
                    let written = span.of(own);
                    let reason = format!("`{written}` stands for what is left out");
                    builder.push_hole(written, place, None, HoleKind::Placeholder, reason);
                }
            }
        }
        done = span.end();
    }
    builder.push_mapped(&text.slice(Span::new(done, own.len())));
    builder.finish()
}

/// How a piece of markup is read.
enum Read {
    As(&'static str),
    /// What the page leaves out.
    Omitted,
}

/// The piece of markup at the start of `rest`: its length and what it stands for.
fn markup_at(before: &str, rest: &str, markup: Markup) -> Option<(usize, Read)> {
    const ENTITIES: [(&str, &str); 6] =
        [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " ")];
    const TAGS: [&str; 9] = ["b", "i", "em", "strong", "code", "var", "span", "u", "mark"];
    let space_before = before.is_empty() || before.ends_with(char::is_whitespace);
    if markup == Markup::Tags {
        if let Some((entity, decoded)) = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)) {
            return Some((entity.len(), Read::As(decoded)));
        }
        let tag = rest.strip_prefix('<').and_then(|inner| inner.split_once('>')).map(|(tag, _)| tag);
        let name =
            |tag: &str| tag.trim_start_matches('/').split(' ').next().unwrap_or("").to_ascii_lowercase();
        if let Some(tag) = tag.filter(|tag| TAGS.contains(&name(tag).as_str())) {
            return Some((tag.len() + 2, Read::As("")));
        }
    }
    // In running text a backslash takes the meaning from the mark behind it.
    if markup == Markup::Tags
        && let Some(mark) = ["_", "*", "-", ".", "#"]
            .into_iter()
            .find(|mark| rest.strip_prefix('\\').is_some_and(|after| after.starts_with(mark)))
    {
        return Some((1 + mark.len(), Read::As(mark)));
    }
    // In code a backslash is a character; before a bracket it can only be one too many.
    if let Some(bracket) = ["<", ">"]
        .into_iter()
        .find(|bracket| rest.strip_prefix('\\').is_some_and(|after| after.starts_with(bracket)))
    {
        return Some((1 + bracket.len(), Read::As(bracket)));
    }
    for dots in ["...", "\u{2026}"] {
        let alone = |after: &str| after.is_empty() || after.starts_with(char::is_whitespace);
        if space_before && rest.strip_prefix(dots).is_some_and(alone) {
            return Some((dots.len(), Read::Omitted));
        }
    }
    let after = rest.strip_prefix("**")?;
    let opens = space_before && after.starts_with(|c: char| !c.is_whitespace() && c != '*');
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ')' | '}');
    let closes = before.ends_with(|c: char| !c.is_whitespace() && !matches!(c, '*' | '/'))
        && (after.is_empty() || after.starts_with(ends));
    (opens || closes).then_some((2, Read::As("")))
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
    fn code_spans_and_blocks_go_on_over_lines() {
        let text = "- Needed: `Allow group A to read objects in compartment\n  B where target.bucket.name='b'`.\n- One ` alone\n  `Allow group C to use keys in tenancy`\n\n> `Allow group D to use keys in tenancy where ANY {\n> request.operation='a',\n> request.operation='b'\n> }`\n\nAs follows:```\nAllow any-user to use keys in tenancy where all {\nrequest.user.id = 'x',\nrequest.user.name = 'y'}\n```\n\n```\nall {resource.type='a', resource.compartment.id='x'},\nall {resource.type='b', resource.compartment.id='x'}\n\"Allow group E to use keys in tenancy,\n\"Allow group F to use keys in tenancy\"\n--> Desc = Allow Dynamic Group G to extract reports in tenancy\n```\n";
        let texts: Vec<_> = statements(text).into_iter().map(|(text, _)| text).collect();
        assert_eq!(
            texts,
            [
                "Allow group A to read objects in compartment B where target.bucket.name='b'",
                "Allow group C to use keys in tenancy",
                "Allow group D to use keys in tenancy where ANY { request.operation='a', request.operation='b' }",
                "Allow any-user to use keys in tenancy where all {\nrequest.user.id = 'x',\nrequest.user.name = 'y'}",
                "Allow group E to use keys in tenancy,",
                "Allow group F to use keys in tenancy",
            ]
        );
        assert_eq!(read(FileId(0), text).matching_rules.len(), 2);
    }

    #[test]
    fn marks_of_bold_text_are_left_out_and_an_ellipsis_is_unknown() {
        let text = "```\nAllow **{group name}** to manage virtual-network-family in **{location}**\n```\n\n`Allow group A to use functions-family ... where request.principal.type='x'`\n\n<pre>Allow group <b>B</b> to use <i>keys</i> in tenancy where request.user.name = /**/</pre>\n";
        let found = statements(text);
        let texts: Vec<_> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Allow {group name} to manage virtual-network-family in {location}",
                "Allow group A to use functions-family ... where request.principal.type='x'",
                "Allow group B to use keys in tenancy where request.user.name = /**/",
            ]
        );
        let parts = read(FileId(0), text);
        for statement in &parts.statements {
            let parsed = crate::policy::parse(statement.text.as_str(), &statement.text.hole_spans());
            let errors = parsed.errors.iter().filter(|error| error.severity == crate::diag::Severity::Error);
            assert_eq!(errors.count(), 0, "{:?}", parsed.errors);
        }
        // What is edited in the statement lies where it stands in the file.
        let first = &parts.statements[0].text;
        let at = first.as_str().find("manage").unwrap();
        let place = first.editable(Span::new(at, at + 6)).unwrap();
        assert_eq!(place.span.of(text), "manage");
        assert_eq!(first.editable(Span::new(0, first.as_str().len())), None);
    }

    #[test]
    fn brackets_that_are_escaped_where_nothing_needs_it_are_brackets() {
        let text = "`Allow group \\<name\\> to use queues in compartment \\<name of it\\>`\n\n- Allow group \\<name\\> to use keys in tenancy where target.key.name = 'a\\b'\n";
        let texts: Vec<_> = statements(text).into_iter().map(|(text, _)| text).collect();
        assert_eq!(
            texts,
            [
                "Allow group <name> to use queues in compartment <name of it>",
                "Allow group <name> to use keys in tenancy where target.key.name = 'a\\b'",
            ]
        );
        assert_eq!(read(FileId(0), text).statements[0].text.holes().len(), 2);
    }

    #[test]
    fn a_mark_that_is_escaped_in_running_text_is_itself_and_in_code_keeps_its_backslash() {
        let text = "- Allow group domain\\_admins to read metrics in compartment a\\_b\n\n`Allow group c\\_d to use keys in tenancy`\n";
        let texts: Vec<_> = statements(text).into_iter().map(|(text, _)| text).collect();
        assert_eq!(
            texts,
            [
                "Allow group domain_admins to read metrics in compartment a_b",
                "Allow group c\\_d to use keys in tenancy"
            ]
        );
    }

    #[test]
    fn running_text_is_prose() {
        let found =
            statements("- Allow group A to use buckets in tenancy\n\nAllow users to read their mail.\n");
        assert_eq!(found, [("Allow group A to use buckets in tenancy".to_owned(), Role::Prose)]);
    }
}
