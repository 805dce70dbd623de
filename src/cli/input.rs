//! What the commands read: paths, standard input, formats.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::diag::Finding;
use crate::report::{self, Report, Summary};
use crate::source::problem::UNREADABLE_SOURCE;
use crate::source::{self, Configuration, InputFormat, Request, Stdin};
use crate::text::{FileId, Place};

use super::Failure;
use super::staged::Staged;
use super::terminal::Terminal;

/// The paths to read and how.
#[derive(clap::Args)]
pub(super) struct InputArgs {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The format of the files named and of standard input, instead of telling it from name and content
    #[arg(long, value_name = "FORMAT", value_enum)]
    input_format: Option<InputFormat>,
    /// The name that standard input goes by; tells its format too
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
}

impl InputArgs {
    /// The first path that is not standard input.
    pub(super) fn first_path(&self) -> Option<&Path> {
        self.paths.iter().map(PathBuf::as_path).find(|path| !is_stdin(path))
    }

    /// Whether standard input is the only thing to read.
    pub(super) fn is_stdin_only(&self) -> bool {
        self.paths.iter().all(|path| is_stdin(path))
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// What was read.
pub(super) struct Input {
    /// Everything in it.
    pub(super) configuration: Configuration,
    request: Request,
    nothing_read: bool,
    described: String,
    staged: Option<Staged>,
}

impl Input {
    /// Reads what the arguments name.
    pub(super) fn load(args: &InputArgs) -> Result<Self, Failure> {
        Self::load_from(args, None)
    }

    /// Reads what the arguments name, of the index where it is given.
    pub(super) fn load_from(args: &InputArgs, staged: Option<Staged>) -> Result<Self, Failure> {
        if let Some(name) =
            args.stdin_filename.as_ref().filter(|_| !args.paths.iter().any(|path| is_stdin(path)))
        {
            return Err(Failure::with_help(
                format!("`--stdin-filename {name}` names standard input, which is not read"),
                "write `-` among the paths",
            ));
        }
        let stdin = if args.paths.iter().any(|path| is_stdin(path)) {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| Failure::usage(format!("can't read standard input: {error}")))?;
            Some(Stdin { name: args.stdin_filename.clone(), bytes })
        } else {
            None
        };
        let described: Vec<String> =
            args.paths
                .iter()
                .map(|path| {
                    if is_stdin(path) { "standard input".to_owned() } else { format!("`{}`", path.display()) }
                })
                .collect();
        let files = args.paths.iter().filter(|path| !is_stdin(path));
        let paths: Result<Vec<PathBuf>, Failure> = match &staged {
            Some(staged) => files.map(|path| staged.path(path)).collect(),
            None => Ok(files.cloned().collect()),
        };
        let request = Request { paths: paths?, stdin, format: args.input_format, overlay: BTreeMap::new() };
        let mut input = Self {
            configuration: Configuration::default(),
            nothing_read: false,
            request,
            described: described.join(", "),
            staged,
        };
        input.read();
        Ok(input)
    }

    fn read(&mut self) {
        let loaded = source::load(&self.request);
        (self.configuration, self.nothing_read) = (loaded.configuration, loaded.nothing_read);
        if let Some(staged) = &self.staged {
            staged.unname(&mut self.configuration);
        }
    }

    /// Reads again, with these texts in place of those of the files of these names.
    pub(super) fn reload(&mut self, overlay: BTreeMap<String, String>) {
        self.request.overlay = overlay;
        self.read();
    }

    /// The path of a file; `None` for standard input.
    pub(super) fn path(&self, file: FileId) -> Option<PathBuf> {
        let name = self.configuration.files.name(file);
        (!self.is_stdin(name)).then(|| PathBuf::from(name))
    }

    /// Whether a file's name is that of standard input.
    pub(super) fn is_stdin(&self, name: &str) -> bool {
        let stdin = self.request.stdin.as_ref().map(|stdin| stdin.name.as_deref().unwrap_or("<stdin>"));
        stdin == Some(name)
    }

    /// Whether standard input is among what was read.
    pub(super) fn has_stdin(&self) -> bool {
        self.request.stdin.is_some()
    }

    /// The paths as asked for, for messages.
    pub(super) fn described(&self) -> &str {
        &self.described
    }

    /// The counts of what was read.
    pub(super) fn summary(&self) -> Summary {
        let configuration = &self.configuration;
        let mut places: Vec<Place> = configuration.statements.iter().map(|source| source.place).collect();
        places.sort_unstable();
        places.dedup();
        Summary {
            files: configuration.files.len(),
            policies: configuration.policies.len(),
            statements: places.len(),
            unresolved: configuration.unresolved.len(),
            ..Summary::default()
        }
    }

    /// A failure, with the reasons shown, when nothing could be read that was asked for.
    pub(super) fn check_readable(&self, terminal: &Terminal) -> Result<(), Failure> {
        if !self.nothing_read {
            return Ok(());
        }
        self.show_problems(terminal)?;
        Err(Failure::Shown)
    }

    /// Shows on standard error what could not be read.
    pub(super) fn show_problems(&self, terminal: &Terminal) -> io::Result<()> {
        let mut err = io::stderr().lock();
        let located = |finding: &&Finding| {
            let file = self.configuration.files.get(finding.place.file);
            file.is_some_and(|file| !file.text.is_empty())
        };
        let unreadable =
            self.configuration.problems.iter().filter(|finding| finding.rule == UNREADABLE_SOURCE);
        let (shown, bare): (Vec<&Finding>, Vec<&Finding>) = unreadable.partition(located);
        for finding in bare {
            let (error, _) = terminal.error_words();
            writeln!(
                err,
                "{error} {}: {}",
                self.configuration.files.name(finding.place.file),
                finding.message
            )?;
            if let Some(help) = &finding.help {
                writeln!(err, "  {help}")?;
            }
        }
        let findings: Vec<Finding> = shown.into_iter().cloned().collect();
        let report = Report::of(&self.configuration.files, &findings);
        report::write_findings(&report, terminal.err, &mut err)
    }
}
