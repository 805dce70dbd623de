//! `define <kind> <alias> as <ocid>`.

use super::super::ast::{Define, DefineKind, Statement};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::TokenKind;
use super::origin::is_ocid;
use super::{Parser, shorten};
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn define(&mut self, start: Span) -> Statement {
        let word = self.peek();
        let kind = match word.word {
            Keyword::Tenancy => Some(DefineKind::Tenancy),
            Keyword::Group => Some(DefineKind::Group),
            Keyword::DynamicGroup => Some(DefineKind::DynamicGroup),
            Keyword::Compartment => Some(DefineKind::Compartment),
            Keyword::Service => Some(DefineKind::Service),
            _ if word.has_hole => Some(DefineKind::Hole),
            _ if self.is_word(word, &["dynamic"]) && self.nth(1).word == Keyword::Group => {
                let span = word.span.to(self.nth(1).span);
                self.advance();
                self.error(Kind::MisspeltKeyword, span, "`dynamic-group` is one word")
                    .help("write `dynamic-group`")
                    .fix(span, "dynamic-group");
                Some(DefineKind::DynamicGroup)
            }
            _ => None,
        };
        match kind {
            Some(DefineKind::Service) => {
                self.warn(Kind::MalformedDefine, word.span, "no documentation defines a service")
                    .help("define a tenancy, group, dynamic-group or compartment");
            }
            Some(_) => {}
            None => self.unknown_define(),
        }
        let kind_span = if word.kind == TokenKind::End { Span::at(start.end()) } else { word.span };
        if TokenKind::End != word.kind && (kind.is_some() || self.peek().word != Keyword::As) {
            self.advance();
        }
        let alias = self.alias(kind);
        let ocid = self.ocid(kind);
        let mut comment = None;
        while !self.at_end() {
            let token = self.advance();
            match token.kind {
                TokenKind::Comment => comment = Some(token.span),
                TokenKind::Hole => {}
                TokenKind::Stop | TokenKind::Semicolon | TokenKind::Comma if self.at_end() => {
                    self.warn(Kind::TrailingPunctuation, token.span, "nothing may follow the statement")
                        .help("leave it out")
                        .fix(token.span, "");
                }
                _ if token.word.starts_statement() => {
                    self.error(Kind::SeveralStatements, token.span, "another statement starts here")
                        .help("put each statement into a string of its own");
                    break;
                }
                _ => {
                    while !self.at_end()
                        && !self.peek().word.starts_statement()
                        && self.peek().kind != TokenKind::Comment
                    {
                        self.advance();
                    }
                    let span = self.since(token.span);
                    let found = shorten(span.of(self.text));
                    self.error(
                        Kind::UnexpectedText,
                        span,
                        format!("nothing may follow the OCID, not even `{found}`"),
                    )
                    .help("leave it out");
                }
            }
        }
        let end = self.tokens.iter().rev().find(|token| token.kind != TokenKind::Comment);
        let span = end.map_or(start, |end| start.to(end.span));
        Statement::Define(Define { span, kind, kind_span, alias, ocid, comment })
    }

    /// Something else stands where `as` should, or nothing.
    fn missing_as(&mut self) {
        let (token, next) = (self.peek(), self.nth(1));
        let other =
            token.kind == TokenKind::Equal || self.is_word(token, &["is", "a", "s", "ass", "az", "to"]);
        if other && Self::is_name(next) {
            let found = self.words(token);
            self.advance();
            self.error(Kind::MisspeltKeyword, token.span, format!("`{found}` does not stand for `as`"))
                .help("write `as`")
                .guess(token.span, "as");
            return;
        }
        let place = self.here();
        let error = self.error(Kind::MissingKeyword, place, "`as` is missing after the alias");
        error.help("write `as <ocid>`");
        if Self::is_name(token) {
            error.guess(place, " as");
        }
    }

    fn unknown_define(&mut self) {
        let word = self.peek();
        let found = shorten(self.words(word));
        let message = if found.is_empty() {
            "the define does not say what it defines".to_owned()
        } else {
            format!("`{found}` can't be defined")
        };
        self.error(Kind::MalformedDefine, word.span, message)
            .help("write `define tenancy <alias> as <ocid>`, or `group`, `dynamic-group`, `compartment`");
    }

    fn alias(&mut self, kind: Option<DefineKind>) -> Option<super::super::ast::Atom> {
        let token = self.peek();
        if Self::is_name(token) && (token.word != Keyword::As || self.nth(1).word == Keyword::As) {
            self.advance();
            return Some(Self::atom(token));
        }
        if kind.is_some() && !self.after_hole() {
            self.error(Kind::MalformedDefine, self.here(), "the alias is missing")
                .help("write `define <kind> <alias> as <ocid>`");
        }
        None
    }

    fn ocid(&mut self, kind: Option<DefineKind>) -> Option<super::super::ast::Atom> {
        let passed = self.tokens.get(..self.at).unwrap_or(&[]);
        let in_hole = passed.iter().any(|token| token.kind == TokenKind::Hole);
        if self.eat(Keyword::As).is_none() && !in_hole && kind.is_some() {
            self.missing_as();
        }
        if self.peek().word == Keyword::Id && Self::is_name(self.nth(1)) {
            self.advance();
        }
        let token = self.peek();
        if !Self::is_name(token) || token.word.starts_statement() {
            if kind.is_some() && !self.after_hole() {
                self.error(Kind::MalformedDefine, self.here(), "the OCID is missing")
                    .help("write the OCID after `as`");
            }
            return None;
        }
        self.advance();
        let atom = Self::atom(token);
        if !token.has_hole && (matches!(token.kind, TokenKind::Quoted(_)) || !is_ocid(atom.text(self.text))) {
            self.check_id(token, "what is defined");
        }
        Some(atom)
    }
}
