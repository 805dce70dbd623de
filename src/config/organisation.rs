//! An organisation's own rules, as `ociam.toml` declares them: which statements they concern, what these must
//! hold to, and why.

use std::collections::BTreeSet;

use toml::de::DeValue;

use super::{Config, Problem, Reader, Value, Word, span_of};
use crate::catalog::{self, Kind, Verb};
use crate::diag::Severity;

/// One rule. It concerns the statements that fit every list of the first part that isn't empty, and asks of
/// them all that the second part says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationRule {
    /// How reports call it.
    pub name: String,
    /// Why it is there: reports show it.
    pub reason: String,
    /// How much a finding matters.
    pub severity: Severity,
    /// Concerns statements with one of these verbs.
    pub verbs: Vec<Verb>,
    /// Concerns statements that grant on one of these resource-types, as such, through a family or through a member.
    pub resource_types: Vec<String>,
    /// Concerns statements about one of these principals.
    pub principals: Vec<String>,
    /// Variables that the condition must ask for. A star stands for any text, here and below.
    pub required_conditions: Vec<String>,
    /// Principals that a statement must not name.
    pub banned_principals: Vec<String>,
    /// The only principals that a statement may name.
    pub allowed_principals: Option<Vec<String>>,
    /// The only places that a statement may be about: `tenancy`, a path or an OCID.
    pub allowed_compartments: Option<Vec<String>>,
}

const KEYS: [&str; 10] = [
    "name",
    "reason",
    "severity",
    "verbs",
    "resource-types",
    "principals",
    "required-conditions",
    "banned-principals",
    "allowed-principals",
    "allowed-compartments",
];
/// The keys that ask for something.
const DEMANDS: [&str; 4] =
    ["required-conditions", "banned-principals", "allowed-principals", "allowed-compartments"];
/// The words that a principal may begin with; the last three go with a name.
const PRINCIPALS: [&str; 5] = ["any-user", "any-group", "group", "dynamic-group", "service"];

