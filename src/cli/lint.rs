//! `ociam lint`: findings on everything the paths hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::FailOn;
use crate::diag::{Finding, Severity};
use crate::lint::{self, Baseline, FixedFile, Outcome, Settings};
use crate::report::{self, Format, Report, Summary};

use super::changed::Changed;
use super::input::{Input, InputArgs};
use super::terminal::Terminal;
use super::write_back::{write_diff, write_file};
use super::{Answer, Failure, Global, Status, config};

/// How many rounds of fixes a run makes at most: each may make room for the next.
const ROUNDS: usize = 10;

/// Find what is wrong with IAM policies in Terraform, plans, JSON, YAML, Markdown and text
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ociam lint .
  ociam lint --select genai,any-user-without-condition infra/
  ociam lint --format sarif . > ociam.sarif
  ociam lint --changed-since origin/main .
  oci iam policy list --compartment-id $C --all | ociam lint --input-format oci-json -")]
pub(super) struct LintArgs {
    #[command(flatten)]
    input: InputArgs,
    /// How to report
    #[arg(long, short = 'f', value_enum, default_value = "human")]
    format: Format,
    /// Write the report to a file instead of standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Run these rules or categories only; `all` for every one
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    select: Vec<String>,
    /// Run these rules or categories too
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    extend_select: Vec<String>,
    /// Do not run these rules or categories
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Run the rules that are a matter of opinion too
    #[arg(long)]
    pedantic: bool,
    /// Report nothing below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = ["error", "warning", "info"])]
    severity_threshold: Option<String>,
    /// The lowest severity that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = ["error", "warning", "info", "never"])]
    fail_on: Option<String>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
    /// Count the findings of each rule instead of showing them
    #[arg(long)]
    statistics: bool,
    /// Apply the safe fixes
    #[arg(long)]
    fix: bool,
    /// Apply the fixes that may change what is granted too
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what the fixes would change, and change nothing
    #[arg(long)]
    diff: bool,
    /// Leave out the findings that this file knows
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found now to the baseline file, so that only new findings are reported from now on
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    /// Report only what stands on lines that differ from this git revision
    #[arg(long, value_name = "REV")]
    changed_since: Option<String>,
}

pub(super) fn run(args: &LintArgs, global: &Global, terminal: &Terminal) -> Answer {
    let file = config::load(global, args.input.first_path(), terminal)?;
    let settings = settings(args, config::settings(&file))?;
    let fail_on =
        args.fail_on.as_deref().and_then(|word| FailOn::ALL.into_iter().find(|f| f.as_str() == word));
    let fail_on = fail_on.or(file.fail_on).unwrap_or_default();
    let changed = match &args.changed_since {
        Some(revision) => Some(Changed::since(revision, args.input.first_path().unwrap_or(Path::new(".")))?),
        None => None,
    };

    let mut input = Input::load(&args.input)?;
    input.check_readable(terminal)?;
    if args.diff {
        return show_diff(args, &settings, input, terminal);
    }
    let mut fixed = 0;
    if args.fix || args.unsafe_fixes {
        let fixes = fix(args, &settings, &mut input);
        for (name, file) in &fixes {
            fixed += file.fixes;
            write_back(&input, name, &file.text)?;
        }
    }
    let mut outcome = lint::lint(&input.configuration, &settings);
    let mut summary = input.summary();
    summary.suppressed = outcome.suppressed;
    keep_shown(args, &input, changed.as_ref(), &mut outcome);
    if let Some(path) = &args.baseline {
        if args.write_baseline {
            return write_baseline(path, &input, &outcome.findings, global);
        }
        summary.known = read_baseline(path)?.remove_known(&input.configuration.files, &mut outcome.findings);
    }
    summary.count(&outcome.findings);
    write_report(args, &input, &outcome.findings, summary, terminal, global)?;
    if fixed > 0 && !global.quiet {
        writeln!(io::stderr().lock(), "applied {fixed} {}", if fixed == 1 { "fix" } else { "fixes" })?;
    }
    let fails = outcome.findings.iter().any(|finding| fail_on.fails(finding.severity));
    Ok(if fails && !args.exit_zero { Status::Findings } else { Status::Clean })
}

