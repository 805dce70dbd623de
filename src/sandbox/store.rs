//! What the planes keep: resources that calls create, list, change and delete, seeded from the tenancy. Its state is
//! one JSON document, so that a restart takes it up again; ids come from a seed and a counter, so that the same calls
//! give the same ids.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::planes::text;
use crate::authz::Tenancy;
use crate::catalog;

/// How many resources of one kind a region keeps; beyond it the oldest go.
const PER_KIND: usize = 20_000;

/// A resource with its document as the plane shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// Its OCID or, on the OpenAI-compatible plane, its id.
    pub id: String,
    /// Its collection, such as `apikeys`; items of a parent have the parent's before it: `conversations/items`.
    pub kind: String,
    /// The region that it lives in.
    pub region: String,
    /// The OCID of its compartment.
    pub compartment: String,
    /// What it is a part of: a project, an agent endpoint, a vector store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// How often it changed.
    #[serde(default)]
    pub version: u64,
    /// The document.
    pub value: Value,
}

impl Stored {
    /// Its entity tag.
    pub fn etag(&self) -> String {
        let mark = text::mark(&[&self.id, &self.version.to_string()]);
        format!("{mark:016x}--{}", self.version)
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    seed: String,
    counter: u64,
    resources: Vec<Stored>,
}

#[derive(Debug, Default)]
struct Shelves {
    seed: String,
    counter: u64,
    /// How many changes there were since the start.
    changes: u64,
    /// By kind, region, and the order of creation.
    resources: BTreeMap<(String, String, u64), Stored>,
    places: HashMap<String, (String, String, u64)>,
    /// Calls by what they are counted for, each with the minute that it is counted in.
    counts: HashMap<String, (i64, u64)>,
}

/// What lists show beside the tenancy and what calls make.
#[derive(Debug, Default)]
pub struct Shown {
    /// When what a list shows was made, by the collection; long ago where nothing is said.
    pub since: BTreeMap<&'static str, String>,
    /// Regions whose subscription is still under way.
    pub preparing: Vec<String>,
    /// The API signing keys of users: the user and the fingerprint.
    pub signing_keys: Vec<(String, String)>,
}

/// The resources of all planes. Calls may come at once from many threads.
#[derive(Debug, Default)]
pub struct Store {
    shelves: Mutex<Shelves>,
    /// What lists show beside.
    pub shown: Shown,
}

impl Store {
    /// A store that holds what the tenancy says of API keys, projects and endpoints.
    pub fn of(tenancy: &Tenancy) -> Self {
        Self::with(tenancy, Shown::default())
    }

    /// The same, with what lists show beside.
    pub fn with(tenancy: &Tenancy, shown: Shown) -> Self {
        let store = Store { shown, ..Store::default() };
        store.lock().seed = tenancy.ocid.clone().or_else(|| tenancy.name.clone()).unwrap_or_default();
        super::planes::seed(&store, tenancy);
        store
    }

    /// When the things of a collection were made; `usual` where nothing is said.
    pub fn since<'s>(&'s self, collection: &str, usual: &'s str) -> &'s str {
        self.shown.since.get(collection).map_or(usual, String::as_str)
    }

    /// The state as one document, for [`Store::restore`].
    pub fn saved(&self) -> Value {
        let shelves = self.lock();
        let state = State {
            seed: shelves.seed.clone(),
            counter: shelves.counter,
            resources: shelves.resources.values().cloned().collect(),
        };
        serde_json::to_value(state).unwrap_or_else(|_| json!({}))
    }

    /// Takes up a state that [`Store::saved`] gave. What the tenancy says beside it stays.
    pub fn restore(&self, saved: Value) -> Result<(), String> {
        let state: State = serde_json::from_value(saved).map_err(|error| error.to_string())?;
        let mut shelves = self.lock();
        shelves.seed = state.seed;
        shelves.counter = shelves.counter.max(state.counter);
        for stored in state.resources {
            shelves.put(stored);
        }
        Ok(())
    }

    /// Rises with each change, so that a holder knows when to save.
    pub fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// Counts one more call for something in a minute, and says how many that makes.
    pub fn count(&self, what: &str, minute: i64) -> u64 {
        let mut shelves = self.lock();
        let counted = shelves.counts.entry(what.to_owned()).or_default();
        if counted.0 != minute {
            *counted = (minute, 0);
        }
        counted.1 += 1;
        counted.1
    }

    /// A new OCID of this type in a region.
    pub fn ocid(&self, kind: &str, region: &str) -> String {
        let (seed, number) = {
            let mut shelves = self.lock();
            shelves.counter += 1;
            (shelves.seed.clone(), shelves.counter)
        };
        ocid(kind, region, &[&seed, &number.to_string()])
    }

    /// A new id with a prefix, such as `resp_…`.
    pub fn plain_id(&self, prefix: &str, length: usize) -> String {
        let (seed, number) = {
            let mut shelves = self.lock();
            shelves.counter += 1;
            (shelves.seed.clone(), shelves.counter)
        };
        format!("{prefix}{}", text::letters(&[&seed, prefix, &number.to_string()], length))
    }

    /// Adds a resource, or replaces the one with its id.
    pub fn put(&self, stored: Stored) {
        self.lock().put(stored);
    }

    /// The resource with this id.
    pub fn get(&self, id: &str) -> Option<Stored> {
        let shelves = self.lock();
        shelves.places.get(id).and_then(|place| shelves.resources.get(place)).cloned()
    }

    /// Those of a kind in a region, oldest first.
    pub fn list(&self, kind: &str, region: &str) -> Vec<Stored> {
        let shelves = self.lock();
        let (from, to) =
            ((kind.to_owned(), region.to_owned(), 0), (kind.to_owned(), region.to_owned(), u64::MAX));
        shelves.resources.range(from..=to).map(|(_, stored)| stored.clone()).collect()
    }

