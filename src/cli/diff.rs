//! `ociam diff`: the change in access between two states of policies.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::authz::{AccessDiff, Change, ChangeKind, Compiled, Tenancy, diff};

use super::tenancy::{add_policies, read_tenancy, state};
use super::terminal::Terminal;
use super::why::statement_json;
use super::{Answer, Failure, Status, print_json};

/// Show the change in access between two states of policies: folders, files, tenancies or git revisions
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam diff old/ new/
  ociam diff main..HEAD --format markdown
  ociam diff main..HEAD infra/iam --fail-on any-user

Exit codes: 0 nothing that --fail-on names, 1 something it names, 2 wrong usage or unreadable input")]
pub(super) struct DiffArgs {
    /// The old and the new state; or one range of git revisions (main..HEAD), and the folder to compare
    #[arg(value_name = "OLD NEW", num_args = 1..=2, required = true)]
    states: Vec<String>,
    /// A tenancy that both states belong to: compartments, groups, users
    #[arg(long, value_name = "FILE")]
    tenancy: Option<PathBuf>,
    /// What ends the command with exit code 1
    #[arg(long, value_enum, value_name = "CHANGE")]
    fail_on: Option<FailOn>,
    /// How to print the changes
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Changes to fail on.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Any access that there was not before
    Added,
    /// Added access that is open to everybody
    AnyUser,
    /// Added access in the whole tenancy
    TenancyWide,
}

/// How changes are printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// For a comment on a pull request
    Markdown,
}

pub(super) fn run(args: &DiffArgs, terminal: &Terminal) -> Answer {
    let base = match &args.tenancy {
        Some(path) => read_tenancy(path)?,
        None => Tenancy::default(),
    };
    let (old, new) = match args.states.as_slice() {
        [old, new] if !is_range(old) => {
            (state(Path::new(old), &base, terminal)?, state(Path::new(new), &base, terminal)?)
        }
        [range, rest @ ..] if is_range(range) => {
            let folder = rest.first().map_or(".", String::as_str);
            revisions(range, folder, &base, terminal)?
        }
        _ => {
            return Err(Failure::with_help(
                "one state can't be compared with nothing",
                "name two folders or files, or a range of git revisions such as main..HEAD",
            ));
        }
    };
    let (old, new) = (Compiled::new(old), Compiled::new(new));
    let changes = diff(&old, &new);
    match args.format {
        Format::Json => {
            print_json(&json!({
                "schema_version": 1,
                "added": entries(&changes.added, &new, &old),
                "removed": entries(&changes.removed, &old, &new),
            }))?;
        }
        Format::Markdown => markdown(&changes, &old, &new)?,
        Format::Human => human(&changes, &old, &new, terminal)?,
    }
    let fails = args.fail_on.is_some_and(|on| {
        changes.added.iter().any(|change| match on {
            FailOn::Added => true,
            FailOn::AnyUser => change.any_user,
            FailOn::TenancyWide => change.tenancy_wide,
        })
    });
    Ok(if fails { Status::Findings } else { Status::Clean })
}

fn is_range(text: &str) -> bool {
    text.contains("..") && !Path::new(text).exists() && !text.starts_with("..")
}

/// The two ends of a range of git revisions, of one folder.
fn revisions(
    range: &str,
    folder: &str,
    base: &Tenancy,
    terminal: &Terminal,
) -> Result<(Tenancy, Tenancy), Failure> {
    let (old, new, merge_base) = match range.split_once("...") {
        Some((old, new)) => (old, new, true),
        None => {
            let (old, new) = range.split_once("..").unwrap_or((range, "HEAD"));
            (old, new, false)
        }
    };
    let or_head = |revision: &str| if revision.is_empty() { "HEAD".to_owned() } else { revision.to_owned() };
    let (mut old, new) = (or_head(old), or_head(new));
    if merge_base {
        old = git(&["merge-base", &old, &new])?.trim().to_owned();
    }
    let below = git(&["rev-parse", "--show-prefix"])?;
    let at = |revision: &str| -> Result<Tenancy, Failure> {
        let held = checkout(revision, folder)?;
        let mut tenancy = base.clone();
        let here = held.files().join(below.trim());
        // A folder that one side lacks holds no policies there.
        if here.join(folder).exists() {
            add_policies(&mut tenancy, &[here.join(folder)], terminal)?;
            unname(&mut tenancy, &here);
        }
        Ok(tenancy)
    };
    Ok((at(&old)?, at(&new)?))
}

