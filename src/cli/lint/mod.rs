//! `ociam lint`: findings on everything the paths hold.

mod fixing;
mod known;
mod output;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use crate::config::{Config, FailOn};
use crate::diag::{Finding, Severity};
use crate::lint::{self, Baseline, Known, Settings};
use crate::report::{Report, plural};

use super::changed::Changed;
use super::input::{Input, InputArgs};
use super::staged::Staged;
use super::terminal::Terminal;
use super::{Answer, Failure, Global, Status, config};
use output::{ReportParser, ReportTo};

const RULES: &str = "Which rules run";
const SCOPE: &str = "Which findings are reported";
const FIXES: &str = "Fixes";
const REPORTS: &str = "Reports and exit code";

/// Find what is wrong with IAM policies in Terraform, plans, JSON, YAML, Markdown and text
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ociam lint .
  ociam lint --select genai,any-user-without-condition infra/
  ociam lint --format human --format sarif=ociam.sarif .
  ociam lint --changed-since origin/main .
  ociam lint --staged
  oci iam policy list --compartment-id $C --all | ociam lint --input-format oci-json -")]
pub(super) struct LintArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Run these rules or categories only; `all` for every one
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = RULES)]
    select: Vec<String>,
    /// Run these rules or categories too
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = RULES)]
    extend_select: Vec<String>,
    /// Do not run these rules or categories
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = RULES)]
    ignore: Vec<String>,
    /// Run the rules that are a matter of opinion too
    #[arg(long, help_heading = RULES)]
    pedantic: bool,
    /// Run the rules that are on trial too
    #[arg(long, help_heading = RULES)]
    preview: bool,
    /// For whom to report [default: regular]
    #[arg(long, value_enum, value_name = "PERSONA", conflicts_with = "pedantic", help_heading = RULES)]
    persona: Option<Reader>,
    /// Report nothing below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = ["error", "warning", "info"], help_heading = SCOPE)]
    severity_threshold: Option<String>,
    /// Report only what stands on lines changed since this git revision, or since the branch left it
    #[arg(long, value_name = "REV", visible_alias = "changed", help_heading = SCOPE)]
    changed_since: Option<String>,
    /// Lint the files as they are staged, and report only what stands on staged lines
    #[arg(
        long,
        conflicts_with_all = ["changed_since", "fix", "unsafe_fixes", "diff", "shrink_baseline"],
        help_heading = SCOPE
    )]
    staged: bool,
    /// Leave out the findings that this file knows
    #[arg(long, value_name = "FILE", help_heading = SCOPE)]
    baseline: Option<PathBuf>,
    /// Write what is found now to the baseline file, so that only new findings are reported from now on
    #[arg(
        long,
        requires = "baseline",
        conflicts_with_all = ["fix", "unsafe_fixes", "diff"],
        help_heading = SCOPE
    )]
    write_baseline: bool,
    /// Take out of the baseline file what is no longer found, and add nothing
    #[arg(
        long,
        requires = "baseline",
        conflicts_with_all = ["write_baseline", "changed_since"],
        help_heading = SCOPE
    )]
    shrink_baseline: bool,
    /// Apply the safe fixes; standard input is printed fixed, and reported on standard error
    #[arg(long, help_heading = FIXES)]
    fix: bool,
    /// Apply the fixes that may change what is granted too
    #[arg(long, help_heading = FIXES)]
    unsafe_fixes: bool,
    /// Show what the fixes would change, and change nothing; exit with 1 when they would
    #[arg(long, conflicts_with = "format", help_heading = FIXES)]
    diff: bool,
    /// How to report [default: human]; again, with `=FILE`, for further reports to files
    #[arg(
        long,
        short = 'f',
        value_name = "FORMAT[=FILE]",
        value_parser = ReportParser,
        help_heading = REPORTS
    )]
    format: Vec<ReportTo>,
    /// Write the report to a file instead of standard output
    #[arg(long, short = 'o', value_name = "FILE", conflicts_with = "diff", help_heading = REPORTS)]
    output_file: Option<PathBuf>,
    /// Show what comments suppress and the baseline knows too, marked as such
    #[arg(long, help_heading = REPORTS)]
    show_suppressed: bool,
    /// Count the findings of each rule instead of showing them
    #[arg(long, conflicts_with = "diff", help_heading = REPORTS)]
    statistics: bool,
    /// Say on standard error what is read, and which settings and rules count
    #[arg(long, short = 'v', conflicts_with = "quiet", help_heading = REPORTS)]
    verbose: bool,
    /// The lowest severity that makes the exit code 1 [default: warning]
    #[arg(
        long,
        value_name = "SEVERITY",
        value_parser = ["error", "warning", "info", "never"],
        help_heading = REPORTS
    )]
    fail_on: Option<String>,
    /// Exit with 0 whatever is found
    #[arg(long, help_heading = REPORTS)]
    exit_zero: bool,
}

