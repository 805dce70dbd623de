//! hcl-edit's tree to ours: absolute places, decoded literals, names taken from the file's own text.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{self, Structure};
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip};

use crate::source::terraform::syntax::{
    Attribute, Binary, Block, Body, Expr, ExprKind, For, Step, TemplatePart, Unary,
};
use crate::text::{FileId, MappedText, Place, Span};

use super::literal;

/// Steps of one `a.b[c].d`.
pub(super) const LONGEST_TRAVERSAL: usize = 200;

/// Converts what was parsed from `text`, a part of the file that begins at byte `base`.
pub(super) struct Converter<'t> {
    pub(super) file: FileId,
    /// The user's own text; the parsed copy may differ in bytes that a repair changed.
    pub(super) text: &'t str,
    pub(super) base: usize,
}

impl Converter<'_> {
    fn place(&self, span: Option<Range<usize>>) -> Place {
        Place { file: self.file, span: span.map_or(Span::default(), Span::from).shifted(self.base) }
    }

    fn own(&self, span: Option<Range<usize>>) -> &str {
        span.and_then(|span| self.text.get(span)).unwrap_or("")
    }

    pub(super) fn body(&self, body: &structure::Body) -> Body {
        let mut converted = Body::default();
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => converted.attributes.push(Attribute {
                    name: self.name(attribute.key.as_str(), attribute.key.span()),
                    place: self.attribute_place(attribute),
                    value: self.expr(&attribute.value),
                }),
                Structure::Block(block) => converted.blocks.push(Arc::new(Block {
                    kind: block.ident.as_str().to_owned(),
                    labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
                    place: self.place(block.span()),
                    body: self.body(&block.body).into(),
                })),
            }
        }
        converted
    }

    /// One-line blocks leave their attribute without a span of its own.
    fn attribute_place(&self, attribute: &structure::Attribute) -> Place {
        let whole = attribute.span().or_else(|| {
            let (key, value) = (attribute.key.span()?, attribute.value.span()?);
            Some(key.start..value.end)
        });
        self.place(whole)
    }

    /// A name as the user wrote it; a repair may have changed the parsed one.
    fn name(&self, parsed: &str, span: Option<Range<usize>>) -> String {
        let own = self.own(span).trim();
        if own.is_empty() { parsed.to_owned() } else { own.to_owned() }
    }

    fn string(&self, span: Option<Range<usize>>) -> MappedText {
        let Some(span) = span else { return MappedText::default() };
        let raw = self.own(Some(span.clone()));
        let lead = raw.len() - raw.trim_start().len();
        let raw = raw.trim();
        if raw == "<<" {
            // A heredoc without a line stands as `""` in the repaired copy.
            return MappedText::default();
        }
        let (inner, open) = match raw.strip_prefix('"') {
            Some(inner) => (inner.strip_suffix('"').unwrap_or(inner), 1),
            None => (raw, 0),
        };
        literal::quoted(inner, self.file, self.base + span.start + lead + open)
    }

    fn text_expr(&self, span: Option<Range<usize>>) -> Expr {
        let text = self.string(span.clone());
        let parts = if text.as_str().is_empty() { Vec::new() } else { vec![TemplatePart::Literal(text)] };
        Expr { place: self.place(span), kind: ExprKind::Template(parts) }
    }

    pub(super) fn expr(&self, expression: &Expression) -> Expr {
        let boxed = |expression: &Expression| Box::new(self.expr(expression));
        let kind = match expression {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(value) => ExprKind::Bool(*value.value()),
            Expression::Number(number) => ExprKind::Number(number.value().as_f64().unwrap_or(f64::NAN)),
            Expression::String(_) => return self.text_expr(expression.span()),
            Expression::Array(items) => ExprKind::List(items.iter().map(|item| self.expr(item)).collect()),
            Expression::Object(object) => ExprKind::Object(
                object.iter().map(|(key, value)| (self.key(key), self.expr(value.expr()))).collect(),
            ),
            Expression::StringTemplate(template) => {
                let mut flat = Vec::new();
                self.flatten(template.iter(), false, &mut flat);
                ExprKind::Template(finish(flat, false))
            }
            Expression::HeredocTemplate(heredoc) => {
                ExprKind::Template(self.heredoc(heredoc, expression.span()))
            }
            Expression::Parenthesis(inner) => ExprKind::Paren(boxed(inner.inner())),
            Expression::Variable(name) => ExprKind::Name(self.name(name.as_str(), expression.span())),
            Expression::Conditional(c) => {
                ExprKind::Conditional(boxed(&c.cond_expr), boxed(&c.true_expr), boxed(&c.false_expr))
            }
            Expression::FuncCall(call) => {
                let spaces = call.name.namespace.iter().map(|part| format!("{}::", part.as_str()));
                ExprKind::Call {
                    name: spaces.chain([call.name.name.as_str().to_owned()]).collect(),
                    arguments: call.args.iter().map(|argument| self.expr(argument)).collect(),
                    expand: call.args.expand_final(),
                }
            }
            Expression::UnaryOp(operation) => {
                let operator = match operation.operator.value() {
                    UnaryOperator::Neg => Unary::Negate,
                    UnaryOperator::Not => Unary::Not,
                };
                ExprKind::Unary(operator, boxed(&operation.expr))
            }
            Expression::BinaryOp(operation) => ExprKind::Binary(
                boxed(&operation.lhs_expr),
                binary(*operation.operator.value()),
                boxed(&operation.rhs_expr),
            ),
            Expression::ForExpr(f) => ExprKind::For(Box::new(For {
                key: f.intro.key_var.as_ref().map(|key| key.as_str().to_owned()),
                value: f.intro.value_var.as_str().to_owned(),
                collection: self.expr(&f.intro.collection_expr),
                result_key: f.key_expr.as_ref().map(|key| self.expr(key)),
                result: self.expr(&f.value_expr),
                grouping: f.grouping,
                condition: f.cond.as_ref().map(|condition| self.expr(&condition.expr)),
            })),
            Expression::Traversal(traversal) => return self.traversal(traversal, expression.span()),
        };
        Expr { place: self.place(expression.span()), kind }
    }

    fn key(&self, key: &ObjectKey) -> Expr {
        match key {
            ObjectKey::Ident(name) => self.text_expr(name.span()),
            ObjectKey::Expression(expression) => self.expr(expression),
        }
    }

    fn traversal(&self, traversal: &Traversal, span: Option<Range<usize>>) -> Expr {
        let whole = self.place(span);
        if traversal.operators.len() > LONGEST_TRAVERSAL {
            // The tree nests once for each step, and what walks it goes as deep.
            return Expr { place: whole, kind: ExprKind::Error };
        }
        let mut current = self.expr(&traversal.expr);
        let start = current.place.span;
        let mut operators = traversal.operators.iter().peekable();
        while let Some(operator) = operators.next() {
            let end = operator.span().map_or(whole.span, |span| self.place(Some(span)).span);
            let place = Place { file: self.file, span: start.to(end) };
            let kind = match operator.value() {
                TraversalOperator::GetAttr(name) => {
                    ExprKind::Attr(Box::new(current), name.as_str().to_owned())
                }
                TraversalOperator::Index(index) => {
                    ExprKind::Index(Box::new(current), Box::new(self.expr(index)))
                }
                TraversalOperator::LegacyIndex(index) => {
                    let index = Expr { place, kind: ExprKind::Number(*index.value() as f64) };
                    ExprKind::Index(Box::new(current), Box::new(index))
                }
                splat @ (TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_)) => {
                    let full = matches!(splat, TraversalOperator::FullSplat(_));
                    let mut steps = Vec::new();
                    while let Some(next) = operators.peek() {
                        match next.value() {
                            TraversalOperator::GetAttr(name) => {
                                steps.push(Step::Attr(name.as_str().to_owned()))
                            }
                            TraversalOperator::Index(index) if full => {
                                steps.push(Step::Index(self.expr(index)))
                            }
                            _ => break,
                        }
                        operators.next();
                    }
                    ExprKind::Splat { value: Box::new(current), full, steps }
                }
            };
            current = Expr { place, kind };
        }
        current.place = whole;
        current
    }

    /// The parts of a text that is a template as a whole, as `templatefile` reads one.
    pub(super) fn template(&self, template: &hcl_edit::template::Template) -> Vec<TemplatePart> {
        let mut flat = Vec::new();
        self.flatten(template.iter(), true, &mut flat);
        finish(flat, false)
    }

    fn heredoc(&self, heredoc: &HeredocTemplate, span: Option<Range<usize>>) -> Vec<TemplatePart> {
        let mut flat = Vec::new();
        self.flatten(heredoc.template.iter(), true, &mut flat);
        finish(flat, self.own(span).trim_start().starts_with("<<-"))
    }

    /// The parts of a template in one row, as Terraform looks at them when it strips and undents.
    fn flatten<'e>(&self, elements: impl Iterator<Item = &'e Element>, heredoc: bool, flat: &mut Vec<Flat>) {
        for element in elements {
            match element {
                Element::Literal(text) => {
                    let Some(span) = text.span() else { continue };
                    let (raw, start) = (self.own(Some(span.clone())), self.base + span.start);
                    if !heredoc {
                        flat.push(Flat::Text(literal::quoted(raw, self.file, start)));
                        continue;
                    }
                    let mut at = 0;
                    for line in raw.split_inclusive('\n') {
                        flat.push(Flat::Text(literal::heredoc(line, self.file, start + at)));
                        at += line.len();
                    }
                }
                Element::Interpolation(interpolation) => {
                    let part = TemplatePart::Interpolation {
                        value: self.expr(&interpolation.expr),
                        place: self.place(element.span()),
                    };
                    flat.push(Flat::control(interpolation.strip, Control::Value(part)));
                }
                Element::Directive(directive) => self.directive(directive, element.span(), heredoc, flat),
            }
        }
    }

    fn directive(
        &self,
        directive: &Directive,
        span: Option<Range<usize>>,
        heredoc: bool,
        flat: &mut Vec<Flat>,
    ) {
        let place = self.place(span);
        match directive {
            Directive::If(directive) => {
                let condition = self.expr(&directive.if_expr.cond_expr);
                flat.push(Flat::control(directive.if_expr.strip, Control::If(condition, place)));
                self.flatten(directive.if_expr.template.iter(), heredoc, flat);
                if let Some(otherwise) = &directive.else_expr {
                    flat.push(Flat::control(otherwise.strip, Control::Else));
                    self.flatten(otherwise.template.iter(), heredoc, flat);
                }
                flat.push(Flat::control(directive.endif_expr.strip, Control::End));
            }
            Directive::For(directive) => {
                let head = Control::For {
                    key: directive.for_expr.key_var.as_ref().map(|key| key.as_str().to_owned()),
                    value: directive.for_expr.value_var.as_str().to_owned(),
                    collection: self.expr(&directive.for_expr.collection_expr),
                    place,
                };
                flat.push(Flat::control(directive.for_expr.strip, head));
                self.flatten(directive.for_expr.template.iter(), heredoc, flat);
                flat.push(Flat::control(directive.endfor_expr.strip, Control::End));
            }
        }
    }
}

