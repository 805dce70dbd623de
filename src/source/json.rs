//! JSON with places: a tree in which every value knows its bytes and every string the way back through its
//! escapes. Knows nothing of what the values mean.
//!
//! Lenient where a person would be: what was read before an error stays in the tree, a trailing comma or a raw
//! line break in a string is reported and passed over, repeated keys are kept.

use crate::diag::Finding;
use crate::text::{FileId, MappedText, Origin, Place, Span, TextBuilder};

use super::problem::unreadable;

/// How deep values may nest. Terraform plans of nested modules stay below 100.
const MAX_DEPTH: usize = 256;

/// How many problems of one document are worth telling.
const MAX_PROBLEMS: usize = 20;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its bytes, quotes and brackets included.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, and what stands where a value is missing.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number; its exact digits are the text at the node's place.
    Number(f64),
    /// A string, escapes decoded.
    String(MappedText),
    /// `[…]`
    Array(Vec<Node>),
    /// `{…}`, members in order, repeated keys kept.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The key, escapes decoded.
    pub key: String,
    /// The key with its quotes.
    pub key_place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The members, for an object; empty otherwise.
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// The items, for an array; empty otherwise.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// The text, for a string.
    pub fn text(&self) -> Option<&MappedText> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key: the last one, where it is repeated, as parsers do.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().rev().find(|member| member.key == key).map(|member| &member.value)
    }
}

/// A JSON document as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The value; `None` when there is none at all.
    pub root: Option<Node>,
    /// What is wrong, in order of place.
    pub problems: Vec<Finding>,
}

