//! What a hole excuses: anything may stand in it, so what seems to be missing beside one may be there, and
//! what seems to be too much may belong to it.
//!
//! A hole where the grammar expects one name, value or clause (`group ${a} to`, `= ${b}`, `in ${c} where`)
//! excuses only what touches it. A hole anywhere else holds pieces of several clauses, and the rest of the
//! statement is read on a guess.

use super::super::error::{SyntaxError, SyntaxErrorKind as Kind};
use super::super::keyword::Keyword;
use super::super::lex::{Token, TokenKind};
use crate::diag::Severity;
use crate::text::Span;

/// Removes what a hole excuses, and makes a warning of what it may excuse.
pub(super) fn excuse(errors: &mut Vec<SyntaxError>, tokens: &[Token], text: &str, holes: &[Span]) {
    let guess = (0..tokens.len()).find(|at| {
        let Some(token) = tokens.get(*at) else { return false };
        match token.kind {
            TokenKind::Hole => holds_pieces(tokens, *at),
            // A placeholder in a word stands for a part of a name.
            TokenKind::Word if token.has_hole && !holds_placeholder(*token, text) => {
                holds_pieces(tokens, *at) || joins_keyword(*token, text, holes)
            }
            _ => false,
        }
    });
    let guess = guess.and_then(|at| tokens.get(at)).map(|hole| hole.span.start);
    errors.retain_mut(|error| {
        if error.severity != Severity::Error {
            return true;
        }
        let beside = is_beside_hole(error, tokens);
        if beside && may_be_in_hole(error.kind) {
            return false;
        }
        let sure = is_sure(error.kind);
        if (beside && !sure)
            || guess.is_some_and(|hole| !sure || error.span.end > hole && !is_lexical(error.kind))
        {
            error.severity = Severity::Warning;
        }
        true
    });
}

/// Whether the token is a hole in a place where no single name, value or clause is expected.
fn holds_pieces(tokens: &[Token], at: usize) -> bool {
    use TokenKind::{
        Bang, CloseBrace, CloseParen, Comma, Comment, End, Equal, NotEqual, OpenBrace, OpenParen,
        OtherOperator, Slash, Stop, Word,
    };
    let kind_of =
        |token: Option<&Token>| token.map_or((End, Keyword::None), |token| (token.kind, token.word));
    let (before, before_word) = kind_of(at.checked_sub(1).and_then(|at| tokens.get(at)));
    let (after, after_word) = kind_of(tokens.get(at + 1));
    let ends_item = matches!(after, Comma | CloseBrace | CloseParen | End | Comment | Stop);
    let starts_clause = matches!(
        after_word,
        Keyword::To | Keyword::In | Keyword::Of | Keyword::Where | Keyword::With | Keyword::As
    );
    let expected = match (before, before_word) {
        (Equal | NotEqual | OtherOperator | OpenParen, _) => ends_item,
        (OpenBrace | Comma, _) => {
            ends_item || starts_clause || matches!(after, Equal | NotEqual | OtherOperator | Slash)
        }
        (Slash, _) => ends_item || starts_clause || after == OpenBrace,
        (Bang, _) => ends_item,
        (Word, Keyword::Where | Keyword::And | Keyword::Before | Keyword::After) => {
            ends_item || matches!(after, Equal | NotEqual)
        }
        (Word, Keyword::In) => ends_item || matches!(after_word, Keyword::Where | Keyword::With),
        (Word, Keyword::To) => {
            let (third, third_word) = kind_of(tokens.get(at + 2));
            match after_word {
                Keyword::In => third != OpenParen,
                _ => after == Word && third_word == Keyword::In,
            }
        }
        (
            Word,
            Keyword::Group
            | Keyword::DynamicGroup
            | Keyword::Service
            | Keyword::Resource
            | Keyword::Id
            | Keyword::Compartment
            | Keyword::Tenancy
            | Keyword::As,
        ) => ends_item || starts_clause || matches!(after, Slash | OpenBrace),
        (Word, word) if word.is_verb() => matches!(after_word, Keyword::In),
        _ => false,
    };
    !expected
}

fn holds_placeholder(token: Token, text: &str) -> bool {
    token.span.of(text).contains(['<', '['])
}

/// Whether a keyword stands right beside a hole (`in${scope}`, `${condition}to`), which then begins or ends with white
/// space if the word is to be a keyword, and with something else if it is a name.
fn joins_keyword(token: Token, text: &str, holes: &[Span]) -> bool {
    let first = holes.partition_point(|hole| hole.end <= token.span.start);
    let inside = holes.get(first..).unwrap_or(&[]).iter().take_while(|hole| hole.start < token.span.end);
    let mut at = token.span.start;
    for hole in inside {
        if Keyword::of(Span { start: at, end: hole.start.max(at) }.of(text)) != Keyword::None {
            return true;
        }
        at = hole.end;
    }
    at < token.span.end && Keyword::of(Span { start: at, end: token.span.end }.of(text)) != Keyword::None
}

/// Whether a hole beside it holds what is missing.
fn may_be_in_hole(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MissingClause
            | Kind::MissingKeyword
            | Kind::MissingComma
            | Kind::StrayComma
            | Kind::EmptyCondition
            | Kind::MalformedDefine
            | Kind::AssociateWithoutWith
    )
}

/// Whether it is wrong whatever stands in a hole beside it.
fn is_sure(kind: Kind) -> bool {
    is_lexical(kind)
        || matches!(
            kind,
            Kind::UnknownSubject
                | Kind::MisspeltKeyword
                | Kind::OcidWithoutId
                | Kind::SeveralStatements
                | Kind::FreeformTag
                | Kind::QuotaStatement
        )
}

/// Whether it lies in one word or value, so that its surroundings don't matter.
fn is_lexical(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MisspeltOcid
            | Kind::TypographicQuotes
            | Kind::TypographicHyphen
            | Kind::UnterminatedQuote
            | Kind::OperatorMisfit
            | Kind::MalformedTime
            | Kind::NestingTooDeep
    )
}

/// Whether a hole touches the error, but for white space.
fn is_beside_hole(error: &SyntaxError, tokens: &[Token]) -> bool {
    let span = error.span;
    let after = tokens.partition_point(|token| token.span.start < span.end.max(span.start + 1));
    let before = tokens.partition_point(|token| token.span.end <= span.start);
    let is_hole = |token: &Token| token.kind == TokenKind::Hole;
    let at = |index: Option<usize>| index.and_then(|index| tokens.get(index));
    at(before.checked_sub(1)).is_some_and(|token| token.ends_with_hole)
        || at(Some(after)).is_some_and(is_hole)
        || tokens.get(before..after).unwrap_or(&[]).iter().any(is_hole)
}
