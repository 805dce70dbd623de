//! From cells that failed to diagnoses: each failure becomes a case, with local checks, other cells, further requests
//! and the policies at hand as witnesses.

use std::collections::BTreeMap;

use super::auth::{AuthError, Unusable};
use super::evaluator::{self, Testimony};
use super::lab::Lab;
use super::listed::{self, Named};
use super::matrix::{Row, Verdict};
use super::observe::{Observation, Shown};
use super::plan::Plan;
use super::preflight::{self, Api, Setup, Strength, Value};
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
    /// The OCID of the GenAI API key, where it is known.
    pub key_ocid: Option<&'a str>,
    /// Fingerprints of other credentials, with their origins.
    pub others: &'a [(String, String)],
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
        self.check_locally(cell.credential, cell.plane.name, row, seen.as_ref(), &mut case);
        let testimony = self.testimony(cell.credential, row, seen.as_ref());
        case.witnesses.extend(testimony.witnesses.iter().cloned());
        // The evaluator knows the whole tenancy; without its word the statements speak for themselves.
        if let Some(tenancy) = self.tenancy.filter(|_| testimony.witnesses.is_empty()) {
            let statements = tenancy.policies.iter().flat_map(|policy| &policy.statements);
            case.policies =
                statements.take(MOST_STATEMENTS).map(|statement| statement.text.to_string()).collect();
            let rules = tenancy.dynamic_groups.iter().map(|group| group.rule.text.to_string());
            case.matching_rules = rules.take(MOST_STATEMENTS).collect();
        }
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
            // Without a testimony the statements speak for themselves.
            if testimony.witnesses.is_empty() && row.authorized == Shown::No {
                let statements = tenancy.policies.iter().flat_map(|policy| &policy.statements);
                let texts = statements.take(MOST_STATEMENTS).map(|statement| statement.text.to_string());
                case.policies = texts.collect();
                let rules = tenancy.dynamic_groups.iter().map(|group| group.rule.text.to_string());
                case.matching_rules = rules.take(MOST_STATEMENTS).collect();
            }
        }
        if let Some(seen) = &seen {
            self.judge_answer(seen, &mut case);
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
        self.complete(cell.credential, case, testimony, &mut report);
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
    fn canonical(&self, url: &str) -> String {
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
        let ids = ids(target);
        let inference = plane.starts_with("inference");
        let others: Vec<(&str, &str)> = self
            .others
            .iter()
            .filter(|(origin, _)| *origin != known.origin)
            .map(|(origin, fingerprint)| (origin.as_str(), fingerprint.as_str()))
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
            ids: &ids,
            model: case.model.as_deref().filter(|_| inference),
            api: api(plane, target.task).filter(|_| inference),
            dedicated: case.model.as_deref().is_some_and(super::is_endpoint),
            ..Setup::default()
        };
        let found = preflight::all(&setup);
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

    /// What the answer itself rules out.
    fn judge_answer(&self, seen: &Observation, case: &mut Case) {
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
            let text = "the answer is no JSON and carries no opc-request-id, so no service of OCI wrote it";
            case.witnesses.push(Witness::of("answer", text, "proxy-or-wrong-url", 3.0));
        }
        if self.lab.target.project.is_none()
            && seen.plane == "inference-openai"
            && self.lab.target.task == Task::Responses
            && seen.status == Some(400)
        {
            let text = "the request carried a compartment and no project";
            case.witnesses.push(Witness::of("request", text, "missing-project-header", 1.5));
        }
    }

    /// What the policies at hand say; none when rights are not in question.
    fn testimony(&self, credential: usize, row: &Row, seen: Option<&Observation>) -> Testimony {
        let refused = row.authorized == Shown::No && row.authenticated != Shown::No;
        let Some(cell) = self.plan.cells.get(row.cell).filter(|_| refused) else {
            return Testimony::default();
        };
        let Some(operation) = cell.asks.first().and_then(super::Ask::operation) else {
            return Testimony::default();
        };
        let only_key = || match self.tenancy?.api_keys.as_slice() {
            [only] => Some(only.ocid.as_str()),
            _ => None,
        };
        let key = self.key_ocid.or_else(only_key);
        let Some(principal) = evaluator::principal(self.lab, credential, key) else {
            return Testimony::default();
        };
        let tenancy = self.lab.tenancy(credential);
        // Policies can't speak of a compartment that isn't there.
        let unlisted = |ocid: &str| {
            let rows = self.tenancy.map(|tenancy| tenancy.compartments.as_slice()).unwrap_or_default();
            ocid.starts_with("ocid1.compartment.")
                && !rows.is_empty()
                && rows.iter().all(|row| row.ocid.as_deref() != Some(ocid))
        };
        let known = self.tenancy.filter(|_| !self.lab.target.compartment.as_deref().is_some_and(unlisted));
        // A key without a compartment acts in its own.
        let compartment = self.lab.target.compartment.as_deref().or(tenancy.as_deref());
        evaluator::ask(
            known,
            principal,
            operation,
            compartment,
            row.region.as_deref(),
            seen.and_then(|seen| seen.model.as_deref()),
            &self.lab.around.now().to_string(),
        )
    }

    /// Fills in what the run knows: the exact statement, the tenancy, the compartment, the user.
    fn complete(&self, credential: usize, case: &Case, testimony: &Testimony, report: &mut Report) {
        let tenancy = self.lab.tenancy(credential);
        let compartment = self.lab.target.compartment.as_deref();
        let held = self.lab.credentials.get(credential).map(|known| &known.held);
        let key_ocid = self.key_ocid;
        let place = compartment.map(|compartment| match compartment.starts_with("ocid1.tenancy") {
            true => "tenancy".to_owned(),
            false => format!("compartment id {compartment}"),
        });
        let fill = |text: &str| {
            let mut text = text.to_owned();
            for (mark, value) in [
                ("<tenancy-ocid>", tenancy.as_deref()),
                ("<compartment-ocid>", compartment.or(tenancy.as_deref())),
                ("<user-ocid>", held.and_then(|held| held.user.as_deref())),
                ("<api-key-ocid>", key_ocid),
                ("<region>", case.region.as_deref()),
                ("<model>", case.model.as_deref()),
            ] {
                if let Some(value) = value {
                    text = text.replace(mark, value);
                }
            }
            match &place {
                Some(place) => text.replace("compartment <compartment>", place),
                None => text,
            }
        };
        for diagnosis in &mut report.diagnoses {
            let remedy = &mut diagnosis.remedy;
            if !testimony.statements.is_empty()
                && (!remedy.statements.is_empty() || family(diagnosis.cause) == "rights")
            {
                remedy.statements.clone_from(&testimony.statements);
            }
            remedy.statements = remedy.statements.iter().map(|text| fill(text)).collect();
            remedy.commands = remedy.commands.iter().map(|text| fill(text)).collect();
            remedy.text = fill(&remedy.text);
        }
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

/// As many as anybody reads.
const MOST_STATEMENTS: usize = 500;
/// How much a plain fact counts.
const SURE: f64 = 9.0;

fn family(cause: &str) -> &str {
    crate::diagnose::cause(cause).map_or("", |cause| cause.family.as_str())
}

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
    if evidence.check == UNKNOWN_MODEL {
        // The catalogue lists what is retired too: a name that it doesn't know was hardly ever offered.
        witness.supports.push(("region-model-unavailable".to_owned(), 0.8));
        witness.supports.push(("model-retired".to_owned(), -1.5));
    }
    Some(witness)
}

/// The check that finds a model's name in the catalogue.
const UNKNOWN_MODEL: &str = "model";

/// The OCIDs of a target, as the checks take them.
pub(crate) fn ids(target: &Target) -> Vec<Value<'_>> {
    use catalog::Place;
    [
        ("compartment", target.compartment.as_deref(), Place::Compartment),
        ("OpenAI-Project", target.project.as_deref(), Place::Project),
    ]
    .into_iter()
    .filter_map(|(name, text, place)| Some(Value { name, text: text?, place }))
    .collect()
}

/// The API that a task is called by on a plane.
pub(crate) fn api(plane: &str, task: Task) -> Option<Api> {
    match (plane, task) {
        ("inference-openai", Task::Responses) => Some(Api::Responses),
        ("inference-openai", Task::Chat) => Some(Api::ChatCompletions),
        ("inference", Task::Chat) => Some(Api::Native(None)),
        _ => None,
    }
}
