//! What the checklist knows beyond the catalogue: workloads, calls, clients, steps. Data in, typed look-ups out.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::catalog;

/// Where a fact comes from, as of when and how certain it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// The id of a source of the catalogue.
    pub source: String,
    /// As of when.
    pub date: String,
    /// How it came to be known, in words.
    pub certainty: String,
}

impl Basis {
    /// That of a row of the catalogue.
    pub fn of(fact: &catalog::Fact) -> Self {
        Self {
            source: fact.source.to_owned(),
            date: fact.date.to_owned(),
            certainty: fact.certainty.words().to_owned(),
        }
    }

    /// The title and address of the source.
    pub fn document(&self) -> Option<&'static catalog::Source> {
        catalog::source(&self.source)
    }
}

/// What a row states of its own basis; the head of the file stands for the rest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stated {
    source: Option<String>,
    date: Option<String>,
    certainty: Option<String>,
}

/// The head of a file of facts, and its rows.
#[derive(Debug, Deserialize)]
pub(super) struct File<T> {
    source: String,
    date: String,
    certainty: String,
    #[serde(flatten)]
    rows: BTreeMap<String, T>,
}

impl<T> Default for File<T> {
    fn default() -> Self {
        let empty = String::new;
        Self { source: empty(), date: empty(), certainty: empty(), rows: BTreeMap::new() }
    }
}

impl<T> File<T> {
    fn basis(&self, stated: &Stated) -> Basis {
        let or = |own: &Option<String>, head: &String| own.as_ref().unwrap_or(head).clone();
        Basis {
            source: or(&stated.source, &self.source),
            date: or(&stated.date, &self.date),
            certainty: or(&stated.certainty, &self.certainty).replace('-', " "),
        }
    }

    fn get(&self, name: &str) -> Option<(&str, &T)> {
        self.rows.get_key_value(name).map(|(name, row)| (name.as_str(), row))
    }
}

/// Where code runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workload {
    /// In words, with its article.
    pub title: String,
    /// The principal types of its resource principal, the usual one first.
    #[serde(default)]
    pub principal_types: Vec<String>,
    /// The only clients that exist there; empty where every client does that isn't bound to another workload.
    #[serde(default)]
    pub clients: Vec<String>,
    /// The matching rule that holds it.
    pub rule: Option<String>,
    /// The matching rule that holds one resource alone.
    pub resource_rule: Option<String>,
    /// What each auth method is worth there.
    pub(super) methods: BTreeMap<String, Cell>,
}

/// What an auth method is worth for a workload.
#[derive(Debug, Deserialize)]
pub(super) struct Cell {
    pub(super) rank: Option<u8>,
    why: Option<String>,
    unfit: Option<String>,
    never: Option<String>,
    unknown: Option<String>,
    #[serde(flatten)]
    stated: Stated,
}

/// Whether an auth method works for a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It does; the lower, the sooner it is proposed.
    Rank(u8),
    /// It does, but only for a while or with a person at hand.
    Unfit,
    /// It can't.
    Never,
    /// No source shows it.
    Unknown,
}

impl Worth {
    /// Whether it can be taken at all.
    pub fn works(self) -> bool {
        matches!(self, Worth::Rank(_) | Worth::Unfit)
    }
}

impl Workload {
    /// What the method is worth, why, and who says so; none for a method that the catalogue doesn't have.
    pub fn worth(&self, method: &str) -> Option<(Worth, &str, Basis)> {
        let cell = self.methods.get(method)?;
        let basis = workload_file().basis(&cell.stated);
        let (worth, text) = match cell {
            Cell { rank: Some(rank), why: Some(why), .. } => (Worth::Rank(*rank), why),
            Cell { unfit: Some(text), .. } => (Worth::Unfit, text),
            Cell { never: Some(text), .. } => (Worth::Never, text),
            Cell { unknown: Some(text), .. } => (Worth::Unknown, text),
            _ => return None,
        };
        Some((worth, text, basis))
    }
}

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
        call_file().basis(&self.stated)
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
pub(super) fn operation(text: &str) -> Option<&'static catalog::Operation> {
    let (plane, name) = text.split_once('/')?;
    catalog::operations_named(name).find(|row| row.plane == Some(plane))
}

/// The auth method that is its own principal.
pub(super) const GENAI_API_KEY: &str = "genai-api-key";

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
        call_file().basis(&self.stated)
    }
}

/// A program or library that makes calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Client {
    /// In words.
    pub title: String,
    /// The order in which clients are proposed.
    pub rank: u8,
    /// The workloads that it is bound to; empty for none.
    #[serde(default)]
    pub workloads: Vec<String>,
    /// The ways it can be used.
    pub modes: Vec<Mode>,
    #[serde(flatten)]
    stated: Stated,
}

impl Client {
    /// Who says so.
    pub fn basis(&self) -> Basis {
        client_file().basis(&self.stated)
    }

