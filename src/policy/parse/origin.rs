//! The origin of an admit, aliases of tenancies, and OCIDs after `id`.

use super::super::ast::{AdmitOrigin, Atom, Quote, RuleKind, SubjectKind, TenancyRef};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::{Keyword, nearest};
use super::super::lex::{Token, TokenKind};
use super::rule::Clauses;
use super::{Parser, shorten};
use crate::text::Span;

impl Parser<'_> {
    /// An `id` must be followed by an OCID.
    pub(super) fn check_id(&mut self, token: Token, what: &str) {
        let inner = Self::atom(token).text(self.text);
        if token.has_hole || is_ocid(inner) {
            if token.kind != TokenKind::Word && token.kind != TokenKind::Hole {
                self.warn(
                    Kind::IdWithoutOcid,
                    token.span,
                    "an OCID after `id` stands without quotes in all documentation",
                )
                .help("leave the quotes out");
            }
            return;
        }
        let (start, _) = inner.split_once(['.', ':']).unwrap_or((inner, ""));
        if inner.len() > start.len()
            && (nearest(start, &["ocid1"]).is_some() || start.eq_ignore_ascii_case("ocid"))
        {
            let span = if token.kind == TokenKind::Word {
                Span::new(token.span.start(), token.span.start() + start.len())
            } else {
                token.span
            };
            self.error(
                Kind::MisspeltOcid,
                span,
                format!("an OCID starts with `ocid1.`, not with `{start}.`"),
            )
            .help("write `ocid1`")
            .guess(span, "ocid1");
            return;
        }
        let found = shorten(inner);
        if inner.len() >= 3 && inner.bytes().all(|byte| byte.eq_ignore_ascii_case(&b'x')) {
            self.warn(
                Kind::UnresolvedPlaceholder,
                token.span,
                format!("`{found}` stands for an OCID that is still to come"),
            )
            .help(format!("write the OCID of {what}"));
            return;
        }
        self.warn(Kind::IdWithoutOcid, token.span, format!("`{found}` is no OCID"))
            .help(format!("write the OCID of {what} after `id`, or the name without `id`"));
    }

    /// The `of tenancy …` of an admit.
    pub(super) fn origin_clause(&mut self, clauses: &mut Clauses) {
        let of = self.advance();
        let token = self.peek();
        let tenancy = match token.word {
            Keyword::AnyTenancy => {
                self.advance();
                Some(TenancyRef::Any)
            }
            Keyword::Tenancy => {
                self.advance();
                self.alias_after(token).map(TenancyRef::Alias)
            }
            _ if token.kind == TokenKind::Hole => {
                self.advance();
                Some(TenancyRef::Hole)
            }
            _ if Self::is_name(token) && !self.ends_subject() => {
                if self.is_word(token, &["any"]) && self.nth(1).word == Keyword::Tenancy {
                    self.advance();
                    let span = self.since(token.span).to(self.peek().span);
                    self.error(Kind::MisspeltKeyword, span, "`any-tenancy` is one word")
                        .help("write `any-tenancy`")
                        .fix(span, "any-tenancy");
                    self.advance();
                    Some(TenancyRef::Any)
                } else {
                    self.error(Kind::MissingKeyword, token.span, "`tenancy` is missing after `of`")
                        .help("write `of tenancy <alias>`")
                        .guess(Span::at(token.span.start()), "tenancy ");
                    self.advance();
                    Some(TenancyRef::Alias(Self::atom(token)))
                }
            }
            _ => {
                self.error_unless_after_hole(
                    Kind::MissingClause,
                    of.span,
                    "the tenancy is missing after `of`",
                )
                .help("write `of tenancy <alias>` or `of any-tenancy`");
                None
            }
        };
        let span = self.since(of.span);
        let admits = matches!(clauses.rule.kind, RuleKind::Admit | RuleKind::DenyAdmit | RuleKind::Hole);
        if !admits {
            self.error(
                Kind::OriginWithoutAdmit,
                span,
                "only an `admit` says of which tenancy its subject is",
            )
            .help("leave it out, or write an `admit`");
        } else if tenancy == Some(TenancyRef::Any)
            && matches!(
                clauses.rule.subject.as_ref().map(|subject| &subject.kind),
                Some(SubjectKind::Group(_) | SubjectKind::DynamicGroup(_))
            )
        {
            self.error(Kind::NamedGroupOfAnyTenancy, span, "a named group can't be of any tenancy")
                .help("name the tenancy, or write `any-group` or `any-user`");
        }
        if let Some(tenancy) = tenancy
            && clauses.rule.origin.is_none()
        {
            clauses.rule.origin = Some(AdmitOrigin { span, tenancy });
        }
    }

    /// Whether what follows is the origin of an admit's subject, behind a word that isn't `of`.
    pub(super) fn is_origin(&self, clauses: &Clauses) -> bool {
        let admits = matches!(clauses.rule.kind, RuleKind::Admit | RuleKind::DenyAdmit);
        let begun = clauses.rule.origin.is_some() || clauses.rule.action.is_some() || clauses.gap.is_some();
        admits && !begun && (self.peek().word == Keyword::In || self.starts_origin()) && self.names_tenancy()
    }

    /// Whether a word that some take for `of` stands before a tenancy.
    pub(super) fn starts_origin(&self) -> bool {
        self.is_word(self.peek(), &["from", "off", "at", "fo"]) && self.names_tenancy()
    }

    /// Whether a tenancy stands between the next word and what is granted.
    fn names_tenancy(&self) -> bool {
        let after = match self.nth(1).word {
            Keyword::AnyTenancy => self.nth(2),
            Keyword::Tenancy => self.nth(3),
            _ => return false,
        };
        after.word == Keyword::To || after.kind == TokenKind::OpenBrace
    }

    /// Reads the origin behind a word that isn't `of`.
    pub(super) fn misspelt_of(&mut self, clauses: &mut Clauses) {
        let token = self.peek();
        let word = self.words(token);
        self.error(
            Kind::MisspeltKeyword,
            token.span,
            format!("where the subject comes from starts with `of`, not with `{word}`"),
        )
        .help("write `of`")
        .guess(token.span, "of");
        self.origin_clause(clauses);
    }

    /// The alias after `tenancy`, which must be there.
    pub(super) fn alias_after(&mut self, tenancy: Token) -> Option<Atom> {
        let token = self.peek();
        if Self::is_name(token)
            && !matches!(token.word, Keyword::To | Keyword::In | Keyword::Where | Keyword::With)
        {
            self.advance();
            return Some(Self::atom(token));
        }
        self.error(Kind::MissingClause, tenancy.span, "the alias of the tenancy is missing")
            .help("write `tenancy <alias>`, with a `define tenancy <alias> as <ocid>` before");
        None
    }
}

/// Whether the text reads as an OCID. Lengths and parts are not looked at: placeholders abound.
pub(super) fn is_ocid(text: &str) -> bool {
    text.get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("ocid1.") || start.eq_ignore_ascii_case("ocid1:"))
}

/// Whether an atom is in quotes.
pub(super) fn is_quoted(atom: &Atom) -> bool {
    !matches!(atom.quote, Quote::None | Quote::Slashes)
}
