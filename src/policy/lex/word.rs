//! Bare words, perhaps with holes in them.

use super::characters::{ends_word, is_dash, is_invisible, is_typographic_quote, plain_word};
use super::{Lexer, Token, TokenKind};
use crate::policy::keyword::Keyword;
use crate::text::Span;

impl Lexer<'_> {
    pub(super) fn word(&mut self) {
        let start = self.at;
        let mut at = start;
        let (mut plain, mut has_hole, mut ends_with_hole, mut is_odd) = (false, false, false, false);
        let mut next_hole = self.holes.first().map_or(usize::MAX, |hole| hole.start());
        while let Some(byte) = self.byte(at) {
            if at >= next_hole {
                if let Some(end) = self.hole_at(at) {
                    (has_hole, ends_with_hole, at) = (true, true, end);
                    self.skip_holes_before(at);
                    next_hole = self.holes.first().map_or(usize::MAX, |hole| hole.start());
                    continue;
                }
                next_hole = self.holes.first().map_or(usize::MAX, |hole| hole.start());
            }
            let run = self.plain_run(at, next_hole);
            if run > 0 {
                at += run;
                (plain, ends_with_hole) = (true, false);
                continue;
            }
            let mut length = 1;
            if byte < 0x80 {
                if ends_word(byte) && !(byte == b'\\' && self.names_a_tag(start, at)) {
                    break;
                }
                is_odd |= byte.is_ascii_control();
            } else {
                let Some(c) = self.char_at(at) else { break };
                if c.is_whitespace() || is_typographic_quote(c) {
                    break;
                }
                is_odd |= is_dash(c) || is_invisible(c);
                length = c.len_utf8();
            }
            at += length;
            (plain, ends_with_hole) = (true, false);
        }
        if at == start {
            // A character that begins nothing: leave it out rather than stand still.
            self.stray(self.char_at(start).map_or(1, char::len_utf8));
            return;
        }
        let span = Span::new(start, at);
        let kind = if has_hole && !plain { TokenKind::Hole } else { TokenKind::Word };
        let word = match (kind, is_odd) {
            (TokenKind::Word, false) if !has_hole => Keyword::of(span.of(self.text)),
            (TokenKind::Word, true) if !has_hole => Keyword::of(&plain_word(span.of(self.text))),
            _ => Keyword::None,
        };
        self.push_token(Token { word, has_hole, ends_with_hole, is_odd, ..Token::plain(kind, span) });
    }

    /// How many of the next bytes are of the word whatever stands around them: most words are such a run alone.
    fn plain_run(&self, at: usize, next_hole: usize) -> usize {
        let bytes = self.text.as_bytes().get(at..self.end.min(next_hole)).unwrap_or(&[]);
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        bytes.iter().position(|byte| !plain(byte)).unwrap_or(bytes.len())
    }

    /// Whether the word so far is the beginning of a tag variable: Oracle's own stacks make tag namespaces with a
    /// backslash in their names.
    fn names_a_tag(&self, start: usize, at: usize) -> bool {
        let word = self.text.get(start..at).unwrap_or("").to_ascii_lowercase();
        let quote_next = matches!(self.byte(at + 1), None | Some(b'"' | b'\''));
        !quote_next && (word.starts_with("tag.") || word.contains(".tag."))
    }
}
