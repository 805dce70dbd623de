//! Associations, `associate … in … with … in …`: a resource-type and a location at either end.

use super::super::ast::{ActionKind, End, Location, LocationKind, RuleKind, Verb};
use super::super::error::SyntaxErrorKind as Kind;
use super::super::keyword::Keyword;
use super::super::lex::TokenKind;
use super::Parser;
use super::rule::Clauses;
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn associate(&mut self, rule: RuleKind) -> ActionKind {
        let word = self.advance();
        if matches!(rule, RuleKind::Allow | RuleKind::Deny) {
            self.warn(Kind::AssociateInAllow, word.span, "`associate` goes with `endorse` and `admit`")
                .help("write an `endorse` here and an `admit` in the other tenancy");
        }
        let left = self.end_of_association(word.span);
        let right = match self.eat(Keyword::With) {
            Some(with) => Some(self.end_of_association(with.span)),
            None => {
                if !self.after_hole() {
                    self.error(
                        Kind::AssociateWithoutWith,
                        word.span,
                        "`associate` needs a `with …` for the other end",
                    )
                    .help("write `with <resource-type> in tenancy <alias>` after the first location");
                }
                None
            }
        };
        ActionKind::Associate { left, right }
    }

    fn end_of_association(&mut self, before: Span) -> End {
        let start = self.peek();
        let resource_type = if Self::is_name(start) && !self.stops_action() {
            self.advance();
            Some(Self::atom(start))
        } else {
            self.error_unless_after_hole(
                Kind::MissingClause,
                before,
                "the resource-type of this end is missing",
            )
            .help("write the resource-type, then `in` and its location");
            None
        };
        let location = if let Some(hole) = self.eat_kind(TokenKind::Hole) {
            // `in`, the location and the other end may stand in it.
            while !self.at_end() && !matches!(self.peek().word, Keyword::With | Keyword::Where) {
                self.advance();
            }
            Some(Location { span: hole.span, kind: LocationKind::Hole })
        } else if self.eat(Keyword::In).is_some() {
            Some(self.location(None))
        } else {
            self.error_unless_after_hole(
                Kind::MissingClause,
                self.here(),
                "the location of this end is missing",
            )
            .help("write `in` and the location of this end");
            None
        };
        End { span: self.since(Span::at(start.span.start())), resource_type, location }
    }

    /// A `with …` after an action that isn't an association.
    pub(super) fn stray_with(&mut self, clauses: &mut Clauses) {
        let with = self.advance();
        while !self.at_end()
            && !matches!(self.peek().word, Keyword::Where)
            && self.peek().kind != TokenKind::Comment
        {
            self.advance();
        }
        // `associate` may stand in a hole.
        let unknown = matches!(
            clauses.rule.action.as_ref().map(|action| &action.kind),
            Some(ActionKind::Hole | ActionKind::Verb { verb: Verb::Hole, .. })
        );
        if unknown || clauses.gap.is_some() {
            return;
        }
        let span = self.since(with.span);
        self.error(Kind::WithWithoutAssociate, span, "`with …` belongs to `associate`")
            .help("write `to associate <resource-type> in … with <resource-type> in …`, or leave it out");
    }
}
