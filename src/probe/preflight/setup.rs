//! All checks over all that is known of a call that is about to be made.

use jiff::Timestamp;

use super::credentials::{
    KeyRing, fingerprint, genai_secret, key_strength, key_text, permissions, token_expiry, token_key,
    token_tenancy, user_and_tenancy,
};
use super::hidden::hidden_characters;
use super::ids::{Ocid, ocid, ocid_region};
use super::models::{Api, model, service_in_region};
use super::targets::{Address, auth_method_on_plane, host, key_region, regions_agree};
use super::{Evidence, Strength};
use crate::catalog::{self, Place};
use crate::wire::{KeyError, KeyFile, Secret, Token};

/// An OCID of the call with its name and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// What to call it, such as `OpenAI-Project`.
    pub name: &'a str,
    /// The text as given.
    pub text: &'a str,
    /// Where it stands.
    pub place: Place,
}

/// What is known before anything is sent; all of it may be absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup<'a> {
    /// The time.
    pub now: Option<Timestamp>,
    /// Where the call goes.
    pub url: Option<&'a str>,
    /// The plane that is meant.
    pub plane: Option<&'a str>,
    /// The region that is configured.
    pub region: Option<&'a str>,
    /// The auth method in use.
    pub auth_method: Option<&'a str>,
    /// The user of the profile.
    pub user: Option<&'a str>,
    /// The tenancy of the profile.
    pub tenancy: Option<&'a str>,
    /// The fingerprint of the profile.
    pub fingerprint: Option<&'a str>,
    /// Fingerprints of other profiles.
    pub others: &'a KeyRing<'a>,
    /// The private key, or why it can't be read.
    pub key: Option<Result<&'a KeyFile, &'a KeyError>>,
    /// The token in use.
    pub token: Option<&'a Token>,
    /// Which parts of the identity come from the environment where others come from a file.
    pub mixed: Option<&'a str>,
    /// Files with secrets, and their permission bits.
    pub files: &'a [(&'a str, u32)],
    /// The secret of a GenAI API key.
    pub secret: Option<&'a Secret>,
    /// The region that the key is known to live in.
    pub secret_region: Option<&'a str>,
    /// OCIDs that the call names.
    pub ids: &'a [Value<'a>],
    /// The model that is called.
    pub model: Option<&'a str>,
    /// The API that it is called by.
    pub api: Option<Api>,
    /// Whether it is called on a dedicated AI cluster.
    pub dedicated: bool,
}

/// Runs every check that the setup has values for: strongest evidence first, then in the order of the checks.
pub fn all(setup: &Setup<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    credentials(setup, &mut found);
    target(setup, &mut found);
    found.sort_by_key(|evidence: &Evidence| std::cmp::Reverse(evidence.strength));
    found
}

fn credentials(setup: &Setup<'_>, found: &mut Vec<Evidence>) {
    for (name, text) in [
        ("`user`", setup.user),
        ("`tenancy`", setup.tenancy),
        ("`fingerprint`", setup.fingerprint),
        ("the URL", setup.url),
        ("the model's name", setup.model),
    ] {
        found.extend(text.and_then(|text| hidden_characters(name, text)));
    }
    found.extend(setup.region.and_then(region_text));
    found.extend(setup.mixed.map(|text| {
        Evidence::new("identity", "wrong-profile-credential", Strength::Likely, text)
            .instead("take all of an identity from one place: unset the variables, or set them all")
    }));
    if let (Some(user), Some(tenancy)) = (setup.user, setup.tenancy) {
        found.extend(user_and_tenancy(user, tenancy));
    }
    found.extend(setup.key.into_iter().flat_map(key_text));
    let key = setup.key.and_then(Result::ok).map(|file| file.key.public());
    found.extend(key.and_then(key_strength));
    if let (Some(key), Some(configured), None) = (key, setup.fingerprint, setup.token) {
        found.extend(fingerprint(configured, key, setup.others));
    }
    if let Some(token) = setup.token {
        found.extend(setup.now.and_then(|now| token_expiry(token, now)));
        found.extend(key.and_then(|key| token_key(token, key)));
        found.extend(setup.tenancy.and_then(|tenancy| token_tenancy(token, tenancy)));
    }
    found.extend(setup.files.iter().filter_map(|(path, mode)| permissions(path, *mode)));
    found.extend(setup.secret.and_then(genai_secret));
}

/// Quotes and comments around a region can be seen, and clients take them as a part of it.
fn region_text(region: &str) -> Option<Evidence> {
    let seen = region.contains(['"', '\'', '#', ';', ' '])
        && region.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if !seen {
        return hidden_characters("`region`", region);
    }
    let text =
        format!("`region` is `{region}`: clients take quotes, blanks and comments as part of the name");
    let bare: String = region
        .trim_matches(|c: char| c == ' ' || c == '"' || c == '\'')
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let evidence = Evidence::new("region", "config-attribute-invalid", Strength::Certain, text);
    Some(match catalog::region(&bare) {
        Some(region) => evidence.instead(format!("region={}", region.name)),
        None => evidence,
    })
}

fn target(setup: &Setup<'_>, found: &mut Vec<Evidence>) {
    let plane = setup.plane.and_then(catalog::plane);
    let address = setup.url.and_then(Address::parse);
    if let Some(address) = &address {
        found.extend(host(address, plane));
    }
    let in_url = address.as_ref().and_then(Address::planes).map(|(region, _)| region);
    let named: Vec<(&str, &str)> = [("configuration", setup.region), ("URL", in_url.as_deref())]
        .into_iter()
        .filter_map(|(place, region)| Some((place, region?)))
        .collect();
    found.extend(regions_agree(&named));
    // The URL decides where the call goes, whatever the configuration says.
    let region = in_url.as_deref().or(setup.region);
    for value in setup.ids {
        match hidden_characters(value.name, value.text) {
            Some(hidden) => found.push(hidden),
            None => found.extend(ocid(value.name, value.text, value.place)),
        }
        found.extend(region.and_then(|region| ocid_region(value.name, value.text, region)));
    }
    for (name, text) in [("`tenancy`", setup.tenancy), ("`user`", setup.user)] {
        if let (Some(text), Some(region)) = (text, region) {
            found.extend(ocid_region(name, text, region));
        }
    }
    if let (Some(method), Some(plane)) = (setup.auth_method, plane) {
        found.extend(auth_method_on_plane(method, plane));
    }
    let Some(region) = region else { return };
    if catalog::region(region).is_none() {
        let text = format!("the region `{region}` is not known");
        let evidence = Evidence::new("region", "service-not-in-region", Strength::Likely, text);
        found.push(match catalog::suggest(catalog::Kind::Region, region) {
            Some(close) => evidence.instead(close),
            None => evidence,
        });
    }
    found.extend(plane.and_then(|plane| service_in_region(region, plane)));
    if setup.auth_method == Some("genai-api-key") {
        let own = setup.ids.iter().filter_map(|value| Ocid::parse(value.text));
        let own = own
            .filter(|ocid| ocid.kind.eq_ignore_ascii_case("generativeaiapikey"))
            .find_map(|ocid| ocid.region);
        found.extend(key_region(setup.secret_region.or(own), region));
    }
    if let Some(name) = setup.model {
        let today = setup.now.map(|now| now.to_string()).unwrap_or_default();
        let today = today.get(..10).unwrap_or_default();
        found.extend(model(name, region, setup.api, setup.auth_method, !setup.dedicated, today));
    }
}
