//! The canonical form of statements and matching rules, as the fewest edits that lead there.
//!
//! Works on tokens, so that a name, a value, a hole or a comment can't change: only white space between
//! tokens and the case of keywords do. A text with an error is left as it is, since its reading is a guess.

use super::ast::{
    ActionKind, AdmitOrigin, Argument, Atom, Condition, End, Location, LocationKind, MatchingRule, Member,
    MemberKind, Rule, Statement, SubjectKind, TenancyRef, TestKind,
};
use super::error::{SyntaxError, SyntaxErrorKind};
use super::holes::has_open_template;
use super::keyword::Keyword;
use super::lex::{Token, TokenKind, lex};
use super::parse::{Parsed, ParsedRule};
use crate::diag::Severity;
use crate::text::Span;

/// What the canonical form changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Keywords and verbs in lower case.
    pub lower_keywords: bool,
    /// Line breaks become spaces. Without it, white space that holds one stays as it is.
    pub one_line: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { lower_keywords: true, one_line: true }
    }
}

/// The statement in canonical form.
pub fn format(text: &str, parsed: &Parsed, style: Style) -> String {
    apply(text, &format_edits(text, parsed, style))
}

/// The matching rule in canonical form.
pub fn format_matching_rule(text: &str, parsed: &ParsedRule, style: Style) -> String {
    apply(text, &matching_rule_edits(text, parsed, style))
}

/// What to change to get the statement's canonical form: not overlapping, in order of text, never inside
/// a hole.
pub fn format_edits(text: &str, parsed: &Parsed, style: Style) -> Vec<(Span, String)> {
    let readable = matches!(parsed.statement, Statement::Rule(_) | Statement::Define(_));
    if !readable || !is_sure(text, &parsed.errors, &parsed.holes) {
        return Vec::new();
    }
    let mut names = Names::default();
    names.statement(&parsed.statement);
    edits(text, &parsed.holes, names, style, false)
}

/// As [`format_edits`], for matching rules.
pub fn matching_rule_edits(text: &str, parsed: &ParsedRule, style: Style) -> Vec<(Span, String)> {
    if !is_sure(text, &parsed.errors, &parsed.holes) {
        return Vec::new();
    }
    let mut names = Names::default();
    names.rule(&parsed.rule);
    edits(text, &parsed.holes, names, style, true)
}

/// Whether the reading is no guess: what is reported, if anything, leaves no doubt about the rest.
fn is_sure(text: &str, errors: &[SyntaxError], holes: &[Span]) -> bool {
    use SyntaxErrorKind as Kind;
    let known = errors.iter().all(|error| {
        let harmless = match error.kind {
            Kind::UnresolvedPlaceholder
            | Kind::CommentInStatement
            | Kind::InvisibleCharacter
            | Kind::TypographicHyphen
            | Kind::StrayCharacters
            | Kind::DoubleQuotes
            | Kind::BackslashEscape
            | Kind::TrailingPunctuation
            | Kind::AdmitWithoutOrigin
            | Kind::AdmitElsewhere
            | Kind::EndorseWithoutTenancy
            | Kind::AssociateInAllow
            | Kind::ResourceTypeAfterPermissions
            | Kind::MixedNamesAndIds
            | Kind::IdWithoutOcid
            | Kind::OcidWithoutId
            | Kind::EmptyValue
            | Kind::BareVariable => true,
            // Doubtful where a hole may hold the keyword, the value or the operator.
            Kind::MissingKeyword | Kind::UnquotedValue | Kind::UnknownOperator => holes.is_empty(),
            _ => false,
        };
        harmless && error.severity != Severity::Error
    });
    known && !has_open_template(text)
}

fn apply(text: &str, edits: &[(Span, String)]) -> String {
    let mut formatted = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for (span, replacement) in edits {
        formatted.push_str(text.get(at..span.start()).unwrap_or(""));
        formatted.push_str(replacement);
        at = span.end();
    }
    formatted.push_str(text.get(at..).unwrap_or(""));
    formatted
}

fn edits(text: &str, holes: &[Span], names: Names, style: Style, is_rule: bool) -> Vec<(Span, String)> {
    let lexed = lex(text, Span::new(0, text.len()), holes, is_rule);
    let mut edits = Edits { text, holes, style, found: Vec::new() };
    let mut names = names.sorted();
    let mut before: Option<Token> = None;
    for token in &lexed.tokens {
        match before {
            // What a hole stands for may go on in the words behind it.
            Some(before) if names.join(before.span, token.span) => {}
            Some(before) => edits.gap(before, *token, names.is_function(before.span)),
            None => edits.margin(Span::new(0, token.span.start())),
        }
        edits.token(*token, names.holds(token.span));
        before = Some(*token);
    }
    if let Some(last) = before {
        edits.margin(Span::new(last.span.end(), text.len()));
    }
    edits.found
}

