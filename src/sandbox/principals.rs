//! Whom the sample credentials stand for, and the OCIDs that a tenancy file leaves out.
//!
//! A tenancy for the evaluator may leave open what a service can't: every compartment, user and group has an OCID
//! here, and there is one principal of each kind. Made-up OCIDs depend on names only, so that they are the same in
//! every run. Principals that are added have no rights but what the policies give to all.

use std::collections::BTreeSet;

use rsa::sha2::{Digest, Sha256};

use super::settings::{Settings, Workload};
use super::settle;
use crate::authz::{ApiKey, Group, GroupName, Resource, Secret, Tenancy, User};
use crate::catalog;

/// Where a tenancy without a home region is at home.
const HOME: &str = "us-chicago-1";
/// The second region of a tenancy that names none.
const SECOND: &str = "eu-frankfurt-1";
/// The profiles of the sample credentials.
const RESERVED: &[&str] = &["DEFAULT", "SESSION", "DELEGATION"];
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A further user with an API signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name of the profile, such as `BOB`.
    pub name: String,
    /// The OCID of the user.
    pub user: String,
}

impl Profile {
    /// The file of the key.
    pub fn key_file(&self) -> String {
        format!("user_key_{}.pem", self.name.to_lowercase())
    }
}

/// Whom the sample credentials stand for, by OCID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principals {
    /// The user of `DEFAULT` and `SESSION`.
    pub user: String,
    /// Further users with a key.
    pub profiles: Vec<Profile>,
    /// The instance of the metadata service.
    pub instance: String,
    /// The resource of the resource principal.
    pub resource: String,
    /// The OKE workload, its cluster filled in.
    pub workload: Workload,
    /// The GenAI API key whose secrets lie in the state directory.
    pub api_key: String,
}

/// A made-up OCID.
pub fn ocid(kind: &str, realm: &str, region: &str, name: &str) -> String {
    let hash = Sha256::digest(format!("{kind}/{region}/{name}"));
    let mut text = format!("ocid1.{kind}.{realm}.{region}.aaaaaaaa");
    let (mut bits, mut count) = (0u32, 0);
    for byte in hash {
        bits = (bits << 8 | u32::from(byte)) & 0xffff;
        count += 8;
        while count >= 5 {
            count -= 5;
            let letter = BASE32.get((bits >> count & 31) as usize).copied().unwrap_or(b'a');
            text.push(char::from(letter));
        }
    }
    text
}

/// The realm of a tenancy: that of its home region.
pub fn realm(tenancy: &Tenancy) -> &'static str {
    let region = tenancy.home_region.as_deref().and_then(catalog::region);
    region.map_or("oc1", |region| region.realm)
}

/// Fills in what a service must know, and says who is who.
pub fn complete(tenancy: &mut Tenancy, settings: &Settings) -> Result<Principals, String> {
    // A service knows its tenancy: what a snapshot could not see isn't there.
    tenancy.unseen.clear();
    fill_regions(tenancy);
    let realm = realm(tenancy);
    let name = tenancy.name.get_or_insert_with(|| "sandbox".into()).clone();
    tenancy.ocid.get_or_insert_with(|| ocid("tenancy", realm, "", &name));
    add_members(tenancy);
    settle::settle(tenancy);
    settle::add_named_compartments(tenancy);
    if tenancy.users.is_empty() {
        tenancy.users.push(User { name: "sandbox-user".into(), ..User::default() });
    }
    give_ocids(tenancy, realm);
    let user = match &settings.user {
        Some(wanted) => find_user(tenancy, wanted, "user")?,
        None => tenancy.users.first().ok_or("the tenancy has no user")?,
    };
    let user = user.ocid.clone().unwrap_or_default();
    let profiles = profiles(tenancy, settings)?;
    let is = |kind: &'static str| move |one: &Resource| one.kind.eq_ignore_ascii_case(kind);
    let instance = pick(tenancy, settings.instance.as_deref(), &[&is("instance")], "instance")?;
    let cluster = pick(tenancy, settings.workload.cluster.as_deref(), &[&is("cluster")], "cluster")?;
    // A function where there is one, since that is what resource principals are known from.
    let other = |one: &Resource| !is("instance")(one) && !is("cluster")(one);
    let resource = pick(tenancy, settings.resource.as_deref(), &[&is("fnfunc"), &other], "fnfunc")?;
    let api_key = fill_api_keys(tenancy, realm);
    let workload = Workload { cluster: Some(cluster), ..settings.workload.clone() };
    Ok(Principals { user, profiles, instance, resource, workload, api_key })
}

/// Gives an OCID to everything that has none.
fn give_ocids(tenancy: &mut Tenancy, realm: &str) {
    let made = |kind: &str, name: &str| ocid(kind, realm, "", name);
    let within =
        |outer: &Option<String>, name: &str| format!("{}/{name}", outer.as_deref().unwrap_or_default());
    for one in &mut tenancy.compartments {
        let place = format!("{}:{}", one.parent.as_deref().unwrap_or_default(), one.path);
        one.ocid.get_or_insert_with(|| made("compartment", &place));
    }
    for one in &mut tenancy.domains {
        one.ocid.get_or_insert_with(|| made("domain", &one.name));
    }
    for one in &mut tenancy.groups {
        one.ocid.get_or_insert_with(|| made("group", &within(&one.domain, &one.name)));
    }
    for one in &mut tenancy.dynamic_groups {
        one.ocid.get_or_insert_with(|| made("dynamicgroup", &within(&one.domain, &one.name)));
    }
    for one in &mut tenancy.policies {
        one.ocid.get_or_insert_with(|| made("policy", &within(&one.compartment, &one.name)));
    }
    for one in &mut tenancy.users {
        one.ocid.get_or_insert_with(|| made("user", &one.name));
    }
}

