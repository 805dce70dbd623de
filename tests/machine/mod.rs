//! A machine for tests: its files, variables and clock are what the test says.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ociam::probe::Surroundings;
use ociam::wire::Secret;

#[derive(Clone)]
pub struct Machine {
    variables: BTreeMap<String, String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    modes: BTreeMap<PathBuf, u32>,
    now: Timestamp,
}

#[allow(dead_code, reason = "not every test file uses all of it")]
impl Machine {
    pub fn new() -> Self {
        let variables = BTreeMap::from([("HOME".to_owned(), "/home".to_owned())]);
        Self {
            variables,
            files: BTreeMap::new(),
            modes: BTreeMap::new(),
            now: "2026-11-21T02:03:04Z".parse().unwrap(),
        }
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn file(mut self, path: &str, text: &str) -> Self {
        let path = self.expand(path);
        self.modes.insert(path.clone(), 0o600);
        self.files.insert(path, text.as_bytes().to_vec());
        self
    }

    pub fn with_mode(mut self, path: &str, mode: u32) -> Self {
        let path = self.expand(path);
        self.modes.insert(path, mode);
        self
    }

    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }
}

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or(io::ErrorKind::NotFound.into())
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        self.modes.get(path).copied()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn run(&self, command: &str) -> io::Result<Secret> {
        let text = command.strip_prefix("print ").ok_or(io::Error::other("the command failed"))?;
        Ok(Secret::new(format!("{text}\n")))
    }

    fn stdin(&self) -> io::Result<Secret> {
        Ok(Secret::new("from-stdin\n"))
    }

    fn prompt(&self, _: &str) -> io::Result<Secret> {
        Ok(Secret::new("from-prompt"))
    }
}
