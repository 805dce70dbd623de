//! OCIDs: their kind, realm and region say much about whether they can be right.

use super::{Evidence, Strength};
use crate::catalog::{self, Place};

/// An OCID taken apart. Nothing is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ocid<'a> {
    /// The second segment, such as `generativeaiproject`.
    pub kind: &'a str,
    /// The realm, such as `oc1`.
    pub realm: &'a str,
    /// The region, as identifier or key; none for what belongs to none.
    pub region: Option<&'a str>,
}

impl<'a> Ocid<'a> {
    /// Takes a text apart; none when it is no OCID.
    pub fn parse(text: &'a str) -> Option<Ocid<'a>> {
        let mut parts = text.split('.');
        let (version, kind, realm, region) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let unique = parts.next_back()?;
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        (version.eq_ignore_ascii_case("ocid1")
            && word(kind)
            && word(realm)
            && word(unique)
            && (region.is_empty() || word(region)))
        .then_some(Ocid { kind, realm, region: Some(region).filter(|region| !region.is_empty()) })
    }
}

/// Whether the last part of an OCID is as OCI writes it: sixty letters and digits of base 32.
pub fn is_well_formed(text: &str) -> bool {
    const LENGTH: usize = 60;
    let unique = text.rsplit('.').next().unwrap_or_default();
    Ocid::parse(text).is_some()
        && unique.len() == LENGTH
        && unique.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

fn article(entity: &str) -> &'static str {
    if entity.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Whether a value can be the OCID that belongs in a place. `name` is what to call the value. Kinds that the
/// catalogue doesn't know are let pass.
pub fn ocid(name: &str, text: &str, place: Place) -> Option<Evidence> {
    let Some(parsed) = Ocid::parse(text) else {
        let shape = format!("{name} is no OCID (`ocid1.<kind>.<realm>.[region].<id>`)");
        return Some(Evidence::new("ocid", "wrong-ocid", Strength::Certain, shape));
    };
    if catalog::realm(parsed.realm).is_none() {
        let text = format!("the realm `{}` in {name} is not known", parsed.realm);
        return Some(Evidence::new("ocid-realm", "wrong-ocid", Strength::Likely, text));
    }
    let kind = catalog::ocid_kind(parsed.kind)?;
    if kind.places.contains(&place) {
        return None;
    }
    let text = format!("{name} is the OCID of {} {}", article(kind.entity), kind.entity);
    Some(Evidence::new("ocid-kind", "wrong-ocid", Strength::Certain, text))
}

/// Whether an OCID lies in the realm and, where it names one, in the region that the call goes to.
pub fn ocid_region(name: &str, text: &str, region: &str) -> Option<Evidence> {
    let parsed = Ocid::parse(text)?;
    let target = catalog::region(region)?;
    if catalog::realm(parsed.realm).is_some() && !parsed.realm.eq_ignore_ascii_case(target.realm) {
        let text = format!(
            "{name} belongs to the realm `{}`, and `{}` lies in `{}`",
            parsed.realm, target.name, target.realm
        );
        return Some(Evidence::new("ocid-realm", "region-url-mismatch", Strength::Certain, text));
    }
    // Compartments, users and policies are everywhere in a realm.
    let own = catalog::region(parsed.region?)?;
    if own.name == target.name {
        return None;
    }
    let cause = match parsed.kind.to_ascii_lowercase().as_str() {
        "generativeaiapikey" => "key-region-mismatch",
        "generativeaiproject" => "wrong-project-ocid",
        _ => "region-url-mismatch",
    };
    let text = format!("{name} lies in `{}`, and the call goes to `{}`", own.name, target.name);
    Some(
        Evidence::new("ocid-region", cause, Strength::Certain, text)
            .instead(format!("call `{}`, or name one of `{}`", own.name, target.name)),
    )
}
