//! Statements: their start words, the order of their clauses, what must not be missing.

use smallvec::SmallVec;

use super::super::ast::{
    Action, ActionKind, Location, LocationKind, Rule, RuleKind, Subject, SubjectKind, Where,
};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::Parser;
use crate::text::Span;

/// The clauses read so far.
pub(super) struct Clauses {
    pub rule: Rule,
    /// A hole after the last clause, in which the next clauses may stand.
    pub gap: Option<Span>,
}

impl Parser<'_> {
    pub(super) fn rule(&mut self, kind: RuleKind, kind_span: Span) -> Rule {
        self.lenient_values = matches!(kind, RuleKind::Admit | RuleKind::Endorse);
        let mut clauses = Clauses {
            rule: Rule {
                span: kind_span,
                kind,
                kind_span,
                subject: None,
                origin: None,
                action: None,
                location: None,
                condition: None,
                comment: None,
            },
            gap: (kind == RuleKind::Hole).then_some(kind_span),
        };
        self.early_to();
        let subject = self.subject(clauses.gap.is_some());
        clauses.rule.subject = Some(subject);
        self.note_gap(&mut clauses);
        while !self.at_end() {
            let before = self.at;
            self.clause(&mut clauses);
            if self.at == before {
                // A clause that can't be read at all must not stop the rest.
                self.advance();
            }
        }
        self.check_complete(&mut clauses);
        let end = self.tokens.iter().rev().find(|token| token.kind != TokenKind::Comment);
        if let Some(end) = end {
            clauses.rule.span = kind_span.to(end.span);
        }
        clauses.rule
    }

    /// `allow to group A read …`
    fn early_to(&mut self) {
        let (token, next) = (self.peek(), self.nth(1));
        let subject = matches!(
            next.word,
            Keyword::Group | Keyword::DynamicGroup | Keyword::AnyUser | Keyword::AnyGroup
        );
        if token.word == Keyword::To && subject {
            self.advance();
            self.error(Kind::ClausesOutOfOrder, token.span, "`to` must come after the subject")
                .help("write it before the verb")
                .guess(Span::new(token.span.start(), next.span.start()), "");
        }
    }

    fn note_gap(&self, clauses: &mut Clauses) {
        if self.after_hole() {
            clauses.gap = self.previous().map(|token| token.span);
        }
    }

    /// Reads the clause that starts at the current token.
    fn clause(&mut self, clauses: &mut Clauses) {
        let token = self.peek();
        match (token.kind, token.word) {
            (TokenKind::Comment, _) => {
                clauses.rule.comment = Some(self.advance().span);
            }
            (TokenKind::Hole, _) if clauses.rule.action.is_some() || self.hole_stands_alone() => {
                clauses.gap = Some(self.advance().span);
                return;
            }
            (_, Keyword::Of) => self.origin_clause(clauses),
            (TokenKind::OpenBrace, _) if clauses.rule.action.is_none() => self.action_clause(clauses),
            (_, Keyword::To) => self.action_clause(clauses),
            (_, Keyword::In) if self.is_origin(clauses) => self.misspelt_of(clauses),
            (_, Keyword::In) => {
                self.advance();
                self.location_clause(clauses);
            }
            (_, Keyword::Where) => {
                let condition = self.where_clause();
                self.place_condition(clauses, condition);
            }
            (_, Keyword::With) if clauses.rule.action.is_some() => self.stray_with(clauses),
            (_, Keyword::Tenancy | Keyword::Compartment | Keyword::AnyTenancy)
                if (clauses.rule.action.is_some() || clauses.gap.is_some())
                    && clauses.rule.location.is_none() =>
            {
                self.missing_in(clauses);
            }
            _ if clauses.rule.action.is_none() && self.glued_verb(token).is_some() => {
                self.action_clause(clauses);
            }
            _ if clauses.rule.action.is_none()
                && (token.word.is_verb() || token.word == Keyword::Associate) =>
            {
                self.action_clause(clauses);
            }
            _ => self.unexpected(clauses),
        }
        self.note_gap(clauses);
    }

    /// Whether what follows the hole is no continuation of an action in it (`${verb} buckets in`).
    fn hole_stands_alone(&self) -> bool {
        let next = self.nth(1);
        !matches!(next.kind, TokenKind::Word | TokenKind::Hole) || next.word != Keyword::None
    }

    pub(super) fn action_clause(&mut self, clauses: &mut Clauses) {
        let start = self.peek();
        if clauses.rule.location.is_some() && clauses.rule.action.is_none() {
            self.error(Kind::ClausesOutOfOrder, start.span, "what is granted must come before the location")
                .help("write subject, `to` …, `in` …, `where` … in this order");
        }
        let action = self.action(clauses.rule.kind);
        if clauses.rule.action.is_some() {
            self.error(Kind::RepeatedClause, start.span, "a statement grants one thing only")
                .help("write a second statement");
            return;
        }
        clauses.gap = None;
        clauses.rule.action = Some(action);
    }

    pub(super) fn location_clause(&mut self, clauses: &mut Clauses) {
        let start = self.previous().unwrap_or(self.end);
        while self.peek().word == Keyword::In {
            let again = self.advance();
            self.error(Kind::DoubledWord, again.span, "`in` stands twice")
                .help("write it once")
                .fix(Span::new(start.span.end(), again.span.end()), "");
        }
        if clauses.rule.action.is_none() {
            match clauses.gap.take() {
                Some(hole) => clauses.rule.action = Some(hole_action(hole)),
                None if clauses.rule.location.is_some() => {}
                None => {
                    let later =
                        self.tokens.iter().rposition(|token| token.word == Keyword::To) >= Some(self.at);
                    if later {
                        self.error(
                            Kind::ClausesOutOfOrder,
                            start.span,
                            "the location must come after what is granted",
                        )
                        .help("write subject, `to` …, `in` …, `where` … in this order");
                    }
                }
            }
        }
        if clauses.rule.condition.is_some() && clauses.rule.location.is_none() {
            self.error(Kind::ClausesOutOfOrder, start.span, "the location must come before the condition")
                .help("write `in …` first, then `where …`");
        }
        let is_associate =
            matches!(clauses.rule.action, Some(Action { kind: ActionKind::Associate { .. }, .. }));
        let location = self.location(Some(clauses.rule.kind));
        if is_associate || clauses.rule.location.is_some() {
            self.error(Kind::SeveralLocations, start.span, "a statement has one location only")
                .help("write a second statement");
            return;
        }
        clauses.gap = None;
        clauses.rule.location = Some(location);
    }

    fn missing_in(&mut self, clauses: &mut Clauses) {
        let token = self.peek();
        let severity_span = Span::at(token.span.start());
        if let Some(hole) = clauses.gap {
            clauses.rule.action.get_or_insert_with(|| hole_action(hole));
        } else if let Some(cut) = self.previous().and_then(|last| self.glued_to_in(last)) {
            self.error(Kind::GluedWords, Span::new(cut, cut + 2), "a space seems to be missing before `in`")
                .help("put a space between the words")
                .guess(Span::at(cut), " ");
        } else {
            self.error(Kind::MissingKeyword, token.span, "`in` is missing before the location")
                .help("write `in` before it")
                .fix(severity_span, "in ");
        }
        let location = self.location(Some(clauses.rule.kind));
        clauses.gap = None;
        clauses.rule.location = Some(location);
    }

    /// Where `in` starts at the end of a word (`bucketsin`).
    fn glued_to_in(&self, last: Token) -> Option<usize> {
        let word = self.words(last);
        let glued = last.kind == TokenKind::Word
            && !last.ends_with_hole
            && word.len() > 2
            && word.get(word.len() - 2..).is_some_and(|end| end.eq_ignore_ascii_case("in"));
        glued.then(|| last.span.end() - 2)
    }

    pub(super) fn place_condition(&mut self, clauses: &mut Clauses, condition: Where) {
        if clauses.rule.condition.is_some() {
            let word = Span::new(condition.span.start(), condition.span.start() + 5);
            let written = word.of(self.text).eq_ignore_ascii_case("where");
            let place = if written { word } else { condition.span };
            self.error(Kind::RepeatedClause, place, "a statement has one `where` only")
                .help("join the conditions in one `where all { …, … }`");
            return;
        }
        self.fill_gap(clauses);
        clauses.gap = None;
        clauses.rule.condition = Some(condition);
    }

    /// Clauses that are missing stand in the hole before.
    fn fill_gap(&self, clauses: &mut Clauses) {
        let Some(hole) = clauses.gap else { return };
        if clauses.rule.action.is_none() {
            clauses.rule.action = Some(hole_action(hole));
        }
        let is_associate =
            matches!(clauses.rule.action, Some(Action { kind: ActionKind::Associate { .. }, .. }));
        if clauses.rule.location.is_none() && !is_associate {
            clauses.rule.location = Some(Location { span: hole, kind: LocationKind::Hole });
        }
    }

    fn check_complete(&mut self, clauses: &mut Clauses) {
        self.fill_gap(clauses);
        let rule = &clauses.rule;
        let (has_action, has_location) = (rule.action.is_some(), rule.location.is_some());
        let is_associate = matches!(rule.action, Some(Action { kind: ActionKind::Associate { .. }, .. }));
        let (kind, has_origin, condition) = (rule.kind, rule.origin.is_some(), rule.condition.is_some());
        let subject_end = rule.subject.as_ref().map_or(rule.kind_span, |subject| subject.span);
        let place = match (&rule.location, &rule.condition, &rule.action) {
            (None, Some(condition), _) => Span::at(condition.span.start()),
            (_, _, Some(action)) => Span::at(action.span.end()),
            _ => Span::at(subject_end.end()),
        };
        if !has_action {
            self.error(
                Kind::MissingClause,
                Span::at(subject_end.end()),
                "the statement does not say what it grants",
            )
            .help("write `to`, a verb and a resource-type, such as `to use generative-ai-family`");
        }
        if !has_location && !is_associate {
            let error = self.error(Kind::MissingClause, place, "the statement has no location");
            error.help("write `in tenancy` or `in compartment <name>`");
            if condition {
                error.help("write `in tenancy` or `in compartment <name>` before `where`");
            }
        }
        let admits = matches!(kind, RuleKind::Admit | RuleKind::DenyAdmit);
        if admits && !has_origin && !clauses.rule.subject.as_ref().is_some_and(may_hold_origin) {
            self.warn(Kind::AdmitWithoutOrigin, Span::at(subject_end.end()), "the admit does not say of which tenancy")
                .help("write `of tenancy <alias>` after the subject, with a `define tenancy <alias> as <ocid>` before");
        }
    }

    /// Whether the words `ahead` read as a subject, so that another statement starts before them.
    pub(super) fn starts_another(&self, ahead: usize) -> bool {
        let next = self.nth(ahead);
        matches!(
            next.word,
            Keyword::Group
                | Keyword::DynamicGroup
                | Keyword::AnyGroup
                | Keyword::AnyUser
                | Keyword::Service
                | Keyword::Resource
                | Keyword::Endorse
                | Keyword::Admit
                | Keyword::Tenancy
                | Keyword::Compartment
        ) || next.kind == TokenKind::Hole
            || self.is_word(next, &["dynamic", "dynamicgroup", "user", "groups", "any"])
    }

    /// Whether the current token can only start another clause, or end the statement.
    pub(super) fn stops_clause(&self) -> bool {
        let token = self.peek();
        matches!(token.kind, TokenKind::End | TokenKind::Comment)
            || matches!(token.word, Keyword::To | Keyword::In | Keyword::Where)
            || (token.word.starts_statement() && self.starts_another(1))
            || (matches!(token.kind, TokenKind::Stop | TokenKind::Semicolon | TokenKind::Comma)
                && self.nth(1).kind == TokenKind::End)
    }
}

/// An action that stands in a hole.
fn hole_action(hole: Span) -> Action {
    Action { span: hole, to: None, kind: ActionKind::Hole }
}

/// Whether the subject ends in a hole that may hold the `of tenancy …` too.
fn may_hold_origin(subject: &Subject) -> bool {
    let ends = |members: &SmallVec<[super::super::ast::Member; 1]>| {
        members.last().is_some_and(|member| matches!(member.kind, super::super::ast::MemberKind::Hole))
    };
    match &subject.kind {
        SubjectKind::Hole => true,
        SubjectKind::Group(members)
        | SubjectKind::DynamicGroup(members)
        | SubjectKind::UnknownGroup(members) => ends(members),
        _ => false,
    }
}
