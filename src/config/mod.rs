//! `ociam.toml`: what a project wants of the linter. Reads and checks the file; knows no rule, so the names
//! in it are checked by the caller through [`Config::names`].

mod layers;
mod organisation;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use globset::{GlobBuilder, GlobMatcher};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::diag::Severity;
use crate::text::{SourceFile, Span};

pub use layers::{Layer, environment, misspelt_variable, pair};
pub use organisation::OrganisationRule;

/// The name of the file.
pub const FILE_NAME: &str = "ociam.toml";

/// A commented file with every key at its default.
pub const TEMPLATE: &str = include_str!("template.toml");

/// From which severity on the exit code is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FailOn {
    /// Errors alone.
    Error,
    /// Warnings and errors.
    #[default]
    Warning,
    /// Every finding.
    Info,
    /// No finding.
    Never,
}

impl FailOn {
    /// Every value, strictest last.
    pub const ALL: [FailOn; 4] = [FailOn::Never, FailOn::Error, FailOn::Warning, FailOn::Info];

    /// The word in the file and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            FailOn::Error => "error",
            FailOn::Warning => "warning",
            FailOn::Info => "info",
            FailOn::Never => "never",
        }
    }

    /// Whether a finding of this severity makes the run fail.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            FailOn::Error => severity >= Severity::Error,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Info => true,
            FailOn::Never => false,
        }
    }
}

/// A word of the file with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Its bytes in the file, quotes included.
    pub span: Span,
}

/// Rules that are not reported in the files of a pattern.
#[derive(Clone, Debug)]
pub struct PathRules {
    /// The pattern as written.
    pub pattern: String,
    /// The pattern, ready to match.
    pub glob: GlobMatcher,
    /// Rule names or categories.
    pub rules: Vec<Word>,
}

/// What the file says. A key that it leaves out is `None` or empty.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where it was read from.
    pub path: Option<PathBuf>,
    /// The rules to run, instead of the default ones.
    pub select: Option<Vec<Word>>,
    /// Rules to run besides.
    pub extend_select: Vec<Word>,
    /// Rules not to run.
    pub ignore: Vec<Word>,
    /// Rules that nothing turns off.
    pub never_ignore: Vec<Word>,
    /// Whether a suppression must say why.
    pub require_suppression_reason: Option<bool>,
    /// Whether to run pedantic rules.
    pub pedantic: Option<bool>,
    /// Whether to run rules on trial.
    pub preview: Option<bool>,
    /// When the exit code is 1.
    pub fail_on: Option<FailOn>,
    /// Severities instead of the rules' own.
    pub severity: BTreeMap<String, (Word, Severity)>,
    /// Rules not to report in some files.
    pub per_path_ignores: Vec<PathRules>,
    /// The organisation's own rules.
    pub organisation: Vec<OrganisationRule>,
    /// Where each key is set, by key; those of tables with the table's name before a full stop.
    pub origins: BTreeMap<String, Arc<str>>,
}

/// What is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What: one line, lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// The nearest file, from the folder of `path` upwards.
pub fn find(path: &Path) -> Option<PathBuf> {
    let path = fs::canonicalize(path).ok()?;
    let folder = if path.is_dir() { path.as_path() } else { path.parent()? };
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
}

/// Reads a file: its text, and what it says or what is wrong with it.
pub fn read(path: &Path) -> io::Result<Layer> {
    let text = fs::read_to_string(path)?;
    let name: Arc<str> = path.to_string_lossy().into();
    let file = SourceFile::new(name, text);
    let mut config = parse(&file.text);
    if let Ok(config) = &mut config {
        config.path = Some(path.to_owned());
        for origin in config.origins.values_mut() {
            let at = origin.parse().map_or(1, |offset| file.position(offset).line);
            *origin = format!("{}:{at}", file.name).into();
        }
    }
    Ok((file, config))
}

const KEYS: [&str; 11] = [
    "select",
    "extend-select",
    "ignore",
    "never-ignore",
    "require-suppression-reason",
    "pedantic",
    "preview",
    "fail-on",
    "severity",
    "per-path-ignores",
    "organisation",
];