struct Edits<'t> {
    text: &'t str,
    holes: &'t [Span],
    style: Style,
    found: Vec<(Span, String)>,
}

impl Edits<'_> {
    /// Notes a change, unless there is none or it would reach into a hole.
    fn replace(&mut self, span: Span, replacement: &str) {
        let next = self.holes.partition_point(|hole| hole.end <= span.start);
        let in_hole = self.holes.get(next).is_some_and(|hole| hole.overlaps(span));
        if !in_hole && span.of(self.text) != replacement {
            self.found.push((span, replacement.to_owned()));
        }
    }

    fn token(&mut self, token: Token, is_name: bool) {
        let written = token.span.of(self.text);
        if token.kind == TokenKind::NotEqual {
            self.replace(token.span, "!=");
        } else if self.style.lower_keywords && !is_name && token.word != Keyword::None && !token.is_odd {
            let lower = written.to_ascii_lowercase();
            self.replace(token.span, &lower);
        }
    }

    /// White space before the first or after the last token. A line break there belongs to the host file, and so does
    /// the indentation of the first of several lines.
    fn margin(&mut self, span: Span) {
        if !self.style.one_line && span.start() == 0 && self.text.contains('\n') {
            return;
        }
        let blank = span.of(self.text).bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        if blank && !span.is_empty() {
            self.replace(span, "");
        }
    }

    fn gap(&mut self, before: Token, after: Token, before_is_function: bool) {
        let span = Span::new(before.span.end(), after.span.start());
        let white = span.of(self.text);
        // What isn't plain white space is reported, not removed; a comment ends with its line.
        let plain = white.bytes().all(|byte| byte.is_ascii_whitespace() || byte == 0x0b);
        let kept_break = !self.style.one_line && white.contains(['\n', '\r']);
        // A colon at a token's edge may join two parts of a path.
        let colon = before.span.of(self.text).ends_with(':') || after.span.of(self.text).starts_with(':');
        if !plain || kept_break || before.kind == TokenKind::Comment {
            return;
        }
        let wanted = match colon {
            true if white.is_empty() => "",
            true => " ",
            false => wanted(before, after, before_is_function),
        };
        if white.is_empty() && wanted == " " && self.glued_for_a_reason(before, after) {
            return;
        }
        self.replace(span, wanted);
    }

    /// Where missing white space may be meant, or means something.
    fn glued_for_a_reason(&self, before: Token, after: Token) -> bool {
        let sign =
            |token: Token| matches!(token.kind, TokenKind::Comma | TokenKind::Equal | TokenKind::NotEqual);
        // A number sign with white space around it begins a comment.
        let at_sign = after.kind != TokenKind::Comment
            && (before.span.of(self.text).ends_with('#') || after.span.of(self.text).starts_with('#'));
        let at_hole =
            self.holes.iter().any(|hole| hole.end == before.span.end || hole.start == after.span.start);
        at_sign || at_hole && !sign(before) && !sign(after)
    }
}

/// What stands between two tokens.
fn wanted(before: Token, after: Token, before_is_function: bool) -> &'static str {
    use TokenKind::{
        Bang, CloseBrace, CloseBracket, CloseParen, Comma, Hole, OpenBrace, OpenBracket, OpenParen, Quoted,
        Semicolon, Slash, Stop, Word,
    };
    let is_name = |token: Token| matches!(token.kind, Word | Hole | Quoted(_));
    let nothing = match (before.kind, after.kind) {
        (_, TokenKind::Comment) => false,
        (OpenBrace | OpenParen | OpenBracket, _) => true,
        (_, CloseBrace | CloseParen | CloseBracket | Comma | Stop | Semicolon) => true,
        (Slash | Bang, _) => is_name(after),
        (_, Slash) => is_name(before),
        (_, OpenParen) => before_is_function,
        _ => false,
    };
    if nothing { "" } else { " " }
}

/// The places of everything in the tree that isn't a keyword.
#[derive(Default)]
struct Names {
    atoms: Vec<Span>,
    functions: Vec<Span>,
}

struct SortedNames {
    atoms: Vec<Span>,
    functions: Vec<Span>,
    next: usize,
}

impl SortedNames {
    /// Whether the token lies in a name. Tokens are asked for in order.
    fn holds(&mut self, token: Span) -> bool {
        while self.atoms.get(self.next).is_some_and(|atom| atom.end <= token.start) {
            self.next += 1;
        }
        self.atoms.get(self.next).is_some_and(|atom| atom.overlaps(token))
    }

