//! The quick reader and the outline against the thorough one, and what all make of texts.

use super::*;
use crate::source::terraform::syntax::ExprKind;

fn read(text: &str) -> Read {
    native(FileId(0), text)
}

/// The text of a template without sequences.
fn text(read: &Read, attribute: usize) -> String {
    let ExprKind::Template(parts) = &read.body.attributes[attribute].value.kind else {
        panic!("no template")
    };
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => text.as_str().to_owned(),
        _ => "•".to_owned(),
    };
    parts.iter().map(part).collect()
}

/// What hcl-edit makes of a text that it takes as it is.
fn slowly(text: &str) -> Option<Body> {
    let mut reader = Reader { salvageable: 0, ..Reader::new(FileId(0), text) };
    reader.parse(Chunk { start: 0, end: text.len() }).ok()
}

/// Texts of every construct, those that are rare, and those that are wrong.
const TEXTS: &[&str] = &[
    "",
    "a = 1",
    "a = -1.5e3 # c\nb = 2.0 // d\r\nc = 1e-2\n",
    "a = null\nb = true\nc = false\nd = nullable\n",
    "/* x */ a = /* y */ b /* z */\n\n\n# end",
    "resource \"a\" \"b\" {\n  x = y.z[0].w[*].v.u[\"k\"]\n  n {\n  }\n}\n",
    "resource a b { x = 1 }\nmoved {}\nlocals { # c\n}\n",
    "x = a.*.b.c[0]\ny = a[*].b[1].c\nz = a.0.b.10\nw = a.b.*\n",
    "x = a ? b : c ? d : e\ny = (a || b) && !c == d != e < 1 + 2 * 3 % 4 - 5 / 6 >= 7\n",
    "x = -a.b\ny = !a[0]\nz = 1 - -1\nw = a -b\n",
    "x = [1, a, [2,], \"s\", ]\ny = []\nz = [\n  # c\n  1, // d\n  2\n]\n",
    "x = { a = 1, \"b\" : 2\n c = 3 # d\n (e) = 4\n \"${f}\" = 5\n g.h = 6 }\ny = {}\n",
    "x = [for a in b : a if c]\ny = { for k, v in m : k => v... if v != null }\nz = [ for\na, b in c : [for d in e : d]]\n",
    "x = { for = 1 }\ny = [format, fork(1)]\nz = { for_each = 1 }\n",
    "x = f(a, b...)\ny = f()\nz = f(\n  a,\n  b,\n)\nw = provider::a::b(1)\nv = f (a)\n",
    "x = f(a)\n  + b\n",
    "x = f(a)\n? 1 : 2\n",
    "x = [a\n+ b]\ny = (a\n+ b)\n",
    "x = \"\"\ny = \"a\\n\\t\\\\\\\"\\u00e9\\U0001F600\"\nz = \"$${a} %%{b} $ % $$ 100%\"\n",
    "x = \"a ${b} c ${~ d ~} e ${f(\"g ${h}\")}\"\ny = \"${a}\"\nz = \"${\n a\n}\"\nw = \"$$${a}\"\n",
    "x = \"a\\qb\"\n",
    "x = \"%{ if a }b%{ else }c%{ endif }\"\n",
    "x = <<EOT\na\n  ${b} c\n  EOTX\n\nEOT\ny = 1\n",
    "x = <<-EOT\r\n    a ${b}\r\n   c $${d} ${e}\r\n  EOT\r\n",
    "x = [<<A\na\nA\n, <<-B\n b\n B\n]\n",
    "x = f(<<A\na\nA\n)\n",
    "x = <<EOT\nEOT\ny = <<EOT\na\nEOT\n",
    "x = <<EOT\na\nEOT b\nEOT\n",
    "x = <<EOT\n%{ for a in b ~}\n${a}\n%{ endfor ~}\nEOT\n",
    "x = <<EOT\na ${b",
    "x = \"é ${ä} ü\"\nä = 1\n",
    "x = 1\nx = 2\n",
    "x = { a = 1, a = 2 }\n",
    "x = a.b.c[d.e[f]].g ? h(i)[0].j : k\n",
    "x = a ==b\ny = a= =b\n",
    "x = 1 y = 2\n",
    "x = [1, 2\n",
    "x = \"a\nb\"\n",
    "x = 0.1.2\ny = 10foo\n",
    "x = a.b.00\n",
    "x = 99999999999999999999\n",
    "a \"b${c}\" {\n}\n",
    "x = {\n  a = f(1)\n  -b = 2\n}\n",
    "x = {\n  a = [1]\n  (b) = 2\n}\n",
    "x = {\r\n  a = 1,\r\n  b = 2\r\n}\r\n",
    "x = \"a\"[0]\ny = (a).b\nz = [1][0]\nw = {a = 1}.a\n",
    "x = a.\n  b\n",
    "x = a # \r b\n",
    "x = \"${a /* b */}\"\ny = \"${\n# c\na}\"\n",
    "x = a % b\ny = a%{b\n",
    "x = b <<EOT\na\nEOT\n",
];

