//! Finds statements and matching rules in lines of code or text that no reader of a format takes apart:
//! code blocks, templates that are not yet YAML, long strings with one statement a line.

use std::sync::LazyLock;

use regex::Regex;

use super::recognise::{DESCRIPTIONS, looks_like_matching_rule, looks_like_statement};
use crate::policy::START_WORDS;
use crate::text::{FileId, MappedText, Origin, Place, Span, TextBuilder};

/// Longest text that is taken for a statement.
const LONGEST: usize = 8_000;

/// A statement or matching rule in a scanned text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its bytes in the scanned text.
    pub span: Span,
    /// The bytes in it that don't belong to it: margins of lines, such as quote marks.
    pub gaps: Vec<Span>,
    /// Whether it stands in double quotes, where a backslash escapes.
    pub escapes: bool,
    /// Whether it is a matching rule.
    pub rule: bool,
}

/// The text of a found statement, for a scanned text that stands in a file at `base`.
pub(super) fn text_of(found: &Found, text: &str, file: FileId, base: usize) -> MappedText {
    let mut builder = TextBuilder::new();
    let place = |start: usize, end: usize| Place { file, span: Span::new(base + start, base + end) };
    let mut at = found.span.start();
    let mut gaps = found.gaps.iter().peekable();
    while at < found.span.end() {
        if let Some(gap) = gaps.next_if(|gap| gap.start() <= at) {
            builder.push(" ", place(gap.start(), gap.end()), Origin::Escaped, None);
            at = gap.end().max(at);
            continue;
        }
        let until = gaps.peek().map_or(found.span.end(), |gap| gap.start().min(found.span.end()));
        let rest = text.get(at..until).unwrap_or("");
        let plain = if found.escapes { rest.find('\\').unwrap_or(rest.len()) } else { rest.len() };
        if plain > 0 {
            builder.push(rest.get(..plain).unwrap_or(""), place(at, at + plain), Origin::Verbatim, None);
            at += plain;
            continue;
        }
        let escaped = rest.chars().nth(1);
        let (length, decoded) = match escaped {
            Some('n') => (2, "\n"),
            Some('t') => (2, "\t"),
            Some('"') => (2, "\""),
            Some('\'') => (2, "'"),
            Some('\\') => (2, "\\"),
            _ => (1, ""),
        };
        if decoded.is_empty() {
            builder.push(rest.get(..1).unwrap_or(""), place(at, at + 1), Origin::Verbatim, None);
        } else {
            builder.push(decoded, place(at, at + length), Origin::Escaped, None);
        }
        at = (at + length.max(1)).min(found.span.end());
        if rest.is_empty() {
            break;
        }
    }
    builder.finish()
}

/// The lines of a text, line breaks and the mark at its beginning excluded.
pub(super) fn lines(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let bytes = text.as_bytes();
    // A lone carriage return ends a line too.
    for end in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        if bytes.get(end) == Some(&b'\r') && bytes.get(end + 1) == Some(&b'\n') || end < at {
            continue;
        }
        let crlf = end > at && bytes.get(end) == Some(&b'\n') && bytes.get(end - 1) == Some(&b'\r');
        found.push(Span::new(at, end - usize::from(crlf)));
        at = end + 1;
    }
    if at < text.len() {
        found.push(Span::new(at, text.len()));
    }
    found
}

/// The statements and matching rules in the given lines of a text, in order.
pub(super) fn scan(text: &str, lines: &[Span]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut index = 0;
    // Where in the current line scanning goes on.
    let mut from = 0;
    // Up to here no string is closed, as far as one may be long: looking again would be quadratic.
    let mut open_until = 0;
    while let Some(line) = lines.get(index) {
        let start = line.start().max(from);
        match candidate(text, Span::new(start, line.end()), start == line.start()) {
            None => index += 1,
            Some(Start { at, quote }) => {
                let hit = match quote {
                    Some(quote) if at >= open_until => {
                        let string = quoted(text, lines, index, at, quote);
                        string.unwrap_or_else(|reached| {
                            open_until = reached;
                            unquoted(text, lines, index, at)
                        })
                    }
                    _ => unquoted(text, lines, index, at),
                };
                from = at + 1;
                if let Some(hit) = hit {
                    from = hit.span.end().max(from);
                    while lines.get(index).is_some_and(|line| line.end() < from) {
                        index += 1;
                    }
                    if !describes(text.get(start..at).unwrap_or("")) {
                        found.push(hit);
                    }
                }
                // The rest of a line without quotes is text that was judged as a whole.
                if quote.is_none() && lines.get(index).is_some_and(|line| line.end() <= from) {
                    index += 1;
                }
            }
        }
    }
    found
}

