//! What somebody wants to set up: where code runs, what it calls, and the names in their tenancy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog;

use super::facts;

/// A wish as it is given; what is missing is asked for, chosen, or stays a placeholder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Wish {
    /// Where the code runs, such as `functions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// What it calls, such as `chat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The region of the calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The compartment that the calls name: path from the root, OCID, or `tenancy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compartment: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The client, such as `openai`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The auth method, where it is settled already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<String>,
    /// Whether the model is served by a dedicated AI cluster.
    pub dedicated: bool,
    /// Names and OCIDs by what they name, as [`NAMES`] lists them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

/// A name that a checklist may need.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// What it is called in files, and on the command line after `--`.
    pub key: &'static str,
    /// What it names.
    pub what: &'static str,
    /// What is taken when it isn't given.
    pub default: Option<&'static str>,
    /// The second segment of the OCID that it must be; none for plain names.
    pub ocid: Option<&'static str>,
}

const fn name(key: &'static str, what: &'static str, default: Option<&'static str>) -> Name {
    Name { key, what, default, ocid: None }
}

const fn ocid(key: &'static str, what: &'static str, kind: &'static str) -> Name {
    Name { key, what, default: None, ocid: Some(kind) }
}

/// Every name, in the order of the help.
pub const NAMES: &[Name] = &[
    ocid("tenancy-ocid", "the tenancy", "tenancy"),
    ocid("compartment-ocid", "the OCID of the compartment that the calls name", "compartment"),
    name(
        "workload-compartment",
        "the compartment that the code runs in, where it is another: path or OCID",
        None,
    ),
    ocid("workload-compartment-ocid", "the OCID of the compartment that the code runs in", "compartment"),
    name("group", "the group of the user that calls", Some("genai-users")),
    name("dynamic-group", "the dynamic group of the workload", Some("genai-workloads")),
    name("domain", "the identity domain of the group or dynamic group", Some("Default")),
    name("policy-name", "the policy", Some("genai-access")),
    name("principal-type", "the principal type of the workload, where it has several", None),
    ocid(
        "resource-ocid",
        "the one instance or resource that the dynamic group takes in, instead of a compartment",
        "",
    ),
    ocid("api-key-ocid", "the GenAI API key", "generativeaiapikey"),
    name("key-name", "the GenAI API key in words", Some("genai-access")),
    ocid("project-ocid", "the GenAI project", "generativeaiproject"),
    ocid("agent-endpoint", "the endpoint of the agent", "genaiagentendpoint"),
    name("vector-store", "the id of the vector store", None),
    ocid("semantic-store", "the semantic store", "generativeaisemanticstore"),
    ocid("endpoint-ocid", "the endpoint of the dedicated AI cluster", "generativeaiendpoint"),
    name("namespace", "the Kubernetes namespace", Some("default")),
    name("service-account", "the Kubernetes service account", Some("genai")),
    ocid("cluster-ocid", "the OKE cluster", "cluster"),
    ocid("user-ocid", "the user that calls", "user"),
    name("home-region", "the home region of the tenancy", None),
    name("profile", "the profile of the OCI config file", Some("DEFAULT")),
];

/// The name of this key.
pub fn name_of(key: &str) -> Option<&'static Name> {
    NAMES.iter().find(|name| name.key == key)
}

/// What must be known before anything can be decided, with the choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The field of the wish.
    pub field: &'static str,
    /// The question.
    pub text: &'static str,
    /// The choices, each with what it means; empty for a free answer.
    pub choices: Vec<(String, String)>,
    /// What is taken for an empty answer.
    pub default: Option<String>,
}

