//! From cells that failed to diagnoses: each failure becomes a case, with local checks, other cells, further requests
//! and the policies at hand as witnesses.

use std::collections::BTreeMap;

use super::auth::{AuthError, Unusable, environment};
use super::evaluator::{self, AtHand, Testimony};
use super::lab::Lab;
use super::listed::{self, Named};
use super::matrix::{Row, Verdict};
use super::observe::{Observation, Shown};
use super::plan::Plan;
use super::preflight::{self, Api, Setup, Strength, Value};
use super::remedy::Mending;
use super::{Target, Task};
use crate::authz::Tenancy;
use crate::catalog;
use crate::diagnose::ladder::Seen;
use crate::diagnose::{Case, ErrorSeen, Report, Witness, diagnose_with};
use crate::wire::Token;

/// What diagnoses are made from, beside the rows.
pub struct Explainer<'a> {
    /// Where the requests were sent from.
    pub lab: &'a Lab,
    /// What was tried.
    pub plan: &'a Plan,
    /// Policies and tenancy, where they are at hand.
    pub tenancy: Option<&'a Tenancy>,
    /// Whether the policies at hand are those of a configuration, which may not have been applied.
    pub meant: bool,
    /// The policies that the tenancy is known to hold, where others are at hand that are meant to be applied.
    pub stored: Option<&'a Tenancy>,
    /// What changed, and how many minutes ago, as a person says.
    pub changed: &'a BTreeMap<String, u32>,
    /// What chose the profile in use, where nobody named it: a variable or a file.
    pub chosen_by: Option<&'static str>,
    /// The OCID of the GenAI API key, where it is known.
    pub key_ocid: Option<&'a str>,
    /// Fingerprints of all profiles, with their origins and users.
    pub others: &'a [(String, Option<String>, String)],
}

/// A failure with its diagnosis.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The auth method.
    pub auth_method: String,
    /// Where the credential comes from.
    pub credential: String,
    /// The plane; none for a credential that was never tried.
    pub plane: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The rows that fail so.
    pub rows: Vec<usize>,
    /// What happened, in a line.
    pub what: String,
    /// The ids of the requests that showed it.
    pub request_ids: Vec<String>,
    /// The causes.
    pub report: Report,
    /// Where the statement of the remedy goes.
    pub attach: Option<String>,
    /// The experiments that were made, with what they showed.
    pub tried: Vec<String>,
    /// What would decide what is still open.
    pub open: Vec<String>,
}

/// What is known of both secrets of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Whether the rotation can go on.
    pub safe: bool,
    /// What to do, in a sentence.
    pub advice: String,
}

/// How much a local check counts, by its strength.
fn weight(strength: Strength) -> f64 {
    match strength {
        // What is certain outweighs all that an answer suggests.
        Strength::Certain => 9.0,
        Strength::Likely => 3.0,
        Strength::Possible => 0.6,
    }
}

/// Causes that authentication rules out.
const BEFORE_AUTHENTICATION: [&str; 14] = [
    "api-key-propagation",
    "bad-fingerprint-or-key",
    "clock-skew",
    "config-env-missing",
    "config-profile-missing",
    "content-type-signed-header",
    "credential-file-missing",
    "genai-secret-not-active",
    "key-format",
    "key-region-mismatch",
    "region-not-subscribed",
    "session-expired",
    "wrong-auth-mode",
    "wrong-key-id",
];