/// A part of a template before it is a tree again.
pub(super) enum Flat {
    /// Literal text; in a heredoc at most one line.
    Text(MappedText),
    /// A sequence, and whether it strips space before and after itself.
    Control { before: bool, after: bool, control: Control },
}

pub(super) enum Control {
    Value(TemplatePart),
    If(Expr, Place),
    Else,
    For { key: Option<String>, value: String, collection: Expr, place: Place },
    End,
}

impl Flat {
    fn control(strip: Strip, control: Control) -> Flat {
        Flat::Control { before: strip.strip_start(), after: strip.strip_end(), control }
    }
}

/// Strips, undents and makes a tree of the parts.
pub(super) fn finish(mut flat: Vec<Flat>, undent: bool) -> Vec<TemplatePart> {
    if let [Flat::Text(text)] = flat.as_mut_slice()
        && !undent
    {
        // Nearly every string is that.
        let text = std::mem::take(text);
        return if text.as_str().is_empty() { Vec::new() } else { vec![TemplatePart::Literal(text)] };
    }
    strip(&mut flat);
    if undent {
        undent_lines(&mut flat);
    }
    let mut parts = flat.into_iter();
    tree(&mut parts).0
}

fn strip(flat: &mut [Flat]) {
    for index in 0..flat.len() {
        let Some(Flat::Control { before, after, .. }) = flat.get(index) else { continue };
        let (before, after) = (*before, *after);
        if before && let Some(Flat::Text(text)) = index.checked_sub(1).and_then(|at| flat.get_mut(at)) {
            *text = text.slice(Span::new(0, text.as_str().trim_end().len()));
        }
        if after && let Some(Flat::Text(text)) = flat.get_mut(index + 1) {
            let whole = text.as_str().len();
            *text = text.slice(Span::new(whole - text.as_str().trim_start().len(), whole));
        }
    }
}