    /// Changes the resource with this id, and gives it as it then is.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Stored)) -> Option<Stored> {
        let mut shelves = self.lock();
        let place = shelves.places.get(id)?.clone();
        shelves.changes += 1;
        let stored = shelves.resources.get_mut(&place)?;
        stored.version += 1;
        change(stored);
        Some(stored.clone())
    }

    /// Takes the resource with this id away, and all that is a part of it.
    pub fn remove(&self, id: &str) -> Option<Stored> {
        let mut shelves = self.lock();
        let place = shelves.places.remove(id)?;
        shelves.changes += 1;
        let removed = shelves.resources.remove(&place)?;
        let within = format!("{}/", removed.kind);
        let parts: Vec<_> = shelves
            .resources
            .range((within.clone(), String::new(), 0)..)
            .take_while(|((kind, ..), _)| kind.starts_with(&within))
            .filter(|(_, part)| part.parent.as_deref() == Some(id))
            .map(|(place, part)| (place.clone(), part.id.clone()))
            .collect();
        for (place, part) in parts {
            shelves.resources.remove(&place);
            shelves.places.remove(&part);
        }
        Some(removed)
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        // A thread that panicked left whole resources behind: nothing here is changed in two steps.
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    fn put(&mut self, stored: Stored) {
        self.changes += 1;
        if let Some(place) = self.places.get(&stored.id).cloned() {
            self.resources.insert(place, stored);
            return;
        }
        let sequence = self.changes;
        let place = (stored.kind.clone(), stored.region.clone(), sequence);
        self.places.insert(stored.id.clone(), place.clone());
        let first = (place.0.clone(), place.1.clone(), 0);
        self.resources.insert(place.clone(), stored);
        if sequence.is_multiple_of(1_000) {
            let held = self.resources.range(first.clone()..=place).count();
            for _ in PER_KIND..held {
                let Some(oldest) =
                    self.resources.range(first.clone()..).next().map(|(place, _)| place.clone())
                else {
                    break;
                };
                if let Some(gone) = self.resources.remove(&oldest) {
                    self.places.remove(&gone.id);
                }
            }
        }
    }
}

/// An OCID made of what the parts spell: the same parts give the same OCID. Without a region for what has none.
pub fn ocid(kind: &str, region: &str, parts: &[&str]) -> String {
    let realm = catalog::region(region).map_or("oc1", |region| region.realm);
    // Oldest regions keep their three letters in OCIDs.
    let place = match region {
        "us-ashburn-1" => "iad",
        "us-phoenix-1" => "phx",
        other => other,
    };
    let mut seed = vec![kind, region];
    seed.extend(parts);
    let start = if region.is_empty() { "aaaaaaaa" } else { "amaaaaaa" };
    format!("ocid1.{kind}.{realm}.{place}.{start}{}", text::letters(&seed, 52))
}

/// A time as OCI writes it.
pub fn time(at: Timestamp) -> String {
    let milliseconds = at.as_millisecond();
    let whole = Timestamp::from_millisecond(milliseconds).unwrap_or(at);
    format!("{whole:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(id: &str, kind: &str, parent: Option<&str>) -> Stored {
        Stored {
            id: id.into(),
            kind: kind.into(),
            region: "us-chicago-1".into(),
            compartment: "c".into(),
            parent: parent.map(str::to_owned),
            version: 0,
            value: json!({ "id": id }),
        }
    }

    #[test]
    fn resources_are_listed_in_the_order_of_their_creation() {
        let store = Store::default();
        for id in ["b", "a", "c"] {
            store.put(stored(id, "models", None));
        }
        store.put(stored("d", "endpoints", None));
        let ids: Vec<_> = store.list("models", "us-chicago-1").into_iter().map(|each| each.id).collect();
        assert_eq!(ids, ["b", "a", "c"]);
        assert!(store.list("models", "eu-frankfurt-1").is_empty());
    }

    #[test]
    fn what_is_a_part_goes_with_the_whole() {
        let store = Store::default();
        store.put(stored("c1", "conversations", None));
        store.put(stored("i1", "conversations/items", Some("c1")));
        store.put(stored("i2", "conversations/items", Some("c2")));
        assert!(store.remove("c1").is_some());
        assert_eq!(store.get("i1"), None);
        assert!(store.get("i2").is_some());
    }

    #[test]
    fn a_saved_state_gives_the_same_resources_and_no_id_twice() {
        let tenancy = Tenancy { ocid: Some("ocid1.tenancy.oc1..a".into()), ..Tenancy::default() };
        let store = Store::of(&tenancy);
        let first = store.ocid("generativeaiendpoint", "us-ashburn-1");
        store.put(stored(&first, "endpoints", None));
        let again = Store::of(&tenancy);
        again.restore(store.saved()).unwrap();
        assert_eq!(again.get(&first), store.get(&first));
        assert_ne!(again.ocid("generativeaiendpoint", "us-ashburn-1"), first);
        assert!(first.starts_with("ocid1.generativeaiendpoint.oc1.iad.amaaaaaa"), "{first}");
    }

    #[test]
    fn a_change_gives_another_entity_tag() {
        let store = Store::default();
        store.put(stored("a", "models", None));
        let before = store.get("a").unwrap().etag();
        let after = store.change("a", |stored| stored.value["x"] = json!(1)).unwrap();
        assert_ne!(before, after.etag());
    }

    #[test]
    fn times_have_milliseconds() {
        let at: Timestamp = "2026-11-21T05:00:00.1239Z".parse().unwrap();
        assert_eq!(time(at), "2026-11-21T05:00:00.123Z");
    }
}
