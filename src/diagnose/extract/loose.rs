//! Objects as programs print them: JSON, a Python dict, what Node shows of an error. Tolerant: what ends early gives
//! what was there, and what is no object is passed over. Reads each byte once.

use serde_json::{Map, Value};

/// How deep objects may lie in each other; deeper ones are read as words.
const DEEPEST: usize = 32;
/// Longest name of a field, in bytes.
const LONGEST_NAME: usize = 64;

/// An object and where it stands in the text.
pub(super) struct Object {
    pub start: usize,
    pub end: usize,
    pub value: Value,
}

/// Every object of a text, outermost only, in the order of the text.
pub(super) fn objects(text: &str) -> Vec<Object> {
    let mut reader = Reader { text, at: 0 };
    let mut found = Vec::new();
    while let Some(ahead) = reader.rest().find('{') {
        let start = reader.at + ahead;
        reader.at = start;
        match reader.object(0) {
            Some(value) => found.push(Object { start, end: reader.at, value }),
            None => reader.at = start + 1,
        }
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip(&mut self, which: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&which) {
            self.take();
        }
    }

    /// None, with nothing taken but the brace, where no field follows it.
    fn object(&mut self, depth: usize) -> Option<Value> {
        self.take();
        self.skip(char::is_whitespace);
        let mut fields = Map::new();
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            match self.peek() {
                None => break,
                Some('}') => {
                    self.take();
                    break;
                }
                Some(_) => {}
            }
            match self.field(depth) {
                Some((name, value)) => {
                    fields.entry(name).or_insert(value);
                }
                // The first thing after the brace decides whether this is an object at all.
                None if fields.is_empty() => return None,
                None => {
                    self.bare();
                    if matches!(self.peek(), Some(']' | ')')) {
                        self.take();
                    }
                }
            }
        }
        Some(Value::Object(fields))
    }

    fn field(&mut self, depth: usize) -> Option<(String, Value)> {
        let before = self.at;
        let name = self.name();
        self.skip(char::is_whitespace);
        let separated = name.is_some() && matches!(self.peek(), Some(':' | '='));
        let (Some(name), true) = (name, separated) else {
            self.at = before;
            return None;
        };
        self.take();
        if self.peek() == Some('>') {
            self.take();
        }
        Some((name, self.value(depth + 1)))
    }

    fn name(&mut self) -> Option<String> {
        match self.peek()? {
            quote @ ('"' | '\'') => {
                let inside = self.rest().get(1..)?;
                let end = inside.find(quote).filter(|end| *end <= LONGEST_NAME)?;
                let name = inside.get(..end)?;
                self.at += end + 2;
                Some(name.to_owned())
            }
            first if first.is_ascii_alphabetic() || first == '_' => {
                let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
                let rest = self.rest();
                let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
                let name = rest.get(..end).filter(|name| name.len() <= LONGEST_NAME)?;
                self.at += end;
                Some(name.to_owned())
            }
            _ => None,
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        self.skip(char::is_whitespace);
        match self.peek() {
            Some('{') if depth < DEEPEST => {
                let before = self.at;
                self.object(depth).unwrap_or_else(|| {
                    self.at = before;
                    self.bare()
                })
            }
            Some('[') if depth < DEEPEST => self.array(depth),
            Some('"' | '\'' | '`') => Value::String(self.string()),
            // Python marks some strings with a letter before the quote.
            Some('b' | 'u' | 'r' | 'f') if self.rest().get(1..2).is_some_and(|c| c == "'" || c == "\"") => {
                self.take();
                Value::String(self.string())
            }
            _ => self.bare(),
        }
    }

    fn array(&mut self, depth: usize) -> Value {
        self.take();
        let mut items = Vec::new();
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            match self.peek() {
                None | Some('}') => break,
                Some(']') => {
                    self.take();
                    break;
                }
                Some(_) => items.push(self.value(depth + 1)),
            }
        }
        Value::Array(items)
    }

    fn string(&mut self) -> String {
        let Some(quote) = self.take() else { return String::new() };
        let mut text = String::new();
        while let Some(next) = self.take() {
            match next {
                next if next == quote => break,
                '\\' => match self.take() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => {}
                    Some('u') => {
                        let digits = self.rest().get(..4).unwrap_or("");
                        match u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
                            Some(letter) => {
                                text.push(letter);
                                self.at += 4;
                            }
                            None => text.push_str("\\u"),
                        }
                    }
                    Some(plain @ ('"' | '\'' | '\\' | '/')) => text.push(plain),
                    Some(other) => text.extend(['\\', other]),
                    None => {}
                },
                next => text.push(next),
            }
        }
        text
    }

    /// A number, a word, or what else stands before the next comma or bracket.
    fn bare(&mut self) -> Value {
        let rest = self.rest();
        let opener = usize::from(rest.starts_with(['{', '[']));
        let end = rest
            .get(opener..)
            .and_then(|inside| inside.find([',', '}', ']', '\n']))
            .map_or(rest.len(), |end| end + opener);
        let word = rest.get(..end).unwrap_or("").trim();
        self.at += end;
        match word {
            "" | "null" | "None" | "undefined" | "nil" | "<nil>" => Value::Null,
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            word => word.parse::<i64>().map_or_else(|_| Value::String(word.to_owned()), Value::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Vec<Value> {
        objects(text).into_iter().map(|object| object.value).collect()
    }

    #[test]
    fn json_python_and_node_read_alike() {
        let expected =
            vec![json!({"status": 404, "code": "404", "message": "it isn't \"there\"", "none": null})];
        assert_eq!(
            read(r#"x {"status": 404, "code": "404", "message": "it isn't \"there\"", "none": null} y"#),
            expected
        );
        assert_eq!(
            read(r#"{'status': 404, 'code': '404', 'message': 'it isn\'t "there"', 'none': None}"#),
            expected
        );
        assert_eq!(
            read("{\n  status: 404,\n  code: '404',\n  message: `it isn't \"there\"`,\n  none: undefined\n}"),
            expected
        );
        assert_eq!(read("{code=404, message=gone}"), [json!({"code": 404, "message": "gone"})]);
    }

    #[test]
    fn what_ends_early_gives_what_was_there() {
        assert_eq!(
            read("{'status': 404, 'message': 'Authorization fai"),
            [json!({"status": 404, "message": "Authorization fai"})]
        );
        assert_eq!(read("{'a': [1, {'b': 2"), [json!({"a": [1, {"b": 2}]})]);
    }

    #[test]
    fn braces_of_other_kinds_are_passed_over() {
        assert_eq!(read("fn main() { let x; } $ {} ${var} {0} { code: 1 }"), [json!({}), json!({"code": 1})]);
        assert_eq!(read("all {resource.type = 'fnfunc'}").len(), 1);
    }

    #[test]
    fn deep_and_broken_texts_end() {
        assert!(read(&"{".repeat(100_000)).len() <= 1);
        assert!(!read(&"{\"a\":".repeat(50_000)).is_empty());
        assert!(!read(&"{'a':[".repeat(50_000)).is_empty());
        assert!(!read(&"{a:{".repeat(50_000)).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_reads_and_json_reads_as_json(text in "\\PC*", status in 0u16..999, message in "\\PC*") {
            objects(&text);
            let document = json!({"status": status, "message": message});
            proptest::prop_assert_eq!(read(&document.to_string()), vec![document]);
        }
    }
}
