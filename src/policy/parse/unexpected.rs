//! What stands between the clauses of a statement and belongs to none: what was meant by it, and how to go on.

use super::super::ast::{Location, LocationKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, nearest};
use super::super::lex::{Token, TokenKind};
use super::rule::Clauses;
use super::{Parser, shorten};
use crate::text::Span;

impl Parser<'_> {
    /// Text that belongs to no clause.
    pub(super) fn unexpected(&mut self, clauses: &mut Clauses) {
        let token = self.peek();
        if matches!(token.kind, TokenKind::Stop | TokenKind::Semicolon | TokenKind::Comma) {
            self.punctuation();
            return;
        }
        if token.word.starts_statement() && self.at > 0 && self.starts_another(1) {
            self.error(Kind::SeveralStatements, token.span, "another statement starts here")
                .help("put each statement into a string of its own");
            self.at = self.tokens.len();
            return;
        }
        if self.condition_without_where(clauses) || self.other_preposition(clauses) {
            return;
        }
        if self.is_origin(clauses) {
            self.misspelt_of(clauses);
            return;
        }
        if clauses.rule.action.is_none() && self.starts_action() {
            let word = self.words(token);
            self.advance();
            self.error(Kind::MisspeltKeyword, token.span, format!("`{word}` is no keyword"))
                .help("write `to`")
                .guess(token.span, "to");
            self.glued_to = true;
            self.action_clause(clauses);
            return;
        }
        let (start, hole_before) = (token, self.after_hole());
        self.advance();
        while !self.stops_clause() {
            self.advance();
        }
        let span = self.since(start.span);
        if matches!(start.kind, TokenKind::CloseBrace | TokenKind::CloseParen | TokenKind::CloseBracket) {
            if !hole_before {
                let found = self.words(start);
                self.error(Kind::UnbalancedDelimiter, start.span, format!("`{found}` closes nothing"))
                    .help("leave it out")
                    .guess(start.span, "");
            }
            return;
        }
        // A quote that is never closed is reported as such.
        if hole_before && clauses.rule.action.is_none() || start.is_open && span == start.span {
            return;
        }
        let found = shorten(span.of(self.text));
        if hole_before {
            self.warn(Kind::UnexpectedText, span, format!("`{found}` belongs to no clause"))
                .help("leave it out, or put it where it belongs");
        } else {
            self.error(Kind::UnexpectedText, span, format!("`{found}` belongs to no clause"))
                .help("leave it out, or put it where it belongs");
        }
    }

    /// `.`, `;`, `,` after the statement.
    fn punctuation(&mut self) {
        let first = self.advance();
        while matches!(self.peek().kind, TokenKind::Stop | TokenKind::Semicolon | TokenKind::Comma) {
            self.advance();
        }
        let span = self.since(first.span);
        let found = shorten(span.of(self.text));
        if matches!(self.peek().kind, TokenKind::End | TokenKind::Comment) {
            self.warn(
                Kind::TrailingPunctuation,
                span,
                format!("nothing may follow the statement, not even `{found}`"),
            )
            .help("leave it out")
            .fix(span, "");
        } else if !(first.kind == TokenKind::Semicolon && self.peek().word.starts_statement()) {
            // Between two statements only the second is reported.
            self.error(Kind::UnexpectedText, span, format!("`{found}` belongs to no clause"))
                .help("leave it out");
        }
    }

    /// A condition whose `where` was forgotten or misspelt.
    fn condition_without_where(&mut self, clauses: &mut Clauses) -> bool {
        let (token, next) = (self.peek(), self.nth(1));
        let quantified = matches!(token.word, Keyword::Any | Keyword::All)
            && matches!(next.kind, TokenKind::OpenBrace | TokenKind::OpenParen);
        let operator = |token: Token| {
            matches!(token.kind, TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator)
        };
        let test = token.kind == TokenKind::Word && self.words(token).contains('.') && operator(next);
        let meant = self.is_word(token, &["when", "if", "were", "wher", "whre", "whera", "wehre", "having"])
            || (token.kind == TokenKind::Word
                && !token.has_hole
                && nearest(self.words(token), &["where"]).is_some());
        if meant && clauses.rule.action.is_some() {
            let word = self.words(token);
            self.error(Kind::MisspeltKeyword, token.span, format!("`{word}` is no keyword"))
                .help("write `where`")
                .guess(token.span, "where");
        } else if (quantified || test) && clauses.rule.action.is_some() {
            self.error_unless_after_hole(
                Kind::MissingKeyword,
                token.span,
                "`where` is missing before the condition",
            )
            .help("write `where` before it")
            .fix(Span::at(token.span.start()), "where ");
        } else {
            return false;
        }
        let condition = if meant {
            self.where_clause()
        } else {
            let start = Span::at(token.span.start());
            self.where_rest(start)
        };
        self.place_condition(clauses, condition);
        true
    }

    /// `on tenancy`, `at compartment X`, `within …`.
    fn other_preposition(&mut self, clauses: &mut Clauses) -> bool {
        let (token, next) = (self.peek(), self.nth(1));
        if clauses.rule.action.is_none() || clauses.rule.location.is_some() || token.kind != TokenKind::Word {
            return false;
        }
        let place = matches!(next.word, Keyword::Tenancy | Keyword::Compartment | Keyword::AnyTenancy)
            || self.is_word(next, &["the", "compartments"])
            || (next.has_hole
                && self.is_word(token, &["on", "at", "within", "inside", "for", "from", "im", "ni"]));
        let known = self.is_word(
            token,
            &[
                "on", "at", "within", "inside", "for", "from", "under", "over", "im", "ni", "into", "of",
                "i", "n",
            ],
        );
        if !known || !place {
            return self.glued_in(clauses);
        }
        let word = self.words(token);
        self.error(
            Kind::MisspeltKeyword,
            token.span,
            format!("a location starts with `in`, not with `{word}`"),
        )
        .help("write `in`")
        .guess(token.span, "in");
        self.advance();
        self.location_clause(clauses);
        true
    }

    /// `intenancy`, `incompartment X`.
    fn glued_in(&mut self, clauses: &mut Clauses) -> bool {
        let token = self.peek();
        let word = self.words(token).to_lowercase();
        if !matches!(word.as_str(), "intenancy" | "incompartment" | "inany-tenancy") {
            return false;
        }
        self.error(Kind::GluedWords, token.span, "a space is missing after `in`")
            .help("put a space between the words")
            .fix(Span::at(token.span.start() + 2), " ");
        self.advance();
        let kind = if word == "incompartment" {
            self.compartment(token.span, Some(clauses.rule.kind))
        } else if word == "intenancy" {
            LocationKind::Tenancy(None)
        } else {
            LocationKind::AnyTenancy
        };
        clauses.gap = None;
        clauses.rule.location = Some(Location { span: self.since(token.span), kind });
        true
    }
}