/// Takes the least indentation of all lines from each, as `<<-` does. Blank lines do not count, and a line
/// that begins with a sequence has none.
fn undent_lines(flat: &mut [Flat]) {
    let mut least = usize::MAX;
    let mut line_start = true;
    let mut adjust = Vec::new();
    for (index, part) in flat.iter().enumerate() {
        let text = match part {
            Flat::Text(text) => Some(text.as_str()),
            Flat::Control { .. } => None,
        };
        if std::mem::take(&mut line_start) {
            let indent = match text {
                Some(text) if text.trim_start().is_empty() && text.ends_with('\n') => usize::MAX,
                Some(text) => {
                    adjust.push(index);
                    text.chars().take_while(|c| c.is_whitespace()).count()
                }
                None => 0,
            };
            least = least.min(indent);
        }
        line_start = text.is_some_and(|text| text.ends_with('\n'));
    }
    for index in adjust {
        if let Some(Flat::Text(text)) = flat.get_mut(index) {
            let cut: usize =
                text.as_str().chars().take(least).take_while(|c| c.is_whitespace()).map(char::len_utf8).sum();
            *text = text.slice(Span::new(cut, text.as_str().len()));
        }
    }
}

/// What ended a run of parts.
#[derive(PartialEq)]
enum Ended {
    Else,
    End,
}

