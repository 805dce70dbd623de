//! Conditions: what follows `where`, and the whole of a matching rule.

use super::super::ast::{Condition, MatchingRule, Quantifier, Test, TestKind, Where};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::group::meant_quantifier;
use super::{Language, Parser, shorten};
use crate::text::Span;

/// How deep conditions may be nested. Real ones stay below five.
const DEEPEST: usize = 64;

impl Parser<'_> {
    /// Reads from `where` on.
    pub(super) fn where_clause(&mut self) -> Where {
        let word = self.advance();
        while let Some(again) = self.eat(Keyword::Where) {
            self.error(Kind::DoubledWord, again.span, "`where` stands twice")
                .help("write it once")
                .fix(Span::new(word.span.end(), again.span.end()), "");
        }
        self.where_rest(word.span)
    }

    /// Reads the condition after `where`.
    pub(super) fn where_rest(&mut self, word: Span) -> Where {
        if self.ends_condition() {
            if !self.after_hole() {
                self.error(Kind::EmptyCondition, word, "no condition follows `where`")
                    .help("write a condition, or leave `where` out");
            }
            return Where { span: word, condition: None };
        }
        let first = self.condition(0);
        let condition = self.more_conditions(first);
        self.bare_variable(&condition);
        Where { span: self.since(word), condition: Some(condition) }
    }

    /// A variable alone is on record inside `any { … }` only.
    fn bare_variable(&mut self, condition: &Condition) {
        let Condition::Test(Test { span, kind: TestKind::Present(variable) }) = condition else { return };
        let known = variable.known(self.text).is_some_and(|name| name.contains('.'));
        if known && !self.errors.iter().any(|error| error.span.overlaps(*span)) {
            self.warn(Kind::BareVariable, *span, "a variable alone is no documented condition")
                .help("write an operator and a value after it");
        }
    }

    /// Reads a whole matching rule.
    pub(super) fn matching_rule(&mut self) -> MatchingRule {
        let start = self.peek().span;
        let mut conditions = Vec::new();
        if self.peek().word == Keyword::Where && self.tokens.len() > 1 {
            let word = self.advance();
            let rest = self.peek().span.start();
            self.error(Kind::UnexpectedText, word.span, "a matching rule has no `where`")
                .help("leave it out")
                .guess(Span::new(word.span.start(), rest), "");
        }
        if self.ends_condition() {
            if self.at_end() || !matches!(self.peek().kind, TokenKind::Hole) {
                self.error(Kind::EmptyCondition, start, "the matching rule is empty")
                    .help("write a rule, such as `all {resource.type = 'genaiagent', resource.compartment.id = '<OCID>'}`");
            }
            return MatchingRule { span: start, conditions };
        }
        conditions.push(self.condition(0));
        self.rest_of_rule(&mut conditions);
        MatchingRule { span: self.since(start), conditions }
    }

    fn rest_of_rule(&mut self, conditions: &mut Vec<Condition>) {
        let mut reported = false;
        loop {
            let token = self.peek();
            let separator =
                token.kind == TokenKind::Comma || matches!(token.word, Keyword::And | Keyword::Or);
            if separator && !matches!(self.nth(1).kind, TokenKind::End) {
                let after_hole = self.after_hole();
                self.advance();
                if token.kind != TokenKind::Comma {
                    self.connective(token);
                } else if !reported && !after_hole && self.peek().kind != TokenKind::Hole {
                    self.error(
                        Kind::ConditionsWithoutQuantifier,
                        token.span,
                        "several conditions need `any { … }` or `all { … }` around them",
                    )
                    .help(
                        "write `all { …, … }` where every one must hold, `any { …, … }` where one is enough",
                    );
                    reported = true;
                }
                conditions.push(self.condition(0));
            } else if self.starts_condition() && token.kind == TokenKind::Word && !self.after_hole() {
                if !reported {
                    self.error(
                        Kind::ConditionsWithoutQuantifier,
                        Span::at(token.span.start()),
                        "several conditions need `any { … }` or `all { … }` around them",
                    )
                    .help("write `any { …, … }` around them where one is enough, with commas between");
                    reported = true;
                }
                conditions.push(self.condition(0));
            } else if token.kind == TokenKind::Hole || self.after_hole() && self.starts_condition() {
                conditions.push(self.condition(0));
            } else if self.at_end() || !self.leftover() {
                break;
            }
        }
    }

    /// Text after a matching rule. Whether there may be more.
    fn leftover(&mut self) -> bool {
        let token = self.advance();
        let found = self.words(token);
        match token.kind {
            TokenKind::Comment => {}
            TokenKind::Comma | TokenKind::Semicolon | TokenKind::Stop if self.at_end() => {
                self.warn(
                    Kind::TrailingPunctuation,
                    token.span,
                    format!("nothing may follow the rule, not even `{found}`"),
                )
                .help("leave it out")
                .fix(token.span, "");
            }
            TokenKind::CloseBrace | TokenKind::CloseParen | TokenKind::CloseBracket => {
                self.error(Kind::UnbalancedDelimiter, token.span, format!("`{found}` closes nothing"))
                    .help("leave it out")
                    .guess(token.span, "");
            }
            _ => {
                let from = token.span;
                while !self.at_end() && !matches!(self.peek().kind, TokenKind::Comma | TokenKind::CloseBrace)
                {
                    self.advance();
                }
                let span = self.since(from);
                if token.is_open && span == token.span {
                    // A quote that is never closed is reported as such.
                    return !self.at_end();
                }
                let found = shorten(span.of(self.text));
                self.error(Kind::UnexpectedText, span, format!("`{found}` is no part of a condition"))
                    .help("leave it out, or separate conditions by commas inside `all { … }`");
            }
        }
        !self.at_end()
    }

    /// What follows the condition after `where`: a comma, `and`, a second condition.
    fn more_conditions(&mut self, first: Condition) -> Condition {
        let start = first.span();
        let mut items = Vec::new();
        let mut quantifier = Quantifier::Unknown;
        let mut reported = false;
        let mut first = Some(first);
        loop {
            let token = self.peek();
            match (token.kind, token.word) {
                (_, Keyword::And | Keyword::Or) => {
                    self.advance();
                    quantifier = if token.word == Keyword::And { Quantifier::All } else { Quantifier::Any };
                    self.connective(token);
                }
                (TokenKind::Comma, _) if self.nth(1).kind != TokenKind::End => {
                    let in_hole = self.after_hole();
                    self.advance();
                    if self.ends_condition() {
                        break;
                    }
                    let (next, then) = (self.peek(), self.nth(1));
                    // A value alone is reported as such.
                    let value = matches!(next.kind, TokenKind::Quoted(_)) && !self.is_operator(then);
                    if !reported && !in_hole && !value && next.kind != TokenKind::Hole {
                        self.error(Kind::ConditionsWithoutQuantifier, token.span, "several conditions need `any { … }` or `all { … }` around them")
                            .help("write `all { …, … }` where every one must hold, `any { …, … }` where one is enough");
                        reported = true;
                    }
                }
                (TokenKind::Hole, _) => {}
                _ if self.after_hole() && self.starts_condition() => {}
                (TokenKind::Word, Keyword::None) if self.starts_condition() => {
                    self.error(
                        Kind::ConditionsWithoutQuantifier,
                        Span::at(token.span.start()),
                        "several conditions need `any { … }` or `all { … }` around them",
                    )
                    .help(
                        "write `all { …, … }` where every one must hold, `any { …, … }` where one is enough",
                    );
                }
                _ => break,
            }
            if self.ends_condition() {
                if !self.after_hole() {
                    self.error(Kind::EmptyCondition, token.span, "no condition follows")
                        .help("leave it out, or write a condition after it");
                }
                break;
            }
            items.extend(first.take());
            items.push(self.condition(0));
        }
        match first {
            Some(only) => only,
            None => Condition::Group { span: self.since(start), quantifier, items },
        }
    }

    /// `and`, `or`, just passed.
    fn connective(&mut self, token: Token) {
        let word = self.words(token);
        let meant = if token.word == Keyword::And { "all" } else { "any" };
        self.error(Kind::AndOrCondition, token.span, format!("conditions are not joined by `{word}`"))
            .help(format!("write `{meant} {{ …, … }}` around the conditions"));
    }

    /// Whether no condition can start here.
    pub(super) fn ends_condition(&self) -> bool {
        let token = self.peek();
        matches!(
            token.kind,
            TokenKind::End
                | TokenKind::Comment
                | TokenKind::Stop
                | TokenKind::Semicolon
                | TokenKind::CloseBrace
                | TokenKind::CloseParen
                | TokenKind::CloseBracket
        ) || token.word == Keyword::Where
            || (token.word == Keyword::In
                && matches!(self.nth(1).word, Keyword::Tenancy | Keyword::Compartment | Keyword::AnyTenancy))
    }

    /// Whether the current word is followed by what makes it a condition.
    pub(super) fn starts_condition(&self) -> bool {
        let (token, next) = (self.peek(), self.nth(1));
        let operator = matches!(next.kind, TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator)
            || (matches!(
                next.word,
                Keyword::In | Keyword::Not | Keyword::Before | Keyword::After | Keyword::Between
            ) && !matches!(self.nth(2).word, Keyword::Tenancy | Keyword::Compartment));
        let quantified = matches!(token.word, Keyword::Any | Keyword::All)
            && matches!(next.kind, TokenKind::OpenBrace | TokenKind::OpenParen);
        (token.kind == TokenKind::Word && operator) || quantified || token.kind == TokenKind::Bang
    }

    pub(super) fn condition(&mut self, depth: usize) -> Condition {
        let (token, next) = (self.peek(), self.nth(1));
        if depth >= DEEPEST {
            return self.too_deep(token);
        }
        let quantifier = match token.word {
            Keyword::Any => Quantifier::Any,
            Keyword::All => Quantifier::All,
            _ => Quantifier::Unknown,
        };
        match (token.kind, next.kind) {
            _ if quantifier != Quantifier::Unknown && !self.is_variable() => {
                self.advance();
                self.quantified(token, quantifier, depth)
            }
            (TokenKind::Word, TokenKind::OpenBrace)
                if !token.has_hole && meant_quantifier(self.words(token)).is_some() =>
            {
                self.advance();
                let (meant, quantifier) =
                    meant_quantifier(self.words(token)).unwrap_or(("all", Quantifier::Unknown));
                let found = self.words(token);
                self.error(Kind::MisspeltKeyword, token.span, format!("`{found}` is no keyword"))
                    .help(format!("write `{meant}`"))
                    .guess(token.span, meant);
                self.quantified(token, quantifier, depth)
            }
            (TokenKind::Hole, TokenKind::OpenBrace) => {
                self.advance();
                let open = self.advance();
                self.group(token.span, open, Quantifier::Unknown, depth)
            }
            (TokenKind::OpenBrace, _) => {
                let open = self.advance();
                self.error(
                    Kind::BracesWithoutQuantifier,
                    open.span,
                    "`any` or `all` is missing before the braces",
                )
                .help("write `all { … }` where every condition must hold, `any { … }` where one is enough")
                .guess(Span::at(open.span.start()), "all ");
                self.group(token.span, open, Quantifier::Unknown, depth)
            }
            (TokenKind::OpenParen | TokenKind::OpenBracket, _) => {
                let open = self.advance();
                self.error(
                    Kind::QuantifierWithoutBraces,
                    open.span,
                    "conditions are grouped by `all { … }` and `any { … }`",
                )
                .help("write `all {` and `}`");
                self.group(token.span, open, Quantifier::Unknown, depth)
            }
            (TokenKind::Hole, _) if !self.hole_is_variable(next) => {
                self.advance();
                Condition::Hole(token.span)
            }
            _ => self.test(),
        }
    }

    /// Whether `any` or `all` is followed by an operator: a variable that bears such a name.
    fn is_variable(&self) -> bool {
        matches!(self.nth(1).kind, TokenKind::Equal | TokenKind::NotEqual)
    }

    fn hole_is_variable(&self, next: Token) -> bool {
        matches!(next.kind, TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator)
            || matches!(next.word, Keyword::Before | Keyword::After | Keyword::Between)
            || (matches!(next.word, Keyword::In | Keyword::Not)
                && !matches!(self.nth(2).kind, TokenKind::Word))
    }

    fn too_deep(&mut self, token: Token) -> Condition {
        self.error(
            Kind::NestingTooDeep,
            token.span,
            format!("conditions are nested more than {DEEPEST} deep"),
        )
        .help("write fewer levels of `any` and `all`");
        // Pass the rest: what is inside can't be judged.
        self.at = self.tokens.len();
        Condition::Error(self.since(token.span))
    }

    pub(super) fn is_rule(&self) -> bool {
        self.language == Language::MatchingRule
    }
}
