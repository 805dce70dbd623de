//! Where a person says that a secret is: anywhere but in an argument, which other users of the machine could read.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::probe::Surroundings;
use crate::wire::Secret;

/// A place that holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// `env:NAME`
    Variable(String),
    /// `file:PATH`
    File(PathBuf),
    /// `-`
    Stdin,
    /// `command:…`, run by the shell.
    Command(String),
    /// `prompt`
    Prompt,
}

/// Why there is no secret. Never quotes what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSourceError {
    /// The text names no place; it may be the secret itself.
    NotASource,
    /// The place holds nothing, or can't be read.
    Unreadable(String),
}

impl fmt::Display for SecretSourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSourceError::NotASource => f.write_str(
                "a secret is never taken from an argument; write `env:NAME`, `file:PATH`, `command:…`, `prompt` or `-` for standard input",
            ),
            SecretSourceError::Unreadable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for SecretSourceError {}

impl FromStr for SecretSource {
    type Err = SecretSourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        Ok(match (kind, rest) {
            ("-" | "stdin", "") => SecretSource::Stdin,
            ("prompt", "") => SecretSource::Prompt,
            ("env", name) if !name.is_empty() => SecretSource::Variable(name.to_owned()),
            ("file", path) if !path.is_empty() => SecretSource::File(PathBuf::from(path)),
            ("command" | "cmd", line) if !line.is_empty() => SecretSource::Command(line.to_owned()),
            _ => return Err(SecretSourceError::NotASource),
        })
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Variable(name) => write!(f, "environment variable `{name}`"),
            SecretSource::File(path) => write!(f, "file `{}`", path.display()),
            SecretSource::Stdin => f.write_str("standard input"),
            SecretSource::Command(_) => f.write_str("a command"),
            SecretSource::Prompt => f.write_str("the terminal"),
        }
    }
}

impl SecretSource {
    /// Gets the secret, without the white space around it that files and commands add. `what` is what a person is
    /// asked for.
    pub fn obtain(&self, what: &str, around: &dyn Surroundings) -> Result<Secret, SecretSourceError> {
        let unreadable = |why: String| SecretSourceError::Unreadable(format!("{self}: {why}"));
        let found = match self {
            SecretSource::Variable(name) => around
                .variable(name)
                .map(Secret::new)
                .ok_or_else(|| unreadable("it is not set".to_owned()))?,
            SecretSource::File(path) => {
                let path = around.expand(&path.to_string_lossy());
                around.read_text(&path).map(Secret::new).map_err(unreadable)?
            }
            SecretSource::Stdin => around.stdin().map_err(|error| unreadable(error.to_string()))?,
            SecretSource::Command(line) => around.run(line).map_err(|error| unreadable(error.to_string()))?,
            SecretSource::Prompt => {
                around.prompt(&format!("{what}: ")).map_err(|error| unreadable(error.to_string()))?
            }
        };
        let found = found.trimmed();
        if found.is_empty() { Err(unreadable("it is empty".to_owned())) } else { Ok(found) }
    }
}
