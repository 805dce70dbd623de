//! What to do about a cause: words, the exact statement with its place, commands, and the check that tells it from
//! the next cause.

use std::collections::BTreeSet;

use super::asked::{self, Asked};
use super::case::Case;
use super::catalogue::Cause;
use super::facts::{Auth, Facts, Plane};
use super::ladder::{self, Belief, Experiment, Need, Outcome, experiments};
use super::mentions::{every, first, pattern};
use crate::authz::{
    Clause, Compiled, GroupName, NearMiss, Prepared, Principal, least_statement, near_misses,
};
use crate::catalog;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// In words.
    pub text: String,
    /// Statements to attach.
    pub statements: Vec<String>,
    /// Commands to type.
    pub commands: Vec<String>,
}

/// Stand-ins that parse as names, and what is shown for them.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("ociam-some-compartment", "<compartment>"),
    ("ociam-some-group", "<group>"),
    ("ociam-some-dynamic-group", "<dynamic-group>"),
    ("ociam-some-type", "<principal-type>"),
];

/// Where a new statement goes, as it stands at the end of a remedy.
pub(crate) const ATTACH: &str =
    " Attach the statement to the root compartment, or to a compartment on the way from there to the target.";

/// The remedy of a cause in this case.
pub(super) fn remedy(name: &str, cause: &Cause, case: &Case, facts: &Facts) -> Remedy {
    let (fix, commands) = cause.remedy(facts.auth.map(Auth::as_str), &facts.error);
    let mut text = fill(fix, case, facts);
    if let Some(more) = alternatives(name, facts) {
        text.push(' ');
        text.push_str(&more);
    }
    let mut commands: Vec<String> = commands.iter().map(|command| fill(command, case, facts)).collect();
    let statements = if cause.grants { statements(name, case, facts) } else { Vec::new() };
    if !statements.is_empty() {
        let home = case.home_region.as_deref().unwrap_or("<home-region>");
        let tenancy = case.tenancy.as_deref().unwrap_or("<tenancy-ocid>");
        text.push_str(ATTACH);
        commands.push(format!(
            "oci iam policy create --region {home} --compartment-id {tenancy} --name genai-access \
             --description 'access to Generative AI' --statements {}",
            shell_quoted(&serde_json::to_string(&statements).unwrap_or_default())
        ));
    }
    Remedy { text, statements, commands }
}

/// How many alternatives are worth naming.
const NAMED: usize = 5;

/// Other models of the region and other regions of the model, from the catalogue.
fn alternatives(cause: &str, facts: &Facts) -> Option<String> {
    if !["region-model-unavailable", "model-retired", "model-dedicated-only", "service-not-in-region"]
        .contains(&cause)
    {
        return None;
    }
    let model = facts.models.first().and_then(|name| catalog::model(name));
    let region = facts.region.as_deref().and_then(catalog::region);
    let on_demand = |row: &&catalog::ModelRegion| row.expected.on_demand() == Some(true);
    let list =
        |names: Vec<&str>| names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut said = Vec::new();
    if let Some(model) = model {
        let regions: Vec<_> = model.regions().filter(on_demand).map(|row| row.region).take(NAMED).collect();
        if !regions.is_empty() {
            said.push(format!("`{}` is listed on demand in {}.", model.name, list(regions)));
        }
    }
    if let Some(region) = region {
        let kind = model.map_or("chat", |model| model.capability.split([' ', ',']).next().unwrap_or("chat"));
        let apt = |other: &&catalog::Model| {
            other.capability.starts_with(kind)
                && other.life == catalog::Life::Active
                && other.in_region(region.name).as_ref().is_some_and(on_demand)
        };
        let models: Vec<_> =
            catalog::models().iter().filter(apt).map(|other| other.name).take(NAMED).collect();
        if !models.is_empty() {
            said.push(format!("`{}` lists on demand: {}.", region.name, list(models)));
        }
    }
    Some(said.join(" ")).filter(|said| !said.is_empty())
}

