//! Reads Terraform text as nearly everybody writes it, in one pass and straight to our tree. A tree of folders is
//! mostly such text, and a parser that keeps all space and comments costs ten times as much.
//!
//! Not a second opinion: it takes only what hcl-edit takes too, with the same tree and the same places, and gives
//! `None` for the whole text where it meets anything else, be it wrong or only rare (directives, names in other
//! alphabets, comments inside templates, a name set twice). Then hcl-edit reads the text and says what is wrong.

use std::sync::Arc;

use crate::source::terraform::syntax::{
    Attribute, Binary, Block, Body, Expr, ExprKind, For, Step, TemplatePart, Unary,
};
use crate::text::{FileId, MappedText, Place, Span};

use super::convert::{Control, Flat, LONGEST_TRAVERSAL, finish};
use super::literal;

/// How deep expressions and blocks are followed, together.
const DEEPEST: usize = 40;
/// Binary operators on one path through an expression.
const MOST_OPERATORS: usize = 100;

/// The tree of a text that begins at byte `base` of its file.
pub(super) fn body(file: FileId, text: &str, base: usize) -> Option<Body> {
    let mut quick = Quick {
        file,
        base,
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth: 0,
        operators: (0, 0),
        within_template: false,
    };
    let body = quick.body()?;
    (quick.at == text.len()).then_some(body)
}

