//! Values for the `{…}` of texts, commands and snippets. What isn't known stays a placeholder, `<…>`.

use std::collections::BTreeMap;

/// Values by name.
#[derive(Clone, Debug, Default)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Sets a value.
    pub(super) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets a value where there is none yet.
    pub(super) fn set_default(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|_| !self.0.contains_key(key)) {
            self.set(key, value);
        }
    }

    /// A value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The text with every `{key}` replaced: by its value, or by `<key>`. A value may hold names itself.
    pub fn fill(&self, text: &str) -> String {
        let once = substitute(text, |key| self.get(key).map_or_else(|| format!("{{{key}}}"), str::to_owned));
        substitute(&once, |key| self.get(key).map_or_else(|| format!("<{key}>"), str::to_owned))
    }

    /// The keys in a text that have no value.
    pub fn open<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut open: Vec<&str> = keys(text).filter(|key| self.get(key).is_none()).collect();
        open.sort_unstable();
        open.dedup();
        open
    }
}

/// The pieces of a text: what stands before a `{key}`, and the key; the last has none.
fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        for (at, _) in text.match_indices('{') {
            let (before, after) = text.split_at(at);
            let inner = after.get(1..).unwrap_or_default();
            let end = inner.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            let Some((key, tail)) = end.and_then(|end| inner.split_at_checked(end)) else { continue };
            if key.starts_with(|c: char| c.is_ascii_lowercase())
                && let Some(tail) = tail.strip_prefix('}')
            {
                rest = Some(tail);
                return Some((before, Some(key)));
            }
        }
        rest = None;
        Some((text, None))
    })
}

/// The keys in a text.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|(_, key)| key)
}

/// The text with every `{key}` replaced.
pub(super) fn substitute(text: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for (before, key) in pieces(text) {
        out.push_str(before);
        if let Some(key) = key {
            out.push_str(&value(key));
        }
    }
    out
}

/// A text with a capital first.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_in_braces_are_replaced() {
        let mut params = Params::default();
        params.set("region", "us-chicago-1");
        let text = r#"{"a": {region}} ALL {x.y = '{ocid}'} {Upper} {} { region } {region"#;
        assert_eq!(
            params.fill(text),
            r#"{"a": us-chicago-1} ALL {x.y = '<ocid>'} {Upper} {} { region } {region"#
        );
        assert_eq!(params.open(text), ["ocid"]);
    }
}