/// Quoted for a POSIX shell.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Puts what is known in place of `<…>`.
fn fill(text: &str, case: &Case, facts: &Facts) -> String {
    let operation = facts.operation.map(|operation| operation.name.to_owned());
    let host = facts.urls.iter().find_map(|url| url.host.clone());
    let ocid = |kind: &str| facts.ocids.iter().find(|ocid| ocid.kind == kind).map(|ocid| ocid.text.clone());
    let named = pattern!(
        r#"(?i)[`'"]((?:~|[a-z]:|\.{0,2})[/\\][^`'"\s]+)[`'"]|((?:~|[a-z]:)?[/\\][^\s`'"():]+) \(no such file|\bfile at ((?:~|[a-z]:)?[/\\][^\s`'"]+)"#
    );
    let path = named.as_ref().and_then(|shape| shape.captures(&facts.error));
    let path = path
        .and_then(|found| (1..=3).find_map(|group| found.get(group)).map(|path| path.as_str().to_owned()));
    let profile = pattern!(r"--profile[= ]([\w.\-]+)");
    let file = |end: &str| path.clone().filter(|path| path.ends_with(end));
    let known = [
        ("<region>", facts.region.clone()),
        ("<model>", facts.models.first().cloned()),
        ("<operation>", operation),
        ("<host>", host),
        ("<tenancy-ocid>", case.tenancy.clone().or_else(|| ocid("tenancy"))),
        ("<user-ocid>", ocid("user")),
        ("<policy-ocid>", ocid("policy")),
        ("<key.pem>", case.config.get("key_file").cloned().or_else(|| file(".pem"))),
        ("<file>", file("")),
        ("<profile>", first(&facts.request, profile).or_else(|| first(&facts.error, profile))),
    ];
    known
        .into_iter()
        .filter_map(|(hole, value)| Some((hole, value?)))
        .fold(text.to_owned(), |text, (hole, value)| text.replace(hole, &value))
}

/// The statement at hand with the one clause mended where that is the cause, else the least statement for the call.
fn statements(cause: &str, case: &Case, facts: &Facts) -> Vec<String> {
    let Some(mut asked) = asked::request(case, facts) else { return fallback(facts) };
    asked.request.principal = named(case, facts, asked.request.principal);
    if asked.request.compartment.is_none() {
        // What a statement at hand names is likelier meant than nothing, unless the place is what is wrong.
        let named = pattern!(r"(?i)\bin compartment ((?:id\s+)?[^\s,]+)");
        let own = case.policies.iter().find_map(|text| first(text, named));
        let own = own.filter(|_| cause != "policy-wrong-compartment");
        let own = own.map(|own| own.trim_start_matches("id ").trim().to_owned());
        asked.request.compartment = Some(own.unwrap_or_else(|| "ociam-some-compartment".to_owned()));
    }
    let shown = |text: String| {
        PLACEHOLDERS.iter().fold(text, |text, (stand_in, shown)| text.replace(stand_in, shown))
    };
    let mended: Vec<String> = mended(cause, &asked).into_iter().map(shown).collect();
    if !mended.is_empty() {
        return mended;
    }
    // Without the statements at hand the evaluator finds nothing granted, so every right is unmet.
    asked.tenancy.policies.clear();
    let compiled = Compiled::new(asked.tenancy);
    let Ok(prepared) = Prepared::new(&compiled, &asked.request) else { return fallback(facts) };
    let decision = prepared.decide();
    let least = decision
        .unmet
        .iter()
        .filter_map(|one_of| one_of.iter().find_map(|right| least_statement(&prepared, right)))
        .map(shown);
    let least: Vec<String> = least.collect();
    if least.is_empty() { fallback(facts) } else { least }
}

/// The principal as a statement should name it: the group that a statement at hand names, else a placeholder.
fn named(case: &Case, facts: &Facts, principal: Principal) -> Principal {
    let group = |dynamic: bool, stand_in: &str| {
        let shape = if dynamic {
            pattern!(r"(?i)\bdynamic-group\s+((?:'[^']+'|[\w.\-]+)(?:/(?:'[^']+'|[\w.\-]+))?)\s+to\b")
        } else {
            pattern!(r"(?i)\ballow\s+group\s+((?:'[^']+'|[\w.\-]+)(?:/(?:'[^']+'|[\w.\-]+))?)\s+to\b")
        };
        let mut names: Vec<String> = case.policies.iter().flat_map(|text| every(text, shape)).collect();
        names.dedup();
        let mut name = GroupName::parse(names.first().map_or(stand_in, String::as_str));
        if name.domain.is_none() && !dynamic {
            let domain = pattern!(r"(?i)\bdomain ['`\x22]?([A-Za-z][\w-]*)");
            let other = first(&facts.request, domain).filter(|found| {
                !["prefix", "of", "and", "is", "or", "default"].contains(&found.to_ascii_lowercase().as_str())
            });
            name.domain = other;
        }
        name
    };
    match (&principal, facts.auth) {
        (Principal::User { user, groups: None }, _) if !user.starts_with("ocid1.") => {
            Principal::Group(group(false, "ociam-some-group"))
        }
        (Principal::Resource(resource), Some(Auth::InstancePrincipal | Auth::ResourcePrincipal))
            if resource.ocid.is_none() =>
        {
            Principal::DynamicGroup(group(true, "ociam-some-dynamic-group"))
        }
        _ => principal,
    }
}

