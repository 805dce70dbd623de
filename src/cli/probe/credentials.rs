//! Which of the credentials on this machine a run uses, and what can be said of them without a request.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog;
use crate::cli::Failure;
use crate::probe::auth::{
    AuthMethod, Candidate, ClientCredentials, Discovery, Held, SecretSource, State, TokenExchange, Unusable,
    Wanted, discover,
};
use crate::probe::config::{active_profile, place};
use crate::probe::preflight::{self, Setup, Strength};
use crate::probe::{
    Credential, Endpoints, Explainer, Finding, LocalCheck, NotTried, Regions, Scope, Surroundings, Target,
    Task, is_endpoint,
};

use super::args::ProbeArgs;

/// The credentials of a run.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) credentials: Vec<Credential>,
    pub(super) findings: Vec<Finding>,
    pub(super) not_tried: Vec<NotTried>,
    pub(super) checks: Vec<LocalCheck>,
    pub(super) notes: Vec<String>,
    /// Credentials of other profiles than the one in use.
    pub(super) spare: Vec<Credential>,
    /// What chose the profile in use, where nobody named it.
    pub(super) chosen_by: Option<&'static str>,
    /// The fingerprints of all profiles, with their origins and users.
    pub(super) fingerprints: Vec<(String, Option<String>, String)>,
}

pub(super) fn choose(
    args: &ProbeArgs,
    target: &Target,
    scope: &Scope,
    endpoints: &Endpoints,
    around: &dyn Surroundings,
) -> Result<Chosen, Failure> {
    let named = |method: &str| is_named(args, method);
    let discovery = discover(&wanted(args), around);
    let mut chosen = Chosen { notes: discovery.notes.clone(), ..Chosen::default() };
    chosen.fingerprints = discovery.fingerprints.clone();
    let (_, chosen_by) = active_profile(args.profile.as_deref(), around);
    chosen.chosen_by = Some(chosen_by).filter(|by| !["--profile", "default"].contains(by));
    let own = |candidate: &&Candidate| args.auth.is_empty() || named(candidate.method);
    let mut secrets = 0;
    let key_id = args.key.api_key_id.as_deref();
    let candidates: Vec<&Candidate> = discovery.candidates.iter().filter(own).collect();
    for candidate in &candidates {
        let asked = is_asked(candidate, &candidates, args, around);
        let present = candidate.origin != ABSENT;
        match &candidate.state {
            State::NotUsable(unusable) if asked && (present || !args.auth.is_empty()) => {
                let checks = checks(&discovery, candidate, target, scope, endpoints, key_id, around);
                chosen.findings.push(Explainer::unusable(
                    candidate.method,
                    &candidate.origin,
                    &candidate.held,
                    unusable,
                    &checks,
                ));
            }
            State::NotUsable(unusable) => {
                chosen.not_tried.push(not_tried(candidate, unusable.why.clone()));
            }
            State::Usable(auth) if !asked => {
                chosen.spare.push(credential_of(candidate, auth, false));
                let why = "another of this method comes first; name its profile with `--profile`".to_owned();
                chosen.not_tried.push(not_tried(candidate, why));
            }
            State::Usable(auth) => {
                let found = checks(&discovery, candidate, target, scope, endpoints, key_id, around);
                if let Some(unusable) = not_to_be_sent(candidate, &found, scope, around) {
                    let held = &candidate.held;
                    let finding =
                        Explainer::unusable(candidate.method, &candidate.origin, held, &unusable, &found);
                    chosen.findings.push(finding);
                    continue;
                }
                // Files and variables may name the same credential.
                if let Some(same) = chosen.credentials.iter().find(|known| is_same(known, candidate)) {
                    if same.origin != candidate.origin {
                        let why = format!("the same as {}", same.origin);
                        chosen.not_tried.push(not_tried(candidate, why));
                    }
                    continue;
                }
                let is_key = candidate.method == "genai-api-key";
                secrets += usize::from(is_key);
                chosen.credentials.push(credential_of(candidate, auth, is_key && secrets > 1));
                chosen.notes.extend(candidate.notes.iter().cloned());
                chosen.checks.extend(found.into_iter().map(|evidence| LocalCheck {
                    credential: candidate.origin.clone(),
                    method: candidate.method,
                    evidence,
                }));
            }
        }
    }
    if args.auth.is_empty() || named("oauth") {
        oauth(args, scope, around, &mut chosen)?;
    }
    chosen.notes.dedup();
    let mut shown = BTreeSet::new();
    chosen.not_tried.retain(|each| shown.insert((each.method, each.origin.clone())));
    Ok(chosen)
}

