//! `ociam config`: what is in force, and a file to begin with. Also turns the file into the linter's settings.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::{self, Config, FILE_NAME, Layer, OrganisationRule, Problem, TEMPLATE, Word};
use crate::diag::{Confidence, Finding, Severity};
use crate::lint::{Category, PathIgnore, Settings, rules};
use crate::report::{self, Report};
use crate::source::reason;
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

/// The configuration for a run over `path`: the file named, or the nearest one upwards, or none; over it what the
/// environment says; over that what the command line says.
pub(super) fn load(global: &Global, path: Option<&Path>, terminal: &Terminal) -> Result<Config, Failure> {
    let (file, pairs) = split(&global.config)?;
    let named =
        file.or_else(|| std::env::var_os("OCIAM_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from));
    if global.isolated && file_is_asked_for(&global.config) {
        return Err(Failure::usage("`--isolated` reads no file, and `--config` names one"));
    }
    let found = match named {
        _ if global.isolated => None,
        Some(file) => Some(file),
        None => config::find(path.unwrap_or(Path::new("."))),
    };
    let mut layers: Vec<Layer> = Vec::new();
    if let Some(found) = found {
        let layer = config::read(&found).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::with_help(
                format!("there is no configuration file `{}`", found.display()),
                "`ociam config init` writes one; a setting for one run is written `--config KEY=VALUE`",
            ),
            _ => Failure::usage(format!("can't read `{}`: {}", found.display(), reason(&error))),
        })?;
        layers.push(layer);
    }
    if !global.isolated {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        if let Some((name, near)) = config::misspelt_variable(names) {
            return Err(Failure::with_help(
                format!("the environment sets `{name}`, which is not known"),
                format!("write `{near}`"),
            ));
        }
        layers.extend(config::environment(|name| std::env::var(name).ok()));
    }
    layers.extend(pairs);
    let mut whole = Config::default();
    let mut wrong = false;
    for (file, layer) in layers {
        let problems = match layer {
            Ok(mut layer) => {
                let problems = check_names(&mut layer, &file, terminal)?;
                if whole.path.is_none() {
                    whole.path.clone_from(&layer.path);
                }
                whole.lay_over(layer);
                problems
            }
            Err(problems) => problems,
        };
        if !problems.is_empty() {
            show_problems(file, &problems, terminal)?;
            wrong = true;
        }
    }
    if wrong { Err(Failure::Shown) } else { Ok(whole) }
}

/// What `--config` was given: a file, and settings. Something that is a file is one even when it holds `=`.
fn split(given: &[OsString]) -> Result<(Option<PathBuf>, Vec<Layer>), Failure> {
    let mut file: Option<PathBuf> = None;
    let mut pairs = Vec::new();
    for word in given {
        let pair = if Path::new(word).is_file() { None } else { word.to_str().and_then(config::pair) };
        match pair {
            Some(pair) => pairs.push(pair),
            None if file.is_some() => return Err(Failure::usage("`--config` names two files")),
            None => file = Some(PathBuf::from(word)),
        }
    }
    Ok((file, pairs))
}

fn file_is_asked_for(given: &[OsString]) -> bool {
    split(given).is_ok_and(|(file, _)| file.is_some())
}

/// What is wrong with the names of rules; former names are replaced, with a word about it.
fn check_names(config: &mut Config, file: &SourceFile, terminal: &Terminal) -> Result<Vec<Problem>, Failure> {
    for word in config.names_mut() {
        if let Some(renamed) = rules::renamed(&word.text) {
            let line = file.position(word.span.start()).line;
            tell_renamed(renamed, &format!("{}:{line}: ", file.name), terminal)?;
            renamed.new.clone_into(&mut word.text);
        }
    }
    for (old, (word, severity)) in std::mem::take(&mut config.severity) {
        if let Some(origin) = config.origins.remove(&format!("severity.{old}")) {
            config.origins.insert(format!("severity.{}", word.text), origin);
        }
        config.severity.insert(word.text.clone(), (word, severity));
    }
    Ok(config.names().filter_map(unknown_name).collect())
}

/// Says on standard error that a rule goes by another name now.
pub(super) fn tell_renamed(renamed: &rules::Renamed, place: &str, terminal: &Terminal) -> io::Result<()> {
    let note = if terminal.err.color { "\u{1b}[36mnote:\u{1b}[0m" } else { "note:" };
    let rules::Renamed { old, new } = renamed;
    writeln!(io::stderr().lock(), "{note} {place}`{old}` is called `{new}` now")
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
    let report = Report::of(&files, &findings);
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
        preview: config.preview.unwrap_or(false),
        severity: config.severity.iter().map(|(rule, (_, severity))| (rule.clone(), *severity)).collect(),
        per_path_ignores: config
            .per_path_ignores
            .iter()
            .map(|paths| PathIgnore { glob: paths.glob.clone(), rules: texts(&paths.rules) })
            .collect(),
        folder: config.path.as_deref().and_then(folder_seen_from).unwrap_or_default(),
        organisation: config.organisation.clone(),
        never_ignore: texts(&config.never_ignore),
        require_suppression_reason: config.require_suppression_reason.unwrap_or(false),
    }
}

/// The current folder, seen from the folder of a configuration file above it.
fn folder_seen_from(file: &Path) -> Option<String> {
    let above = file.parent()?;
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok()?;
    let beneath = here.strip_prefix(std::fs::canonicalize(above).ok()?).ok()?;
    let parts: Vec<_> = beneath.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Some(parts.join("/"))
}

fn show(config: &Config) -> Answer {
    let mut out = io::stdout().lock();
    match &config.path {
        Some(path) => writeln!(out, "# from {}", path.display())?,
        None => writeln!(out, "# no {FILE_NAME} found")?,
    }
    let list = |words: &[Word]| {
        let quoted: Vec<String> = words.iter().map(|word| format!("{:?}", word.text)).collect();
        format!("[{}]", quoted.join(", "))
    };
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some(select) = &config.select {
        lines.push(("select", list(select)));
    }
    lines.extend([
        ("extend-select", list(&config.extend_select)),
        ("ignore", list(&config.ignore)),
        ("never-ignore", list(&config.never_ignore)),
        ("require-suppression-reason", config.require_suppression_reason.unwrap_or(false).to_string()),
        ("pedantic", config.pedantic.unwrap_or(false).to_string()),
        ("preview", config.preview.unwrap_or(false).to_string()),
        ("fail-on", format!("{:?}", config.fail_on.unwrap_or_default().as_str())),
    ]);
    let origin = |key: &str| config.origins.get(key).map_or("default", AsRef::as_ref);
    for (key, value) in lines {
        writeln!(out, "{key} = {value}  # {}", origin(key))?;
    }
    writeln!(out, "\n[severity]")?;
    for (rule, (_, severity)) in &config.severity {
        let origin = origin(&format!("severity.{rule}"));
        writeln!(out, "{rule} = {:?}  # {origin}", severity.as_str())?;
    }
    writeln!(out, "\n[per-path-ignores]")?;
    for paths in &config.per_path_ignores {
        let origin = origin(&format!("per-path-ignores.{}", paths.pattern));
        writeln!(out, "{:?} = {}  # {origin}", paths.pattern, list(&paths.rules))?;
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
        Err(error) => Err(Failure::usage(format!("can't write `{}`: {}", path.display(), reason(&error)))),
    }
}
