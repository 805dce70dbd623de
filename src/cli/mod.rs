//! The command line: arguments in, a call to the core, a report out. One file a subcommand. The only room
//! that knows exit codes.

pub mod catalog;
mod changed;
mod checklist;
mod completions;
mod config;
#[cfg(feature = "live")]
mod demo;
mod diagnose;
mod diff;
mod explain;
mod fmt;
mod input;
mod key;
mod lint;
#[cfg(feature = "live")]
mod online;
mod parse;
#[cfg(feature = "live")]
mod probe;
mod rules;
#[cfg(feature = "live")]
mod sandbox;
mod schema;
#[cfg(feature = "live")]
mod snapshot;
mod staged;
mod tenancy;
mod terminal;
mod who_can;
mod why;
mod write_back;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::text;

use terminal::{ColorChoice, Terminal};

/// Lints OCI IAM policies before the merge and explains the 404 after it.
#[derive(Parser)]
#[command(name = "ociam", version, about, arg_required_else_help = true, after_help = EXAMPLES)]
#[command(styles = terminal::HELP)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ociam demo                         see it work, without a tenancy
  ociam lint .                       lint every policy below this folder
  ociam lint --fix infra/iam         apply the safe fixes
  terraform show -json plan | ociam lint --input-format plan -
  ociam fmt --check .                are all statements in canonical form?
  ociam explain unknown-verb         what a rule finds, and why

Exit codes: 0 nothing at or above the threshold, 1 findings, 2 wrong usage or unreadable input";

/// What every command takes.
#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// When to colour; `NO_COLOR` and `CLICOLOR_FORCE` are honoured too
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    color: ColorChoice,
    /// The configuration file, instead of the `ociam.toml` found upwards from the first path; or a setting that counts
    /// before the file's, such as `fail-on=error`
    #[arg(long, global = true, value_name = "FILE|KEY=VALUE")]
    config: Vec<OsString>,
    /// Read no configuration file, and no settings from the environment
    #[arg(long, global = true)]
    isolated: bool,
    /// Print results only
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    Lint(Box<lint::LintArgs>),
    Fmt(fmt::FmtArgs),
    Parse(parse::ParseArgs),
    Rules(rules::RulesArgs),
    Explain(explain::ExplainArgs),
    /// Look up what OCI knows: resource-types, permissions, variables, models, regions
    #[command(
        after_help = "Examples:\n  ociam catalog resource-type generative-ai-chat\n  ociam catalog region us-chicago-1"
    )]
    Catalog(catalog::CatalogArgs),
    Why(Box<why::WhyArgs>),
    WhoCan(Box<who_can::WhoCanArgs>),
    Diff(diff::DiffArgs),
    Diagnose(diagnose::DiagnoseArgs),
    Checklist(Box<checklist::ChecklistArgs>),
    Key(key::KeyArgs),
    #[cfg(feature = "live")]
    Snapshot(Box<snapshot::SnapshotArgs>),
    #[cfg(feature = "live")]
    Sandbox(sandbox::SandboxArgs),
    #[cfg(feature = "live")]
    Demo(demo::DemoArgs),
    #[cfg(feature = "live")]
    Probe(Box<probe::ProbeArgs>),
    Config(config::ConfigArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
}

/// What a command ends with, unless it fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Nothing at or above the threshold.
    Clean,
    /// Findings, or a name that is not known.
    Findings,
    /// A question that can't be understood; it has been said already.
    Misunderstood,
}

/// Why a command can't do its work; exit code 2.
enum Failure {
    /// Wrong usage or unreadable input: what, and what to do.
    Usage(String, Option<String>),
    /// It has been shown already.
    Shown,
    /// The output can't be written.
    Output(io::Error),
}

impl Failure {
    fn usage(message: impl Into<String>) -> Self {
        Failure::Usage(message.into(), None)
    }

