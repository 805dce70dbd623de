//! Strings and heredocs with their interpolations.

use crate::source::terraform::syntax::{ExprKind, TemplatePart};
use crate::text::{FileId, MappedText};

use super::super::convert::{Control, Flat, finish};
use super::super::literal;
use super::Quick;

impl Quick<'_> {
    pub(super) fn string(&mut self) -> Option<ExprKind> {
        self.expect(b'"')?;
        let mut flat = Vec::new();
        let mut plain = self.at;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => self.at += escape_length(self.own(self.at, self.bytes.len()))?,
                b'$' | b'%' if self.ahead(1) == b'{' => {
                    self.text(plain, literal::quoted, &mut flat);
                    self.interpolation(&mut flat)?;
                    plain = self.at;
                }
                b'$' | b'%' if self.ahead(1) == self.peek() && self.ahead(2) == b'{' => self.at += 3,
                b'\n' | b'\r' => return None,
                0 if self.at >= self.bytes.len() => return None,
                _ => self.at += 1,
            }
        }
        self.text(plain, literal::quoted, &mut flat);
        self.at += 1;
        Some(self.kind(|| ExprKind::Template(finish(flat, false))))
    }

    /// Adds the literal text from `start` up to here.
    fn text(&self, start: usize, decode: fn(&str, FileId, usize) -> MappedText, flat: &mut Vec<Flat>) {
        if self.build && start < self.at {
            flat.push(Flat::Text(decode(self.own(start, self.at), self.file, start)));
        }
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
        self.keep(flat, Flat::Control { before, after, control: Control::Value(part) });
        Some(())
    }

    pub(super) fn heredoc(&mut self) -> Option<ExprKind> {
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
                return Some(self.kind(|| ExprKind::Template(finish(flat, indented))));
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
                self.text(plain, literal::heredoc, flat);
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
        self.text(plain, literal::heredoc, flat);
        Some(())
    }
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
