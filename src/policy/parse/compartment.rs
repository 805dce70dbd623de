//! A compartment: by name, by path or by OCID, and of which tenancy.

use smallvec::SmallVec;

use super::super::ast::{Atom, LocationKind, Quote, RuleKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, nearest};
use super::super::lex::{Token, TokenKind};
use super::origin::is_ocid;
use super::{Parser, shorten};
use crate::text::Span;

impl Parser<'_> {
    /// What follows `compartment`.
    pub(super) fn compartment(&mut self, keyword: Span, rule: Option<RuleKind>) -> LocationKind {
        let token = self.peek();
        let next = self.nth(1);
        if token.word == Keyword::Id {
            self.advance();
            let has_ocid = Self::is_name(next)
                && !self.stops_clause()
                && !matches!(next.word, Keyword::Of | Keyword::With);
            if !has_ocid {
                self.error(Kind::IdWithoutOcid, token.span, "the OCID is missing after `id`")
                    .help("write the OCID of the compartment");
                return LocationKind::Error;
            }
            self.advance();
            let ocid = Self::atom(next);
            self.check_id(next, "a compartment");
            let of = self.of_tenancy(rule);
            return LocationKind::CompartmentId { ocid, of };
        }
        if self.is_word(token, &["ocid", "id:", "ocid:", "id-"])
            && Self::is_name(next)
            && !matches!(next.word, Keyword::In | Keyword::Where)
        {
            self.error(Kind::MisspeltKeyword, token.span, "an OCID is announced by `id`")
                .help("write `id`")
                .fix(token.span, "id");
            self.advance();
            self.advance();
            let of = self.of_tenancy(rule);
            return LocationKind::CompartmentId { ocid: Self::atom(next), of };
        }
        let Some(path) = self.path(keyword) else { return LocationKind::Error };
        if let Some(starred) = path.iter().find(|part| !part.has_hole && part.text(self.text).contains('*')) {
            self.error(Kind::MalformedName, starred.span, "there is no wildcard for compartments")
                .help("write `in tenancy`, or name the compartment above: a grant holds in all below it too");
        }
        path.iter().for_each(|part| self.empty_name(part, "compartment"));
        let of = self.of_tenancy(rule);
        if let [only] = path.as_slice()
            && is_ocid(only.text(self.text))
        {
            return LocationKind::CompartmentId { ocid: *only, of };
        }
        LocationKind::Compartment { path, of }
    }

    /// Names between colons.
    fn path(&mut self, keyword: Span) -> Option<SmallVec<[Atom; 2]>> {
        let first = self.peek();
        if !Self::is_name(first) || self.stops_clause() || first.word == Keyword::With {
            self.error_unless_after_hole(
                Kind::MissingClause,
                Span::at(keyword.end()),
                "the name of the compartment is missing",
            )
            .help("write `compartment <name>` or `compartment id <OCID>`");
            return None;
        }
        let mut path = SmallVec::new();
        // Whether a name may follow: at the start and after a colon.
        let mut open = true;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::Word | TokenKind::Hole | TokenKind::Quoted(_)
                    if open || self.starts_with_colon(token) =>
                {
                    self.advance();
                    open = self.path_parts(token, &mut path, open);
                }
                TokenKind::Slash | TokenKind::Backslash => {
                    self.advance();
                    self.error_unless_after_hole(
                        Kind::MalformedCompartmentPath,
                        token.span,
                        "compartments of a path are separated by `:`",
                    )
                    .help("write `:`")
                    .fix(token.span, ":");
                    open = true;
                }
                _ => break,
            }
        }
        if open && !self.after_hole() {
            let span = self.previous().map_or(keyword, |last| last.span);
            self.error(Kind::MalformedCompartmentPath, span, "the path ends with a separator")
                .help("write the last compartment's name after it, or leave the separator out");
        }
        self.check_path_words(first, &path);
        Some(path)
    }

    fn starts_with_colon(&self, token: Token) -> bool {
        token.kind == TokenKind::Word && self.words(token).starts_with(':')
    }

    /// Splits one token at the colons outside its holes. Whether the last colon leaves a name to follow.
    pub(super) fn path_parts(&mut self, token: Token, path: &mut SmallVec<[Atom; 2]>, open: bool) -> bool {
        let text = self.words(token);
        if token.kind != TokenKind::Word || !text.contains(':') || is_ocid(text) {
            path.push(Self::atom(token));
            return false;
        }
        let mut holes = self.holes;
        let (mut from, mut needs_name, mut empty) = (token.span.start(), open, None);
        let mut part_has_hole = false;
        let (end, start) = (token.span.end(), token.span.start());
        let mut at = start;
        loop {
            while holes.first().is_some_and(|hole| hole.start() < at) {
                holes = holes.get(1..).unwrap_or(&[]);
            }
            if let Some(hole) = holes.first().filter(|hole| hole.start() == at && at < end) {
                (at, part_has_hole) = (hole.end(), true);
                continue;
            }
            let is_end = at >= end;
            if is_end || self.text.as_bytes().get(at) == Some(&b':') {
                if at > from {
                    let span = Span::new(from, at);
                    path.push(Atom { span, quote: Quote::None, has_hole: part_has_hole, has_escape: false });
                    needs_name = false;
                } else if needs_name && !is_end {
                    empty = Some(Span::new(at, at + 1));
                }
                if is_end {
                    break;
                }
                needs_name = true;
                (from, part_has_hole) = (at + 1, false);
            }
            at += 1;
        }
        if let Some(span) = empty {
            self.error(
                Kind::MalformedCompartmentPath,
                span,
                "a compartment's name is missing before this colon",
            )
            .help("write one colon between two names")
            .guess(span, "");
        }
        needs_name
    }

    /// An OCID without `id`, a name with a space.
    fn check_path_words(&mut self, first: Token, path: &SmallVec<[Atom; 2]>) {
        if let [only] = path.as_slice() {
            let inner = only.text(self.text);
            if is_ocid(inner) {
                let is_word = only.quote == Quote::None;
                let error = self.error(
                    Kind::OcidWithoutId,
                    only.span,
                    "an OCID without `id` is read as a compartment's name",
                );
                error.help("write `id` before it");
                if is_word {
                    error.fix(Span::at(only.span.start()), "id ");
                }
            } else if first.kind == TokenKind::Hole && names_an_ocid(inner) {
                self.warn(
                    Kind::OcidWithoutId,
                    only.span,
                    format!(
                        "`{}` seems to hold an OCID, which is read as a name without `id`",
                        shorten(inner)
                    ),
                )
                .help("write `compartment id`, unless it holds a name")
                .guess(Span::at(only.span.start()), "id ");
            }
        }
        let token = self.peek();
        let more = token.kind == TokenKind::Word
            && token.word == Keyword::None
            && !self.after_hole()
            && !self.is_word(token, &["when", "if", "were", "having"])
            && nearest(self.words(token), &["where"]).is_none()
            && !self.words(token).contains('.')
            && !self.previous().is_some_and(|last| matches!(last.kind, TokenKind::Quoted(_)));
        if more && !self.stops_clause() {
            while self.peek().kind == TokenKind::Word && self.peek().word == Keyword::None {
                self.advance();
            }
            let span = self.since(first.span);
            self.error(Kind::MalformedName, span, "a compartment's name can't hold a space")
                .help("write the name as the compartment has it, or `compartment id <OCID>`");
        }
    }

    /// `of tenancy X` after a compartment.
    pub(super) fn of_tenancy(&mut self, rule: Option<RuleKind>) -> Option<Atom> {
        if self.peek().word != Keyword::Of {
            return None;
        }
        let of = self.advance();
        let tenancy = self.peek();
        if tenancy.word != Keyword::Tenancy {
            self.error_unless_after_hole(
                Kind::MissingKeyword,
                of.span,
                "`tenancy <alias>` is missing after `of`",
            )
            .help("write `of tenancy <alias>`");
            return None;
        }
        self.advance();
        let alias = self.alias_after(tenancy);
        if matches!(rule, Some(RuleKind::Allow | RuleKind::Deny)) {
            let span = self.since(of.span);
            self.error(
                Kind::OriginWithoutAdmit,
                span,
                "an `allow` or `deny` can't reach into another tenancy",
            )
            .help("leave it out, or write an `endorse`");
        }
        alias
    }
}

/// Whether a template expression is named like something that holds an OCID.
fn names_an_ocid(hole: &str) -> bool {
    let name = hole.trim_matches(|c: char| !c.is_alphanumeric() && c != '_').to_ascii_lowercase();
    let last = name.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    last == "id" || last == "ocid" || last.ends_with("_id") || last.ends_with("_ocid")
}
