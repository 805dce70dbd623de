//! The reader against Terraform itself: what `terraform fmt` takes is read without a problem, what it refuses
//! is told. Without a `terraform` on the path only the laws that need none are tested.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::process::Command;

use ociam::source::terraform::eval::{NoFiles, evaluate};
use ociam::source::terraform::module::TerraformFile;
use ociam::source::terraform::read::{Read, json, json_values, native};
use ociam::source::terraform::syntax::{Body, Expr, ExprKind, Step, TemplatePart};
use ociam::text::{FileId, Files, Place, SourceFile};
use proptest::prelude::*;

const FILE: FileId = FileId(0);

/// Forms that are easy to get wrong, all taken by Terraform.
const VALID: &[&str] = &[
    "",
    "\n\n",
    "a = 1",
    "\u{feff}a = 1\n",
    "a = 1\r\nb {\r\n  c = \"x\"\r\n}\r\n",
    "# c\n// c\n/* c\n c */ a = /* c */ 1 # c\n",
    "b \"l\" m {} # c\nb {}\nb { a = 1 }\nb \"x\" { a = [1, 2] }\n",
    "b { /* c */ a = 1 /* c */ }\n",
    "a = [\n  1, # c\n  2 // c\n  , 3, /* c */\n]\n",
    "a = {\n  x = 1, y : 2\n  \"z ${var.q}\" = 3 # c\n  (var.k) = 4\n  var.p.q = 5\n  1 = 6\n  for = 7\n}\n",
    "a = { x = 1, x = 2, \"x\" = 3 }\n",
    "a = { for k, v in var.m : k => v... if v != null }\n",
    "a = { for k, v in var.m : k =>\n  v.x\n  ? [1]\n  : [2]\n}\n",
    "a = { for k in var.m : # c\n  k => \"x\"\n  if\n  true\n}\n",
    "a = [for x in var.l : x if x.y\n  == 1\n]\n",
    "a = [\n  for x in var.l :\n  {\n    a = x\n    b = x.y\n  }\n]\n",
    "a = (1 +\n  2 # c\n  *\n  3)\n",
    "a = (\n  var.x\n  ? 1\n  : 2\n)\n",
    "a = var.x ? \"y\" : \"n\"\nb = var.x?1:2\n",
    "a = f(1, 2, var.l...)\nb = f(\n  1,\n  2,\n)\nc = f()\nd = provider::x::f(1)\n",
    "a = var.l.0.b\nb = var.l[0].b\nc = var.l.*.b.c\nd = var.l[*].b[0].c\ne = var.m[\"k\"].l[var.i + 1]\n",
    "a = var.l.*.b[0]\nb = a.b.0.c.1\n",
    "a = -1\nb = !true\nc = 1.5e3\nd = -var.x\ne = !(a && b) || c\nf = 1 <= 2 && 3 != 4 % 5\n",
    "a = \"$${x} %%{y} $ % $$ %% $x\"\n",
    "a = \"\\u00e9 \\U0001F600 \\n \\t \\r \\\" \\\\\"\n",
    "a = \"${\"${\"deep\"}\"}\"\nb = \"${ {a = \"}\"}.a }\"\nc = \"${f(\"x\", \"${y}\")}\"\n",
    "a = \"%{ if x }y%{ else }n%{ endif }\"\nb = \"%{ for i, v in l ~} ${v} %{~ endfor }\"\n",
    "a = \"%{if x}%{for v in l}%{if v}1%{endif}%{endfor}%{endif}\"\n",
    "a = <<EOT\nx ${y} \"q\" \\n\nEOT\n",
    "a = <<-EOT\n    x\n      ${y}\n    EOT\n",
    "a = <<EOT\nEOT\nb = 1\n",
    "a = <<-E-O_T1\n  %{ for v in l ~}\n  ${v}\n  %{ endfor ~}\n  E-O_T1\n",
    "a = f(<<EOT\nx\nEOT\n, 2)\n",
    "a = f(<<EOT\nx\nEOT\n)\n",
    "a = [<<EOT\nx\nEOT\n, <<EOT\ny\nEOT\n]\n",
    "a = {\n  x = <<EOT\ny\nEOT\n  z = 1\n}\n",
    "a = <<EOT\n${f(\"}\")} EOT\n  EOTX\nEOT\n",
    "a = <<EOT\n  x\n  EOT\nb = 1\n",
    "é = 1\nname-with-dash = 2\n_a1 = a-b\n",
    "a = null\nb = nullable\nc = true_ish\n",
    "a = {}\nb = []\nc = {\n}\nd = [\n]\ne = [[], {}]\n",
    "a = { \"x\": 1,\n\n  \"y\": 2,\n}\n",
    "a = \"\"\nb = \" \"\n",
    "a = (((((((((((((((((((((1)))))))))))))))))))))\n",
    "a = x == null ? [] : [for y in x : y]\n",
    "a = x.y[\"z\"][0].*.w\n",
    "a = var.x [0]\nb = f (1)\n",
    "a = \"x\\\\${y}\"\n",
    "dynamic \"x\" {\n  for_each = var.y\n  content {\n    z = x.value\n  }\n}\n",
    "a = \"allow group ${var.g} to use x in compartment id ${var.c[\"k\"].id} where any { a = 'b' }\"\n",
    "a = { (\"x\") = 1, (var.y ? \"a\" : \"b\") = 2 }\n",
    "a = \"$\"\nb = \"%\"\nc = \"$${\"\nd = \"x$\"\ne = \"$$\"\n",
    "a = <<EOT\nEOT x\nEOT.\n  EOT,\nEOT\n",
    "a = <<EOT\nx\n  EOT \nb = 1\n",
    "a = 1 # no line's end",
    "a = 1 /* c */",
];

