//! Native syntax to the tree, for tests of the evaluator only.
use hcl_edit::Span as _;
use hcl_edit::expr::*;
use hcl_edit::structure as s;
use hcl_edit::template::*;
use ociam::source::terraform::syntax as t;
use ociam::text::{FileId, MappedText, Origin, Place, Span, TextBuilder};
use std::ops::Range;

pub fn read(text: &str, file: FileId) -> Result<t::Body, String> {
    let body: s::Body = text.parse().map_err(|e| format!("{e}"))?;
    Ok(Shim { file, text }.body(&body))
}

struct Shim<'t> {
    file: FileId,
    text: &'t str,
}

impl Shim<'_> {
    fn at(&self, span: Option<Range<usize>>) -> Place {
        Place { file: self.file, span: span.map_or(Span::default(), Span::from) }
    }
    fn body(&self, body: &s::Body) -> t::Body {
        let mut out = t::Body::default();
        for structure in body.iter() {
            match structure {
                s::Structure::Attribute(a) => out.attributes.push(t::Attribute {
                    name: a.key.to_string().trim().into(),
                    place: self.at(a.span()),
                    value: self.expr(&a.value),
                }),
                s::Structure::Block(b) => out.blocks.push(t::Block {
                    kind: b.ident.as_str().into(),
                    labels: b.labels.iter().map(|l| l.as_str().to_owned()).collect(),
                    place: self.at(b.span()),
                    body: self.body(&b.body),
                }),
            }
        }
        out
    }
    fn literal(&self, text: &str, span: Option<Range<usize>>) -> MappedText {
        let span = span.unwrap_or(0..0);
        let raw = self.text.get(span.clone()).unwrap_or("");
        let (raw, start) = match raw.strip_prefix('"').and_then(|r| r.strip_suffix('"')) {
            Some(inner) if raw.len() > 1 && inner.len() <= raw.len() => (inner, span.start + 1),
            _ => (raw, span.start),
        };
        if raw == text {
            return MappedText::verbatim(text, self.file, start);
        }
        let mut b = TextBuilder::new();
        b.push(text, self.at(Some(start..start + raw.len())), Origin::Escaped, None);
        b.finish()
    }
    fn template<'a>(&self, elements: impl Iterator<Item = &'a Element>) -> Vec<t::TemplatePart> {
        elements
            .map(|e| match e {
                Element::Literal(l) => {
                    let raw = l.span().and_then(|s| self.text.get(s)).unwrap_or("");
                    let m = if raw == l.as_str() {
                        MappedText::verbatim(l.as_str(), self.file, l.span().unwrap().start)
                    } else {
                        self.literal(l.as_str(), l.span())
                    };
                    t::TemplatePart::Literal(m)
                }
                Element::Interpolation(i) => {
                    t::TemplatePart::Interpolation { value: self.expr(&i.expr), place: self.at(i.span()) }
                }
                Element::Directive(d) => match &**d {
                    Directive::If(i) => t::TemplatePart::If {
                        condition: self.expr(&i.if_expr.cond_expr),
                        yes: self.template(i.if_expr.template.iter()),
                        no: i.else_expr.as_ref().map_or(vec![], |e| self.template(e.template.iter())),
                        place: self.at(d.span()),
                    },
                    Directive::For(f) => t::TemplatePart::For {
                        key: f.for_expr.key_var.as_ref().map(|k| k.as_str().to_owned()),
                        value: f.for_expr.value_var.as_str().to_owned(),
                        collection: self.expr(&f.for_expr.collection_expr),
                        body: self.template(f.for_expr.template.iter()),
                        place: self.at(d.span()),
                    },
                },
            })
            .collect()
    }
    fn expr(&self, e: &Expression) -> t::Expr {
        let place = self.at(e.span());
        let b = |e: &Expression| Box::new(self.expr(e));
        use t::ExprKind as K;
        let kind = match e {
            Expression::Null(_) => K::Null,
            Expression::Bool(v) => K::Bool(*v.value()),
            Expression::Number(n) => K::Number(n.value().as_f64().unwrap()),
            Expression::String(s) if s.is_empty() => K::Template(vec![]),
            Expression::String(s) => {
                K::Template(vec![t::TemplatePart::Literal(self.literal(s.as_str(), s.span()))])
            }
            Expression::Array(a) => K::List(a.iter().map(|e| self.expr(e)).collect()),
            Expression::Object(o) => K::Object(
                o.iter()
                    .map(|(k, v)| {
                        (
                            match k {
                                ObjectKey::Ident(i) => t::Expr {
                                    place: self.at(i.span()),
                                    kind: K::Template(vec![t::TemplatePart::Literal(
                                        self.literal(i.as_str(), i.span()),
                                    )]),
                                },
                                ObjectKey::Expression(e) => self.expr(e),
                            },
                            self.expr(v.expr()),
                        )
                    })
                    .collect(),
            ),
            Expression::StringTemplate(s) => K::Template(self.template(s.iter())),
            Expression::HeredocTemplate(h) => K::Template(self.template(h.template.iter())),
            Expression::Parenthesis(p) => K::Paren(b(p.inner())),
            Expression::Variable(v) => K::Name(v.as_str().into()),
            Expression::Conditional(c) => K::Conditional(b(&c.cond_expr), b(&c.true_expr), b(&c.false_expr)),
            Expression::FuncCall(f) => K::Call {
                name: f.name.name.as_str().into(),
                arguments: f.args.iter().map(|e| self.expr(e)).collect(),
                expand: f.args.expand_final(),
            },
            Expression::UnaryOp(u) => K::Unary(
                match u.operator.value() {
                    UnaryOperator::Neg => t::Unary::Negate,
                    UnaryOperator::Not => t::Unary::Not,
                },
                b(&u.expr),
            ),
            Expression::BinaryOp(o) => K::Binary(
                b(&o.lhs_expr),
                match o.operator.value() {
                    BinaryOperator::Eq => t::Binary::Equal,
                    BinaryOperator::NotEq => t::Binary::NotEqual,
                    BinaryOperator::LessEq => t::Binary::LessEqual,
                    BinaryOperator::GreaterEq => t::Binary::GreaterEqual,
                    BinaryOperator::Less => t::Binary::Less,
                    BinaryOperator::Greater => t::Binary::Greater,
                    BinaryOperator::Plus => t::Binary::Add,
                    BinaryOperator::Minus => t::Binary::Subtract,
                    BinaryOperator::Mul => t::Binary::Multiply,
                    BinaryOperator::Div => t::Binary::Divide,
                    BinaryOperator::Mod => t::Binary::Modulo,
                    BinaryOperator::And => t::Binary::And,
                    BinaryOperator::Or => t::Binary::Or,
                },
                b(&o.rhs_expr),
            ),
            Expression::ForExpr(f) => K::For(Box::new(t::For {
                key: f.intro.key_var.as_ref().map(|k| k.as_str().to_owned()),
                value: f.intro.value_var.as_str().into(),
                collection: self.expr(&f.intro.collection_expr),
                result_key: f.key_expr.as_ref().map(|e| self.expr(e)),
                result: self.expr(&f.value_expr),
                grouping: f.grouping,
                condition: f.cond.as_ref().map(|c| self.expr(&c.expr)),
            })),
            Expression::Traversal(tr) => return self.traversal(tr, place),
        };
        t::Expr { place, kind }
    }
    fn traversal(&self, tr: &Traversal, place: Place) -> t::Expr {
        use t::ExprKind as K;
        let mut current = self.expr(&tr.expr);
        let start = current.place.span;
        let mut ops = tr.operators.iter().peekable();
        while let Some(op) = ops.next() {
            let here = |end: Option<Range<usize>>| Place {
                file: self.file,
                span: start.to(end.map_or(place.span, Span::from)),
            };
            let p = here(op.span());
            let kind = match op.value() {
                TraversalOperator::GetAttr(i) => K::Attr(Box::new(current), i.as_str().into()),
                TraversalOperator::Index(e) => K::Index(Box::new(current), Box::new(self.expr(e))),
                TraversalOperator::LegacyIndex(n) => K::Index(
                    Box::new(current),
                    Box::new(t::Expr { place: p, kind: K::Number(*n.value() as f64) }),
                ),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    let full = matches!(op.value(), TraversalOperator::FullSplat(_));
                    let mut steps = vec![];
                    while let Some(next) = ops.peek() {
                        match next.value() {
                            TraversalOperator::GetAttr(i) => steps.push(t::Step::Attr(i.as_str().into())),
                            TraversalOperator::Index(e) if full => steps.push(t::Step::Index(self.expr(e))),
                            _ => break,
                        }
                        ops.next();
                    }
                    K::Splat { value: Box::new(current), full, steps }
                }
            };
            current = t::Expr { place: p, kind };
        }
        current.place = place;
        current
    }
}