/// The file's settings with what the command line says on top.
fn settings(args: &LintArgs, mut settings: Settings) -> Result<Settings, Failure> {
    for word in args.select.iter().chain(&args.extend_select).chain(&args.ignore) {
        if !config::is_selector(word) {
            let message = format!("there is no rule or category `{word}`");
            return Err(match lint::rules::nearest(word) {
                Some(near) => Failure::with_help(message, format!("a similar name exists: `{near}`")),
                None => Failure::with_help(message, "`ociam rules` lists them"),
            });
        }
    }
    if !args.select.is_empty() {
        settings.select = Some(args.select.clone());
        // What is asked for here by name is not to be hidden by a file.
        settings.ignore.retain(|word| !args.select.contains(word));
    }
    settings.extend_select.extend(args.extend_select.iter().cloned());
    settings.ignore.extend(args.ignore.iter().cloned());
    settings.pedantic |= args.pedantic;
    Ok(settings)
}

/// Drops what is below the threshold or stands on unchanged lines.
fn keep_shown(args: &LintArgs, input: &Input, changed: Option<&Changed>, outcome: &mut Outcome) {
    let threshold = match args.severity_threshold.as_deref() {
        Some("error") => Severity::Error,
        Some("warning") => Severity::Warning,
        _ => Severity::Info,
    };
    outcome.findings.retain(|finding| {
        finding.severity >= threshold && changed.is_none_or(|changed| is_touched(input, changed, finding))
    });
}

/// Whether a finding's own lines, or those of a place that it names, have changed.
fn is_touched(input: &Input, changed: &Changed, finding: &Finding) -> bool {
    let labels = finding.labels.iter().map(|label| label.place);
    std::iter::once(finding.place).chain(labels).any(|place| {
        let file = input.configuration.files.get(place.file);
        let (Some(file), Some(path)) = (file, input.path(place.file)) else { return false };
        let line = |offset| file.position(offset).line;
        changed.touches(&path, line(place.span.start()), line(place.span.end()))
    })
}

/// A file as the fixes leave it.
struct Fixed {
    text: String,
    fixes: usize,
}

/// Applies fixes to the texts in memory, round by round, until nothing changes; gives the changed files by
/// name. Where a round leaves a file with more errors than it had, the file keeps its former text.
fn fix(args: &LintArgs, settings: &Settings, input: &mut Input) -> BTreeMap<String, Fixed> {
    let mut done: BTreeMap<String, Fixed> = BTreeMap::new();
    let mut blocked: BTreeSet<String> = BTreeSet::new();
    let mut outcome = lint::lint(&input.configuration, settings);
    for _ in 0..ROUNDS {
        let files = &input.configuration.files;
        let open = |finding: &&Finding| !blocked.contains(files.name(finding.place.file));
        let findings: Vec<Finding> = outcome.findings.iter().filter(open).cloned().collect();
        let round = lint::apply_fixes(files, &findings, args.unsafe_fixes);
        let round: Vec<(String, FixedFile)> = round
            .into_iter()
            .map(|file| (files.name(file.file).to_owned(), file))
            .filter(|(name, _)| !blocked.contains(name))
            .collect();
        if round.is_empty() {
            break;
        }
        let before = errors_by_file(input, &outcome);
        let texts = |done: &BTreeMap<String, Fixed>| {
            done.iter().map(|(name, file)| (name.clone(), file.text.clone())).collect::<BTreeMap<_, _>>()
        };
        let mut overlay = texts(&done);
        overlay.extend(round.iter().map(|(name, file)| (name.clone(), file.text.clone())));
        input.reload(overlay);
        outcome = lint::lint(&input.configuration, settings);
        let after = errors_by_file(input, &outcome);
        let worse = |name: &String| after.get(name) > before.get(name);
        if round.iter().any(|(name, _)| worse(name)) {
            blocked.extend(round.into_iter().map(|(name, _)| name).filter(worse));
            input.reload(texts(&done));
            outcome = lint::lint(&input.configuration, settings);
            continue;
        }
        for (name, file) in round {
            let known = done.get(&name).map_or(0, |known| known.fixes);
            done.insert(name, Fixed { text: file.text, fixes: known + file.fixes });
        }
    }
    done
}

