//! What Terraform takes and hcl-edit refuses, changed in a copy of equal length so that places stay.

use super::scan::{Kind, Mark, scan, sequences};

/// How deep strings are followed into their templates.
const DEEPEST: usize = 8;

/// A copy of the text whose heredocs end for hcl-edit where they end for Terraform. It looks for a line that
/// begins with the closing word, Terraform for one that holds nothing else; and it does not see the end of a
/// heredoc without a line, but goes on to that of the next. `None` when nothing had to change.
pub(super) fn safe_heredocs(text: &str) -> Option<String> {
    memchr::memmem::find(text.as_bytes(), b"<<")?;
    let mut copy = text.as_bytes().to_vec();
    for mark in scan(text).iter().filter(|mark| mark.kind == Kind::Heredoc) {
        mask_false_ends(text, mark, &mut copy);
    }
    let copy = String::from_utf8(copy).ok()?;
    (copy != text).then_some(copy)
}

fn mask_false_ends(text: &str, mark: &Mark, copy: &mut [u8]) {
    let own = text.get(mark.start..mark.end).unwrap_or("");
    let mut lines = own.split_inclusive('\n').peekable();
    let Some(first) = lines.next() else { return };
    let word = first.trim_start_matches("<<").trim_start_matches('-').trim();
    let mut at = mark.start + first.len();
    let mut empty = true;
    while let Some(line) = lines.next() {
        let start = at + line.len() - line.trim_start().len();
        if lines.peek().is_none() {
            break;
        }
        empty = false;
        if line.trim_start().starts_with(word) && word.starts_with(|c: char| c.is_ascii()) {
            let other = if word.starts_with('Z') { b'Y' } else { b'Z' };
            copy.get_mut(start..start + 1).unwrap_or(&mut []).fill(other);
        }
        at += line.len();
    }
    if empty {
        fill(copy, mark.start, mark.end);
        copy.get_mut(mark.start..mark.start + 2).unwrap_or(&mut []).fill(b'"');
    }
}

/// A copy of the text in which the line ends that Terraform ignores are spaces, and the comments before them
/// too: inside parentheses, brackets, `{ for … }` and template sequences. `None` when there are none.
pub(super) fn adapted(text: &str) -> Option<String> {
    let mut copy = text.as_bytes().to_vec();
    blank(text, 0, false, 0, &mut copy);
    let copy = String::from_utf8(copy).ok()?;
    (copy != text).then_some(copy)
}

/// Blanks the line ends of `text`, which begins at byte `base` of the copy. `ignored` tells whether line ends
/// are ignored where it stands.
fn blank(text: &str, base: usize, ignored: bool, depth: usize, copy: &mut [u8]) {
    let marks = scan(text);
    let mut inside = vec![ignored];
    let mut after_heredoc = false;
    for (index, mark) in marks.iter().enumerate() {
        match mark.kind {
            Kind::Open(bracket) => inside.push(bracket != b'{' || begins_for(text, &marks, index)),
            Kind::Close(_) if inside.len() > 1 => {
                inside.pop();
            }
            // The delimiter that closes a heredoc keeps its line.
            Kind::Newline if after_heredoc => {}
            Kind::Newline if inside.last() == Some(&true) => {
                let return_before = text.as_bytes().get(mark.start.wrapping_sub(1)) == Some(&b'\r');
                fill(copy, base + mark.start - usize::from(return_before), base + mark.end);
            }
            Kind::Comment if inside.last() == Some(&true) => fill(copy, base + mark.start, base + mark.end),
            Kind::Quoted | Kind::Heredoc if depth < DEEPEST => {
                for part in sequences(text, mark) {
                    if let Some(inner) = text.get(part.start..part.end) {
                        blank(inner, base + part.start, true, depth + 1, copy);
                    }
                }
            }
            _ => {}
        }
        after_heredoc = mark.kind == Kind::Heredoc;
    }
}

fn begins_for(text: &str, marks: &[Mark], open: usize) -> bool {
    let mut after = marks.get(open + 1..).unwrap_or(&[]).iter();
    let next = after.find(|mark| !matches!(mark.kind, Kind::Newline | Kind::Comment));
    next.is_some_and(|next| next.kind == Kind::Text && text.get(next.start..next.end) == Some("for"))
}

fn fill(copy: &mut [u8], start: usize, end: usize) {
    copy.get_mut(start..end).unwrap_or(&mut []).fill(b' ');
}

/// The text with the name at `at` changed to another of equal length.
pub(super) fn renamed(text: &str, at: usize, round: usize) -> Option<String> {
    if text.get(at..)?.starts_with("\"\"") {
        return Some(format!("{}{}{}", text.get(..at)?, other_name(2, round)?, text.get(at + 2..)?));
    }
    // Behind the quote, bracket or template marker that the key begins with.
    let start = at + text.get(at..)?.find(|c: char| c.is_alphanumeric() || c == '_')?;
    let length = name_length(text, start);
    Some(format!("{}{}{}", text.get(..start)?, other_name(length, round)?, text.get(start + length..)?))
}

/// Length of the name that begins at `at`.
pub(super) fn name_length(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len())
}

/// A name of this many bytes that no file holds but by chance, another one each round.
fn other_name(length: usize, round: usize) -> Option<String> {
    let digits = b"zqxjkvwyZQXJKVWYbfghlmnprstBFGHLMNPRST";
    let mut other = vec![b'z'; length];
    let mut rest = round + 1;
    for byte in other.iter_mut().rev() {
        *byte = *digits.get(rest % digits.len())?;
        rest /= digits.len();
    }
    String::from_utf8(other).ok()
}