fn quickly(text: &str) -> Option<Body> {
    quick::body(FileId(0), &text.into(), 0, false)
}

/// Holds for the text as it is, and for what is in a block that is read later.
fn same_tree(text: &str) {
    for text in [text.to_owned(), format!("terraform {{\n{text}\n}}\n")] {
        if let Some(body) = quickly(&text) {
            assert_eq!(Some(body), slowly(&text), "{text}");
        }
    }
}

#[test]
fn the_quick_reader_gives_the_tree_of_the_thorough_one() {
    TEXTS.iter().for_each(|text| same_tree(text));
    let plain = TEXTS.iter().filter(|text| quickly(text).is_some()).count();
    assert!(plain > 25, "only {plain} were read quickly");
    let later = quickly("variable a {\n}\nlocals {\n}\n").unwrap_or_default();
    assert_eq!(later.blocks.iter().map(|block| block.body.is_later()).collect::<Vec<_>>(), [true, false]);
}

proptest::proptest! {
    /// Pieces put together at random, most of them no Terraform.
    #[test]
    fn the_quick_reader_takes_nothing_that_the_thorough_one_refuses(
        cuts in proptest::collection::vec((0..TEXTS.len(), 0_usize..80, 0_usize..80), 1..4),
    ) {
        let piece = |&(text, from, length): &(usize, usize, usize)| -> String {
            TEXTS[text].chars().skip(from.saturating_sub(20)).take(length + 1).collect()
        };
        let text = cuts.iter().map(piece).collect::<String>();
        same_tree(&text);
        same_outline(&text);
    }
}

/// The tree of an outline whose blocks are all asked for, and whether anything is wrong with it.
fn outlined(text: &str) -> (Body, bool) {
    let read = outline(FileId(0), &text.into());
    let asked = read.body.clone();
    assert_eq!(asked, read.body);
    let late = read.body.blocks.iter().any(|block| !block.body.problems().is_empty());
    (read.body, late || !read.problems.is_empty())
}

fn same_outline(text: &str) {
    for text in [text.to_owned(), format!("terraform {{\n{text}\n}}\n")] {
        let whole = read(&text);
        let (body, is_wrong) = outlined(&text);
        assert_eq!(is_wrong, !whole.problems.is_empty(), "{text}");
        if !is_wrong {
            assert_eq!(body, whole.body, "{text}");
        }
    }
}

#[test]
fn an_outline_gives_the_tree_of_the_whole_once_it_is_asked_for() {
    TEXTS.iter().for_each(|text| same_outline(text));
}

#[test]
fn an_outline_of_text_that_is_not_laid_out_as_usual_is_right() {
    same_outline("locals {\n  x = {\n  a = 1\n}\n}\n");
    same_outline("variable a {\n  default = 1\n  }\nlocals {\n  b = 1\n}\n");
    same_outline("a b {\nx {\n}\ny {\n z {\n }\n}\n}\nc {\n}\n");
    same_outline("a {\n  x = <<EOT\n{\n}\nEOT\n}\nb {\n  y = \"}\"\n}\n");
}

#[test]
fn what_is_wrong_in_a_block_of_an_outline_is_told_when_it_is_asked_for() {
    let text = "resource a b {\n  x = = 1\n  y = 2\n}\nlocals {\n  z = 3\n}\n";
    let read = outline(FileId(0), &text.into());
    assert!(read.problems.is_empty() && read.body.blocks[0].body.problems().is_empty());
    let names: Vec<_> = read.body.blocks[0].body.attributes.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["y"]);
    assert_eq!(read.body.blocks[0].body.problems().len(), 1);
}

