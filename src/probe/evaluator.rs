//! The evaluator as a witness: what the policies at hand say of a call that was refused.

use super::lab::Lab;
use crate::authz::{
    Clause, Compiled, Decision, NearMiss, Prepared, Principal, Request, ResourcePrincipal, Tenancy, Verdict,
    Wanted, least_statement, near_misses,
};
use crate::catalog::Operation;
use crate::diagnose::Witness;

/// What the policies at hand say of a call.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    /// As evidence.
    pub witnesses: Vec<Witness>,
    /// The statements that would grant it: the nearest edited, or the least new ones.
    pub statements: Vec<String>,
    /// Where they go, in words.
    pub attach: Option<String>,
    /// Where the policy is attached that grants the call: the path or OCID of a compartment, empty for the root. None
    /// when no policy at hand grants it.
    pub granted: Option<String>,
    /// The policy, with the place in it, of the statement that the first of them replaces.
    pub mends: Option<(String, usize)>,
    /// The OCID of the compartment that the nearest statement names, where that is what keeps it from granting.
    pub elsewhere: Option<String>,
}

/// How much the evaluator's word counts: far more than any text of a service, as it names the statement.
const SURE: f64 = 5.5;
/// The same where several clauses fail.
const FAIRLY: f64 = 3.0;

/// Who a credential is to the evaluator, as far as its session or its parts tell. A key is known by its OCID alone,
/// which no secret tells.
pub fn principal(lab: &Lab, credential: usize, key_ocid: Option<&str>) -> Option<Principal> {
    let known = lab.credentials.get(credential)?;
    let token =
        lab.session_made(credential).and_then(|session| session.token()).or(known.held.token.as_ref());
    let claim = |name: &str| token.and_then(|token| token.claim(name)).map(str::to_owned);
    let resource = |kind: Option<String>, ocid: Option<String>, compartment: Option<String>| {
        Principal::Resource(ResourcePrincipal { kind, ocid, compartment, tags: None })
    };
    Some(match known.method {
        "genai-api-key" => Principal::ApiKey(key_ocid.unwrap_or("<api-key-ocid>").to_owned()),
        "user-api-key" => Principal::User { user: known.held.user.clone()?, groups: None },
        "session-token" | "oauth" => Principal::User { user: claim("sub")?, groups: None },
        "delegation-token" => {
            let user = known.held.token.as_ref().and_then(|token| token.claim("sub"));
            Principal::User { user: user?.to_owned(), groups: None }
        }
        "instance-principal" => resource(
            Some("instance".into()),
            claim("opc-instance").or(claim("sub")),
            claim("opc-compartment"),
        ),
        "resource-principal" => resource(
            claim("res_type"),
            claim("res_id").or(claim("sub")).filter(|id| id.starts_with("ocid1.")),
            claim("res_compartment"),
        ),
        "oke-workload" => {
            // The service account's own token names it; the session's may too.
            let own = known.held.token.as_ref().and_then(|token| token.claim("sub")).map(str::to_owned);
            let subject = own.or(claim("sub"))?;
            let (namespace, account) = subject.strip_prefix("system:serviceaccount:")?.split_once(':')?;
            Principal::Workload {
                namespace: namespace.to_owned(),
                account: account.to_owned(),
                cluster: claim("cluster_id").or(claim("res_id")),
            }
        }
        _ => return None,
    })
}

/// The tenancy that a witness knows.
#[derive(Clone, Copy)]
pub struct AtHand<'a> {
    /// The tenancy with its policies.
    pub tenancy: &'a Tenancy,
    /// Whether the policies are those of a configuration, which nobody has read back from the tenancy.
    pub meant: bool,
}