/// Broken files, each with the names of the attributes that must survive.
const BROKEN: &[(&str, &[&str])] = &[
    ("a = \nb = 1\n", &["b"]),
    ("a = 1\nb = \"x\nc = 2\n", &["a", "c"]),
    ("a = 1\nb = [1, 2\nc = 3\n", &["a"]),
    ("a = 1 2\nb = 2\n", &["b"]),
    ("a = ${x}\nb = 2\n", &["b"]),
    ("a = 'x'\nb = 2\n", &["b"]),
    ("a = \"${x\"\nb = 2\n", &["b"]),
    ("a = \"\\q\"\nb = 2\n", &["b"]),
    ("b {\n  a = 1\n  c = = 2\n  d = 3\n}\ne = 4\n", &["a", "d", "e"]),
    ("b {\n  a = 1\n", &["a"]),
    ("a = 1\n}\nb = 2\n", &["a", "b"]),
    ("a = 1\na = 2\n", &["a"]),
    ("x = {{ jinja }}\na = 1\n", &["a"]),
    ("<<<<<<< HEAD\na = 1\n=======\nb = 2\n>>>>>>> x\n", &["a", "b"]),
    ("b { a = 1, c = 2 }\nd = 1\n", &["a", "c", "d"]),
    ("b {\n  a = f(1, 2), c = [1, 2], d = \"x, e = 1\", g {}\n}\n", &["a", "c", "d"]),
    ("a = <<EOT\nx\n", &[]),
    ("a = \"%{ if x }y\"\nb = 2\n", &["b"]),
    ("/* a = 1\n", &[]),
    ("a = f(1,\nb = 2\n", &[]),
    ("a = b.\nc = 1\n", &["c"]),
    ("a = 1 +\nb = 2\n", &[]),
    ("a = \"x\ny\"\nb = 2\n", &["b"]),
    ("a = f(<<EOT\nx\nEOT)\nb = 2\n", &[]),
    ("a = { x = 1 y = 2 }\nb = 2\n", &["b"]),
    ("a {\n  b = [1,\n    2\n  c = 3\n  d = \"${x\n  e = 4\n  f {\n    g = 1\n  }\n}\n", &["c", "e", "g"]),
];

