//! What is wrong before the grammar begins: pasted quotes and list numbers, characters that can't be seen,
//! placeholders left in, quotes without an end.

use super::super::ast::Quote;
use super::super::error::{SyntaxError, SyntaxErrorKind as Kind, SyntaxFix};
use super::super::holes::is_placeholder;
use super::super::keyword::Keyword;
use super::super::lex::{Lexed, TokenKind, is_dash, is_invisible, plain_word};
use super::Parser;
use crate::diag::Severity;
use crate::text::Span;

/// The bytes of the statement itself, without quotes of a list and without a list number.
pub(super) fn strip_pasted(text: &str, holes: &[Span], errors: &mut Vec<SyntaxError>) -> Span {
    let mut start = text.len() - text.trim_start().len();
    let mut end = text.trim_end().len().max(start);
    let first = text.as_bytes().get(start).copied().unwrap_or(0);
    if first.is_ascii_alphabetic() || holes.first().is_some_and(|hole| hole.start() <= start) {
        return Span::new(start, end);
    }
    if let Some(length) = list_marker(text.get(start..end).unwrap_or("")) {
        let marker = Span::new(start, start + length);
        errors.push(SyntaxError {
            kind: Kind::PastedListMarker,
            severity: Severity::Error,
            span: Span::new(start, start + text.get(marker.range()).unwrap_or("").trim_end().len()),
            message: "a list marker stands before the statement".into(),
            help: Some("leave the marker out: a statement starts with its first keyword".into()),
            fix: Some(SyntaxFix { edits: vec![(marker, String::new())], safe: true }),
        });
        start = marker.end();
    }
    if let Some((open, close)) = outer_quotes(text.get(start..end).unwrap_or("")) {
        let (head, tail) = (Span::new(start, start + open), Span::new(end - close, end));
        let mut edits = vec![(head, String::new())];
        if !tail.is_empty() {
            edits.push((tail, String::new()));
        }
        errors.push(SyntaxError {
            kind: Kind::PastedQuotes,
            severity: Severity::Warning,
            span: head,
            message: "the statement stands in quotes of its own".into(),
            help: Some("leave out the quotes of the list that the statement was copied from".into()),
            fix: Some(SyntaxFix { edits, safe: true }),
        });
        start = head.end();
        end = tail.start().max(start);
    }
    Span::new(start, end)
}

/// Length of `1. `, `- `, `* `, `a) ` when a statement follows.
fn list_marker(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if rest.len() < text.len() {
        rest.strip_prefix(['.', ')', ':'])?
    } else {
        rest.strip_prefix(['-', '*', '•', '–', '+'])?
    };
    let statement = rest.trim_start();
    let quoted = statement.strip_prefix(['"', '\'']).unwrap_or(statement);
    let word = quoted.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    Keyword::of(word).starts_statement().then(|| text.len() - statement.len())
}