/// Why a wish can't be followed, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WishError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Wish {
    /// Reads a wish: JSON when it starts with a brace, else TOML.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|error| error.to_string());
        }
        toml::from_str(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            match error.span().map(|span| crate::text::SourceFile::new("", text).position(span.start)) {
                Some(at) => format!("line {}, column {}: {message}", at.line, at.column),
                None => message,
            }
        })
    }

    /// This wish, with what another says in place of its own.
    pub fn overlaid(mut self, other: Wish) -> Wish {
        let or = |own: &mut Option<String>, other: Option<String>| {
            if other.is_some() {
                *own = other;
            }
        };
        or(&mut self.workload, other.workload);
        or(&mut self.call, other.call);
        or(&mut self.region, other.region);
        or(&mut self.compartment, other.compartment);
        or(&mut self.model, other.model);
        or(&mut self.client, other.client);
        or(&mut self.auth_method, other.auth_method);
        self.dedicated |= other.dedicated;
        self.names.extend(other.names);
        self
    }

    /// What is still missing that a decision needs.
    pub fn questions(&self) -> Vec<Question> {
        let mut asked = Vec::new();
        if self.workload.is_none() {
            let choices =
                facts::workloads().iter().map(|(name, row)| (name.clone(), row.title.clone())).collect();
            asked.push(Question {
                field: "workload",
                text: "where does the code run",
                choices,
                default: None,
            });
        }
        if self.call.is_none() {
            let choices =
                facts::calls().iter().map(|(name, row)| (name.clone(), row.title.clone())).collect();
            asked.push(Question {
                field: "call",
                text: "what does it call",
                choices,
                default: Some("chat".into()),
            });
        }
        if self.region.is_none() {
            let offered = catalog::regions().iter().filter(|row| row.genai);
            let choices = offered.map(|row| (row.name.to_owned(), row.title.to_owned())).collect();
            asked.push(Question { field: "region", text: "in which region", choices, default: None });
        }
        if self.compartment.is_none() {
            asked.push(Question {
                field: "compartment",
                text: "in which compartment: path from the root such as `ml:prod`, OCID, or `tenancy`",
                choices: Vec::new(),
                default: None,
            });
        }
        asked
    }

    /// Sets the field of a question.
    pub fn answer(&mut self, field: &str, text: &str) {
        let value = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        match field {
            "workload" => self.workload = value,
            "call" => self.call = value,
            "region" => self.region = value,
            "compartment" => self.compartment = value,
            _ => {}
        }
    }

    /// Whether every name in it is one that there is, and every OCID of its kind.
    pub fn check(&self) -> Result<(), WishError> {
        let unknown = |what: &str, given: &str, known: Vec<&str>| {
            let near = nearest(given, &known);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write one of {}", known.join(", ")),
            };
            Err(WishError { message: format!("`{given}` is no {what}"), help })
        };
        if let Some(given) = &self.workload
            && facts::workload(given).is_none()
        {
            return unknown("workload", given, facts::workloads().keys().map(String::as_str).collect());
        }
        if let Some(given) = &self.call
            && facts::call(given).is_none()
        {
            return unknown("call", given, facts::calls().keys().map(String::as_str).collect());
        }
        if let Some(given) = &self.client
            && facts::client(given).is_none()
        {
            return unknown("client", given, facts::clients().keys().map(String::as_str).collect());
        }
        if let Some(given) = &self.auth_method
            && catalog::auth_method(given).is_none()
        {
            return unknown(
                "auth method",
                given,
                catalog::auth_methods().iter().map(|row| row.name).collect(),
            );
        }
        for (key, value) in &self.names {
            let Some(name) = name_of(key) else {
                return unknown("name", key, NAMES.iter().map(|name| name.key).collect());
            };
            check_value(name, value)?;
        }
        if let Some(place) = &self.compartment {
            check_text("the compartment", place)?;
            if place.starts_with("ocid1.") {
                check_ocid("the compartment", place, &["compartment", "tenancy"])?;
            }
        }
        for (what, text) in [("the model", &self.model), ("the region", &self.region)] {
            if let Some(text) = text {
                check_text(what, text)?;
            }
        }
        // There may be regions that the catalogue doesn't know yet, but hardly one called almost like a known one.
        if let Some(given) = &self.region
            && catalog::region(given).is_none()
            && let Some(near) = slip_of_region(given)
        {
            return Err(WishError {
                message: format!("the catalogue knows no region `{given}`"),
                help: format!("did you mean `{near}`?"),
            });
        }
        Ok(())
    }
}

fn check_value(name: &Name, value: &str) -> Result<(), WishError> {
    check_text(name.what, value)?;
    match name.ocid {
        Some("") => check_ocid(name.what, value, &[]),
        // The root compartment has the OCID of the tenancy.
        Some("compartment") => check_ocid(name.what, value, &["compartment", "tenancy"]),
        Some(kind) => check_ocid(name.what, value, &[kind]),
        None => Ok(()),
    }
}

/// A value ends up in statements, commands and code: what would break out of them is no name.
fn check_text(what: &str, value: &str) -> Result<(), WishError> {
    let wrong = |c: char| {
        c.is_control() || matches!(c, '\'' | '"' | '`' | '\\' | '$' | '{' | '}' | '<' | '>' | ';' | '|' | '&')
    };
    match value.chars().find(|c| wrong(*c)) {
        None if !value.trim().is_empty() => Ok(()),
        None => Err(WishError {
            message: format!("{what} is empty"),
            help: "leave it out, or give its name".into(),
        }),
        Some(found) => Err(WishError {
            message: format!("{what} holds `{}`, which no name in OCI holds", found.escape_debug()),
            help: "give the name without quotes, braces and control characters".into(),
        }),
    }
}

fn check_ocid(what: &str, value: &str, kinds: &[&str]) -> Result<(), WishError> {
    let mut parts = value.split('.');
    let (first, kind, realm) = (parts.next(), parts.next().unwrap_or_default(), parts.next());
    let wrong = |message: String| {
        let help = match kinds {
            [] => "write an OCID such as `ocid1.instance.oc1…`".to_owned(),
            [kind, ..] => format!("write its OCID, which begins with `ocid1.{kind}.`"),
        };
        Err(WishError { message, help })
    };
    if first != Some("ocid1") || realm.is_none() || value.contains(char::is_whitespace) {
        return wrong(format!(
            "`{value}` is no OCID of {}",
            what.strip_prefix("the OCID of ").unwrap_or(what)
        ));
    }
    if !kinds.is_empty() && !kinds.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind)) {
        let of = what.strip_prefix("the OCID of ").unwrap_or(what);
        return wrong(format!("`{value}` is the OCID of a `{kind}`, not of {of}"));
    }
    Ok(())
}

/// The region that a name is a slip for: some of its letters are wrong, not its number.
fn slip_of_region(given: &str) -> Option<&'static str> {
    let names: Vec<&'static str> = catalog::regions().iter().map(|region| region.name).collect();
    let number =
        |name: &str| name.rsplit('-').next().filter(|end| end.parse::<u8>().is_ok()).map(str::to_owned);
    nearest(given, &names).filter(|near| {
        number(given).is_none_or(|own| number(near) == Some(own))
            && strsim::osa_distance(&given.to_lowercase(), near) <= 3
    })
}

/// The closest of some names, where one is close.
pub(super) fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let given = given.to_lowercase();
    let limit = (given.chars().count() / 3).max(1);
    let scored = known.iter().map(|name| (strsim::osa_distance(&given, name), *name));
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, name)| name)
}