fn is_named(args: &ProbeArgs, method: &str) -> bool {
    args.auth.iter().any(|name| name == method)
}

/// What the arguments say of where credentials are.
fn wanted(args: &ProbeArgs) -> Wanted {
    let mut api_keys: Vec<SecretSource> = args.key.secret().into_iter().collect();
    if let Some(standby) = &args.key.standby {
        if api_keys.is_empty() {
            api_keys.push(SecretSource::Variable("OCI_GENAI_API_KEY".to_owned()));
        }
        api_keys.push(standby.clone());
    }
    Wanted {
        config_file: args.config_file.clone(),
        profile: args.profile.clone(),
        passphrase: args.passphrase.clone(),
        api_keys,
        instance: is_named(args, "instance-principal"),
    }
}

/// Why a credential that is whole is sent nowhere all the same.
fn not_to_be_sent(
    candidate: &Candidate,
    found: &[preflight::Evidence],
    scope: &Scope,
    around: &dyn Surroundings,
) -> Option<Unusable> {
    // A host that is known to be another vendor's gets no credential of OCI, even when it is named.
    let wrong = found
        .iter()
        .find(|evidence| evidence.strength == Strength::Certain && evidence.cause == Some("wrong-host"));
    if let Some(wrong) = wrong {
        return Some(Unusable { why: wrong.text.clone(), cause: "wrong-host" });
    }
    let unmoved = scope.place.is_none() && matches!(scope.regions, Regions::Own);
    let own = candidate.held.region.as_deref().filter(|_| unmoved)?;
    let error = place(own, around).err()?;
    let seen = own.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    let cause = if seen { "config-attribute-invalid" } else { "hidden-character-in-id" };
    Some(Unusable { why: format!("`region` of the profile: {error}"), cause })
}

fn credential_of(candidate: &Candidate, auth: &Arc<dyn AuthMethod>, standby: bool) -> Credential {
    Credential {
        method: candidate.method,
        origin: candidate.origin.clone(),
        auth: Arc::clone(auth),
        held: candidate.held.clone(),
        signed: candidate.method != "genai-api-key",
        standby,
    }
}

/// Whether a credential is one that is tried already. Secrets of keys are given one by one and are all tried.
fn is_same(known: &Credential, candidate: &Candidate) -> bool {
    let (one, other) = (&known.held, &candidate.held);
    let token = |held: &Held| held.token.as_ref().map(|token| token.raw().clone());
    let print = |held: &Held| {
        let key = held.key.as_ref().and_then(|key| key.as_ref().ok());
        key.map(|file| file.key.public().fingerprint())
    };
    let same_token = match (token(one), token(other)) {
        (Some(one), Some(other)) => one.same(&other),
        (one, other) => one.is_none() && other.is_none(),
    };
    known.method == candidate.method
        && one.secret.is_none()
        && same_token
        && print(one) == print(other)
        && (&one.user, &one.tenancy, &one.fingerprint) == (&other.user, &other.tenancy, &other.fingerprint)
}

/// The origin of what isn't there.
const ABSENT: &str = "not set up";

fn not_tried(candidate: &Candidate, why: String) -> NotTried {
    NotTried { method: candidate.method, origin: candidate.origin.clone(), why }
}

/// Whether a credential is one that a client would use: of the active profile, or the only place of its method.
fn is_asked(candidate: &Candidate, all: &[&Candidate], args: &ProbeArgs, around: &dyn Surroundings) -> bool {
    let of_profile = |origin: &str, profile: &str| origin.starts_with(&format!("profile `{profile}` of "));
    if !candidate.origin.starts_with("profile `") || args.profile.is_some() {
        return true;
    }
    let (active, _) = active_profile(None, around);
    if of_profile(&candidate.origin, &active) {
        return true;
    }
    let same = |other: &&&Candidate| other.method == candidate.method;
    let has_active = all.iter().filter(same).any(|other| of_profile(&other.origin, &active));
    let first = all.iter().find(same).map(|other| other.origin.as_str());
    // Where variables make a whole credential, a profile that nobody named is none that was meant.
    let elsewhere = all
        .iter()
        .filter(same)
        .any(|other| !other.origin.starts_with("profile `") && matches!(other.state, State::Usable(_)));
    !has_active && !elsewhere && first == Some(candidate.origin.as_str())
}