/// Edits of statements at hand that mend the clause that the cause is about.
fn mended(cause: &str, asked: &Asked) -> Vec<String> {
    let clause = match cause {
        "policy-wrong-compartment" => Clause::Location,
        "permission-not-in-verb" => Clause::Verb,
        "resource-type-not-covered" => Clause::ResourceType,
        "policy-condition-mismatch" => Clause::Condition,
        "policy-subject-mismatch" | "group-domain-prefix" => Clause::Subject,
        _ => return Vec::new(),
    };
    let compiled = Compiled::new(asked.tenancy.clone());
    let Ok(prepared) = Prepared::new(&compiled, &asked.request) else { return Vec::new() };
    let decision = prepared.decide();
    let about = |miss: &NearMiss| miss.failed.iter().any(|failed| failed.clause == clause);
    near_misses(&prepared, &decision).into_iter().find(about).and_then(|miss| miss.edit).into_iter().collect()
}

/// Where the catalogue states no right for the call: the resource-type by what is known of the plane.
fn fallback(facts: &Facts) -> Vec<String> {
    let grants: &[&str] = match facts.plane {
        Some(Plane::AgentRuntime) => &["use genai-agent-endpoint", "manage genai-agent-session"],
        Some(Plane::AgentManagement) => &["read genai-agent-family"],
        Some(Plane::Management) if facts.all.contains("model") => &["read generative-ai-model"],
        Some(Plane::Management | Plane::Identity | Plane::Other) => return Vec::new(),
        _ if facts.is_stateful() => &["manage generative-ai-response"],
        _ => &["use generative-ai-chat"],
    };
    let (subject, condition) = match facts.auth {
        Some(Auth::GenaiApiKey) => (
            "any-user",
            " where all {request.principal.type='generativeaiapikey', request.principal.id='<api-key-ocid>'}",
        ),
        Some(Auth::OkeWorkload) => (
            "any-user",
            " where all {request.principal.type='workload', request.principal.namespace='<namespace>', \
             request.principal.service_account='<service-account>', request.principal.cluster_id='<cluster-ocid>'}",
        ),
        Some(Auth::InstancePrincipal | Auth::ResourcePrincipal) => ("dynamic-group <dynamic-group>", ""),
        _ => ("group <group>", ""),
    };
    let statement =
        |grant: &&str| format!("allow {subject} to {grant} in compartment <compartment>{condition}");
    grants.iter().map(statement).collect()
}

/// The experiment that best separates the first cause from the second, with what it would show; none when no
/// experiment of this case does.
pub(super) fn check(first: &'static str, second: &'static str, facts: &Facts) -> Option<String> {
    let pair = Belief::of([(first, 0.5), (second, 0.5)]);
    let possible = possible(facts);
    let gain = |experiment: &Experiment| pair.gain(experiment) / ladder::cost(experiment);
    let apt = |experiment: &Experiment| experiment.needs.iter().all(|need| possible.contains(need));
    let best = experiments()
        .values()
        .filter(|experiment| apt(experiment) && pair.gain(experiment) > 0.2)
        .max_by(|a, b| gain(a).total_cmp(&gain(b)))?;
    let (one, other) = (ladder::likeliest(best, first), ladder::likeliest(best, second));
    if one == other {
        return None;
    }
    let word = |outcome: Outcome| best.says(outcome);
    Some(format!("{}: if {}, it is {first}; if {}, it is {second}", best.asks, word(one), word(other)))
}

