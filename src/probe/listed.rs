//! What a tenancy file lists of the names in a call: compartments, projects, regions, keys, limits, credentials.

use super::ask::Target;
use super::observe::{Observation, Shown};
use super::preflight;
use crate::authz::Tenancy;
use crate::diagnose::Witness;

/// How much counts what stands in a list.
const LISTED: f64 = 8.0;
/// The same where the list may be a part only.
const PERHAPS: f64 = 3.0;

/// Who calls where, as far as lists bear on it.
pub struct Named<'a> {
    /// What the call is about.
    pub target: &'a Target,
    /// The region of the call.
    pub region: &'a str,
    /// The OCID of the API key, where it is known.
    pub key: Option<&'a str>,
    /// Whether the call carries an API key.
    pub bearer: bool,
    /// The user of the credential, where it is known.
    pub user: Option<&'a str>,
    /// The tenancy of the credential, where it is known.
    pub tenancy: Option<&'a str>,
    /// What the call showed.
    pub seen: &'a Observation,
}

/// What the lists say of a call.
pub fn witnesses(tenancy: &Tenancy, named: &Named<'_>) -> Vec<Witness> {
    let (mut found, mut strangers) = (Vec::new(), Vec::new());
    let mut say =
        |text: String, cause: &str, weight: f64| found.push(Witness::of("tenancy", text, cause, weight));
    let sure = if tenancy.complete { LISTED } else { PERHAPS };
    if let (Some(own), Some(listed)) = (named.tenancy, tenancy.ocid.as_deref())
        && own != listed
    {
        let text = format!("the credential is of tenancy `{own}`, the tenancy file of `{listed}`");
        say(text, "wrong-profile-credential", LISTED);
    }
    // Who is not known is told nothing of what the call names.
    if named.seen.authenticated != Shown::No {
        strangers.extend(compartment(tenancy, named, sure));
        strangers.extend(endpoint(tenancy, named, sure, &mut say));
        project(tenancy, named, sure, &mut say);
    }
    if let Some(regions) = &tenancy.regions
        && !regions.iter().any(|region| region == named.region)
        && named.seen.authenticated == Shown::No
    {
        say(format!("the tenancy is not subscribed to `{}`", named.region), "region-not-subscribed", LISTED);
    }
    if let (Some(user), false) = (named.user, tenancy.users.is_empty())
        && tenancy.users.iter().all(|row| row.ocid.as_deref() != Some(user))
    {
        say(format!("the tenancy has no user `{user}`"), "wrong-key-id", sure);
    }
    if named.bearer {
        key(tenancy, named, &mut say);
    }
    if !tenancy.limits.is_empty()
        && named.seen.plane.starts_with("inference")
        && !tenancy.limits.values().any(|value| *value > 0)
    {
        say("every limit in the tenancy file is zero".to_owned(), "tenancy-not-entitled", LISTED);
    }
    found.extend(strangers);
    found
}

/// Takes a text, the cause that it speaks for and how much it counts.
type Say<'s> = dyn FnMut(String, &str, f64) + 's;

fn compartment(tenancy: &Tenancy, named: &Named<'_>, sure: f64) -> Option<Witness> {
    let ocid = named.target.compartment.as_deref().filter(|ocid| ocid.starts_with("ocid1.compartment."))?;
    let listed = || tenancy.compartments.iter().filter_map(|row| row.ocid.as_deref());
    if tenancy.compartments.is_empty() || listed().any(|other| other == ocid) {
        return None;
    }
    Some(stranger(format!("the tenancy has no compartment `{ocid}`"), ocid, listed(), sure))
}

