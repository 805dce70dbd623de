//! Locations: the tenancy, a compartment, another tenancy.

use smallvec::SmallVec;

use super::super::ast::{Atom, Location, LocationKind, RuleKind};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, nearest};
use super::super::lex::{Token, TokenKind};
use super::origin::is_ocid;
use super::{Parser, shorten};
use crate::text::Span;

impl Parser<'_> {
    /// Reads what follows `in`. `rule` is `None` for an end of an association, where any tenancy may stand.
    pub(super) fn location(&mut self, rule: Option<RuleKind>) -> Location {
        if self.is_word(self.peek(), &["the", "a", "my"]) && self.nth(1).kind == TokenKind::Word {
            let article = self.advance();
            let word = self.words(article);
            let until = self.peek().span.start();
            // Oracle's own pages print it, and no refusal is on record.
            self.warn(Kind::UnexpectedText, article.span, format!("`{word}` has no place before a location"))
                .help("leave it out")
                .fix(Span::new(article.span.start(), until), "");
        }
        let first = self.peek();
        let kind = match first.word {
            Keyword::Tenancy => {
                self.advance();
                LocationKind::Tenancy(self.tenancy_alias(rule, first))
            }
            Keyword::AnyTenancy => {
                self.advance();
                self.check_any_tenancy(rule, first);
                LocationKind::AnyTenancy
            }
            Keyword::Compartment => {
                self.advance();
                self.compartment(first.span, rule)
            }
            _ if first.has_hole && first.kind != TokenKind::Pattern && self.hole_is_location(first) => {
                self.advance();
                self.skip_after_hole();
                LocationKind::Hole
            }
            _ => self.unknown_location(first, rule),
        };
        let span =
            if first.kind == TokenKind::End { self.here() } else { self.since(Span::at(first.span.start())) };
        self.check_sides(rule, &kind, span);
        self.several_locations();
        Location { span, kind }
    }

    /// `compartment` may be the known part of a word with a hole; a quoted hole is a name.
    fn hole_is_location(&self, first: Token) -> bool {
        !matches!(first.kind, TokenKind::Quoted(_))
    }

    /// Words right after a hole that stands for the location belong to what it holds.
    fn skip_after_hole(&mut self) {
        while Self::is_name(self.peek())
            && !self.stops_clause()
            && !matches!(self.peek().word, Keyword::With | Keyword::Any | Keyword::All)
            && !matches!(
                self.nth(1).kind,
                TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator | TokenKind::OpenBrace
            )
        {
            self.advance();
        }
    }

    /// The alias after `tenancy`: needed in endorse, wrong in allow.
    fn tenancy_alias(&mut self, rule: Option<RuleKind>, tenancy: Token) -> Option<Atom> {
        let token = self.peek();
        let is_alias = Self::is_name(token)
            && !self.stops_clause()
            && !matches!(
                token.word,
                Keyword::With | Keyword::Of | Keyword::And | Keyword::Any | Keyword::All
            )
            && !matches!(self.nth(1).kind, TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator);
        let elsewhere = rule.is_none_or(|rule| matches!(rule, RuleKind::Endorse | RuleKind::DenyEndorse));
        if !is_alias || self.is_word(token, &["when", "if", "were", "whre", "wehre", "having"]) {
            return None;
        }
        if elsewhere {
            self.advance();
            return Some(Self::atom(token));
        }
        if token.kind == TokenKind::Hole {
            // A condition, or the rest of the statement, may stand in it.
            return None;
        }
        if nearest(self.words(token), &["where"]).is_some() {
            return None;
        }
        self.advance();
        let name = shorten(self.words(token));
        let cut = Span::new(tenancy.span.end(), token.span.end());
        if matches!(rule, Some(RuleKind::Admit | RuleKind::DenyAdmit)) {
            self.warn(
                Kind::AdmitElsewhere,
                token.span,
                "an admit grants access to this tenancy, which has no alias here",
            )
            .help("write `in tenancy` or a compartment of this tenancy")
            .guess(cut, "");
            return Some(Self::atom(token));
        }
        if rule == Some(RuleKind::Hole) {
            return Some(Self::atom(token));
        }
        self.error(
            Kind::TenancyNameInAllow,
            token.span,
            format!("`tenancy` takes no name here: `{name}` is too much"),
        )
        .help("write `in tenancy`, or `in compartment <name>` for a compartment")
        .guess(cut, "");
        Some(Self::atom(token))
    }

    /// `in any-tenancy` belongs to endorse.
    fn check_any_tenancy(&mut self, rule: Option<RuleKind>, token: Token) {
        match rule {
            Some(RuleKind::Allow | RuleKind::Deny) => {
                self.error(
                    Kind::TenancyNameInAllow,
                    token.span,
                    "an `allow` or `deny` holds in this tenancy only",
                )
                .help("write `in tenancy`, or an `endorse`")
                .guess(token.span, "tenancy");
            }
            Some(RuleKind::Admit | RuleKind::DenyAdmit) => {
                self.warn(Kind::AdmitElsewhere, token.span, "an admit grants access to this tenancy only")
                    .help("write `in tenancy` or a compartment of this tenancy");
            }
            _ => {}
        }
    }

    /// Endorse speaks of another tenancy.
    fn check_sides(&mut self, rule: Option<RuleKind>, kind: &LocationKind, span: Span) {
        if !matches!(rule, Some(RuleKind::Endorse | RuleKind::DenyEndorse)) || self.after_hole() {
            return;
        }
        let local = match kind {
            LocationKind::Tenancy(None) => true,
            LocationKind::Compartment { of: None, path } => !path.iter().any(|part| part.has_hole),
            LocationKind::CompartmentId { of: None, ocid } => !ocid.has_hole,
            _ => false,
        };
        if local {
            self.warn(
                Kind::EndorseWithoutTenancy,
                span,
                "an endorse speaks of another tenancy, and none is named",
            )
            .help("write `in tenancy <alias>` or `in any-tenancy`");
        }
    }

    /// `compartment A, compartment B`, `compartment A, B`, `compartment A and B`.
    fn several_locations(&mut self) {
        let token = self.peek();
        let joined = token.kind == TokenKind::Comma || self.is_word(token, &["and", "or"]);
        let next = self.nth(1);
        if !joined
            || !Self::is_name(next)
            || next.word.starts_statement() && self.nth(2).kind != TokenKind::Comma
        {
            return;
        }
        if matches!(self.nth(2).kind, TokenKind::Equal | TokenKind::NotEqual | TokenKind::OtherOperator) {
            return;
        }
        let hole_before = self.after_hole();
        self.advance();
        while !self.at_end()
            && !matches!(self.peek().word, Keyword::Where | Keyword::With)
            && self.peek().kind != TokenKind::Comment
        {
            self.advance();
        }
        if hole_before {
            return;
        }
        let span = self.since(token.span);
        self.error(Kind::SeveralLocations, span, "a statement has one location only")
            .help("write a statement for each compartment, or name the one that holds them");
    }

    fn unknown_location(&mut self, first: Token, rule: Option<RuleKind>) -> LocationKind {
        if !Self::is_name(first) || matches!(first.word, Keyword::Where | Keyword::To) {
            self.error_unless_after_hole(
                Kind::MissingClause,
                self.here(),
                "the location is missing after `in`",
            )
            .help("write `tenancy` or `compartment <name>`");
            return LocationKind::Error;
        }
        let word = self.words(first);
        let lower = word.to_lowercase();
        let next = self.nth(1);
        let next_is_name =
            Self::is_name(next) && next.word == Keyword::None && !self.is_word(next, &["when", "if"]);
        if lower == "any" && next.word == Keyword::Tenancy {
            let span = first.span.to(next.span);
            self.advance();
            self.advance();
            self.error(Kind::MisspeltKeyword, span, "`any-tenancy` is one word")
                .help("write `any-tenancy`")
                .fix(span, "any-tenancy");
            return LocationKind::AnyTenancy;
        }
        if first.kind == TokenKind::Word {
            if is_ocid(word) {
                self.advance();
                self.error(Kind::OcidWithoutId, first.span, "`compartment id` is missing before the OCID")
                    .help("write `compartment id` before it")
                    .fix(Span::at(first.span.start()), "compartment id ");
                return LocationKind::CompartmentId { ocid: Self::atom(first), of: None };
            }
            if let Some(kind) = self.misspelt_location(first, &lower, next_is_name, rule) {
                return kind;
            }
            if next_is_name {
                self.advance();
                self.advance();
                let error = self.error(
                    Kind::UnknownLocation,
                    first.span,
                    format!("`{}` is no location", shorten(word)),
                );
                if matches!(lower.as_str(), "region" | "regions" | "ad" | "availability-domain") {
                    error.help("write `in tenancy`, and `where request.region = '<key>'` for a region");
                } else {
                    error.help("write `tenancy` or `compartment <name>`; narrow it with a condition");
                }
                return LocationKind::Error;
            }
        }
        self.advance();
        let name = shorten(Self::atom(first).text(self.text));
        self.error(Kind::MissingKeyword, first.span, format!("`compartment` is missing before `{name}`"))
            .help("write `compartment` before the name; the root compartment is written `tenancy`")
            .guess(Span::at(first.span.start()), "compartment ");
        let mut path = SmallVec::new();
        self.path_parts(first, &mut path, true);
        LocationKind::Compartment { path, of: None }
    }

    /// A location whose keyword is misspelt or glued to the next word.
    fn misspelt_location(
        &mut self,
        first: Token,
        lower: &str,
        next_is_name: bool,
        rule: Option<RuleKind>,
    ) -> Option<LocationKind> {
        if matches!(
            lower,
            "compartment-id" | "compartmentid" | "compartment_id" | "compartment-ocid" | "compartmentocid"
        ) {
            self.advance();
            self.error(Kind::MisspeltKeyword, first.span, "`compartment id` is two words")
                .help("write `compartment id`")
                .fix(first.span, "compartment id");
            if !next_is_name {
                return Some(LocationKind::Error);
            }
            let token = self.advance();
            let of = self.of_tenancy(rule);
            return Some(LocationKind::CompartmentId { ocid: Self::atom(token), of });
        }
        if matches!(lower, "tenant" | "root" | "tenancies" | "anytenancy" | "any_tenancy")
            || nearest(lower, &["tenancy", "any-tenancy"]).is_some()
        {
            let meant = if lower.starts_with("any") { "any-tenancy" } else { "tenancy" };
            self.advance();
            self.error(Kind::MisspeltKeyword, first.span, format!("`{}` is no location", shorten(lower)))
                .help(format!("write `{meant}`"))
                .guess(first.span, meant);
            return Some(if meant == "tenancy" {
                LocationKind::Tenancy(self.tenancy_alias(rule, first))
            } else {
                LocationKind::AnyTenancy
            });
        }
        let glued = lower.strip_prefix("compartment").is_some_and(|rest| !rest.is_empty() && !next_is_name);
        if !glued && (nearest(lower, &["compartment"]).is_some() || lower == "comp") && next_is_name {
            self.advance();
            self.error(Kind::MisspeltKeyword, first.span, format!("`{}` is no location", shorten(lower)))
                .help("write `compartment`")
                .guess(first.span, "compartment");
            return Some(self.compartment(first.span, rule));
        }
        None
    }
}
