//! What the probe asks of the machine around it, in one place, so that tests can be another machine.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;

use crate::wire::Secret;

/// The environment, files, clock and terminal.
pub trait Surroundings: Send + Sync {
    /// An environment variable; none when unset or empty, as the clients have it.
    fn variable(&self, name: &str) -> Option<String>;
    /// A file's bytes; an error beyond a mebibyte.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The permission bits of a file; none where the system has none.
    fn mode(&self, path: &Path) -> Option<u32>;
    /// The time.
    fn now(&self) -> Timestamp;
    /// What a command prints, run by the shell.
    fn run(&self, command: &str) -> io::Result<Secret>;
    /// Standard input, whole.
    fn stdin(&self) -> io::Result<Secret>;
    /// What a person types without echo; an error when no person is there.
    fn prompt(&self, question: &str) -> io::Result<Secret>;

    /// Where a person says that a service is which no region's host name tells: `imds`, `auth`, `proxymux`,
    /// `identity-domain`.
    fn endpoint(&self, _service: &str) -> Option<String> {
        None
    }

    /// Whether a file can be read.
    fn exists(&self, path: &Path) -> bool {
        self.read(path).is_ok()
    }

    /// The home folder.
    fn home(&self) -> Option<PathBuf> {
        self.variable("HOME").or_else(|| self.variable("USERPROFILE")).map(PathBuf::from)
    }

    /// A path as a person writes it: `~` at its start is the home folder.
    fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix('~'), self.home()) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
                home.join(rest.trim_start_matches(['/', '\\']))
            }
            _ => PathBuf::from(path),
        }
    }

    /// A file as text, a byte-order mark kept; the error says what is wrong in words.
    fn read_text(&self, path: &Path) -> Result<String, String> {
        let bytes = self.read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "the file does not exist".to_owned(),
            io::ErrorKind::PermissionDenied => "the file may not be read by this user".to_owned(),
            _ => error.to_string(),
        })?;
        String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
    }
}

/// Keys, tokens and configuration are far smaller.
const LARGEST_FILE: u64 = 1 << 20;

/// The machine that the program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

fn bounded(mut reader: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.by_ref().take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(io::Error::other("larger than 1 MiB, which no key, token or configuration is"));
    }
    Ok(bytes)
}

fn secret(bytes: Vec<u8>) -> io::Result<Secret> {
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("the secret is not UTF-8"))?;
    Ok(Secret::new(text))
}

impl Surroundings for System {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // The system's own words for a folder differ from one system to the next.
        if std::fs::metadata(path)?.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        bounded(std::fs::File::open(path)?)
    }

    #[cfg(unix)]
    fn mode(&self, path: &Path) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(path).ok().map(|file| file.permissions().mode() & 0o777)
    }

    #[cfg(not(unix))]
    fn mode(&self, _: &Path) -> Option<u32> {
        None
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn run(&self, command: &str) -> io::Result<Secret> {
        let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
        let [program, flag] = shell;
        let output = Command::new(program).arg(flag).arg(command).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!("the command ended with {}", output.status)));
        }
        secret(output.stdout)
    }

    fn stdin(&self) -> io::Result<Secret> {
        secret(bounded(io::stdin())?)
    }

    fn prompt(&self, question: &str) -> io::Result<Secret> {
        rpassword::prompt_password(question).map(Secret::new)
    }
}
