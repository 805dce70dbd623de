//! Plain text: one statement a line. A file named as such holds nothing else; among the lines of any other
//! text only what begins as a statement counts.

use crate::text::{FileId, MappedText, Place, Span};

use super::comments::{self, Comments};
use super::configuration::Role;
use super::markdown::without_marks;
use super::parts::Parts;
use super::recognise::looks_like_matching_rule;
use super::scan::{self, Found, scan};

/// Reads a text; `every_line` takes each line that is neither empty nor a comment for a statement.
pub(super) fn read(file: FileId, text: &str, every_line: bool) -> Parts {
    let mut parts =
        Parts { comments: comments::collect(file, text, Comments::HashOrSlashes), ..Parts::default() };
    let lines = scan::lines(text);
    let found = if every_line { all(text, &lines) } else { scan(text, &lines) };
    let role = if every_line { Role::Policy } else { Role::Candidate };
    let mut index = 0;
    for hit in found {
        let own = scan::text_of(&hit, text, file, 0);
        let own = if every_line { own } else { without_marks(&own) };
        let home = Place { file, span: hit.span };
        if hit.rule {
            parts.matching_rule(own, home, None, None, role);
        } else {
            parts.statement(own, home, None, Some(index), role);
            index += 1;
        }
    }
    parts
}

/// Each line that says something, with the lines that only go on with it.
fn all(text: &str, lines: &[Span]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for line in lines {
        let own = line.of(text).trim_start_matches('\u{feff}');
        let content = own.trim();
        let start = line.end() - own.trim_start().len();
        if content.is_empty() || content.starts_with('#') || content.starts_with("//") {
            continue;
        }
        let indented = own.len() > own.trim_start().len();
        if let Some(last) = found.last_mut() {
            let current = last.span.of(text);
            let open = current.matches('{').count() > current.matches('}').count();
            let bracket = content.starts_with(['}', '{']);
            let word = content.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
            let clause = matches!(word.as_str(), "where" | "in" | "to");
            let adjoins = text.get(last.span.end()..start).is_some_and(|gap| gap.matches('\n').count() == 1);
            if adjoins && (bracket || clause || indented && open) && scan::continues(current, content) {
                last.span = Span::new(last.span.start(), start + content.len());
                last.rule = looks_like_matching_rule(last.span.of(text));
                continue;
            }
        }
        let (span, escapes) = unwrapped(content, start);
        found.push(Found { span, gaps: Vec::new(), escapes, rule: looks_like_matching_rule(span.of(text)) });
    }
    found
}

/// A line without the quotes and the comma that it was copied with.
fn unwrapped(content: &str, start: usize) -> (Span, bool) {
    let whole = Span::new(start, start + content.len());
    let inner = content.strip_suffix(',').unwrap_or(content);
    let inner = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.is_empty() => (Span::new(start + 1, start + 1 + inner.len()), true),
        _ => (whole, false),
    }
}

/// Reads code in which statements stand, in strings or on lines of their own.
pub(super) fn read_code(file: FileId, text: &str, comment: Comments) -> Parts {
    let mut parts = Parts { comments: comments::collect(file, text, comment), ..Parts::default() };
    let lines: Vec<Span> = scan::lines(text)
        .into_iter()
        .filter(|line| !line.of(text).trim_start().starts_with(['#', '/']))
        .collect();
    for hit in scan(text, &lines) {
        add(&mut parts, scan::text_of(&hit, text, file, 0), &hit, Place { file, span: hit.span });
    }
    parts
}

fn add(parts: &mut Parts, own: MappedText, hit: &Found, home: Place) {
    if hit.rule {
        parts.matching_rule(own, home, None, None, Role::Candidate);
    } else {
        parts.statement(own, home, None, None, Role::Candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_policy_file_is_a_statement_well_formed_or_not() {
        let text = "\u{feff}# title\r\nmange buckets  \r\n\r\n  // no\r\nAllow group A to use x in tenancy\r\n\"Allow \\\"b\\\"\",\r\nALL {resource.id = 'x'}\r\n";
        let parts = read(FileId(0), text, true);
        let texts: Vec<_> = parts.statements.iter().map(|s| (s.text.as_str(), s.index)).collect();
        assert_eq!(
            texts,
            [
                ("mange buckets", Some(0)),
                ("Allow group A to use x in tenancy", Some(1)),
                ("Allow \"b\"", Some(2))
            ]
        );
        assert_eq!(parts.statements[0].place.span.of(text), "mange buckets");
        assert_eq!(parts.matching_rules.len(), 1);
        assert_eq!(read(FileId(0), text, false).statements.len(), 1);
    }

    #[test]
    fn the_first_line_counts_behind_a_byte_order_mark_too() {
        let text =
            "\u{feff}Allow group A to use buckets in tenancy\nAllow group B to use buckets in tenancy\n";
        for every_line in [true, false] {
            let parts = read(FileId(0), text, every_line);
            let texts: Vec<_> = parts.statements.iter().map(|s| s.place.span.of(text)).collect();
            assert_eq!(
                texts,
                ["Allow group A to use buckets in tenancy", "Allow group B to use buckets in tenancy"]
            );
        }
    }

    #[test]
    fn what_a_note_leaves_out_is_unknown() {
        let text = "Allow group A to use functions-family ... where request.user.id = 'x'\n";
        assert_eq!(read(FileId(0), text, false).statements[0].text.holes().len(), 1);
        assert_eq!(read(FileId(0), text, true).statements[0].text.holes().len(), 0);
    }

    #[test]
    fn a_condition_over_lines_belongs_to_its_statement() {
        let text = "Allow any-user to use x in tenancy where all {\n  request.a = 'b',\n  request.c = 'd'\n}\nAllow group A to {X in tenancy\nmange b\n";
        let parts = read(FileId(0), text, true);
        assert_eq!(parts.statements.len(), 3, "{:?}", parts.statements);
        assert!(parts.statements[0].text.as_str().ends_with("'d'\n}"));
    }
}
