//! The parser: tokens in, a tree and every error out.
//!
//! Goes from clause to clause. Each clause recovers by itself at the next word that can only start
//! another clause (`to`, `in`, `where`), at `,` and at `}`; so one bad clause never hides the next. A hole
//! may hold more than its place suggests, so what would be missing after one is taken to stand in it.

mod action;
mod association;
mod compartment;
mod condition;
mod define;
mod group;
mod holes;
mod location;
mod member;
mod misspelt_subject;
mod origin;
mod permissions;
mod rule;
mod start;
mod subject;
mod surface;
mod test;
mod unexpected;
mod value;

use super::ast::{Atom, MatchingRule, Quote, Statement};
use super::error::{SyntaxError, SyntaxErrorKind};
use super::holes::all_holes;
use super::keyword::Keyword;
use super::lex::{Token, TokenKind, lex};
use crate::diag::Severity;
use crate::text::Span;

/// A statement and what is wrong with its wording.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The tree; parts that could not be read are marked in it.
    pub statement: Statement,
    /// In order of text.
    pub errors: Vec<SyntaxError>,
    /// The unknown parts, given or found, in order, joined where they overlap.
    pub holes: Vec<Span>,
}

/// A matching rule and what is wrong with its wording.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedRule {
    /// The tree; parts that could not be read are marked in it.
    pub rule: MatchingRule,
    /// In order of text.
    pub errors: Vec<SyntaxError>,
    /// The unknown parts, given or found, in order, joined where they overlap.
    pub holes: Vec<Span>,
}

/// Parses one policy statement. `holes` are bytes known to be unknown, besides the templates and
/// placeholders that the text itself shows.
pub fn parse(text: &str, holes: &[Span]) -> Parsed {
    let holes = all_holes(text, holes);
    let mut errors = Vec::new();
    let window = surface::strip_pasted(text, &holes, &mut errors);
    let lexed = lex(text, window, &holes, false);
    let mut parser = Parser::new(text, &lexed.tokens, window, &holes, Language::Policy);
    parser.errors = errors;
    surface::report(&mut parser, &lexed);
    let statement = parser.statement();
    let errors = parser.finish();
    Parsed { statement, errors, holes }
}

/// Parses the matching rule of a dynamic group.
pub fn parse_matching_rule(text: &str, holes: &[Span]) -> ParsedRule {
    let holes = all_holes(text, holes);
    let window = Span::new(0, text.len());
    let lexed = lex(text, window, &holes, true);
    let mut parser = Parser::new(text, &lexed.tokens, window, &holes, Language::MatchingRule);
    surface::report(&mut parser, &lexed);
    let rule = parser.matching_rule();
    let errors = parser.finish();
    ParsedRule { rule, errors, holes }
}

/// Which of the two languages a condition belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Policy,
    MatchingRule,
}

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    holes: &'t [Span],
    at: usize,
    end: Token,
    language: Language,
    errors: Vec<SyntaxError>,
    /// A `to` that is glued to the word before it.
    glued_to: bool,
    /// Bare words as values are only a warning here.
    lenient_values: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, tokens: &'t [Token], window: Span, holes: &'t [Span], language: Language) -> Self {
        let last = tokens.last().map_or(window.start(), |last| last.span.end());
        let end = Token::plain(TokenKind::End, Span::at(last));
        Self {
            text,
            tokens,
            holes,
            at: 0,
            end,
            language,
            errors: Vec::new(),
            glued_to: false,
            lenient_values: false,
        }
    }

    fn finish(mut self) -> Vec<SyntaxError> {
        if !self.errors.is_empty() && !self.holes.is_empty() {
            holes::excuse(&mut self.errors, self.tokens, self.text, self.holes);
        }
        if self.errors.iter().any(|error| error.kind == SyntaxErrorKind::NestingTooDeep) {
            // What was passed over may hold the partners.
            self.errors.retain(|error| error.kind != SyntaxErrorKind::UnbalancedDelimiter);
        }
        self.errors.sort_by_key(|error| (error.span.start, error.span.end));
        self.errors
    }

    // Tokens.

    fn peek(&self) -> Token {
        self.nth(0)
    }

    /// The token `ahead` of the current one.
    fn nth(&self, ahead: usize) -> Token {
        self.tokens.get(self.at + ahead).copied().unwrap_or(self.end)
    }

    /// The token just passed.
    fn previous(&self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at).copied())
    }

    fn advance(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    /// Passes the token when it is the keyword.
    fn eat(&mut self, word: Keyword) -> Option<Token> {
        (self.peek().word == word).then(|| self.advance())
    }

    /// Passes the token when it is of the kind.
    fn eat_kind(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.advance())
    }

    fn at_end(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    /// Whether the token just passed ends with a hole, in which the next thing may stand.
    fn after_hole(&self) -> bool {
        self.previous().is_some_and(|token| token.ends_with_hole)
    }

    /// Where something is missing: right after the last token.
    fn here(&self) -> Span {
        Span::at(self.previous().map_or(self.peek().span.start(), |token| token.span.end()))
    }

    fn words(&self, token: Token) -> &'t str {
        token.span.of(self.text)
    }

    /// Whether the token is a bare word without holes equal to one of these, whatever its case.
    fn is_word(&self, token: Token, words: &[&str]) -> bool {
        token.kind == TokenKind::Word
            && !token.has_hole
            && words.iter().any(|word| word.eq_ignore_ascii_case(self.words(token)))
    }

    /// Whether the token can be a name: a word, a hole, a quoted name.
    fn is_name(token: Token) -> bool {
        matches!(token.kind, TokenKind::Word | TokenKind::Hole | TokenKind::Quoted(_))
    }

    fn atom(token: Token) -> Atom {
        let quote = match token.kind {
            TokenKind::Quoted(quote) => quote,
            TokenKind::Pattern => Quote::Slashes,
            _ => Quote::None,
        };
        Atom { span: token.span, quote, has_hole: token.has_hole, has_escape: token.has_escape }
    }

    /// From `start` to the end of the last token passed.
    fn since(&self, start: Span) -> Span {
        match self.previous() {
            Some(last) if last.span.end > start.start => start.to(last.span),
            _ => start,
        }
    }

    // Errors.

    fn report(
        &mut self,
        kind: SyntaxErrorKind,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> &mut SyntaxError {
        self.errors.push(SyntaxError::new(kind, severity, span, message));
        let last = self.errors.len() - 1;
        #[allow(clippy::indexing_slicing, reason = "pushed just now")]
        &mut self.errors[last]
    }

    fn error(&mut self, kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> &mut SyntaxError {
        self.report(kind, Severity::Error, span, message)
    }

    fn warn(&mut self, kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> &mut SyntaxError {
        self.report(kind, Severity::Warning, span, message)
    }

    /// Reports something that a hole just before may well hold: then it is no error.
    fn error_unless_after_hole(
        &mut self,
        kind: SyntaxErrorKind,
        span: Span,
        message: impl Into<String>,
    ) -> &mut SyntaxError {
        let severity = if self.after_hole() { Severity::Warning } else { Severity::Error };
        self.report(kind, severity, span, message)
    }
}

/// Text for a message: one line, not long.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(40) {
        Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or("").trim_end()),
        None => line,
    }
}