    /// How it makes a call by a route with an auth method.
    pub fn mode(&self, call: &str, plane: &str, method: &str) -> Option<&Mode> {
        self.modes.iter().find(|mode| mode.serves(call, plane, method))
    }
}

/// One way to use a client: what it takes to authenticate, and how each call looks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mode {
    /// The plane that it speaks to.
    pub plane: String,
    /// What to install.
    pub install: String,
    /// The language of the snippet.
    pub language: String,
    /// The environment variable that holds the endpoint; empty where none does.
    #[serde(default)]
    pub endpoint_variable: String,
    /// What the endpoint is made of: `base-url` with the base path, or `host-url` without.
    pub endpoint: String,
    /// Further environment variables, each with what goes in.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How code names a model that is served on demand.
    #[serde(default)]
    pub on_demand: String,
    /// How it names the endpoint of a dedicated AI cluster.
    #[serde(default)]
    pub dedicated: String,
    /// How each auth method is set up.
    pub methods: BTreeMap<String, Setup>,
    /// The whole snippet, by call; `{imports}`, `{setup}` and `{arguments}` are those of the auth method.
    pub calls: BTreeMap<String, String>,
}

impl Mode {
    fn serves(&self, call: &str, plane: &str, method: &str) -> bool {
        self.plane == plane && self.methods.contains_key(method) && self.calls.contains_key(call)
    }

    /// The snippet of a call, for a model of a native format where it has one of its own.
    pub fn snippet(&self, call: &str, native: Option<&str>) -> Option<&str> {
        let special = native.and_then(|native| self.calls.get(&format!("{call}:{native}")));
        special.or_else(|| self.calls.get(call)).map(String::as_str)
    }
}

/// How a client is set up for an auth method.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Setup {
    /// Further packages to install.
    pub install: String,
    /// Lines that import.
    pub imports: String,
    /// Lines before the call.
    pub setup: String,
    /// Arguments of the client.
    pub arguments: String,
    /// Further environment variables.
    pub environment: BTreeMap<String, String>,
}

/// A step of every checklist that its conditions let in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct StepRow {
    pub(super) id: String,
    pub(super) title: String,
    /// All must hold: `key:one|another`, with `!key:…` for the contrary.
    #[serde(default)]
    pub(super) when: Vec<String>,
    pub(super) who: String,
    #[serde(rename = "do")]
    pub(super) text: String,
    #[serde(default)]
    pub(super) commands: Vec<String>,
    pub(super) check: super::plan::CheckKind,
    pub(super) source: Option<String>,
    pub(super) date: Option<String>,
    pub(super) certainty: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StepFile {
    source: String,
    date: String,
    certainty: String,
    steps: Vec<StepRow>,
}

fn read<T: Default + serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_default()
}

const WORKLOADS: &str = include_str!("data/workloads.toml");
const CALLS: &str = include_str!("data/calls.toml");
const CLIENTS: &str = include_str!("data/clients.toml");
const STEPS: &str = include_str!("data/steps.toml");
const PLACES: &str = include_str!("data/places.toml");

fn workload_file() -> &'static File<Workload> {
    static FILE: OnceLock<File<Workload>> = OnceLock::new();
    FILE.get_or_init(|| read(WORKLOADS))
}

fn call_file() -> &'static File<Call> {
    static FILE: OnceLock<File<Call>> = OnceLock::new();
    FILE.get_or_init(|| read(CALLS))
}

fn client_file() -> &'static File<Client> {
    static FILE: OnceLock<File<Client>> = OnceLock::new();
    FILE.get_or_init(|| read(CLIENTS))
}

fn step_file() -> &'static StepFile {
    static FILE: OnceLock<StepFile> = OnceLock::new();
    FILE.get_or_init(|| read(STEPS))
}

/// The workload of this name.
pub fn workload(name: &str) -> Option<(&'static str, &'static Workload)> {
    workload_file().get(name)
}

/// All workloads by name.
pub fn workloads() -> &'static BTreeMap<String, Workload> {
    &workload_file().rows
}

/// The call of this name.
pub fn call(name: &str) -> Option<(&'static str, &'static Call)> {
    call_file().get(name)
}

/// All calls by name.
pub fn calls() -> &'static BTreeMap<String, Call> {
    &call_file().rows
}

/// The client of this name.
pub fn client(name: &str) -> Option<(&'static str, &'static Client)> {
    client_file().get(name)
}

/// All clients by name.
pub fn clients() -> &'static BTreeMap<String, Client> {
    &client_file().rows
}

/// The steps in their order.
pub(super) fn steps() -> impl Iterator<Item = (&'static StepRow, Basis)> {
    let file = step_file();
    file.steps.iter().map(|row| {
        let stated =
            Stated { source: row.source.clone(), date: row.date.clone(), certainty: row.certainty.clone() };
        let head = File::<()> {
            source: file.source.clone(),
            date: file.date.clone(),
            certainty: file.certainty.clone(),
            rows: BTreeMap::new(),
        };
        (row, head.basis(&stated))
    })
}

