//! What the checklist knows beyond the catalogue: workloads, calls, clients, steps. Data in, typed look-ups out.

mod call;
mod client;
mod step;
mod workload;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::catalog;

pub use call::{Api, Call, Offer, Route, Service, call, calls};
pub use client::{Client, Mode, Setup, client, clients};
pub(super) use step::steps;
pub use workload::{Workload, Worth, workload, workloads};

/// The auth method that is its own principal.
pub(super) const GENAI_API_KEY: &str = "genai-api-key";

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
struct Stated {
    source: Option<String>,
    date: Option<String>,
    certainty: Option<String>,
}

/// The head of a file of facts, and its rows.
#[derive(Debug, Deserialize)]
struct File<T> {
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

fn read<T: Default + serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_default()
}

const PLACES: &str = include_str!("../data/places.toml");

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
        assert_eq!(error::<File<Workload>>(workload::DATA), None);
        assert_eq!(error::<File<Call>>(call::DATA), None);
        assert_eq!(error::<File<Client>>(client::DATA), None);
        assert_eq!(error::<client::Signers>(client::SIGNERS), None);
        assert_eq!(error::<step::StepFile>(step::DATA), None);
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