/// Asks what the tenancy's policies say. Without policies it only words the least statement.
pub fn ask(
    at_hand: Option<AtHand<'_>>,
    principal: Principal,
    operation: &'static Operation,
    compartment: Option<&str>,
    region: Option<&str>,
    model: Option<&str>,
    now: &str,
) -> Testimony {
    let tenancy = at_hand.map(|at_hand| at_hand.tenancy);
    let meant = at_hand.is_some_and(|at_hand| at_hand.meant);
    let has_policies = tenancy.is_some_and(|tenancy| !tenancy.policies.is_empty());
    let compiled = Compiled::new(tenancy.cloned().unwrap_or_default());
    let mut request = Request::new(principal, Wanted::Operation(operation), compartment);
    request.region = region.map(str::to_owned);
    request.model = model.filter(|model| !model.starts_with("ocid1.")).map(str::to_owned);
    request.time = Some(now.to_owned());
    let Ok(prepared) = Prepared::new(&compiled, &request) else { return Testimony::default() };
    let decision = prepared.decide();
    let least: Vec<String> = decision
        .unmet
        .iter()
        .filter_map(|one_of| one_of.iter().find_map(|right| least_statement(&prepared, right)))
        .collect();
    let new = Testimony {
        statements: least,
        attach: Some("in a policy attached to the root compartment".to_owned()),
        ..Testimony::default()
    };
    if !has_policies {
        return new;
    }
    if let Some(ocid) = nowhere(&compiled, compartment) {
        let text = format!("the tenancy has no compartment `{ocid}`");
        let witnesses = vec![witness(text, &[("wrong-ocid", SURE), ("policy-missing", -2.0)])];
        return Testimony { witnesses, ..Testimony::default() };
    }
    match decision.verdict {
        Verdict::Allow => granted(&compiled, &decision, meant),
        Verdict::Unknown => {
            let open: Vec<&str> = decision.unknowns.iter().take(2).map(|open| &*open.reason).collect();
            let text = format!("the policies at hand leave it open: {}", open.join("; "));
            Testimony { witnesses: vec![witness(text, &[("dynamic-group-not-matching", 0.3)])], ..new }
        }
        Verdict::Deny => match decision.denied_by.first() {
            Some(at) => {
                let text = format!("a deny statement takes the right away: {}", place(&compiled, *at));
                Testimony { witnesses: vec![witness(text, &[("policy-missing", FAIRLY)])], ..new }
            }
            None => missed(&prepared, &near_misses(&prepared, &decision), new),
        },
    }
}

fn witness(text: String, supports: &[(&str, f64)]) -> Witness {
    Witness {
        kind: "policy",
        text,
        supports: supports.iter().map(|(cause, weight)| ((*cause).to_owned(), *weight)).collect(),
        excludes: Vec::new(),
    }
}

/// A statement with its place in its policy.
fn place(compiled: &Compiled, at: usize) -> String {
    compiled.origins.get(at).map_or_else(String::new, |origin| {
        let text: Vec<&str> = origin.text.split_whitespace().collect();
        format!("`{}` (statement {} of `{}`)", text.join(" "), origin.index + 1, origin.policy)
    })
}

/// The policies grant what was refused.
fn granted(compiled: &Compiled, decision: &Decision, meant: bool) -> Testimony {
    let granting = decision.granted_by.first();
    let by = granting.map(|at| place(compiled, *at)).unwrap_or_default();
    let name = granting.and_then(|at| compiled.origins.get(*at)).map(|origin| &*origin.policy);
    let policy = compiled.tenancy.policies.iter().find(|policy| policy.name == name.unwrap_or_default());
    let attached = policy.and_then(|policy| policy.compartment.clone());
    let text = format!("the policies at hand grant this call by {by}, so what is in force differs from them");
    let supports = [
        ("iam-propagation", if meant { 3.2 } else { 4.0 }),
        ("policy-not-applied", if meant { 4.0 } else { 2.0 }),
        ("wrong-ocid", 1.0),
        // Who called is known here.
        ("principal-mismatch", -2.0),
        ("wrong-profile-credential", -1.0),
        ("policy-missing", -4.0),
        ("policy-wrong-compartment", -3.0),
        ("policy-subject-mismatch", -3.0),
        ("policy-condition-mismatch", -3.0),
        ("permission-not-in-verb", -3.0),
        ("resource-type-not-covered", -2.0),
        ("dynamic-group-not-matching", -3.0),
        ("dynamic-group-nonexistent", -3.0),
        ("group-domain-prefix", -2.0),
    ];
    Testimony {
        witnesses: vec![witness(text, &supports)],
        // What is not resolved yet is mostly attached to the root.
        granted: Some(attached.filter(|place| !place.contains("${")).unwrap_or_default()),
        ..Testimony::default()
    }
}

/// No statement grants the call; the two that come nearest say why. `new` words the least new statement, which the
/// edit of the nearest replaces.
fn missed(prepared: &Prepared<'_>, misses: &[NearMiss], new: Testimony) -> Testimony {
    let compiled = prepared.compiled;
    let mut testimony = new;
    if misses.is_empty() {
        let text = "no statement at hand comes near to granting this call".to_owned();
        testimony.witnesses.push(witness(text, &[("policy-missing", SURE)]));
    }
    let fewest = misses.iter().map(|miss| miss.failed.len()).min().unwrap_or(0);
    let best = misses.iter().filter(|miss| miss.failed.len() == fewest).take(2);
    for (rank, miss) in best.enumerate() {
        let Some((cause, said)) = judge(prepared, compiled, miss) else { continue };
        if cause == "policy-wrong-compartment" && testimony.elsewhere.is_none() {
            testimony.elsewhere = miss.failed.first().and_then(|failed| scope(compiled, &failed.expected));
        }
        let sure = if fewest <= 1 { SURE } else { FAIRLY };
        let weight = if rank == 0 { sure } else { sure / 2.0 };
        let text = format!("{} would grant this call but for its {said}", place(compiled, miss.origin));
        testimony.witnesses.push(witness(text, &[(cause, weight), ("policy-missing", -2.0)]));
        if rank == 0
            && let Some(edit) = &miss.edit
        {
            testimony.statements = vec![edit.clone()];
            if miss.attach.is_none() {
                let origin = compiled.origins.get(miss.origin);
                testimony.mends = origin.map(|origin| (origin.policy.to_string(), origin.index));
                let policy = origin.map(|origin| &*origin.policy).unwrap_or_default();
                testimony.attach = Some(format!("in place of the statement in `{policy}`"));
            }
        }
    }
    testimony
}