/// Which of these files Terraform refuses; `None` without Terraform.
fn refused_by_terraform(files: &[String]) -> Option<BTreeSet<usize>> {
    let directory = tempfile::tempdir().unwrap();
    for (at, text) in files.iter().enumerate() {
        std::fs::write(directory.path().join(format!("f{at}.tf")), text).unwrap();
    }
    let run = Command::new("terraform")
        .args(["fmt", "-list=false", "-write=false", "-recursive", "-no-color", "."])
        .current_dir(directory.path())
        .env("CHECKPOINT_DISABLE", "1")
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: no terraform");
        return None;
    };
    // Each refusal tells its place as `on f12.tf line 3`.
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    let names = told.split(" on f").skip(1).map(|rest| rest.split(".tf").next().unwrap());
    Some(names.map(|number| number.parse().unwrap()).collect())
}

/// The names of all attributes, blocks entered.
fn names(body: &Body) -> Vec<&str> {
    let own = body.attributes.iter().map(|attribute| attribute.name.as_str());
    own.chain(body.blocks.iter().flat_map(|block| names(&block.body))).collect()
}

#[test]
fn what_terraform_takes_is_read_without_a_problem() {
    for text in VALID {
        let read = native(FILE, text);
        assert!(read.problems.is_empty(), "{text}\n{:?}", read.problems);
    }
    if let Some(refused) =
        refused_by_terraform(&VALID.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    {
        let wrong: Vec<_> = refused.iter().map(|&at| VALID[at]).collect();
        assert!(wrong.is_empty(), "terraform refuses {wrong:#?}");
    }
}

#[test]
fn what_terraform_refuses_is_told_and_the_rest_is_read() {
    for (text, kept) in BROKEN {
        let read = native(FILE, text);
        assert!(!read.problems.is_empty(), "accepted: {text}");
        let names = names(&read.body);
        for name in *kept {
            assert!(names.contains(name), "{name} lost of {text}: {names:?}\n{:?}", read.problems);
        }
    }
    let texts: Vec<String> = BROKEN.iter().map(|(text, _)| (*text).to_owned()).collect();
    if let Some(refused) = refused_by_terraform(&texts) {
        let taken: Vec<_> =
            (0..texts.len()).filter(|at| !refused.contains(at)).map(|at| &texts[at]).collect();
        assert!(taken.is_empty(), "terraform takes {taken:#?}");
    }
}

/// A source of choices that gives the same files on every run.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }

    fn of<'t>(&mut self, options: &[&'t str]) -> &'t str {
        options[self.below(options.len())]
    }

    /// An expression. `free` tells that line breaks are ignored where it stands.
    fn expr(&mut self, depth: usize, free: bool) -> String {
        if depth == 0 {
            return self
                .of(&[
                    "1",
                    "true",
                    "null",
                    "var.x",
                    "local.l[0]",
                    "\"s\"",
                    "\"a ${b} c\"",
                    "x.*.y",
                    "x[*].y.0",
                    "-1.5",
                ])
                .to_owned();
        }
        let depth = depth - 1;
        let gap = if free {
            self.of(&[" ", "\n", " # c\n ", " /* c */ ", "  ", "\r\n"])
        } else {
            self.of(&[" ", " /* c */ "])
        };
        let inner = |this: &mut Self| {
            let gap = this.of(&["", "\n", " ", " // c\n"]);
            format!("{gap}{}{gap}", this.expr(depth, true))
        };
        match self.below(12) {
            0 => format!(
                "{}{gap}{}{gap}{}",
                self.expr(depth, free),
                self.of(&["+", "==", "&&", "<", "||", "%"]),
                self.expr(depth, free)
            ),
            1 => format!(
                "{}{gap}?{gap}{}{gap}:{gap}{}",
                self.expr(depth, free),
                self.expr(depth, free),
                self.expr(depth, free)
            ),
            2 => format!("({})", inner(self)),
            3 => format!("[{},{}]", inner(self), inner(self)),
            4 => format!("f({},{})", inner(self), inner(self)),
            5 => {
                let (separator, sign) = (self.of(&[",", "\n", ",\n", " # c\n"]), self.of(&["=", ":", " = "]));
                format!(
                    "{{ k{sign}{}{separator}\"q\"{sign}{}{separator}}}",
                    self.expr(depth, false),
                    self.expr(depth, false)
                )
            }
            6 => format!("[for v in {}:{}]", inner(self), inner(self)),
            7 => format!("{{for k, v in {}:{}=>{}}}", inner(self), inner(self), inner(self)),
            8 => format!("\"a ${{{}}} b\"", inner(self)),
            9 => format!(
                "\"%{{ if {} }}x%{{ else }}${{{}}}%{{ endif }}\"",
                self.expr(depth, false),
                inner(self)
            ),
            10 => format!("!({})", inner(self)),
            _ => format!("f(<<EOT\nx ${{{}}}\n  EOT\n)", inner(self)),
        }
    }
}

