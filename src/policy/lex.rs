//! Cuts a text into tokens: words, quoted values, patterns, holes, signs.
//!
//! Knows two things of the grammar only: what a slash means before and after `where`, and that a quote
//! which swallows the next condition was left open. White space and characters without meaning lie
//! between tokens; the latter are reported.

use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::combinator::recognize;
use nom::{IResult, Parser};
use smallvec::SmallVec;

use super::ast::Quote;
use super::keyword::Keyword;
use crate::text::Span;

/// A piece of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub span: Span,
    pub kind: TokenKind,
    /// What a bare word may mean.
    pub word: Keyword,
    /// Holds a hole, or is one.
    pub has_hole: bool,
    /// Its last bytes are a hole, so that anything may follow unseen.
    pub ends_with_hole: bool,
    /// Holds a backslash escape.
    pub has_escape: bool,
    /// Holds an invisible character or a dash that isn't `-`.
    pub is_odd: bool,
    /// A quote or pattern without its end.
    pub is_open: bool,
    /// No space before it.
    pub is_glued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A bare word, perhaps with holes in it.
    Word,
    /// Holes and nothing else.
    Hole,
    /// In quotes.
    Quoted(Quote),
    /// Between slashes.
    Pattern,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    Comma,
    Semicolon,
    Slash,
    Backslash,
    Equal,
    NotEqual,
    /// `==`, `=~`, `<`, …
    OtherOperator,
    /// `!` alone.
    Bang,
    /// `// …` or `# …`.
    Comment,
    /// A full stop after the last word.
    Stop,
    /// Past the last token.
    End,
}

/// The tokens of a text.
pub(super) struct Lexed {
    pub tokens: SmallVec<[Token; 32]>,
    /// Characters between tokens that have no meaning, joined.
    pub stray: Vec<Span>,
    /// White space that isn't a space, tab or line break.
    pub odd_spaces: Vec<Span>,
}

/// Cuts the bytes `window` of `text`. `in_condition` says that the text starts inside a condition.
pub(super) fn lex(text: &str, window: Span, holes: &[Span], in_condition: bool) -> Lexed {
    let mut lexer = Lexer {
        text,
        at: window.start(),
        end: window.end(),
        all: holes,
        holes,
        in_condition,
        ..Lexer::new(text)
    };
    lexer.skip_holes_before(window.start());
    lexer.run();
    lexer.split_last_stop();
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    /// All holes.
    all: &'t [Span],
    /// Holes not yet passed.
    holes: &'t [Span],
    in_condition: bool,
    /// No single quote, double quote or slash follows, so there is no use in looking for one again.
    no_more: [bool; 3],
    out: Lexed,
}

/// What became of a quote or pattern.
struct Enclosed {
    end: usize,
    closed: bool,
    has_escape: bool,
}

/// A cut byte class: what ends a bare word.
fn ends_word(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\r'
            | b'\n'
            | 0x0b
            | 0x0c
            | b'\''
            | b'"'
            | b'{'
            | b'}'
            | b'('
            | b')'
            | b'['
            | b']'
            | b','
            | b';'
            | b'='
            | b'!'
            | b'<'
            | b'>'
            | b'/'
            | b'\\'
            | b'`'
    )
}

/// Characters that take no room.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
        || (c.is_control() && !c.is_whitespace())
}

/// Dashes that look like `-`.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

fn is_typographic_quote(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201f}' | '\u{2032}' | '\u{b4}' | '\u{ab}' | '\u{bb}')
}