/// The endpoint of a dedicated AI cluster or of an agent, as the plane has it.
fn endpoint(tenancy: &Tenancy, named: &Named<'_>, sure: f64, say: &mut Say<'_>) -> Option<Witness> {
    let ocid = match named.seen.plane.as_str() {
        plane if plane.starts_with("inference") => {
            named.target.model.as_deref().filter(|model| super::is_endpoint(model))
        }
        plane if plane.starts_with("agent") => named.target.agent_endpoint.as_deref(),
        _ => None,
    }?;
    // A list of endpoints is often left out, so that an empty one says nothing.
    if tenancy.endpoints.is_empty() {
        return None;
    }
    let Some(row) = tenancy.endpoints.iter().find(|row| row.ocid == ocid) else {
        let listed = tenancy.endpoints.iter().map(|row| row.ocid.as_str());
        return Some(stranger(format!("the tenancy has no endpoint `{ocid}`"), ocid, listed, sure));
    };
    if let Some(region) = row.region.as_deref().filter(|region| *region != named.region) {
        let text = format!("the endpoint lies in `{region}`, and the call goes to `{}`", named.region);
        say(text, "region-url-mismatch", LISTED);
    }
    if let Some(state) = row.state.as_deref().filter(|state| *state != "ACTIVE") {
        say(format!("the endpoint is {state}"), "state-conflict-as-403", PERHAPS);
    }
    None
}

fn project(tenancy: &Tenancy, named: &Named<'_>, sure: f64, say: &mut Say<'_>) {
    const CAUSE: &str = "wrong-project-ocid";
    let Some(ocid) = named.target.project.as_deref().filter(|_| !tenancy.projects.is_empty()) else { return };
    let Some(row) = tenancy.projects.iter().find(|row| row.ocid == ocid) else {
        return say(format!("the tenancy has no project `{ocid}`"), CAUSE, sure);
    };
    if let Some(own) = row.region.as_deref().filter(|region| *region != named.region) {
        let text = format!("the project lies in `{own}`, and the call goes to `{}`", named.region);
        say(text, CAUSE, LISTED);
    } else if let Some(state) = row.state.as_deref().filter(|state| *state != "ACTIVE") {
        say(format!("the project is {state}"), CAUSE, PERHAPS);
    }
}

/// An OCID that a list lacks. One as OCI writes them, and near to none that is listed, is somebody's: another
/// tenancy's, or what is deleted. All others are likelier mistyped. The service answers both alike.
fn stranger<'l>(text: String, ocid: &str, listed: impl Iterator<Item = &'l str>, sure: f64) -> Witness {
    let near = listed
        .map(|other| (strsim::damerau_levenshtein(other, ocid), other))
        .min()
        .filter(|(distance, _)| *distance <= MISTYPED);
    let mistyped = near.is_some() || !preflight::is_well_formed(ocid);
    let text = match near {
        Some((_, near)) => format!("{text}; near to it is `{near}`"),
        None if mistyped => format!("{text}, and it isn't written as OCIDs of OCI are"),
        None => format!("{text}: it is another tenancy's, or deleted"),
    };
    let (wrong, foreign) = if mistyped { (sure, sure - 5.0) } else { (sure - 3.0, sure) };
    let less = -2.0;
    let supports = [
        ("wrong-ocid", wrong),
        ("foreign-resource-ocid", foreign),
        ("policy-missing", less),
        ("policy-wrong-compartment", less),
        ("iam-propagation", less),
    ];
    Witness::with("tenancy", text, &supports)
}

/// So many signs apart, an OCID is a slip of another one.
const MISTYPED: usize = 8;

fn key(tenancy: &Tenancy, named: &Named<'_>, say: &mut Say<'_>) {
    if named.seen.authenticated == Shown::Yes {
        return;
    }
    let rows = tenancy.api_keys.iter().filter(|row| named.key.is_none_or(|ocid| row.ocid == ocid));
    // Without the key's OCID, what holds for all keys holds for this one.
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    if rows.iter().all(|row| row.region.as_deref().is_some_and(|region| region != named.region)) {
        let regions: Vec<&str> = rows.iter().filter_map(|row| row.region.as_deref()).collect();
        let text =
            format!("the key lives in `{}`, and the call goes to `{}`", regions.join("`, `"), named.region);
        say(text, "key-region-mismatch", LISTED);
    }
    let dead = |state: &Option<String>| state.as_deref().is_some_and(|state| state != "ACTIVE");
    if rows.iter().all(|row| dead(&row.state)) {
        say("the key is not active in the tenancy file".to_owned(), "genai-secret-not-active", LISTED);
    } else if rows.iter().all(|row| row.secrets.iter().any(|secret| dead(&secret.state))) {
        say(
            "a secret of the key is not active in the tenancy file".to_owned(),
            "genai-secret-not-active",
            PERHAPS,
        );
    }
}
