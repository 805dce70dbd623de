//! `ociam config`: what is in force, and a file to begin with. Also turns the file into the linter's settings.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::{self, Config, FILE_NAME, OrganisationRule, Problem, TEMPLATE, Word};
use crate::diag::{Confidence, Finding, Severity};
use crate::lint::{Category, PathIgnore, Settings, rules};
use crate::report::{self, Report, Summary};
use crate::text::{Files, Place, SourceFile};

use super::terminal::Terminal;
use super::{Answer, Failure, Global, Status};

/// Show the configuration in force, or write a file to begin with
#[derive(clap::Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(clap::Subcommand)]
enum ConfigCommand {
    /// Print what is in force for a path, and which file says so
    Show {
        /// The path that would be linted
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// Write a commented ociam.toml with every key at its default
    Init {
        /// The folder to write it to
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

pub(super) fn run(args: &ConfigArgs, global: &Global, terminal: &Terminal) -> Answer {
    match &args.command {
        ConfigCommand::Show { path } => show(&load(global, Some(path), terminal)?),
        ConfigCommand::Init { folder } => init(folder),
    }
}

/// The configuration for a run over `path`: the file named, or the nearest one upwards, or none.
pub(super) fn load(global: &Global, path: Option<&Path>, terminal: &Terminal) -> Result<Config, Failure> {
    let found = match &global.config {
        Some(file) => Some(file.clone()),
        None if global.isolated => None,
        None => config::find(path.unwrap_or(Path::new("."))),
    };
    let Some(found) = found else { return Ok(Config::default()) };
    let (file, config) = config::read(&found)
        .map_err(|error| Failure::usage(format!("can't read `{}`: {error}", found.display())))?;
    let problems = match config {
        Ok(config) => {
            let unknown: Vec<Problem> = config.names().filter_map(unknown_name).collect();
            if unknown.is_empty() {
                return Ok(config);
            }
            unknown
        }
        Err(problems) => problems,
    };
    show_problems(file, &problems, terminal)?;
    Err(Failure::Shown)
}

fn unknown_name(word: &Word) -> Option<Problem> {
    let name = word.text.as_str();
    let message = format!("there is no rule or category `{name}`");
    let help = match rules::nearest(name) {
        Some(near) => format!("write `{near}`"),
        None => "see `ociam rules` for the names".to_owned(),
    };
    (!is_selector(name)).then_some(Problem { span: word.span, message, help: Some(help) })
}

/// Whether a word names a rule, a category or all.
pub(super) fn is_selector(word: &str) -> bool {
    word == "all"
        || rules::find(word).is_some()
        || Category::ALL.iter().any(|category| category.as_str() == word)
}

fn show_problems(file: SourceFile, problems: &[Problem], terminal: &Terminal) -> io::Result<()> {
    let mut files = Files::new();
    let id = files.add(file);
    let finding = |problem: &Problem| Finding {
        rule: "configuration",
        severity: Severity::Error,
        confidence: Confidence::High,
        message: problem.message.clone(),
        note: None,
        help: problem.help.clone(),
        place: Place { file: id, span: problem.span },
        labels: Vec::new(),
        statement: None,
        fix: None,
    };
    let findings: Vec<Finding> = problems.iter().map(finding).collect();
    let report = Report { files: &files, findings: &findings, summary: Summary::default() };
    report::write_findings(&report, terminal.err, &mut io::stderr().lock())
}

/// The linter's settings that a file stands for.
pub(super) fn settings(config: &Config) -> Settings {
    let texts = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
    Settings {
        select: config.select.as_deref().map(texts),
        extend_select: texts(&config.extend_select),
        ignore: texts(&config.ignore),
        pedantic: config.pedantic.unwrap_or(false),
        severity: config.severity.iter().map(|(rule, (_, severity))| (rule.clone(), *severity)).collect(),
        per_path_ignores: config
            .per_path_ignores
            .iter()
            .map(|paths| PathIgnore { glob: paths.glob.clone(), rules: texts(&paths.rules) })
            .collect(),
        organisation: config.organisation.clone(),
    }
}

fn show(config: &Config) -> Answer {
    let mut out = io::stdout().lock();
    match &config.path {
        Some(path) => writeln!(out, "# from {}", path.display())?,
        None => writeln!(out, "# no {FILE_NAME} found: these are the defaults")?,
    }
    let list = |words: &[Word]| {
        let quoted: Vec<String> = words.iter().map(|word| format!("{:?}", word.text)).collect();
        format!("[{}]", quoted.join(", "))
    };
    if let Some(select) = &config.select {
        writeln!(out, "select = {}", list(select))?;
    }
    writeln!(out, "extend-select = {}", list(&config.extend_select))?;
    writeln!(out, "ignore = {}", list(&config.ignore))?;
    writeln!(out, "pedantic = {}", config.pedantic.unwrap_or(false))?;
    writeln!(out, "fail-on = {:?}", config.fail_on.unwrap_or_default().as_str())?;
    writeln!(out, "\n[severity]")?;
    for (rule, (_, severity)) in &config.severity {
        writeln!(out, "{rule} = {:?}", severity.as_str())?;
    }
    writeln!(out, "\n[per-path-ignores]")?;
    for paths in &config.per_path_ignores {
        writeln!(out, "{:?} = {}", paths.pattern, list(&paths.rules))?;
    }
    for own in &config.organisation {
        write_organisation(own, &mut out)?;
    }
    let settings = settings(config);
    let running = rules::all().iter().filter(|rule| settings.enabled(rule)).count();
    writeln!(out, "\n# {running} of {} rules run", rules::all().len())?;
    Ok(Status::Clean)
}

fn write_organisation(own: &OrganisationRule, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n[[organisation]]\nname = {:?}\nreason = {:?}", own.name, own.reason)?;
    writeln!(out, "severity = {:?}", own.severity.as_str())?;
    let verbs: Vec<String> = own.verbs.iter().map(|verb| verb.word().to_owned()).collect();
    let given = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let lists = [
        ("verbs", given(&verbs)),
        ("resource-types", given(&own.resource_types)),
        ("principals", given(&own.principals)),
        ("required-conditions", given(&own.required_conditions)),
        ("banned-principals", given(&own.banned_principals)),
        ("allowed-principals", own.allowed_principals.clone()),
        ("allowed-compartments", own.allowed_compartments.clone()),
    ];
    for (key, list) in lists {
        if let Some(list) = list {
            writeln!(out, "{key} = {list:?}")?;
        }
    }
    Ok(())
}

fn init(folder: &Path) -> Answer {
    let path = folder.join(FILE_NAME);
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    match created.and_then(|mut file| file.write_all(TEMPLATE.as_bytes())) {
        Ok(()) => {
            writeln!(io::stderr().lock(), "wrote {}", path.display())?;
            Ok(Status::Clean)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Failure::usage(format!("`{}` exists already", path.display())))
        }
        Err(error) => Err(Failure::usage(format!("can't write `{}`: {error}", path.display()))),
    }
}
