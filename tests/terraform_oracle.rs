//! Compares what the evaluator resolves with what Terraform itself computes: each expression becomes the one
//! statement of a policy here and an output there. Skipped where no `terraform` is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ociam::source::terraform::eval::{Loader, evaluate};
use ociam::source::terraform::module::TerraformFile;
use ociam::source::terraform::read::native;
use ociam::text::{Files, SourceFile};

struct Disk(PathBuf);

impl Loader for Disk {
    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        std::fs::read_to_string(self.0.join(path)).map(Into::into).map_err(|error| error.to_string())
    }

    fn list(&self, directory: &str, _: bool) -> Vec<String> {
        let directory = if directory.is_empty() { self.0.clone() } else { self.0.join(directory) };
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terraform")
}

/// What the evaluator gives for each expression: the statement, or why there is none.
fn ours(context: &str, expressions: &[String]) -> Vec<String> {
    let mut text = context.to_owned();
    for (at, expression) in expressions.iter().enumerate() {
        let line = format!(
            "\nresource \"oci_identity_policy\" \"p{at}\" {{\n  statements = [jsonencode({expression})]\n}}\n"
        );
        text.push_str(&line);
    }
    let mut files = Files::new();
    let file = files.add(SourceFile::new("main.tf", text.as_str()));
    let read = native(file, &text);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let parsed = [TerraformFile { path: "main.tf".into(), file, body: read.body, quiet: false }];
    let found = evaluate(&parsed, &mut files, &Disk(data()));
    let mut by_address: BTreeMap<String, String> = BTreeMap::new();
    for unresolved in &found.unresolved {
        by_address.insert(unresolved.address.to_string(), format!("unresolved: {}", unresolved.reason));
    }
    for statement in &found.statements {
        if let Some(policy) = statement.policy {
            let address = found.policies[policy].address.to_string();
            by_address.insert(address, statement.text.as_str().to_owned());
        }
    }
    let of = |at: usize| by_address.get(&format!("oci_identity_policy.p{at}")).cloned().unwrap_or_default();
    (0..expressions.len()).map(of).collect()
}

/// What Terraform gives for each expression; `None` where it refuses it. `None` for all without Terraform.
fn theirs(context: &str, expressions: &[String]) -> Option<Vec<Option<String>>> {
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(data()).unwrap().flatten() {
        if entry.path().extension().is_some_and(|extension| extension != "tf") {
            std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
        }
    }
    let mut text = context.to_owned();
    for (at, expression) in expressions.iter().enumerate() {
        let line = format!("\noutput \"p{at}\" {{\n  value = try(jsonencode({expression}), null)\n}}\n");
        text.push_str(&line);
    }
    std::fs::write(directory.path().join("main.tf"), text).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("terraform");
        command.args(arguments).current_dir(directory.path()).env("CHECKPOINT_DISABLE", "1").output()
    };
    let applied = run(&["apply", "-auto-approve", "-input=false", "-no-color"]).ok()?;
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let shown = run(&["output", "-json"]).unwrap();
    let values: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let of = |at: usize| values[format!("p{at}")]["value"].as_str().map(str::to_owned);
    Some((0..expressions.len()).map(of).collect())
}