    /// Whether two tokens, the first of which was the last one asked for, are parts of one name.
    fn join(&self, before: Span, after: Span) -> bool {
        self.atoms.get(self.next).is_some_and(|atom| atom.start <= before.start && after.end <= atom.end)
    }

    fn is_function(&self, token: Span) -> bool {
        self.functions.binary_search(&token).is_ok()
    }
}

impl Names {
    fn sorted(mut self) -> SortedNames {
        self.atoms.sort_unstable();
        self.functions.sort_unstable();
        SortedNames { atoms: self.atoms, functions: self.functions, next: 0 }
    }

    fn atom(&mut self, atom: &Atom) {
        self.atoms.push(atom.span);
    }

    fn atoms<'a>(&mut self, atoms: impl IntoIterator<Item = &'a Atom>) {
        self.atoms.extend(atoms.into_iter().map(|atom| atom.span));
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Rule(rule) => self.rule_clauses(rule),
            Statement::Define(define) => {
                self.atoms(&define.alias);
                self.atoms(&define.ocid);
            }
            Statement::Hole(span) | Statement::Unknown(span) => self.atoms.push(*span),
        }
    }

    fn rule_clauses(&mut self, rule: &Rule) {
        if let Some(subject) = &rule.subject {
            match &subject.kind {
                SubjectKind::Group(members)
                | SubjectKind::DynamicGroup(members)
                | SubjectKind::UnknownGroup(members) => members.iter().for_each(|member| self.member(member)),
                SubjectKind::Service(names) | SubjectKind::Resource(names) => self.atoms(names),
                SubjectKind::AnyUser | SubjectKind::AnyGroup | SubjectKind::Hole | SubjectKind::Error => {}
            }
        }
        if let Some(AdmitOrigin { tenancy: TenancyRef::Alias(alias), .. }) = &rule.origin {
            self.atom(alias);
        }
        if let Some(action) = &rule.action {
            match &action.kind {
                ActionKind::Verb { resource_type, .. } => self.atoms(resource_type),
                ActionKind::Permissions { permissions, resource_type } => {
                    self.atoms(permissions);
                    self.atoms(resource_type);
                }
                ActionKind::Associate { left, right } => {
                    self.end(left);
                    right.iter().for_each(|right| self.end(right));
                }
                ActionKind::Hole | ActionKind::Error => {}
            }
        }
        rule.location.iter().for_each(|location| self.location(location));
        if let Some(condition) = rule.condition.as_ref().and_then(|clause| clause.condition.as_ref()) {
            self.condition(condition);
        }
    }

    fn member(&mut self, member: &Member) {
        match &member.kind {
            MemberKind::Name { domain, name } => {
                self.atoms(domain);
                self.atom(name);
            }
            MemberKind::Id(ocid) => self.atom(ocid),
            MemberKind::Hole => self.atoms.push(member.span),
        }
    }

    fn end(&mut self, end: &End) {
        self.atoms(&end.resource_type);
        end.location.iter().for_each(|location| self.location(location));
    }

    fn location(&mut self, location: &Location) {
        match &location.kind {
            LocationKind::Tenancy(alias) => self.atoms(alias),
            LocationKind::Compartment { path, of } => {
                self.atoms(path);
                self.atoms(of);
            }
            LocationKind::CompartmentId { ocid, of } => {
                self.atom(ocid);
                self.atoms(of);
            }
            LocationKind::Hole => self.atoms.push(location.span),
            LocationKind::AnyTenancy | LocationKind::Error => {}
        }
    }

    fn rule(&mut self, rule: &MatchingRule) {
        rule.conditions.iter().for_each(|condition| self.condition(condition));
    }

    fn condition(&mut self, condition: &Condition) {
        for test in condition.tests() {
            match &test.kind {
                TestKind::Compare { variable, value, .. } | TestKind::Time { variable, value, .. } => {
                    self.atoms([variable, &value.atom]);
                }
                TestKind::In { variable, values, .. } => {
                    self.atom(variable);
                    self.atoms(values.iter().map(|value| &value.atom));
                }
                TestKind::Between { variable, from, until } => {
                    self.atoms([variable, &from.atom, &until.atom]);
                }
                TestKind::Present(variable) | TestKind::Absent(variable) => self.atom(variable),
                TestKind::Call { function, arguments } => {
                    self.atom(function);
                    self.functions.push(function.span);
                    for argument in arguments {
                        match argument {
                            Argument::Value(value) => self.atom(&value.atom),
                            Argument::List(values) => self.atoms(values.iter().map(|value| &value.atom)),
                        }
                    }
                }
            }
        }
    }
}