/// The user that a setting names by name or OCID.
fn find_user<'t>(tenancy: &'t Tenancy, wanted: &str, field: &str) -> Result<&'t User, String> {
    let called =
        |user: &&User| user.name.eq_ignore_ascii_case(wanted) || user.ocid.as_deref() == Some(wanted);
    let known = tenancy.users.iter().find(called);
    known.ok_or_else(|| format!("`sandbox.{field}` names `{wanted}`, whom the tenancy does not have"))
}

fn profiles(tenancy: &Tenancy, settings: &Settings) -> Result<Vec<Profile>, String> {
    let mut profiles: Vec<Profile> = Vec::new();
    for wanted in &settings.profiles {
        let known = find_user(tenancy, wanted, "profiles")?;
        let name = profile_name(&known.name);
        if profiles.iter().any(|one| one.name == name) || RESERVED.contains(&name.as_str()) {
            return Err(format!("`sandbox.profiles` gives two users the profile `{name}`"));
        }
        profiles.push(Profile { name, user: known.ocid.clone().unwrap_or_default() });
    }
    Ok(profiles)
}

/// Sees to it that there is a GenAI API key and that each has two secrets. Gives the OCID of the first.
fn fill_api_keys(tenancy: &mut Tenancy, realm: &str) -> String {
    if tenancy.api_keys.is_empty() {
        let home = tenancy.home_region.clone().unwrap_or_else(|| HOME.to_owned());
        tenancy.api_keys.push(ApiKey {
            ocid: ocid("generativeaiapikey", realm, &home, "sandbox"),
            name: Some("sandbox-key".into()),
            region: Some(home),
            compartment: Some(String::new()),
            state: Some("ACTIVE".into()),
            secrets: Vec::new(),
        });
    }
    for key in &mut tenancy.api_keys {
        // A key has two secrets, whatever is said of them.
        for name in ["one", "two"].into_iter().skip(key.secrets.len()) {
            let (name, state) = (Some(name.into()), Some("ACTIVE".into()));
            key.secrets.push(Secret { name, state, ..Secret::default() });
        }
    }
    tenancy.api_keys.first().map(|key| key.ocid.clone()).unwrap_or_default()
}

/// What a profile is called: the user's name up to its `@`, in capitals.
fn profile_name(user: &str) -> String {
    let name = user.split('@').next().unwrap_or(user).to_uppercase();
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// The OCID of the resource that is asked for, else of the first that fits, else of a new one.
fn pick(
    tenancy: &mut Tenancy,
    wanted: Option<&str>,
    preferred: &[&dyn Fn(&Resource) -> bool],
    kind: &str,
) -> Result<String, String> {
    let known = |fits: &dyn Fn(&Resource) -> bool| {
        tenancy.resources.iter().find(|one| fits(one)).map(|one| one.ocid.clone())
    };
    if let Some(wanted) = wanted {
        return known(&|one| one.ocid.eq_ignore_ascii_case(wanted))
            .ok_or_else(|| format!("`sandbox` names `{wanted}`, which is no resource of the tenancy"));
    }
    if let Some(ocid) = preferred.iter().find_map(|fits| known(*fits)) {
        return Ok(ocid);
    }
    let home = tenancy.home_region.as_deref().unwrap_or(HOME);
    let ocid = ocid(kind, realm(tenancy), home, "sandbox");
    tenancy.resources.push(Resource {
        ocid: ocid.clone(),
        kind: kind.to_owned(),
        name: Some(format!("sandbox-{kind}")),
        compartment: Some(String::new()),
        ..Resource::default()
    });
    Ok(ocid)
}

fn fill_regions(tenancy: &mut Tenancy) {
    let regions = tenancy.regions.get_or_insert_default();
    let first = regions.first().cloned();
    let home = tenancy.home_region.get_or_insert_with(|| first.unwrap_or_else(|| HOME.to_owned())).clone();
    if regions.is_empty() {
        let second = if home == SECOND { HOME } else { SECOND };
        *regions = vec![home.clone(), second.to_owned()];
    }
    if !regions.contains(&home) {
        regions.insert(0, home);
    }
}

/// Members that no list of users has are users all the same, and so with groups.
fn add_members(tenancy: &mut Tenancy) {
    let lower = |text: &String| text.to_lowercase();
    let mut users: BTreeSet<String> = tenancy
        .users
        .iter()
        .flat_map(|user| [Some(lower(&user.name)), user.ocid.as_ref().map(lower)])
        .flatten()
        .collect();
    for member in tenancy.groups.iter().flat_map(|group| &group.members) {
        if users.insert(lower(member)) {
            let ocid = member.starts_with("ocid1.").then(|| member.clone());
            tenancy.users.push(User { name: member.clone(), ocid, ..User::default() });
        }
    }
    let key =
        |domain: Option<&str>, name: &str| format!("{}/{name}", domain.unwrap_or("Default")).to_lowercase();
    let mut groups: BTreeSet<String> =
        tenancy.groups.iter().map(|group| key(group.domain.as_deref(), &group.name)).collect();
    for text in tenancy.users.iter().flat_map(|user| &user.groups) {
        let GroupName { domain, name } = GroupName::parse(text);
        if groups.insert(key(domain.as_deref(), &name)) {
            tenancy.groups.push(Group { name, domain, ..Group::default() });
        }
    }
}
