//! One profile as Python, Go and Java read it, and where they come apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::lines::{ConfigError, ConfigFile, Line, section};

/// Whose rules to read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// The Python SDK; oci-cli and the GenAI auth packages read as it does.
    Python,
    /// The Go SDK, and with it the Terraform provider.
    Go,
    /// The Java SDK.
    Java,
}

impl Reader {
    /// All of them.
    pub const ALL: [Reader; 3] = [Reader::Python, Reader::Go, Reader::Java];

    /// What to call it in messages.
    pub fn name(self) -> &'static str {
        match self {
            Reader::Python => "Python SDK and CLI",
            Reader::Go => "Go SDK and Terraform",
            Reader::Java => "Java SDK",
        }
    }
}

/// The keys that the clients read; `default_profile` stands in the CLI's own file.
const KEYS: [&str; 13] = [
    "user",
    "tenancy",
    "fingerprint",
    "key_file",
    "key_content",
    "pass_phrase",
    "region",
    "security_token_file",
    "authentication_type",
    "delegation_token_file",
    "federation_endpoint",
    "passphrase",
    "default_profile",
];

/// A value and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// The text, trimmed.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it was inherited from `DEFAULT`.
    pub inherited: bool,
}

/// A profile in the eyes of one reader. `Debug` hides passphrases and keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    values: Values,
}

impl Profile {
    /// The value of a key, in lower case.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.value(key).map(|value| value.text.as_str())
    }

    /// The value of a key with its place.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.text.is_empty())
    }
}

fn is_secret(key: &str) -> bool {
    matches!(key, "pass_phrase" | "passphrase" | "key_content")
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.name)?;
        let shown = self
            .values
            .iter()
            .map(|(key, value)| (key, if is_secret(key) { "<redacted>" } else { value.text.as_str() }));
        f.debug_map().entries(shown).finish()
    }
}

/// The values of the keys that clients read; other keys are not kept.
type Values = BTreeMap<&'static str, Value>;
/// Profiles by name.
pub(super) type Sections = BTreeMap<String, Values>;

/// How many profiles are named where one is not there.
const NAMED: usize = 6;

/// The name of the profile that stands for all.
const DEFAULT: &str = "DEFAULT";

impl ConfigFile {
    /// Reads a profile by the rules of a reader, or says why that reader can't.
    pub fn read(&self, reader: Reader, profile: &str) -> Result<Profile, ConfigError> {
        let [python, go, java] = &self.readings;
        let sections = match reader {
            Reader::Python => python.get_or_init(|| self.python()),
            Reader::Go => go.get_or_init(|| Ok(self.go())),
            Reader::Java => java.get_or_init(|| self.java()),
        };
        let sections = sections.as_ref().map_err(Clone::clone)?;
        let absent = || {
            let others = self.profiles().into_iter().filter(|name| *name != profile).take(NAMED);
            let others: Vec<String> = others.map(|name| format!("`{name}`")).collect();
            let others =
                if others.is_empty() { String::new() } else { format!(", but {}", others.join(", ")) };
            self.error(None, format!("there is no profile `{profile}`{others}"))
        };
        let mut values = match (reader, sections.get(profile)) {
            (Reader::Python, None) if profile == DEFAULT => BTreeMap::new(),
            (_, found) => found.cloned().ok_or_else(absent)?,
        };
        if reader != Reader::Go && profile != DEFAULT {
            for (key, value) in sections.get(DEFAULT).into_iter().flatten() {
                values.entry(key).or_insert_with(|| Value { inherited: true, ..value.clone() });
            }
        }
        if let (Reader::Go, Some(value)) = (reader, values.get("passphrase").cloned()) {
            values.entry("pass_phrase").or_insert(value);
        }
        Ok(Profile { name: profile.to_owned(), values })
    }

