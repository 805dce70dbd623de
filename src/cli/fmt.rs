//! `ociam fmt`: statements in one canonical form, where they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use crate::diag::{Applicability, Confidence, Edit, Finding, Fix, Severity};
use crate::lint::{apply_fixes, host_escape};
use crate::policy::{self, Style};
use crate::source::{Configuration, Role};
use crate::text::{MappedText, Place, Span};

use super::input::{Input, InputArgs};
use super::terminal::Terminal;
use super::write_back::{Change, write_all, write_diff};
use super::{Answer, Global, Status};

/// Rewrite statements to their canonical form, where they stand
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ociam fmt .
  ociam fmt --check .
  echo 'ALLOW group A to USE keys IN tenancy' | ociam fmt -")]
pub(super) struct FmtArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Change nothing; exit with 1 when a file would change
    #[arg(long)]
    check: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    diff: bool,
}

pub(super) fn run(args: &FmtArgs, global: &Global, terminal: &Terminal) -> Answer {
    let input = Input::load(&args.input)?;
    input.check_readable(terminal)?;
    let configuration = &input.configuration;
    let changes = changes(configuration);
    let changed = apply_fixes(&configuration.files, &changes, false);
    let texts: BTreeMap<&str, &str> =
        changed.iter().map(|file| (configuration.files.name(file.file), file.text.as_str())).collect();
    let mut out = io::stdout().lock();
    let mut err = io::stderr().lock();
    let mut rewritten = Vec::new();
    for (_, file) in configuration.files.iter() {
        let new = texts.get(file.name.as_ref()).copied();
        let name = file.name.as_ref();
        match new {
            Some(new) if args.diff => write_diff(name, &file.text, new, terminal.out, &mut out)?,
            Some(_) if args.check => writeln!(err, "would reformat {name}")?,
            _ if args.check || args.diff => {}
            new if input.is_stdin(name) => out.write_all(new.unwrap_or(&file.text).as_bytes())?,
            Some(new) => rewritten.push(Change { path: Path::new(name), old: &file.text, new }),
            None => {}
        }
    }
    write_all(&rewritten)?;
    for change in rewritten.iter().filter(|_| !global.quiet) {
        writeln!(err, "reformatted {}", change.path.display())?;
    }
    if configuration.is_empty() && !global.quiet {
        writeln!(err, "nothing to format: no policy statement in {}", input.described())?;
    } else if !global.quiet && !args.input.is_stdin_only() {
        let files = if texts.len() == 1 { "1 file".to_owned() } else { format!("{} files", texts.len()) };
        let verb = if args.check || args.diff { "would be reformatted" } else { "reformatted" };
        writeln!(err, "{files} {verb}, {} unchanged", configuration.files.len() - texts.len())?;
    }
    let reports = (args.check || args.diff) && !texts.is_empty();
    Ok(if reports { Status::Findings } else { Status::Clean })
}

/// One change for each statement and matching rule that is not in canonical form and can be edited. Texts
/// that only read like statements are left alone.
fn changes(configuration: &Configuration) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut changes = Vec::new();
    let mut add = |text: &MappedText, home: Place, role: Role, edits: &dyn Fn() -> Vec<(Span, String)>| {
        if role != Role::Prose && seen.insert((home, text.as_str().to_owned())) {
            changes.extend(change(configuration, text, home, edits()));
        }
    };
    let style = Style { lower_keywords: true, one_line: false };
    for source in &configuration.statements {
        let text = source.text.as_str();
        add(&source.text, source.place, source.role, &|| {
            policy::format_edits(text, &policy::parse(text, &source.text.hole_spans()), style)
        });
    }
    for source in &configuration.matching_rules {
        let text = source.text.as_str();
        add(&source.text, source.place, source.role, &|| {
            policy::matching_rule_edits(
                text,
                &policy::parse_matching_rule(text, &source.text.hole_spans()),
                style,
            )
        });
    }
    changes
}

/// The edits in the host file; all of them or, where one can't be made, none.
fn change(
    configuration: &Configuration,
    text: &MappedText,
    home: Place,
    edits: Vec<(Span, String)>,
) -> Option<Finding> {
    let host = |(span, replacement): (Span, String)| {
        let place = text.editable(span)?;
        let replacement = host_escape(configuration.files.get(place.file)?, home, place, &replacement)?;
        Some(Edit { place, replacement })
    };
    let edits: Vec<Edit> = edits.into_iter().map(host).collect::<Option<_>>()?;
    (!edits.is_empty()).then(|| Finding {
        rule: "format",
        severity: Severity::Info,
        confidence: Confidence::High,
        message: String::new(),
        note: None,
        help: None,
        place: home,
        labels: Vec::new(),
        statement: None,
        fix: Some(Fix { title: String::new(), applicability: Applicability::Safe, edits }),
    })
}
