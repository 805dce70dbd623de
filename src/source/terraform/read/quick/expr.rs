//! Expressions: operations, terms, lists, objects, `for`, traversals.

use crate::source::terraform::syntax::{Binary, Expr, ExprKind, For, Step, TemplatePart, Unary};

use super::super::convert::LONGEST_TRAVERSAL;
use super::super::literal;
use super::{Quick, is_name};

/// Binary operators on one path through an expression.
const MOST_OPERATORS: usize = 100;

impl<'t> Quick<'t> {
    pub(super) fn expr(&mut self, ignored: bool) -> Option<Expr> {
        let outer = std::mem::take(&mut self.operators);
        let expr = self.deeper(|quick| quick.whole_expr(ignored))?;
        let path = self.operators.0 + self.operators.1;
        self.operators = (outer.0, outer.1.max(path));
        (path <= MOST_OPERATORS).then_some(expr)
    }

    fn whole_expr(&mut self, ignored: bool) -> Option<Expr> {
        let start = self.at;
        let first = self.term(ignored)?;
        let first = self.operations(first, start, 0, ignored)?;
        let end = self.at;
        self.skip(ignored)?;
        if self.peek() != b'?' {
            self.at = end;
            return Some(first);
        }
        self.at += 1;
        self.skip(ignored)?;
        let yes = self.expr(ignored)?;
        self.skip(ignored)?;
        self.expect(b':')?;
        self.skip(ignored)?;
        let no = self.expr(ignored)?;
        Some(self.made(start, || ExprKind::Conditional(Box::new(first), Box::new(yes), Box::new(no))))
    }

    /// The operations that follow a term and bind at least as closely as `least`.
    fn operations(&mut self, first: Expr, start: usize, least: u8, ignored: bool) -> Option<Expr> {
        let mut left = first;
        loop {
            let end = self.at;
            self.skip(ignored)?;
            let Some((operator, binding, length)) = self.operator().filter(|found| found.1 >= least) else {
                self.at = end;
                return Some(left);
            };
            self.at += length;
            self.operators.0 += 1;
            self.skip(ignored)?;
            let from = self.at;
            let right = self.term(ignored)?;
            let right = self.operations(right, from, binding + 1, ignored)?;
            left = self.made(start, || ExprKind::Binary(Box::new(left), operator, Box::new(right)));
        }
    }

    /// The operator ahead, how closely it binds, and its length.
    fn operator(&self) -> Option<(Binary, u8, usize)> {
        Some(match (self.peek(), self.ahead(1)) {
            (b'|', b'|') => (Binary::Or, 1, 2),
            (b'&', b'&') => (Binary::And, 2, 2),
            (b'=', b'=') => (Binary::Equal, 3, 2),
            (b'!', b'=') => (Binary::NotEqual, 3, 2),
            (b'<', b'=') => (Binary::LessEqual, 4, 2),
            (b'>', b'=') => (Binary::GreaterEqual, 4, 2),
            (b'<', _) => (Binary::Less, 4, 1),
            (b'>', _) => (Binary::Greater, 4, 1),
            (b'+', _) => (Binary::Add, 5, 1),
            (b'-', _) => (Binary::Subtract, 5, 1),
            (b'*', _) => (Binary::Multiply, 6, 1),
            (b'/', b'/' | b'*') => return None,
            (b'/', _) => (Binary::Divide, 6, 1),
            (b'%', _) => (Binary::Modulo, 6, 1),
            _ => return None,
        })
    }