fn tree(parts: &mut impl Iterator<Item = Flat>) -> (Vec<TemplatePart>, Ended) {
    let mut found: Vec<TemplatePart> = Vec::new();
    while let Some(part) = parts.next() {
        match part {
            Flat::Text(text) if text.as_str().is_empty() => {}
            Flat::Text(text) => match found.pop() {
                Some(TemplatePart::Literal(before)) => {
                    found.push(TemplatePart::Literal(before.concat(&text)))
                }
                last => {
                    found.extend(last);
                    found.push(TemplatePart::Literal(text));
                }
            },
            Flat::Control { control: Control::Value(part), .. } => found.push(part),
            Flat::Control { control: Control::If(condition, place), .. } => {
                let (yes, ended) = tree(parts);
                let no = if ended == Ended::Else { tree(parts).0 } else { Vec::new() };
                found.push(TemplatePart::If { condition, yes, no, place });
            }
            Flat::Control { control: Control::For { key, value, collection, place }, .. } => {
                let body = tree(parts).0;
                found.push(TemplatePart::For { key, value, collection, body, place });
            }
            Flat::Control { control: Control::Else, .. } => return (found, Ended::Else),
            Flat::Control { control: Control::End, .. } => return (found, Ended::End),
        }
    }
    found.shrink_to_fit();
    (found, Ended::End)
}

fn binary(operator: BinaryOperator) -> Binary {
    match operator {
        BinaryOperator::Eq => Binary::Equal,
        BinaryOperator::NotEq => Binary::NotEqual,
        BinaryOperator::LessEq => Binary::LessEqual,
        BinaryOperator::GreaterEq => Binary::GreaterEqual,
        BinaryOperator::Less => Binary::Less,
        BinaryOperator::Greater => Binary::Greater,
        BinaryOperator::Plus => Binary::Add,
        BinaryOperator::Minus => Binary::Subtract,
        BinaryOperator::Mul => Binary::Multiply,
        BinaryOperator::Div => Binary::Divide,
        BinaryOperator::Mod => Binary::Modulo,
        BinaryOperator::And => Binary::And,
        BinaryOperator::Or => Binary::Or,
    }
}
