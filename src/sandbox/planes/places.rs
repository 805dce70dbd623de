//! Where things of the tenancy are: its compartments with OCIDs and parents, whatever the model leaves out.

use std::collections::HashMap;

use crate::authz::{Compartment, Tenancy};
use crate::sandbox::store;

/// A compartment, fully named.
#[derive(Debug, Clone)]
pub struct Place<'t> {
    /// Its OCID.
    pub ocid: String,
    /// The OCID of its parent.
    pub parent: String,
    /// Its own name.
    pub name: String,
    /// Its path from the root.
    pub path: String,
    /// Its row of the model.
    pub row: &'t Compartment,
}

/// The OCID of the root compartment.
pub fn root(tenancy: &Tenancy) -> String {
    let name = tenancy.name.as_deref().unwrap_or_default();
    tenancy.ocid.clone().unwrap_or_else(|| store::ocid("tenancy", "", &[name]))
}

/// The OCID of a compartment: its own, or one made of its path.
fn ocid(row: &Compartment) -> String {
    row.ocid.clone().unwrap_or_else(|| {
        store::ocid("compartment", "", &[row.parent.as_deref().unwrap_or_default(), &row.path])
    })
}

/// All compartments but the root, in the order of the model. One whose parent isn't there hangs on the root.
pub fn compartments(tenancy: &Tenancy) -> Vec<Place<'_>> {
    /// Deeper trees than OCI allows are cut there.
    const DEPTH: usize = 16;
    let rows = &tenancy.compartments;
    let by_ocid: HashMap<String, &Compartment> = rows.iter().map(|row| (ocid(row), row)).collect();
    let path_of = |row: &Compartment| {
        let mut path = row.path.clone();
        let mut above = row.parent.as_deref();
        for _ in 0..DEPTH {
            let Some(parent) = above else { break };
            match by_ocid.get(parent) {
                Some(row) => {
                    path = format!("{}:{path}", row.path);
                    above = row.parent.as_deref();
                }
                None if parent.starts_with("ocid1.") || parent.is_empty() => break,
                None => return format!("{parent}:{path}"),
            }
        }
        path
    };
    let paths: Vec<_> = rows.iter().map(path_of).collect();
    let by_path: HashMap<&str, String> =
        paths.iter().map(String::as_str).zip(rows.iter().map(ocid)).collect();
    let root = root(tenancy);
    rows.iter()
        .zip(&paths)
        .map(|(row, path)| {
            let (above, name) = path.rsplit_once(':').unwrap_or(("", path));
            let parent = by_path.get(above).cloned().unwrap_or_else(|| root.clone());
            Place { ocid: ocid(row), parent, name: name.to_owned(), path: path.clone(), row }
        })
        .collect()
}

/// The OCID of a compartment that the model names by path or OCID.
pub fn named(tenancy: &Tenancy, place: Option<&str>) -> String {
    match place {
        None | Some("") => root(tenancy),
        Some(ocid) if ocid.starts_with("ocid1.") => ocid.to_owned(),
        Some(path) => compartments(tenancy)
            .into_iter()
            .find(|place| place.path.eq_ignore_ascii_case(path))
            .map_or_else(|| store::ocid("compartment", "", &["", path]), |place| place.ocid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compartments_have_parents_however_the_model_names_them() {
        let tenancy = Tenancy::from_text(
            r#"ocid = "ocid1.tenancy.oc1..t"
            compartments = [
                { path = "a", ocid = "ocid1.compartment.oc1..a" },
                { path = "a:b" },
                { path = "c", parent = "ocid1.compartment.oc1..a", ocid = "ocid1.compartment.oc1..c" },
                { path = "d", parent = "a:b" },
            ]"#,
        )
        .unwrap();
        let places = compartments(&tenancy);
        let found: Vec<_> = places.iter().map(|place| (place.path.as_str(), place.parent.as_str())).collect();
        assert_eq!(found[0], ("a", "ocid1.tenancy.oc1..t"));
        assert_eq!(found[1], ("a:b", "ocid1.compartment.oc1..a"));
        assert_eq!(found[2], ("a:c", "ocid1.compartment.oc1..a"));
        assert_eq!(found[3], ("a:b:d", places[1].ocid.as_str()));
        assert_eq!(named(&tenancy, Some("A:B")), places[1].ocid);
    }
}