    fn term(&mut self, ignored: bool) -> Option<Expr> {
        let start = self.at;
        let kind = match self.peek() {
            b'"' => self.string()?,
            b'[' => self.deeper(Self::list)?,
            b'{' => self.deeper(Self::object)?,
            b'<' => self.heredoc()?,
            b'0'..=b'9' => ExprKind::Number(self.number()?),
            b'(' => {
                self.at += 1;
                self.skip(true)?;
                let inner = self.expr(true)?;
                self.skip(true)?;
                self.expect(b')')?;
                self.kind(|| ExprKind::Paren(Box::new(inner)))
            }
            operator @ (b'-' | b'!') => {
                self.at += 1;
                self.skip(false)?;
                if operator == b'-' && self.peek().is_ascii_digit() {
                    ExprKind::Number(-self.number()?)
                } else {
                    let operator = if operator == b'-' { Unary::Negate } else { Unary::Not };
                    let inner = self.deeper(|quick| quick.term(ignored))?;
                    self.kind(|| ExprKind::Unary(operator, Box::new(inner)))
                }
            }
            _ => self.named(ignored)?,
        };
        let term = Expr { place: self.place(start, self.at), kind };
        self.traversal(term, start, ignored)
    }

    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        let digits = |quick: &mut Self| {
            while quick.peek().is_ascii_digit() {
                quick.at += 1;
            }
        };
        digits(self);
        if self.peek() == b'.' && self.ahead(1).is_ascii_digit() {
            self.at += 1;
            digits(self);
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.peek().is_ascii_digit().then_some(())?;
            digits(self);
        }
        self.own(start, self.at).parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A word of the language, a root name or a call.
    fn named(&mut self, ignored: bool) -> Option<ExprKind> {
        let name = self.name()?;
        let end = self.at;
        self.skip(ignored)?;
        if self.starts_with(b"::") {
            return None;
        }
        if self.peek() == b'(' {
            return self.deeper(|quick| quick.call(name));
        }
        self.at = end;
        Some(match name {
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            name => self.kind(|| ExprKind::Name(name.to_owned())),
        })
    }

    fn call(&mut self, name: &str) -> Option<ExprKind> {
        self.expect(b'(')?;
        let (mut arguments, mut expand) = (Vec::new(), false);
        loop {
            self.skip(true)?;
            if self.peek() == b')' {
                break;
            }
            let argument = self.expr(true)?;
            self.keep(&mut arguments, argument);
            self.skip(true)?;
            match self.peek() {
                b',' => self.at += 1,
                b'.' if self.starts_with(b"...") => {
                    self.at += 3;
                    expand = true;
                    self.skip(true)?;
                    break;
                }
                _ => break,
            }
        }
        self.expect(b')')?;
        arguments.shrink_to_fit();
        Some(self.kind(|| ExprKind::Call { name: name.to_owned(), arguments, expand }))
    }

    /// Whether `for` stands ahead, as hcl-edit tells it from a name.
    fn begins_for(&mut self) -> Option<bool> {
        let start = self.at;
        self.skip(true)?;
        let begins = self.starts_with(b"for") && matches!(self.ahead(3), b' ' | b'\t' | b'#' | b'/' | b'\n');
        if !begins {
            self.at = start;
        }
        Some(begins)
    }

    fn list(&mut self) -> Option<ExprKind> {
        self.expect(b'[')?;
        if self.begins_for()? {
            return self.for_expr(b']');
        }
        let mut items = Vec::new();
        loop {
            self.skip(true)?;
            if self.peek() == b']' {
                break;
            }
            let item = self.expr(true)?;
            self.keep(&mut items, item);
            self.skip(true)?;
            if self.peek() != b',' {
                break;
            }
            self.at += 1;
        }
        self.expect(b']')?;
        items.shrink_to_fit();
        Some(ExprKind::List(items))
    }

    fn object(&mut self) -> Option<ExprKind> {
        self.expect(b'{')?;
        if self.begins_for()? {
            return self.for_expr(b'}');
        }
        let mut entries = Vec::new();
        loop {
            self.skip(true)?;
            if self.peek() == b'}' {
                break;
            }
            // Behind a call or a list hcl-edit looks for an operator on the next line.
            if matches!(self.peek(), b'-' | b'!' | b'<') {
                return None;
            }
            let mut key = self.expr(false)?;
            if let ExprKind::Name(name) = &key.kind {
                let text = literal::quoted(name, self.file, key.place.span.start());
                key.kind = ExprKind::Template(vec![TemplatePart::Literal(text)]);
            }
            self.skip(false)?;
            if !matches!(self.peek(), b'=' | b':') {
                return None;
            }
            self.at += 1;
            self.skip(false)?;
            let value = self.expr(false)?;
            self.keep(&mut entries, (key, value));
            self.skip(false)?;
            match self.peek() {
                b'}' => break,
                b',' => self.at += 1,
                _ => {
                    self.line_comment()?;
                    self.line_end()?;
                }
            }
        }
        self.expect(b'}')?;
        entries.shrink_to_fit();
        Some(ExprKind::Object(entries))
    }

