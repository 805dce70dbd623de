//! The call as a request to the evaluator: who, what and where, as far as the case tells.

use crate::authz::{
    Clause, DynamicGroup, Principal, Request, ResourcePrincipal, StatementText, Tenancy, Wanted,
};
use crate::catalog;

use super::case::Case;
use super::facts::{Auth, Facts};
use super::mentions::{every, first, pattern};

/// A request, the tenancy to ask, and what of it is a placeholder.
pub(super) struct Asked {
    pub request: Request,
    pub tenancy: Tenancy,
    /// Clauses that fail perhaps for a placeholder alone.
    pub unsure: Vec<Clause>,
}

/// None when neither principal nor operation is known.
pub(super) fn request(case: &Case, facts: &Facts) -> Option<Asked> {
    let operation = facts.operation?;
    let mut unsure = Vec::new();
    let principal = principal(case, facts, &mut unsure)?;
    let mut tenancy = tenancy(case);
    if matches!(principal, Principal::Resource(_)) {
        tenancy.dynamic_groups = dynamic_groups(case);
    }
    let mut request = Request::new(principal, Wanted::Operation(operation), None);
    request.compartment = compartment(case, facts);
    request.region.clone_from(&facts.region);
    request.model = facts.models.first().cloned();
    Some(Asked { request, tenancy, unsure })
}

/// The tenancy that the case's statements make.
pub(super) fn tenancy(case: &Case) -> Tenancy {
    let mut tenancy = Tenancy::of_statements(case.policies.iter().map(String::as_str));
    tenancy.ocid.clone_from(&case.tenancy);
    tenancy.home_region.clone_from(&case.home_region);
    tenancy
}

fn principal(case: &Case, facts: &Facts, unsure: &mut Vec<Clause>) -> Option<Principal> {
    if let Some(given) = &case.principal {
        if let Ok(principal) = Principal::parse(given) {
            return Some(principal);
        }
        let kind = given.split('.').nth(1).filter(|_| given.starts_with("ocid1."))?;
        return Some(match kind {
            "user" => Principal::User { user: given.clone(), groups: None },
            "generativeaiapikey" => Principal::ApiKey(given.clone()),
            _ => Principal::Resource(ResourcePrincipal {
                ocid: Some(given.clone()),
                ..ResourcePrincipal::default()
            }),
        });
    }
    let ocid = |kind: &str| facts.ocids.iter().find(|ocid| ocid.kind == kind).map(|ocid| ocid.text.clone());
    // Statements for groups only are meant for a user, whoever it is.
    let for_users = || {
        let group = pattern!(r"(?i)^\s*allow\s+group\b");
        !case.policies.is_empty() && case.policies.iter().all(|text| first(text, group).is_some())
    };
    Some(match facts.auth.or_else(|| for_users().then_some(Auth::UserApiKey))? {
        Auth::GenaiApiKey => {
            Principal::ApiKey(case.key.clone().or_else(|| ocid("generativeaiapikey")).unwrap_or_else(|| {
                unsure.push(Clause::Condition);
                "<api-key-ocid>".to_owned()
            }))
        }
        Auth::UserApiKey | Auth::SessionToken | Auth::DelegationToken => {
            Principal::User { user: ocid("user").unwrap_or_else(|| "<user>".to_owned()), groups: None }
        }
        Auth::InstancePrincipal => Principal::Resource(ResourcePrincipal {
            kind: Some("instance".to_owned()),
            ocid: ocid("instance"),
            ..ResourcePrincipal::default()
        }),
        Auth::ResourcePrincipal => Principal::Resource(ResourcePrincipal {
            kind: resource_type(facts),
            ..ResourcePrincipal::default()
        }),
        Auth::OkeWorkload => {
            let name = |shape| first(&facts.all, shape);
            let namespace = name(pattern!(r"namespace[\s:=/'\x22`]+(?:is\s+)?([a-z0-9][a-z0-9\-]*)"));
            let account =
                name(pattern!(r"service[\s_-]?account[\s:=/'\x22`]+(?:is\s+)?([a-z0-9][a-z0-9\-]*)"));
            let cluster = ocid("cluster");
            if namespace.is_none() || account.is_none() || cluster.is_none() {
                unsure.push(Clause::Condition);
            }
            Principal::Workload {
                namespace: namespace.unwrap_or_else(|| "<namespace>".to_owned()),
                account: account.unwrap_or_else(|| "<service-account>".to_owned()),
                cluster,
            }
        }
        Auth::Oauth => return None,
    })
}