/// For whom a report is.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Reader {
    /// Who writes policies: what is wrong, or probably so.
    Regular,
    /// Who cares for style too: the same as `--pedantic`.
    Pedantic,
    /// Who must see everything: matters of opinion, and what comments and the baseline hide.
    Auditor,
}

impl LintArgs {
    fn is_pedantic(&self) -> bool {
        self.pedantic || matches!(self.persona, Some(Reader::Pedantic | Reader::Auditor))
    }

    fn threshold(&self) -> Severity {
        match self.severity_threshold.as_deref() {
            Some("error") => Severity::Error,
            Some("warning") => Severity::Warning,
            _ => Severity::Info,
        }
    }

    /// Whether to show what is hidden.
    fn shows_hidden(&self) -> bool {
        self.show_suppressed || self.persona == Some(Reader::Auditor)
    }
}

pub(super) fn run(args: &LintArgs, global: &Global, terminal: &Terminal) -> Answer {
    let reports = output::wanted(args)?;
    let file = config::load(global, args.input.first_path(), terminal)?;
    let settings = settings(args, config::settings(&file), terminal)?;
    let fail_on =
        args.fail_on.as_deref().and_then(|word| FailOn::ALL.into_iter().find(|f| f.as_str() == word));
    let fail_on = fail_on.or(file.fail_on).unwrap_or_default();
    let changed = match &args.changed_since {
        Some(revision) => Some(Changed::since(revision, args.input.first_path().unwrap_or(Path::new(".")))?),
        None if args.staged => Some(Changed::staged()?),
        None => None,
    };
    let baseline = match &args.baseline {
        Some(path) if !args.write_baseline => Some(known::read(path)?),
        _ => None,
    };
    let view = View {
        threshold: args.threshold(),
        changed: changed.as_ref(),
        baseline: baseline.as_ref(),
        settings: &settings,
    };

    let staged = if args.staged { Some(Staged::take()?) } else { None };
    // The process ends with the run: freeing every text and value one by one would only cost time.
    let mut input = ManuallyDrop::new(Input::load_from(&args.input, staged)?);
    if args.verbose {
        tell(&file, &settings, &input)?;
    }
    input.check_readable(terminal)?;
    let fixes = args.fix || args.unsafe_fixes;
    if fixes && !args.diff && input.has_stdin() && !args.input.is_stdin_only() {
        return Err(Failure::with_help(
            "standard input can't be fixed together with files",
            "fix it alone: its text is printed fixed",
        ));
    }
    let mut fixed = 0;
    let mut before = None;
    if fixes || args.diff {
        let texts = input.configuration.files.clone();
        let new = fixing::fix(args, &settings, &view, &mut input);
        if args.diff {
            return fixing::show(&texts, &new, terminal, global);
        }
        fixed = fixing::write(&input, &texts, &new)?;
        before = Some(texts);
    }
    let mut outcome = lint::lint(&input.configuration, &settings);
    let mut known = view.take_hidden(&input, &mut outcome.findings);
    outcome.suppressed.retain(|suppressed| view.shows(&input, &suppressed.finding));
    if let Some(path) = args.baseline.as_ref().filter(|_| args.write_baseline) {
        // A baseline can't hide these.
        outcome.findings.retain(|finding| {
            lint::rules::find(finding.rule).is_none_or(|rule| !settings.is_never_ignored(rule))
        });
        known::write(path, &input.configuration.files, &outcome.findings, global)?;
        return Ok(Status::Clean);
    }
    let mut summary = input.summary();
    summary.suppressed = outcome.suppressed.len();
    summary.known = known.findings.len();
    summary.count(&outcome.findings);
    if !args.shows_hidden() {
        outcome.suppressed.clear();
    }
    let report = Report {
        files: &input.configuration.files,
        findings: &outcome.findings,
        summary,
        hidden: args.shows_hidden(),
        suppressed: &outcome.suppressed,
        known: if args.shows_hidden() { &known.findings } else { &[] },
        baseline: baseline.is_some(),
    };
    // Fixed standard input has taken standard output.
    let mut err = io::stderr();
    let instead: Option<&mut dyn Write> =
        if before.is_some() && input.has_stdin() { Some(&mut err) } else { None };
    output::write(args, &reports, &report, terminal, global, instead)?;
    if input.configuration.is_empty() && !global.quiet {
        writeln!(io::stderr().lock(), "nothing to lint: no policy statement in {}", input.described())?;
    }
    if let (Some(path), Some(baseline)) = (&args.baseline, &baseline) {
        known::judge_gone(path, baseline, &mut known, &input.configuration.files, &settings);
        known::shrink(path, baseline, &known, args.shrink_baseline, global)?;
    }
    if fixed > 0 && !global.quiet {
        writeln!(io::stderr().lock(), "applied {}", plural(fixed, "fix"))?;
    }
    let fails = outcome.findings.iter().any(|finding| fail_on.fails(finding.severity));
    Ok(if fails && !args.exit_zero { Status::Findings } else { Status::Clean })
}

