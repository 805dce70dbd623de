//! Single tests: a variable, an operator, a value.

use super::super::ast::{Argument, Atom, Comparison, Condition, Quote, Test, TestKind, ValueKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::super::time;
use super::value::is_tag;
use super::{Parser, shorten};

use crate::text::Span;

impl Parser<'_> {
    pub(super) fn test(&mut self) -> Condition {
        let first = self.peek();
        if matches!(first.word, Keyword::Not) && self.nth(1).kind == TokenKind::OpenParen {
            return self.negated_group(first);
        }
        if first.kind == TokenKind::Bang || (first.word == Keyword::Not && Self::is_name(self.nth(1))) {
            return self.absent(first);
        }
        if !Self::is_name(first) {
            return self.no_variable(first);
        }
        if matches!(first.kind, TokenKind::Quoted(_)) && !self.is_operator(self.nth(1)) {
            return self.value_alone(first);
        }
        self.advance();
        let variable = Self::atom(first);
        let next = self.peek();
        if next.kind == TokenKind::OpenParen && first.kind == TokenKind::Word {
            return self.call(first);
        }
        let kind = match (next.kind, next.word) {
            (TokenKind::Equal | TokenKind::NotEqual, _) => self.compare(variable, next),
            (TokenKind::OtherOperator, _) => self.other_operator(variable, next),
            (TokenKind::Bang, _) if self.nth(1).kind == TokenKind::Quoted(Quote::Single) => {
                self.other_operator(variable, next)
            }
            (TokenKind::Bang, _) if self.nth(1).word == Keyword::In => {
                self.advance();
                self.joined_not_in(variable, next.span)
            }
            _ if self.is_word(next, &["notin", "not-in", "not_in", "nin"])
                && matches!(
                    self.nth(1).kind,
                    TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::Hole
                ) =>
            {
                self.joined_not_in(variable, next.span)
            }
            (_, Keyword::In) => {
                self.advance();
                self.list(variable, false)
            }
            (_, Keyword::Not) if self.nth(1).word == Keyword::In => {
                self.advance();
                self.advance();
                self.list(variable, true)
            }
            (_, Keyword::Before | Keyword::After) => {
                self.advance();
                let before = next.word == Keyword::Before;
                let value = self.value(next.span);
                value.map_or(TestKind::Present(variable), |value| TestKind::Time { variable, before, value })
            }
            (_, Keyword::Between) => {
                self.advance();
                self.between(variable, next)
            }
            _ if self.is_word_operator(next) => self.other_operator(variable, next),
            _ => self.present(first, variable),
        };
        let span = self.since(first.span);
        self.check_variable(variable);
        let test = Test { span, kind };
        time::check(self.text, &test, &mut self.errors);
        self.check_rule_operator(&test);
        Condition::Test(test)
    }

    /// `notin (…)`, `!in (…)`
    fn joined_not_in(&mut self, variable: Atom, from: Span) -> TestKind {
        self.advance();
        let span = self.since(from);
        let found = shorten(span.of(self.text));
        self.error(Kind::UnknownOperator, span, format!("`{found}` is no operator"))
            .help("write `not in`")
            .fix(span, "not in");
        self.list(variable, true)
    }

    pub(super) fn is_operator(&self, token: Token) -> bool {
        matches!(token.kind, TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator)
            || matches!(token.word, Keyword::In | Keyword::Before | Keyword::After | Keyword::Between)
    }

    /// Operators that other languages write as words.
    fn is_word_operator(&self, token: Token) -> bool {
        self.is_word(
            token,
            &[
                "is",
                "like",
                "contains",
                "equals",
                "eq",
                "ne",
                "matches",
                "startswith",
                "starts-with",
                "isnot",
                "does",
            ],
        ) || (token.word == Keyword::Not && !Self::is_name(self.nth(1)))
            || (token.word == Keyword::Not && self.is_word(self.nth(1), &["like", "equals", "contains"]))
    }

    fn no_variable(&mut self, token: Token) -> Condition {
        if matches!(token.kind, TokenKind::Pattern | TokenKind::Slash) {
            return self.value_alone(token);
        }
        let here = self.here();
        let is_operator = self.is_operator(token);
        if is_operator {
            self.error(Kind::MalformedCondition, token.span, "the variable is missing before the operator")
                .help("write `<variable> = '<value>'`");
            self.advance();
            if Self::is_name(self.peek()) || self.peek().kind == TokenKind::Pattern {
                self.advance();
            }
            return Condition::Error(self.since(token.span));
        }
        if token.kind != TokenKind::End {
            self.advance();
        }
        let span = if token.kind == TokenKind::End { here } else { token.span };
        if !token.is_open {
            self.error(Kind::MalformedCondition, span, "no condition can be read here")
                .help("write `<variable> = '<value>'`");
        }
        Condition::Error(span)
    }

    /// A value where a condition is expected: `a = 'x', 'y'`.
    fn value_alone(&mut self, token: Token) -> Condition {
        self.advance();
        let message = "a value stands here without variable and operator";
        if token.is_open {
            return Condition::Error(token.span);
        }
        if self.is_rule() {
            // Printed like this once in the documentation.
            self.warn(Kind::MalformedValueList, token.span, message)
                .help("write the variable and `=` before each value, inside `any { … }`");
        } else {
            self.error(Kind::MalformedValueList, token.span, message)
                .help("write `<variable> in ('a', 'b')` for several values");
        }
        Condition::Error(token.span)
    }

    /// `not (…)`, `!(…)`, which other languages have.
    fn negated_group(&mut self, first: Token) -> Condition {
        self.advance();
        let mut open = 0_usize;
        while !self.at_end() && self.peek().word != Keyword::Where {
            match self.advance().kind {
                TokenKind::OpenParen | TokenKind::OpenBrace => open += 1,
                TokenKind::CloseParen | TokenKind::CloseBrace => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
        let sign = self.words(first);
        self.error(
            Kind::UnknownOperator,
            first.span,
            format!("a group of conditions can't be negated by `{sign}`"),
        )
        .help("negate each test by `!=` or `not in`, and swap `any` and `all`");
        Condition::Error(self.since(first.span))
    }

    fn absent(&mut self, first: Token) -> Condition {
        if matches!(self.nth(1).kind, TokenKind::OpenParen | TokenKind::OpenBrace) {
            return self.negated_group(first);
        }
        self.advance();
        let token = self.peek();
        if !Self::is_name(token) {
            self.error_unless_after_hole(
                Kind::MalformedCondition,
                first.span,
                "the variable is missing after this sign",
            )
            .help("write `!<variable>` where the variable must be absent");
            return Condition::Error(first.span);
        }
        self.advance();
        let variable = Self::atom(token);
        self.check_variable(variable);
        if self.is_operator(self.peek()) {
            self.advance();
            if Self::is_name(self.peek()) || self.peek().kind == TokenKind::Pattern {
                self.advance();
            }
            let span = self.since(first.span);
            self.error(
                Kind::UnknownOperator,
                first.span,
                format!("a whole test can't be negated by `{}`", self.words(first)),
            )
            .help("write `!=` or `not in` between variable and value");
            return Condition::Error(span);
        }
        Condition::Test(Test { span: self.since(first.span), kind: TestKind::Absent(variable) })
    }

    fn compare(&mut self, variable: Atom, operator: Token) -> TestKind {
        self.advance();
        let comparison =
            if operator.kind == TokenKind::Equal { Comparison::Equal } else { Comparison::NotEqual };
        self.compared(variable, comparison, operator.span)
    }

    fn compared(&mut self, variable: Atom, operator: Comparison, operator_span: Span) -> TestKind {
        if matches!(self.peek().kind, TokenKind::OpenParen | TokenKind::OpenBracket) {
            let word = if operator == Comparison::Equal { "in" } else { "not in" };
            let sign = operator_span.of(self.text);
            self.error(
                Kind::MalformedValueList,
                operator_span,
                format!("`{sign}` takes one value, not a list"),
            )
            .help(format!("write `{word}`"))
            .guess(operator_span, if sign.is_empty() { String::new() } else { format!(" {word} ") });
            return self.list(variable, operator == Comparison::NotEqual);
        }
        match self.value(operator_span) {
            Some(value) => TestKind::Compare { variable, operator, operator_span, value },
            None => TestKind::Present(variable),
        }
    }

    fn other_operator(&mut self, variable: Atom, operator: Token) -> TestKind {
        self.advance();
        let mut span = operator.span;
        if operator.kind != TokenKind::OtherOperator {
            while self.is_word(self.peek(), &["not", "equal", "equals", "to", "like", "contain", "with"]) {
                span = span.to(self.advance().span);
            }
        }
        let found = shorten(span.of(self.text));
        let meant = match found.to_lowercase().as_str() {
            "==" | "===" | "is" | "eq" | "equals" | "=~" | "like" | "matches" | "contains"
            | "starts-with" | "startswith" | "equals to" => Some("="),
            "<>" | "!==" | "ne" | "is not" | "isnot" | "!" | "not like" | "!~" | "not equals" | "!=~" => {
                Some("!=")
            }
            _ => None,
        };
        let error = self.error(Kind::UnknownOperator, span, format!("`{found}` is no operator"));
        match meant {
            Some(meant) if matches!(found.as_str(), "==" | "===" | "<>" | "!==") => {
                error.help(format!("write `{meant}`")).fix(span, meant);
            }
            Some(meant) => {
                error.help(format!(
                    "write `{meant}`, with a pattern such as `/dev-*/` for the start of a name"
                ));
            }
            None => {
                error.help("write one of `=`, `!=`, `in (…)`, `not in (…)`");
            }
        }
        let comparison = if meant == Some("!=") { Comparison::NotEqual } else { Comparison::Equal };
        if self.ends_value() {
            return TestKind::Present(variable);
        }
        self.compared(variable, comparison, span)
    }

    fn between(&mut self, variable: Atom, operator: Token) -> TestKind {
        let Some(from) = self.value(operator.span) else { return TestKind::Present(variable) };
        let and = self.peek();
        let joined = and.word == Keyword::And || self.after_hole();
        let comma = and.kind == TokenKind::Comma && matches!(self.nth(1).kind, TokenKind::Quoted(_));
        if and.word == Keyword::And || comma {
            self.advance();
        }
        if !joined {
            self.error(
                Kind::MalformedCondition,
                operator.span,
                "`between` needs `and` between its two times",
            )
            .help("write `between '<time>' and '<time>'`");
            if !matches!(self.peek().kind, TokenKind::Quoted(_)) {
                return TestKind::Between { variable, from, until: from };
            }
        }
        match self.value(operator.span) {
            Some(until) => TestKind::Between { variable, from, until },
            None => TestKind::Between { variable, from, until: from },
        }
    }

    /// A variable without operator: present.
    fn present(&mut self, first: Token, variable: Atom) -> TestKind {
        let inner = self.words(first);
        let next = self.peek();
        if (matches!(next.kind, TokenKind::Quoted(_) | TokenKind::Pattern)) && !first.ends_with_hole {
            self.error(Kind::MalformedCondition, next.span, "an operator is missing before the value")
                .help("write `=` or `!=`")
                .guess(Span::at(next.span.start()), "= ");
            self.advance();
            let value = self.value_of(next);
            return TestKind::Compare {
                variable,
                operator: Comparison::Equal,
                operator_span: Span::at(next.span.start()),
                value,
            };
        }
        if !first.has_hole && !inner.contains('.') {
            self.error(Kind::MalformedCondition, first.span, format!("`{}` is no condition", shorten(inner)))
                .help("write `<variable> = '<value>'`");
        } else if !first.has_hole && self.is_rule() && !is_tag(inner) {
            self.warn(Kind::BareVariable, first.span, "only a tag may stand alone in a matching rule")
                .help("write `= '<value>'` after it");
        }
        TestKind::Present(variable)
    }

    /// `function(argument, …)`
    fn call(&mut self, function: Token) -> Condition {
        let open = self.advance();
        let name = self.words(function).to_lowercase();
        if !function.has_hole && !matches!(name.as_str(), "sets-intersect" | "sets-equal") {
            let found = self.words(function);
            self.warn(
                Kind::MalformedCondition,
                function.span,
                format!("the function `{}` is in no documentation", shorten(found)),
            )
            .help("the functions in use are `sets-intersect` and `sets-equal`");
        }
        let mut arguments = Vec::new();
        let mut closed = false;
        let mut needs_comma = false;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::CloseParen => {
                    self.advance();
                    closed = true;
                    break;
                }
                TokenKind::Comma => {
                    self.advance();
                    if (!needs_comma || self.peek().kind == TokenKind::CloseParen) && !self.peek().has_hole {
                        self.error(Kind::StrayComma, token.span, "an argument is missing beside this comma")
                            .help("leave the comma out")
                            .fix(token.span, "");
                    }
                    needs_comma = false;
                }
                TokenKind::OpenParen => {
                    self.advance();
                    arguments.push(Argument::List(self.values(token, TokenKind::CloseParen)));
                    needs_comma = true;
                }
                TokenKind::Word
                | TokenKind::Hole
                | TokenKind::Quoted(_)
                | TokenKind::Pattern
                | TokenKind::Slash => {
                    self.advance();
                    let value = self.value_of(token);
                    if value.kind == ValueKind::Word {
                        self.unquoted(token);
                    }
                    arguments.push(Argument::Value(value));
                    needs_comma = true;
                }
                _ => break,
            }
        }
        if !closed && !self.after_hole() {
            let place = self.here();
            self.error(Kind::UnbalancedDelimiter, open.span, "`(` is never closed")
                .help("write `)` after the last argument")
                .guess(place, ")");
        }
        let holes = arguments.iter().any(|argument| match argument {
            Argument::Value(value) => value.atom.has_hole,
            Argument::List(_) => false,
        });
        if closed && !holes && !function.has_hole && arguments.len() != 2 {
            let found = self.words(function);
            self.warn(
                Kind::MalformedCondition,
                self.since(function.span),
                format!("`{}` compares two sets", shorten(found)),
            )
            .help("write a variable and a list: `sets-intersect(<variable>, ('a', 'b'))`");
        }
        let kind = TestKind::Call { function: Self::atom(function), arguments };
        Condition::Test(Test { span: self.since(function.span), kind })
    }
}