impl<'t> Lexer<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            end: 0,
            all: &[],
            holes: &[],
            in_condition: false,
            no_more: [false; 3],
            out: Lexed { tokens: SmallVec::new(), stray: Vec::new(), odd_spaces: Vec::new() },
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    fn byte(&self, at: usize) -> Option<u8> {
        if at < self.end { self.text.as_bytes().get(at).copied() } else { None }
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..self.end)?.chars().next()
    }

    fn skip_holes_before(&mut self, at: usize) {
        while let Some((first, rest)) = self.holes.split_first() {
            if first.start() >= at {
                break;
            }
            self.holes = rest;
        }
    }

    /// The end of the hole that starts at `at`.
    fn hole_at(&mut self, at: usize) -> Option<usize> {
        self.skip_holes_before(at);
        self.holes.first().filter(|hole| hole.start() == at).map(|hole| hole.end().min(self.end))
    }

    fn push(&mut self, kind: TokenKind, end: usize) {
        self.push_token(Token {
            span: Span::new(self.at, end),
            kind,
            word: Keyword::None,
            has_hole: false,
            ends_with_hole: false,
            has_escape: false,
            is_odd: false,
            is_open: false,
            is_glued: false,
        });
    }

    fn push_token(&mut self, mut token: Token) {
        token.is_glued = self.out.tokens.last().is_some_and(|last| last.span.end == token.span.start);
        self.at = token.span.end();
        // An operator stands in a condition, even if its `where` is misspelt.
        let is_operator =
            matches!(token.kind, TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator);
        self.in_condition |= is_operator || token.word == Keyword::Where;
        self.out.tokens.push(token);
    }

    fn run(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            if let Some(hole) = self.holes.first()
                && hole.start() <= self.at
                && self.hole_at(self.at).is_some()
            {
                self.word();
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => self.at += 1,
                b'\'' => self.quoted(Quote::Single),
                b'"' => self.quoted(Quote::Double),
                b'{' => self.push(TokenKind::OpenBrace, self.at + 1),
                b'}' => self.push(TokenKind::CloseBrace, self.at + 1),
                b'(' => self.push(TokenKind::OpenParen, self.at + 1),
                b')' => self.push(TokenKind::CloseParen, self.at + 1),
                b'[' => self.push(TokenKind::OpenBracket, self.at + 1),
                b']' => self.push(TokenKind::CloseBracket, self.at + 1),
                b',' => self.push(TokenKind::Comma, self.at + 1),
                b';' => self.push(TokenKind::Semicolon, self.at + 1),
                b'=' | b'!' | b'<' | b'>' => self.operator(),
                b'/' => self.slash(),
                b'\\' => self.backslash(),
                b'#' if self.starts_comment() => self.comment(),
                b'`' => self.stray(1),
                _ if byte < 0x80 => self.word(),
                _ => self.beyond_ascii(),
            }
        }
    }

    fn beyond_ascii(&mut self) {
        let Some(c) = self.char_at(self.at) else {
            self.at = self.end;
            return;
        };
        if is_typographic_quote(c) {
            self.quoted(Quote::Typographic);
        } else if c.is_whitespace() || is_invisible(c) {
            let span = Span::new(self.at, self.at + c.len_utf8());
            match self.out.odd_spaces.last_mut() {
                Some(last) if last.end == span.start => *last = last.to(span),
                _ => self.out.odd_spaces.push(span),
            }
            self.at = span.end();
        } else {
            self.word();
        }
    }

    fn stray(&mut self, length: usize) {
        let span = Span::new(self.at, self.at + length);
        match self.out.stray.last_mut() {
            Some(last) if last.end == span.start => *last = last.to(span),
            _ => self.out.stray.push(span),
        }
        self.at = span.end();
    }

    fn word(&mut self) {
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
        self.push_token(Token {
            span,
            kind,
            word,
            has_hole,
            ends_with_hole,
            has_escape: false,
            is_odd,
            is_open: false,
            is_glued: false,
        });
    }

    /// Whether the word so far is the beginning of a tag variable: Oracle's own stacks make tag namespaces with a
    /// backslash in their names.
    fn names_a_tag(&self, start: usize, at: usize) -> bool {
        let word = self.text.get(start..at).unwrap_or("").to_ascii_lowercase();
        let quote_next = matches!(self.byte(at + 1), None | Some(b'"' | b'\''));
        !quote_next && (word.starts_with("tag.") || word.contains(".tag."))
    }

    /// `=`, `!=`, `! =`, `!`, and what other languages write.
    fn operator(&mut self) {
        let run: IResult<&str, &str> =
            take_while1(|c| matches!(c, '=' | '!' | '<' | '>' | '~')).parse(self.rest());
        let Ok((after, run)) = run else {
            self.stray(1);
            return;
        };
        let mut end = self.at + run.len();
        let kind = match run {
            "=" => TokenKind::Equal,
            "!=" => TokenKind::NotEqual,
            "!" => {
                let spaced: IResult<&str, &str> =
                    recognize((take_while(|c: char| c.is_ascii_whitespace()), tag("="))).parse(after);
                match spaced {
                    Ok((rest, found)) if !rest.starts_with('=') => {
                        end += found.len();
                        TokenKind::NotEqual
                    }
                    _ => TokenKind::Bang,
                }
            }
            _ if self.in_condition || run.contains('=') => TokenKind::OtherOperator,
            _ => {
                self.stray(run.len());
                return;
            }
        };
        // A hole that begins inside the run (`=<value>`) is no part of it.
        if let Some(hole) = self.holes.first().filter(|hole| hole.start() > self.at && hole.start() < end) {
            end = hole.start();
            let shorter = self.text.get(self.at..end).unwrap_or("").trim_end();
            let kind = match shorter {
                "=" => TokenKind::Equal,
                "!=" => TokenKind::NotEqual,
                "!" => TokenKind::Bang,
                _ => TokenKind::OtherOperator,
            };
            self.push(kind, end);
            return;
        }
        self.push(kind, end);
    }

    /// Whether the number sign at the current place begins a comment, not a part of a word.
    fn starts_comment(&self) -> bool {
        let glued = self.out.tokens.last().is_some_and(|last| last.span.end() == self.at);
        !glued || self.byte(self.at + 1).is_none_or(|next| next.is_ascii_whitespace())
    }

    fn comment(&mut self) {
        let line: IResult<&str, &str> = take_till(|c| c == '\n' || c == '\r').parse(self.rest());
        let length = line.map_or(1, |(_, line)| line.trim_end().len().max(1));
        self.push(TokenKind::Comment, self.at + length);
        let end = self.at;
        self.skip_holes_before(end);
    }

    fn slash(&mut self) {
        let after_operator = self
            .out
            .tokens
            .last()
            .is_some_and(|last| matches!(last.kind, TokenKind::Equal | TokenKind::NotEqual));
        if self.byte(self.at + 1) == Some(b'/') && !after_operator {
            self.comment();
        } else if self.in_condition {
            let enclosed = self.enclosed('/', 1, 2);
            self.push_enclosed(TokenKind::Pattern, &enclosed);
        } else {
            self.push(TokenKind::Slash, self.at + 1);
        }
    }

    fn backslash(&mut self) {
        match self.byte(self.at + 1) {
            // A quote that a shell or JSON string had to escape.
            Some(b'"') => self.quoted(Quote::Double),
            _ => self.push(TokenKind::Backslash, self.at + 1),
        }
    }

    fn quoted(&mut self, quote: Quote) {
        let enclosed = match quote {
            Quote::Double if self.byte(self.at) == Some(b'\\') => self.enclosed('"', 2, 1),
            Quote::Double => self.enclosed('"', 1, 1),
            Quote::Typographic => self.enclosed_typographic(),
            _ => self.enclosed('\'', 1, 0),
        };
        self.push_enclosed(TokenKind::Quoted(quote), &enclosed);
    }

    fn push_enclosed(&mut self, kind: TokenKind, enclosed: &Enclosed) {
        let span = Span::new(self.at, enclosed.end);
        let has_hole = self.holes.first().is_some_and(|hole| hole.overlaps(span));
        self.push_token(Token {
            span,
            kind,
            word: Keyword::None,
            has_hole,
            ends_with_hole: false,
            has_escape: enclosed.has_escape,
            is_odd: false,
            is_open: !enclosed.closed,
            is_glued: false,
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

    /// A full stop at the end of the last word ends the sentence, not the name.
    fn split_last_stop(&mut self) {
        let Some(last) = self.out.tokens.last().copied() else { return };
        if last.span.of(self.text) == "." {
            self.out.tokens.pop();
            self.out.tokens.push(Token { kind: TokenKind::Stop, ..last });
            return;
        }
        let word = last.span.of(self.text);
        let is_ocid = word.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("oc"));
        if last.kind != TokenKind::Word || !word.ends_with('.') || word.ends_with("..") || is_ocid {
            return;
        }
        let cut = last.span.end() - 1;
        let span = Span::new(last.span.start(), cut);
        if span.is_empty() {
            return;
        }
        let keyword = if last.has_hole { Keyword::None } else { Keyword::of(span.of(self.text)) };
        let ends_with_hole = self.all.iter().any(|hole| hole.end == span.end);
        let kind = if self.all.contains(&span) { TokenKind::Hole } else { TokenKind::Word };
        self.out.tokens.pop();
        self.out.tokens.push(Token { span, word: keyword, kind, ends_with_hole, ..last });
        self.at = cut;
        self.push(TokenKind::Stop, cut + 1);
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

/// The word as its author saw it: plain dashes, nothing invisible.
pub(super) fn plain_word(word: &str) -> String {
    word.chars().filter(|c| !is_invisible(*c)).map(|c| if is_dash(c) { '-' } else { c }).collect()
}
