//! The lines of a config file, before anyone's rules about them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::readers::Sections;

/// What is wrong, and on which line of which file. Never quotes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1; none when the complaint is about something that is absent.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A line, as it stands.
#[derive(Clone)]
pub(super) struct Line {
    /// From 1.
    pub number: usize,
    /// Without its line break.
    pub text: Box<str>,
}

/// A config file of any length up to what [`Surroundings::read`](crate::probe::Surroundings::read) takes.
#[derive(Clone)]
pub struct ConfigFile {
    /// What to call it in messages.
    pub name: Arc<str>,
    /// Whether a byte-order mark stands at its start.
    pub byte_order_mark: bool,
    pub(super) lines: Vec<Line>,
    /// What each reader made of the lines, by [`Reader::ALL`](super::Reader::ALL).
    pub(super) readings: [OnceLock<Result<Sections, ConfigError>>; 3],
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The lines may hold passphrases.
        write!(f, "ConfigFile({}, {} lines)", self.name, self.lines.len())
    }
}

impl ConfigFile {
    /// Takes a file's text apart. Always succeeds: what is wrong depends on the reader.
    pub fn parse(name: &str, text: &str) -> ConfigFile {
        let body = text.strip_prefix('\u{feff}');
        let byte_order_mark = body.is_some();
        let lines = body.unwrap_or(text).lines().enumerate();
        ConfigFile {
            name: name.into(),
            byte_order_mark,
            lines: lines.map(|(index, text)| Line { number: index + 1, text: text.into() }).collect(),
            readings: Default::default(),
        }
    }

    /// The names of all profiles, in order, each once.
    pub fn profiles(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let names = self.lines.iter().filter_map(|line| section(line.text.trim()));
        names.filter(|name| seen.insert(*name)).collect()
    }

    pub(super) fn error(&self, line: impl Into<Option<usize>>, message: impl Into<String>) -> ConfigError {
        ConfigError { file: self.name.clone(), line: line.into(), message: message.into() }
    }
}

/// The name in `[name]`.
pub(super) fn section(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.split_once(']').map(|(name, _)| name)
}