/// The OCID of the compartment that a location names by path or OCID.
fn scope(compiled: &Compiled, location: &str) -> Option<String> {
    let words = location.trim().trim_start_matches("in ").trim_start_matches("compartment ");
    let name = words.trim_start_matches("id ").trim().trim_matches('\'');
    if name.starts_with("ocid1.compartment.") {
        return Some(name.to_owned());
    }
    let rows = &compiled.tenancy.compartments;
    let last = |path: &str| path.rsplit(':').next().unwrap_or(path).eq_ignore_ascii_case(name);
    let exact = rows.iter().find(|row| row.path.eq_ignore_ascii_case(name));
    exact.or_else(|| rows.iter().find(|row| last(&row.path)))?.ocid.clone()
}

/// The OCID of a compartment that a tenancy known as a whole does not have.
fn nowhere<'o>(compiled: &Compiled, compartment: Option<&'o str>) -> Option<&'o str> {
    let tenancy = &compiled.tenancy;
    let ocid = compartment.filter(|ocid| ocid.starts_with("ocid1.") && tenancy.complete)?;
    let is = |known: &Option<String>| known.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(ocid));
    let known = is(&tenancy.ocid) || tenancy.compartments.iter().any(|one| is(&one.ocid));
    (!known).then_some(ocid)
}

/// The cause that a near miss speaks for, and its clause in words.
fn judge(prepared: &Prepared<'_>, compiled: &Compiled, miss: &NearMiss) -> Option<(&'static str, String)> {
    if let Some(rejected) = &miss.rejected {
        return Some(("policy-syntax", format!("form, which OCI rejects: {rejected}")));
    }
    let failed = miss.failed.first()?;
    let (expected, actual) = (&failed.expected, &failed.actual);
    let said = format!("{}: it says `{expected}`, the call has `{actual}`", failed.clause.as_str());
    let resource_type = || expected.to_ascii_lowercase();
    let cause = match failed.clause {
        Clause::Subject => return Some((subject(prepared, compiled, &failed.expected), said)),
        Clause::Verb => "permission-not-in-verb",
        Clause::ResourceType if resource_type().contains("family") => "resource-type-not-covered",
        Clause::ResourceType => "permission-not-in-verb",
        Clause::Location => "policy-wrong-compartment",
        Clause::Condition => "policy-condition-mismatch",
    };
    Some((cause, said))
}

/// Why a statement for somebody else doesn't reach the principal.
fn subject(prepared: &Prepared<'_>, compiled: &Compiled, expected: &str) -> &'static str {
    let lower = expected.to_ascii_lowercase();
    let dynamic = lower.starts_with("dynamic-group");
    let bare = |text: &str| {
        let name = text.rsplit('/').next().unwrap_or(text);
        name.trim_start_matches("dynamic-group")
            .trim_start_matches("group")
            .trim()
            .trim_matches('\'')
            .to_lowercase()
    };
    let named = bare(expected);
    match &prepared.request.principal {
        Principal::Workload { .. } if dynamic => "principal-mismatch",
        Principal::Resource(_) if dynamic => {
            let known =
                compiled.tenancy.dynamic_groups.iter().any(|group| group.name.to_lowercase() == named);
            if known || compiled.tenancy.dynamic_groups.is_empty() {
                "dynamic-group-not-matching"
            } else {
                "dynamic-group-nonexistent"
            }
        }
        Principal::Resource(_) | Principal::Workload { .. } => "principal-mismatch",
        Principal::User { .. } => {
            // The user is in a group of that name, in another domain than the statement says.
            let own = prepared.caller.certain_groups();
            let same = own.iter().any(|group| group.name.to_lowercase() == named);
            if same { "group-domain-prefix" } else { "policy-subject-mismatch" }
        }
        _ => "policy-subject-mismatch",
    }
}