    fn with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Failure::Usage(message.into(), Some(help.into()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

type Answer = Result<Status, Failure>;

/// Runs the command that the arguments name and gives its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(without_secrets(arguments)) {
        Ok(cli) => cli,
        Err(mut error) => {
            redact(&mut error);
            let code = if error.use_stderr() { 2 } else { 0 };
            let plain = error.to_string();
            // A reader that has gone away needs no help text.
            let _ = match text::redact(&plain) {
                clean if code != 0 && clean != plain => write!(io::stderr().lock(), "{clean}"),
                _ => error.print(),
            };
            return ExitCode::from(code);
        }
    };
    let terminal = Terminal::detect(cli.global.color);
    let answer = match &cli.command {
        Command::Lint(args) => lint::run(args, &cli.global, &terminal),
        Command::Fmt(args) => fmt::run(args, &cli.global, &terminal),
        Command::Parse(args) => parse::run(args, &terminal),
        Command::Rules(args) => rules::run(args, &terminal),
        Command::Explain(args) => explain::run(args, &terminal),
        Command::Catalog(args) => look_up(args),
        Command::Why(args) => why::run(args, &terminal),
        Command::WhoCan(args) => who_can::run(args, &terminal),
        Command::Diff(args) => diff::run(args, &terminal),
        Command::Diagnose(args) => diagnose::run(args),
        Command::Checklist(args) => checklist::run(args, &terminal),
        Command::Key(args) => key::run(args, &cli.global, &terminal),
        #[cfg(feature = "live")]
        Command::Snapshot(args) => snapshot::run(args, &cli.global, &terminal),
        #[cfg(feature = "live")]
        Command::Sandbox(args) => sandbox::run(args, &terminal),
        #[cfg(feature = "live")]
        Command::Demo(args) => demo::run(args, &terminal),
        #[cfg(feature = "live")]
        Command::Probe(args) => probe::run(args, &cli.global, &terminal),
        Command::Config(args) => config::run(args, &cli.global, &terminal),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
    };
    match answer {
        Ok(Status::Clean) => ExitCode::SUCCESS,
        Ok(Status::Findings) => ExitCode::from(1),
        Ok(Status::Misunderstood) => ExitCode::from(2),
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let (message, help) = match failure {
                Failure::Usage(message, help) => (message, help),
                Failure::Output(error) => (format!("can't write the output: {error}"), None),
                Failure::Shown => return ExitCode::from(2),
            };
            let mut stderr = io::stderr().lock();
            let (error, tip) = terminal.error_words();
            // A message may quote what was given.
            let _ = writeln!(stderr, "{error} {}", text::redact(&text::without_value(&message)));
            if let Some(help) = help {
                let _ = writeln!(stderr, "\n  {tip} {}", text::redact(&help));
            }
            ExitCode::from(2)
        }
    }
}

/// The arguments with what has the shape of a secret covered: they are quoted in answers, and no name has that
/// shape. A command line that gives a secret stays as it is; it is never shown.
fn without_secrets(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut clean: Vec<OsString> = Vec::new();
    let mut after_command = false;
    for argument in arguments {
        let text = argument.to_str().map(str::to_owned);
        let is_command = |text: &str| {
            let value =
                text.split_once('=').filter(|_| text.starts_with("--")).map_or(text, |(_, value)| value);
            value.starts_with("command:")
                || value.starts_with("cmd:")
                || text.starts_with("--api-key-command=")
        };
        clean.push(match &text {
            Some(text) if !after_command && !is_command(text) => text::mask_shapes(text).into_owned().into(),
            _ => argument,
        });
        after_command = text.as_deref() == Some("--api-key-command");
    }
    clean
}

/// Who gives a secret where its source belongs must not find it in the log of a job.
fn redact(error: &mut clap::Error) {
    use clap::error::{ContextKind, ContextValue};
    let of_secret =
        error.get(ContextKind::InvalidArg).is_some_and(|argument| argument.to_string().ends_with("<SOURCE>"));
    if of_secret {
        error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
    }
}

fn look_up(args: &catalog::CatalogArgs) -> Answer {
    let code = catalog::run(args, &mut io::stdout().lock(), &mut io::stderr().lock())?;
    Ok(match code {
        0 => Status::Clean,
        1 => Status::Findings,
        _ => Status::Misunderstood,
    })
}

/// The command line as clap knows it, for the completions.
fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Writes a JSON document and a line break.
fn print_json(value: &impl serde::Serialize) -> Answer {
    let mut out = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    out.flush()?;
    Ok(Status::Clean)
}
