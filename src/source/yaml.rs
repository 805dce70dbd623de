//! YAML with places: the same tree as [`super::json`] gives, every byte of a scalar leading back through
//! quotes, escapes, folding and indentation. Knows nothing of what the values mean.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::diag::Finding;
use crate::text::{FileId, MappedText, Origin, Place, Span, TextBuilder};

use super::json::{Kind, Member, Node};
use super::problem::unreadable;

/// How deep values may nest.
const MAX_DEPTH: usize = 256;

/// How many values aliases may bring in again, in one file.
const MAX_REPEATED: usize = 100_000;

/// The documents of a file; or why it can't be read.
pub(super) fn read(file: FileId, text: &str) -> Result<Vec<Node>, Box<Finding>> {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let body = text.get(mark..).unwrap_or("");
    let offsets = Offsets::new(body, mark);
    let mut composer = Composer {
        file,
        text,
        stack: Vec::new(),
        documents: Vec::new(),
        anchors: HashMap::new(),
        repeated: 0,
    };
    let mut parser = Parser::new_from_str(body);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = offsets.byte(error.marker().index());
            let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let place = Place { file, span: Span::new(at, at + length) };
            Box::new(unreadable(place, format!("this is not valid YAML: {}", plain(error.info())), None))
        })?;
        let start = offsets.byte(span.start.index());
        let place = Place { file, span: Span::new(start, offsets.byte(span.end.index())) };
        composer.event(event, place)?;
    }
    Ok(composer.documents)
}

/// A message of the parser's as one line in lower case.
fn plain(info: &str) -> String {
    let line: Vec<&str> = info.split_whitespace().collect();
    line.join(" ").to_lowercase()
}

/// From the parser's character offsets to bytes of the file.
struct Offsets {
    /// Byte offset of each character; empty where every character is one byte.
    bytes: Vec<u32>,
    mark: usize,
    length: usize,
}

impl Offsets {
    fn new(body: &str, mark: usize) -> Self {
        let bytes = match body.is_ascii() {
            true => Vec::new(),
            false => body.char_indices().map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect(),
        };
        Self { bytes, mark, length: body.len() }
    }

    fn byte(&self, character: usize) -> usize {
        let at = if self.bytes.is_empty() {
            character
        } else {
            self.bytes.get(character).map_or(self.length, |&at| at as usize)
        };
        self.mark + at.min(self.length)
    }
}

struct Composer<'t> {
    file: FileId,
    text: &'t str,
    stack: Vec<Frame>,
    documents: Vec<Node>,
    anchors: HashMap<usize, (Node, usize)>,
    repeated: usize,
}

/// A collection that is being read.
struct Frame {
    start: Place,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    /// The members so far, and a key that has no value yet.
    Map(Vec<Member>, Option<(String, Place)>),
}

impl Composer<'_> {
    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), Box<Finding>> {
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let node = self.scalar(&value, style, place);
                self.complete(node, anchor);
            }
            Event::SequenceStart(anchor, _) => self.open(place, anchor, Items::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => self.open(place, anchor, Items::Map(Vec::new(), None))?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(frame) = self.stack.pop() {
                    let anchor = frame.anchor;
                    self.complete(frame.close(place), anchor);
                }
            }
            Event::Alias(anchor) => self.alias(anchor, place)?,
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(&mut self, start: Place, anchor: usize, items: Items) -> Result<(), Box<Finding>> {
        if self.stack.len() >= MAX_DEPTH {
            let message = format!("values nest deeper than {MAX_DEPTH} levels");
            return Err(Box::new(unreadable(start, message, None)));
        }
        self.stack.push(Frame { start, anchor, items });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Box<Finding>> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            self.complete(Node { place, kind: Kind::Null }, 0);
            return Ok(());
        };
        self.repeated += size;
        if self.repeated > MAX_REPEATED {
            let message = format!("the aliases of this file repeat more than {MAX_REPEATED} values");
            return Err(Box::new(unreadable(place, message, None)));
        }
        let node = node.clone();
        self.complete(node, 0);
        Ok(())
    }

    /// Hands a finished value to the collection it stands in.
    fn complete(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            let size = size(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut() {
            None => self.documents.push(node),
            Some(Frame { items: Items::List(items), .. }) => items.push(node),
            Some(Frame { items: Items::Map(members, key), .. }) => match key.take() {
                Some((name, key_place)) if name == "<<" => merge(members, name, key_place, node),
                Some((name, key_place)) => members.push(Member { key: name, key_place, value: node }),
                None => {
                    let name = match &node.kind {
                        Kind::String(text) => text.as_str().to_owned(),
                        _ => node.place.span.of(self.text).to_owned(),
                    };
                    *key = Some((name, node.place));
                }
            },
        }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, place: Place) -> Node {
        let raw = place.span.of(self.text);
        if style == ScalarStyle::Plain && matches!(value, "" | "~" | "null" | "Null" | "NULL") {
            return Node { place, kind: Kind::Null };
        }
        let text = align(self.file, raw, place.span.start(), value, style).unwrap_or_else(|| {
            let mut builder = TextBuilder::new();
            builder.push(value, place, Origin::Computed, None);
            builder.finish()
        });
        Node { place, kind: Kind::String(text) }
    }
}

