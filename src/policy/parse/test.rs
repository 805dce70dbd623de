//! Single tests: a variable, an operator, a value.

use super::super::ast::{Argument, Atom, Comparison, Condition, Quote, Test, TestKind, Value, ValueKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::super::time;
use super::Parser;
use super::rule::shorten;
use super::subject::{is_ocid, is_quoted};
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
        if !token.is_open {
            self.error(
                Kind::MalformedValueList,
                token.span,
                "a value stands here without variable and operator",
            )
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
            let operator = self.advance();
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
            let _ = operator;
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

    fn ends_value(&self) -> bool {
        let token = self.peek();
        matches!(
            token.kind,
            TokenKind::End
                | TokenKind::Comma
                | TokenKind::CloseBrace
                | TokenKind::CloseParen
                | TokenKind::CloseBracket
                | TokenKind::Comment
                | TokenKind::Semicolon
                | TokenKind::Stop
        )
    }

    fn value(&mut self, operator: Span) -> Option<Value> {
        let token = self.peek();
        if self.ends_value()
            || !(Self::is_name(token) || matches!(token.kind, TokenKind::Pattern | TokenKind::Slash))
        {
            self.error_unless_after_hole(
                Kind::MalformedCondition,
                operator,
                "the value is missing after the operator",
            )
            .help("write a value in single quotes, such as `'phx'`");
            return None;
        }
        self.advance();
        let value = self.value_of(token);
        if value.kind == ValueKind::Word {
            self.unquoted(token);
        }
        Some(value)
    }

    fn value_of(&mut self, token: Token) -> Value {
        let atom = Self::atom(token);
        let kind = match token.kind {
            TokenKind::Pattern => ValueKind::Pattern,
            TokenKind::Quoted(_) => {
                if atom.inner(self.text).is_empty() && !token.is_open {
                    self.warn(Kind::EmptyValue, token.span, "the value is empty")
                        .help("write the value; whether OCI takes an empty one is not documented");
                }
                if token.kind == TokenKind::Quoted(Quote::Typographic) {
                    for error in &mut self.errors {
                        if error.kind == Kind::TypographicQuotes && error.span == token.span {
                            error.severity = crate::diag::Severity::Error;
                        }
                    }
                }
                ValueKind::Literal
            }
            TokenKind::Hole => ValueKind::Hole,
            _ if token.has_hole => ValueKind::Hole,
            _ if is_variable(self.words(token)) => ValueKind::Variable,
            _ => ValueKind::Word,
        };
        Value { atom, kind }
    }

    /// A bare word that is no variable.
    fn unquoted(&mut self, token: Token) {
        while self.peek().kind == TokenKind::Word
            && matches!(self.peek().word, Keyword::None)
            && !self.is_operator(self.nth(1))
        {
            self.advance();
        }
        let span = self.since(token.span);
        let found = shorten(span.of(self.text));
        let severity =
            if self.lenient_values { crate::diag::Severity::Warning } else { crate::diag::Severity::Error };
        // An admit with a bare value is on record in a tenancy's own list of statements, an allow with one
        // as refused.
        let is_glob = found.contains('*');
        let error = self.report(
            Kind::UnquotedValue,
            severity,
            span,
            format!("`{found}` stands without quotes, so it is read as a variable"),
        );
        if is_glob {
            error
                .help(format!("write `/{found}/` for a pattern, `'{found}'` for a string"))
                .guess(span, format!("/{found}/"));
        } else {
            error.help(format!("write `'{found}'`"));
            let whole = span.of(self.text);
            self.errors.last_mut().map(|error| error.fix(span, format!("'{whole}'")));
        }
    }

    fn list(&mut self, variable: Atom, negated: bool) -> TestKind {
        let open = self.peek();
        let close = match open.kind {
            TokenKind::OpenParen => TokenKind::CloseParen,
            TokenKind::OpenBracket => TokenKind::CloseBracket,
            TokenKind::OpenBrace => TokenKind::CloseBrace,
            TokenKind::Hole => {
                self.advance();
                let value = Value { atom: Self::atom(open), kind: ValueKind::Hole };
                return TestKind::In { variable, negated, values: vec![value] };
            }
            _ => return self.open_list(variable, negated),
        };
        if open.kind != TokenKind::OpenParen {
            self.error(Kind::MalformedValueList, open.span, "a list of values stands in round brackets")
                .help("write `(` and `)`")
                .guess(open.span, "(");
        }
        self.advance();
        let values = self.values(open, close);
        TestKind::In { variable, negated, values }
    }

    /// The values up to the closing bracket.
    fn values(&mut self, open: Token, close: TokenKind) -> Vec<Value> {
        let mut values = Vec::new();
        let mut needs_comma = false;
        loop {
            let token = self.peek();
            if token.kind == close {
                self.advance();
                if values.is_empty() {
                    let span = self.since(open.span);
                    self.error(Kind::MalformedValueList, span, "the list of values is empty")
                        .help("write at least one value");
                }
                break;
            }
            match token.kind {
                TokenKind::Comma => {
                    let after_hole = self.after_hole();
                    self.advance();
                    let empty =
                        !needs_comma || self.peek().kind == close || self.peek().kind == TokenKind::Comma;
                    if empty && !after_hole && !self.peek().has_hole {
                        self.error(Kind::StrayComma, token.span, "a value is missing beside this comma")
                            .help("leave the comma out")
                            .fix(token.span, "");
                    }
                    needs_comma = false;
                }
                TokenKind::Word
                | TokenKind::Hole
                | TokenKind::Quoted(_)
                | TokenKind::Pattern
                | TokenKind::Slash
                    if !(needs_comma && self.is_operator(self.nth(1))) && token.word != Keyword::Where =>
                {
                    if needs_comma && !self.after_hole() && token.kind != TokenKind::Hole {
                        let place = self.here();
                        self.error(Kind::MissingComma, token.span, "a comma is missing before this value")
                            .help("write `,` between the values")
                            .guess(place, ",");
                    }
                    self.advance();
                    let value = self.value_of(token);
                    if value.kind == ValueKind::Word {
                        self.unquoted(token);
                    }
                    values.push(value);
                    needs_comma = true;
                }
                _ => {
                    if !self.after_hole() {
                        let found = self.words(open);
                        let place = self.here();
                        let text = if close == TokenKind::CloseParen { ")" } else { "]" };
                        self.error(
                            Kind::UnbalancedDelimiter,
                            open.span,
                            format!("`{found}` is never closed"),
                        )
                        .help("close the list after its last value")
                        .guess(place, text);
                    }
                    break;
                }
            }
        }
        values
    }

    /// A list without brackets.
    fn open_list(&mut self, variable: Atom, negated: bool) -> TestKind {
        let start = self.peek();
        let mut values = Vec::new();
        while matches!(
            self.peek().kind,
            TokenKind::Quoted(_) | TokenKind::Pattern | TokenKind::Word | TokenKind::Hole
        ) && !self.is_operator(self.nth(1))
            && !matches!(self.peek().word, Keyword::And | Keyword::Or | Keyword::Where)
        {
            let token = self.advance();
            let value = self.value_of(token);
            values.push(value);
            let next = self.nth(1);
            let is_value = matches!(next.kind, TokenKind::Quoted(_) | TokenKind::Pattern)
                || (next.kind == TokenKind::Word && !self.words(next).contains('.'));
            let goes_on = self.peek().kind == TokenKind::Comma && is_value && !self.is_operator(self.nth(2));
            if !goes_on {
                break;
            }
            self.advance();
        }
        let span = if values.is_empty() { self.here() } else { self.since(start.span) };
        self.error_unless_after_hole(Kind::MalformedValueList, span, "`in` takes a list in round brackets")
            .help("write `in ('a', 'b')`");
        if !values.is_empty()
            && let Some(last) = self.errors.last_mut()
        {
            last.fix = Some(super::super::error::SyntaxFix {
                edits: vec![(Span::at(span.start()), "(".into()), (Span::at(span.end()), ")".into())],
                safe: true,
            });
        }
        TestKind::In { variable, negated, values }
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
        let kind = TestKind::Call { function: Self::atom(function), arguments };
        Condition::Test(Test { span: self.since(function.span), kind })
    }

    /// A variable has dots between segments, and letters, digits and a few signs in them.
    fn check_variable(&mut self, variable: Atom) {
        let text = variable.text(self.text);
        if is_quoted(&variable) {
            self.error(
                Kind::MalformedVariable,
                variable.span,
                "a variable stands without quotes on the left",
            )
            .help("leave the quotes out");
            return;
        }
        if variable.has_hole {
            return;
        }
        let odd = text.char_indices().find(|(_, c)| {
            c.is_ascii() && !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | ':' | '$'))
        });
        if let Some((at, c)) = odd {
            let place = Span::new(variable.span.start() + at, variable.span.start() + at + c.len_utf8());
            self.error(Kind::MalformedVariable, place, format!("a variable can't hold `{c}`"))
                .help("letters, digits and `_`, `@`, `-`, `:` may stand in it; tags with other characters can't be used");
            return;
        }
        if text.split('.').any(|part| !part.contains(char::is_alphanumeric)) {
            self.error(
                Kind::MalformedVariable,
                variable.span,
                "a part of the variable is missing beside a dot",
            )
            .help("write one dot between two parts");
            return;
        }
        self.check_tag(variable, text);
    }

    fn check_tag(&mut self, variable: Atom, text: &str) {
        let lower = text.to_ascii_lowercase();
        if self.is_rule() {
            if lower.starts_with("freeform.")
                || lower.starts_with("freeform-tag")
                || lower.starts_with("freeformtag")
            {
                self.error(
                    Kind::FreeformTag,
                    variable.span,
                    "free-form tags can't be used in a matching rule",
                )
                .help("write `tag.<namespace>.<key>.value` with a defined tag");
            }
            return;
        }
        if lower.split('.').any(|part| part.starts_with("freeform")) {
            self.error(Kind::FreeformTag, variable.span, "free-form tags can't be used in a policy")
                .help("write a defined tag, such as `target.resource.tag.<namespace>.<key>`");
            return;
        }
        const PREFIXES: [&str; 5] = [
            "request.principal.group.tag.",
            "request.principal.compartment.tag.",
            "target.resource.tag.",
            "target.resource.compartment.tag.",
            "target.bucket.tag.",
        ];
        let Some(rest) = PREFIXES.iter().find_map(|prefix| lower.strip_prefix(prefix)) else { return };
        if let Some((at, c)) = rest.char_indices().find(|(_, c)| !c.is_ascii()) {
            let start = variable.span.end() - rest.len() + at;
            self.error(
                Kind::MalformedVariable,
                Span::new(start, start + c.len_utf8()),
                format!("a tag variable can't hold `{c}`"),
            )
            .help("letters a to z, digits and `_`, `@`, `-`, `:` may stand in it; other tags can't be used");
        } else if rest.split('.').count() != 2 {
            self.error(
                Kind::MalformedVariable,
                variable.span,
                "a tag variable ends in one namespace and one key",
            )
            .help("write `….tag.<namespace>.<key>`; a dot can't be in a namespace or key here");
        }
    }

    /// Operators that are documented for policies only.
    fn check_rule_operator(&mut self, test: &Test) {
        if !self.is_rule() {
            return;
        }
        let what = match &test.kind {
            TestKind::In { .. } => "`in`",
            TestKind::Time { .. } | TestKind::Between { .. } => "a time operator",
            TestKind::Compare { value, .. } if value.kind == ValueKind::Pattern => "a pattern",
            _ => return,
        };
        self.warn(Kind::UnknownOperator, test.span, format!("{what} is not documented for matching rules"))
            .help("write one `=` for each value, inside `any { … }`");
    }
}

/// Whether a bare word on the right of an operator is a variable: dotted, and no OCID, address or number.
fn is_variable(word: &str) -> bool {
    let starts = word.starts_with(|c: char| c.is_alphabetic());
    starts
        && word.contains('.')
        && !word.ends_with('.')
        && !is_ocid(word)
        && !word.contains(['*', '#', '%', '?'])
}

/// `tag.<namespace>.<key>.value`.
fn is_tag(variable: &str) -> bool {
    let lower = variable.to_ascii_lowercase();
    lower.starts_with("tag.") && lower.ends_with(".value")
}
