//! The case of a failure: what was asked and answered, with all that speaks for or against a cause.

use super::{Explainer, SURE};
use crate::diagnose::{Case, ErrorSeen, Witness};
use crate::probe::auth::{AuthError, environment};
use crate::probe::evaluator::Testimony;
use crate::probe::listed::{self, Named};
use crate::probe::matrix::Row;
use crate::probe::observe::{Observation, Shown};
use crate::probe::plan::{Cell, Credential};
use crate::wire::{Token, http_date};

/// As many as anybody reads.
const MOST_STATEMENTS: usize = 500;
/// How much a choice that nobody made by name counts.
const IMPLIED: f64 = 3.6;

impl Explainer<'_> {
    /// The case of a failure: of its first row, which got furthest.
    pub fn case(&self, rows: &[Row], group: &[usize]) -> Option<(Case, Testimony)> {
        let row = rows.get(*group.first()?)?;
        let cell = self.plan.cells.get(row.cell)?;
        let credential = self.lab.credentials.get(cell.credential)?;
        let seen = row.seen.first().and_then(|at| self.lab.observation(*at));
        let mut case = self.asked_and_answered(row, cell, credential, seen.as_ref());
        case.witnesses.extend(row.no_session.as_ref().map(no_session));
        case.witnesses.extend(self.foreign_signer(credential.method, row));
        if row.authenticated == Shown::No {
            case.witnesses.extend(self.unknown_caller(cell.credential, credential));
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

    /// What was asked for as whom, and the answer; where no session came about, the step that failed.
    fn asked_and_answered(
        &self,
        row: &Row,
        cell: &Cell,
        credential: &Credential,
        seen: Option<&Observation>,
    ) -> Case {
        let model = seen.and_then(|seen| seen.model.clone()).or_else(|| self.lab.target.model.clone());
        let mut case = Case {
            auth_method: Some(credential.method.to_owned()),
            plane: Some(cell.plane.name.to_owned()),
            region: row.region.clone(),
            model,
            changed: self.changed.clone(),
            ..Case::default()
        };
        if let Some(seen) = seen {
            case.error =
                ErrorSeen { status: seen.status, code: seen.code.clone(), message: seen.message.clone() };
            case.request = Some(format!("{} {}", seen.method, self.canonical(&seen.url)));
            case.opc_request_id.clone_from(&seen.opc_request_id);
        }
        if let Some(error) = &row.no_session {
            case.error = ErrorSeen { status: error.status, code: None, message: Some(error.to_string()) };
            case.request = Some(error.step.to_owned());
            case.opc_request_id.clone_from(&error.request_id);
        }
        case
    }

    /// What the credential itself says of why it was not known.
    fn unknown_caller(&self, at: usize, credential: &Credential) -> Vec<Witness> {
        let mut found = Vec::new();
        let ends = self.lab.session_made(at).and_then(|session| session.expires());
        if let Some(ends) = ends.filter(|ends| *ends > self.lab.around.now()) {
            let text = format!("the token is valid until {}", http_date(ends));
            found.push(Witness::of("token", text, "session-expired", -4.0));
        }
        if let Some(mixed) = &credential.held.mixed {
            found.push(Witness::of("configuration", mixed.clone(), "wrong-profile-credential", 5.0));
        }
        if credential.held.session && credential.method == "user-api-key" {
            let text = "the profile holds a session token too, and the call was signed with the user's key";
            found.push(Witness::of("configuration", text, "wrong-auth-mode", 3.0));
        }
        found
    }

    /// The address as the service itself has it.
    pub(in crate::probe) fn canonical(&self, url: &str) -> String {
        let parsed = reqwest::Url::parse(url).ok();
        parsed.and_then(|url| self.lab.endpoints.canonical(&url)).unwrap_or_else(|| url.to_owned())
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
}

fn no_session(error: &AuthError) -> Witness {
    Witness::of("session", error.to_string(), error.cause, SURE)
}