/// Reads the text of a file.
pub fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().map_or_else(|| Span::at(0), Span::from);
        let message = error.message().lines().next().unwrap_or("not valid TOML").to_owned();
        vec![Problem { span, message, help: None }]
    })?;
    let mut reader = Reader::default();
    let mut config = Config::default();
    for (key, value) in table.get_ref() {
        config.note_origins(key, value);
        match key.get_ref().as_ref() {
            "select" => config.select = Some(reader.rule_names(value)),
            "extend-select" => config.extend_select = reader.rule_names(value),
            "ignore" => config.ignore = reader.rule_names(value),
            "never-ignore" => config.never_ignore = reader.rule_names(value),
            "require-suppression-reason" => config.require_suppression_reason = reader.switch(value),
            "pedantic" => config.pedantic = reader.switch(value),
            "preview" => config.preview = reader.switch(value),
            "fail-on" => {
                config.fail_on =
                    reader.choice(value, &FailOn::ALL.map(|fail_on| (fail_on.as_str(), fail_on)));
            }
            "severity" => reader.severities(value, &mut config),
            "per-path-ignores" => reader.path_rules(value, &mut config),
            "organisation" => reader.organisation(value, &mut config),
            unknown => reader.unknown(unknown, span_of(key), &KEYS),
        }
    }
    reader.problems.sort_by_key(|problem| problem.span);
    if reader.problems.is_empty() { Ok(config) } else { Err(reader.problems) }
}

impl Config {
    /// Every rule name or category in the file.
    pub fn names(&self) -> impl Iterator<Item = &Word> {
        let select = self.select.iter().flatten();
        let paths = self.per_path_ignores.iter().flat_map(|paths| &paths.rules);
        let severity = self.severity.values().map(|(word, _)| word);
        let lists = [&self.extend_select, &self.ignore, &self.never_ignore];
        select.chain(lists.into_iter().flatten()).chain(severity).chain(paths)
    }

    /// The same, to be changed.
    pub fn names_mut(&mut self) -> impl Iterator<Item = &mut Word> {
        let select = self.select.iter_mut().flatten();
        let paths = self.per_path_ignores.iter_mut().flat_map(|paths| &mut paths.rules);
        let severity = self.severity.values_mut().map(|(word, _)| word);
        let lists = [&mut self.extend_select, &mut self.ignore, &mut self.never_ignore];
        select.chain(lists.into_iter().flatten()).chain(severity).chain(paths)
    }

    /// Notes where a key of the top is set, and each entry where it holds a table: as offsets, until the caller
    /// knows the name of the source.
    fn note_origins(&mut self, key: &Spanned<DeString<'_>>, value: &Value<'_>) {
        let name = key.get_ref();
        match value.get_ref() {
            DeValue::Table(table) => {
                for entry in table.keys() {
                    let at = entry.span().start.to_string().into();
                    self.origins.insert(format!("{name}.{}", entry.get_ref()), at);
                }
            }
            _ => {
                self.origins.insert(name.to_string(), key.span().start.to_string().into());
            }
        }
    }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

type Value<'t> = Spanned<DeValue<'t>>;

fn span_of<T>(spanned: &Spanned<T>) -> Span {
    spanned.span().into()
}

impl Reader {
    fn wrong(&mut self, value: &Value<'_>, wanted: &str) {
        let found = value.get_ref().type_str();
        let message = format!("{wanted} is needed here, not this {found}");
        self.problems.push(Problem { span: span_of(value), message, help: None });
    }

    fn unknown(&mut self, word: &str, span: Span, known: &[&str]) {
        let limit = (word.len() / 3).max(1);
        let near = known.iter().map(|name| (strsim::damerau_levenshtein(word, name), *name)).min();
        let help = match near.filter(|(distance, _)| *distance <= limit) {
            Some((_, name)) => format!("write `{name}`"),
            None => format!("write one of `{}`", known.join("`, `")),
        };
        let message = format!("`{word}` is not known here");
        self.problems.push(Problem { span, message, help: Some(help) });
    }

