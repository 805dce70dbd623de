//! What is set elsewhere than in the file: in the environment and on the command line. Each setting is read as
//! one line of a file would be, so that there is one way to check it.

use std::sync::Arc;

use crate::text::SourceFile;

use super::{Config, KEYS, Problem, parse};

/// What begins the names of environment variables that set a key.
const PREFIX: &str = "OCIAM_";
/// The keys that hold lists, for which `a,b` will do.
const LISTS: [&str; 4] = ["select", "extend-select", "ignore", "never-ignore"];

/// One setting as the line of a file that it stands for, and what it says or what is wrong with it.
pub type Layer = (SourceFile, Result<Config, Vec<Problem>>);

/// Variables of the environment that set no key, and mean something to the program.
const OTHERS: [&str; 2] = ["OCIAM_CONFIG", "OCIAM_ENDPOINTS"];

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('-', "_"))
}

/// The first name of a variable that is a slip away from one that counts, and that one.
pub fn misspelt_variable(names: impl Iterator<Item = String>) -> Option<(String, String)> {
    let known: Vec<String> = KEYS.iter().map(|key| variable(key)).chain(OTHERS.map(str::to_owned)).collect();
    let near = |name: &str| {
        let distances = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), known));
        distances.min().filter(|(distance, _)| (1..=2).contains(distance)).map(|(_, known)| known.clone())
    };
    names
        .filter(|name| name.starts_with(PREFIX))
        .filter_map(|name| near(&name).map(|near| (name, near)))
        .min()
}

/// What the environment sets: `OCIAM_FAIL_ON=error` is `fail-on = "error"`. An empty variable sets nothing.
pub fn environment(get: impl Fn(&str) -> Option<String>) -> Vec<Layer> {
    let set = |key: &&str| {
        let name = variable(key);
        let value = get(&name).filter(|value| !value.trim().is_empty())?;
        Some(layer(&name, key, &value))
    };
    KEYS.iter().filter_map(set).collect()
}

/// What `KEY=VALUE` sets; `None` where there is no `=`.
pub fn pair(text: &str) -> Option<Layer> {
    // A key may hold `=` between quotes: `per-path-ignores."a=b/**"`.
    let mut quoted = false;
    let at = text.find(|c: char| {
        quoted ^= c == '"';
        c == '=' && !quoted
    })?;
    let (key, value) = (text.get(..at)?, text.get(at + 1..)?);
    Some(layer("--config", key.trim(), value))
}

/// The line of a file, with the quotes and brackets that a shell makes hard to type.
fn layer(name: &str, key: &str, value: &str) -> Layer {
    let value = value.trim();
    let as_written = format!("{key} = {value}\n");
    let text = match toml::de::DeTable::parse(&as_written) {
        Ok(_) => as_written,
        Err(_) if is_list(key) => {
            let words = value.trim_matches(['[', ']']).split(',').map(str::trim);
            let words: Vec<String> = words.filter(|word| !word.is_empty()).map(quoted).collect();
            format!("{key} = [{}]\n", words.join(", "))
        }
        Err(_) => format!("{key} = {}\n", quoted(value)),
    };
    let mut config = parse(&text);
    if let Ok(config) = &mut config {
        for origin in config.origins.values_mut() {
            *origin = name.into();
        }
    }
    (SourceFile::new(Arc::from(name), text), config)
}

fn is_list(key: &str) -> bool {
    LISTS.contains(&key) || key.starts_with("per-path-ignores.")
}

fn quoted(word: &str) -> String {
    format!("{:?}", word.trim_matches(['"', '\'']))
}

impl Config {
    /// Lays another configuration over this one: what it sets counts. Tables are joined key by key; own rules of
    /// the same name are replaced.
    pub fn lay_over(&mut self, top: Config) {
        let sets = |key: &str| top.origins.contains_key(key);
        if sets("extend-select") {
            self.extend_select = top.extend_select;
        }
        if sets("ignore") {
            self.ignore = top.ignore;
        }
        if sets("never-ignore") {
            self.never_ignore = top.never_ignore;
        }
        self.select = top.select.or(self.select.take());
        self.pedantic = top.pedantic.or(self.pedantic);
        self.preview = top.preview.or(self.preview);
        self.require_suppression_reason = top.require_suppression_reason.or(self.require_suppression_reason);
        self.fail_on = top.fail_on.or(self.fail_on);
        self.severity.extend(top.severity);
        for paths in top.per_path_ignores {
            self.per_path_ignores.retain(|known| known.pattern != paths.pattern);
            self.per_path_ignores.push(paths);
        }
        for rule in top.organisation {
            self.organisation.retain(|known| known.name != rule.name);
            self.organisation.push(rule);
        }
        self.origins.extend(top.origins);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FailOn;

    fn words(list: &[crate::config::Word]) -> Vec<&str> {
        list.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn a_pair_is_read_with_and_without_quotes() {
        for text in [
            "ignore=unknown-verb, names",
            "ignore = [\"unknown-verb\", 'names']",
            "ignore=[unknown-verb,names]",
        ] {
            let config = pair(text).unwrap().1.unwrap();
            assert_eq!(words(&config.ignore), ["unknown-verb", "names"], "{text}");
            assert_eq!(config.origins["ignore"].as_ref(), "--config");
        }
        assert_eq!(pair("fail-on=error").unwrap().1.unwrap().fail_on, Some(FailOn::Error));
        let severity = pair("severity.unknown-verb=info").unwrap().1.unwrap();
        assert!(severity.severity.contains_key("unknown-verb"));
        let paths = pair("per-path-ignores.\"a=b/**\"=names").unwrap().1.unwrap();
        assert_eq!(paths.per_path_ignores[0].pattern, "a=b/**");
        assert!(pair("ociam.toml").is_none());
    }

    #[test]
    fn a_wrong_pair_is_told_like_a_wrong_file() {
        let (file, config) = pair("fail-on=warn").unwrap();
        let problems = config.unwrap_err();
        assert_eq!(problems[0].span.of(&file.text), "\"warn\"");
        assert!(pair("selct=x").unwrap().1.is_err());
        assert!(pair("=x").unwrap().1.is_err());
    }

    #[test]
    fn what_lies_above_counts_and_tables_are_joined() {
        let mut config =
            parse("ignore = ['names']\npedantic = true\n[severity]\nunknown-verb = 'info'\n").unwrap();
        let get = |name: &str| match name {
            "OCIAM_IGNORE" => Some("reach".to_owned()),
            "OCIAM_SEVERITY" => Some("{ empty-value = \"info\" }".to_owned()),
            "OCIAM_FAIL_ON" => Some(String::new()),
            _ => None,
        };
        for (_, layer) in environment(get) {
            config.lay_over(layer.unwrap());
        }
        assert_eq!(words(&config.ignore), ["reach"]);
        assert_eq!((config.pedantic, config.fail_on, config.severity.len()), (Some(true), None, 2));
        assert_eq!(config.origins["ignore"].as_ref(), "OCIAM_IGNORE");
    }
}
