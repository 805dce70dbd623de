//! Values of condition variables: texts compared without regard to case, patterns, and what a request carries.

use std::sync::Arc;

/// What a request carries for a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// These values, in lower case; one for most variables, several for sets.
    Values(Vec<Arc<str>>),
    /// The request carries no such variable.
    Absent,
    /// Whether and with what value is not known, for this reason.
    Unknown(Arc<str>),
}

impl Attribute {
    /// One value.
    pub fn one(value: &str) -> Self {
        Attribute::Values(vec![value.to_lowercase().into()])
    }

    /// An unknown value.
    pub fn unknown(reason: impl Into<Arc<str>>) -> Self {
        Attribute::Unknown(reason.into())
    }
}

/// A pattern: parts of text with anything between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    parts: Vec<Box<str>>,
}

impl Pattern {
    /// Reads the text between the slashes. A star stands for any text, `\*` and `\/` for themselves.
    pub fn new(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '*' => parts.push(String::new()),
                '\\' => push(&mut parts, letters.next().unwrap_or('\\')),
                other => push(&mut parts, other),
            }
        }
        Self { parts: parts.into_iter().map(|part| part.to_lowercase().into_boxed_str()).collect() }
    }

    /// Whether the value, given in lower case, matches.
    pub fn matches(&self, value: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return value.is_empty() };
        let Some(mut value) = value.strip_prefix(&**first) else { return false };
        let Some((last, middle)) = rest.split_last() else { return value.is_empty() };
        for part in middle {
            let Some(at) = value.find(&**part) else { return false };
            value = value.get(at + part.len()..).unwrap_or("");
        }
        value.ends_with(&**last)
    }

    /// Its text, in lower case, slashes included.
    pub fn label(&self) -> String {
        format!("/{}/", self.parts.join("*"))
    }

    /// Whether every value matches.
    pub fn is_everything(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(|part| part.is_empty())
    }

    /// Whether every value that matches `other` matches this too. Sound, not complete.
    pub fn covers(&self, other: &Pattern) -> bool {
        if self == other || self.is_everything() {
            return true;
        }
        let ends = |pattern: &Pattern| match (pattern.parts.first(), pattern.parts.last()) {
            (Some(first), Some(last)) if pattern.parts.len() == 2 => Some((first.clone(), last.clone())),
            _ => None,
        };
        // A star in the middle at most: what is fixed at both ends of the other must contain ours.
        match (ends(self), other.parts.first(), other.parts.last()) {
            (Some((start, end)), Some(first), Some(last)) if other.parts.len() > 1 => {
                first.starts_with(&*start) && last.ends_with(&*end)
            }
            _ => match self.parts.as_slice() {
                [start, middle, end] if start.is_empty() && end.is_empty() => {
                    other.parts.iter().any(|part| part.contains(&**middle))
                }
                _ => false,
            },
        }
    }

    /// Whether no value can match both. Sound, not complete.
    pub fn excludes(&self, other: &Pattern) -> bool {
        let fixed = |one: Option<&Box<str>>, two: Option<&Box<str>>, start: bool| match (one, two) {
            (Some(one), Some(two)) if start => !(one.starts_with(&**two) || two.starts_with(&**one)),
            (Some(one), Some(two)) => !(one.ends_with(&**two) || two.ends_with(&**one)),
            _ => false,
        };
        if self.parts.len() == 1 {
            return self.parts.first().is_some_and(|text| !other.matches(text));
        }
        if other.parts.len() == 1 {
            return other.excludes(self);
        }
        fixed(self.parts.first(), other.parts.first(), true)
            || fixed(self.parts.last(), other.parts.last(), false)
    }
}

fn push(parts: &mut [String], letter: char) {
    if let Some(last) = parts.last_mut() {
        last.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stand_for_any_text_and_case_is_ignored() {
        for (pattern, value, expected) in [
            ("hr*", "hr-app", true),
            ("HR*", "hr-app", true),
            ("*hr", "app-hr", true),
            ("*hr*", "the-hr-app", true),
            ("a*c", "abc", true),
            ("a*a", "a", false),
            ("hr*", "app-hr", false),
            ("plain", "plain", true),
            ("plain", "plainer", false),
            ("*", "", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("*b*b*", "ab", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(value), expected, "{pattern} on {value}");
        }
    }

    #[test]
    fn a_shorter_prefix_covers_a_longer_one() {
        assert!(Pattern::new("h*").covers(&Pattern::new("hr*")));
        assert!(!Pattern::new("hr*").covers(&Pattern::new("h*")));
        assert!(Pattern::new("*hr*").covers(&Pattern::new("a-hr*")));
        assert!(!Pattern::new("ab*ba").covers(&Pattern::new("ab")));
        assert!(Pattern::new("a*").excludes(&Pattern::new("b*")));
        assert!(!Pattern::new("a*").excludes(&Pattern::new("*b")));
    }
}
