//! Finds the operation that a method and a path ask for, from the operations of the catalogue.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::call::{Failure, Route};
use super::failure;
use crate::catalog::{self, Operation, Plane};

/// A piece of a path between slashes.
enum Piece {
    /// Stands as it is.
    Word(&'static str),
    /// Any text, under this name.
    Open(&'static str),
}

struct Pattern {
    plane: &'static Plane,
    operation: &'static Operation,
    pieces: Vec<Piece>,
}

/// Patterns by how many pieces they have; those that end in `*` under none, since they take any number.
type Table = HashMap<Option<usize>, Vec<Pattern>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::new();
        for operation in catalog::operations() {
            let Some(plane) = operation.plane.and_then(catalog::plane) else { continue };
            for path in operation.paths {
                let (path, open_ended) = match path.strip_suffix("/*") {
                    Some(path) => (path, true),
                    None => (*path, false),
                };
                let pieces: Vec<_> = path.split('/').skip(1).map(piece).collect();
                let key = (!open_ended).then_some(pieces.len());
                table.entry(key).or_default().push(Pattern { plane, operation, pieces });
            }
        }
        // A word is a better fit than an open piece, so `…/allocatableGpus` comes before `…/{id}`.
        for patterns in table.values_mut() {
            patterns.sort_by_key(|pattern| {
                pattern.pieces.iter().filter(|piece| matches!(piece, Piece::Open(_))).count()
            });
        }
        table
    })
}

fn piece(text: &'static str) -> Piece {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        Some(name) => Piece::Open(name),
        None => Piece::Word(text),
    }
}

impl Pattern {
    fn takes(&self, pieces: &[&str]) -> Option<BTreeMap<&'static str, String>> {
        let mut parameters = BTreeMap::new();
        for (expected, found) in self.pieces.iter().zip(pieces) {
            match expected {
                Piece::Word(word) if word == found => {}
                Piece::Open(name) if !found.is_empty() => {
                    parameters.insert(*name, super::call::decoded_path(found));
                }
                _ => return None,
            }
        }
        Some(parameters)
    }
}

fn matching<'t>(
    planes: &'t [&'static Plane],
    path: &'t str,
) -> impl Iterator<Item = (&'static Pattern, BTreeMap<&'static str, String>)> + 't {
    let pieces: Vec<&str> = path.split('/').skip(1).collect();
    let fixed = table().get(&Some(pieces.len())).into_iter().flatten();
    let open = table().get(&None).into_iter().flatten();
    let open_at_least = pieces.len();
    fixed
        .chain(open.filter(move |pattern| pattern.pieces.len() < open_at_least))
        .filter(|pattern| planes.iter().any(|plane| plane.name == pattern.plane.name))
        .filter_map(move |pattern| Some((pattern, pattern.takes(&pieces)?)))
}

/// The operation that a request asks for, among those of the planes that its door serves.
pub fn find(planes: &[&'static Plane], method: &str, path: &str) -> Option<Route> {
    matching(planes, path)
        .find(|(pattern, _)| pattern.operation.method == method)
        .map(|(pattern, parameters)| Route { plane: pattern.plane, operation: pattern.operation, parameters })
}

/// Why there is no such operation, in the words of the host that was asked, and the plane that says it.
pub fn absent(planes: &[&'static Plane], method: &str, path: &str) -> (Failure, Option<&'static Plane>) {
    let methods: Vec<_> = matching(planes, path).map(|(pattern, _)| pattern).collect();
    let plane = methods.first().map(|pattern| pattern.plane).or_else(|| nearest(planes, path));
    let allowed: Vec<_> = methods.iter().map(|pattern| pattern.operation.method).collect();
    let because = match allowed.is_empty() {
        true => format!("no operation of the catalogue has the path `{path}` on this host"),
        false => format!("the path takes {} and not {method}", allowed.join(", ")),
    };
    let failure = match plane {
        Some(plane) if plane.name == "inference-openai" && path.starts_with("/20231130/actions/v1/") => {
            failure::of("unsupported-operation")
        }
        Some(plane) if failure::is_inference_host(plane) => failure::of("wrong-path"),
        _ if !allowed.is_empty() => Failure::new(
            405,
            "MethodNotAllowed",
            format!("The method {method} is not allowed for this resource."),
        ),
        _ => Failure::new(404, "NotFound", "HTTP 404 Not Found"),
    };
    (failure.because(because), plane)
}

/// The plane with the longest base path that the path starts with, else the host's first.
fn nearest(planes: &[&'static Plane], path: &str) -> Option<&'static Plane> {
    let under = |base: &&&'static str| path.strip_prefix(**base).is_some_and(|rest| rest.starts_with('/'));
    let depth = |plane: &Plane| plane.bases.iter().filter(under).map(|base| base.len()).max();
    let serving =
        planes.iter().filter(|plane| table().values().flatten().any(|row| row.plane.name == plane.name));
    let deepest = serving.clone().filter(|plane| depth(plane).is_some()).max_by_key(|plane| depth(plane));
    deepest.or_else(|| serving.clone().find(|plane| failure::is_inference_host(plane))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<&'static Plane> {
        catalog::planes().iter().collect()
    }

    fn name(method: &str, path: &str) -> Option<&'static str> {
        find(&all(), method, path).map(|route| route.operation.name)
    }

    #[test]
    fn every_path_of_the_catalogue_leads_to_its_operation() {
        let planes = all();
        for operation in catalog::operations().iter().filter(|operation| operation.plane.is_some()) {
            for path in operation.paths {
                let path = path.replace(['{', '}'], "").replace('*', "speech");
                let route = find(&planes, operation.method, &path);
                let found = route.map(|route| (route.operation.name, Some(route.plane.name)));
                assert_eq!(found, Some((operation.name, operation.plane)), "{} {path}", operation.method);
            }
        }
    }

    #[test]
    fn open_pieces_are_decoded_and_named() {
        let route = find(&all(), "GET", "/20231130/apikeys/ocid1.a%2Fb").unwrap();
        assert_eq!(route.parameters["apiKeyId"], "ocid1.a/b");
    }

    #[test]
    fn a_door_serves_its_planes_only() {
        let agents = [catalog::plane("agent-runtime").unwrap()];
        assert!(find(&agents, "POST", "/20231130/actions/chat").is_none());
        assert_eq!(name("POST", "/20231130/actions/chat"), Some("Chat"));
    }

    #[test]
    fn what_is_not_there_is_said_as_its_host_says_it() {
        let said = |method: &str, path: &str| {
            let (failure, plane) = absent(&all(), method, path);
            (failure.status, failure.message, plane.map(|plane| plane.name))
        };
        insta::assert_debug_snapshot!([
            said("GET", "/openai/v1/models"),
            said("GET", "/20231130/actions/v1/models"),
            said("GET", "/openai/v1/conversations"),
            said("PATCH", "/20231130/models"),
            said("GET", "/20240531/nothing"),
            said("GET", "/nothing"),
        ]);
    }
}