/// Takes the temporary folder out of the places.
fn unname(tenancy: &mut Tenancy, folder: &Path) {
    let prefix = format!("{}/", folder.display());
    let rules = tenancy.dynamic_groups.iter_mut().map(|group| &mut group.rule);
    let statements = tenancy.policies.iter_mut().flat_map(|policy| &mut policy.statements);
    for text in rules.chain(statements) {
        if let Some(place) = text.place.as_deref().and_then(|place| place.strip_prefix(&prefix)) {
            text.place = Some(place.into());
        }
    }
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::usage(format!("can't run git: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::usage(format!("git {}: {}", arguments.join(" "), said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A folder that is removed when it is dropped.
struct Held(PathBuf);

impl Held {
    /// Where the files are.
    fn files(&self) -> PathBuf {
        self.0.join("files")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Nothing is lost when it stays.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes the files of a revision below a folder to a temporary one.
fn checkout(revision: &str, folder: &str) -> Result<Held, Failure> {
    // The hash, so that a revision can't be read as an option.
    let hash = git(&["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")])?;
    let hash = hash.trim();
    let listed = git(&["ls-tree", "-r", "--name-only", "-z", hash, "--", folder])?;
    let cannot = |error: io::Error| Failure::usage(format!("can't write a temporary folder: {error}"));
    let nonce = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let held = Held(std::env::temp_dir().join(format!("ociam-{}-{nonce}", std::process::id())));
    std::fs::create_dir(&held.0).map_err(cannot)?;
    let index = held.0.join("index");
    let run = |arguments: &[&str], input: &str| -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::usage(format!("can't run git: {error}"));
        let mut child = Command::new("git")
            // A link could lead out of the folder.
            .args(["-c", "core.symlinks=false"])
            .args(arguments)
            .env("GIT_INDEX_FILE", &index)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(failed)?;
        }
        match child.wait().map_err(failed)?.success() {
            true => Ok(()),
            false => Err(Failure::usage(format!("git can't read the files of {revision}"))),
        }
    };
    run(&["read-tree", hash], "")?;
    let prefix = format!("--prefix={}/files/", held.0.display());
    run(&["checkout-index", "--force", "--quiet", &prefix, "-z", "--stdin"], &listed)?;
    Ok(held)
}

/// The side that a change's statement stands in: a deny that is gone stands in the other one.
fn sides<'c>(change: &Change, side: &'c Compiled, other: &'c Compiled) -> (&'c Compiled, &'c Compiled) {
    if change.kind == ChangeKind::Deny { (other, side) } else { (side, other) }
}

fn entries(changes: &[Change], side: &Compiled, other: &Compiled) -> Vec<Value> {
    changes
        .iter()
        .map(|change| {
            let (from, to) = sides(change, side, other);
            json!({
                "kind": change.kind.as_str(),
                "subject": change.subject,
                "permission": change.action,
                "location": change.location,
                "condition": change.condition,
                "statements": [statement_json(from, change.origin)],
                "related": change.related.map(|at| statement_json(to, at)),
                "undecided": change.undecided,
                "any_user": change.any_user,
                "tenancy_wide": change.tenancy_wide,
            })
        })
        .collect()
}

fn sentence(change: &Change) -> String {
    let condition = change.condition.as_ref().map(|text| format!(" where {text}")).unwrap_or_default();
    let deny = if change.kind == ChangeKind::Deny { "(deny) " } else { "" };
    format!("{deny}{} to {} in {}{condition}", change.subject, change.action, change.location)
}

fn remarks(change: &Change, added: bool) -> Vec<&'static str> {
    let mut said = Vec::new();
    if change.any_user {
        said.push("everybody");
    }
    if change.tenancy_wide {
        said.push("tenancy-wide");
    }
    match (change.kind, added) {
        (ChangeKind::Widened, true) => said.push("widened"),
        (ChangeKind::Widened, false) => said.push("narrowed"),
        (ChangeKind::Deny, true) => said.push("no longer denied"),
        (ChangeKind::Deny, false) => said.push("newly denied"),
        (ChangeKind::Grant, _) => {}
    }
    if change.undecided {
        said.push("may be no change");
    }
    said
}

fn place(compiled: &Compiled, at: usize) -> String {
    compiled.origins.get(at).map_or_else(String::new, |origin| {
        let place = origin.place.as_deref().map(|place| format!(", {place}")).unwrap_or_default();
        format!("{}, statement {}{place}", origin.policy, origin.index + 1)
    })
}

fn human(changes: &AccessDiff, old: &Compiled, new: &Compiled, terminal: &Terminal) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if changes.added.is_empty() && changes.removed.is_empty() {
        return writeln!(out, "no change in access");
    }
    let mut list = |sign: char, colour: &str, list: &[Change], side: &Compiled, other: &Compiled| {
        list.iter().try_for_each(|change| {
            let said = remarks(change, sign == '+');
            let said = if said.is_empty() { String::new() } else { format!("  [{}]", said.join(", ")) };
            let line = format!("{sign} {}", sentence(change));
            match terminal.out.color {
                true => writeln!(out, "\u{1b}[{colour}m{line}\u{1b}[0m{said}")?,
                false => writeln!(out, "{line}{said}")?,
            }
            let (from, _) = sides(change, side, other);
            writeln!(out, "    {}", place(from, change.origin))
        })
    };
    list('+', "32", &changes.added, new, old)?;
    list('-', "31", &changes.removed, old, new)?;
    writeln!(out, "\n{} added, {} removed", changes.added.len(), changes.removed.len())
}

fn markdown(changes: &AccessDiff, old: &Compiled, new: &Compiled) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if changes.added.is_empty() && changes.removed.is_empty() {
        return writeln!(out, "**No change in access.**");
    }
    writeln!(out, "**Access: {} added, {} removed**\n", changes.added.len(), changes.removed.len())?;
    writeln!(out, "| | subject | may | where | on condition | from |\n|---|---|---|---|---|---|")?;
    // A bar would end the cell, a backtick the code.
    let code = |text: &str| match text {
        "" => String::new(),
        text => format!("`{}`", text.replace('|', "\\|").replace('`', "'")),
    };
    let mut rows = |sign: &str, list: &[Change], side: &Compiled, other: &Compiled| {
        list.iter().try_for_each(|change| {
            let said = remarks(change, sign == "➕").join(", ");
            let (from, _) = sides(change, side, other);
            writeln!(
                out,
                "| {sign} {said} | {} | {} | {} | {} | {} |",
                code(&change.subject),
                code(&change.action),
                code(&change.location),
                code(change.condition.as_deref().unwrap_or_default()),
                place(from, change.origin).replace('|', "\\|"),
            )
        })
    };
    rows("➕", &changes.added, new, old)?;
    rows("➖", &changes.removed, old, new)
}
