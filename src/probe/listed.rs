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
    let refused = named.seen.authenticated != Shown::No;
    if let (Some(own), Some(listed)) = (named.tenancy, tenancy.ocid.as_deref())
        && own != listed
    {
        let text = format!("the credential is of tenancy `{own}`, the tenancy file of `{listed}`");
        say(text, "wrong-profile-credential", LISTED);
    }
    if let Some(ocid) =
        named.target.compartment.as_deref().filter(|ocid| ocid.starts_with("ocid1.compartment."))
        && refused
        && !tenancy.compartments.is_empty()
        && tenancy.compartments.iter().all(|row| row.ocid.as_deref() != Some(ocid))
    {
        let listed = tenancy.compartments.iter().filter_map(|row| row.ocid.as_deref());
        let text = format!("the tenancy has no compartment `{ocid}`");
        strangers.push(stranger(text, ocid, listed, sure));
    }
    let endpoint = named.target.model.as_deref().filter(|model| super::is_endpoint(model));
    let endpoint = match named.seen.plane.as_str() {
        plane if plane.starts_with("inference") => endpoint,
        plane if plane.starts_with("agent") => named.target.agent_endpoint.as_deref(),
        _ => None,
    };
    // A list of endpoints is often left out, so that an empty one says nothing.
    if let Some(ocid) = endpoint
        && refused
        && !tenancy.endpoints.is_empty()
    {
        match tenancy.endpoints.iter().find(|row| row.ocid == ocid) {
            None => {
                let listed = tenancy.endpoints.iter().map(|row| row.ocid.as_str());
                let text = format!("the tenancy has no endpoint `{ocid}`");
                strangers.push(stranger(text, ocid, listed, sure));
            }
            Some(row) => {
                if let Some(region) = row.region.as_deref().filter(|region| *region != named.region) {
                    let text =
                        format!("the endpoint lies in `{region}`, and the call goes to `{}`", named.region);
                    say(text, "region-url-mismatch", LISTED);
                }
                if let Some(state) = row.state.as_deref().filter(|state| *state != "ACTIVE") {
                    say(format!("the endpoint is {state}"), "state-conflict-as-403", PERHAPS);
                }
            }
        }
    }
    if let Some(ocid) = named.target.project.as_deref()
        && refused
        && !tenancy.projects.is_empty()
    {
        match tenancy.projects.iter().find(|row| row.ocid == ocid) {
            None => say(format!("the tenancy has no project `{ocid}`"), "wrong-project-ocid", sure),
            Some(row) if row.region.as_deref().is_some_and(|region| region != named.region) => {
                let own = row.region.as_deref().unwrap_or_default();
                say(
                    format!("the project lies in `{own}`, and the call goes to `{}`", named.region),
                    "wrong-project-ocid",
                    LISTED,
                );
            }
            Some(row) if row.state.as_deref().is_some_and(|state| state != "ACTIVE") => {
                let state = row.state.as_deref().unwrap_or_default();
                say(format!("the project is {state}"), "wrong-project-ocid", PERHAPS);
            }
            Some(_) => {}
        }
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

fn key(tenancy: &Tenancy, named: &Named<'_>, say: &mut dyn FnMut(String, &str, f64)) {
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