struct Quick<'t> {
    file: FileId,
    base: usize,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    /// Binary operators of the expression that is read, and the most of one inside it.
    operators: (usize, usize),
    within_template: bool,
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl<'t> Quick<'t> {
    fn place(&self, start: usize, end: usize) -> Place {
        Place { file: self.file, span: Span::new(self.base + start, self.base + end) }
    }

    fn own(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The byte ahead; 0 at the end.
    fn peek(&self) -> u8 {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> u8 {
        self.bytes.get(self.at + by).copied().unwrap_or(0)
    }

    fn starts_with(&self, text: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek() == byte).then(|| self.at += 1)
    }

    /// Moves to the end of a line of comment, if one begins here.
    fn line_comment(&mut self) -> Option<()> {
        if self.peek() != b'#' && !self.starts_with(b"//") {
            return Some(());
        }
        let rest = self.bytes.get(self.at..)?;
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        self.at += end;
        (!self.within_template).then_some(())
    }

    /// Moves past space and comments; past line ends only where they are `ignored`.
    fn skip(&mut self, ignored: bool) -> Option<()> {
        loop {
            match self.peek() {
                b' ' | b'\t' => self.at += 1,
                b'\n' if ignored => self.at += 1,
                b'\r' if ignored && self.ahead(1) == b'\n' => self.at += 2,
                b'#' if ignored => self.line_comment()?,
                b'/' if ignored && self.ahead(1) == b'/' => self.line_comment()?,
                b'/' if self.ahead(1) == b'*' => {
                    let rest = self.bytes.get(self.at + 2..)?;
                    self.at += 2 + memchr::memmem::find(rest, b"*/")? + 2;
                    if self.within_template {
                        return None;
                    }
                }
                _ => return Some(()),
            }
        }
    }

    fn line_end(&mut self) -> Option<()> {
        match self.peek() {
            b'\n' => self.at += 1,
            b'\r' if self.ahead(1) == b'\n' => self.at += 2,
            _ => return None,
        }
        Some(())
    }

    fn name(&mut self) -> Option<&'t str> {
        let start = self.at;
        if !begins_name(self.peek()) {
            return None;
        }
        while is_name(self.peek()) {
            self.at += 1;
        }
        // Letters of other alphabets go on with a name.
        self.peek().is_ascii().then(|| self.own(start, self.at))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let read = if self.depth > DEEPEST { None } else { read(self) };
        self.depth -= 1;
        read
    }

    /// The attributes and blocks up to the text's end or a closing brace.
    fn body(&mut self) -> Option<Body> {
        let mut body = Body::default();
        loop {
            self.skip(true)?;
            if self.at == self.bytes.len() || self.peek() == b'}' {
                break;
            }
            self.structure(&mut body)?;
            self.skip(false)?;
            self.line_comment()?;
            if self.at < self.bytes.len() {
                self.line_end()?;
            }
        }
        let mut names: Vec<&str> = body.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        names.sort_unstable();
        let repeated = names.windows(2).any(|pair| pair.first() == pair.last());
        body.attributes.shrink_to_fit();
        body.blocks.shrink_to_fit();
        (!repeated).then_some(body)
    }

    fn structure(&mut self, body: &mut Body) -> Option<()> {
        let start = self.at;
        let name = self.name()?;
        self.skip(false)?;
        if self.peek() == b'=' {
            body.attributes.push(self.attribute(start, name)?);
            return Some(());
        }
        let mut labels = Vec::with_capacity(2);
        while self.peek() != b'{' {
            labels.push(self.label()?.to_owned());
            self.skip(false)?;
        }
        let inner = self.deeper(Self::block)?;
        let place = self.place(start, self.at);
        body.blocks.push(Arc::new(Block { kind: name.to_owned(), labels, place, body: inner }));
        Some(())
    }

    fn label(&mut self) -> Option<&'t str> {
        if self.peek() != b'"' {
            return self.name();
        }
        let rest = self.bytes.get(self.at + 1..)?;
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'%' | b'\n' | b'\r'))?;
        let start = self.at + 1;
        self.at = start + end;
        self.expect(b'"')?;
        Some(self.own(start, start + end))
    }

    fn block(&mut self) -> Option<Body> {
        self.expect(b'{')?;
        self.skip(false)?;
        self.line_comment()?;
        let body = if self.line_end().is_some() {
            self.body()?
        } else {
            let mut body = Body::default();
            if self.peek() != b'}' {
                let start = self.at;
                let name = self.name()?;
                self.skip(false)?;
                body.attributes.push(self.attribute(start, name)?);
                self.skip(false)?;
            }
            body
        };
        self.expect(b'}')?;
        Some(body)
    }

    fn attribute(&mut self, start: usize, name: &str) -> Option<Attribute> {
        self.expect(b'=')?;
        self.skip(false)?;
        let value = self.expr(false)?;
        Some(Attribute { name: name.to_owned(), place: self.place(start, self.at), value })
    }

    fn expr(&mut self, ignored: bool) -> Option<Expr> {
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
        let kind = ExprKind::Conditional(Box::new(first), Box::new(yes), Box::new(no));
        Some(Expr { place: self.place(start, self.at), kind })
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
            let kind = ExprKind::Binary(Box::new(left), operator, Box::new(right));
            left = Expr { place: self.place(start, self.at), kind };
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
                ExprKind::Paren(Box::new(inner))
            }
            operator @ (b'-' | b'!') => {
                self.at += 1;
                self.skip(false)?;
                if operator == b'-' && self.peek().is_ascii_digit() {
                    ExprKind::Number(-self.number()?)
                } else {
                    let operator = if operator == b'-' { Unary::Negate } else { Unary::Not };
                    ExprKind::Unary(operator, Box::new(self.deeper(|quick| quick.term(ignored))?))
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
            name => ExprKind::Name(name.to_owned()),
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
            arguments.push(self.expr(true)?);
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
        Some(ExprKind::Call { name: name.to_owned(), arguments, expand })
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
            items.push(self.expr(true)?);
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
            entries.push((key, self.expr(false)?));
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
        let mut value = self.name()?.to_owned();
        let mut key = None;
        self.skip(true)?;
        if self.peek() == b',' {
            self.at += 1;
            self.skip(true)?;
            key = Some(std::mem::replace(&mut value, self.name()?.to_owned()));
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
        Some(ExprKind::For(Box::new(For { key, value, collection, result_key, result, grouping, condition })))
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

    fn string(&mut self) -> Option<ExprKind> {
        self.expect(b'"')?;
        let mut flat = Vec::new();
        let mut plain = self.at;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => self.at += escape_length(self.own(self.at, self.bytes.len()))?,
                b'$' | b'%' if self.ahead(1) == b'{' => {
                    self.literal(plain, &mut flat);
                    self.interpolation(&mut flat)?;
                    plain = self.at;
                }
                b'$' | b'%' if self.ahead(1) == self.peek() && self.ahead(2) == b'{' => self.at += 3,
                b'\n' | b'\r' => return None,
                0 if self.at >= self.bytes.len() => return None,
                _ => self.at += 1,
            }
        }
        self.literal(plain, &mut flat);
        self.at += 1;
        Some(ExprKind::Template(finish(flat, false)))
    }

    fn literal(&self, start: usize, flat: &mut Vec<Flat>) {
        if start < self.at {
            flat.push(Flat::Text(self.text_of(start, literal::quoted)));
        }
    }

    fn text_of(&self, start: usize, decode: fn(&str, FileId, usize) -> MappedText) -> MappedText {
        decode(self.own(start, self.at), self.file, self.base + start)
    }

    fn interpolation(&mut self, flat: &mut Vec<Flat>) -> Option<()> {
        let start = self.at;
        if self.peek() != b'$' {
            return None;
        }
        let outer = std::mem::replace(&mut self.within_template, true);
        self.at += 2;
        let before = self.expect(b'~').is_some();
        self.skip(true)?;
        let value = self.expr(true)?;
        self.skip(true)?;
        let after = self.expect(b'~').is_some();
        self.expect(b'}')?;
        self.within_template = outer;
        let part = TemplatePart::Interpolation { value, place: self.place(start, self.at) };
        flat.push(Flat::Control { before, after, control: Control::Value(part) });
        Some(())
    }

    fn heredoc(&mut self) -> Option<ExprKind> {
        if !self.starts_with(b"<<") || self.within_template {
            return None;
        }
        self.at += 2;
        let indented = self.expect(b'-').is_some();
        let delimiter = self.name()?;
        self.line_end()?;
        let start = self.at;
        let mut flat = Vec::new();
        loop {
            let rest = self.bytes.get(self.at..)?;
            let end = self.at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = self.own(self.at, end);
            let content = line.trim_start();
            if let Some(after) = content.strip_prefix(delimiter) {
                // The word alone ends it; whatever else begins with it needs a closer look.
                let alone = after.trim_end_matches([' ', '\t', '\r']).is_empty() && !after.contains("\r\r");
                let plain =
                    line.get(..line.len() - content.len())?.bytes().all(|b| matches!(b, b' ' | b'\t'));
                if !alone || !plain || self.at == start {
                    return None;
                }
                self.at = end - after.len();
                return Some(ExprKind::Template(finish(flat, indented)));
            }
            // A heredoc that no line ends.
            if end >= self.bytes.len() {
                return None;
            }
            self.heredoc_line(end + 1, &mut flat)?;
        }
    }

    /// A line of a heredoc up to `end`, its line end included.
    fn heredoc_line(&mut self, end: usize, flat: &mut Vec<Flat>) -> Option<()> {
        let mut plain = self.at;
        while self.at < end {
            let rest = self.bytes.get(self.at..end)?;
            let Some(sign) = memchr::memchr2(b'$', b'%', rest) else {
                self.at = end;
                break;
            };
            self.at += sign;
            if self.ahead(1) == b'{' {
                if plain < self.at {
                    flat.push(Flat::Text(self.text_of(plain, literal::heredoc)));
                }
                self.interpolation(flat)?;
                plain = self.at;
                if self.at >= end {
                    return None;
                }
            } else if self.ahead(1) == self.peek() && self.ahead(2) == b'{' {
                self.at += 3;
            } else {
                self.at += 1;
            }
        }
        if plain < self.at {
            flat.push(Flat::Text(self.text_of(plain, literal::heredoc)));
        }
        Some(())
    }
}

/// One step of `a.b[c].*.d`.
enum TraversalStep<'t> {
    Attr(&'t str),
    Index(Expr),
    Legacy(f64),
    Splat(bool),
}

/// The length of the escape at the start of a text, if it is a known one.
fn escape_length(text: &str) -> Option<usize> {
    let code = |digits: usize| {
        let hex = text.get(2..2 + digits)?;
        let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| is_hex)?;
        char::from_u32(value).map(|_| 2 + digits)
    };
    match text.as_bytes().get(1)? {
        b'n' | b'r' | b't' | b'"' | b'\\' => Some(2),
        b'u' => code(4),
        b'U' => code(8),
        _ => None,
    }
}
