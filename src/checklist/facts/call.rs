//! What a program calls, by which routes, and who acts on its behalf.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::{Basis, File, GENAI_API_KEY, Stated, read};
use crate::catalog;

/// What a program calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Call {
    /// In words.
    pub title: String,
    /// The capability that its model must have.
    pub model: Option<String>,
    /// The model to take when none is named.
    pub default_model: Option<String>,
    /// The limits that bound it.
    #[serde(default)]
    pub limits: Vec<String>,
    /// The ways to make it, preferred first.
    pub routes: Vec<Route>,
    /// Principals of OCI that act on the caller's behalf.
    #[serde(default)]
    pub services: Vec<Service>,
}

/// A way to make a call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Route {
    /// Every plane that its requests go to, the main one first.
    pub planes: Vec<String>,
    /// Its requests, as `plane/operation`.
    pub requests: Vec<String>,
    /// What the model must offer.
    pub api: Option<Api>,
    /// The base path.
    pub base: String,
    /// The base path for GenAI API keys, where it is another.
    pub key_base: Option<String>,
    /// The path of the first request.
    pub path: String,
    /// Whether signed requests name the compartment in a header.
    #[serde(default)]
    pub compartment_header: bool,
    /// Whether requests name a project in a header.
    #[serde(default)]
    pub project: bool,
    /// The request of the catalogue that tries it.
    pub probe: Option<String>,
    /// The same for models of other native formats than GENERIC.
    #[serde(default)]
    pub probes: BTreeMap<String, String>,
    /// What the region must offer.
    pub region: Offer,
    /// What the sources leave open about rights.
    #[serde(default)]
    pub note: String,
    /// What they leave open about the address.
    #[serde(default)]
    pub base_note: String,
    #[serde(flatten)]
    stated: Stated,
}

impl Route {
    /// Who says so.
    pub fn basis(&self) -> Basis {
        file().basis(&self.stated)
    }

    /// The plane that the call itself goes to.
    pub fn plane(&self) -> &str {
        self.planes.first().map_or("", String::as_str)
    }

    /// The base path with an auth method.
    pub fn base_for(&self, method: &str) -> &str {
        self.key_base.as_deref().filter(|_| method == GENAI_API_KEY).unwrap_or(&self.base)
    }

    /// The request of the catalogue that tries it with a model.
    pub fn probe_for(&self, model: Option<&str>) -> Option<&str> {
        let native = model.and_then(catalog::model).and_then(|row| row.native);
        let special = native.and_then(|native| self.probes.get(native));
        special.or(self.probe.as_ref()).map(String::as_str)
    }

    /// The operations of the catalogue that it needs; one that the catalogue lacks is left out.
    pub fn operations(&self) -> impl Iterator<Item = &'static catalog::Operation> {
        self.requests.iter().filter_map(|name| operation(name))
    }
}

/// The operation written as `plane/name`.
fn operation(text: &str) -> Option<&'static catalog::Operation> {
    let (plane, name) = text.split_once('/')?;
    catalog::operations_named(name).find(|row| row.plane == Some(plane))
}

/// What a model must offer for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// The Chat Completions API.
    ChatCompletions,
    /// The Responses API.
    Responses,
    /// The API of the native plane.
    Native,
}

/// What a region must offer for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    /// Generative AI.
    Genai,
    /// The OpenAI-compatible API.
    OpenaiCompatible,
    /// Generative AI Agents.
    Agents,
}

impl Offer {
    /// Whether the catalogue lists it for a region.
    pub fn listed(self, region: &catalog::Region) -> bool {
        match self {
            Offer::Genai => region.genai,
            Offer::OpenaiCompatible => region.openai_compatible,
            Offer::Agents => region.agents,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Offer::Genai => "Generative AI",
            Offer::OpenaiCompatible => "the OpenAI-compatible API",
            Offer::Agents => "Generative AI Agents",
        }
    }
}

/// A principal of OCI that acts on the caller's behalf.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Service {
    /// A short name.
    pub name: String,
    /// In words.
    pub title: String,
    /// The usual name of its dynamic group.
    pub dynamic_group: String,
    /// Its principal types.
    pub principal_types: Vec<String>,
    /// The matching rule that holds it.
    pub rule: String,
    /// What it asks for: verbs on resource-types.
    pub requests: Vec<String>,
    #[serde(flatten)]
    stated: Stated,
}

impl Service {
    /// Who says so.
    pub fn basis(&self) -> Basis {
        file().basis(&self.stated)
    }
}

pub(super) const DATA: &str = include_str!("../data/calls.toml");

fn file() -> &'static File<Call> {
    static FILE: OnceLock<File<Call>> = OnceLock::new();
    FILE.get_or_init(|| read(DATA))
}

/// The call of this name.
pub fn call(name: &str) -> Option<(&'static str, &'static Call)> {
    file().get(name)
}

/// All calls by name.
pub fn calls() -> &'static BTreeMap<String, Call> {
    &file().rows
}