fn errors_by_file(input: &Input, outcome: &Outcome) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        *counts.entry(input.configuration.files.name(finding.place.file).to_owned()).or_default() += 1;
    }
    counts
}

/// Writes a fixed file. Standard input has none.
fn write_back(input: &Input, name: &str, text: &str) -> Result<(), Failure> {
    if input.is_stdin(name) {
        return Err(Failure::with_help(
            "standard input can't be fixed in place",
            "use `--diff` to see the fixes",
        ));
    }
    write_file(Path::new(name), text)
        .map_err(|error| Failure::usage(format!("can't write `{name}`: {error}")))
}

fn show_diff(args: &LintArgs, settings: &Settings, mut input: Input, terminal: &Terminal) -> Answer {
    let before = input.configuration.files.clone();
    let fixed = fix(args, settings, &mut input);
    let mut out = io::stdout().lock();
    for (_, old) in before.iter() {
        if let Some(file) = fixed.get(old.name.as_ref()) {
            write_diff(&old.name, &old.text, &file.text, terminal.out, &mut out)?;
        }
    }
    Ok(if fixed.is_empty() { Status::Clean } else { Status::Findings })
}

fn write_report(
    args: &LintArgs,
    input: &Input,
    findings: &[Finding],
    summary: Summary,
    terminal: &Terminal,
    global: &Global,
) -> Result<(), Failure> {
    let files = &input.configuration.files;
    let report = Report { files, findings, summary };
    let mut out: Box<dyn Write> = match &args.output_file {
        Some(path) => Box::new(io::BufWriter::new(
            fs::File::create(path)
                .map_err(|error| Failure::usage(format!("can't write `{}`: {error}", path.display())))?,
        )),
        None => Box::new(io::BufWriter::new(io::stdout().lock())),
    };
    let style = match args.output_file {
        Some(_) => report::Style { color: false, width: 100 },
        None => terminal.out,
    };
    if args.statistics {
        report::statistics(findings, &mut out)?;
    } else if args.format == Format::Human && global.quiet {
        report::write_findings(&report, style, &mut out)?;
    } else {
        report::write(args.format, &report, style, &mut out)?;
    }
    out.flush()?;
    if summary.statements == 0 && summary.unresolved == 0 && !global.quiet {
        writeln!(io::stderr().lock(), "nothing to lint: no policy statement in {}", input.described())?;
    }
    Ok(())
}

fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::with_help(
            format!("can't read the baseline `{}`: {error}", path.display()),
            "write one with `--write-baseline`",
        )
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    if baseline.version != 1 {
        return Err(wrong(&format!("it is of version {}", baseline.version)));
    }
    Ok(baseline)
}

fn write_baseline(path: &Path, input: &Input, findings: &[Finding], global: &Global) -> Answer {
    let baseline = Baseline::of(&input.configuration.files, findings);
    let mut text = serde_json::to_string_pretty(&baseline).map_err(io::Error::from)?;
    text.push('\n');
    fs::write(path, text)
        .map_err(|error| Failure::usage(format!("can't write `{}`: {error}", path.display())))?;
    if !global.quiet {
        let count: usize = baseline.findings.iter().map(|entry| entry.count).sum();
        writeln!(io::stderr().lock(), "wrote {count} findings to {}", path.display())?;
    }
    Ok(Status::Clean)
}