/// Where Terraform gives a value, ours is the same. What it refuses may have a value here: sets pass for lists, say.
fn compare(context: &str, expressions: &[String]) {
    let Some(theirs) = theirs(context, expressions) else {
        println!("skipped: there is no terraform here");
        return;
    };
    let mut wrong = Vec::new();
    for ((expression, ours), theirs) in expressions.iter().zip(ours(context, expressions)).zip(theirs) {
        if let Some(theirs) = theirs.filter(|theirs| *theirs != ours) {
            wrong.push(format!("{expression}\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), expressions.len(), wrong.join("\n"));
}

fn compare_files(context: &str, expressions: &str) {
    let context = std::fs::read_to_string(data().join(context)).unwrap();
    let expressions = std::fs::read_to_string(data().join(expressions)).unwrap();
    let expressions: Vec<String> = expressions.lines().map(str::to_owned).collect();
    compare(&context, &expressions);
}

#[test]
fn expressions_evaluate_as_terraform_evaluates_them() {
    compare_files("context.tf", "expressions.txt");
}

#[test]
fn the_edges_of_functions_types_and_templates_are_terraforms() {
    compare_files("edges.tf", "edges.txt");
}

/// Makes expressions of a wanted type at random, the same ones for the same seed.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn pick<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices[self.below(choices.len())]
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .pick(&[
                    "\"a\"",
                    "\"\"",
                    "\"Allow group X\"",
                    "\"b,c\"",
                    "\"ünï cödé\"",
                    "local.object.name",
                    "local.list[1]",
                    "local.map[\"k1\"]",
                    "\"x\\\"y\"",
                    "\"$${n}\"",
                    "local.heredoc",
                    "\"  pad \"",
                ])
                .to_owned();
        }
        let d = depth - 1;
        match self.below(30) {
            0 => format!("\"p ${{{}}} q${{{}}}\"", self.text(d), self.text(d)),
            1 => format!("upper({})", self.text(d)),
            2 => format!("replace({}, \"a\", {})", self.text(d), self.text(d)),
            3 => format!("join({}, {})", self.pick(&["\", \"", "\"\"", "\"\\n\""]), self.list(d)),
            4 => format!("format(\"%s-%s|%d\", {}, {}, {})", self.text(d), self.text(d), self.number(d)),
            5 => format!("({} ? {} : {})", self.bool(d), self.text(d), self.text(d)),
            6 => format!("trimspace({})", self.text(d)),
            7 => format!("element({}, {})", self.list(d), self.below(7)),
            8 => format!("{}[{}]", self.list(d), self.below(3)),
            9 => format!("lookup({}, {}, {})", self.map(d), self.text(d), self.text(d)),
            10 => format!("coalesce({}, \"z\")", self.text(d)),
            11 => format!("try({}[9], {})", self.list(d), self.text(d)),
            12 => format!("substr({}, {}, {})", self.text(d), self.below(4), self.below(5)),
            13 => format!("\"%{{ if {} }}{}%{{ else }}n%{{ endif }}\"", self.bool(d), "y"),
            14 => format!("\"%{{ for v in {} }}<${{v}}>%{{ endfor }}\"", self.list(d)),
            15 => format!("jsonencode({})", self.map(d)),
            16 => format!("title({})", self.text(d)),
            17 => format!("trim({}, \"aAx \")", self.text(d)),
            18 => format!("format(\"%q|%-8s|%05d|%v\", {0}, {0}, {1}, {1})", self.text(d), self.number(d)),
            19 => format!("format(\"%v %s\", {}, {})", self.list(d), self.bool(d)),
            20 => format!("replace({}, \"/[aeiou](.)/\", \"<$1>\")", self.text(d)),
            21 => format!("indent({}, {})", self.below(4), self.text(d)),
            22 => format!("substr({}, -{}, {})", self.text(d), self.below(5), self.below(4)),
            23 => format!("coalesce(null, lookup({}, \"zz\", null), {}, \"n\")", self.map(d), self.text(d)),
            24 => format!("({} ? {} : {})", self.bool(d), self.text(d), self.number(d)),
            25 => format!("tostring(try({}, {}))", self.text(d), self.number(d)),
            26 => format!("\"%{{ for k, v in {} ~}} ${{k}}=${{v}}, %{{~ endfor }}\"", self.map(d)),
            27 => format!("jsonencode({})", self.list(d)),
            28 => format!("urlencode({})", self.text(d)),
            _ => format!("tostring({})", self.number(d)),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .pick(&[
                    "local.list",
                    "[]",
                    "[\"q\", \"r\"]",
                    "[\"a\", \"b\", \"a\"]",
                    "local.objects[*].name",
                ])
                .to_owned();
        }
        let d = depth - 1;
        match self.below(28) {
            0 => format!("[{}, {}]", self.text(d), self.text(d)),
            1 => format!("concat({}, {})", self.list(d), self.list(d)),
            2 => format!("[for v in {} : \"${{v}}-{}\"]", self.list(d), self.below(9)),
            3 => format!("[for i, v in {} : \"${{i}}${{v}}\" if v != \"a\"]", self.list(d)),
            4 => format!("distinct({})", self.list(d)),
            5 => format!("compact({})", self.list(d)),
            6 => format!("sort({})", self.list(d)),
            7 => format!("reverse({})", self.list(d)),
            8 => format!("split({}, {})", self.pick(&["\",\"", "\" \"", "\"a\""]), self.text(d)),
            9 => format!("keys({})", self.map(d)),
            10 => format!("values({})", self.map(d)),
            11 => format!("formatlist(\"%s in %s\", {}, {})", self.list(d), self.text(d)),
            12 => format!("flatten([{}, [{}]])", self.list(d), self.list(d)),
            13 => format!("tolist(toset({}))", self.list(d)),
            14 => format!("({} ? {} : {})", self.bool(d), self.list(d), self.list(d)),
            15 => format!("slice({}, 0, {})", self.list(d), self.below(3)),
            16 => format!("({} ? {} : [{}, \"s\"])", self.bool(d), self.list(d), self.number(d)),
            17 => format!("distinct([{}, {}, {}])", self.text(d), self.number(d), self.bool(d)),
            18 => format!("[for p in setproduct({}, {}) : join(\"-\", p)]", self.list(d), self.list(d)),
            19 => format!("flatten(chunklist({}, {}))", self.list(d), 1 + self.below(3)),
            20 => format!("matchkeys({0}, {0}, {1})", self.list(d), self.list(d)),
            21 => format!("[for v in regexall(\"[a-z]+\", {}) : upper(v)]", self.text(d)),
            22 => format!("coalescelist({}, [{}])", self.list(d), self.text(d)),
            23 => format!("[for k, v in {} : \"${{k}}/${{v}}\" if v != {}]", self.map(d), self.text(d)),
            24 => format!("jsondecode(jsonencode({}))", self.list(d)),
            25 => format!("yamldecode(yamlencode({}))", self.list(0)),
            26 => format!("concat(tolist({}), {})", self.list(d), self.list(d)),
            _ => format!("tolist(setunion({}, {}))", self.list(d), self.list(d)),
        }
    }

    fn map(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.pick(&["local.map", "{}", "{ x = \"1\", a = \"2\" }"]).to_owned();
        }
        let d = depth - 1;
        match self.below(9) {
            0 => format!("{{ (\"k${{{}}}\") = {}, z = {} }}", self.text(d), self.text(d), self.text(d)),
            1 => format!("merge({}, {})", self.map(d), self.map(d)),
            2 => format!("{{ for v in distinct({}) : v => upper(v) }}", self.list(d)),
            3 => format!("{{ for k, v in {} : \"${{v}}!\" => k... }}", self.map(d)),
            4 => format!("zipmap({0}, {0})", self.list(d)),
            5 => format!("({} ? {} : {{ q = {} }})", self.bool(d), self.map(d), self.number(d)),
            6 => format!("tomap({{ a = {}, b = {} }})", self.text(d), self.number(d)),
            7 => format!("transpose({{ x = {}, y = {} }})", self.list(d), self.list(d)),
            _ => format!("{{ for k, v in {} : k => v if k != \"k1\" }}", self.map(d)),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        match (depth, self.below(4)) {
            (0, _) => self.pick(&["1", "0", "7", "-3"]).to_owned(),
            (_, 0) => format!("length({})", self.list(depth - 1)),
            (_, 1) => format!("({} + {})", self.number(depth - 1), self.number(depth - 1)),
            (_, 2) => format!("max({}, {})", self.number(depth - 1), self.number(depth - 1)),
            _ => format!("({} * {})", self.number(depth - 1), self.number(depth - 1)),
        }
    }

    fn bool(&mut self, depth: usize) -> String {
        match (depth, self.below(10)) {
            (0, _) => self.pick(&["true", "false", "local.yes"]).to_owned(),
            (_, 0) => format!("{} == {}", self.text(depth - 1), self.text(depth - 1)),
            (_, 1) => format!("contains({}, {})", self.list(depth - 1), self.text(depth - 1)),
            (_, 2) => format!("{} > {}", self.number(depth - 1), self.number(depth - 1)),
            (_, 3) => format!("(!{} || {})", self.bool(depth - 1), self.bool(depth - 1)),
            (_, 4) => format!("can(regex(\"^[A-Z]\", {}))", self.text(depth - 1)),
            (_, 5) => format!("{} == []", self.list(depth - 1)),
            (_, 6) => format!("{} != {}", self.list(depth - 1), self.list(depth - 1)),
            (_, 7) => format!("{} == {{}}", self.map(depth - 1)),
            (_, 8) => format!("{} == {}", self.text(depth - 1), self.number(depth - 1)),
            _ => format!("startswith({}, \"a\")", self.text(depth - 1)),
        }
    }
}

#[test]
fn generated_expressions_evaluate_as_terraform_evaluates_them() {
    let context = std::fs::read_to_string(data().join("context.tf")).unwrap();
    let seeds = std::env::var("OCIAM_ORACLE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1);
    for seed in 1..=seeds {
        let mut generator = Generator(0x9e37_79b9_7f4a_7c15 ^ seed);
        let expressions: Vec<String> = (0..240)
            .map(|at| match at % 3 {
                0 => generator.text(1 + at % 4),
                1 => generator.list(1 + at % 4),
                _ => generator.map(1 + at % 3),
            })
            .collect();
        compare(&context, &expressions);
    }
}