/// The type of the calling resource, where its name stands in the words.
pub(super) fn resource_type(facts: &Facts) -> Option<String> {
    let words: [(&str, &[&str]); 9] = [
        ("fnfunc", &["fnfunc", "functions", "the function", "fn invoke", "/function/", "func.py"]),
        ("computecontainerinstance", &["computecontainerinstance", "container instance"]),
        ("datasciencenotebooksession", &["datasciencenotebooksession", "notebook session", "notebook"]),
        ("datasciencejobrun", &["datasciencejobrun", "job run"]),
        ("datasciencemodeldeployment", &["datasciencemodeldeployment", "model deployment"]),
        (
            "autonomousdatabase",
            &["autonomousdatabase", "autonomous database", "dbms_cloud", "select ai", "ora-2"],
        ),
        ("apigateway", &["apigateway", "api gateway"]),
        ("generativeaihosteddeployment", &["hosted deployment", "hosted application"]),
        ("devopsbuildpipeline", &["build pipeline"]),
    ];
    words
        .iter()
        .find(|(_, words)| words.iter().any(|word| facts.all.contains(word)))
        .map(|(name, _)| (*name).to_owned())
}

/// A dynamic group for each that a statement names, with the rules at hand when they can only be its own.
fn dynamic_groups(case: &Case) -> Vec<DynamicGroup> {
    let shape =
        pattern!(r"(?i)dynamic-group\s+((?:'[^']+'|\x22[^\x22]+\x22|[\w.\-]+)(?:/(?:'[^']+'|[\w.\-]+))?)");
    let mut names: Vec<String> = case.policies.iter().flat_map(|text| every(text, shape)).collect();
    names.sort_unstable();
    names.dedup();
    let ([name], [rule]) = (names.as_slice(), case.matching_rules.as_slice()) else { return Vec::new() };
    let bare = |part: &str| part.trim_matches(['\'', '"']).to_owned();
    let (domain, name) = match name.split_once('/') {
        Some((domain, name)) => (Some(bare(domain)), bare(name)),
        None => (None, bare(name)),
    };
    let rule = StatementText::from(rule.as_str());
    vec![DynamicGroup { name, domain, rule, ..DynamicGroup::default() }]
}

/// The compartment of the request: given, or named in the words as the target.
pub(super) fn compartment(case: &Case, facts: &Facts) -> Option<String> {
    if case.compartment.is_some() {
        return case.compartment.clone();
    }
    let request = &facts.all;
    let root = pattern!(r"\b(?:in|under|at|of) (?:the )?(?:root|tenancy)\b|<tenancy[^>]*>|root compartment");
    if first(request, root).is_some() {
        return Some(String::new());
    }
    let named = pattern!(
        r"compartment(?:[\s_-]?id)?\s*[=:]?\s*[`'\x22]?(ocid1\.(?:compartment|tenancy)\.[^\s,;'\x22&)]+|[a-z][a-z0-9_:\-]*[a-z0-9])"
    );
    let words = [
        "id", "is", "of", "in", "and", "to", "the", "header", "with", "ocid", "that", "which", "was",
        "headers", "names", "named", "where", "from", "list", "must", "only",
    ];
    let known = |name: &String| !words.contains(&name.as_str());
    let mut found: Vec<String> = every(request, named).into_iter().filter(known).collect();
    // Statements quoted among the words speak of their own compartment, not of the target.
    let quoted = every(
        &facts.request.to_ascii_lowercase(),
        pattern!(r"(?i)\b(?:allow|deny|endorse|admit)\b[^\n]*?\bin compartment (?:id )?[`'\x22]?([\w:.\-]+)"),
    );
    found.retain(|name| !quoted.contains(&name.to_ascii_lowercase()));
    found.into_iter().next().filter(|name| name.starts_with("ocid1.") || catalog::region(name).is_none())
}