/// Lengths of the quote before the first keyword and of what closes it at the end.
fn outer_quotes(text: &str) -> Option<(usize, usize)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`' | '“' | '”'))?;
    let inner = text.get(quote.len_utf8()..)?;
    let spaces = inner.len() - inner.trim_start().len();
    let word = inner.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    if !Keyword::of(word).starts_statement() {
        return None;
    }
    let body = inner.trim_end_matches([',', ';', ' ', '\t', '\r', '\n']);
    let closes = body.ends_with(|c| c == quote || (quote == '“' && c == '”'));
    // An odd quote at the end belongs to a value when the quote that opens it is missing its own end.
    let kept = if closes { body.char_indices().next_back().map_or(0, |(at, _)| at) } else { inner.len() };
    Some((quote.len_utf8() + spaces, inner.len() - kept))
}

/// Reports what the lexer saw.
pub(super) fn report(parser: &mut Parser, lexed: &Lexed) {
    for span in &lexed.stray {
        let found = span.of(parser.text);
        parser
            .warn(Kind::StrayCharacters, *span, format!("`{found}` has no meaning here"))
            .help("leave it out; OCI is known to drop some such characters, but not which")
            .fix(*span, "");
    }
    for span in &lexed.odd_spaces {
        let visible = span.of(parser.text).chars().any(char::is_whitespace);
        let message =
            if visible { "this space is not a plain one" } else { "an invisible character stands here" };
        parser
            .warn(Kind::InvisibleCharacter, *span, message)
            .help("it comes from copying out of a web page or word processor: type it anew")
            .fix(*span, if visible { " " } else { "" });
    }
    for hole in parser.holes {
        let found = hole.of(parser.text);
        if found.starts_with(['$', '%']) && found.get(1..2) == Some("{") && !found.ends_with('}') {
            parser
                .error(Kind::UnbalancedDelimiter, *hole, "this template expression is never closed")
                .help("write `}` at its end");
        }
        if is_placeholder(found) {
            parser
                .warn(
                    Kind::UnresolvedPlaceholder,
                    *hole,
                    format!("the placeholder `{found}` is still in the statement"),
                )
                .help("put the real name or OCID in its place");
        }
    }
    for token in &lexed.tokens {
        if token.is_odd {
            odd_word(parser, token.span);
        }
        if matches!(token.kind, TokenKind::Quoted(_) | TokenKind::Pattern)
            && !token.span.of(parser.text).is_ascii()
        {
            unseen_in_quotes(parser, token.span);
        }
        if token.is_open {
            open_quote(parser, token.span, token.kind);
        }
        if token.has_escape {
            let message = if token.span.of(parser.text).contains('\\') {
                "no Oracle page says that a backslash escapes anything"
            } else {
                "no Oracle page says that two quotes stand for one"
            };
            parser
                .warn(Kind::BackslashEscape, token.span, message)
                .help("choose a value without quote or slash, or test that OCI reads it as meant");
        }
        match token.kind {
            TokenKind::Quoted(Quote::Double) if !token.is_open => requote(parser, token.span, token.has_hole),
            TokenKind::Quoted(Quote::Typographic) => typographic(parser, token.span, token.is_open),
            TokenKind::Comment => {
                parser
                    .warn(Kind::CommentInStatement, token.span, "the policy language has no comments")
                    .help("move the comment out of the statement's text");
            }
            _ => {}
        }
    }
}

fn odd_word(parser: &mut Parser, span: Span) {
    let word = span.of(parser.text);
    let mut at = span.start();
    let mut dash = None;
    let mut unseen = None;
    for c in word.chars() {
        let here = Span::new(at, at + c.len_utf8());
        if is_dash(c) && dash.is_none() {
            dash = Some(here);
        }
        if is_invisible(c) && unseen.is_none() {
            unseen = Some(here);
        }
        at += c.len_utf8();
    }
    let plain = plain_word(word);
    if let Some(at) = dash {
        parser
            .warn(Kind::TypographicHyphen, at, "this dash is not the hyphen of the keyboard")
            .help(format!("write `{plain}`"))
            .guess(span, plain.clone());
    }
    if let Some(at) = unseen {
        parser
            .warn(Kind::InvisibleCharacter, at, format!("an invisible character stands in `{plain}`"))
            .help("it comes from copying out of a web page or word processor: type the word anew")
            .fix(span, plain);
    }
}

/// Reports the first character of a value that can't be told from none, or from a space, by looking. Between
/// letters of other scripts some of them have a meaning.
fn unseen_in_quotes(parser: &mut Parser, span: Span) {
    let value = span.of(parser.text);
    let mut before = '\'';
    for (at, c) in value.char_indices() {
        let after = value.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next()).unwrap_or('\'');
        let between_letters = before.is_ascii() && after.is_ascii();
        let start = span.start() + at;
        let here = Span::new(start, start + c.len_utf8());
        if parser.holes.iter().any(|hole| hole.overlaps(here)) {
            // It is in an expression, not in the value.
        } else if c == '\u{a0}' {
            parser
                .warn(Kind::InvisibleCharacter, here, "this space is not a plain one")
                .help("it comes from copying out of a web page or word processor: type it anew")
                .guess(here, " ");
            return;
        } else if is_invisible(c) && (between_letters || matches!(c, '\u{200b}' | '\u{feff}')) {
            parser
                .warn(Kind::InvisibleCharacter, here, "an invisible character stands in this value")
                .help("it comes from copying out of a web page or word processor: type the value anew")
                .guess(here, "");
            return;
        }
        before = c;
    }
}

fn open_quote(parser: &mut Parser, span: Span, kind: TokenKind) {
    let (what, close) = match kind {
        TokenKind::Pattern => ("pattern", "/"),
        _ => ("quote", "'"),
    };
    parser
        .error(Kind::UnterminatedQuote, span, format!("the {what} that starts here is never closed"))
        .help(format!("close it with `{close}`"));
    let length = span.len();
    if length > 1
        && let Some(last) = parser.errors.last_mut()
    {
        last.guess(Span::at(span.end()), close);
    }
}

/// Double quotes: read as quotes, though not documented.
fn requote(parser: &mut Parser, span: Span, has_hole: bool) {
    let word = span.of(parser.text);
    let inner = word.trim_matches(|c| matches!(c, '"' | '\\'));
    let plain = !has_hole && !inner.contains(['\'', '\\']);
    let replacement = format!("'{inner}'");
    let message = "names and values stand in single quotes, not in double ones";
    let error = parser.warn(Kind::DoubleQuotes, span, message);
    if plain {
        error.help(format!("write `{replacement}`")).fix(span, replacement);
    } else {
        error.help("write single quotes");
    }
}

fn typographic(parser: &mut Parser, span: Span, is_open: bool) {
    let word = span.of(parser.text);
    let trimmed = word.trim_matches(|c: char| !c.is_ascii() && !c.is_alphanumeric());
    let inner = trimmed.trim_end_matches(['\'', '"']);
    let replacement = format!("'{inner}'");
    let error = parser.warn(Kind::TypographicQuotes, span, "these are a word processor's quotes, not `'`");
    error.help(format!("write `{replacement}`"));
    if !is_open && !inner.contains('\'') {
        error.fix(span, replacement);
    }
}
