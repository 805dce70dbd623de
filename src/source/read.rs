//! One file's text to its [`Parts`], by the kind it is read as.

use crate::diag::{Finding, Severity};
use crate::text::{FileId, Place, Span};

use super::comments::{self, Comments};
use super::detect::{self, Kind};
use super::parts::Parts;
use super::problem::unreadable;
use super::{json, markdown, plan, statements_json, structured, text, yaml};

/// Reads a text that is not Terraform. `named` is whether the user asked for it by name: then what is wrong
/// with it matters whether or not it holds a policy.
pub(super) fn read(file: FileId, source: &str, kind: Kind, named: bool) -> Parts {
    match kind {
        Kind::Json | Kind::Plan | Kind::OciJson | Kind::StatementsJson => {
            json_file(file, source, kind, named)
        }
        Kind::Yaml if source.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) => {
            let document = json::read(file, source);
            if document.problems.is_empty() {
                json_file(file, source, Kind::Json, named)
            } else {
                yaml_file(file, source, named)
            }
        }
        Kind::Yaml => yaml_file(file, source, named),
        Kind::Markdown => markdown::read(file, source),
        Kind::Text if named => text::read(file, source, true),
        Kind::Text => text::read(file, source, false),
        Kind::Policy => text::read(file, source, true),
        Kind::Terraform => Parts::default(),
    }
}

fn json_file(file: FileId, source: &str, kind: Kind, named: bool) -> Parts {
    let document = json::read(file, source);
    let mut parts = Parts::default();
    if let Some(root) = &document.root {
        let list = statements_json::is_statement_list(root);
        let message = match kind {
            Kind::Plan if !plan::is_plan(root) => {
                Some(("this JSON holds no plan or state", "make it with `terraform show -json FILE`"))
            }
            Kind::StatementsJson if !list && !root.items().is_empty() => {
                Some(("not every item of the array is a string", "put each statement in double quotes"))
            }
            Kind::StatementsJson if !matches!(root.kind, json::Kind::Array(_)) => {
                Some(("this JSON is no array of statements", "write `[\"Allow …\", \"Allow …\"]`"))
            }
            _ => None,
        };
        parts = if plan::is_plan(root) && kind != Kind::StatementsJson {
            plan::read(root)
        } else if kind == Kind::StatementsJson || list && (named || kind == Kind::OciJson) {
            statements_json::read(root)
        } else {
            structured::read(root)
        };
        if let Some((message, help)) = message.filter(|_| document.problems.is_empty()) {
            parts.problems.push(unreadable(root.place, message, Some(help)));
        }
    }
    let mut problems = document.problems;
    if !problems.is_empty() && parts.statements.is_empty() && parts.matching_rules.is_empty() {
        parts = text::read_code(file, source, Comments::HashOrSlashes);
        if is_template(source) {
            problems.clear();
        }
    }
    parts.comments = comments::collect(file, source, Comments::JsonKey);
    with_problems(parts, problems, named)
}

/// Whether a text becomes JSON or YAML only when something else fills it in.
fn is_template(source: &str) -> bool {
    ["{{", "{%", "<%", "${"].iter().any(|sign| source.contains(sign))
}

fn yaml_file(file: FileId, source: &str, named: bool) -> Parts {
    let mut parts = Parts::default();
    match yaml::read(file, source) {
        Ok(documents) => {
            for document in &documents {
                let list = named && statements_json::is_statement_list(document);
                parts.append(if list { statements_json::read(document) } else { structured::read(document) });
            }
        }
        Err(problem) => {
            // The lines of a template can be read all the same.
            parts = text::read_code(file, source, Comments::Hash);
            let problems = if is_template(source) { Vec::new() } else { vec![*problem] };
            parts = with_problems(parts, problems, named);
        }
    }
    parts.comments = comments::collect(file, source, Comments::Hash);
    parts
}

/// Adds problems where they matter: in files that were asked for or hold something. What a walk met by
/// itself may be broken on purpose.
fn with_problems(mut parts: Parts, problems: Vec<Finding>, named: bool) -> Parts {
    if named {
        parts.problems.extend(problems);
    } else if !parts.is_empty() {
        let soften = |problem: Finding| Finding { severity: Severity::Warning, ..problem };
        parts.problems.extend(problems.into_iter().map(soften));
    }
    parts
}

/// A file that has no readable text at all.
pub(super) fn trouble(file: FileId, message: String, help: Option<&str>, named: bool) -> Finding {
    let problem = unreadable(Place { file, span: Span::at(0) }, message, help);
    if named { problem } else { Finding { severity: Severity::Warning, ..problem } }
}

/// The kind to read a file as.
pub(super) fn kind_of(name: &str, source: &str, wanted: Option<Kind>) -> Kind {
    wanted.or_else(|| detect::by_name(name)).unwrap_or_else(|| detect::by_content(source))
}
