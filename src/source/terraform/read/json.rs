//! JSON syntax: `.tf.json`, `.tfvars.json`, `.tftest.json`, to the same tree as native syntax.
//!
//! JSON does not tell blocks from attributes. What is a block at the top of a file, and the blocks that every
//! resource may have, is known here; any other object stays an attribute.

use std::sync::Arc;

use crate::source::json::{self, Kind, Member, Node};
use crate::source::problem;
use crate::source::terraform::syntax::{Attribute, Block, Body, Expr, ExprKind, TemplatePart};
use crate::text::{FileId, MappedText, Origin, Place, TextBuilder};

use super::relocate::Relocate;
use super::{Read, native};

/// The blocks of a file, each with its number of labels.
const BLOCKS: [(&str, usize); 18] = [
    ("resource", 2),
    ("data", 2),
    ("ephemeral", 2),
    ("module", 1),
    ("variable", 1),
    ("output", 1),
    ("provider", 1),
    ("check", 1),
    ("run", 1),
    ("mock_provider", 1),
    ("locals", 0),
    ("terraform", 0),
    ("moved", 0),
    ("import", 0),
    ("removed", 0),
    ("variables", 0),
    ("test", 0),
    ("encryption", 0),
];

/// The blocks inside blocks that Terraform itself defines.
const INNER: [(&str, usize); 9] = [
    ("dynamic", 1),
    ("provisioner", 1),
    ("connection", 0),
    ("lifecycle", 0),
    ("timeouts", 0),
    ("validation", 0),
    ("content", 0),
    ("precondition", 0),
    ("postcondition", 0),
];

/// Reads a configuration or test in JSON syntax. Strings are templates.
pub fn json(file: FileId, text: &str) -> Read {
    let mut reader = Reader { file, text, read: Read::default() };
    if let Some(root) = reader.root() {
        let mut body = Body::default();
        for object in reader.objects(&root, "the file's blocks") {
            reader.body(object, Inside::File, &mut body);
        }
        reader.read.body = body;
    }
    reader.read
}

/// Reads a file of variable values. Strings are text as they stand.
pub fn json_values(file: FileId, text: &str) -> Read {
    let mut reader = Reader { file, text, read: Read::default() };
    if let Some(root) = reader.root() {
        let mut body = Body::default();
        for object in reader.objects(&root, "the variables' values") {
            for member in object.members() {
                reader.attribute(member, Strings::Plain, &mut body);
            }
        }
        reader.read.body = body;
    }
    reader.read
}

/// Where a body stands: it decides which of its objects are blocks.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    File,
    Locals,
    Variable,
    Block,
}

impl Inside {
    fn of(kind: &str) -> Inside {
        match kind {
            "locals" | "variables" => Inside::Locals,
            "variable" => Inside::Variable,
            _ => Inside::Block,
        }
    }
}

/// What strings of a value are.
#[derive(Clone, Copy, PartialEq)]
enum Strings {
    Templates,
    Plain,
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    read: Read,
}