#[test]
fn a_bad_attribute_loses_itself_alone() {
    let read = read(
        "resource \"a\" \"b\" {\n  x = [1,\n  y = ]\n}\nlocals {\n  ok = \"1\"\n  bad = = 2\n  fine = \"2\"\n}\n",
    );
    assert_eq!(read.problems.len(), 3, "{:?}", read.problems);
    let names: Vec<_> = read.body.blocks[1].body.attributes.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["ok", "fine"]);
}

#[test]
fn an_unclosed_block_does_not_swallow_the_next() {
    let read = read("resource \"a\" \"b\" {\n  x = \"1\"\n\nresource \"a\" \"c\" {\n  y = \"2\"\n}\n");
    let labels: Vec<_> = read.body.blocks.iter().map(|block| block.labels[1].as_str()).collect();
    assert_eq!(labels, ["b", "c"]);
    assert_eq!(read.problems.len(), 1);
}

#[test]
fn what_terraform_takes_is_taken() {
    for text in [
        "a = { k = 1, k = 2, \"k\" = 3 }\n",
        "a = { \"\" = 1\n \"\" = 2\n (var.x) = 3\n (var.x) = 4 }\n",
        "a = { for x in y : x => (x == 1\n ? 2 : 3)\n if true }\n",
        "a = { for x in y :\n # why\n x => x == 1\n   ? 2\n   : 3\n}\n",
        "\u{feff}a = 1\n",
        "a = 1\r\nb = <<EOT\r\nx\r\nEOT\r\n",
    ] {
        let read = read(text);
        assert!(read.problems.is_empty(), "{text}: {:?}", read.problems);
        assert!(!read.body.attributes.is_empty(), "{text}");
    }
}

#[test]
fn repeated_keys_keep_the_names_that_the_user_wrote() {
    let read = read("a = { key = 1, key = 2 }\n");
    let ExprKind::Object(items) = &read.body.attributes[0].value.kind else { panic!("no object") };
    for (key, _) in items {
        let ExprKind::Template(parts) = &key.kind else { panic!("no name") };
        let TemplatePart::Literal(text) = &parts[0] else { panic!("no literal") };
        assert_eq!(text.as_str(), "key");
    }
}

#[test]
fn heredocs_are_undented_and_stripped_as_terraform_does() {
    assert_eq!(text(&read("a = <<-EOT\n    x\n      y\n\n    z\n  EOT\n"), 0), "x\n  y\n\nz\n");
    assert_eq!(text(&read("a = <<-EOT\n    x\n  ${b}\n  EOT\n"), 0), "  x\n•\n");
    assert_eq!(text(&read("a = <<EOT\n  x\nEOT\n"), 0), "  x\n");
    assert_eq!(text(&read("a = \"x ${~ b ~} y\"\n"), 0), "x•y");
}

#[test]
fn every_byte_of_a_heredoc_leads_back_to_the_file() {
    let source = "a = <<-EOT\n    allow group x\n    to read y\n  EOT\n";
    let read = read(source);
    let ExprKind::Template(parts) = &read.body.attributes[0].value.kind else { panic!("no template") };
    let TemplatePart::Literal(text) = &parts[0] else { panic!("no literal") };
    for word in ["allow", "group", "to", "read"] {
        let at = text.as_str().find(word).unwrap();
        let place = text.editable(Span::new(at, at + word.len())).unwrap();
        assert_eq!(place.span.of(source), word);
    }
}

#[test]
fn hopeless_depth_is_one_clear_problem() {
    let read = read(&format!("a = {}1{}\nb = 2\n", "(".repeat(10_000), ")".repeat(10_000)));
    assert_eq!(read.problems.len(), 1);
    assert!(read.problems[0].message.contains("nested"), "{}", read.problems[0].message);
    // Terraform takes it, so it is no error.
    assert_eq!(read.problems[0].severity, crate::diag::Severity::Warning);
    assert_eq!(read.body.attributes.len(), 1);
}

#[test]
fn comments_that_speak_to_this_tool_are_told() {
    let read = read("a = 1 # ociam: ignore[x] y\n  // ociam: ignore[z]\nb = \"# ociam: no\"\n");
    let own: Vec<_> = read.comments.iter().map(|comment| comment.own_line).collect();
    assert_eq!(own, [false, true]);
}