#[test]
fn generated_files_are_taken_and_refused_as_by_terraform() {
    let mut choices = Choices(0x9E37_79B9_7F4A_7C15);
    let mut files = Vec::new();
    for at in 0..CASES {
        let depth = 1 + at % 4;
        let mut text = format!("b \"l\" {{\n  a = {}\n  z = 1\n}}\n", choices.expr(depth, false));
        if at % 2 == 1 {
            // A file with one character lost or put in.
            let cut = choices.below(text.len());
            if choices.below(2) == 0 {
                text.remove(cut);
            } else {
                text.insert_str(
                    cut,
                    choices.of(&["\"", "{", "}", "(", ",", "=", "\n", "${", "#", ".", "x "]),
                );
            }
        }
        files.push(text);
    }
    let Some(refused) = refused_by_terraform(&files) else { return };
    assert!(refused.len() > CASES / 8 && refused.len() < CASES / 2 + CASES / 8, "{}", refused.len());
    let mut valid_refused = Vec::new();
    let mut broken_taken = Vec::new();
    for (at, text) in files.iter().enumerate() {
        let read = native(FILE, text);
        match (refused.contains(&at), read.problems.first()) {
            (false, Some(problem)) => valid_refused.push(format!("{}\n{text}", problem.message)),
            (true, None) => broken_taken.push(text),
            _ => {}
        }
    }
    eprintln!("{} valid refused, {} broken taken", valid_refused.len(), broken_taken.len());
    assert!(valid_refused.is_empty(), "{}", valid_refused.join("\n---\n"));
    // A stray quote inside a directive, and the like: nothing is lost by taking them.
    assert!(broken_taken.len() * 100 <= CASES, "{broken_taken:#?}");
}

const CASES: usize = 400;

/// Strings whose text depends on how escapes, line ends, indentation and strip markers are read.
const STRINGS: &[&str] = &[
    r#""a\"b\\c\n\t\r\u00e9\U0001F600""#,
    r#""$${a} %%{b} $ % $$ %% $x %y $${ %%{""#,
    r#""$$${local.s} $$$${x} 100%%${local.s}""#,
    r#""a ${~ local.s ~} b""#,
    r#""a %{~ if local.t ~} y %{~ else ~} n %{~ endif ~} b""#,
    r#""%{ for i, v in local.l ~} ${i}=${v}, %{ endfor ~} end""#,
    "<<EOT\n  x\n    y\nEOT\n",
    "<<-EOT\n  x\n    y\n  EOT\n",
    "<<-EOT\n    x\n  y\n\n      z\n EOT\n",
    "<<-EOT\n    x\n   \n      z\n    EOT\n",
    "<<-EOT\n\tx\n\t\ty\n\tEOT\n",
    "<<-EOT\n    ${local.s}\n      y ${local.s}\n    EOT\n",
    "<<-EOT\n      x\n  ${local.s} y\n    EOT\n",
    "<<-EOT\n    %{ if local.t }\n    y\n    %{ else }\n    n\n    %{ endif }\n    EOT\n",
    "<<-EOT\n    %{ if local.t ~}\n    y\n    %{ else ~}\n    n\n    %{ endif ~}\n    EOT\n",
    "<<-EOT\n    %{~ for v in local.l ~}\n      - ${v}\n    %{~ endfor ~}\n    z\n    EOT\n",
    "<<EOT\n%{ for v in local.l }${v}\n%{ endfor }EOT x\nEOT\n",
    "<<EOT\n\\n \\\" $${x} %%{y} \\u00e9\nEOT\n",
    "<<EOT\n\nEOT\n",
    "<<EOT\nEOT\n",
    "<<EOT\nx\n\n\nEOT\n",
    "<<-EOT\n  a ${~ local.s ~}\n  b\n  EOT\n",
    "<<-EOT\n  a\n    ${~ local.s ~}\n  b\n  EOT\n",
    "<<-EOT\n    %{ for v in local.l }%{ if v == \"p\" }\n    one\n    %{ endif }%{ endfor }\n    EOT\n",
    "<<-EOT\n  é x\n  \u{a0}y\n  EOT\n",
    "<<-EOT\n    ${local.s}${local.s}\n    ${local.t ? <<-IN\n        in\n      IN\n : \"\"}\n    EOT\n",
    "<<EOT\r\nx\r\n  y\r\nEOT\r\n",
    "<<-EOT\r\n    x\r\n    %{ if local.t ~}\r\n    y\r\n    %{ endif ~}\r\n    EOT\r\n",
];