/// Says where the settings come from, which rules run, and what was read.
fn tell(file: &Config, settings: &Settings, input: &Input) -> io::Result<()> {
    let mut err = io::stderr().lock();
    match &file.path {
        Some(path) => writeln!(err, "configuration: {}", path.display())?,
        None => writeln!(err, "configuration: none")?,
    }
    let elsewhere = |origin: &&std::sync::Arc<str>| !origin.contains(':');
    let set: BTreeMap<&str, &str> = file
        .origins
        .iter()
        .filter(|(_, origin)| elsewhere(origin))
        .map(|(key, origin)| (key.as_str(), origin.as_ref()))
        .collect();
    for (key, origin) in set {
        writeln!(err, "set by {origin}: {key}")?;
    }
    let all = lint::rules::all();
    let off: Vec<&str> = all.iter().filter(|rule| !settings.enabled(rule)).map(|rule| rule.name).collect();
    writeln!(err, "rules: {} of {} run", all.len() - off.len(), all.len())?;
    if !off.is_empty() && off.len() <= all.len() / 2 {
        writeln!(err, "rules that do not: {}", off.join(", "))?;
    }
    for (_, file) in input.configuration.files.iter() {
        writeln!(err, "read: {}", file.name)?;
    }
    Ok(())
}

/// Which findings of a run are reported.
struct View<'a> {
    threshold: Severity,
    changed: Option<&'a Changed>,
    baseline: Option<&'a Baseline>,
    settings: &'a Settings,
}

impl View<'_> {
    /// Takes out of the list what the baseline knows, what is below the threshold, and what stands on unchanged
    /// lines; gives what the baseline knows of the rest.
    fn take_hidden(&self, input: &Input, findings: &mut Vec<Finding>) -> Known {
        let files = &input.configuration.files;
        let mut known = match self.baseline {
            Some(baseline) => baseline.take_known(files, self.settings, findings),
            None => Known::default(),
        };
        findings.retain(|finding| self.shows(input, finding));
        known.findings.retain(|finding| self.shows(input, finding));
        known
    }

    fn shows(&self, input: &Input, finding: &Finding) -> bool {
        finding.severity >= self.threshold
            && self.changed.is_none_or(|changed| is_touched(input, changed, finding))
    }
}

/// The file's settings with what the command line says on top.
fn settings(args: &LintArgs, mut settings: Settings, terminal: &Terminal) -> Result<Settings, Failure> {
    let select = selectors(&args.select, terminal)?;
    settings.extend_select.extend(selectors(&args.extend_select, terminal)?);
    let ignore = selectors(&args.ignore, terminal)?;
    if let Some(word) = ignore.iter().find(|word| settings.never_ignore.contains(word)) {
        return Err(Failure::with_help(
            format!("`{word}` can't be ignored: the configuration names it under `never-ignore`"),
            "`ociam config show` says where",
        ));
    }
    if !select.is_empty() {
        // What is asked for here by name is not to be hidden by a file.
        settings.ignore.retain(|word| !select.contains(word));
        settings.select = Some(select);
    }
    settings.ignore.extend(ignore);
    settings.pedantic |= args.is_pedantic();
    settings.preview |= args.preview;
    Ok(settings)
}

/// The words as they are called now; one that names nothing is refused.
fn selectors(words: &[String], terminal: &Terminal) -> Result<Vec<String>, Failure> {
    let mut names = Vec::with_capacity(words.len());
    for word in words.iter().map(|word| word.trim()) {
        let renamed = lint::rules::renamed(word);
        if let Some(renamed) = renamed {
            config::tell_renamed(renamed, "", terminal)?;
        }
        let name = renamed.map_or(word, |renamed| renamed.new);
        if !config::is_selector(name) {
            let message = format!("there is no rule or category `{name}`");
            return Err(match lint::rules::nearest(name) {
                Some(near) => Failure::with_help(message, format!("a similar name exists: `{near}`")),
                None => Failure::with_help(message, "`ociam rules` lists them"),
            });
        }
        names.push(name.to_owned());
    }
    Ok(names)
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
