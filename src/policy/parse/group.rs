//! Groups of conditions: `any { … }`, `all { … }`, and what people write in place of the braces and commas.

use super::super::ast::{Condition, Quantifier};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::{Parser, shorten};
use crate::text::Span;

impl Parser<'_> {
    /// What follows `any` or `all`.
    pub(super) fn quantified(&mut self, word: Token, quantifier: Quantifier, depth: usize) -> Condition {
        let next = self.peek();
        match next.kind {
            TokenKind::OpenBrace => {
                self.advance();
                self.group(word.span, next, quantifier, depth)
            }
            TokenKind::OpenParen | TokenKind::OpenBracket => {
                self.advance();
                let found = self.words(word);
                self.error(
                    Kind::QuantifierWithoutBraces,
                    next.span,
                    format!("`{found}` takes braces, not brackets"),
                )
                .help(format!("write `{found} {{ … }}`"));
                self.group(word.span, next, quantifier, depth)
            }
            TokenKind::Hole => {
                self.advance();
                // The braces and what is in them stand in the hole.
                let items = vec![Condition::Hole(next.span)];
                Condition::Group { span: word.span.to(next.span), quantifier, items }
            }
            _ => {
                let found = self.words(word);
                self.error(
                    Kind::QuantifierWithoutBraces,
                    word.span,
                    format!("braces are missing after `{found}`"),
                )
                .help(format!("write `{found} {{ … }}` around the conditions"));
                let mut items = Vec::new();
                while !self.ends_condition() {
                    items.push(self.condition(depth + 1));
                    if self.eat_kind(TokenKind::Comma).is_none() {
                        break;
                    }
                }
                // A brace that was only closed.
                if depth == 0 {
                    self.eat_kind(TokenKind::CloseBrace);
                }
                Condition::Group { span: self.since(word.span), quantifier, items }
            }
        }
    }

    /// The conditions of a group, from after its opening brace to its closing one.
    pub(super) fn group(
        &mut self,
        start: Span,
        open: Token,
        quantifier: Quantifier,
        depth: usize,
    ) -> Condition {
        let close = match open.kind {
            TokenKind::OpenParen => TokenKind::CloseParen,
            TokenKind::OpenBracket => TokenKind::CloseBracket,
            _ => TokenKind::CloseBrace,
        };
        let mut items = Vec::new();
        let mut needs_comma = false;
        loop {
            let token = self.peek();
            if token.kind == close {
                self.advance();
                break;
            }
            if self.separator(token, needs_comma, close) {
                needs_comma = false;
                continue;
            }
            let other_close =
                matches!(token.kind, TokenKind::CloseBrace | TokenKind::CloseParen | TokenKind::CloseBracket);
            if self.ends_condition() && !other_close {
                self.not_closed(open);
                break;
            }
            if other_close {
                if token.kind == TokenKind::CloseBrace || open.kind != TokenKind::OpenBrace {
                    self.not_closed(open);
                    if open.kind == TokenKind::OpenBrace {
                        break;
                    }
                    self.advance();
                    break;
                }
                self.advance();
                let found = self.words(token);
                self.error(Kind::UnbalancedDelimiter, token.span, format!("`{found}` closes nothing"))
                    .help("leave it out")
                    .guess(token.span, "");
                continue;
            }
            let glued = needs_comma && token.kind != TokenKind::Hole && !self.after_hole();
            if glued && !self.next_without_comma(token) {
                continue;
            }
            let before = self.at;
            items.push(self.condition(depth + 1));
            needs_comma = true;
            if self.at == before {
                self.advance();
            }
        }
        let span = self.since(start);
        if items.is_empty() && self.previous().is_some_and(|last| last.kind == close) {
            let help = if self.is_rule() {
                "write at least one condition"
            } else {
                "write at least one condition, or leave `where` out"
            };
            self.error(Kind::EmptyCondition, span, "no condition stands in the braces").help(help);
        }
        Condition::Group { span, quantifier, items }
    }

    /// Takes what stands between two conditions, or is meant to. False where it is none of that.
    fn separator(&mut self, token: Token, after_condition: bool, close: TokenKind) -> bool {
        match token.kind {
            TokenKind::Comma => self.comma(after_condition, close),
            TokenKind::Semicolon => {
                self.advance();
                let next = self.peek().kind;
                let closes = [TokenKind::Comma, TokenKind::Semicolon, TokenKind::End].contains(&next);
                let between = after_condition && !closes && next != close;
                let error = self.error(Kind::MissingComma, token.span, "conditions are separated by commas");
                if between {
                    error.help("write `,`").fix(token.span, ",");
                } else {
                    error.help("leave it out").fix(token.span, "");
                }
            }
            _ if matches!(token.word, Keyword::And | Keyword::Or) && after_condition => {
                self.advance();
                self.error(
                    Kind::AndOrCondition,
                    token.span,
                    format!("conditions are separated by commas, not by `{}`", self.words(token)),
                )
                .help("write `,`; `any` and `all` before the braces say how the conditions combine");
            }
            _ => return false,
        }
        true
    }

    /// A comma inside a group.
    fn comma(&mut self, after_condition: bool, close: TokenKind) {
        let after_hole = self.after_hole();
        let comma = self.advance();
        let next = self.peek();
        let empty = !after_condition || matches!(next.kind, TokenKind::Comma) || next.kind == close;
        if empty && !after_hole && (after_condition || !next.has_hole) {
            self.error(Kind::StrayComma, comma.span, "a condition is missing beside this comma")
                .help("leave the comma out")
                .fix(comma.span, "");
        }
    }

    fn not_closed(&mut self, open: Token) {
        if self.after_hole()
            || self.tokens.get(self.at..).unwrap_or(&[]).iter().any(|t| t.kind == TokenKind::Hole)
        {
            return;
        }
        let found = self.words(open);
        let close = match open.kind {
            TokenKind::OpenParen => ")",
            TokenKind::OpenBracket => "]",
            _ => "}",
        };
        let place = self.here();
        self.error(Kind::UnbalancedDelimiter, open.span, format!("`{found}` is never closed"))
            .help(format!("write `{close}` after the last condition"))
            .guess(place, close);
    }

    /// Something follows a condition without a comma. Whether it is read as the next condition.
    fn next_without_comma(&mut self, token: Token) -> bool {
        if self.starts_condition() || token.kind == TokenKind::OpenBrace {
            let place = self.here();
            self.error(
                Kind::MissingComma,
                Span::at(token.span.start()),
                "a comma is missing before this condition",
            )
            .help("write `,` between the conditions")
            .guess(place, ",");
            return true;
        }
        self.advance();
        while !matches!(
            self.peek().kind,
            TokenKind::End
                | TokenKind::Comma
                | TokenKind::CloseBrace
                | TokenKind::CloseParen
                | TokenKind::Comment
        ) && self.peek().word != Keyword::Where
            && !matches!(self.peek().word, Keyword::And | Keyword::Or)
            && !self.starts_condition()
        {
            self.advance();
        }
        let span = self.since(token.span);
        // A quote that is never closed is reported as such.
        if token.is_open && span == token.span {
            return false;
        }
        let found = shorten(span.of(self.text));
        self.error(Kind::UnexpectedText, span, format!("`{found}` is no part of a condition"))
            .help("a value with spaces stands in quotes; conditions are separated by commas");
        false
    }
}

/// The quantifier that a word before a brace stands for.
pub(super) fn meant_quantifier(word: &str) -> Option<(&'static str, Quantifier)> {
    match word.to_ascii_lowercase().as_str() {
        "allof" | "all-of" | "all_of" | "every" | "each" | "both" | "and" | "al" | "alle" => {
            Some(("all", Quantifier::All))
        }
        "anyof" | "any-of" | "any_of" | "oneof" | "one-of" | "one_of" | "some" | "either" | "or" | "an"
        | "ayn" => Some(("any", Quantifier::Any)),
        _ => None,
    }
}
