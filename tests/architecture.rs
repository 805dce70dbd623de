//! Holds the house to its plan: arrows go down only, and the core does no I/O.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the ground up. A room may use the rooms of earlier rows only.
const FLOORS: &[&[&str]] = &[
    &["text"],
    &["diag"],
    &["wire"],
    &["policy", "catalog"],
    &["source"],
    &["config"],
    &["authz"],
    &["lint", "diagnose"],
    &["probe", "sandbox"],
    &["checklist"],
    &["report"],
    &["cli"],
];

/// Rooms that take values and return values: no files, network, clock, environment or terminal.
const PURE: &[&str] =
    &["text", "diag", "wire", "policy", "catalog", "authz", "lint", "diagnose", "checklist"];

const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::io",
    "SystemTime",
    "Instant::now",
    "print!",
    "println!",
    "tokio::",
    "reqwest::",
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file without comments and without the unit tests at its foot.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every room named as `crate::room` or in a `crate::{room::…, room::…}` group.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        let rest = &code[at + found.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            used.insert(word(rest));
            continue;
        };
        let (mut depth, mut at_item) = (0, true);
        for (index, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_item = true,
                c if at_item && depth == 0 && c.is_alphabetic() => {
                    used.insert(word(&group[index..]));
                    at_item = false;
                }
                _ => {}
            }
        }
    }
    used.retain(|room| floor(room).is_some());
    used
}

/// Every source file with the room it belongs to.
fn rooms() -> Vec<(String, PathBuf)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let room_of = |path: PathBuf| {
        let first = path.strip_prefix(&src).ok()?.components().next()?.as_os_str().to_str()?;
        let room = first.trim_end_matches(".rs").to_owned();
        (room != "lib" && room != "main").then_some((room, path))
    };
    files.into_iter().filter_map(room_of).collect()
}

#[test]
fn every_room_has_a_floor() {
    for (room, path) in rooms() {
        assert!(floor(&room).is_some(), "{} belongs to no floor of the house", path.display());
    }
}

#[test]
fn arrows_go_down_only() {
    let mut wrong = Vec::new();
    for (room, path) in rooms() {
        for used in rooms_used(&code(&path)) {
            if used != room && floor(&used) >= floor(&room) {
                wrong.push(format!("{}: `{room}` uses `{used}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_does_no_input_or_output() {
    let mut wrong = Vec::new();
    for (room, path) in rooms().into_iter().filter(|(room, _)| PURE.contains(&room.as_str())) {
        let code = code(&path);
        for needle in IMPURE.iter().filter(|needle| code.contains(**needle)) {
            wrong.push(format!("{}: `{room}` uses `{needle}`", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn groups_of_imports_are_read_whole() {
    let code = "use crate::{diag::{Finding, Severity}, text::Span};\nuse crate::policy::ast;";
    let used: Vec<_> = rooms_used(code).into_iter().collect();
    assert_eq!(used, ["diag", "policy", "text"]);
}