    /// Python's `configparser`: strict about duplicates, `=` or `:`, comments on lines of their own, indented lines
    /// continue the value before them.
    fn python(&self) -> Result<Sections, ConfigError> {
        self.refuse_mark()?;
        let mut sections = Sections::new();
        let mut current: Option<&str> = None;
        let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
        // The value before, which the outer `None` says there is none of, and the inner that nobody reads it.
        let mut before: Option<Option<&'static str>> = None;
        for Line { number, text } in &self.lines {
            let trimmed = text.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let values = current.and_then(|name| sections.get_mut(name));
            if let (true, Some(key)) = (text.starts_with([' ', '\t']), before) {
                if let Some(value) = key.and_then(|key| values?.get_mut(key)) {
                    value.text.push('\n');
                    value.text.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = section(trimmed) {
                // A second [DEFAULT] is taken for more of the first.
                if sections.contains_key(name) && name != DEFAULT {
                    return Err(self.error(*number, format!("profile `{name}` stands twice")));
                }
                sections.entry(name.to_owned()).or_default();
                (current, before) = (Some(name), None);
                continue;
            }
            let (Some(name), Some(values)) = (current, values) else { return Err(self.homeless(*number)) };
            let Some((key, value)) = trimmed.split_once(['=', ':']) else {
                return Err(self.stray(*number));
            };
            let key = key.trim().to_ascii_lowercase();
            if !seen.insert((name, key.clone())) {
                return Err(self.error(*number, format!("`{key}` stands twice in profile `{name}`")));
            }
            before = Some(keep(values, &key, value, *number));
        }
        Ok(sections)
    }

    /// Go: only lines with `=` count, a value ends at the next `=`, the first section of a name and the last value of
    /// a key win, and a byte-order mark hides the first section.
    fn go(&self) -> Sections {
        let mut sections = Sections::new();
        let mut current: Option<&str> = None;
        for Line { number, text } in &self.lines {
            let trimmed = text.trim();
            if let Some(name) = section(trimmed) {
                let hidden = self.byte_order_mark && *number == 1;
                current = (!hidden && !sections.contains_key(name)).then_some(name);
                sections.extend(current.map(|name| (name.to_owned(), Values::new())));
                continue;
            }
            let Some(values) = current.and_then(|name| sections.get_mut(name)) else { continue };
            let mut parts = trimmed.split('=');
            if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                keep(values, &key.trim().to_ascii_lowercase(), value, *number);
            }
        }
        sections
    }

    /// Java: `#` comments only, keys as they are written, sections of one name merge, and every other line must be
    /// `key=value`.
    fn java(&self) -> Result<Sections, ConfigError> {
        self.refuse_mark()?;
        let mut sections = Sections::new();
        let mut current: Option<&str> = None;
        for Line { number, text } in &self.lines {
            let trimmed = text.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if let Some(name) = section(trimmed) {
                sections.entry(name.to_owned()).or_default();
                current = Some(name);
                continue;
            }
            let values = current.and_then(|name| sections.get_mut(name));
            let values = values.ok_or_else(|| self.homeless(*number))?;
            let (key, value) = trimmed.split_once('=').ok_or_else(|| self.stray(*number))?;
            keep(values, key.trim(), value, *number);
        }
        Ok(sections)
    }

    fn refuse_mark(&self) -> Result<(), ConfigError> {
        if self.byte_order_mark {
            return Err(self.error(1, "the file starts with a byte-order mark; save it as UTF-8 without one"));
        }
        Ok(())
    }

    fn homeless(&self, line: usize) -> ConfigError {
        self.error(line, "a value stands before the first `[profile]`")
    }

    fn stray(&self, line: usize) -> ConfigError {
        self.error(line, "the line is no `key=value`")
    }
}

/// Keeps a value under its key, when clients read that key; gives the key back then.
fn keep(values: &mut Values, key: &str, value: &str, line: usize) -> Option<&'static str> {
    let key = KEYS.into_iter().find(|known| *known == key)?;
    values.insert(key, Value { text: value.trim().to_owned(), line, inherited: false });
    Some(key)
}

/// A place where clients come to different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The key; none when a reader refuses the file or the profile.
    pub key: Option<String>,
    /// The line that they read differently, where one does.
    pub line: Option<usize>,
    /// What each makes of it, in words without any value.
    pub message: String,
}

/// Compares all readers on one profile. Empty when they agree.
pub fn divergences(file: &ConfigFile, profile: &str) -> Vec<Divergence> {
    let readings: Vec<(Reader, Result<Profile, ConfigError>)> =
        Reader::ALL.into_iter().map(|reader| (reader, file.read(reader, profile))).collect();
    let mut found = Vec::new();
    let good: Vec<(Reader, &Profile)> =
        readings.iter().filter_map(|(reader, read)| Some((*reader, read.as_ref().ok()?))).collect();
    if !good.is_empty() {
        for (reader, read) in &readings {
            if let Err(error) = read {
                let message = format!("the {} refuses what others read: {}", reader.name(), error.message);
                found.push(Divergence { key: None, line: error.line, message });
            }
        }
    }
    for key in KEYS {
        let values: Vec<(Reader, Option<&Value>)> =
            good.iter().map(|(reader, profile)| (*reader, profile.value(key))).collect();
        let Some((_, Some(first))) = values.iter().find(|(_, value)| value.is_some()) else { continue };
        if values.iter().all(|(_, value)| value.is_some_and(|value| value.text == first.text)) {
            continue;
        }
        let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
        for (reader, value) in &values {
            let has = match value {
                None => "not seen by".to_owned(),
                Some(value) if value.inherited => format!("inherited from line {} by", value.line),
                Some(value) if value.text != first.text => {
                    format!("read with another value from line {} by", value.line)
                }
                Some(value) => format!("read from line {} by", value.line),
            };
            match groups.iter_mut().find(|(known, _)| *known == has) {
                Some((_, readers)) => readers.push(reader.name()),
                None => groups.push((has, vec![reader.name()])),
            }
        }
        let groups: Vec<String> = groups
            .into_iter()
            .map(|(has, readers)| format!("{has} the {}", readers.join(", the ")))
            .collect();
        found.push(Divergence {
            key: Some(key.to_owned()),
            line: Some(first.line),
            message: format!("`{key}`: {}", groups.join(", ")),
        });
    }
    found
}