impl Frame {
    fn close(self, end: Place) -> Node {
        let last = match &self.items {
            Items::List(items) => items.last().map(|item| item.place.span.end()),
            Items::Map(members, _) => members.last().map(|member| member.value.place.span.end()),
        };
        // A block collection ends where the next token stands; its last value is nearer to the truth.
        let end = if end.span.is_empty() { last.unwrap_or(end.span.end()) } else { end.span.end() };
        let place = Place { file: self.start.file, span: Span::new(self.start.span.start(), end) };
        let kind = match self.items {
            Items::List(items) => Kind::Array(items),
            Items::Map(members, _) => Kind::Object(members),
        };
        Node { place, kind }
    }
}

/// Adds the members of a merge key's value that the mapping has not got itself.
fn merge(members: &mut Vec<Member>, name: String, key_place: Place, value: Node) {
    let sources: Vec<Node> = match value.kind {
        Kind::Object(_) => vec![value],
        Kind::Array(items) => items,
        _ => return members.push(Member { key: name, key_place, value }),
    };
    // What the mapping says itself comes later in the list, where look-ups find it first.
    let mut inherited: Vec<Member> = Vec::new();
    for source in sources.into_iter().rev() {
        if let Kind::Object(own) = source.kind {
            inherited.extend(own);
        }
    }
    inherited.append(members);
    *members = inherited;
}

fn size(node: &Node) -> usize {
    let mut count = 0;
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        count += 1;
        rest.extend(node.items());
        rest.extend(node.members().iter().map(|member| &member.value));
    }
    count
}

/// Lays the decoded text of a scalar beside its raw text, which begins at `base`; `None` where the two don't match.
pub(super) fn align(
    file: FileId,
    raw: &str,
    base: usize,
    decoded: &str,
    style: ScalarStyle,
) -> Option<MappedText> {
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let mut at = usize::from(quoted);
    let mut done = 0;
    let mut builder = TextBuilder::new();
    while done < decoded.len() {
        let rest = raw.get(at..)?;
        let wanted = decoded.get(done..)?;
        let space = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let spaces = rest.get(..space)?;
        let (from, to, origin);
        if spaces.contains('\n') || rest.is_empty() || block && done == 0 && wanted.starts_with('\n') {
            from = space;
            to = if block {
                wanted.len() - wanted.trim_start_matches([' ', '\t', '\n']).len()
            } else {
                folded(wanted, spaces.matches('\n').count())?
            };
            if to == 0 && from == 0 {
                return None;
            }
            origin = Origin::Escaped;
        } else if style == ScalarStyle::DoubleQuoted && rest.starts_with('\\') {
            from = escape_length(rest);
            let breaks = rest.get(1..)?.starts_with(['\n', '\r']);
            to = if breaks { 0 } else { wanted.chars().next()?.len_utf8() };
            origin = Origin::Escaped;
        } else if style == ScalarStyle::SingleQuoted && rest.starts_with("''") {
            (from, to, origin) = (2, 1, Origin::Escaped);
            wanted.strip_prefix('\'')?;
        } else {
            from = same(rest, wanted, style)?;
            (to, origin) = (from, Origin::Verbatim);
        }
        let source = Place { file, span: Span::new(base + at, base + at + from) };
        builder.push(wanted.get(..to)?, source, origin, None);
        at += from;
        done += to;
    }
    Some(builder.finish())
}

/// Length of what line breaks in a flow scalar decode to: a space for one, line breaks for more.
fn folded(wanted: &str, breaks: usize) -> Option<usize> {
    match breaks {
        0 => None,
        1 => wanted.starts_with(' ').then_some(1),
        more => {
            let run = wanted.bytes().take_while(|&byte| byte == b'\n').count();
            (run >= more - 1).then_some(more - 1)
        }
    }
}

/// Length of an escape in a double-quoted scalar, from its backslash on.
fn escape_length(rest: &str) -> usize {
    let mut characters = rest.chars().skip(1);
    match characters.next() {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        Some('\r' | '\n') => {
            1 + rest
                .get(1..)
                .map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len())
        }
        Some(other) => 1 + other.len_utf8(),
        None => 1,
    }
}

