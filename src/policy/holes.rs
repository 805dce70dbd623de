//! Finds the parts of a text that are unknown: template expressions and documentation placeholders.
//!
//! Looks at characters only, not at the grammar: a hole may stand anywhere, inside quotes too.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::character::complete::alphanumeric1;
use nom::combinator::{not, opt, recognize, verify};
use nom::sequence::delimited;
use nom::{IResult, Parser};

use super::keyword::Keyword;
use crate::text::Span;

/// Longest placeholder or Jinja expression that is believed.
const LONGEST: usize = 300;

/// The holes in `text`: `${…}`, `%{…}`, `{{ … }}`, `<a-placeholder>`, `##NAME##`, `$NAME`, `%s`; in order,
/// none overlapping another.
pub fn holes(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut finder = Finder::default();
    let mut at = 0;
    while let Some(start) = next_sign(text, at) {
        let rest = text.get(start..).unwrap_or("");
        match finder.hole(rest).or_else(|| bracketed_name(text.get(..start).unwrap_or(""), rest)) {
            Some(length) if length > 0 => {
                found.push(Span::new(start, start + length));
                at = start + length;
            }
            _ => at = start + 1,
        }
    }
    found
}

/// The given holes and those found in the text: sorted, joined where they overlap; a given hole that does
/// not fit the text is left out.
pub(super) fn all_holes(text: &str, given: &[Span]) -> Vec<Span> {
    let mut all = if next_sign(text, 0).is_some() { holes(text) } else { Vec::new() };
    if given.is_empty() {
        return all;
    }
    all.extend(given.iter().filter(|span| !span.is_empty() && text.get(span.range()).is_some()));
    all.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(all.len());
    for span in all {
        match joined.last_mut() {
            Some(last) if last.overlaps(span) => *last = last.to(span),
            _ => joined.push(span),
        }
    }
    joined
}

/// The next byte that may begin a hole.
fn next_sign(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(from..)?;
    bytes
        .iter()
        .position(|byte| matches!(byte, b'$' | b'%' | b'<' | b'#' | b'{' | b'['))
        .map(|found| from + found)
}

/// Whether the hole is a placeholder of a documentation page, left in by mistake.
pub(super) fn is_placeholder(hole: &str) -> bool {
    hole.starts_with(['<', '['])
        || hole.starts_with("##")
        || (hole.starts_with('{') && !hole.starts_with("{{"))
}

/// Whether a template expression is opened and never closed. Where it ends is a guess that hangs on the white
/// space after it.
pub(super) fn has_open_template(text: &str) -> bool {
    next_sign(text, 0).is_some()
        && holes(text).iter().map(|hole| hole.of(text)).any(|hole| is_template(hole) && !hole.ends_with('}'))
}

fn is_template(text: &str) -> bool {
    text.starts_with("${") || text.starts_with("%{")
}

#[derive(Default)]
struct Finder {
    /// A template expression ran to the end of the text: look no further than the next brace from now
    /// on, so that the search stays linear.
    unbalanced: bool,
}

impl Finder {
    /// The length of the hole at the start of `rest`.
    fn hole(&mut self, rest: &str) -> Option<usize> {
        if is_template(rest) {
            return Some(self.template(rest));
        }
        let parsed: IResult<&str, &str> =
            alt((jinja, angle, hashes, shell_variable, format_verb)).parse(rest);
        parsed.ok().map(|(_, hole)| hole.len())
    }

    /// `${…}` and `%{…}`: balanced braces, strings inside skipped, templates inside those too.
    fn template(&mut self, rest: &str) -> usize {
        if !self.unbalanced {
            if let Some(length) = balanced(rest, true).or_else(|| balanced(rest, false)) {
                return length;
            }
            self.unbalanced = true;
        }
        let end = rest.find(|c: char| c == '}' || c.is_whitespace());
        match end {
            Some(end) if rest.as_bytes().get(end) == Some(&b'}') => end + 1,
            Some(end) => end,
            None => rest.len(),
        }
    }
}