struct Start {
    at: usize,
    quote: Option<Quote>,
}

/// The quote before a statement.
#[derive(Clone, Copy)]
struct Quote {
    mark: char,
    /// Whether a backslash stands before it: a string inside a shell's string.
    escaped: bool,
}

impl Quote {
    /// The quote that a text ends with.
    fn at_end(before: &str) -> Option<Self> {
        let mark = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let escaped = before.strip_suffix(mark).is_some_and(|before| before.ends_with('\\'));
        Some(Self { mark, escaped })
    }
}

/// The next place in a line where a statement or rule may begin: at its start, or behind a quote.
fn candidate(text: &str, line: Span, fresh: bool) -> Option<Start> {
    static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let statement = r"(allow|deny|define|endorse|admit)\s";
        let rule = r"(any|all)\s*\{|(instance|resource|tag)\.[a-z]";
        Regex::new(&format!("(?i)(?:{statement}|{rule})")).ok()
    });
    let own = line.of(text);
    let content = line.start() + margin(own);
    for hit in WORD.as_ref()?.find_iter(own) {
        let at = line.start() + hit.start();
        let before = text.get(line.start()..at).unwrap_or("");
        let quote = Quote::at_end(before);
        // `Statement: allow …`, `policy = allow …`
        let labelled = fresh && before.len() < 60 && before.trim_end().ends_with([':', '=']);
        if quote.is_some() || labelled || fresh && at == content {
            return Some(Start { at, quote });
        }
    }
    None
}

