//! Text that nobody may read by accident.

use std::fmt;

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

/// What stands wherever a secret would be printed.
const REDACTED: &str = "<redacted>";

/// A key, token, passphrase or signature. Prints and serializes as a redaction, and is wiped from memory when
/// dropped. There is no `PartialEq`: compare with [`Secret::same`].
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that sends or uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it holds no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without white space at both ends, as files and commands tend to add a line break.
    pub fn trimmed(&self) -> Secret {
        Secret::new(self.0.trim())
    }

    /// Compares in a time that depends on the lengths only.
    pub fn same(&self, other: &Secret) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_printing_shows_the_text() {
        let secret = Secret::new("sk-marked");
        let printed =
            format!("{secret} {secret:?} {:#?} {}", Some(&secret), serde_json::to_string(&secret).unwrap());
        assert!(!printed.contains("marked"), "{printed}");
    }

    #[test]
    fn only_equal_texts_are_the_same() {
        let same = |a: &str, b: &str| Secret::new(a).same(&Secret::new(b));
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd"));
        assert!(!same("abc", "abcd"));
    }
}
