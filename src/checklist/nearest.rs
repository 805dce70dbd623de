//! Which region serves a model in a mode, and which of them is near.

use crate::catalog::{self, Mode, Model, Region};

use super::facts::{self, Offer};

/// How a model is offered in the region of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It is.
    Here,
    /// It isn't, for this reason; with the nearest regions of the realm that offer it and their distances in kilometres.
    Elsewhere(String, Vec<(&'static str, u32)>),
    /// The catalogue doesn't say; why.
    Unknown(String),
}

/// Whether the model is served in the region in the mode. `today` decides about announced ends.
pub fn offered(model: &str, region: &str, dedicated: bool, key: bool, offer: Offer, today: &str) -> Offered {
    let Some(row) = catalog::model(model) else {
        let near = catalog::suggest(catalog::Kind::Model, model);
        let near = near.map(|near| format!("; perhaps `{near}` is meant")).unwrap_or_default();
        return Offered::Unknown(format!("the catalogue doesn't know the model `{model}`{near}"));
    };
    let mode = if dedicated { "on dedicated AI clusters" } else { "on demand" };
    match served(row, region, dedicated, today) {
        Some(true) => Offered::Here,
        None => Offered::Unknown(format!("no source says whether `{region}` serves `{model}` {mode}")),
        Some(false) => {
            let why = format!("`{region}` doesn't serve `{model}` {mode}");
            let fits = |region: &Region| offer.listed(region) && (!key || region.api_keys);
            let others = row.regions().filter_map(|one| catalog::region(one.region)).filter(|one| fits(one));
            let serving = others.filter(|one| served(row, one.name, dedicated, today) == Some(true));
            Offered::Elsewhere(why, near(region, serving.map(|one| one.name)))
        }
    }
}

/// None where no source says.
fn served(model: &Model, region: &str, dedicated: bool, today: &str) -> Option<bool> {
    let Some(row) = model.in_region(region) else {
        // A list that names other regions and not this one is an answer, unless the model is in no list at all.
        return model.regions().next().map(|_| false);
    };
    let end = if dedicated { row.dedicated_retired } else { row.on_demand_retired };
    if end.is_some_and(|end| end <= today) {
        return Some(false);
    }
    let mode = if row.expected == Mode::Unknown { row.documented } else { row.expected };
    match (mode, dedicated) {
        (Mode::Unknown, _) => None,
        (Mode::Dedicated | Mode::Both, true) => Some(true),
        (Mode::OnDemand | Mode::Retired, true) => Some(false),
        (mode, false) => mode.on_demand(),
    }
}

/// The regions by their distance from one, nearest first; those of its realm only.
pub fn near(from: &str, regions: impl Iterator<Item = &'static str>) -> Vec<(&'static str, u32)> {
    let realm = catalog::region(from).map(|row| row.realm);
    let same = |name: &&str| realm.is_none() || catalog::region(name).map(|row| row.realm) == realm;
    let mut found: Vec<_> =
        regions.filter(same).filter(|name| *name != from).map(|name| (name, distance(from, name))).collect();
    found.sort_by_key(|(name, far)| (*far, *name));
    found.dedup();
    found
}

/// The distance over the ground in kilometres; as far as can be where a place isn't known.
fn distance(one: &str, other: &str) -> u32 {
    const RADIUS: f64 = 6371.0;
    let Some((from, to)) = facts::place(one).zip(facts::place(other)) else { return u32::MAX };
    let radians = |(latitude, longitude): (f64, f64)| (latitude.to_radians(), longitude.to_radians());
    let ((lat1, lon1), (lat2, lon2)) = (radians(from), radians(to));
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let chord = half(lat2 - lat1) + lat1.cos() * lat2.cos() * half(lon2 - lon1);
    // At most half the way round the earth: it fits.
    (2.0 * RADIUS * chord.sqrt().min(1.0).asin()).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_globe() {
        assert!((550..650).contains(&distance("uk-london-1", "eu-frankfurt-1")));
        assert!((10_700..11_200).contains(&distance("ap-tokyo-1", "us-ashburn-1")));
        assert_eq!(distance("us-chicago-1", "us-chicago-1"), 0);
    }

    #[test]
    fn the_nearest_region_comes_first_and_lies_in_the_same_realm() {
        let all = catalog::regions().iter().filter(|row| row.genai).map(|row| row.name);
        let found = near("us-sanjose-1", all);
        assert_eq!(found.first().map(|(name, _)| *name), Some("us-phoenix-1"));
        assert!(found.iter().all(|(name, _)| catalog::region(name).is_some_and(|row| row.realm == "oc1")));
    }
}
