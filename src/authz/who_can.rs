//! Who can: every principal or class of principals that a request would be granted to, and by which statement.

use std::sync::Arc;

use super::Truth;
use super::compile::{Grant, written_members};
use super::compiled::Compiled;
use super::decide::{Verdict, decide};
use super::request::{GroupName, Principal, Request, ResourcePrincipal, Wanted};
use super::subject::SubjectMatch;
use super::tree::Target;
use crate::policy::ast::{RuleKind, Statement};

/// Somebody who can, or may be able to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Able {
    /// Who: `group Devs`, `any-user`, `GenAI API key ocid1…`.
    pub who: String,
    /// `Allow`, or `Unknown` where it depends on a condition or on what isn't known.
    pub verdict: Verdict,
    /// The statements that grant it, by their places in [`Compiled::origins`].
    pub granted_by: Vec<usize>,
    /// What it depends on.
    pub depends_on: Vec<Arc<str>>,
    /// Known members of the class.
    pub members: Vec<String>,
}

/// Everybody who can do what the request asks for, whoever its own principal is; the error says why its target
/// doesn't exist.
pub fn who_can(compiled: &Compiled, request: &Request) -> Result<Vec<Able>, String> {
    let target = compiled.tree.target(request.compartment.as_deref())?;
    let mut classes: Vec<Principal> = Vec::new();
    for grant in bearing(compiled, &request.wanted, &target) {
        for class in classes_of(compiled, grant) {
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
    }
    // Those that the tenancy names one by one and that are in no group.
    let keys = compiled.tenancy.api_keys.iter().map(|key| Principal::ApiKey(key.ocid.clone()));
    let resources = compiled.tenancy.resources.iter().map(|resource| {
        Principal::Resource(ResourcePrincipal {
            ocid: Some(resource.ocid.clone()),
            ..ResourcePrincipal::default()
        })
    });
    classes.extend(keys.chain(resources));
    let mut able: Vec<Able> = classes.into_iter().filter_map(|class| ask(compiled, request, class)).collect();
    able.sort_by(|one, other| {
        let order = |able: &Able| (able.verdict != Verdict::Allow, !able.who.starts_with("any-"));
        order(one).cmp(&order(other)).then_with(|| one.who.cmp(&other.who))
    });
    able.dedup_by(|one, other| one.who == other.who);
    Ok(able)
}

fn ask(compiled: &Compiled, request: &Request, class: Principal) -> Option<Able> {
    let members = match &class {
        Principal::Group(name) => members(compiled, name),
        _ => Vec::new(),
    };
    let request = Request { principal: class, ..request.clone() };
    let decision = decide(compiled, &request);
    if decision.verdict == Verdict::Deny {
        return None;
    }
    let mut granted_by = decision.granted_by;
    granted_by.extend(decision.unknowns.iter().filter_map(|open| open.origin));
    granted_by.sort_unstable();
    granted_by.dedup();
    let mut depends_on: Vec<_> = decision.unknowns.into_iter().map(|open| open.reason).collect();
    depends_on.dedup();
    Some(Able { who: request.principal.label(), verdict: decision.verdict, granted_by, depends_on, members })
}

fn members(compiled: &Compiled, name: &GroupName) -> Vec<String> {
    let is = |other: &GroupName| {
        let domain =
            |one: &GroupName| one.domain.clone().unwrap_or_else(|| super::subject::DEFAULT_DOMAIN.into());
        other.name.eq_ignore_ascii_case(&name.name) && domain(other).eq_ignore_ascii_case(&domain(name))
    };
    let tenancy = &compiled.tenancy;
    let listed = tenancy
        .groups
        .iter()
        .filter(|group| is(&GroupName { domain: group.domain.clone(), name: group.name.clone() }));
    let mut found: Vec<String> = listed.flat_map(|group| group.members.clone()).collect();
    let joined =
        tenancy.users.iter().filter(|user| user.groups.iter().any(|group| is(&GroupName::parse(group))));
    found.extend(joined.map(|user| user.name.clone()));
    found.sort();
    found.dedup();
    found
}

/// The allow grants that bear on what is wanted at the target.
fn bearing<'c>(compiled: &'c Compiled, wanted: &Wanted, target: &Target) -> Vec<&'c Grant> {
    let mut found = Vec::new();
    for right in wanted.needs().into_iter().flatten() {
        for grant in compiled.candidates(None, &right, target) {
            let gives = grant.action.gives(&right, grant.effect()).0 != Truth::False;
            let here = compiled.reaches(grant, target).0 != Truth::False;
            if grant.kind == RuleKind::Allow && gives && here {
                found.push(grant);
            }
        }
    }
    found
}

/// The classes of principals that a grant speaks of.
fn classes_of(compiled: &Compiled, grant: &Grant) -> Vec<Principal> {
    match &grant.subject {
        SubjectMatch::AnyUser | SubjectMatch::Unknown(..) => vec![Principal::Anyone],
        // Whoever is in some group: no class of its own is narrower.
        SubjectMatch::AnyGroup => vec![Principal::AnyMember],
        SubjectMatch::Service(names) => {
            names.iter().map(|name| Principal::Service(name.to_string())).collect()
        }
        SubjectMatch::Resource(_) => Vec::new(),
        SubjectMatch::Members(members) => {
            let origin = compiled.origin(grant);
            let written = match origin.map(|origin| (&origin.tree, &origin.text)) {
                Some((Statement::Rule(rule), text)) => written_members(rule, text, members),
                _ => Vec::new(),
            };
            written.into_iter().map(|(key, written)| class_of(compiled, &key, &written)).collect()
        }
    }
}

fn class_of(compiled: &Compiled, key: &str, written: &str) -> Principal {
    let name = match compiled.names.known.get(key) {
        Some(known) => GroupName { domain: Some(known.domain.clone()), name: known.name.clone() },
        None => match key.split_once('#') {
            Some((_, ocid)) => GroupName { domain: None, name: ocid.to_owned() },
            None => GroupName::parse(written),
        },
    };
    if key.starts_with('d') { Principal::DynamicGroup(name) } else { Principal::Group(name) }
}
