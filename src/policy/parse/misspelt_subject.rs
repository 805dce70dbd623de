//! Subjects that start with none of their keywords: misspelt, glued to a name, or missing.

use super::super::ast::{Member, MemberKind, Members, SubjectKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, nearest};
use super::super::lex::{Token, TokenKind};
use super::subject::List;
use super::{Parser, shorten};
use crate::text::Span;

const SUBJECT_WORDS: &[&str] = &["group", "dynamic-group", "any-user", "any-group", "service", "resource"];

impl Parser<'_> {
    /// A subject that starts with none of its keywords.
    pub(super) fn subject_error(&mut self, first: Token) -> SubjectKind {
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
        let found = shorten(span.of(self.text));
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
                format!("`{}` is no kind of subject", shorten(word)),
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
}