impl Reader<'_> {
    fn root(&mut self) -> Option<Node> {
        let document = json::read(self.file, self.text);
        self.read.problems = document.problems;
        document.root
    }

    fn refuse(&mut self, place: Place, message: String, help: &str) {
        self.read.problems.push(problem::unreadable(place, message, Some(help)));
    }

    /// The objects of a value that may be one object or an array of them. `null` is none.
    fn objects<'n>(&mut self, node: &'n Node, what: &str) -> Vec<&'n Node> {
        match &node.kind {
            Kind::Object(_) => vec![node],
            Kind::Array(items) => items.iter().flat_map(|item| self.objects(item, what)).collect(),
            Kind::Null => Vec::new(),
            _ => {
                let message = format!("expected an object that holds {what}");
                self.refuse(node.place, message, "write `{…}`, or `[{…}, …]` for several");
                Vec::new()
            }
        }
    }

    fn body(&mut self, object: &Node, inside: Inside, body: &mut Body) {
        for member in object.members() {
            let known = match inside {
                Inside::File => BLOCKS.as_slice(),
                Inside::Variable | Inside::Block => INNER.as_slice(),
                Inside::Locals => &[],
            };
            let labels = known.iter().find(|(name, _)| *name == member.key).map(|&(_, labels)| labels);
            match labels {
                // By this name Terraform lets people comment.
                _ if member.key == "//" && inside != Inside::Locals => {}
                Some(labels) if inside == Inside::File || is_block(&member.value) => {
                    self.blocks(member, &member.value, labels, &mut Vec::new(), body);
                }
                // The default of a variable is not evaluated.
                _ if inside == Inside::Variable => self.attribute(member, Strings::Plain, body),
                _ => self.attribute(member, Strings::Templates, body),
            }
        }
    }

    /// The blocks of one kind: `missing` more levels of keys are labels.
    fn blocks(
        &mut self,
        member: &Member,
        value: &Node,
        missing: usize,
        labels: &mut Vec<(String, Place)>,
        body: &mut Body,
    ) {
        let what = match missing {
            0 => format!("the arguments of `{}`", member.key),
            _ => format!("`{}` blocks by their {}", member.key, if missing == 2 { "type" } else { "name" }),
        };
        for object in self.objects(value, &what) {
            if missing == 0 {
                let start = labels.last().map_or(member.key_place, |&(_, place)| place);
                let mut inner = Body::default();
                self.body(object, Inside::of(&member.key), &mut inner);
                let span = start.span.to(object.place.span);
                body.blocks.push(Arc::new(Block {
                    kind: member.key.clone(),
                    labels: labels.iter().map(|(label, _)| label.clone()).collect(),
                    place: Place { file: self.file, span },
                    body: inner.into(),
                }));
                continue;
            }
            for label in object.members().iter().filter(|label| label.key != "//") {
                labels.push((label.key.clone(), label.key_place));
                self.blocks(member, &label.value, missing - 1, labels, body);
                labels.pop();
            }
        }
    }

    fn attribute(&mut self, member: &Member, strings: Strings, body: &mut Body) {
        body.attributes.push(Attribute {
            name: member.key.clone(),
            place: Place { file: self.file, span: member.key_place.span.to(member.value.place.span) },
            value: self.expr(&member.value, strings),
        });
    }

    fn expr(&mut self, node: &Node, strings: Strings) -> Expr {
        let kind = match &node.kind {
            Kind::Null => ExprKind::Null,
            Kind::Bool(value) => ExprKind::Bool(*value),
            Kind::Number(value) => ExprKind::Number(*value),
            Kind::String(text) => self.string(text, node.place, strings),
            Kind::Array(items) => ExprKind::List(items.iter().map(|item| self.expr(item, strings)).collect()),
            Kind::Object(members) => ExprKind::Object(
                members
                    .iter()
                    .map(|member| (self.key(member, strings), self.expr(&member.value, strings)))
                    .collect(),
            ),
        };
        Expr { place: node.place, kind }
    }

    fn key(&mut self, member: &Member, strings: Strings) -> Expr {
        let (place, span) = (member.key_place, member.key_place.span);
        let text = if member.key.len() + 2 == span.len() {
            MappedText::verbatim(member.key.as_str(), self.file, span.start() + 1)
        } else {
            // Escapes in keys are rare, and nothing points into them.
            let mut built = TextBuilder::new();
            built.push(&member.key, place, Origin::Escaped, None);
            built.finish()
        };
        let kind = self.string(&text, place, strings);
        Expr { place: member.key_place, kind }
    }

    fn string(&mut self, text: &MappedText, place: Place, strings: Strings) -> ExprKind {
        let plain = text.as_str();
        if plain.is_empty() {
            return ExprKind::Template(Vec::new());
        }
        if strings == Strings::Plain || !(plain.contains("${") || plain.contains("%{")) {
            return ExprKind::Template(vec![TemplatePart::Literal(text.clone())]);
        }
        match native::template(self.file, plain) {
            Ok(parts) => ExprKind::Template(Relocate::new(text, self.file).parts(parts)),
            Err(message) => {
                let message = message.split('\n').next().unwrap_or("").to_owned();
                let help = "write `$${` for `${` and `%%{` for `%{` where they are meant as text";
                self.refuse(place, format!("the template in this string can't be read: {message}"), help);
                ExprKind::Error
            }
        }
    }
}

