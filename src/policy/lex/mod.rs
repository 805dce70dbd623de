//! Cuts a text into tokens: words, quoted values, patterns, holes, signs.
//!
//! Knows two things of the grammar only: what a slash means before and after `where`, and that a quote
//! which swallows the next condition was left open. White space and characters without meaning lie
//! between tokens; the latter are reported.

mod characters;
mod enclosed;
mod word;

use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::combinator::recognize;
use nom::{IResult, Parser};
use smallvec::SmallVec;

use super::ast::Quote;
use super::keyword::Keyword;
use crate::text::Span;
use characters::is_typographic_quote;
pub(super) use characters::{is_dash, is_invisible, plain_word};

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

impl Token {
    /// A token of which nothing is to be said but its kind.
    pub(super) fn plain(kind: TokenKind, span: Span) -> Self {
        Self {
            span,
            kind,
            word: Keyword::None,
            has_hole: false,
            ends_with_hole: false,
            has_escape: false,
            is_odd: false,
            is_open: false,
            is_glued: false,
        }
    }
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
        self.push_token(Token::plain(kind, Span::new(self.at, end)));
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
            self.pattern();
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
