//! `csvdecode`.

use std::rc::Rc;

use super::{Call, known};
use crate::source::terraform::eval::value::{Entry, Eval, Fail, Item, List, Object, Value, computed};
use crate::text::{MappedText, Origin, Span, TextBuilder};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    (call.name == "csvdecode").then(|| csvdecode(call))
}

fn csvdecode(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    if !text.is_known() {
        return Ok(call.unknown());
    }
    let mut rows = Reader { text: &text, at: 0 };
    let names = rows.next().ok_or_else(|| Fail::new("a CSV text begins with the names of its columns"))??;
    let mut found = Vec::new();
    for row in rows {
        let row = row?;
        if row.len() != names.len() {
            return Err(Fail::new("a row of the CSV text has another number of columns than its first"));
        }
        let mut object = Object::default();
        for (name, value) in names.iter().zip(row) {
            let key = Rc::new(computed(name.as_str(), call.place));
            let entry = Entry::sure(key, Value::text(value));
            if object.entries.insert(name.as_str().into(), entry).is_some() {
                return Err(Fail::new(format!("two columns of the CSV text are called `{}`", name.as_str())));
            }
        }
        found.push(Item::sure(object.value()));
    }
    Ok(List::typed(found))
}

/// The rows of a text, each a list of fields.
struct Reader<'t> {
    text: &'t MappedText,
    at: usize,
}

impl Iterator for Reader<'_> {
    type Item = Eval<Vec<MappedText>>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.as_str().get(self.at..)?;
        self.at += rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        if self.at >= self.text.as_str().len() {
            return None;
        }
        let mut fields = Vec::new();
        loop {
            match self.field() {
                Ok(field) => fields.push(field),
                Err(fail) => return Some(Err(fail)),
            }
            let rest = self.text.as_str().get(self.at..).unwrap_or("");
            self.at += 1;
            if !rest.starts_with(',') {
                return Some(Ok(fields));
            }
        }
    }
}

impl Reader<'_> {
    /// The field that begins here; what follows is a comma, a line break or the end.
    fn field(&mut self) -> Eval<MappedText> {
        let rest = self.text.as_str().get(self.at..).unwrap_or("");
        let start = self.at;
        let Some(quoted) = rest.strip_prefix('"') else {
            let length = rest.find([',', '\n']).unwrap_or(rest.len());
            self.at += length;
            let field = rest.get(..length).unwrap_or("");
            if field.contains('"') {
                return Err(Fail::new(
                    "a quote stands inside a field of the CSV text that does not begin with one",
                ));
            }
            return Ok(self.text.slice(Span::new(start, start + field.trim_end_matches('\r').len())));
        };
        let mut builder = TextBuilder::new();
        let mut from = start + 1;
        let mut quotes = quoted.match_indices('"').map(|(at, _)| start + 1 + at).peekable();
        while let Some(at) = quotes.next() {
            builder.push_mapped(&self.text.slice(Span::new(from, at)));
            self.at = at + 1;
            if quotes.next_if_eq(&(at + 1)).is_none() {
                let after = self.text.as_str().get(self.at..).unwrap_or("");
                self.at += usize::from(after.starts_with("\r\n"));
                if !after.is_empty() && !after.starts_with([',', '\n']) && !after.starts_with("\r\n") {
                    return Err(Fail::new("text follows the closing quote of a field of the CSV text"));
                }
                return Ok(builder.finish());
            }
            let quote = self.text.slice(Span::new(at, at + 2));
            match quote.segments().first() {
                Some(segment) => builder.push("\"", segment.source, Origin::Escaped, segment.via),
                None => builder.push_mapped(&quote),
            }
            from = at + 2;
        }
        Err(Fail::new("a quote of the CSV text is never closed"))
    }
}
