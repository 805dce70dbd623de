//! One profile as Python, Go and Java read it, and where they come apart.

use std::collections::BTreeMap;
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

/// The keys that the clients read.
const KEYS: [&str; 12] = [
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
    values: BTreeMap<String, Value>,
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

    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
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

type Sections = Vec<(String, BTreeMap<String, Value>)>;

/// The name of the profile that stands for all.
const DEFAULT: &str = "DEFAULT";

impl ConfigFile {
    /// Reads a profile by the rules of a reader, or says why that reader can't.
    pub fn read(&self, reader: Reader, profile: &str) -> Result<Profile, ConfigError> {
        let sections = match reader {
            Reader::Python => self.python()?,
            Reader::Go => self.go(),
            Reader::Java => self.java()?,
        };
        let of = |name: &str| sections.iter().find(|(section, _)| section == name).map(|(_, values)| values);
        let absent = || self.error(None, format!("there is no profile `{profile}`"));
        let mut values = match (reader, of(profile)) {
            (Reader::Python, None) if profile == DEFAULT => BTreeMap::new(),
            (_, found) => found.cloned().ok_or_else(absent)?,
        };
        if reader != Reader::Go && profile != DEFAULT {
            for (key, value) in of(DEFAULT).into_iter().flatten() {
                values.entry(key.clone()).or_insert_with(|| Value { inherited: true, ..value.clone() });
            }
        }
        if let (Reader::Go, Some(value)) = (reader, values.get("passphrase").cloned()) {
            values.entry("pass_phrase".to_owned()).or_insert(value);
        }
        Ok(Profile { name: profile.to_owned(), values })
    }

    /// Python's `configparser`: strict about duplicates, `=` or `:`, comments on lines of their own, indented lines
    /// continue the value before them.
    fn python(&self) -> Result<Sections, ConfigError> {
        if self.byte_order_mark {
            return Err(self.error(1, "the file starts with a byte-order mark; save it as UTF-8 without one"));
        }
        let mut sections: Sections = Vec::new();
        let mut last: Option<String> = None;
        for Line { number, text } in &self.lines {
            let trimmed = text.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            if let (true, Some(key), Some((_, values))) =
                (text.starts_with([' ', '\t']), &last, sections.last_mut())
            {
                if let Some(value) = values.get_mut(key) {
                    value.text.push('\n');
                    value.text.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = section(trimmed) {
                if sections.iter().any(|(seen, _)| seen == name && name != DEFAULT) {
                    return Err(self.error(*number, format!("profile `{name}` stands twice")));
                }
                // A second [DEFAULT] is taken for more of the first.
                if let Some(at) = sections.iter().position(|(seen, _)| seen == name) {
                    let earlier = sections.remove(at);
                    sections.push(earlier);
                } else {
                    sections.push((name.to_owned(), BTreeMap::new()));
                }
                last = None;
                continue;
            }
            let Some((name, values)) = sections.last_mut() else {
                return Err(self.error(*number, "a value stands before the first `[profile]`"));
            };
            let Some((key, value)) = trimmed.split_once(['=', ':']) else {
                return Err(self.error(*number, "the line is no `key=value`"));
            };
            let key = key.trim().to_ascii_lowercase();
            let value = Value { text: value.trim().to_owned(), line: *number, inherited: false };
            if values.insert(key.clone(), value).is_some() {
                return Err(self.error(*number, format!("`{key}` stands twice in profile `{name}`")));
            }
            last = Some(key);
        }
        Ok(sections)
    }

    /// Go: only lines with `=` count, a value ends at the next `=`, the first section of a name and the last value of
    /// a key win, and a byte-order mark hides the first section.
    fn go(&self) -> Sections {
        let mut sections: Sections = Vec::new();
        let mut open = false;
        for Line { number, text } in &self.lines {
            let trimmed = text.trim();
            if let Some(name) = section(trimmed) {
                let hidden = self.byte_order_mark && *number == 1;
                open = !hidden && sections.iter().all(|(seen, _)| seen != name);
                if open {
                    sections.push((name.to_owned(), BTreeMap::new()));
                }
                continue;
            }
            let (true, Some((_, values))) = (open, sections.last_mut()) else { continue };
            let mut parts = trimmed.split('=');
            if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                let value = Value { text: value.trim().to_owned(), line: *number, inherited: false };
                values.insert(key.trim().to_ascii_lowercase(), value);
            }
        }
        sections
    }

    /// Java: `#` comments only, keys as they are written, sections of one name merge, and every other line must be
    /// `key=value`.
    fn java(&self) -> Result<Sections, ConfigError> {
        if self.byte_order_mark {
            return Err(self.error(1, "the file starts with a byte-order mark; save it as UTF-8 without one"));
        }
        let mut sections: Sections = Vec::new();
        for Line { number, text } in &self.lines {
            let trimmed = text.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if let Some(name) = section(trimmed) {
                let earlier =
                    sections.iter().position(|(seen, _)| seen == name).map(|at| sections.remove(at));
                sections.push(earlier.unwrap_or_else(|| (name.to_owned(), BTreeMap::new())));
                continue;
            }
            let Some((_, values)) = sections.last_mut() else {
                return Err(self.error(*number, "a value stands before the first `[profile]`"));
            };
            let Some((key, value)) = trimmed.split_once('=') else {
                return Err(self.error(*number, "the line is no `key=value`"));
            };
            let value = Value { text: value.trim().to_owned(), line: *number, inherited: false };
            values.insert(key.trim().to_owned(), value);
        }
        Ok(sections)
    }
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
        let groups: Vec<String> = values
            .iter()
            .map(|(reader, value)| {
                let has = match value {
                    None => "does not see it".to_owned(),
                    Some(value) if value.inherited => format!("inherits it from line {}", value.line),
                    Some(value) if value.text != first.text => {
                        format!("reads another value from line {}", value.line)
                    }
                    Some(value) => format!("reads line {}", value.line),
                };
                format!("the {} {has}", reader.name())
            })
            .collect();
        found.push(Divergence {
            key: Some(key.to_owned()),
            line: Some(first.line),
            message: format!("`{key}`: {}", groups.join(", ")),
        });
    }
    found
}
