//! Moves a template that was parsed from decoded text to the places of that text in its file.

use crate::source::terraform::syntax::{Expr, ExprKind, For, Step, TemplatePart};
use crate::text::{FileId, MappedText, Origin, Place, TextBuilder};

/// Places that count bytes of `text` become places of the file that `text` came from.
pub(super) struct Relocate<'t> {
    text: &'t MappedText,
    file: FileId,
}

impl<'t> Relocate<'t> {
    pub(super) fn new(text: &'t MappedText, file: FileId) -> Self {
        Self { text, file }
    }

    fn place(&self, place: Place) -> Place {
        self.text.locate(place.span, self.file).unwrap_or(place)
    }

    fn literal(&self, literal: &MappedText) -> MappedText {
        let mut built = TextBuilder::new();
        for segment in literal.segments() {
            match segment.origin {
                Origin::Verbatim => built.push_mapped(&self.text.slice(segment.source.span)),
                origin => {
                    let source = self.place(segment.source);
                    built.push(segment.text.of(literal.as_str()), source, origin, None);
                }
            }
        }
        built.finish()
    }

    pub(super) fn parts(&self, parts: Vec<TemplatePart>) -> Vec<TemplatePart> {
        parts.into_iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: TemplatePart) -> TemplatePart {
        match part {
            TemplatePart::Literal(literal) => TemplatePart::Literal(self.literal(&literal)),
            TemplatePart::Interpolation { value, place } => {
                TemplatePart::Interpolation { value: self.expr(value), place: self.place(place) }
            }
            TemplatePart::If { condition, yes, no, place } => TemplatePart::If {
                condition: self.expr(condition),
                yes: self.parts(yes),
                no: self.parts(no),
                place: self.place(place),
            },
            TemplatePart::For { key, value, collection, body, place } => TemplatePart::For {
                key,
                value,
                collection: self.expr(collection),
                body: self.parts(body),
                place: self.place(place),
            },
        }
    }

    fn expr(&self, expr: Expr) -> Expr {
        let boxed = |expr: Box<Expr>| Box::new(self.expr(*expr));
        let kind = match expr.kind {
            ExprKind::Template(parts) => ExprKind::Template(self.parts(parts)),
            ExprKind::List(items) => ExprKind::List(items.into_iter().map(|item| self.expr(item)).collect()),
            ExprKind::Object(entries) => ExprKind::Object(
                entries.into_iter().map(|(key, value)| (self.expr(key), self.expr(value))).collect(),
            ),
            ExprKind::Attr(base, name) => ExprKind::Attr(boxed(base), name),
            ExprKind::Index(base, index) => ExprKind::Index(boxed(base), boxed(index)),
            ExprKind::Splat { value, full, steps } => {
                let step = |step| match step {
                    Step::Index(index) => Step::Index(self.expr(index)),
                    name => name,
                };
                ExprKind::Splat { value: boxed(value), full, steps: steps.into_iter().map(step).collect() }
            }
            ExprKind::Call { name, arguments, expand } => ExprKind::Call {
                name,
                arguments: arguments.into_iter().map(|argument| self.expr(argument)).collect(),
                expand,
            },
            ExprKind::Conditional(condition, yes, no) => {
                ExprKind::Conditional(boxed(condition), boxed(yes), boxed(no))
            }
            ExprKind::Unary(operator, base) => ExprKind::Unary(operator, boxed(base)),
            ExprKind::Binary(left, operator, right) => ExprKind::Binary(boxed(left), operator, boxed(right)),
            ExprKind::For(over) => ExprKind::For(Box::new(For {
                collection: self.expr(over.collection),
                result_key: over.result_key.map(|key| self.expr(key)),
                result: self.expr(over.result),
                condition: over.condition.map(|condition| self.expr(condition)),
                ..*over
            })),
            ExprKind::Paren(inner) => ExprKind::Paren(boxed(inner)),
            plain @ (ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Name(_)
            | ExprKind::Error) => plain,
        };
        Expr { place: self.place(expr.place), kind }
    }
}