#[test]
fn strings_and_heredocs_hold_the_text_that_terraform_gives_them() {
    let context = "locals {\n  s = \"S\"\n  t = true\n  l = [\"p\", \"q\"]\n}\n";
    let (mut resources, mut outputs) = (context.to_owned(), context.to_owned());
    for (at, string) in STRINGS.iter().enumerate() {
        let local = format!("locals {{\n  v{at} = {string}\n}}\n");
        resources.push_str(&local);
        resources.push_str(&format!(
            "resource \"oci_identity_policy\" \"p{at}\" {{\n  statements = [jsonencode(local.v{at})]\n}}\n"
        ));
        outputs.push_str(&local);
        outputs.push_str(&format!("output \"p{at}\" {{\n  value = jsonencode(local.v{at})\n}}\n"));
    }
    let mut files = Files::new();
    let file = files.add(SourceFile::new("main.tf", resources.as_str()));
    let read = native(file, &resources);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let parsed = [TerraformFile { path: "main.tf".into(), file, body: read.body, quiet: false }];
    let found = evaluate(&parsed, &mut files, &NoFiles);
    let of = |at: usize| {
        let address = format!("oci_identity_policy.p{at}");
        let mut of_policy = found.statements.iter().filter(|statement| {
            statement.policy.is_some_and(|policy| *found.policies[policy].address == *address)
        });
        let why = || found.unresolved.iter().find(|unresolved| *unresolved.address == *address);
        of_policy.next().map_or_else(
            || why().map_or("nothing".to_owned(), |unresolved| unresolved.reason.to_string()),
            |statement| statement.text.as_str().to_owned(),
        )
    };

    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("main.tf"), outputs).unwrap();
    let terraform = |arguments: &[&str]| {
        let mut command = Command::new("terraform");
        command.args(arguments).current_dir(directory.path()).env("CHECKPOINT_DISABLE", "1").output()
    };
    let Ok(applied) = terraform(&["apply", "-auto-approve", "-input=false", "-no-color"]) else {
        println!("skipped: no terraform");
        return;
    };
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let shown = terraform(&["output", "-json"]).unwrap();
    let values: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let mut wrong = Vec::new();
    for (at, string) in STRINGS.iter().enumerate() {
        let theirs = values[format!("p{at}")]["value"].as_str().unwrap();
        if theirs != of(at) {
            wrong.push(format!("{string}\n  ours   {}\n  theirs {theirs}", of(at)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every place of a tree.
fn places(read: &Read) -> Vec<Place> {
    fn of_body(body: &Body, found: &mut Vec<Place>) {
        for attribute in &body.attributes {
            found.push(attribute.place);
            of_expr(&attribute.value, found);
        }
        for block in &body.blocks {
            found.push(block.place);
            of_body(&block.body, found);
        }
    }
    fn of_parts(parts: &[TemplatePart], found: &mut Vec<Place>) {
        for part in parts {
            match part {
                TemplatePart::Literal(text) => found.extend(text.segments().iter().map(|s| s.source)),
                TemplatePart::Interpolation { value, place } => {
                    found.push(*place);
                    of_expr(value, found);
                }
                TemplatePart::If { condition, yes, no, place } => {
                    found.push(*place);
                    of_expr(condition, found);
                    of_parts(yes, found);
                    of_parts(no, found);
                }
                TemplatePart::For { collection, body, place, .. } => {
                    found.push(*place);
                    of_expr(collection, found);
                    of_parts(body, found);
                }
            }
        }
    }
    fn of_expr(expr: &Expr, found: &mut Vec<Place>) {
        found.push(expr.place);
        let all =
            |items: &[&Expr], found: &mut Vec<Place>| items.iter().for_each(|item| of_expr(item, found));
        match &expr.kind {
            ExprKind::Template(parts) => of_parts(parts, found),
            ExprKind::List(items) | ExprKind::Call { arguments: items, .. } => {
                items.iter().for_each(|item| of_expr(item, found));
            }
            ExprKind::Object(entries) => entries.iter().for_each(|(key, value)| all(&[key, value], found)),
            ExprKind::Attr(inner, _) | ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => {
                of_expr(inner, found)
            }
            ExprKind::Index(a, b) | ExprKind::Binary(a, _, b) => all(&[a, b], found),
            ExprKind::Conditional(a, b, c) => all(&[a, b, c], found),
            ExprKind::Splat { value, steps, .. } => {
                of_expr(value, found);
                for step in steps {
                    if let Step::Index(index) = step {
                        of_expr(index, found);
                    }
                }
            }
            ExprKind::For(over) => {
                all(&[&over.collection, &over.result], found);
                over.result_key.iter().chain(&over.condition).for_each(|expr| of_expr(expr, found));
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Name(_)
            | ExprKind::Error => {}
        }
    }
    let mut found: Vec<Place> = read.problems.iter().map(|problem| problem.place).collect();
    found.extend(read.comments.iter().map(|comment| comment.place));
    of_body(&read.body, &mut found);
    found
}

fn inside(read: &Read, text: &str) -> Result<(), TestCaseError> {
    for place in places(read) {
        prop_assert!(text.get(place.span.range()).is_some(), "{:?} of {text:?}", place.span);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_places_stay_inside(
        text in r#"([a-z ]{1,3}|[\[\]{}()"=,:.#~?\\\n]|\$\{|%\{|<<EOT\n|\nEOT\n|<<-E\n|/\*|\*/|\r\n|é|for |if |endif|\u{feff}|a = ){0,40}"#,
    ) {
        inside(&native(FILE, &text), &text)?;
        inside(&json(FILE, &text), &text)?;
    }

    #[test]
    fn any_json_is_read_without_panic_and_places_stay_inside(
        text in r#"\{("(resource|locals|a|variable|\$\{x\}|\\u00e9%\{if )": ?([\[{]|1|null|"(\\n|\$\{[a-z\\" +]{0,4}\}|x|é){0,5}")?[}\],]{0,3}){0,20}"#,
    ) {
        inside(&json(FILE, &text), &text)?;
        inside(&json_values(FILE, &text), &text)?;
    }
}

#[test]
fn nesting_without_end_ends_in_a_problem_for_every_bracket() {
    for open in [
        "(",
        "[",
        "{",
        "{a=",
        "f(",
        "[for x in ",
        "\"${",
        "!",
        "-",
        "a[",
        "b {\n",
        "x ? ",
        "%{if x}",
        "\"%{if x}",
    ] {
        for text in [format!("a = {}", open.repeat(10_000)), open.repeat(10_000)] {
            let read = native(FILE, &text);
            assert!(!read.problems.is_empty(), "{open}");
            assert!(read.problems.len() < 50, "{open}: {}", read.problems.len());
        }
    }
}
