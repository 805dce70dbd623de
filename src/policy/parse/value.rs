//! Variables and values: what may stand on the two sides of an operator.

use super::super::ast::{Atom, Quote, Test, TestKind, Value, ValueKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::origin::{is_ocid, is_quoted};
use super::{Language, Parser, shorten};
use crate::diag::Severity;
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn ends_value(&self) -> bool {
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

    pub(super) fn value(&mut self, operator: Span) -> Option<Value> {
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

    pub(super) fn value_of(&mut self, token: Token) -> Value {
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
                            error.severity = Severity::Error;
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
    pub(super) fn unquoted(&mut self, token: Token) {
        while self.peek().kind == TokenKind::Word
            && matches!(self.peek().word, Keyword::None)
            && !self.is_operator(self.nth(1))
        {
            self.advance();
        }
        let span = self.since(token.span);
        let found = shorten(span.of(self.text));
        // Modules that are in wide use write the OCID of a cluster or key like that in a policy; a matching rule
        // with one is on record as refused.
        let bare_ocid = self.language == Language::Policy && is_ocid(span.of(self.text));
        let severity = if self.lenient_values || bare_ocid { Severity::Warning } else { Severity::Error };
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

    pub(super) fn list(&mut self, variable: Atom, negated: bool) -> TestKind {
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
            // Square brackets are printed once in the documentation.
            let severity =
                if open.kind == TokenKind::OpenBracket { Severity::Warning } else { Severity::Error };
            let message = "a list of values stands in round brackets".to_owned();
            self.report(Kind::MalformedValueList, severity, open.span, message)
                .help("write `(` and `)`")
                .guess(open.span, "(");
        }
        self.advance();
        let values = self.values(open, close);
        TestKind::In { variable, negated, values }
    }

    /// The values up to the closing bracket.
    pub(super) fn values(&mut self, open: Token, close: TokenKind) -> Vec<Value> {
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

    /// A variable has dots between segments, and letters, digits and a few signs in them.
    pub(super) fn check_variable(&mut self, variable: Atom) {
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
            c.is_ascii()
                && !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | ':' | '$' | '\\'))
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
    pub(super) fn check_rule_operator(&mut self, test: &Test) {
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

/// Whether a bare word on the right of an operator is a variable: dotted, and no OCID, address or number. In an
/// associate `1.` and `2.` say which end a variable is of, as in `2.subnet.id`.
pub(super) fn is_variable(word: &str) -> bool {
    let of_end = ["1.", "2."].iter().find_map(|end| word.strip_prefix(end));
    let word = of_end.filter(|rest| rest.starts_with(|c: char| c.is_alphabetic())).unwrap_or(word);
    let starts = word.starts_with(|c: char| c.is_alphabetic());
    starts
        && word.contains('.')
        && !word.ends_with('.')
        && !is_ocid(word)
        && !word.contains(['*', '#', '%', '?'])
}

/// `tag.<namespace>.<key>.value`.
pub(super) fn is_tag(variable: &str) -> bool {
    let lower = variable.to_ascii_lowercase();
    lower.starts_with("tag.") && lower.ends_with(".value")
}