/// Length of the run that stands in both texts alike, up to what needs decoding.
fn same(raw: &str, decoded: &str, style: ScalarStyle) -> Option<usize> {
    let mut length = 0;
    for (a, b) in raw.chars().zip(decoded.chars()) {
        let special = match style {
            ScalarStyle::DoubleQuoted => a == '\\',
            ScalarStyle::SingleQuoted => a == '\'',
            _ => false,
        };
        let space = length > 0 && matches!(a, ' ' | '\t' | '\r' | '\n');
        if a != b || special || space {
            break;
        }
        length += a.len_utf8();
    }
    (length > 0).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: FileId = FileId(0);

    fn one(text: &str) -> Node {
        let mut documents = read(FILE, text).unwrap();
        assert_eq!(documents.len(), 1, "{text}");
        documents.remove(0)
    }

    /// Each verbatim byte of the value of `a` stands in the file; no piece had to be computed.
    fn check(text: &str, expected: &str) {
        let root = one(text);
        let value = root.get("a").unwrap().text().unwrap();
        assert_eq!(value.as_str(), expected);
        for segment in value.segments() {
            assert_ne!(segment.origin, Origin::Computed, "{text}");
            if segment.origin == Origin::Verbatim {
                assert_eq!(segment.source.span.of(text), segment.text.of(expected), "{text}");
            }
        }
    }

    #[test]
    fn every_style_of_scalar_leads_back_to_the_file() {
        check("a: é plain text # c\n", "é plain text");
        check("a: plain\n  over  lines\n\n  and more\n", "plain over  lines\nand more");
        check("a: 'it''s\n  two'\n", "it's two");
        check("a: \"x \\\"y\\\" \\u00e9\\n\\\n   z\n  w\"\n", "x \"y\" é\nz w");
        check("a: |\n  one\n    two\n\n  three\n", "one\n  two\n\nthree\n");
        check("a: |+\n\n  one\n\n", "\none\n\n");
        check("a: >-\n  one\n  two\n\n  three\n", "one two\nthree");
        check("\u{feff}a: |\r\n  one\r\n  two\r\n", "one\ntwo\n");
        check("x: ü\na: |2-\n    one\n  two", "  one\ntwo");
    }

    #[test]
    fn aliases_and_merge_keys_bring_values_in() {
        let root = one("base: &b {x: 1, y: 2}\na:\n  <<: *b\n  y: 3\nl: [*b]\n");
        let a = root.get("a").unwrap();
        assert_eq!(a.get("x").unwrap().text().unwrap().as_str(), "1");
        assert_eq!(a.get("y").unwrap().text().unwrap().as_str(), "3");
        assert_eq!(root.get("l").unwrap().items().len(), 1);
    }

    #[test]
    fn documents_are_read_one_after_the_other() {
        assert_eq!(read(FILE, "---\na: 1\n---\nb: 2\n...\n").unwrap().len(), 2);
        assert_eq!(read(FILE, "").unwrap().len(), 0);
    }

    #[test]
    fn what_is_not_yaml_is_told_with_its_place() {
        let text = "é: x\na: [1, 2\nb: }\n";
        let problem = read(FILE, text).unwrap_err();
        assert!(problem.message.starts_with("this is not valid YAML: "), "{}", problem.message);
        assert!(problem.place.span.start() > 5);
    }

    #[test]
    fn deep_nesting_and_alias_bombs_end_in_a_message() {
        for deep in ["[".repeat(10_000), "- ".repeat(10_000), "{a: ".repeat(10_000)] {
            assert!(read(FILE, &deep).is_err());
        }
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(read(FILE, &bomb).unwrap_err().message.contains("aliases"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in r#"([\[\]{}",:\\0-9a-f \n|>&*'#?%!-]|é|\r\n|\t|---|<<|: |- |"|\u{feff}){0,60}"#) {
            if let Ok(documents) = read(FILE, &text) {
                for node in &documents {
                    prop_assert!(node.place.span.end() <= text.len());
                }
            }
        }

        #[test]
        fn verbatim_pieces_stand_in_the_file(words in proptest::collection::vec("[a-z']{1,5}|é", 1..6), style in 0..4) {
            let (joined, folded) = (words.join(" "), words.join("\n  "));
            let text = match style {
                0 => format!("a: '{}'\n", folded.replace('\'', "''")),
                1 => format!("a: \"{folded}\"\n"),
                2 => format!("a: >-\n  {folded}\n"),
                _ => format!("a: |\n  {folded}\n"),
            };
            let expected = if style == 3 { words.join("\n") + "\n" } else { joined };
            check(&text, &expected);
        }
    }
}