/// Reads a document. A byte-order mark is passed over; places count it.
pub fn read(file: FileId, text: &str) -> Document {
    let mut reader = Reader { file, text, at: 0, problems: Vec::new(), stopped: false };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    reader.skip_space();
    if reader.peek().is_none() {
        reader.stop(reader.at, "the file holds no JSON value", None);
        return Document { root: None, problems: reader.problems };
    }
    let root = reader.value(0);
    reader.skip_space();
    if !reader.stopped && reader.at < text.len() {
        reader.stop(reader.at, "text after the end of the JSON value is not read", Some("remove it"));
    }
    Document { root: Some(root), problems: reader.problems }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    problems: Vec<Finding>,
    /// Set at the first error that reading can't go on from.
    stopped: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn place(&self, start: usize) -> Place {
        Place { file: self.file, span: Span::new(start, self.at) }
    }

    fn node(&self, start: usize, kind: Kind) -> Node {
        Node { place: self.place(start), kind }
    }

    /// Reports the character at `at` and goes on.
    fn report(&mut self, at: usize, message: impl Into<String>, help: Option<&str>) {
        if self.problems.len() < MAX_PROBLEMS {
            let length = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let place = Place { file: self.file, span: Span::new(at, at + length) };
            self.problems.push(unreadable(place, message, help));
        }
    }

    /// Reports the character at `at` and gives up on the rest.
    fn stop(&mut self, at: usize, message: impl Into<String>, help: Option<&str>) {
        if !self.stopped {
            self.stopped = true;
            self.problems.truncate(MAX_PROBLEMS - 1);
            self.report(at, message, help);
        }
    }

    /// What stands at the reading point, for a message.
    fn found(&self) -> String {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "the end of the file".to_owned(),
            Some('`') => "a backtick".to_owned(),
            Some(found) if found.is_control() => format!("the character U+{:04X}", u32::from(found)),
            Some(found) => format!("`{found}`"),
        }
    }

    fn value(&mut self, depth: usize) -> Node {
        let start = self.at;
        if depth >= MAX_DEPTH {
            self.stop(
                start,
                format!("values nest deeper than {MAX_DEPTH} levels, the rest is not read"),
                None,
            );
            return self.node(start, Kind::Null);
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                let text = self.string();
                self.node(start, Kind::String(text))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Node {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        let kind = match self.text.get(start..self.at) {
            Some("null") => Kind::Null,
            Some("true") => Kind::Bool(true),
            Some("false") => Kind::Bool(false),
            Some(word) if !word.is_empty() => {
                let message = format!("expected a JSON value, found `{word}`");
                self.stop(start, message, Some("put strings in double quotes"));
                Kind::Null
            }
            _ => {
                let help = (self.peek() == Some(b'\'')).then_some("put strings in double quotes");
                self.stop(start, format!("expected a JSON value, found {}", self.found()), help);
                Kind::Null
            }
        };
        self.node(start, kind)
    }

    fn number(&mut self) -> Node {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at).unwrap_or("");
        match digits.parse::<f64>() {
            Ok(number) => self.node(start, Kind::Number(number)),
            Err(_) => {
                self.stop(start, format!("`{digits}` is not a number"), None);
                self.node(start, Kind::Null)
            }
        }
    }

    fn array(&mut self, depth: usize) -> Node {
        let start = self.at;
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            if self.eat(b']') {
                break;
            }
            items.push(self.value(depth + 1));
            if self.stopped || !self.separated(b']') {
                break;
            }
        }
        self.node(start, Kind::Array(items))
    }

    fn object(&mut self, depth: usize) -> Node {
        let start = self.at;
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            if self.eat(b'}') {
                break;
            }
            if self.peek() != Some(b'"') {
                let message = format!("expected a key in double quotes, found {}", self.found());
                self.stop(self.at, message, None);
                break;
            }
            let key_start = self.at;
            let key = self.string().as_str().to_owned();
            let key_place = self.place(key_start);
            self.skip_space();
            if !self.stopped && !self.eat(b':') {
                let message = format!("expected `:` after the key, found {}", self.found());
                self.stop(self.at, message, None);
            }
            if self.stopped {
                break;
            }
            self.skip_space();
            let value = self.value(depth + 1);
            members.push(Member { key, key_place, value });
            if self.stopped || !self.separated(b'}') {
                break;
            }
        }
        self.node(start, Kind::Object(members))
    }

    /// Passes the comma between two items; false, past the bracket, at the end of the container.
    fn separated(&mut self, close: u8) -> bool {
        self.skip_space();
        if self.eat(close) {
            return false;
        }
        let comma = self.at;
        if !self.eat(b',') {
            let message = format!("expected `,` or `{}`, found {}", char::from(close), self.found());
            self.stop(comma, message, None);
            return false;
        }
        self.skip_space();
        if self.eat(close) {
            self.report(comma, "JSON has no comma after the last item", Some("remove the comma"));
            return false;
        }
        true
    }

    /// A string from its opening quote on.
    fn string(&mut self) -> MappedText {
        let open = self.at;
        self.at += 1;
        let mut built = TextBuilder::new();
        loop {
            let start = self.at;
            let rest = self.text.as_bytes().get(start..).unwrap_or(&[]);
            let run = rest.iter().position(|&b| matches!(b, b'"' | b'\\') || b < 0x20);
            self.at = run.map_or(self.text.len(), |run| start + run);
            built.push(
                self.text.get(start..self.at).unwrap_or(""),
                self.place(start),
                Origin::Verbatim,
                None,
            );
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => self.escape(&mut built),
                Some(_) => {
                    let control = self.at;
                    self.report(
                        control,
                        "a JSON string can't hold a line break or control character",
                        Some("write `\\n` for a line break, `\\t` for a tab"),
                    );
                    self.at += 1;
                    let raw = self.text.get(control..self.at).unwrap_or("");
                    built.push(raw, self.place(control), Origin::Verbatim, None);
                }
                None => {
                    self.stop(open, "the string is not closed", Some("add the closing `\"`"));
                    break;
                }
            }
        }
        built.finish()
    }

    /// An escape sequence from its backslash on.
    fn escape(&mut self, built: &mut TextBuilder) {
        let start = self.at;
        self.at += 1;
        let decoded = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') if self.hex(self.at + 1).is_some() => {
                let decoded = self.code_unit();
                let mut buffer = [0; 4];
                built.push(decoded.encode_utf8(&mut buffer), self.place(start), Origin::Escaped, None);
                return;
            }
            _ => {
                self.report(
                    start,
                    "unknown escape sequence in a JSON string",
                    Some("write `\\\\` for a backslash"),
                );
                built.push("\\", self.place(start), Origin::Verbatim, None);
                return;
            }
        };
        self.at += 1;
        let mut buffer = [0; 4];
        built.push(decoded.encode_utf8(&mut buffer), self.place(start), Origin::Escaped, None);
    }

    /// A character from the `u` of its escape on; two escapes where it is a surrogate pair. A lone half
    /// becomes U+FFFD, as in other readers.
    fn code_unit(&mut self) -> char {
        let first = self.hex(self.at + 1).unwrap_or(0);
        self.at += 5;
        if let Some(decoded) = char::from_u32(first) {
            return decoded;
        }
        let next = self.text.get(self.at..self.at + 2) == Some("\\u");
        match self.hex(self.at + 2) {
            Some(second)
                if next && (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&second) =>
            {
                self.at += 6;
                char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).unwrap_or('\u{fffd}')
            }
            _ => '\u{fffd}',
        }
    }

    /// Four hexadecimal digits at `at`.
    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        all.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: FileId = FileId(0);

    fn root(text: &str) -> Node {
        let document = read(FILE, text);
        assert_eq!(document.problems, [], "{text}");
        document.root.unwrap()
    }

    fn problems(text: &str) -> Vec<(String, u32)> {
        read(FILE, text).problems.into_iter().map(|p| (p.message, p.place.span.start)).collect()
    }

    #[test]
    fn every_decoded_byte_leads_back_to_its_escape() {
        let text = "\u{feff}{\"a\": \"x\\n\\u00e9\\ud83d\\ude00y\"}";
        let root = root(text);
        let value = root.get("a").unwrap().text().unwrap();
        assert_eq!(value.as_str(), "x\né😀y");
        let shown = |at, end| value.locate(Span::new(at, end), FILE).unwrap().span.of(text);
        assert_eq!(shown(0, 1), "x");
        assert_eq!(shown(1, 2), "\\n");
        assert_eq!(shown(2, 4), "\\u00e9");
        assert_eq!(shown(4, 8), "\\ud83d\\ude00");
        assert_eq!(shown(8, 9), "y");
    }

    #[test]
    fn repeated_keys_are_kept_and_the_last_one_counts() {
        let root = root(r#"{"a": 1, "a": [true, null, -2.5e1]}"#);
        assert_eq!(root.members().len(), 2);
        assert_eq!(root.get("a").unwrap().items()[2].kind, Kind::Number(-25.0));
    }

    #[test]
    fn what_was_read_before_an_error_stays() {
        let document = read(FILE, r#"{"a": ["x", "y", oops"#);
        let root = document.root.unwrap();
        assert_eq!(root.get("a").unwrap().items().len(), 3);
        assert_eq!(document.problems.len(), 1);
        assert_eq!(document.problems[0].place.span.start, 17);
    }

    #[test]
    fn each_error_has_its_place() {
        assert_eq!(problems("[1,]"), [("JSON has no comma after the last item".to_owned(), 2)]);
        assert_eq!(problems("[1] x"), [("text after the end of the JSON value is not read".to_owned(), 4)]);
        assert_eq!(problems("{'a': 1}"), [("expected a key in double quotes, found `'`".to_owned(), 1)]);
        assert_eq!(problems("[1 2]"), [("expected `,` or `]`, found `2`".to_owned(), 3)]);
        assert_eq!(problems(" \n"), [("the file holds no JSON value".to_owned(), 2)]);
        assert_eq!(problems("[\"a"), [("the string is not closed".to_owned(), 1)]);
    }

    #[test]
    fn deep_nesting_ends_in_one_message() {
        let found = problems(&"[".repeat(100_000));
        assert_eq!(found, [("values nest deeper than 256 levels, the rest is not read".to_owned(), 256)]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_places_stay_inside(text in r#"([\[\]{}",:\\0-9a-fu \n]|true|é|\\u[0-9a-f]{4}){0,60}"#) {
            let document = read(FILE, &text);
            for problem in &document.problems {
                prop_assert!(problem.place.span.end() <= text.len());
            }
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert_eq!(document.problems.len(), 0);
            }
        }
    }
}