/// What a person who has this case may be able to bring.
fn possible(facts: &Facts) -> BTreeSet<Need> {
    let mut needs = BTreeSet::from([
        Need::SigningCredential,
        Need::OtherPrincipal,
        Need::Tenancy,
        Need::HomeRegion,
        Need::OtherRegion,
        Need::Compartment,
        Need::OtherCompartment,
        Need::KnownGoodModel,
        Need::SiblingOperation,
        Need::Time,
    ]);
    let mut when = |holds: bool, more: &[Need]| {
        if holds {
            needs.extend(more);
        }
    };
    let inference = matches!(facts.plane, Some(Plane::Inference | Plane::InferenceOpenai | Plane::Database));
    when(facts.status.is_some(), &[Need::Answer]);
    when(facts.is_refused(), &[Need::GrantingPolicy]);
    when(facts.auth == Some(Auth::GenaiApiKey), &[Need::Bearer, Need::OtherSecret]);
    when(facts.auth == Some(Auth::UserApiKey), &[Need::SigningKey]);
    when(!matches!(facts.auth, None | Some(Auth::GenaiApiKey | Auth::UserApiKey)), &[Need::Token]);
    when(inference, &[Need::ModelCall]);
    when(facts.plane == Some(Plane::InferenceOpenai), &[Need::OpenaiCall, Need::Project]);
    when(facts.is_stateful(), &[Need::ResponsesCall]);
    when(facts.all.contains("generativeaiproject"), &[Need::ProjectSent]);
    when(!facts.ocids.is_empty(), &[Need::ResourceOcid]);
    when(facts.urls.iter().any(|url| url.host.is_some()), &[Need::NamedAddress]);
    when(facts.status == Some(400) || facts.status == Some(422), &[Need::OwnForm]);
    needs
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, ErrorSeen, Remedy, diagnose};

    fn refused(auth: &str, plane: &str) -> Case {
        Case {
            error: ErrorSeen {
                status: Some(404),
                code: None,
                message: Some("Authorization failed or requested resource not found.".to_owned()),
            },
            auth_method: Some(auth.to_owned()),
            plane: Some(plane.to_owned()),
            ..Case::default()
        }
    }

    fn remedy(case: &Case, cause: &str) -> Remedy {
        let report = diagnose(case);
        let found = report.diagnoses.iter().find(|each| each.cause == cause);
        found.map(|each| each.remedy.clone()).unwrap_or_else(|| panic!("{report:#?}"))
    }

    #[test]
    fn the_least_statement_names_principal_and_compartment_of_the_case() {
        let mut case = refused("genai-api-key", "inference-openai");
        case.key = Some("ocid1.generativeaiapikey.oc1.us-chicago-1.amaaaaaa".to_owned());
        case.compartment = Some("ml:prod".to_owned());
        let remedy = remedy(&case, "policy-missing");
        let statement = &remedy.statements[0];
        assert!(statement.contains("to use generative-ai-chat in compartment ml:prod"), "{statement}");
        assert!(statement.contains("ocid1.generativeaiapikey.oc1.us-chicago-1.amaaaaaa"), "{statement}");
        assert!(remedy.commands.iter().any(|command| command.starts_with("oci iam policy create")));
    }

    #[test]
    fn what_is_not_known_stays_a_placeholder_and_the_rest_still_parses() {
        for (auth, subject) in [
            ("user-api-key", "group <group> "),
            ("resource-principal", "dynamic-group <dynamic-group> "),
            ("oke-workload", "any-user "),
        ] {
            let remedy = remedy(&refused(auth, "inference"), "policy-missing");
            let statement = &remedy.statements[0];
            assert!(statement.starts_with(&format!("allow {subject}")), "{statement}");
            assert!(statement.contains("in compartment <compartment>"), "{statement}");
        }
    }

    #[test]
    fn a_statement_at_hand_is_mended_in_the_clause_that_fails() {
        let mut case = refused("user-api-key", "inference");
        case.policies = vec!["Allow group analysts to read generative-ai-family in tenancy".to_owned()];
        case.compartment = Some("ml".to_owned());
        let remedy = remedy(&case, "permission-not-in-verb");
        assert!(remedy.statements[0].contains("group analysts to use"), "{:?}", remedy.statements);
    }

    #[test]
    fn the_next_check_names_both_causes_that_it_separates() {
        let mut case = refused("user-api-key", "inference");
        case.error.message = Some("Entity with key acme.custom-1 not found".to_owned());
        let report = diagnose(&case);
        let (first, second) = (&report.diagnoses[0], &report.diagnoses[1]);
        assert!(
            first.next_check.contains(first.cause) && first.next_check.contains(second.cause),
            "{first:?}"
        );
    }
}