    fn word(&mut self, value: &Value<'_>, wanted: &str) -> Option<Word> {
        match value.get_ref() {
            DeValue::String(text) => Some(Word { text: text.to_string(), span: span_of(value) }),
            _ => {
                self.wrong(value, wanted);
                None
            }
        }
    }

    /// A list; `wanted` says what one of its items is.
    fn words(&mut self, value: &Value<'_>, wanted: &str) -> Vec<Word> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| self.word(item, wanted)).collect(),
            _ => {
                self.wrong(value, &format!("a list, each item {wanted},"));
                Vec::new()
            }
        }
    }

    fn rule_names(&mut self, value: &Value<'_>) -> Vec<Word> {
        self.words(value, "a rule name in quotes")
    }

    fn switch(&mut self, value: &Value<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(on) => Some(*on),
            _ => {
                self.wrong(value, "`true` or `false`");
                None
            }
        }
    }

    fn choice<T: Copy>(&mut self, value: &Value<'_>, choices: &[(&'static str, T)]) -> Option<T> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong(value, "a word in quotes");
            return None;
        };
        let found = choices.iter().find(|(word, _)| word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.unknown(text, span_of(value), &words);
        }
        found.map(|(_, choice)| *choice)
    }

    fn severity(&mut self, value: &Value<'_>) -> Option<Severity> {
        const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];
        self.choice(value, &SEVERITIES.map(|severity| (severity.as_str(), severity)))
    }

    fn severities(&mut self, value: &Value<'_>, config: &mut Config) {
        let DeValue::Table(table) = value.get_ref() else { return self.wrong(value, "a table") };
        for (rule, value) in table {
            if let Some(severity) = self.severity(value) {
                let word = Word { text: rule.get_ref().to_string(), span: span_of(rule) };
                config.severity.insert(word.text.clone(), (word, severity));
            }
        }
    }

    fn path_rules(&mut self, value: &Value<'_>, config: &mut Config) {
        let DeValue::Table(table) = value.get_ref() else { return self.wrong(value, "a table") };
        for (pattern, value) in table {
            let rules = self.rule_names(value);
            let text = pattern.get_ref().to_string();
            match GlobBuilder::new(&text).literal_separator(true).build() {
                Ok(glob) => {
                    let glob = glob.compile_matcher();
                    config.per_path_ignores.push(PathRules { pattern: text, glob, rules });
                }
                Err(error) => {
                    let message = format!("this is no file pattern: {}", error.kind());
                    self.problems.push(Problem { span: span_of(pattern), message, help: None });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_and_the_template_says_the_defaults() {
        let config = parse(
            "select = ['all']\nignore = ['names']\nnever-ignore = ['reach']\npedantic = true\nfail-on = 'error'\n\
             require-suppression-reason = true\n\
             [severity]\nunknown-verb = 'info'\n[per-path-ignores]\n'a/*.tf' = ['genai']\n",
        )
        .unwrap();
        assert_eq!(
            config.names().map(|word| word.text.as_str()).collect::<Vec<_>>(),
            ["all", "names", "reach", "unknown-verb", "genai"]
        );
        assert_eq!((config.pedantic, config.fail_on), (Some(true), Some(FailOn::Error)));
        assert!(config.per_path_ignores[0].glob.is_match("a/b.tf"));
        assert!(!config.per_path_ignores[0].glob.is_match("a/b/c.tf"));
        assert!(parse(TEMPLATE).is_ok());
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_all_at_once() {
        let text = "selct = []\nfail-on = 'warn'\npedantic = 1\n";
        let problems = parse(text).unwrap_err();
        let shown: Vec<_> = problems
            .iter()
            .map(|p| (p.span.of(text), p.message.as_str(), p.help.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(
            shown,
            [
                ("selct", "`selct` is not known here", "write `select`"),
                ("'warn'", "`warn` is not known here", "write one of `never`, `error`, `warning`, `info`"),
                ("1", "`true` or `false` is needed here, not this integer", ""),
            ]
        );
    }
}