/// The length up to the brace that closes the first one.
fn balanced(rest: &str, strings: bool) -> Option<usize> {
    // What is open: `{`, or `"` for a string inside an expression.
    let mut open: Vec<u8> = Vec::new();
    let mut bytes = rest.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        let in_string = open.last() == Some(&b'"');
        match byte {
            b'\\' if in_string => {
                bytes.next();
            }
            b'"' if in_string => {
                open.pop();
            }
            b'"' if strings && !open.is_empty() => open.push(b'"'),
            b'$' | b'%' if in_string && matches!(bytes.peek(), Some((_, b'{'))) => {
                bytes.next();
                open.push(b'{');
            }
            b'{' if !in_string => open.push(b'{'),
            b'}' if !in_string => {
                open.pop();
                if open.is_empty() {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// `{{ name }}`, not `{{a = 'b'}}`, which is a condition with a brace too many.
fn jinja(input: &str) -> IResult<&str, &str> {
    let expression = |c: char| !matches!(c, '{' | '}' | '=' | ',' | '\n');
    recognize(delimited(tag("{{"), take_while_m_n(1, LONGEST, expression), tag("}}"))).parse(input)
}

/// `<group name>`, not the operator `<`.
fn angle(input: &str) -> IResult<&str, &str> {
    let inner = verify(
        take_while_m_n(1, LONGEST, |c: char| !matches!(c, '<' | '>' | '=' | '\n' | '{' | '}')),
        |name: &str| {
            name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '"' | '\''))
                && !name.ends_with(' ')
        },
    );
    recognize(delimited(tag("<"), inner, tag(">"))).parse(input)
}

/// `##COMPARTMENT_OCID##`.
fn hashes(input: &str) -> IResult<&str, &str> {
    recognize(delimited(tag("##"), take_while1(word), tag("##"))).parse(input)
}

/// `$NAME`, `$(name)`.
fn shell_variable(input: &str) -> IResult<&str, &str> {
    let name = (verify(take_while1(word), |name: &str| !name.starts_with(|c: char| c.is_ascii_digit())),);
    let command = delimited(tag("("), take_while(|c| c != ')'), tag(")"));
    recognize((tag("$"), alt((recognize(name), recognize(command))))).parse(input)
}

/// `%s`, `%[1]s`, `%(name)s`.
fn format_verb(input: &str) -> IResult<&str, &str> {
    let index = delimited(tag("["), take_while1(|c: char| c.is_ascii_digit()), tag("]"));
    let key = delimited(tag("("), take_while1(word), tag(")"));
    let verb = alt((tag("s"), tag("d"), tag("v"), tag("q")));
    recognize((tag("%"), opt(alt((index, key))), verb, not(alphanumeric1))).parse(input)
}

/// The length of `{name}`, `[a name]` or `< a name >` where only a name can stand: after `group`, `compartment`, `id`, `in`.
fn bracketed_name(before: &str, rest: &str) -> Option<usize> {
    let before = before.trim_end();
    let keyword = before
        .get(before.len().saturating_sub(13)..)
        .or_else(|| before.get(before.len().saturating_sub(11)..));
    let keyword = keyword?.rsplit(char::is_whitespace).next()?;
    let announces_name = matches!(
        Keyword::of(keyword),
        Keyword::Group
            | Keyword::DynamicGroup
            | Keyword::Id
            | Keyword::Compartment
            | Keyword::Service
            | Keyword::In
    );
    // Behind the first word permissions may stand, which are written in capitals.
    let announces_subject =
        matches!(Keyword::of(keyword), Keyword::Allow | Keyword::Deny | Keyword::Endorse | Keyword::Admit)
            && rest.get(1..).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    if !announces_name && !announces_subject {
        return None;
    }
    let named = |c: char| word(c) || matches!(c, '-' | ' ');
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '/');
    let braces = delimited(tag("{"), take_while_m_n(1, LONGEST, named), tag("}"));
    let brackets = delimited(tag("["), take_while_m_n(1, LONGEST, inside), tag("]"));
    // Spaces at both ends: elsewhere these are operators.
    let spaced = verify(take_while_m_n(3, LONGEST, |c: char| inside(c) || c == '\''), |name: &str| {
        name.starts_with(' ') && name.ends_with(' ') && !name.trim().is_empty()
    });
    let angles = delimited(tag("<"), spaced, tag(">"));
    let found: IResult<&str, &str> = recognize(alt((braces, brackets, angles))).parse(rest);
    found.ok().map(|(_, found)| found.len()).or_else(|| alternatives(rest))
}

/// `[ tenancy | compartment <name> ]`: a page that leaves a choice.
fn alternatives(rest: &str) -> Option<usize> {
    let end = rest.get(..rest.len().min(LONGEST)).unwrap_or(rest).find(']')?;
    let inside = rest.get(1..end)?;
    (rest.starts_with('[') && inside.contains('|') && !inside.contains(['[', '\'', '{', '=']))
        .then_some(end + 1)
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        holes(text).iter().map(|span| span.of(text)).collect()
    }

    #[test]
    fn a_choice_in_brackets_is_one_hole() {
        let choice = "[ tenancy | compartment <name> | compartment id <ocid> ]";
        assert_eq!(found(&format!("allow group A to use b in {choice} where c = 'd'")), [choice]);
        assert_eq!(found("allow group A to use b in tenancy where c in ['d', 'e|f']"), [""; 0]);
    }

    #[test]
    fn template_expressions_are_balanced_through_strings() {
        assert_eq!(found(r#"a ${x["}"]} b"#), [r#"${x["}"]}"#]);
        assert_eq!(found(r#"{${c ? ",a${b}}" : "}"}"#), [r#"${c ? ",a${b}}" : "}"}"#]);
        assert_eq!(found("%{ if x }a%{ endif }"), ["%{ if x }", "%{ endif }"]);
        assert_eq!(found("${open to the end"), ["${open"]);
        assert_eq!(found(r#"${x[\"a\"]} b"#), [r#"${x[\"a\"]}"#]);
    }

    #[test]
    fn placeholders_are_told_from_operators_and_braces() {
        assert_eq!(found("group <the group's name> to"), ["<the group's name>"]);
        assert_eq!(found("a < b, c > d"), [""; 0]);
        assert_eq!(found("group {{ name | lower }} to"), ["{{ name | lower }}"]);
        assert_eq!(found("where all {{request.region = 'x'}}"), [""; 0]);
        assert_eq!(found("id ##OCID## '%s' $X %(a)s"), ["##OCID##", "%s", "$X", "%(a)s"]);
    }

    #[test]
    fn a_name_in_brackets_is_a_placeholder_only_where_a_name_must_stand() {
        assert_eq!(found("group {g} to {A_B} in compartment id [the OCID]"), ["{g}", "[the OCID]"]);
        assert_eq!(found("Allow {group name} to {A_B} in {location}"), ["{group name}", "{location}"]);
        assert_eq!(
            found("group < the group > to use b in compartment id < ocid >"),
            ["< the group >", "< ocid >"]
        );
        assert_eq!(found("Allow {A_B} in tenancy"), [""; 0]);
        assert_eq!(found("group A {A_B} in tenancy where all {x}"), [""; 0]);
    }

    #[test]
    fn many_open_templates_cost_one_pass() {
        let text = "${\"".repeat(100_000);
        assert_eq!(holes(&text).len(), 1);
    }
}
