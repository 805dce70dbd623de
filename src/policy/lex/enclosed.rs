//! What stands between two fences: quoted values and patterns, closed or left open.

use super::characters::is_typographic_quote;
use super::{Lexer, Token, TokenKind};
use crate::policy::ast::Quote;
use crate::text::Span;

/// What became of a quote or pattern.
struct Enclosed {
    end: usize,
    closed: bool,
    has_escape: bool,
}

impl Lexer<'_> {
    pub(super) fn quoted(&mut self, quote: Quote) {
        let enclosed = match quote {
            Quote::Double if self.byte(self.at) == Some(b'\\') => self.enclosed('"', 2, 1),
            Quote::Double => self.enclosed('"', 1, 1),
            Quote::Typographic => self.enclosed_typographic(),
            _ => self.enclosed('\'', 1, 0),
        };
        self.push_enclosed(TokenKind::Quoted(quote), &enclosed);
    }

    /// A pattern, from its opening slash.
    pub(super) fn pattern(&mut self) {
        let enclosed = self.enclosed('/', 1, 2);
        self.push_enclosed(TokenKind::Pattern, &enclosed);
    }

    fn push_enclosed(&mut self, kind: TokenKind, enclosed: &Enclosed) {
        let span = Span::new(self.at, enclosed.end);
        let has_hole = self.holes.first().is_some_and(|hole| hole.overlaps(span));
        self.push_token(Token {
            has_hole,
            has_escape: enclosed.has_escape,
            is_open: !enclosed.closed,
            ..Token::plain(kind, span)
        });
        let end = self.at;
        self.skip_holes_before(end);
    }

    /// Looks for the `fence` that closes the one at the current place.
    fn enclosed(&mut self, fence: char, open: usize, index: usize) -> Enclosed {
        let from = self.at + open;
        let mut has_escape = false;
        let mut holes = self.holes;
        let mut at = from;
        let mut found = None;
        let known_open = self.no_more.get(index).copied().unwrap_or(false);
        if known_open {
            return Enclosed { end: self.open_end(from, fence), closed: false, has_escape: false };
        }
        loop {
            while holes.first().is_some_and(|hole| hole.start() < at) {
                holes = holes.get(1..).unwrap_or(&[]);
            }
            // A hole may lie beyond the end of what is read.
            if let Some(hole) = holes.first().filter(|hole| hole.start() == at && at < self.end) {
                at = hole.end().min(self.end);
                continue;
            }
            match self.byte(at) {
                None => {
                    if let Some(flag) = self.no_more.get_mut(index) {
                        *flag = true;
                    }
                    break;
                }
                Some(b'\\') if open == 2 && self.byte(at + 1) == Some(b'"') => {
                    found = Some((at, at + 2));
                    break;
                }
                Some(b'\\') if matches!(self.byte(at + 1), Some(b'\\' | b'\'' | b'"' | b'/')) => {
                    has_escape = true;
                    at += 2;
                }
                Some(b'\'') if index == 0 && at > from && self.is_doubled_quote(at) => {
                    has_escape = true;
                    at += 2;
                }
                Some(byte) if char::from(byte) == fence => {
                    found = Some((at, at + 1));
                    break;
                }
                Some(_) => at += 1,
            }
        }
        let inner = found.and_then(|(at, _)| self.text.get(from..at));
        match (found, inner) {
            (Some((_, end)), Some(inner)) if !swallows_next(inner, fence) => {
                Enclosed { end, closed: true, has_escape }
            }
            _ => Enclosed { end: self.open_end(from, fence), closed: false, has_escape: false },
        }
    }

    /// Whether a quote is one of two that may stand for one, as in `'it''s'`: text goes on right behind them, up to
    /// a quote that closes it.
    fn is_doubled_quote(&self, at: usize) -> bool {
        let Some(rest) = self.text.get(at..self.end).and_then(|rest| rest.strip_prefix("''")) else {
            return false;
        };
        let goes_on = rest.starts_with(|c: char| c.is_alphanumeric());
        let next = rest.find(['\'', '\n', ',', '{', '}']).and_then(|at| rest.get(at..));
        goes_on && next.is_some_and(|next| next.starts_with('\''))
    }

    /// Typographic quotes come in pairs of any kind.
    fn enclosed_typographic(&mut self) -> Enclosed {
        let open = self.char_at(self.at).map_or(1, char::len_utf8);
        let from = self.at + open;
        let rest = self.text.get(from..self.end).unwrap_or("");
        let close = rest
            .char_indices()
            .find(|(_, c)| is_typographic_quote(*c) || matches!(c, '\'' | '"' | '\n' | '=' | '{' | '}'));
        match close {
            Some((at, c)) if is_typographic_quote(c) || matches!(c, '\'' | '"') => {
                Enclosed { end: from + at + c.len_utf8(), closed: true, has_escape: false }
            }
            _ => Enclosed { end: self.open_end(from, '\''), closed: false, has_escape: false },
        }
    }

    /// Where a quote that is never closed was probably meant to end.
    fn open_end(&self, from: usize, fence: char) -> usize {
        let rest = self.text.get(from..self.end).unwrap_or("");
        let in_condition = self.in_condition;
        let mut at = from;
        let mut holes = self.holes;
        for c in rest.chars() {
            while holes.first().is_some_and(|hole| hole.end() <= at) {
                holes = holes.get(1..).unwrap_or(&[]);
            }
            let stop = match c {
                ',' | '}' | ')' => true,
                '/' => fence == '/' && at > from,
                _ if c.is_whitespace() => fence == '/' || !in_condition,
                _ => false,
            };
            if stop && !holes.first().is_some_and(|hole| hole.contains(at)) {
                break;
            }
            at += c.len_utf8();
        }
        let kept = self.text.get(from..at).unwrap_or("").trim_end().len();
        from + kept
    }
}

/// Whether the text between two fences holds the start of another condition, up to its operator: then the
/// second fence opens that condition's value, and the first was left open.
fn swallows_next(inner: &str, fence: char) -> bool {
    let inner = inner.trim_end();
    let Some(rest) = inner.strip_suffix('=') else {
        return fence == '/' && inner.split_once(',').is_some_and(|(_, later)| later.contains('='));
    };
    let rest = rest.strip_suffix('!').unwrap_or(rest).trim_end();
    let variable = rest.rsplit([' ', ',', '{', '\n', '\t']).next().unwrap_or("");
    let named = variable.len() < rest.len() && variable.contains('.') && !variable.starts_with('.');
    named && variable.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | ':' | '$'))
}