/// All that can be said of a credential and its target before anything is sent.
fn checks(
    discovery: &Discovery,
    candidate: &Candidate,
    target: &Target,
    scope: &Scope,
    endpoints: &Endpoints,
    key_id: Option<&str>,
    around: &dyn Surroundings,
) -> Vec<preflight::Evidence> {
    let region = scope.place.as_ref().map(|place| place.region.as_str());
    let plane = match scope.planes.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let ids = crate::probe::ids(target, plane.map(|plane| plane.name));
    let key = candidate.method == "genai-api-key";
    let usual = if key { "inference-openai" } else { "inference" };
    let meant = plane.or_else(|| catalog::plane(usual));
    let api = meant.and_then(|plane| crate::probe::api(plane.name, target));
    let key_region = key_id.and_then(preflight::Ocid::parse).and_then(|ocid| ocid.region);
    let configured = candidate.held.region.as_deref().and_then(|name| place(name, around).ok());
    let here = scope.place.clone().or(configured);
    let url = meant.zip(here).and_then(|(plane, place)| {
        let front = endpoints.front(plane, &place).ok()?;
        let url = front.url(front.base().or(plane.bases.first().copied()).unwrap_or_default(), &[]);
        Some(endpoints.canonical(&url).unwrap_or_else(|| url.to_string()))
    });
    let setup = Setup {
        now: Some(around.now()),
        url: url.as_deref(),
        region,
        // What isn't asked for isn't held against a credential.
        plane: plane.map(|plane| plane.name).or_else(|| endpoints.names(usual).then_some(usual)),
        ids: &ids,
        model: target.model.as_deref(),
        secret_region: key.then_some(key_region).flatten(),
        api: api.filter(|_| plane.is_some() || key || target.task != Task::Chat),
        dedicated: target.model.as_deref().is_some_and(is_endpoint),
        ..Setup::default()
    };
    let mut found = discovery.check(candidate, &setup);
    if candidate.method == "instance-principal" {
        let variable =
            |name: &str| around.variable(name).or_else(|| around.variable(&name.to_ascii_lowercase()));
        let (proxy, except) = (variable("HTTP_PROXY"), variable("NO_PROXY"));
        found.extend(preflight::metadata_through_proxy(proxy.as_deref(), except.as_deref()));
    }
    found
}

/// A client of an identity domain, where the arguments name one.
fn oauth(
    args: &ProbeArgs,
    scope: &Scope,
    around: &dyn Surroundings,
    chosen: &mut Chosen,
) -> Result<(), Failure> {
    let flags = &args.oauth;
    let (Some(id), Some(source)) = (&flags.oauth_client, &flags.oauth_secret) else {
        if !args.auth.is_empty() {
            return Err(Failure::with_help(
                "oauth needs a client of an identity domain",
                "name it with --oauth-domain URL --oauth-client ID --oauth-secret env:NAME",
            ));
        }
        return Ok(());
    };
    let domain =
        flags.oauth_domain.clone().or_else(|| around.endpoint("identity-domain")).ok_or_else(|| {
            Failure::with_help(
                "no identity domain is known",
                "name it with --oauth-domain https://idcs-….identity.oraclecloud.com",
            )
        })?;
    let known = reqwest::Url::parse(&domain).ok();
    if known.is_none_or(|url| !url.username().is_empty() || url.password().is_some()) {
        return Err(Failure::with_help(
            "the URL of the identity domain is not `https://host`",
            "name it with --oauth-domain https://idcs-….identity.oraclecloud.com, without user name and password",
        ));
    }
    let obtain = |source: &SecretSource, what: &str| {
        source.obtain(what, around).map_err(|error| Failure::usage(error.to_string()))
    };
    let secret = obtain(source, "client secret")?;
    let origin = format!("client `{id}` of {domain}");
    let mut held = Held { secret: Some(secret.clone()), ..Held::default() };
    let (auth, signed): (Arc<dyn AuthMethod>, bool) = match &flags.subject_token {
        Some(source) => {
            held.secret = None;
            let subject = obtain(source, "subject token")?;
            let place = scope.place.clone();
            (Arc::new(TokenExchange::new(domain, id, secret, subject, place)), true)
        }
        None => {
            let scope = flags.oauth_scope.clone().ok_or_else(|| {
                Failure::with_help(
                    "client credentials need a scope",
                    "name it with --oauth-scope, or a token to exchange with --subject-token",
                )
            })?;
            (Arc::new(ClientCredentials::new(domain, id, secret, scope)), false)
        }
    };
    chosen.credentials.push(Credential { method: "oauth", origin, auth, held, signed, standby: false });
    Ok(())
}
