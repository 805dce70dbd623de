//! Subjects: groups, dynamic groups, services, resources, any-user and any-group.

use smallvec::SmallVec;

use super::super::ast::{Atom, Members, Subject, SubjectKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::Parser;
use crate::text::Span;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Group,
    DynamicGroup,
    Unknown,
}

impl List {
    pub(super) fn of(self, members: Members) -> SubjectKind {
        match self {
            List::Group => SubjectKind::Group(members),
            List::DynamicGroup => SubjectKind::DynamicGroup(members),
            List::Unknown => SubjectKind::UnknownGroup(members),
        }
    }
}

/// Words that stand where `to` should.
const NOT_TO: &[&str] =
    &["ot", "too", "tp", "tto", "t", "for", "can", "may", "could", "should", "shall", "must"];

impl Parser<'_> {
    /// Reads the subject. `in_hole` says that a hole before may hold it.
    pub(super) fn subject(&mut self, in_hole: bool) -> Subject {
        let first = self.peek();
        let kind = match first.word {
            Keyword::AnyUser => self.any(SubjectKind::AnyUser),
            Keyword::AnyGroup => self.any(SubjectKind::AnyGroup),
            Keyword::Group => self.member_list(List::Group),
            Keyword::DynamicGroup => self.member_list(List::DynamicGroup),
            Keyword::Service => {
                self.advance();
                SubjectKind::Service(self.services())
            }
            Keyword::Resource => {
                self.advance();
                SubjectKind::Resource(self.resource_words())
            }
            _ if in_hole && (self.ends_subject() || !Self::is_name(first)) => SubjectKind::Hole,
            _ if first.has_hole && first.kind != TokenKind::Pattern => self.subject_hole(first),
            _ => self.subject_error(first),
        };
        let span = if kind == SubjectKind::Hole && self.previous().is_some_and(|last| last.ends_with_hole) {
            self.previous().map_or(first.span, |last| last.span)
        } else {
            self.since(Span::new(first.span.start(), first.span.start()))
        };
        Subject { span, kind }
    }

    pub(super) fn any(&mut self, kind: SubjectKind) -> SubjectKind {
        self.advance();
        if let Some(comma) = self.eat_kind(TokenKind::Comma) {
            self.mixed(comma.span);
        }
        kind
    }

    /// More subjects after a complete one.
    pub(super) fn mixed(&mut self, from: Span) {
        while !self.stops_subject() {
            self.advance();
        }
        let span = self.since(from);
        self.error(Kind::MixedSubjects, span, "a statement has one kind of subject")
            .help("write one statement for each kind");
    }

    pub(super) fn member_list(&mut self, list: List) -> SubjectKind {
        self.advance();
        let members = self.members(list);
        list.of(members)
    }

    /// A hole where the subject's keyword stands: part of it, or the whole subject.
    fn subject_hole(&mut self, first: Token) -> SubjectKind {
        self.advance();
        let ends_in_group = self.words(first).to_ascii_lowercase().ends_with("group");
        if self.ends_subject() && !ends_in_group {
            return SubjectKind::Hole;
        }
        if first.kind == TokenKind::Hole && self.peek().kind == TokenKind::Comma {
            // A hole that is a list's first member, its keyword included.
            self.at -= 1;
            let members = self.members(List::Unknown);
            return SubjectKind::UnknownGroup(members);
        }
        match self.peek().word {
            Keyword::Group => return self.member_list(List::Group),
            Keyword::DynamicGroup => return self.member_list(List::DynamicGroup),
            Keyword::AnyUser => return self.any(SubjectKind::AnyUser),
            Keyword::AnyGroup => return self.any(SubjectKind::AnyGroup),
            _ => {}
        }
        SubjectKind::UnknownGroup(self.members(List::Unknown))
    }

    /// Whether nothing of the subject is left.
    pub(super) fn ends_subject(&self) -> bool {
        let token = self.peek();
        let after_hole = matches!(
            token.word,
            Keyword::Tenancy | Keyword::AnyTenancy | Keyword::Compartment | Keyword::With | Keyword::Id
        ) && self.after_hole()
            && self.at > 1;
        matches!(token.kind, TokenKind::End | TokenKind::OpenBrace | TokenKind::Comment)
            || matches!(token.word, Keyword::To | Keyword::Of | Keyword::In | Keyword::Where)
            || token.word.is_verb()
            || token.word == Keyword::Associate
            || (after_hole && !self.is_id_of_member())
    }

    /// Whether `id` after a hole announces a member (`group ${a}, id ocid1.group…`).
    fn is_id_of_member(&self) -> bool {
        self.peek().word == Keyword::Id && Self::is_name(self.nth(1))
    }

    /// The words that end the subject even when it can't be read.
    pub(super) fn stops_subject(&self) -> bool {
        let token = self.peek();
        self.stops_clause() || token.kind == TokenKind::OpenBrace || token.word == Keyword::Of
    }

    /// Whether a `to` follows before the location: then a verb's word is part of a name.
    pub(super) fn has_to_ahead(&self) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or(&[]);
        rest.iter()
            .take_while(|token| {
                !matches!(token.word, Keyword::In | Keyword::Where) && token.kind != TokenKind::OpenBrace
            })
            .take(40)
            .any(|token| token.word == Keyword::To)
    }

    /// Whether the current word is a misspelt `to`, or a verb that some other cloud has.
    pub(super) fn starts_action(&self) -> bool {
        let next = self.nth(1);
        if self.glued_verb(self.peek()).is_some() {
            return true;
        }
        self.is_word(self.peek(), NOT_TO) && (next.word.is_verb() || next.kind == TokenKind::OpenBrace)
    }

    /// The verb of `tomanage`.
    pub(super) fn glued_verb(&self, token: Token) -> Option<Keyword> {
        let word = self.words(token);
        let is_word = token.kind == TokenKind::Word && !token.has_hole;
        let verb = word
            .get(2..)
            .filter(|_| is_word && word.get(..2).is_some_and(|to| to.eq_ignore_ascii_case("to")));
        verb.map(Keyword::of).filter(|verb| verb.is_verb())
    }

    /// `admin-groupto use …`.
    pub(super) fn glued_to(&mut self, first: Token, atom: &mut Atom) {
        let next = self.peek();
        let word = self.words(first);
        let glued = first.kind == TokenKind::Word
            && !first.ends_with_hole
            && word.len() > 2
            && word.get(word.len() - 2..).is_some_and(|end| end.eq_ignore_ascii_case("to"))
            && atom.span == first.span
            && (next.word.is_verb() || next.kind == TokenKind::OpenBrace)
            && !self.has_to_ahead();
        if glued {
            let cut = first.span.end() - 2;
            self.error(Kind::GluedWords, first.span, "a space seems to be missing before `to`")
                .help("put a space between the words")
                .guess(Span::at(cut), " ");
            atom.span = Span::new(first.span.start(), cut);
            self.glued_to = true;
        }
    }

    pub(super) fn services(&mut self) -> SmallVec<[Atom; 2]> {
        let mut services = SmallVec::new();
        loop {
            let token = self.peek();
            if !Self::is_name(token) || self.ends_subject() {
                if !self.after_hole() {
                    self.error(Kind::MissingClause, self.here(), "the name of the service is missing")
                        .help("write the service's name, such as `objectstorage-eu-frankfurt-1`");
                }
                break;
            }
            self.advance();
            let mut atom = Self::atom(token);
            self.glued_to(token, &mut atom);
            services.push(atom);
            if self.eat_kind(TokenKind::Comma).is_some() {
                if matches!(
                    self.peek().word,
                    Keyword::Group | Keyword::DynamicGroup | Keyword::AnyUser | Keyword::AnyGroup
                ) && self.nth(1).kind != TokenKind::Comma
                {
                    self.mixed(self.peek().span);
                    break;
                }
                continue;
            }
            let more = self.peek();
            if Self::is_name(more) && !self.ends_subject() {
                if !self.after_hole() && more.kind != TokenKind::Hole {
                    let place = self.here();
                    self.error(Kind::MissingComma, more.span, "a comma is missing before this name")
                        .help("write `,` between the names")
                        .guess(place, ",");
                }
                continue;
            }
            break;
        }
        services
    }

    pub(super) fn resource_words(&mut self) -> SmallVec<[Atom; 2]> {
        let mut words = SmallVec::new();
        while Self::is_name(self.peek()) && !self.ends_subject() {
            words.push(Self::atom(self.advance()));
            while matches!(self.peek().kind, TokenKind::Comma | TokenKind::Slash) {
                self.advance();
            }
        }
        if words.is_empty() && !self.after_hole() {
            self.error(Kind::MissingClause, self.here(), "the kind of resource is missing")
                .help("write the resource principal after `resource`");
        }
        words
    }
}
