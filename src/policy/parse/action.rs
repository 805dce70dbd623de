//! What a rule grants: verb and resource-type. Permission lists and associations have files of their own.

use smallvec::SmallVec;

use super::super::ast::{Action, ActionKind, Atom, RuleKind, Verb};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, VERBS, nearest};
use super::super::lex::{Token, TokenKind};
use super::{Parser, shorten};
use crate::text::Span;

/// What other languages call a verb.
const FOREIGN_VERBS: &[&str] = &[
    "write",
    "create",
    "delete",
    "update",
    "edit",
    "modify",
    "view",
    "list",
    "get",
    "execute",
    "administer",
];

/// The verb of a keyword.
fn verb_of(word: Keyword) -> Option<Verb> {
    Some(match word {
        Keyword::Inspect => Verb::Inspect,
        Keyword::Read => Verb::Read,
        Keyword::Use => Verb::Use,
        Keyword::Manage => Verb::Manage,
        _ => return None,
    })
}

impl Parser<'_> {
    pub(super) fn action(&mut self, rule: RuleKind) -> Action {
        let to = self.eat(Keyword::To);
        if let Some(to) = to {
            while let Some(again) = self.eat(Keyword::To) {
                self.error(Kind::DoubledWord, again.span, "`to` stands twice")
                    .help("write it once")
                    .fix(Span::new(to.span.end(), again.span.end()), "");
            }
        } else if let Some(verb) = self.glued_verb(self.peek()) {
            let token = self.advance();
            let verb_span = Span::new(token.span.start() + 2, token.span.end());
            self.error(Kind::GluedWords, token.span, "a space is missing after `to`")
                .help("put a space between the words")
                .fix(Span::at(verb_span.start()), " ");
            let kind = self.after_verb(verb_of(verb).unwrap_or(Verb::Unknown), verb_span);
            return Action { span: self.since(verb_span), to: None, kind };
        } else if self.peek().kind != TokenKind::OpenBrace && !self.after_hole() && !self.glued_to {
            let next = self.peek();
            self.warn(Kind::MissingKeyword, next.span, "`to` is missing before the verb")
                .help("write `to` before it")
                .fix(Span::at(next.span.start()), "to ");
        }
        let start = self.peek();
        let kind = self.action_kind(rule);
        let from = if self.previous().is_some_and(|last| last.span.end > start.span.start) {
            start.span
        } else {
            self.here()
        };
        Action { span: self.since(from), to: to.map(|to| to.span), kind }
    }

    fn action_kind(&mut self, rule: RuleKind) -> ActionKind {
        let token = self.peek();
        if token.kind == TokenKind::OpenBrace {
            return self.permissions();
        }
        if token.word == Keyword::Associate {
            return self.associate(rule);
        }
        if let Some(verb) = verb_of(token.word) {
            self.advance();
            return self.after_verb(verb, token.span);
        }
        if token.has_hole && matches!(token.kind, TokenKind::Word | TokenKind::Hole) {
            self.advance();
            let next = self.peek();
            if !Self::is_name(next) || self.stops_action() {
                return ActionKind::Hole;
            }
            return self.after_verb(Verb::Hole, token.span);
        }
        self.unknown_verb(token)
    }

    /// Whether the current token ends the action.
    pub(super) fn stops_action(&self) -> bool {
        let token = self.peek();
        self.stops_clause()
            || token.word == Keyword::With
            || matches!(token.word, Keyword::Tenancy | Keyword::Compartment | Keyword::AnyTenancy)
    }

    fn unknown_verb(&mut self, token: Token) -> ActionKind {
        if !Self::is_name(token) || self.stops_clause() {
            if token.kind == TokenKind::OpenParen || token.kind == TokenKind::OpenBracket {
                return self.bracketed_permissions();
            }
            self.error_unless_after_hole(Kind::MissingClause, self.here(), "the verb is missing after `to`")
                .help("write a verb and a resource-type, such as `use generative-ai-family`");
            return ActionKind::Error;
        }
        let word = self.words(token);
        let lower = word.to_lowercase();
        self.advance();
        let alone = self.stops_action() || !Self::is_name(self.peek());
        let meant = match lower.as_str() {
            "write" | "create" | "delete" | "administer" | "admin" | "control" | "full" | "own"
            | "terminate" | "remove" | "add" | "do" => Some("manage"),
            "update" | "edit" | "modify" | "change" | "execute" | "run" | "invoke" | "access" | "call" => {
                Some("use")
            }
            "get" | "view" | "see" => Some("read"),
            "list" => Some("inspect"),
            _ => nearest(word, &VERBS),
        };
        if alone && nearest(word, &VERBS).is_none() {
            let plural = token.kind == TokenKind::Word && (lower.contains('-') || lower.ends_with('s'));
            if plural {
                self.error(
                    Kind::MissingClause,
                    Span::at(token.span.start()),
                    "the verb is missing before the resource-type",
                )
                .help("write `inspect`, `read`, `use` or `manage` before it");
                return ActionKind::Verb {
                    verb: Verb::Unknown,
                    verb_span: Span::at(token.span.start()),
                    resource_type: Some(Self::atom(token)),
                };
            }
            if token.kind == TokenKind::Word && lower.contains('_') && word == word.to_uppercase() {
                self.error(Kind::MalformedPermissionList, token.span, "a permission stands in braces")
                    .help(format!("write `{{{word}}}`"))
                    .fix(token.span, format!("{{{word}}}"));
                return ActionKind::Permissions {
                    permissions: SmallVec::from_iter([Self::atom(token)]),
                    resource_type: None,
                };
            }
        }
        let near = nearest(word, &VERBS).is_some();
        let error = self.error(Kind::UnknownVerb, token.span, format!("`{}` is no verb", shorten(word)));
        match meant {
            Some(meant) if near => {
                error.help(format!("write `{meant}`")).guess(token.span, meant);
            }
            Some(meant) => {
                error.help(format!(
                    "the verbs are `inspect`, `read`, `use` and `manage`; `{meant}` is the nearest, a permission list in braces the narrowest"
                ));
            }
            None => {
                error.help("write one of `inspect`, `read`, `use`, `manage`");
            }
        }
        let verb = match meant.filter(|_| near) {
            Some("inspect") => Verb::Inspect,
            Some("read") => Verb::Read,
            Some("use") => Verb::Use,
            Some("manage") => Verb::Manage,
            _ => Verb::Unknown,
        };
        self.after_verb(verb, token.span)
    }

    fn after_verb(&mut self, verb: Verb, verb_span: Span) -> ActionKind {
        self.more_verbs();
        let token = self.peek();
        if token.kind == TokenKind::OpenBrace {
            if verb != Verb::Hole {
                self.error(
                    Kind::MalformedPermissionList,
                    verb_span,
                    "a permission list takes the place of the verb, too",
                )
                .help("leave the verb out")
                .guess(Span::new(verb_span.start(), token.span.start()), "");
            }
            return self.permissions();
        }
        let resource_type = self.resource_type(verb_span);
        ActionKind::Verb { verb, verb_span, resource_type }
    }

    /// `read, use buckets`, `read and use buckets`.
    fn more_verbs(&mut self) {
        let start = self.peek();
        let mut found = false;
        loop {
            let (token, next) = (self.peek(), self.nth(1));
            let joined = matches!(token.kind, TokenKind::Comma | TokenKind::Slash)
                || self.is_word(token, &["and", "or"]);
            let is_verb = next.word.is_verb()
                || self.is_word(next, FOREIGN_VERBS)
                    && Self::is_name(self.nth(2))
                    && self.nth(2).word != Keyword::In;
            if joined && is_verb {
                self.advance();
                self.advance();
                found = true;
            } else if token.word.is_verb()
                && Self::is_name(next)
                && !matches!(next.word, Keyword::In | Keyword::Where)
            {
                self.advance();
                if token.word == start.word && !found {
                    let word = self.words(token).to_lowercase();
                    self.error(Kind::DoubledWord, token.span, format!("`{word}` stands twice"))
                        .help("write it once")
                        .fix(Span::new(token.span.start(), next.span.start()), "");
                    continue;
                }
                found = true;
            } else {
                break;
            }
        }
        if found {
            let span = self.since(start.span);
            self.error(Kind::SeveralActions, span, "a statement has one verb only")
                .help("write the highest verb, which includes the lower ones, or several statements");
        }
    }

    fn resource_type(&mut self, verb_span: Span) -> Option<Atom> {
        let token = self.peek();
        if !Self::is_name(token) || self.stops_action() {
            self.error_unless_after_hole(
                Kind::MissingClause,
                Span::at(verb_span.end()),
                "the resource-type is missing after the verb",
            )
            .help("write a resource-type, such as `generative-ai-family`");
            return None;
        }
        self.advance();
        let mut atom = Self::atom(token);
        if self.is_word(token, &["all"]) && self.is_word(self.peek(), &["resources", "resource"]) {
            let more = self.advance();
            atom.span = token.span.to(more.span);
            self.error(Kind::MisspeltKeyword, atom.span, "`all-resources` is one word")
                .help("write `all-resources`")
                .fix(atom.span, "all-resources");
        }
        if token.is_odd && self.words(token).chars().any(super::super::lex::is_dash) {
            let plain = super::super::lex::plain_word(self.words(token));
            self.errors
                .retain(|error| !(error.kind == Kind::TypographicHyphen && token.span.overlaps(error.span)));
            self.error(Kind::TypographicHyphen, token.span, "a resource-type has plain hyphens only")
                .help(format!("write `{plain}`"))
                .fix(token.span, plain);
        }
        self.after_resource_type(token);
        Some(atom)
    }

    fn after_resource_type(&mut self, first: Token) {
        let token = self.peek();
        if self.stops_action() || token.kind == TokenKind::Hole || first.ends_with_hole {
            return;
        }
        let joined = token.kind == TokenKind::Comma || self.is_word(token, &["and", "or"]);
        if joined {
            while !self.stops_action() {
                self.advance();
            }
            let span = self.since(token.span);
            self.error(Kind::SeveralActions, span, "a statement has one resource-type only")
                .help("write a statement for each, or take the family that holds them");
        } else if self.is_word(token, &["from", "of"])
            && Self::is_name(self.nth(1))
            && self.nth(2).word == Keyword::In
        {
            self.advance();
            self.advance();
            let span = self.since(token.span);
            let found = shorten(span.of(self.text));
            self.warn(Kind::UnexpectedText, span, format!("`{found}` belongs to no clause"))
                .help("leave it out");
        } else if token.kind == TokenKind::OpenBrace {
            self.permissions();
            let span = self.since(token.span);
            self.error(
                Kind::MalformedPermissionList,
                span,
                "a permission list takes the place of verb and resource-type",
            )
            .help("leave the verb and the resource-type out, or the list");
        }
    }
}
