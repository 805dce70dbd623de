//! How a statement starts: its first words, and what else stands where they should.

use super::super::ast::{RuleKind, Statement};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, START_WORDS, nearest};
use super::super::lex::{Token, TokenKind};
use super::Parser;
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Statement {
        let first = self.peek();
        match first.kind {
            TokenKind::End => {
                self.error(Kind::EmptyStatement, first.span, "the statement is empty")
                    .help("write a statement, or leave the string out");
                return Statement::Unknown(first.span);
            }
            TokenKind::Comment if self.nth(1).kind == TokenKind::End => {
                if let Some(error) = self.errors.iter_mut().find(|e| e.kind == Kind::CommentInStatement) {
                    error.severity = crate::diag::Severity::Error;
                }
                return Statement::Unknown(first.span);
            }
            TokenKind::Hole if self.nth(1).kind == TokenKind::End => return Statement::Hole(first.span),
            _ => {}
        }
        let all_holes = self.tokens.iter().all(|token| {
            matches!(token.kind, TokenKind::Hole | TokenKind::Comment | TokenKind::Comma | TokenKind::Stop)
        });
        if all_holes && self.tokens.iter().any(|token| token.kind == TokenKind::Hole) {
            return Statement::Hole(self.since_all(first.span));
        }
        if first.has_hole && self.tokens.iter().any(|token| token.word == Keyword::As) {
            // The rest of a define: what it names is unknown.
            return Statement::Hole(self.since_all(first.span));
        }
        if first.word == Keyword::Define {
            self.advance();
            return self.define(first.span);
        }
        let Some((kind, kind_span)) = self.start(first) else {
            return Statement::Unknown(self.since_all(first.span));
        };
        Statement::Rule(Box::new(self.rule(kind, kind_span)))
    }

    fn since_all(&self, first: Span) -> Span {
        self.tokens.last().map_or(first, |last| first.to(last.span))
    }

    /// The start words of a rule. `None` when the text is nothing that could be read as one.
    pub(super) fn start(&mut self, first: Token) -> Option<(RuleKind, Span)> {
        let kind = match first.word {
            Keyword::Allow => RuleKind::Allow,
            Keyword::Endorse => RuleKind::Endorse,
            Keyword::Admit => RuleKind::Admit,
            Keyword::Deny => RuleKind::Deny,
            _ if first.has_hole => {
                // The hole may hold the subject and more, too: then `rule` finds nothing missing.
                self.advance();
                return Some((RuleKind::Hole, first.span));
            }
            _ => return self.unknown_start(first),
        };
        self.advance();
        let second = self.peek();
        let (kind, span) = match (kind, second.word) {
            (RuleKind::Deny, Keyword::Endorse) => (RuleKind::DenyEndorse, first.span.to(second.span)),
            (RuleKind::Deny, Keyword::Admit) => (RuleKind::DenyAdmit, first.span.to(second.span)),
            _ => (kind, first.span),
        };
        if matches!(kind, RuleKind::DenyEndorse | RuleKind::DenyAdmit) {
            self.advance();
        }
        self.extra_start_words(kind, span);
        Some((kind, span))
    }

    /// `deny allow`, `admit deny`, `allow allow`.
    fn extra_start_words(&mut self, kind: RuleKind, span: Span) {
        while self.peek().word.starts_statement() {
            let extra = self.advance();
            let word = self.words(extra).to_lowercase();
            if kind == RuleKind::Allow && extra.word == Keyword::Allow {
                self.error(Kind::DoubledWord, extra.span, format!("`{word}` stands twice"))
                    .help("write it once")
                    .fix(Span::new(span.end(), extra.span.end()), "");
            } else if extra.word == Keyword::Deny {
                self.error(Kind::MisplacedDeny, extra.span, "`deny` comes first")
                    .help("write `deny admit …` or `deny endorse …`");
            } else {
                self.error(
                    Kind::MisplacedDeny,
                    extra.span,
                    format!("`{word}` can't follow another start word"),
                )
                .help("start with one of `allow`, `deny`, `endorse`, `admit`, `deny endorse`, `deny admit`");
            }
        }
    }

    fn unknown_start(&mut self, first: Token) -> Option<(RuleKind, Span)> {
        let word = self.words(first);
        let lower = word.to_lowercase();
        if self.is_no_statement(first, &lower) {
            return None;
        }
        if first.word.starts_subject() {
            let before = Span::at(first.span.start());
            self.error(Kind::MissingKeyword, before, "the statement has no start word")
                .help("start it with `allow`")
                .guess(before, "allow ");
            return Some((RuleKind::Allow, before));
        }
        let meant = match lower.as_str() {
            "grant" | "permit" | "let" | "give" => Some("allow"),
            "forbid" | "reject" | "disallow" | "revoke" | "block" => Some("deny"),
            _ => nearest(word, &START_WORDS),
        };
        let glued = START_WORDS.iter().find(|start| {
            lower.strip_prefix(**start).is_some_and(|rest| {
                ["group", "dynamic-group", "any-user", "any-group", "service"].contains(&rest)
            })
        });
        if let Some(start) = glued {
            let cut = first.span.start() + start.len();
            self.error(Kind::GluedWords, first.span, format!("a space is missing after `{start}`"))
                .help("put a space between the words")
                .fix(Span::at(cut), " ");
            // Without the space there is no subject to read.
            return None;
        }
        let error = self.error(Kind::UnknownStartWord, first.span, format!("`{word}` starts no statement"));
        match meant {
            Some(meant) => {
                error.help(format!("write `{meant}`")).guess(first.span, meant);
            }
            None => {
                error.help("start with `allow`, `deny`, `define`, `endorse` or `admit`");
            }
        }
        let looks_like_statement =
            self.tokens.iter().any(|token| token.word == Keyword::To || token.word == Keyword::In);
        if meant.is_none() && !looks_like_statement {
            return None;
        }
        self.advance();
        match meant {
            Some("define") => None,
            Some("deny") => Some((RuleKind::Deny, first.span)),
            Some("endorse") => Some((RuleKind::Endorse, first.span)),
            Some("admit") => Some((RuleKind::Admit, first.span)),
            _ => Some((RuleKind::Allow, first.span)),
        }
    }

    /// Whether this is something else than a statement: a quota, the rest of one that was cut, a comment. Says so.
    fn is_no_statement(&mut self, first: Token, lower: &str) -> bool {
        let quota = self.tokens.iter().take(6).any(|token| self.is_word(*token, &["quota", "quotas"]));
        if quota && matches!(lower, "set" | "unset" | "zero") {
            self.error(
                Kind::QuotaStatement,
                first.span,
                format!("`{lower} … quota` is a quota statement, not a policy statement"),
            )
            .help("put it into a quota policy: quotas are another language with an API of its own");
            return true;
        }
        match first.word {
            Keyword::Where | Keyword::In | Keyword::To | Keyword::With | Keyword::And | Keyword::Of => {
                self.error(Kind::StatementFragment, first.span, format!("a statement can't start with `{lower}`: this is the rest of a cut one"))
                    .help("put the whole statement into one string; the Console's editor takes one statement a line");
                return true;
            }
            Keyword::Any | Keyword::All => {
                self.error(Kind::StatementFragment, first.span, "this is a condition without its statement")
                    .help("put the whole statement into one string");
                return true;
            }
            _ => {}
        }
        if matches!(first.kind, TokenKind::CloseBrace) {
            self.error(
                Kind::StatementFragment,
                first.span,
                "a statement can't start with a brace: this is the rest of a cut one",
            )
            .help("put the whole statement into one string; the Console's editor takes one statement a line");
            return true;
        }
        let slashed = first.kind == TokenKind::Slash && self.words(self.nth(1)).starts_with('*');
        if slashed || lower.starts_with("--") {
            self.error(Kind::CommentInStatement, first.span, "the policy language has no comments")
                .help("move the comment out of the statement's text");
            return true;
        }
        false
    }
}