/// Latitude and longitude of a region's city, in degrees.
pub(super) fn place(region: &str) -> Option<(f64, f64)> {
    static FILE: OnceLock<File<(f64, f64)>> = OnceLock::new();
    FILE.get_or_init(|| read(PLACES)).rows.get(region).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn error<T: serde::de::DeserializeOwned>(text: &str) -> Option<String> {
        toml::from_str::<T>(text).err().map(|error| error.to_string())
    }

    #[test]
    fn the_data_files_read() {
        assert_eq!(error::<File<Workload>>(WORKLOADS), None);
        assert_eq!(error::<File<Call>>(CALLS), None);
        assert_eq!(error::<File<Client>>(CLIENTS), None);
        assert_eq!(error::<StepFile>(STEPS), None);
        assert_eq!(error::<File<(f64, f64)>>(PLACES), None);
    }

    #[test]
    fn every_workload_speaks_of_every_auth_method() {
        let known: BTreeSet<&str> = catalog::auth_methods().iter().map(|row| row.name).collect();
        for (name, workload) in workloads() {
            let spoken: BTreeSet<&str> = workload.methods.keys().map(String::as_str).collect();
            assert_eq!(spoken, known, "{name}");
            for (method, cell) in &workload.methods {
                let said = [&cell.why, &cell.unfit, &cell.never, &cell.unknown].into_iter().flatten().count();
                assert_eq!(said, 1, "{name}, {method}");
                assert!(workload.worth(method).is_some(), "{name}, {method}");
            }
            for kind in &workload.principal_types {
                assert!(catalog::principal_type(kind).is_some_and(|row| row.in_rule), "{name}: {kind}");
            }
        }
    }

    #[test]
    fn every_name_of_a_call_is_in_the_catalogue() {
        for (name, call) in calls() {
            for limit in &call.limits {
                assert!(catalog::limit(limit).is_some(), "{name}: {limit}");
            }
            if let Some(model) = &call.default_model {
                assert!(catalog::model(model).is_some(), "{name}: {model}");
            }
            for route in &call.routes {
                assert_eq!(route.operations().count(), route.requests.len(), "{name}: {:?}", route.requests);
                for plane in &route.planes {
                    let row = catalog::plane(plane);
                    assert!(row.is_some(), "{name}: {plane}");
                    assert!(route.operations().any(|row| row.plane == Some(plane)), "{name}: {plane}");
                }
                for probe in route.probe.iter().chain(route.probes.values()) {
                    assert!(
                        catalog::probe(probe).is_some_and(|row| row.plane == route.plane()),
                        "{name}: {probe}"
                    );
                }
                let bases = catalog::plane(route.plane()).map(|row| row.bases).unwrap_or_default();
                for base in [Some(&route.base), route.key_base.as_ref()].into_iter().flatten() {
                    assert!(bases.contains(&base.as_str()), "{name}: {base}");
                }
            }
        }
    }

    #[test]
    fn every_source_is_in_the_catalogue() {
        let mut bases: Vec<Basis> = Vec::new();
        for workload in workloads().values() {
            bases.extend(workload.methods.keys().filter_map(|method| Some(workload.worth(method)?.2)));
        }
        for call in calls().values() {
            bases.extend(call.routes.iter().map(Route::basis));
            bases.extend(call.services.iter().map(Service::basis));
        }
        bases.extend(clients().values().map(Client::basis));
        bases.extend(steps().map(|(_, basis)| basis));
        let certainties = ["documented", "observed", "seen in code", "inferred"];
        for basis in bases {
            assert!(basis.document().is_some(), "{}", basis.source);
            assert!(certainties.contains(&basis.certainty.as_str()), "{}", basis.certainty);
            assert_eq!(basis.date.len(), 10, "{}", basis.date);
        }
    }

    #[test]
    fn every_region_that_serves_a_model_has_a_place() {
        let regions: BTreeSet<&str> =
            catalog::models().iter().flat_map(catalog::Model::regions).map(|row| row.region).collect();
        let lost: Vec<&str> = regions.into_iter().filter(|region| place(region).is_none()).collect();
        assert_eq!(lost, [""; 0]);
    }

    #[test]
    fn clients_name_methods_calls_and_workloads_that_exist() {
        for (name, client) in clients() {
            for workload in &client.workloads {
                assert!(super::workload(workload).is_some(), "{name}: {workload}");
            }
            for mode in &client.modes {
                assert!(catalog::plane(&mode.plane).is_some(), "{name}: {}", mode.plane);
                for method in mode.methods.keys() {
                    assert!(catalog::auth_method(method).is_some(), "{name}: {method}");
                }
                for call in mode.calls.keys() {
                    let by =
                        super::call(call.split(':').next().unwrap_or_default()).map(|(_, call)| &call.routes);
                    let served =
                        by.is_some_and(|routes| routes.iter().any(|route| route.plane() == mode.plane));
                    assert!(served, "{name}: {call} on {}", mode.plane);
                }
            }
        }
    }
}
