//! Permission lists, `{A, B}`, and what people write in their place.

use smallvec::SmallVec;

use super::super::ast::{ActionKind, Atom};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::TokenKind;
use super::Parser;

impl Parser<'_> {
    pub(super) fn permissions(&mut self) -> ActionKind {
        let open = self.advance();
        let mut permissions: SmallVec<[Atom; 4]> = SmallVec::new();
        let mut closed = false;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::CloseBrace => {
                    self.advance();
                    closed = true;
                    break;
                }
                TokenKind::Comma => {
                    self.advance();
                    let next = self.peek();
                    let in_hole =
                        self.tokens.get(self.at.saturating_sub(2)).is_some_and(|t| t.ends_with_hole)
                            || next.has_hole;
                    let empty = matches!(next.kind, TokenKind::Comma | TokenKind::CloseBrace)
                        || permissions.is_empty();
                    if empty && !in_hole {
                        self.error(Kind::StrayComma, token.span, "a permission is missing beside this comma")
                            .help("leave the comma out")
                            .fix(token.span, "");
                    }
                }
                TokenKind::Word | TokenKind::Hole | TokenKind::Quoted(_) if !self.ends_permissions() => {
                    let after_hole = self.after_hole();
                    let after_name = self.previous().is_some_and(Self::is_name);
                    if after_name && !after_hole && token.kind != TokenKind::Hole {
                        let place = self.here();
                        self.error(
                            Kind::MissingComma,
                            token.span,
                            "a comma is missing before this permission",
                        )
                        .help("write `,` between the permissions")
                        .guess(place, ",");
                    }
                    self.advance();
                    if let TokenKind::Quoted(_) = token.kind {
                        self.error(
                            Kind::MalformedPermissionList,
                            token.span,
                            "permissions stand without quotes",
                        )
                        .help("leave the quotes out");
                    }
                    permissions.push(Self::atom(token));
                }
                TokenKind::Semicolon => {
                    self.error(
                        Kind::MalformedPermissionList,
                        token.span,
                        "permissions are separated by commas",
                    )
                    .help("write `,`")
                    .fix(token.span, ",");
                    self.advance();
                }
                _ => break,
            }
        }
        if !closed && !self.after_hole() {
            let place = self.here();
            self.error(Kind::UnbalancedDelimiter, open.span, "the permission list is never closed")
                .help("write `}` after the last permission")
                .guess(place, "}");
        }
        if permissions.is_empty() && closed {
            let span = self.since(open.span);
            self.error(Kind::MalformedPermissionList, span, "the permission list is empty")
                .help("write at least one permission, such as `{GENERATIVE_AI_CHAT}`");
        }
        let resource_type = self.type_after_permissions(closed);
        ActionKind::Permissions { permissions, resource_type }
    }

    /// Whether the list was left open and the next clause starts.
    fn ends_permissions(&self) -> bool {
        let token = self.peek();
        let next = self.nth(1);
        let place = matches!(next.word, Keyword::Tenancy | Keyword::Compartment | Keyword::AnyTenancy);
        (token.word == Keyword::In && (place || next.kind == TokenKind::Hole || next.kind == TokenKind::Word))
            || token.word == Keyword::Where
    }

    fn type_after_permissions(&mut self, closed: bool) -> Option<Atom> {
        let token = self.peek();
        let is_type = closed
            && token.kind == TokenKind::Word
            && token.word == Keyword::None
            && !self
                .is_word(token, &["on", "at", "within", "inside", "intenancy", "when", "if", "for", "from"])
            && !self.words(token).contains('.');
        if !is_type {
            return None;
        }
        self.advance();
        self.warn(
            Kind::ResourceTypeAfterPermissions,
            token.span,
            "a permission list takes the place of the resource-type",
        )
        .help("leave the resource-type out")
        .guess(token.span, "");
        Some(Self::atom(token))
    }

    /// `(A, B)`, `[A, B]`.
    pub(super) fn bracketed_permissions(&mut self) -> ActionKind {
        let open = self.advance();
        let mut permissions = SmallVec::new();
        while !self.stops_clause() {
            let token = self.advance();
            if matches!(token.kind, TokenKind::CloseParen | TokenKind::CloseBracket) {
                break;
            }
            if Self::is_name(token) {
                permissions.push(Self::atom(token));
            }
        }
        let span = self.since(open.span);
        self.error(Kind::MalformedPermissionList, span, "a permission list stands in braces")
            .help("write `{` and `}`");
        ActionKind::Permissions { permissions, resource_type: None }
    }
}