impl Explainer<'_> {
    /// The rows that fail, grouped by what one diagnosis covers: a credential that isn't known anywhere is one
    /// failure, however many planes say so.
    pub fn failures(&self, rows: &[Row]) -> Vec<Vec<usize>> {
        let key = |row: &Row| -> Option<(usize, &'static str)> {
            let cell = self.plan.cells.get(row.cell)?;
            Some((cell.credential, cell.plane.name))
        };
        // Somewhere is enough: a key lives in one region.
        let working: Vec<_> =
            rows.iter().filter(|row| row.verdict == Verdict::Works).filter_map(key).collect();
        let mut groups: BTreeMap<(Option<usize>, String), Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let Some(at) = key(row) else { continue };
            let tried = row.no_session.is_some() || !row.seen.is_empty();
            let alone = self.plan.cells.iter().filter(|cell| cell.credential == at.0).count() == 1;
            if row.verdict == Verdict::Works || !tried || working.contains(&at) || (row.by_design && !alone) {
                continue;
            }
            let group = if row.no_session.is_some() || row.verdict == Verdict::NotAuthenticated {
                (Some(at.0), row.verdict.as_str().to_owned())
            } else if row.verdict != Verdict::NotAuthorized && !row.by_design {
                // What is wrong with a request or a service is so for whoever asks.
                (None, format!("{} {}", at.1, row.reason))
            } else {
                (Some(at.0), at.1.to_owned())
            };
            groups.entry(group).or_default().push(index);
        }
        let rank = |index: &usize| {
            let verdict = rows.get(*index).map(|row| row.verdict);
            let order = [Verdict::NotSupported, Verdict::NotAuthorized, Verdict::NotAuthenticated];
            (order.iter().position(|other| Some(*other) == verdict).unwrap_or(order.len()), *index)
        };
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        for group in &mut groups {
            group.sort_by_key(rank);
        }
        groups.sort();
        groups
    }

    /// The case of a failure: of its first row, which got furthest.
    pub fn case(&self, rows: &[Row], group: &[usize]) -> Option<(Case, Testimony)> {
        let row = rows.get(*group.first()?)?;
        let cell = self.plan.cells.get(row.cell)?;
        let credential = self.lab.credentials.get(cell.credential)?;
        let seen = row.seen.first().and_then(|at| self.lab.observation(*at));
        let mut case = Case {
            auth_method: Some(credential.method.to_owned()),
            plane: Some(cell.plane.name.to_owned()),
            region: row.region.clone(),
            model: seen
                .as_ref()
                .and_then(|seen| seen.model.clone())
                .or_else(|| self.lab.target.model.clone()),
            changed: self.changed.clone(),
            ..Case::default()
        };
        if let Some(seen) = &seen {
            case.error =
                ErrorSeen { status: seen.status, code: seen.code.clone(), message: seen.message.clone() };
            case.request = Some(format!("{} {}", seen.method, self.canonical(&seen.url)));
            case.opc_request_id.clone_from(&seen.opc_request_id);
        }
        if let Some(error) = &row.no_session {
            case.error = ErrorSeen { status: error.status, code: None, message: Some(error.to_string()) };
            case.request = Some(error.step.to_owned());
            case.opc_request_id.clone_from(&error.request_id);
            case.witnesses.push(no_session(error));
        }
        case.witnesses.extend(self.foreign_signer(credential.method, row));
        let token = self.lab.session_made(cell.credential).and_then(|session| session.expires());
        if let Some(ends) =
            token.filter(|ends| *ends > self.lab.around.now() && row.authenticated == Shown::No)
        {
            let text = format!("the token is valid until {}", crate::wire::http_date(ends));
            case.witnesses.push(Witness::of("token", text, "session-expired", -4.0));
        }
        if let Some(mixed) = credential.held.mixed.as_ref().filter(|_| row.authenticated == Shown::No) {
            case.witnesses.push(Witness::of("configuration", mixed.clone(), "wrong-profile-credential", 5.0));
        }
        if credential.held.session && credential.method == "user-api-key" && row.authenticated == Shown::No {
            let text = "the profile holds a session token too, and the call was signed with the user's key";
            case.witnesses.push(Witness::of("configuration", text, "wrong-auth-mode", 3.0));
        }
        self.check_locally(cell.credential, cell.plane.name, row, seen.as_ref(), &mut case);
        let mut testimony = self.testimony(cell.credential, row, seen.as_ref(), self.tenancy);
        testimony.witnesses.extend(self.not_stored(cell.credential, row, &testimony));
        case.witnesses.extend(testimony.witnesses.iter().cloned());
        // The evaluator knows the whole tenancy; without its word the statements speak for themselves, but of no
        // compartment that isn't there.
        let speak = testimony.witnesses.is_empty() && self.unlisted().is_none();
        if let Some(tenancy) = self.tenancy.filter(|_| speak) {
            let statements = tenancy.policies.iter().flat_map(|policy| &policy.statements);
            case.policies =
                statements.take(MOST_STATEMENTS).map(|statement| statement.text.to_string()).collect();
            let rules = tenancy.dynamic_groups.iter().map(|group| group.rule.text.to_string());
            case.matching_rules = rules.take(MOST_STATEMENTS).collect();
        }
        case.witnesses.extend(self.implied_profile(cell.credential));
        if let (Some(tenancy), Some(seen)) = (self.tenancy, &seen) {
            let token = self.lab.session_made(cell.credential).and_then(|session| session.token());
            let own = credential.held.tenancy.as_deref().or_else(|| token.and_then(Token::tenancy));
            let named = Named {
                target: &self.lab.target,
                region: &seen.region,
                key: self.key_ocid,
                bearer: !credential.signed,
                user: credential.held.user.as_deref().filter(|_| credential.method == "user-api-key"),
                tenancy: own,
                seen,
            };
            case.witnesses.extend(listed::witnesses(tenancy, &named));
        }
        if let Some(seen) = &seen {
            self.judge_answer(cell.credential, seen, &mut case);
        }
        Some((case, testimony))
    }

    /// The diagnosis of a case after experiments.
    pub fn finding(
        &self,
        rows: &[Row],
        group: &[usize],
        case: &Case,
        testimony: &Testimony,
        experiments: &[Seen],
    ) -> Option<Finding> {
        let row = rows.get(*group.first()?)?;
        let cell = self.plan.cells.get(row.cell)?;
        let credential = self.lab.credentials.get(cell.credential)?;
        let mut report = diagnose_with(case, experiments);
        let seen = row.seen.first().and_then(|at| self.lab.observation(*at));
        Mending { explainer: self, cell, seen: seen.as_ref(), case, testimony }.complete(&mut report);
        let ids = |at: &usize| self.lab.observation(*at).and_then(|seen| seen.opc_request_id);
        let mut request_ids: Vec<String> = group
            .iter()
            .filter_map(|index| rows.get(*index))
            .flat_map(|row| row.seen.iter().filter_map(ids))
            .collect();
        request_ids.extend(row.no_session.as_ref().and_then(|error| error.request_id.clone()));
        let others = group.iter().skip(1).filter_map(|index| self.plan.cells.get(rows.get(*index)?.cell));
        let mut alike: Vec<String> = others
            .map(|other| match other.credential == cell.credential {
                true => format!("on {}", other.plane.name),
                false => {
                    format!(
                        "as {}",
                        self.lab.credentials.get(other.credential).map_or("", |known| known.method)
                    )
                }
            })
            .collect();
        alike.dedup();
        let everywhere =
            if alike.is_empty() { String::new() } else { format!(" (and alike {})", alike.join(", ")) };
        let operation = row.seen.first().and_then(|at| self.lab.observation(*at)).map(|seen| seen.operation);
        let called = operation.map(|name| format!("{name} ")).unwrap_or_default();
        let region = row.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
        Some(Finding {
            auth_method: credential.method.to_owned(),
            credential: credential.origin.clone(),
            plane: Some(cell.plane.name.to_owned()),
            region: row.region.clone(),
            rows: group.to_vec(),
            what: format!("{called}on {}{region}: {}{everywhere}", cell.plane.name, row.reason),
            request_ids,
            report,
            attach: testimony.attach.clone(),
            tried: Vec::new(),
            open: Vec::new(),
        })
    }

    /// The diagnosis of a credential that can't be used, so that nothing was sent.
    pub fn unusable(
        method: &str,
        origin: &str,
        unusable: &Unusable,
        checks: &[preflight::Evidence],
    ) -> Finding {
        let mut case = Case {
            error: ErrorSeen { message: Some(unusable.why.clone()), ..ErrorSeen::default() },
            auth_method: Some(method.to_owned()),
            ..Case::default()
        };
        case.witnesses.push(Witness::of("local-check", unusable.why.clone(), unusable.cause, SURE));
        case.witnesses.extend(checks.iter().filter_map(witness));
        Finding {
            auth_method: method.to_owned(),
            credential: origin.to_owned(),
            plane: None,
            region: None,
            rows: Vec::new(),
            what: format!("nothing was sent: {}", unusable.why),
            request_ids: Vec::new(),
            report: diagnose_with(&case, &[]),
            attach: None,
            tried: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The address as the service itself has it.
    pub(super) fn canonical(&self, url: &str) -> String {
        let parsed = reqwest::Url::parse(url).ok();
        parsed.and_then(|url| self.lab.endpoints.canonical(&url)).unwrap_or_else(|| url.to_owned())
    }

    /// Runs the checks that need no request.
    fn check_locally(
        &self,
        credential: usize,
        plane: &str,
        row: &Row,
        seen: Option<&Observation>,
        case: &mut Case,
    ) {
        let Some(known) = self.lab.credentials.get(credential) else { return };
        let target = &self.lab.target;
        let url = seen.map(|seen| self.canonical(&seen.url));
        let ids = ids(target, Some(plane));
        let inference = plane.starts_with("inference");
        let others: Vec<(&str, &str)> = self
            .others
            .iter()
            .filter(|(origin, user, _)| *origin != known.origin && *user != known.held.user)
            .map(|(origin, _, fingerprint)| (origin.as_str(), fingerprint.as_str()))
            .collect();
        let files: Vec<(&str, u32)> =
            known.held.files.iter().map(|(path, mode)| (path.as_str(), *mode)).collect();
        let token = self.lab.session_made(credential).and_then(|session| session.token());
        let session = known.method == "session-token";
        // The URL may lead to another region than the configuration means.
        let place = self.plan.cells.get(row.cell).and_then(|cell| cell.place.as_ref());
        let configured = place.map(|place| place.region.as_str()).or(row.region.as_deref());
        let setup = Setup {
            now: Some(self.lab.around.now()),
            url: url.as_deref(),
            plane: Some(plane),
            region: configured,
            auth_method: Some(known.method),
            user: known.held.user.as_deref(),
            tenancy: known.held.tenancy.as_deref(),
            fingerprint: known.held.fingerprint.as_deref(),
            others: &others,
            key: known.held.key.as_ref().map(Result::as_ref),
            token: if session { known.held.token.as_ref() } else { token },
            files: &files,
            secret: known.held.secret.as_ref(),
            mixed: known.held.mixed.as_deref(),
            ids: &ids,
            model: case.model.as_deref().filter(|_| inference),
            api: api(plane, target).filter(|_| inference),
            dedicated: case.model.as_deref().is_some_and(super::is_endpoint),
            ..Setup::default()
        };
        let found = preflight::all(&setup);
        case.witnesses.extend(self.elsewhere(&setup, &found, configured));
        case.witnesses.extend(agreeing(&ids, &found, configured));
        // Bad practice is no reason for a failure.
        case.witnesses.extend(found.iter().filter_map(witness));
        if let Some(evidence) = seen
            .and_then(|seen| seen.date.as_deref())
            .and_then(|date| preflight::clock(self.lab.around.now(), date))
            && seen.is_some_and(|seen| seen.authenticated != Shown::Yes)
        {
            case.witnesses.extend(witness(&evidence));
        }
    }

    /// That the region called lacks the model follows from an address in another region than the one that is configured,
    /// where that one has the model.
    fn elsewhere(
        &self,
        setup: &Setup<'_>,
        found: &[preflight::Evidence],
        configured: Option<&str>,
    ) -> Option<Witness> {
        let (region, model) = (configured?, setup.model?);
        let differ = found.iter().any(|evidence| evidence.check == REGIONS);
        let known = catalog::model(model).is_some_and(|known| known.in_region(region).is_some());
        let today = self.lab.today();
        let offered = preflight::model(model, region, setup.api, setup.auth_method, !setup.dedicated, &today)
            .is_empty();
        (differ && known && offered).then(|| {
            let text = format!("the region that is configured, `{region}`, offers `{model}`");
            let less = -4.0;
            let supports = [
                ("region-url-mismatch", 3.0),
                ("region-model-unavailable", less),
                ("model-dedicated-only", less),
                ("model-retired", less),
            ];
            Witness::with("catalogue", text, &supports)
        })
    }

    /// What the answer itself rules out.
    fn judge_answer(&self, credential: usize, seen: &Observation, case: &mut Case) {
        let held = self.lab.credentials.get(credential).map(|known| &known.held);
        let says = |part: &str| seen.message.as_ref().is_some_and(|text| text.to_lowercase().contains(part));
        let key =
            held.and_then(|held| Some((held.key.as_ref()?.as_ref().ok()?, held.fingerprint.as_deref()?)));
        if says("verify the http")
            && key.is_some_and(|(file, print)| file.key.public().fingerprint() == print)
        {
            let text = "the service knows the fingerprint, which is that of the key that signed: what was signed may not be what arrived";
            let mut witness = Witness::of("local-check", text, "content-type-signed-header", 1.4);
            witness.supports.push(("proxy-or-tls-interception".to_owned(), 0.5));
            witness.supports.push(("bad-fingerprint-or-key".to_owned(), -2.0));
            case.witnesses.push(witness);
        }
        let secret = held.and_then(|held| held.secret.as_ref()).map(|secret| secret.expose().trim());
        if says("entity with key apikey")
            && secret.is_some_and(|text| text.len() >= WHOLE_SECRET && text.starts_with("sk-"))
        {
            let text = "what was sent has the form of a secret, so that it is no placeholder";
            case.witnesses.push(Witness::of("local-check", text, "signer-not-applied", -4.5));
        }
        if seen.authenticated == Shown::Yes {
            let because = "the service knew the caller".to_owned();
            case.witnesses.push(Witness {
                kind: "answer",
                text: because.clone(),
                supports: Vec::new(),
                excludes: BEFORE_AUTHENTICATION
                    .iter()
                    .map(|cause| ((*cause).to_owned(), because.clone()))
                    .collect(),
            });
        }
        if seen.is_foreign() {
            let said = match seen.is_json {
                true => "the answer has the form of OpenAI's API and carries no opc-request-id",
                false => "the answer is no JSON and carries no opc-request-id",
            };
            let supports: &[(&str, f64)] = match seen.is_json {
                true => &[("wrong-host", 3.0), ("client-error-masking", 2.0)],
                false => &[("proxy-or-wrong-url", 3.0)],
            };
            let text = format!("{said}, so no service of OCI wrote it");
            case.witnesses.push(Witness::with("answer", text, supports));
        }
        if self.lab.target.project.is_none() {
            let because = "the call names no project".to_owned();
            let project = ["project-propagation", "wrong-project-ocid"];
            case.witnesses.push(Witness {
                kind: "request",
                text: because.clone(),
                supports: Vec::new(),
                excludes: project.iter().map(|cause| ((*cause).to_owned(), because.clone())).collect(),
            });
        }
        if self.lab.target.project.is_some()
            && seen.plane == "inference-openai"
            && self.lab.target.task == Task::Responses
            && seen.status == Some(404)
        {
            let text = "the request carried a project, which the plane must know";
            let mut witness = Witness::of("request", text, "project-propagation", 1.5);
            witness.supports.push(("wrong-project-ocid".to_owned(), 0.8));
            case.witnesses.push(witness);
        }
        if self.lab.target.sends.body.is_some()
            && matches!(seen.status, Some(400 | 422))
            && seen.plane.starts_with("inference")
        {
            let text = "the body is the client's own and not the documented one";
            case.witnesses.push(Witness::of("request", text, "api-format-mismatch", 1.2));
        }
        self.judge_headers(seen, case);
    }

    /// What the request carried, where the answer asks for it.
    fn judge_headers(&self, seen: &Observation, case: &mut Case) {
        let carried = &seen.carried;
        let text = seen.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        if seen.status != Some(400) || !seen.plane.starts_with("inference") {
            return;
        }
        let responses = seen.plane == "inference-openai" && self.lab.target.task == Task::Responses;
        let lacks_project = responses && !carried.project;
        if lacks_project {
            let text = "the request carried a compartment and no project";
            case.witnesses.push(Witness::of("request", text, "missing-project-header", 1.5));
        }
        if !text.contains("compartment") {
            return;
        }
        let native = seen.plane == "inference";
        let shaped = if native {
            carried.compartment.iter().any(|place| place == "body")
        } else {
            carried.in_both_headers()
        };
        if shaped {
            let text = "the compartment stands in every place that the documentation names";
            let less = [("missing-compartment", -4.0), ("wrong-compartment-header", -3.0)];
            case.witnesses.push(Witness::with("request", text, &less));
        } else if carried.compartment.is_empty() {
            // A key's own compartment counts, so that it need not name one.
            let weight = if lacks_project { 0.8 } else { 4.0 };
            let text = "the request named no compartment";
            let supports = [("missing-compartment", weight), ("wrong-compartment-header", -3.0)];
            case.witnesses.push(Witness::with("request", text, &supports));
        } else {
            let weight = if lacks_project { 0.6 } else { 4.0 };
            let text =
                format!("the request named the compartment in `{}` only", carried.compartment.join("`, `"));
            let supports = [("wrong-compartment-header", weight), ("missing-compartment", -2.5)];
            case.witnesses.push(Witness::with("request", text, &supports));
        }
    }

    /// The compartment of the call, where the tenancy at hand lists compartments and not this one.
    fn unlisted(&self) -> Option<&str> {
        let ocid =
            self.lab.target.compartment.as_deref().filter(|ocid| ocid.starts_with("ocid1.compartment."))?;
        let rows = self.tenancy?.compartments.as_slice();
        let listed = rows.is_empty() || rows.iter().any(|row| row.ocid.as_deref() == Some(ocid));
        (!listed).then_some(ocid)
    }

    /// What the policies at hand say; none when rights are not in question.
    pub(super) fn testimony(
        &self,
        credential: usize,
        row: &Row,
        seen: Option<&Observation>,
        tenancy: Option<&Tenancy>,
    ) -> Testimony {
        let refused = row.authorized == Shown::No && row.authenticated != Shown::No;
        let Some(cell) = self.plan.cells.get(row.cell).filter(|_| refused) else {
            return Testimony::default();
        };
        let Some(operation) = cell.asks.first().and_then(super::Ask::operation) else {
            return Testimony::default();
        };
        let only_key = || match tenancy?.api_keys.as_slice() {
            [only] => Some(only.ocid.as_str()),
            _ => None,
        };
        let key = self.key_ocid.or_else(only_key);
        let Some(principal) = evaluator::principal(self.lab, credential, key) else {
            return Testimony::default();
        };
        let own = self.lab.tenancy(credential);
        // Policies can't speak of a compartment that isn't there.
        let known = tenancy.filter(|_| self.unlisted().is_none());
        // A key without a compartment acts in its own.
        let compartment = self.lab.target.compartment.as_deref().or(own.as_deref());
        evaluator::ask(
            known.map(|tenancy| AtHand { tenancy, meant: self.meant }),
            principal,
            operation,
            compartment,
            row.region.as_deref(),
            seen.and_then(|seen| seen.model.as_deref()),
            &self.lab.around.now().to_string(),
        )
    }

    /// Whether these policies grant the call of a cell that was refused.
    pub(super) fn grants(&self, credential: usize, row: &Row, tenancy: &Tenancy) -> bool {
        let seen = row.seen.first().and_then(|at| self.lab.observation(*at));
        self.testimony(credential, row, seen.as_ref(), Some(tenancy)).granted.is_some()
    }

    /// A signer that is made for another environment than this one.
    fn foreign_signer(&self, method: &str, row: &Row) -> Option<Witness> {
        let why = environment(&*self.lab.around)?.against(method)?;
        if row.no_session.as_ref().is_some_and(|error| error.cause == "rp-off-oci") {
            let mut witness = Witness::of("configuration", why, "wrong-signer", SURE + 3.0);
            witness.supports.push(("rp-off-oci".to_owned(), -2.0));
            return Some(witness);
        }
        // It has a session, as the node under a pod has, and that is somebody else.
        (row.authorized == Shown::No && row.no_session.is_none()).then(|| {
            let mut witness = Witness::of("configuration", why, "wrong-signer", 5.4);
            witness.supports.push(("principal-mismatch".to_owned(), 1.0));
            witness
        })
    }

    /// The failures of credentials that nothing was sent with, since no plane that was asked for takes them.
    pub fn not_taken(&self, rows: &[Row]) -> Vec<Finding> {
        let of = |credential: usize| {
            rows.iter().filter(move |row| {
                self.plan.cells.get(row.cell).is_some_and(|cell| cell.credential == credential)
            })
        };
        let finding = |(at, known): (usize, &super::Credential)| {
            let silent = |row: &Row| {
                row.verdict == Verdict::NotSupported && row.seen.is_empty() && row.no_session.is_none()
            };
            let first = of(at).next().filter(|_| of(at).all(silent))?;
            let plane = self.plan.cells.get(first.cell)?.plane;
            let evidence = preflight::auth_method_on_plane(known.method, plane)?;
            let cause = evidence.cause.unwrap_or("unsupported-auth-type");
            let unusable = Unusable { why: first.reason.clone(), cause };
            let mut finding = Self::unusable(known.method, &known.origin, &unusable, &[evidence]);
            finding.plane = Some(plane.name.to_owned());
            Some(finding)
        };
        self.plan.credentials.iter().enumerate().filter_map(finding).collect()
    }

    /// A profile that something else than the person chose, beside others that could be meant.
    fn implied_profile(&self, credential: usize) -> Option<Witness> {
        let chosen_by = self.chosen_by?;
        let known = self.lab.credentials.get(credential)?;
        let others = self.lab.credentials.iter().skip(self.plan.credentials.len());
        let other = others.filter(|other| other.origin.starts_with("profile `")).find(|other| {
            known.origin.starts_with("profile `")
                && (&other.held.user, &other.held.tenancy) != (&known.held.user, &known.held.tenancy)
        })?;
        let text = format!("`{chosen_by}` chose {}, and {} is there too", known.origin, other.origin);
        Some(Witness::of("configuration", text, "wrong-profile-credential", IMPLIED))
    }

    /// What is meant grants the call, what is stored does not: the one was never made the other.
    fn not_stored(&self, credential: usize, row: &Row, testimony: &Testimony) -> Option<Witness> {
        let stored = self.stored.filter(|stored| !stored.policies.is_empty())?;
        testimony.granted.as_ref()?;
        if self.grants(credential, row, stored) {
            return None;
        }
        let text = "the policies of the configuration grant this call, those that the tenancy holds do not";
        let mut witness = Witness::of("policy", text, "policy-not-applied", SURE);
        witness.supports.push(("iam-propagation".to_owned(), -4.0));
        Some(witness)
    }

    /// What is known of both secrets of a key, when both were tried.
    pub fn rotation(&self, rows: &[Row]) -> Option<Rotation> {
        let works = |standby: bool| {
            let mut found = None;
            for row in rows {
                let cell = self.plan.cells.get(row.cell)?;
                let credential = self.lab.credentials.get(cell.credential)?;
                if credential.method == "genai-api-key"
                    && credential.standby == standby
                    && !row.seen.is_empty()
                {
                    found = Some(found.unwrap_or(false) || row.verdict == Verdict::Works);
                }
            }
            found
        };
        Some(match (works(false)?, works(true)?) {
            (true, true) => Rotation {
                safe: true,
                advice: "standby works, safe to revoke the other: move clients to it, then renew or deactivate the one in use".into(),
            },
            (false, true) => Rotation {
                safe: true,
                advice: "standby works, and the one in use doesn't: move clients to the standby now".into(),
            },
            (true, false) => Rotation {
                safe: false,
                advice: "standby doesn't work: keep the one in use, and renew the standby before a rotation".into(),
            },
            (false, false) => Rotation {
                safe: false,
                advice: "neither secret works: what is wrong concerns both, such as policy or region, or both are revoked".into(),
            },
        })
    }
}

/// OCIDs that lie in the region that is configured are right where only the address leads elsewhere.
fn agreeing(ids: &[Value<'_>], found: &[preflight::Evidence], configured: Option<&str>) -> Option<Witness> {
    let region = configured.filter(|_| found.iter().any(|evidence| evidence.check == REGIONS))?;
    let own = |value: &&Value<'_>| {
        let named = preflight::Ocid::parse(value.text).and_then(|ocid| catalog::region(ocid.region?));
        named.is_some_and(|named| catalog::region(region).is_some_and(|region| region.name == named.name))
    };
    let value = ids.iter().find(own)?;
    let text =
        format!("{} lies in `{region}`, as configured, so that the address is what differs", value.name);
    let less = -8.0;
    let supports = [
        ("region-url-mismatch", 5.0),
        ("wrong-project-ocid", less),
        ("key-region-mismatch", less),
        ("wrong-ocid", -2.0),
    ];
    Some(Witness::with("request", text, &supports))
}

/// As many as anybody reads.
const MOST_STATEMENTS: usize = 500;
/// No secret of a GenAI API key is shorter.
const WHOLE_SECRET: usize = 32;
/// How much a choice that nobody made by name counts.
const IMPLIED: f64 = 3.6;
/// How much a plain fact counts.
const SURE: f64 = 9.0;

fn no_session(error: &AuthError) -> Witness {
    Witness::of("session", error.to_string(), error.cause, SURE)
}

/// A local check as a witness; none for what is no reason to fail.
pub(super) fn witness(evidence: &preflight::Evidence) -> Option<Witness> {
    let cause = evidence.cause?;
    let text = match &evidence.instead {
        Some(instead) => format!("{} (instead: {instead})", evidence.text),
        None => evidence.text.clone(),
    };
    let mut witness = Witness::of("local-check", text, cause, weight(evidence.strength));
    if evidence.check == REGIONS {
        // That the region called lacks something follows from it.
        let follows =
            ["region-model-unavailable", "key-region-mismatch", "model-dedicated-only", "wrong-project-ocid"];
        witness.supports.extend(follows.map(|cause| (cause.to_owned(), -1.5)));
        witness.supports.push(("region-url-mismatch".to_owned(), 1.5));
    }
    if evidence.check == UNKNOWN_MODEL {
        // The catalogue lists what is retired too: a name that it doesn't know was hardly ever offered.
        witness.supports.push(("region-model-unavailable".to_owned(), 0.8));
        witness.supports.push(("model-retired".to_owned(), -1.5));
    }
    Some(witness)
}

/// The check that finds a model's name in the catalogue.
const UNKNOWN_MODEL: &str = "model";
/// The check that compares the regions of configuration and URL.
const REGIONS: &str = "regions";

/// The OCIDs of a target that a call to a plane names, as the checks take them.
pub(crate) fn ids<'t>(target: &'t Target, plane: Option<&str>) -> Vec<Value<'t>> {
    use catalog::Place;
    let of_agents = plane.is_some_and(|plane| plane.starts_with("agent"));
    let agent = target.agent_endpoint.as_deref().filter(|_| of_agents);
    let endpoint = target.model.as_deref().filter(|model| super::is_endpoint(model) && !of_agents);
    [
        ("compartment", target.compartment.as_deref(), Place::Compartment),
        ("OpenAI-Project", target.project.as_deref(), Place::Project),
        ("the agent endpoint", agent, Place::AgentEndpoint),
        ("the endpoint", endpoint, Place::Model),
    ]
    .into_iter()
    .filter_map(|(name, text, place)| Some(Value { name, text: text?, place }))
    .collect()
}

/// The API that a task is called by on a plane.
pub(crate) fn api(plane: &str, target: &Target) -> Option<Api> {
    match (plane, target.task) {
        ("inference-openai", Task::Responses) => Some(Api::Responses),
        ("inference-openai", Task::Chat) => Some(Api::ChatCompletions),
        ("inference", Task::Chat) => Some(Api::Native(target.sends.format)),
        _ => None,
    }
}