/// Whether a value has the shape of blocks: an object, or an array of nothing but objects.
fn is_block(node: &Node) -> bool {
    match &node.kind {
        Kind::Object(_) => true,
        Kind::Array(items) => {
            !items.is_empty() && items.iter().all(|item| matches!(item.kind, Kind::Object(_)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    const FILE: FileId = FileId(0);

    fn read(text: &str) -> Body {
        let read = json(FILE, text);
        assert_eq!(read.problems, []);
        read.body
    }

    #[test]
    fn labels_are_levels_of_keys_and_arrays_are_several_blocks() {
        let text = r#"{"//": "c", "resource": [{"oci_identity_policy": {
            "a": {"name": "x", "//": 1}, "b": [{"name": "y"}, {"name": "z"}]}}],
            "locals": {"l": {"//": "kept"}}}"#;
        let body = read(text);
        let heads: Vec<_> =
            body.blocks.iter().map(|b| format!("{} {}", b.kind, b.labels.join("."))).collect();
        let policy = "resource oci_identity_policy";
        assert_eq!(
            heads,
            [format!("{policy}.a"), format!("{policy}.b"), format!("{policy}.b"), "locals ".to_owned()]
        );
        assert_eq!(body.blocks[0].body.attributes.len(), 1);
        assert!(body.blocks[0].place.span.of(text).starts_with("\"a\": {"));
        let ExprKind::Object(entries) = &body.blocks[3].body.attributes[0].value.kind else { panic!() };
        assert_eq!(entries.len(), 1);
    }

    #[test]
    fn templates_in_strings_lead_back_through_both_escapes() {
        let text = r#"{"locals": {"s": "allow \"x\" ${ lookup(var.m, \"k\") } é$${y}"}}"#;
        let body = read(text);
        let ExprKind::Template(parts) = &body.blocks[0].body.attributes[0].value.kind else { panic!() };
        let [
            TemplatePart::Literal(first),
            TemplatePart::Interpolation { value, place },
            TemplatePart::Literal(last),
        ] = parts.as_slice()
        else {
            panic!("{parts:?}")
        };
        assert_eq!(first.as_str(), "allow \"x\" ");
        assert_eq!(first.locate(Span::new(6, 7), FILE).unwrap().span.of(text), "\\\"");
        assert_eq!(place.span.of(text), r#"${ lookup(var.m, \"k\") }"#);
        let ExprKind::Call { arguments, .. } = &value.kind else { panic!() };
        assert_eq!(arguments[1].place.span.of(text), r#"\"k\""#);
        assert_eq!(last.as_str(), " é${y}");
        assert_eq!(last.locate(Span::new(3, 5), FILE).unwrap().span.of(text), "$${");
    }

    #[test]
    fn values_and_defaults_are_plain_text() {
        let values = json_values(FILE, r#"{"a": "${x", "b": [true, 1]}"#);
        assert_eq!(values.problems, []);
        assert_eq!(values.body.attributes.len(), 2);
        let body =
            read(r#"{"variable": {"v": {"default": "${x", "validation": [{"condition": "${true}"}]}}}"#);
        assert_eq!((body.blocks[0].body.attributes.len(), body.blocks[0].body.blocks.len()), (1, 1));
    }

    #[test]
    fn what_is_no_block_or_no_template_is_told_with_its_place_and_the_rest_is_read() {
        let text = r#"{"resource": {"a": 1, "b": {"c": {"s": "${", "t": "u"}}}}"#;
        let found = json(FILE, text);
        let shown: Vec<_> = found.problems.iter().map(|p| p.place.span.of(text)).collect();
        assert_eq!(shown, ["1", "\"${\""]);
        assert_eq!(found.body.blocks[0].body.attributes.len(), 2);
    }
}
