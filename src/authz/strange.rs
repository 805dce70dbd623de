//! Names in a request that nothing knows: misspelt groups, regions, models and so on. An answer stands all the same;
//! these are remarks for whoever asked.

use super::compiled::Compiled;
use super::request::{GroupName, Principal, Request, Wanted};
use super::subject::{self, DEFAULT_DOMAIN, SubjectMatch};
use super::tree::is_ocid;
use crate::catalog::{self, Kind};

/// The candidate that a word most likely means, if one is near.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    let scored =
        candidates.into_iter().map(|name| (strsim::damerau_levenshtein(&name.to_lowercase(), &word), name));
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, name)| name)
}

/// What is strange about a request, one line each. `home` is the tenancy of its principal, `compiled` the one that it
/// is sent to.
pub fn strange_names(home: &Compiled, compiled: &Compiled, request: &Request) -> Vec<String> {
    let mut found = principal(home, &request.principal);
    match &request.wanted {
        Wanted::Permission(name) if catalog::permission(name).is_none() => {
            found.extend(in_catalogue(Kind::Permission, "permission", name));
        }
        Wanted::Type(_, name) if catalog::resource_type(name).is_none() => {
            found.extend(in_catalogue(Kind::ResourceType, "resource-type", name));
        }
        _ => {}
    }
    let region = request.region.as_deref().filter(|region| catalog::region(region).is_none());
    found.extend(region.and_then(|region| in_catalogue(Kind::Region, "region", region)));
    let subscribed = compiled.tenancy.regions.as_deref().unwrap_or_default();
    if let Some(known) = request.region.as_deref().and_then(catalog::region)
        && !subscribed.is_empty()
        && !subscribed.iter().any(|region| region.eq_ignore_ascii_case(known.name))
    {
        found.push(format!("the tenancy is not subscribed to region `{}`", known.name));
    }
    let model = request.model.as_deref().filter(|model| !is_ocid(model) && catalog::model(model).is_none());
    found.extend(model.and_then(|model| in_catalogue(Kind::Model, "model", model)));
    for name in request.attributes.keys().filter(|name| catalog::variable(&name.to_lowercase()).is_none()) {
        found.extend(in_catalogue(Kind::Variable, "variable", name));
    }
    found.extend(compartment(compiled, request));
    found
}

fn principal(compiled: &Compiled, principal: &Principal) -> Vec<String> {
    let mut found = Vec::new();
    match principal {
        Principal::Group(name) => found.extend(group(compiled, name, false)),
        Principal::DynamicGroup(name) => found.extend(group(compiled, name, true)),
        Principal::User { user, groups } => {
            found.extend(named_user(compiled, user, groups.is_some()));
            let groups = groups.iter().flatten();
            found.extend(groups.filter_map(|name| group(compiled, name, false)));
        }
        Principal::Resource(resource) => {
            let kind = resource.kind.as_deref().filter(|kind| catalog::principal_type(kind).is_none());
            found.extend(kind.and_then(|kind| in_catalogue(Kind::PrincipalType, "principal type", kind)));
        }
        Principal::ApiKey(ocid)
            if !compiled.tenancy.api_keys.is_empty() && compiled.api_key(ocid).is_none() =>
        {
            found.push(format!(
                "the tenancy has no GenAI API key `{ocid}`: which compartment it is in is not known"
            ));
        }
        _ => {}
    }
    found
}

fn in_catalogue(kind: Kind, what: &str, name: &str) -> Option<String> {
    Some(match catalog::suggest(kind, name) {
        Some(close) => format!("the catalogue knows no {what} `{name}`; did you mean `{close}`?"),
        None => format!("the catalogue knows no {what} `{name}`"),
    })
}

fn group(compiled: &Compiled, name: &GroupName, dynamic: bool) -> Option<String> {
    let word = if dynamic { "dynamic-group" } else { "group" };
    let shown = |domain: Option<&str>, name: &str| match domain {
        Some(domain) if !domain.eq_ignore_ascii_case(DEFAULT_DOMAIN) => format!("{domain}/{name}"),
        _ => name.to_owned(),
    };
    let asked = shown(name.domain.as_deref(), &name.name);
    let names = &compiled.names;
    if is_ocid(&name.name) {
        let known = names.by_ocid(Some(dynamic), &name.name);
        let missing = known.get(1..2) == Some("#") && names.complete;
        return missing.then(|| format!("the tenancy has no {word} `{asked}`"));
    }
    let key = subject::key(dynamic, name.domain.as_deref(), &name.name);
    let subjects = || {
        compiled.grants.iter().filter_map(|grant| match &grant.subject {
            SubjectMatch::Members(members) => Some(&members.keys),
            _ => None,
        })
    };
    let in_statements = || subjects().any(|keys| keys.contains(&key));
    if names.known.contains_key(&key) || (!names.complete && in_statements()) {
        return None;
    }
    let same_kind = || names.known.values().filter(|known| known.dynamic == dynamic);
    let elsewhere = same_kind().filter(|known| known.name.eq_ignore_ascii_case(&name.name));
    let elsewhere = elsewhere.map(|known| shown(Some(&known.domain), &known.name)).min();
    let mut labels: Vec<String> = same_kind().map(|known| shown(Some(&known.domain), &known.name)).collect();
    // Groups that only statements name are known in lower case.
    let prefix = if dynamic { "d:" } else { "g:" };
    let named = subjects().flatten().filter(|key| !names.known.contains_key(*key));
    let named = named.filter_map(|key| key.strip_prefix(prefix)?.split_once('/'));
    labels.extend(named.map(|(domain, name)| shown(Some(domain), name)));
    labels.sort();
    let other_kind = subject::key(!dynamic, name.domain.as_deref(), &name.name);
    let hint = if let Some(other) = elsewhere {
        format!("; did you mean `{word}:{other}`, which is in another identity domain?")
    } else if names.known.contains_key(&other_kind) {
        let other = if dynamic { "group" } else { "dynamic-group" };
        format!("; did you mean `{other}:{asked}`?")
    } else if let Some(close) = nearest(&asked, labels.iter().map(String::as_str)) {
        format!("; did you mean `{word}:{close}`?")
    } else if names.complete {
        String::new()
    } else {
        // Nothing is held to be whole, and nothing is near: there is nothing to remark.
        return None;
    };
    let where_to = if names.complete { "the tenancy has" } else { "the tenancy and its statements name" };
    Some(format!("{where_to} no {word} `{asked}`{hint}"))
}

fn named_user(compiled: &Compiled, user: &str, groups_given: bool) -> Option<String> {
    let tenancy = &compiled.tenancy;
    let member = |member: &String| member.eq_ignore_ascii_case(user);
    let is_member = || tenancy.groups.iter().any(|group| group.members.iter().any(member));
    if groups_given || tenancy.users.is_empty() || compiled.user(user).is_some() || is_member() {
        return None;
    }
    let hint = match nearest(user, tenancy.users.iter().map(|known| known.name.as_str())) {
        Some(close) => format!("; did you mean `{close}`?"),
        None => String::new(),
    };
    Some(format!("the tenancy has no user `{user}`{hint}"))
}

/// A path that the tenancy lacks, though one near it is there. One that a complete tenancy lacks is no remark but an
/// error.
fn compartment(compiled: &Compiled, request: &Request) -> Option<String> {
    let asked = request.compartment.as_deref()?;
    let target = compiled.tree.target(Some(asked)).ok().filter(|target| !target.known)?;
    let close = compiled.tree.near(&target.asked)?;
    Some(format!("no compartment `{asked}` is known; did you mean `{close}`?"))
}
