//! What the commands read: paths, standard input, formats.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::report::Summary;
use crate::source::{Configuration, Role, StatementSource};
use crate::text::{FileId, MappedText, Place, SourceFile, Span};

use super::Failure;
use super::terminal::Terminal;

/// The paths to read and how.
#[derive(clap::Args)]
pub(super) struct InputArgs {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The format
    #[arg(long)]
    input_format: Option<String>,
    /// The name that standard input goes by; tells its format too
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
}

impl InputArgs {
    /// The first path that is not standard input.
    pub(super) fn first_path(&self) -> Option<&Path> {
        self.paths.iter().map(PathBuf::as_path).find(|path| *path != Path::new("-"))
    }
}

/// What was read.
pub(super) struct Input {
    pub(super) configuration: Configuration,
    paths: Vec<Option<PathBuf>>,
    described: String,
    unreadable: Vec<String>,
}

impl Input {
    /// Reads what the arguments name; the texts of `overlay` stand in for those of their files.
    pub(super) fn load(args: &InputArgs, overlay: &[(PathBuf, String)]) -> Result<Self, Failure> {
        let described: Vec<String> = args.paths.iter().map(|path| format!("`{}`", path.display())).collect();
        let mut input = Self {
            configuration: Configuration::default(),
            paths: Vec::new(),
            described: described.join(", "),
            unreadable: Vec::new(),
        };
        for path in &args.paths {
            if path == Path::new("-") {
                let mut text = String::new();
                io::stdin()
                    .lock()
                    .read_to_string(&mut text)
                    .map_err(|error| Failure::usage(format!("can't read standard input: {error}")))?;
                let name = args.stdin_filename.clone().unwrap_or_else(|| "<stdin>".to_owned());
                input.text(&name, text, None);
            } else if path.is_file() {
                let known = overlay.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone());
                match known.map_or_else(|| std::fs::read_to_string(path), Ok) {
                    Ok(text) => input.text(&path.to_string_lossy(), text, Some(path.clone())),
                    Err(error) => input.unreadable.push(format!("can't read `{}`: {error}", path.display())),
                }
            } else if !path.exists() {
                input.unreadable.push(format!("there is no `{}`", path.display()));
            }
        }
        Ok(input)
    }

    /// One statement a line.
    fn text(&mut self, name: &str, text: String, path: Option<PathBuf>) {
        let name: Arc<str> = name.into();
        let file = self.configuration.files.add(SourceFile::new(name, text));
        self.paths.push(path);
        let Some(source) = self.configuration.files.get(file).cloned() else { return };
        for line in 1..=source.line_count() {
            let trimmed = source.line(line).trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                if trimmed.starts_with('#') {
                    let start = source.line_start(line);
                    self.configuration
                        .comments
                        .push(Place { file, span: Span::new(start, start + source.line(line).len()) });
                }
                continue;
            }
            let lead = source.line(line).len() - source.line(line).trim_start().len();
            let start = source.line_start(line) + lead;
            let index = self.configuration.statements.len();
            self.configuration.statements.push(StatementSource {
                text: MappedText::verbatim(trimmed, file, start),
                policy: None,
                index: Some(index),
                place: Place { file, span: Span::new(start, start + trimmed.len()) },
                maybe: false,
                role: Role::Policy,
            });
        }
    }

    /// The path of a file; `None` for standard input.
    pub(super) fn path(&self, file: FileId) -> Option<&Path> {
        self.paths.get(file.0 as usize)?.as_deref()
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

    /// Says what could not be read; a failure when that is all that was asked for.
    pub(super) fn check_readable(&self, terminal: &Terminal) -> Result<(), Failure> {
        if self.unreadable.is_empty() {
            return Ok(());
        }
        let mut stderr = io::stderr().lock();
        for message in &self.unreadable {
            writeln!(stderr, "{} {message}", terminal.error_words().0)?;
        }
        Err(Failure::Shown)
    }
}