impl Reader {
    /// Reads the value of `organisation`: an array of tables.
    pub(super) fn organisation(&mut self, value: &Value<'_>, config: &mut Config) {
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(value, "a list of tables (`[[organisation]]`)");
        };
        let mut names = BTreeSet::new();
        for item in items {
            let Some(rule) = self.organisation_rule(item) else { continue };
            if !names.insert(rule.name.clone()) {
                let message = format!("there are two rules called `{}`", rule.name);
                self.problems.push(Problem { span: span_of(item), message, help: None });
            }
            config.organisation.push(rule);
        }
    }

    fn organisation_rule(&mut self, item: &Value<'_>) -> Option<OrganisationRule> {
        let DeValue::Table(table) = item.get_ref() else {
            self.wrong(item, "a table");
            return None;
        };
        let mut rule = OrganisationRule {
            name: String::new(),
            reason: String::new(),
            severity: Severity::Warning,
            verbs: Vec::new(),
            resource_types: Vec::new(),
            principals: Vec::new(),
            required_conditions: Vec::new(),
            banned_principals: Vec::new(),
            allowed_principals: None,
            allowed_compartments: None,
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => rule.name = self.text(value),
                "reason" => rule.reason = self.text(value),
                "severity" => rule.severity = self.severity(value).unwrap_or(rule.severity),
                "verbs" => {
                    let words = self.words(value, "a verb in quotes");
                    rule.verbs = words.iter().filter_map(|word| self.verb(word)).collect();
                }
                "resource-types" => {
                    let words = self.words(value, "a resource-type in quotes");
                    rule.resource_types =
                        words.into_iter().filter_map(|word| self.resource_type(word)).collect();
                }
                "principals" => rule.principals = self.principals(value),
                "required-conditions" => {
                    let words = self.words(value, "a condition variable in quotes");
                    rule.required_conditions =
                        words.into_iter().filter_map(|word| self.variable(word)).collect();
                }
                "banned-principals" => rule.banned_principals = self.principals(value),
                "allowed-principals" => rule.allowed_principals = Some(self.principals(value)),
                "allowed-compartments" => {
                    let words = self.words(value, "a compartment in quotes");
                    rule.allowed_compartments = Some(words.into_iter().map(|word| word.text).collect());
                }
                unknown => self.unknown(unknown, span_of(key), &KEYS),
            }
        }
        let asks = table.keys().any(|key| DEMANDS.contains(&key.get_ref().as_ref()));
        let missing = if rule.name.is_empty() {
            Some("the rule has no `name`")
        } else if rule.reason.is_empty() {
            Some("the rule has no `reason`")
        } else if !asks {
            Some("the rule asks for nothing")
        } else {
            None
        };
        if let Some(message) = missing {
            let help = (!asks && !rule.name.is_empty() && !rule.reason.is_empty()).then(|| {
                "add `required-conditions`, `banned-principals`, `allowed-principals` or `allowed-compartments`"
                    .to_owned()
            });
            self.problems.push(Problem { span: span_of(item), message: message.to_owned(), help });
        }
        Some(rule)
    }

    fn text(&mut self, value: &Value<'_>) -> String {
        match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            _ => {
                self.wrong(value, "a text in quotes");
                String::new()
            }
        }
    }

    fn verb(&mut self, word: &Word) -> Option<Verb> {
        let found = Verb::of_word(&word.text);
        if found.is_none() {
            self.unknown(&word.text, word.span, &Verb::ALL.map(Verb::word));
        }
        found
    }

    fn resource_type(&mut self, word: Word) -> Option<String> {
        if catalog::resource_type(&word.text).is_none() {
            let message = format!("there is no resource-type `{}`", word.text);
            let near = catalog::suggest(Kind::ResourceType, &word.text);
            let help = match near {
                Some(near) => format!("write `{near}`"),
                None => "`ociam catalog resource-type` lists the known ones".to_owned(),
            };
            self.problems.push(Problem { span: word.span, message, help: Some(help) });
            return None;
        }
        Some(word.text)
    }

    /// A condition variable, or the beginning of some with a star.
    fn variable(&mut self, word: Word) -> Option<String> {
        let known = match word.text.split_once('*') {
            None => catalog::variable(&word.text).is_some(),
            Some((start, _)) => {
                let start = start.to_ascii_lowercase();
                catalog::variables().iter().any(|known| known.name.to_ascii_lowercase().starts_with(&start))
                    || ["namespace.key", "key"]
                        .iter()
                        .any(|rest| catalog::tag_variable(&format!("{start}{rest}")).is_some())
            }
        };
        if !known {
            let message = format!("there is no condition variable `{}`", word.text);
            let help = match catalog::suggest(Kind::Variable, &word.text) {
                Some(near) => format!("write `{near}`"),
                None => "`ociam catalog variable` lists the known ones".to_owned(),
            };
            self.problems.push(Problem { span: word.span, message, help: Some(help) });
            return None;
        }
        Some(word.text)
    }

    fn principals(&mut self, value: &Value<'_>) -> Vec<String> {
        let words = self.words(value, "a principal in quotes");
        words.into_iter().filter_map(|word| self.principal(word)).collect()
    }

    fn principal(&mut self, word: Word) -> Option<String> {
        let mut parts = word.text.split_whitespace();
        let first = parts.next().unwrap_or("");
        let alone = parts.next().is_none();
        let whole = PRINCIPALS.iter().take(2).any(|known| *known == first) == alone;
        if !PRINCIPALS.contains(&first) {
            self.unknown(&word.text, word.span, &PRINCIPALS);
            return None;
        }
        if !whole {
            let message = format!("`{}` names no principal", word.text);
            let help = if alone {
                format!("write a name behind it, such as `{first} Admins`, or `{first} *`")
            } else {
                format!("write `{first}` alone")
            };
            self.problems.push(Problem { span: word.span, message, help: Some(help) });
            return None;
        }
        Some(word.text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;
    use crate::diag::Severity;

    #[test]
    fn a_rule_is_read_with_every_key() {
        let config = parse(
            "[[organisation]]\nname = 'keys-only'\nreason = 'cost'\nseverity = 'error'\nverbs = ['use', 'manage']\n\
             resource-types = ['generative-ai-family']\nprincipals = ['any-user', 'group *']\n\
             required-conditions = ['request.principal.*']\nbanned-principals = ['any-group']\n\
             allowed-principals = ['dynamic-group Apps']\nallowed-compartments = ['Apps:*']\n",
        )
        .unwrap();
        let rule = &config.organisation[0];
        assert_eq!((rule.name.as_str(), rule.severity, rule.verbs.len()), ("keys-only", Severity::Error, 2));
        assert_eq!(rule.allowed_compartments.as_deref(), Some(&["Apps:*".to_owned()][..]));
    }

    #[test]
    fn conditions_that_no_request_can_have_are_not_asked_for() {
        let asks = |what: &str| {
            parse(&format!("[[organisation]]\nname = 'a'\nreason = 'b'\nrequired-conditions = ['{what}']\n"))
        };
        for known in [
            "request.principal.id",
            "request.principal.*",
            "target.resource.tag.ops.*",
            "target.resource.tag.ops.project",
        ] {
            assert!(asks(known).is_ok(), "{known}");
        }
        let problems = asks("request.networksource.nam").unwrap_err();
        assert_eq!(problems[0].message, "there is no condition variable `request.networksource.nam`");
        assert_eq!(problems[0].help.as_deref(), Some("write `request.networkSource.name`"));
    }

    #[test]
    fn mistakes_in_a_rule_are_told_with_what_to_write() {
        let text = "[[organisation]]\nname = 'a'\nreason = 'b'\nverbs = ['write']\nresource-types = ['generative-ai-familly']\n\
                    banned-principals = ['user Bob', 'group']\n[[organisation]]\nname = 'a'\nreason = 'b'\n[[organisation]]\nname = 'c'\n";
        let problems = parse(text).unwrap_err();
        let shown: Vec<_> =
            problems.iter().map(|p| (p.message.as_str(), p.help.as_deref().unwrap_or(""))).collect();
        assert_eq!(
            shown,
            [
                ("`write` is not known here", "write one of `inspect`, `read`, `use`, `manage`"),
                ("there is no resource-type `generative-ai-familly`", "write `generative-ai-family`"),
                (
                    "`user Bob` is not known here",
                    "write one of `any-user`, `any-group`, `group`, `dynamic-group`, `service`"
                ),
                (
                    "`group` names no principal",
                    "write a name behind it, such as `group Admins`, or `group *`"
                ),
                (
                    "the rule asks for nothing",
                    "add `required-conditions`, `banned-principals`, `allowed-principals` or `allowed-compartments`"
                ),
                ("there are two rules called `a`", ""),
                ("the rule has no `reason`", ""),
            ]
        );
    }
}
