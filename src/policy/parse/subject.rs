//! Subjects: groups, dynamic groups, services, resources, any-user, any-group, and the origin of an admit.

use smallvec::SmallVec;

use super::super::ast::{Atom, Member, MemberKind, Members, Subject, SubjectKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, nearest};
use super::super::lex::{Token, TokenKind};
use super::Parser;
use super::origin::is_ocid;
use crate::text::Span;

const SUBJECT_WORDS: &[&str] = &["group", "dynamic-group", "any-user", "any-group", "service", "resource"];

/// Which list of members a keyword announces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Group,
    DynamicGroup,
    Unknown,
}

impl List {
    fn of(self, members: Members) -> SubjectKind {
        match self {
            List::Group => SubjectKind::Group(members),
            List::DynamicGroup => SubjectKind::DynamicGroup(members),
            List::Unknown => SubjectKind::UnknownGroup(members),
        }
    }
}

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

    fn any(&mut self, kind: SubjectKind) -> SubjectKind {
        self.advance();
        if let Some(comma) = self.eat_kind(TokenKind::Comma) {
            self.mixed(comma.span);
        }
        kind
    }

    /// More subjects after a complete one.
    fn mixed(&mut self, from: Span) {
        while !self.stops_subject() {
            self.advance();
        }
        let span = self.since(from);
        self.error(Kind::MixedSubjects, span, "a statement has one kind of subject")
            .help("write one statement for each kind");
    }

    fn member_list(&mut self, list: List) -> SubjectKind {
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
    fn stops_subject(&self) -> bool {
        let token = self.peek();
        self.stops_clause() || token.kind == TokenKind::OpenBrace || token.word == Keyword::Of
    }

    /// A subject that starts with none of its keywords.
    fn subject_error(&mut self, first: Token) -> SubjectKind {
        let next = self.nth(1);
        if self.ends_subject() || !Self::is_name(first) {
            self.error(Kind::MissingClause, self.here(), "the statement has no subject")
                .help("write `group <name>`, `dynamic-group <name>` or another subject");
            return SubjectKind::Error;
        }
        let lower = self.words(first).to_lowercase();
        // Two words for one.
        let two = match (lower.as_str(), self.words(next).to_lowercase().as_str()) {
            ("dynamic", "group" | "groups") => Some("dynamic-group"),
            ("any", "user" | "users") => Some("any-user"),
            ("any", "group" | "groups") => Some("any-group"),
            ("all", "user" | "users") => Some("any-user"),
            ("all", "groups") => Some("any-group"),
            _ => None,
        };
        if let Some(meant) = two {
            let span = first.span.to(next.span);
            self.advance();
            return self.misspelt_subject(span, meant);
        }
        let glued = ["dynamic-group", "group", "service"].iter().find(|keyword| {
            lower
                .strip_prefix(**keyword)
                .is_some_and(|rest| rest.starts_with(['-', '_', '/', ':']) && rest.len() > 1)
        });
        let meant = match lower.as_str() {
            "groups" => Some("group"),
            "dynamicgroup" | "dynamicgroups" | "dynamic-groups" | "dynamic_group" | "dynamic_groups"
            | "dg" | "dyn-group" | "dynamicgrp" => Some("dynamic-group"),
            "anyuser" | "any_user" | "any-users" | "everyone" | "anyone" | "all-users" | "allusers" => {
                Some("any-user")
            }
            "anygroup" | "any_group" | "any-groups" | "all-groups" => Some("any-group"),
            "services" => Some("service"),
            "resources" => Some("resource"),
            "user" | "users" => None,
            _ if glued.is_some() => None,
            _ => nearest(&lower, SUBJECT_WORDS),
        };
        if let Some(kind) = self.glued_name(first) {
            return kind;
        }
        if let Some(meant) = meant
            && first.kind == TokenKind::Word
        {
            return self.misspelt_subject(first.span, meant);
        }
        self.unknown_subject(first, &lower)
    }

    /// `groupA to …`: a keyword and the first name in one word.
    fn glued_name(&mut self, first: Token) -> Option<SubjectKind> {
        let lower = self.words(first).to_ascii_lowercase();
        let next = self.nth(1);
        let ends = matches!(next.word, Keyword::To | Keyword::Of)
            || matches!(next.kind, TokenKind::Comma | TokenKind::OpenBrace);
        let (keyword, list) = [("dynamic-group", List::DynamicGroup), ("group", List::Group)]
            .into_iter()
            .find(|(keyword, _)| lower.len() > keyword.len() && lower.starts_with(keyword))?;
        if !ends || first.kind != TokenKind::Word || lower.get(keyword.len()..) == Some("s") {
            return None;
        }
        let cut = first.span.start() + keyword.len();
        self.error(Kind::GluedWords, first.span, format!("a space seems to be missing after `{keyword}`"))
            .help(format!("write `{keyword}`, a space and the name"))
            .guess(Span::at(cut), " ");
        self.advance();
        let mut name = Self::atom(first);
        name.span = Span::new(cut, first.span.end());
        let mut members = Members::new();
        members.push(Member { span: name.span, kind: MemberKind::Name { domain: None, name } });
        if self.next_member() {
            members.extend(self.members(list));
        }
        Some(list.of(members))
    }

    fn misspelt_subject(&mut self, span: Span, meant: &str) -> SubjectKind {
        let found = super::rule::shorten(span.of(self.text));
        self.error(Kind::MisspeltKeyword, span, format!("`{found}` is no kind of subject"))
            .help(format!("write `{meant}`"))
            .fix(span, meant);
        match meant {
            "group" => self.member_list(List::Group),
            "dynamic-group" => self.member_list(List::DynamicGroup),
            "any-user" => self.any(SubjectKind::AnyUser),
            "any-group" => self.any(SubjectKind::AnyGroup),
            "service" => {
                self.advance();
                SubjectKind::Service(self.services())
            }
            _ => {
                self.advance();
                SubjectKind::Resource(self.resource_words())
            }
        }
    }

    fn unknown_subject(&mut self, first: Token, lower: &str) -> SubjectKind {
        let next = self.nth(1);
        let word = self.words(first);
        let has_name = Self::is_name(next) && next.word == Keyword::None;
        if matches!(lower, "user" | "users") {
            self.error(Kind::UnknownSubject, first.span, "there is no `user` subject").help(
                "put the user into a group, or write `any-user … where request.user.id = '<user OCID>'`",
            );
        } else if has_name || first.word != Keyword::None {
            self.error(
                Kind::UnknownSubject,
                first.span,
                format!("`{}` is no kind of subject", super::rule::shorten(word)),
            )
            .help("write one of `group`, `dynamic-group`, `any-user`, `any-group`, `service`, `resource`");
        } else {
            self.error(Kind::MissingKeyword, first.span, "the kind of subject is missing before the name")
                .help("write `group` or `dynamic-group` before it")
                .guess(Span::at(first.span.start()), "group ");
        }
        while !self.stops_subject() {
            if self.peek().word.is_verb() && !self.has_to_ahead() {
                break;
            }
            self.advance();
        }
        SubjectKind::Error
    }

    /// Whether a `to` follows before the location: then a verb's word is part of a name.
    fn has_to_ahead(&self) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or(&[]);
        rest.iter()
            .take_while(|token| {
                !matches!(token.word, Keyword::In | Keyword::Where) && token.kind != TokenKind::OpenBrace
            })
            .take(40)
            .any(|token| token.word == Keyword::To)
    }

    fn members(&mut self, list: List) -> Members {
        let mut members = Members::new();
        let (mut names, mut ids) = (false, false);
        loop {
            let token = self.peek();
            if token.kind == TokenKind::Comma {
                self.error(Kind::StrayComma, token.span, "a name is missing before this comma")
                    .help("leave the comma out")
                    .guess(token.span, "");
                self.advance();
                continue;
            }
            if token.kind == TokenKind::Slash && Self::is_name(self.nth(1)) {
                self.advance();
                self.error(Kind::MalformedName, token.span, "the domain is missing before the slash")
                    .help("write `<domain>/<group>`, or the group alone for the default domain")
                    .guess(token.span, "");
                continue;
            }
            if self.other_kind(list, !members.is_empty()) {
                break;
            }
            if self.stops_member(members.is_empty()) {
                self.no_member(members.is_empty());
                break;
            }
            let Some(member) = self.member(ids) else { break };
            match member.kind {
                MemberKind::Id(_) => ids = true,
                MemberKind::Name { name, .. } if !name.has_hole => names = true,
                _ => {}
            }
            members.push(member);
            if !self.next_member() {
                break;
            }
        }
        if names && ids {
            let span = members.first().map_or(self.here(), |first| first.span).to(self.here());
            self.warn(Kind::MixedNamesAndIds, span, "names and OCIDs stand in one list")
                .help("write names only, or `id <OCID>` for each; no documentation mixes them");
        }
        members
    }

    /// Whether the subject's list ends here. A verb's word may be a group's name where one is needed.
    fn stops_member(&self, first: bool) -> bool {
        let token = self.peek();
        if token.word.is_verb() {
            // `group read to …` names a group; `group read buckets in …` has none.
            return !(self.has_to_ahead() || (first && self.nth(1).kind == TokenKind::Comma));
        }
        self.ends_subject() || !Self::is_name(token)
    }

    fn no_member(&mut self, first: bool) {
        let span = self.here();
        if self.after_hole() {
            return;
        }
        if first {
            self.error(Kind::MissingClause, span, "the name of the group is missing")
                .help("write the name, or `id <OCID>`, after the keyword");
        } else {
            let comma = self.previous().map_or(span, |last| last.span);
            self.error(Kind::StrayComma, comma, "a name is missing after this comma")
                .help("leave the comma out")
                .guess(comma, "");
        }
    }

    /// `group A, dynamic-group B`, `group A, group B`. Whether the list ends here.
    fn other_kind(&mut self, list: List, later: bool) -> bool {
        let token = self.peek();
        let next = self.nth(1);
        if !later || !Self::is_name(next) && !matches!(token.word, Keyword::AnyUser | Keyword::AnyGroup) {
            return false;
        }
        match (token.word, list) {
            (Keyword::Group, List::Group) | (Keyword::DynamicGroup, List::DynamicGroup)
                if next.word == Keyword::None || next.word == Keyword::Id =>
            {
                let word = self.words(token).to_lowercase();
                self.warn(
                    Kind::DoubledWord,
                    token.span,
                    format!("`{word}` stands once, before the first name"),
                )
                .help("leave it out")
                .fix(Span::new(token.span.start(), next.span.start()), "");
                self.advance();
                false
            }
            (Keyword::Group | Keyword::DynamicGroup | Keyword::Service, _)
                if next.word == Keyword::None || next.word == Keyword::Id =>
            {
                self.mixed(token.span);
                true
            }
            (Keyword::AnyUser | Keyword::AnyGroup, _) => {
                self.mixed(token.span);
                true
            }
            _ => false,
        }
    }

    fn member(&mut self, after_id: bool) -> Option<Member> {
        let first = self.peek();
        if first.word == Keyword::Id && Self::is_name(self.nth(1)) && self.nth(1).word != Keyword::To {
            self.advance();
            let token = self.advance();
            let atom = Self::atom(token);
            self.check_id(token, "a group");
            return Some(Member { span: first.span.to(token.span), kind: MemberKind::Id(atom) });
        }
        if first.word == Keyword::Id && self.nth(1).word == Keyword::To {
            self.advance();
            self.error(Kind::IdWithoutOcid, first.span, "the OCID is missing after `id`")
                .help("write the OCID, or a name without `id`");
            return None;
        }
        self.advance();
        if self.peek().kind != TokenKind::Slash && self.peek().kind != TokenKind::Backslash {
            return Some(self.plain_member(first, after_id));
        }
        Some(self.domain_member(first))
    }

    fn plain_member(&mut self, first: Token, after_id: bool) -> Member {
        let mut atom = Self::atom(first);
        let inner = atom.text(self.text);
        if first.kind == TokenKind::Hole {
            return Member { span: first.span, kind: MemberKind::Hole };
        }
        let looks_like_ocid = is_ocid(inner);
        if after_id && (looks_like_ocid || first.kind != TokenKind::Word) {
            self.warn(Kind::OcidWithoutId, first.span, "`id` stands before each OCID of a list")
                .help("write `id` before this one, too")
                .fix(Span::at(first.span.start()), "id ");
            return Member { span: first.span, kind: MemberKind::Id(atom) };
        }
        if looks_like_ocid {
            self.error(Kind::OcidWithoutId, first.span, "an OCID without `id` is read as a group's name")
                .help("write `id` before it")
                .fix(Span::at(first.span.start()), "id ");
            return Member { span: first.span, kind: MemberKind::Id(atom) };
        }
        if first.kind == TokenKind::Word && inner == "*" {
            self.error(Kind::MalformedName, first.span, "there is no wildcard for groups")
                .help("write `any-group` for all groups, or `any-user` for every principal");
        }
        self.join_words(first, &mut atom);
        self.glued_to(first, &mut atom);
        Member { span: atom.span, kind: MemberKind::Name { domain: None, name: atom } }
    }

    /// A name of several words without quotes becomes one.
    fn join_words(&mut self, first: Token, atom: &mut Atom) {
        if first.kind != TokenKind::Word || first.ends_with_hole || !self.is_more_of_name() {
            return;
        }
        while self.is_more_of_name() {
            let more = self.advance();
            atom.span = atom.span.to(more.span);
            atom.has_hole |= more.has_hole;
        }
        let name = super::rule::shorten(atom.span.of(self.text));
        self.error(Kind::MalformedName, atom.span, "a name with a space must stand in quotes")
            .help(format!("write `'{name}'`"));
        if let Some(last) = self.errors.last_mut() {
            last.fix = Some(super::super::error::SyntaxFix {
                edits: vec![
                    (Span::at(atom.span.start()), "'".into()),
                    (Span::at(atom.span.end()), "'".into()),
                ],
                safe: false,
            });
        }
    }

    fn is_more_of_name(&self) -> bool {
        let token = self.peek();
        if token.kind != TokenKind::Word || self.ends_subject() && !token.word.is_verb() {
            return false;
        }
        if self.is_word(token, &["and", "or"]) || token.word == Keyword::Id {
            return false;
        }
        (!token.word.is_verb() || self.has_to_ahead()) && !self.starts_action()
    }

    /// Whether the current word is a misspelt `to`, or a verb that some other cloud has.
    fn starts_action(&self) -> bool {
        let next = self.nth(1);
        if self.glued_verb(self.peek()).is_some() {
            return true;
        }
        self.is_word(self.peek(), &["ot", "too", "tp", "for", "can", "t", "may"])
            && (next.word.is_verb() || next.kind == TokenKind::OpenBrace)
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
    fn glued_to(&mut self, first: Token, atom: &mut Atom) {
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

    /// `Domain/Group`.
    fn domain_member(&mut self, first: Token) -> Member {
        let separator = self.advance();
        if separator.kind == TokenKind::Backslash {
            self.error(Kind::MalformedName, separator.span, "domain and group are separated by `/`")
                .help("write `/`")
                .fix(separator.span, "/");
        }
        let domain = Self::atom(first);
        let token = self.peek();
        if !Self::is_name(token) || token.word == Keyword::To {
            self.error_unless_after_hole(
                Kind::MissingClause,
                separator.span,
                "the name of the group is missing after the domain",
            )
            .help("write `<domain>/<group>`");
            let kind = MemberKind::Name { domain: None, name: domain };
            return Member { span: self.since(first.span), kind };
        }
        self.advance();
        let mut name = Self::atom(token);
        if token.kind == TokenKind::Word {
            self.join_words(token, &mut name);
            self.glued_to(token, &mut name);
        }
        while matches!(self.peek().kind, TokenKind::Slash | TokenKind::Backslash) {
            let extra = self.advance();
            if Self::is_name(self.peek()) && !self.ends_subject() {
                self.advance();
            }
            let span = self.since(first.span);
            self.error(Kind::MalformedName, extra.span, "a group has one domain only")
                .help("write `<domain>/<group>`, in quotes where a name holds a slash");
            name.span = name.span.to(span);
        }
        Member { span: first.span.to(name.span), kind: MemberKind::Name { domain: Some(domain), name } }
    }

    /// Passes what separates two members. Whether another one follows.
    fn next_member(&mut self) -> bool {
        let token = self.peek();
        if token.kind == TokenKind::Comma {
            self.advance();
            while let Some(comma) = self.eat_kind(TokenKind::Comma) {
                self.error(Kind::StrayComma, comma.span, "a name is missing before this comma")
                    .help("leave the comma out")
                    .fix(comma.span, "");
            }
            return true;
        }
        if self.is_word(token, &["and", "or"]) && Self::is_name(self.nth(1)) {
            let word = self.words(token);
            self.error(
                Kind::MissingComma,
                token.span,
                format!("names are separated by commas, not by `{word}`"),
            )
            .help("write `,`")
            .guess(token.span, ",");
            self.advance();
            return true;
        }
        if token.kind == TokenKind::Hole || self.after_hole() && Self::is_name(token) && !self.ends_subject()
        {
            return true;
        }
        if Self::is_name(token) && !self.ends_subject() && !self.starts_action() {
            let span = Span::at(self.here().end());
            self.error(Kind::MissingComma, token.span, "a comma is missing before this name")
                .help("write `,` between the names")
                .guess(span, ",");
            return true;
        }
        false
    }

    fn services(&mut self) -> SmallVec<[Atom; 2]> {
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

    fn resource_words(&mut self) -> SmallVec<[Atom; 2]> {
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
