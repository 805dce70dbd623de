//! Reads Terraform text as nearly everybody writes it, in one pass and straight to our tree. A tree of folders is
//! mostly such text, and a parser that keeps all space and comments costs ten times as much.
//!
//! Not a second opinion: it takes only what hcl-edit takes too, with the same tree and the same places, and gives
//! `None` for the whole text where it meets anything else, be it wrong or only rare (directives, names in other
//! alphabets, comments inside templates, a name set twice). Then hcl-edit reads the text and says what is wrong.

mod expr;
mod template;

use std::sync::Arc;

use smallvec::SmallVec;

use crate::source::terraform::content::Content;
use crate::source::terraform::eval::is_of_interest;
use crate::source::terraform::syntax::{Attribute, Block, Body, Expr, ExprKind};
use crate::text::{FileId, Place, Span};

/// How deep expressions and blocks are followed, together.
const DEEPEST: usize = 40;

/// The tree of a text from byte `start` on. Most of its blocks are gone through only, and read when something asks for
/// what is in them. Where only an `outline` is wanted they are not even gone through if their layout tells the end.
pub(super) fn body(file: FileId, text: &Arc<str>, start: usize, outline: bool) -> Option<Body> {
    let mut quick = Quick { outline, ..Quick::new(file, text, start) };
    let body = quick.body()?;
    (quick.at == text.len()).then_some(body)
}

/// What is in a block whose brace opens at byte `start`.
pub(super) fn block(file: FileId, text: &Arc<str>, start: usize) -> Option<Body> {
    let mut quick = Quick::new(file, text, start);
    quick.deeper(Quick::block)
}

struct Quick<'t> {
    file: FileId,
    text: &'t Arc<str>,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    /// Binary operators of the expression that is read, and the most of one inside it.
    operators: (usize, usize),
    within_template: bool,
    /// Whether a tree is made of what is read. Whether a text is taken does not depend on it.
    build: bool,
    outline: bool,
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl<'t> Quick<'t> {
    fn new(file: FileId, text: &'t Arc<str>, at: usize) -> Self {
        let (bytes, operators) = (text.as_bytes(), (0, 0));
        Self {
            file,
            text,
            bytes,
            at,
            depth: 0,
            operators,
            within_template: false,
            build: true,
            outline: false,
        }
    }

    fn place(&self, start: usize, end: usize) -> Place {
        Place { file: self.file, span: Span::new(start, end) }
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

    /// The expression from `start` up to here.
    fn made(&self, start: usize, kind: impl FnOnce() -> ExprKind) -> Expr {
        Expr { place: self.place(start, self.at), kind: self.kind(kind) }
    }

    /// A kind of expression that takes memory, where a tree is made.
    fn kind(&self, kind: impl FnOnce() -> ExprKind) -> ExprKind {
        if self.build { kind() } else { ExprKind::Null }
    }

    /// Adds to a list, where a tree is made.
    fn keep<T>(&self, list: &mut Vec<T>, item: T) {
        if self.build {
            list.push(item);
        }
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
        let mut names: SmallVec<[&str; 16]> = SmallVec::new();
        loop {
            self.skip(true)?;
            if self.at == self.bytes.len() || self.peek() == b'}' {
                break;
            }
            names.extend(self.structure(&mut body)?);
            self.skip(false)?;
            self.line_comment()?;
            if self.at < self.bytes.len() {
                self.line_end()?;
            }
        }
        names.sort_unstable();
        let repeated = names.windows(2).any(|pair| pair.first() == pair.last());
        body.attributes.shrink_to_fit();
        body.blocks.shrink_to_fit();
        (!repeated).then_some(body)
    }

    /// Reads an attribute, whose name it gives, or a block.
    fn structure(&mut self, body: &mut Body) -> Option<Option<&'t str>> {
        let start = self.at;
        let name = self.name()?;
        self.skip(false)?;
        if self.peek() == b'=' {
            self.attribute(start, name, body)?;
            return Some(Some(name));
        }
        let mut labels: SmallVec<[&str; 2]> = SmallVec::new();
        while self.peek() != b'{' {
            labels.push(self.label()?);
            self.skip(false)?;
        }
        let open = self.at;
        let later = self.build && self.depth == 0 && (self.outline || !is_always_asked_for(name, &labels));
        let passed = later && self.outline && self.pass(start, open);
        self.build &= !later;
        let inner = if passed { Body::default() } else { self.deeper(Self::block)? };
        self.build |= later;
        if self.build {
            let place = self.place(start, self.at);
            let content =
                if later { Content::later(self.file, self.text, place.span, open) } else { inner.into() };
            let labels = labels.into_iter().map(str::to_owned).collect();
            body.blocks.push(Arc::new(Block { kind: name.to_owned(), labels, place, body: content }));
        }
        Some(None)
    }

    /// Moves past a block that begins at the start of a line, if the next brace at the start of a line closes it. So
    /// it does in text laid out as usual; where it doesn't, braces are left over.
    fn pass(&mut self, start: usize, open: usize) -> bool {
        let begins_line = start == 0 || self.bytes.get(start - 1) == Some(&b'\n');
        let rest = self.bytes.get(open..).unwrap_or(&[]);
        let first = rest.iter().skip(1).find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        let opens_lines = begins_line && first == Some(&b'\n');
        let Some(end) = memchr::memmem::find(rest, b"\n}").filter(|_| opens_lines) else { return false };
        let inner = rest.get(..end).unwrap_or(&[]);
        let odd = |mark: &[u8]| memchr::memmem::find(inner, mark).is_some();
        let mut depth = 0_usize;
        let mut braces = memchr::memchr2_iter(b'{', b'}', inner);
        let stays_open = braces.all(|at| {
            depth = if inner.get(at) == Some(&b'{') { depth + 1 } else { depth.saturating_sub(1) };
            depth > 0
        });
        if !stays_open || depth != 1 || odd(b"<<") || odd(b"/*") {
            return false;
        }
        self.at = open + end + b"\n}".len();
        true
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
                self.attribute(start, name, &mut body)?;
                self.skip(false)?;
            }
            body
        };
        self.expect(b'}')?;
        Some(body)
    }

    fn attribute(&mut self, start: usize, name: &str, body: &mut Body) -> Option<()> {
        self.expect(b'=')?;
        self.skip(false)?;
        let value = self.expr(false)?;
        if self.build {
            let place = self.place(start, self.at);
            body.attributes.push(Attribute { name: name.to_owned(), place, value });
        }
        Some(())
    }
}

/// Whether something asks for what is in such a block, whatever else a configuration holds.
fn is_always_asked_for(kind: &str, labels: &[&str]) -> bool {
    match kind {
        "locals" | "module" => true,
        "resource" => labels.first().is_some_and(|kind| is_of_interest(kind)),
        _ => false,
    }
}