    /// The rest of a `for` expression, from its first word on.
    fn for_expr(&mut self, close: u8) -> Option<ExprKind> {
        self.at += 3;
        self.skip(true)?;
        let mut value = self.name()?;
        let mut key = None;
        self.skip(true)?;
        if self.peek() == b',' {
            self.at += 1;
            self.skip(true)?;
            key = Some(std::mem::replace(&mut value, self.name()?));
            self.skip(true)?;
        }
        self.word(b"in")?;
        self.skip(true)?;
        let collection = self.expr(false)?;
        self.skip(true)?;
        self.expect(b':')?;
        self.skip(true)?;
        let is_object = close == b'}';
        let mut result = self.expr(!is_object)?;
        let (mut result_key, mut grouping) = (None, false);
        self.skip(true)?;
        if is_object {
            self.expect(b'=')?;
            self.expect(b'>')?;
            self.skip(true)?;
            result_key = Some(std::mem::replace(&mut result, self.expr(false)?));
            self.skip(true)?;
            if self.starts_with(b"...") {
                self.at += 3;
                grouping = true;
                self.skip(true)?;
            }
        }
        let mut condition = None;
        if self.peek() != close {
            self.word(b"if")?;
            self.skip(true)?;
            condition = Some(self.expr(true)?);
            self.skip(true)?;
        }
        self.expect(close)?;
        Some(self.kind(|| {
            let (key, value) = (key.map(str::to_owned), value.to_owned());
            ExprKind::For(Box::new(For { key, value, collection, result_key, result, grouping, condition }))
        }))
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        let is_word = self.starts_with(word) && {
            let next = self.ahead(word.len());
            next.is_ascii() && !is_name(next)
        };
        is_word.then(|| self.at += word.len())
    }

    /// The `.name`, `[index]` and splats that follow a term.
    fn traversal(&mut self, term: Expr, start: usize, ignored: bool) -> Option<Expr> {
        let mut current = term;
        // Where a splat stands, what it takes of each element goes to it.
        let mut splat: Option<bool> = None;
        for _ in 0..=LONGEST_TRAVERSAL {
            let end = self.at;
            self.skip(ignored)?;
            let step = match (self.peek(), self.ahead(1)) {
                (b'.', after) if after != b'.' => {
                    self.at += 1;
                    self.skip(true)?;
                    self.attribute_step()?
                }
                (b'[', _) => {
                    self.at += 1;
                    self.skip(true)?;
                    let step = self.index_step()?;
                    self.skip(true)?;
                    self.expect(b']')?;
                    step
                }
                _ => {
                    self.at = end;
                    if splat.is_some() {
                        current.place = self.place(start, end);
                    }
                    return Some(current);
                }
            };
            if !self.build {
                continue;
            }
            let place = self.place(start, self.at);
            let taken = match (&mut current.kind, splat) {
                (ExprKind::Splat { steps, .. }, Some(full)) => match step {
                    TraversalStep::Attr(name) => {
                        steps.push(Step::Attr(name.to_owned()));
                        continue;
                    }
                    TraversalStep::Index(index) if full => {
                        steps.push(Step::Index(index));
                        continue;
                    }
                    step => step,
                },
                (_, _) => step,
            };
            splat = None;
            let base = Box::new(current);
            let kind = match taken {
                TraversalStep::Attr(name) => ExprKind::Attr(base, name.to_owned()),
                TraversalStep::Index(index) => ExprKind::Index(base, Box::new(index)),
                TraversalStep::Legacy(index) => {
                    ExprKind::Index(base, Box::new(Expr { place, kind: ExprKind::Number(index) }))
                }
                TraversalStep::Splat(full) => {
                    splat = Some(full);
                    ExprKind::Splat { value: base, full, steps: Vec::new() }
                }
            };
            current = Expr { place, kind };
        }
        None
    }

    fn attribute_step(&mut self) -> Option<TraversalStep<'t>> {
        match self.peek() {
            b'*' => {
                self.at += 1;
                Some(TraversalStep::Splat(false))
            }
            b'0'..=b'9' => {
                let start = self.at;
                while self.peek().is_ascii_digit() {
                    self.at += 1;
                }
                // Leading zeros end a number for hcl-edit.
                let digits = self.own(start, self.at);
                let plain = digits.len() < 16 && (digits.len() == 1 || !digits.starts_with('0'));
                digits.parse().ok().filter(|_| plain).map(TraversalStep::Legacy)
            }
            _ => self.name().map(TraversalStep::Attr),
        }
    }

    fn index_step(&mut self) -> Option<TraversalStep<'t>> {
        if self.peek() == b'*' {
            self.at += 1;
            return Some(TraversalStep::Splat(true));
        }
        self.expr(true).map(TraversalStep::Index)
    }
}

/// One step of `a.b[c].*.d`.
enum TraversalStep<'t> {
    Attr(&'t str),
    Index(Expr),
    Legacy(f64),
    Splat(bool),
}
