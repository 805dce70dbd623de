//! Realms, regions, planes, the auth methods that they take, limits and delays.

use super::fact::Fact;
use super::find;
use super::tables::{AUTH_METHODS, DELAYS, LIMITS, LISTS, PLANES, REALMS, REGIONS};

/// A realm: a set of regions that share nothing with others.
#[derive(Debug)]
pub struct Realm {
    /// As in OCIDs, such as `oc1`.
    pub name: &'static str,
    /// Its second-level domain.
    pub domain: &'static str,
    /// Whether the documentation lists Generative AI in a region of it.
    pub genai: bool,
    /// Where this comes from.
    pub fact: Fact,
}

/// A region.
#[derive(Debug)]
pub struct Region {
    /// Its identifier, such as `us-chicago-1`.
    pub name: &'static str,
    /// Its three letters, as in `request.region`.
    pub key: Option<&'static str>,
    /// Its title in the documentation, or nothing.
    pub title: &'static str,
    /// The realm that it lies in.
    pub realm: &'static str,
    /// Whether the documentation lists Generative AI there.
    pub genai: bool,
    /// Whether it lists the OpenAI-compatible API there.
    pub openai_compatible: bool,
    /// Whether the pages on API keys list it. A key of a region with only [`Region::openai_compatible`] was seen to
    /// work, so treat those as uncertain.
    pub api_keys: bool,
    /// Whether it offers Generative AI Agents.
    pub agents: bool,
    /// Whether it offers code sandboxes.
    pub sandbox: bool,
    /// What `ListModels` answered there when a third party scanned the regions, or nothing.
    pub scan: &'static str,
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

impl Region {
    /// The realm that it lies in.
    pub fn realm(&self) -> Option<&'static Realm> {
        realm(self.realm)
    }
}

/// A service front.
#[derive(Debug)]
pub struct Plane {
    /// What the project calls it, such as `inference-openai`.
    pub name: &'static str,
    /// Its host, with `{region}` and `{domain}` left open.
    pub host: &'static str,
    /// Fixed addresses that serve the same.
    pub other_hosts: &'static [&'static str],
    /// The base paths on that host, preferred first.
    pub bases: &'static [&'static str],
    /// The auth methods that it takes.
    pub auth_methods: &'static [&'static str],
    /// What it serves.
    pub what: &'static str,
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

impl Plane {
    /// The host in a region; none for planes whose host isn't made of the region alone.
    pub fn host_in(&self, region: &Region) -> Option<String> {
        if !self.host.contains("{domain}") {
            return None;
        }
        Some(self.host.replace("{region}", region.name).replace("{domain}", region.realm()?.domain))
    }
}

/// A way to authenticate.
#[derive(Debug)]
pub struct AuthMethod {
    /// What the project calls it, such as `genai-api-key`.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// How a request carries it.
    pub carried: &'static str,
    /// Whether requests are signed with a key.
    pub signed: bool,
    /// What grants its rights.
    pub governed_by: &'static str,
    /// The values of `request.principal.type` that it gives; empty when they depend on the caller.
    pub principal_types: &'static [&'static str],
    /// What it suits.
    pub meant_for: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// A service limit.
#[derive(Debug)]
pub struct Limit {
    /// Its name in the limits API where it has one, else the project's.
    pub name: &'static str,
    /// The default, in words when it is no fixed number.
    pub value: &'static str,
    /// For each what it counts: tenancy, region, policy …
    pub scope: &'static str,
    /// What it counts.
    pub what: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// A list that tells of a tenancy, and the request that reads it.
#[derive(Debug)]
pub struct List {
    /// What the project calls it, such as `policies`.
    pub name: &'static str,
    /// The plane that serves it.
    pub plane: &'static str,
    /// The path, with `{tenancy}` and the like left open.
    pub path: &'static str,
    /// The query parameters, likewise.
    pub query: &'static [&'static str],
    /// Verb and resource-type that let a caller read it.
    pub needs: &'static str,
    /// What it lists.
    pub what: &'static str,
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// How long a change takes to have its effect.
#[derive(Debug)]
pub struct Delay {
    /// What changes.
    pub name: &'static str,
    /// What the documentation says, or nothing.
    pub documented: &'static str,
    /// What was measured, or nothing.
    pub observed: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// The realm with this name, in any case.
pub fn realm(name: &str) -> Option<&'static Realm> {
    find(&REALMS, name, |row| row.name)
}

/// All realms, by name.
pub fn realms() -> &'static [Realm] {
    &REALMS
}

/// The region with this identifier or three-letter key, in any case. The catalogue can't know regions newer than
/// itself: an unknown one is not wrong for that.
pub fn region(name_or_key: &str) -> Option<&'static Region> {
    let by_key =
        || REGIONS.iter().find(|row| row.key.is_some_and(|key| key.eq_ignore_ascii_case(name_or_key)));
    find(&REGIONS, name_or_key, |row| row.name).or_else(by_key)
}

/// All regions, by identifier.
pub fn regions() -> &'static [Region] {
    &REGIONS
}

/// The plane with this name, in any case.
pub fn plane(name: &str) -> Option<&'static Plane> {
    find(&PLANES, name, |row| row.name)
}

/// All planes, by name.
pub fn planes() -> &'static [Plane] {
    &PLANES
}

/// The auth method with this name, in any case.
pub fn auth_method(name: &str) -> Option<&'static AuthMethod> {
    find(&AUTH_METHODS, name, |row| row.name)
}

/// All auth methods, by name.
pub fn auth_methods() -> &'static [AuthMethod] {
    &AUTH_METHODS
}

/// The limit with this name, in any case.
pub fn limit(name: &str) -> Option<&'static Limit> {
    find(&LIMITS, name, |row| row.name)
}

/// All limits, by name.
pub fn limits() -> &'static [Limit] {
    &LIMITS
}

/// The list with this name.
pub fn list(name: &str) -> Option<&'static List> {
    find(&LISTS, name, |row| row.name)
}

/// All lists that tell of a tenancy, by name.
pub fn lists() -> &'static [List] {
    &LISTS
}

/// The delay of this change, such as `policy-change`.
pub fn delay(name: &str) -> Option<&'static Delay> {
    find(&DELAYS, name, |row| row.name)
}

/// All delays, by name.
pub fn delays() -> &'static [Delay] {
    &DELAYS
}
