//! The members of a subject: names with or without a domain, OCIDs, holes, and what separates them.

use super::super::ast::{Atom, Member, MemberKind, Members};
use super::super::error::{SyntaxErrorKind as Kind, SyntaxFix};
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use super::origin::is_ocid;
use super::subject::List;
use super::{Parser, shorten};
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn members(&mut self, list: List) -> Members {
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
            self.doubled_kind(list, members.is_empty());
            if self.stops_member(members.is_empty()) {
                self.no_member(members.is_empty());
                break;
            }
            let Some(member) = self.member(ids) else { break };
            if let MemberKind::Name { domain, name } = &member.kind {
                domain.iter().chain([name]).for_each(|atom| self.empty_name(atom, "group"));
            }
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

    /// `''` where a name must stand.
    pub(super) fn empty_name(&mut self, atom: &Atom, what: &str) {
        if matches!(atom.span.of(self.text), "''" | "\"\"") {
            self.warn(Kind::EmptyValue, atom.span, format!("the name of the {what} is empty"))
                .help("write the name between the quotes");
        }
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

    /// `group group A`. A group may be called `group`, so that only a name after it tells.
    fn doubled_kind(&mut self, list: List, first: bool) {
        let (token, next) = (self.peek(), self.nth(1));
        let same = matches!(
            (token.word, list),
            (Keyword::Group, List::Group) | (Keyword::DynamicGroup, List::DynamicGroup)
        );
        let named = Self::is_name(next) && matches!(next.word, Keyword::None | Keyword::Id);
        if first && same && token.kind == TokenKind::Word && named {
            self.advance();
            let word = self.words(token).to_lowercase();
            self.error(Kind::DoubledWord, token.span, format!("`{word}` stands twice"))
                .help("write it once")
                .fix(Span::new(token.span.start(), next.span.start()), "");
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
        if !self.at_separator() {
            return Some(self.plain_member(first, after_id));
        }
        Some(self.domain_member(Self::atom(first)))
    }

    /// Whether what was read is the domain of a group.
    fn at_separator(&self) -> bool {
        matches!(self.peek().kind, TokenKind::Slash | TokenKind::Backslash)
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
        if self.at_separator() {
            return self.domain_member(atom);
        }
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
        let name = shorten(atom.span.of(self.text));
        self.error(Kind::MalformedName, atom.span, "a name with a space must stand in quotes")
            .help(format!("write `'{name}'`"));
        if let Some(last) = self.errors.last_mut() {
            last.fix = Some(SyntaxFix {
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
        if self.is_word(token, &["and", "or"]) || token.word == Keyword::Id || self.starts_origin() {
            return false;
        }
        (!token.word.is_verb() || self.has_to_ahead()) && !self.starts_action()
    }

    /// `Domain/Group`.
    fn domain_member(&mut self, domain: Atom) -> Member {
        let separator = self.advance();
        if separator.kind == TokenKind::Backslash {
            self.error(Kind::MalformedName, separator.span, "domain and group are separated by `/`")
                .help("write `/`")
                .fix(separator.span, "/");
        }
        let token = self.peek();
        if !Self::is_name(token) || token.word == Keyword::To {
            self.error_unless_after_hole(
                Kind::MissingClause,
                separator.span,
                "the name of the group is missing after the domain",
            )
            .help("write `<domain>/<group>`");
            let kind = MemberKind::Name { domain: None, name: domain };
            return Member { span: self.since(domain.span), kind };
        }
        self.advance();
        let mut name = Self::atom(token);
        if token.kind == TokenKind::Word {
            self.join_words(token, &mut name);
            self.glued_to(token, &mut name);
        }
        while self.at_separator() {
            let extra = self.advance();
            if Self::is_name(self.peek()) && !self.ends_subject() {
                self.advance();
            }
            let span = self.since(domain.span);
            self.error(Kind::MalformedName, extra.span, "a group has one domain only")
                .help("write `<domain>/<group>`, in quotes where a name holds a slash");
            name.span = name.span.to(span);
        }
        Member { span: domain.span.to(name.span), kind: MemberKind::Name { domain: Some(domain), name } }
    }

    /// Passes what separates two members. Whether another one follows.
    pub(super) fn next_member(&mut self) -> bool {
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
        if Self::is_name(token) && !self.ends_subject() && !self.starts_action() && !self.starts_origin() {
            let span = Span::at(self.here().end());
            self.error(Kind::MissingComma, token.span, "a comma is missing before this name")
                .help("write `,` between the names")
                .guess(span, ",");
            return true;
        }
        false
    }
}