/// Whether what stands before a statement ends in the key of a description: `Desc = `, `"description": "`.
fn describes(before: &str) -> bool {
    let key = before.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\\'));
    let Some(key) = key.strip_suffix([':', '=']) else { return false };
    let key = key.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    let word = key.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
    DESCRIPTIONS.iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// Length of what may stand before a statement on its line: space, list marks, prompts, tags, a quote.
pub(super) fn margin(line: &str) -> usize {
    let mut rest = line;
    loop {
        let before = rest.len();
        rest = rest.trim_start();
        for mark in ["- ", "* ", "+ ", "• ", "$ ", "<copy>", "<pre>", "<code>", "<b>", "**", "\"", "'", "`"]
        {
            rest = rest.strip_prefix(mark).unwrap_or(rest);
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=3).contains(&digits) {
            let after = rest.get(digits..).unwrap_or("");
            rest = after.strip_prefix(". ").or_else(|| after.strip_prefix(") ")).unwrap_or(rest);
        }
        if rest.len() == before {
            return line.len() - rest.len();
        }
    }
}

/// The end of a line's own text: tags, trailing space and a shell's continuation don't belong to it.
fn trimmed_end(text: &str, line: Span) -> usize {
    let mut own = line.of(text);
    loop {
        let before = own.len();
        own = own.trim_end();
        for mark in ["</copy>", "</pre>", "</code>", "</b>", "<br>", "<br/>", "**"] {
            own = own.strip_suffix(mark).unwrap_or(own);
        }
        if own.len() == before {
            return line.start() + own.len();
        }
    }
}

/// A string in quotes that begins at `at`, over lines where it has to; how far it was followed, for one
/// that is never closed: a stray quote before a statement that fills its line.
fn quoted(text: &str, lines: &[Span], index: usize, at: usize, quote: Quote) -> Result<Option<Found>, usize> {
    let mut gaps = Vec::new();
    let mut from = at;
    let mut nested = 0_usize;
    for (step, line) in lines.get(index..).unwrap_or(&[]).iter().enumerate() {
        if step > 0 {
            let content = line.start() + (line.len() - line.of(text).trim_start().len());
            if begins_anew(Span::new(content, line.end()).of(text)) {
                return Err(line.start());
            }
            push_gap(text, &mut gaps, from, line.start());
            from = content;
        }
        let own = text.get(from..line.end()).unwrap_or("");
        let mut characters = own.char_indices().peekable();
        while let Some((offset, c)) = characters.next() {
            if from + offset > at + LONGEST {
                return Err(from + offset);
            }
            match c {
                '\\' if quote.escaped
                    && own.get(offset + 1..).is_some_and(|rest| rest.starts_with(quote.mark)) =>
                {
                    // In strings inside strings a quote has several backslashes before it.
                    let end = text.get(at..from + offset).unwrap_or("").trim_end_matches('\\').len();
                    return Ok(judged(text, Span::new(at, at + end), gaps, false));
                }
                '\\' => {
                    characters.next();
                }
                '{' if nested > 0 || own.get(..offset).is_some_and(|before| before.ends_with('$')) => {
                    nested += 1
                }
                '}' if nested > 0 => nested -= 1,
                _ if c == quote.mark && nested == 0 && !quote.escaped => {
                    let after = own.get(offset + 1..).unwrap_or("").trim_start();
                    // Statements hold single quotes themselves.
                    let closes =
                        c != '\'' || after.is_empty() || after.starts_with([',', ']', ')', '}', ';', '\\']);
                    if closes {
                        let escapes = c == '"';
                        return Ok(judged(text, Span::new(at, from + offset), gaps, escapes));
                    }
                }
                _ => {}
            }
        }
        from = line.end();
    }
    Err(from)
}

/// Whether a line begins with another statement in quotes: the string before it was never closed.
fn begins_anew(line: &str) -> bool {
    let content = line.trim_start_matches(['\\', '"', '\'']);
    let word = content.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
    content.len() < line.len() && START_WORDS.contains(&word.as_str())
}

/// A statement that begins at `at` and goes to the end of its line, or on over the next ones.
fn unquoted(text: &str, lines: &[Span], index: usize, at: usize) -> Option<Found> {
    let first = lines.get(index)?;
    let mut end = trimmed_end(text, *first).max(at);
    let mut gaps = Vec::new();
    for line in lines.get(index + 1..)?.iter() {
        let own = line.of(text);
        let content = own.trim_start();
        let last = trimmed_end(text, *line);
        let current = text.get(at..end).unwrap_or("");
        if end - at > LONGEST || !continues(current, content) {
            break;
        }
        let start = line.end() - content.len();
        push_gap(text, &mut gaps, end, start);
        end = last.max(start);
    }
    judged(text, Span::new(at, end), gaps, false)
}

/// Notes a margin between two lines, unless it is nothing but space.
fn push_gap(text: &str, gaps: &mut Vec<Span>, from: usize, to: usize) {
    if text.get(from..to).is_some_and(|gap| !gap.trim().is_empty()) {
        gaps.push(Span::new(from, to));
    }
}

/// The first word of a line, in lower case.
fn first_word(line: &str) -> String {
    let start = line.get(..line.len().min(40)).unwrap_or(line).to_ascii_lowercase();
    let ends = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.');
    start.split(ends).next().unwrap_or("").to_owned()
}

/// Whether a line goes on with a statement rather than beginning something new.
pub(super) fn continues(current: &str, next: &str) -> bool {
    let word = first_word(next);
    if next.trim().is_empty()
        // Behind a list mark or a quote, too, another statement may begin.
        || START_WORDS.contains(&first_word(next.get(margin(next)..).unwrap_or(next)).as_str())
        || next.starts_with(['#', '`', '~', '<', '|'])
        || next.starts_with("//")
    {
        return false;
    }
    let tail = current.trim_end().to_ascii_lowercase();
    let open = tail.matches('{').count() > tail.matches('}').count();
    let unfinished = tail.ends_with([',', '{', '=', ':'])
        || [" to", " in", " where", " of", " id", " group", " compartment", " and", " with"]
            .iter()
            .any(|end| tail.ends_with(end));
    let follows = matches!(word.as_str(), "in" | "to" | "where" | "any" | "all" | "and" | "with" | "of")
        || word.starts_with("request.")
        || word.starts_with("target.")
        || next.starts_with(['{', '}']);
    // A matching rule is one group of conditions: what follows it is another.
    let first = tail.split_whitespace().next().unwrap_or("");
    let statement = START_WORDS.contains(&first);
    if !statement && !open && tail.trim_end_matches([',', ' ']).ends_with('}') {
        return false;
    }
    open || unfinished || statement && follows
}

fn judged(text: &str, span: Span, gaps: Vec<Span>, escapes: bool) -> Option<Found> {
    if span.len() > LONGEST {
        return None;
    }
    let own = span.of(text);
    // A line break in a string inside a string is two characters; what stands behind it may be another line.
    let line = own.split_once("\\n").filter(|(line, rest)| !escapes && !continues(line, rest.trim_start()));
    let span = line.map_or(span, |(line, _)| Span::new(span.start(), span.start() + line.trim_end().len()));
    let own = span.of(text);
    let gaps = gaps.into_iter().filter(|gap| gap.end() <= span.end()).collect();
    let rule = looks_like_matching_rule(own);
    (rule || looks_like_statement(own)).then_some(Found { span, gaps, escapes, rule })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let found = scan(text, &lines(text));
        found.iter().map(|found| text_of(found, text, FileId(0), 0).as_str().to_owned()).collect()
    }

    #[test]
    fn strings_and_lines_that_are_statements_are_found() {
        let code = r#"
resource "x" "y" {
  statements = ["Allow group ${local.g["a"]} to read buckets in tenancy", "Allow any-user to use keys in tenancy where request.user.name = \"x\""]
  # text
}
oci iam policy create --statements '["Allow group A to manage all-resources in tenancy"]'
  - Allow group B to read buckets in compartment C
* 'Allow group D to read buckets in tenancy where target.bucket.name = ''x'' '
Allow all traffic.
"#;
        assert_eq!(
            texts(code),
            [
                "Allow group ${local.g[\"a\"]} to read buckets in tenancy",
                "Allow any-user to use keys in tenancy where request.user.name = \"x\"",
                "Allow group A to manage all-resources in tenancy",
                "Allow group B to read buckets in compartment C",
                "Allow group D to read buckets in tenancy where target.bucket.name = ''x'' ",
            ]
        );
    }

    #[test]
    fn strings_in_strings_unclosed_ones_and_labels_are_understood() {
        let code = r#"--statements "[
  \"Allow group B to read buckets in tenancy where target.bucket.name='x'\",
  \"Allow group C to read buckets in tenancy\" ]"
"Allow group D to use keys in tenancy
"Allow group E to use keys in tenancy",
Statement: Allow group F to use keys in tenancy
"#;
        assert_eq!(
            texts(code),
            [
                "Allow group B to read buckets in tenancy where target.bucket.name='x'",
                "Allow group C to read buckets in tenancy",
                "Allow group D to use keys in tenancy",
                "Allow group E to use keys in tenancy",
                "Allow group F to use keys in tenancy",
            ]
        );
        let deep = r#"{"log": "{\\\"s\\\": [\\\"Allow group B to use keys in tenancy\\\", \\\\\\\"Allow group C to use keys in tenancy\\\\\\\"]}"}"#;
        assert_eq!(
            texts(deep),
            ["Allow group B to use keys in tenancy", "Allow group C to use keys in tenancy"]
        );
        let log = r"text: Allow group B to use keys in tenancy\n./runs/x.txt:10: compartment C";
        assert_eq!(texts(log), ["Allow group B to use keys in tenancy"]);
        let lone = "Allow group B to use keys in tenancy\rAllow group C to use keys in tenancy\r\n";
        assert_eq!(texts(lone).len(), 2);
    }

    #[test]
    fn statements_go_on_over_lines() {
        let text = "<copy>\nAllow dynamic-group X to use generative-ai-family\nin tenancy where any {\n  request.a = 'b',\n  request.c = 'd'\n}\nAllow group Y to read z in tenancy\n</copy>\nall {instance.compartment.id = 'ocid1.x',\n instance.id = 'y'}\n";
        let found = texts(text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(texts("ALL {resource.id = 'x'}\nALL {resource.id = 'y'}\n").len(), 2);
        assert!(found[0].ends_with("'d'\n}"));
        assert!(found[2].starts_with("all {") && found[2].ends_with('}'));
    }

    #[test]
    fn pathological_lines_are_scanned_in_time() {
        assert_eq!(texts(&"'allow x ".repeat(20_000)), [] as [&str; 0]);
        assert_eq!(texts(&"allow group a {\n".repeat(5_000)), [] as [&str; 0]);
        assert_eq!(texts(&"\"allow x\n".repeat(20_000)), [] as [&str; 0]);
    }
}
