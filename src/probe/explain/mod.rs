//! From cells that failed to diagnoses: each failure becomes a case, with local checks, other cells, further requests
//! and the policies at hand as witnesses.

mod answer;
mod case;
mod checks;
mod policies;
mod rotation;

use std::collections::BTreeMap;

use super::auth::{Held, Unusable};
use super::evaluator::Testimony;
use super::lab::Lab;
use super::matrix::{Row, Verdict};
use super::plan::Plan;
use super::preflight;
use super::remedy::Mending;
use crate::authz::Tenancy;
use crate::diagnose::ladder::Seen;
use crate::diagnose::{Case, ErrorSeen, Report, Witness, diagnose_with};

pub(crate) use checks::{api, ids};
pub use rotation::Rotation;

/// How much a plain fact counts.
const SURE: f64 = 9.0;

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
        held: &Held,
        unusable: &Unusable,
        checks: &[preflight::Evidence],
    ) -> Finding {
        let mut case = Case {
            error: ErrorSeen { message: Some(unusable.why.clone()), ..ErrorSeen::default() },
            auth_method: Some(method.to_owned()),
            ..Case::default()
        };
        case.witnesses.push(Witness::of("local-check", unusable.why.clone(), unusable.cause, SURE));
        case.witnesses.extend(checks.iter().filter_map(checks::witness));
        let mut report = diagnose_with(&case, &[]);
        for command in report.diagnoses.iter_mut().flat_map(|diagnosis| &mut diagnosis.remedy.commands) {
            for (hole, value) in held.holes(origin) {
                *command = value.map_or_else(|| command.clone(), |value| command.replace(hole, value));
            }
        }
        Finding {
            auth_method: method.to_owned(),
            credential: origin.to_owned(),
            plane: None,
            region: None,
            rows: Vec::new(),
            what: format!("nothing was sent: {}", unusable.why),
            request_ids: Vec::new(),
            report,
            attach: None,
            tried: Vec::new(),
            open: Vec::new(),
        }
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
            let mut finding =
                Self::unusable(known.method, &known.origin, &known.held, &unusable, &[evidence]);
            finding.plane = Some(plane.name.to_owned());
            Some(finding)
        };
        self.plan.credentials.iter().enumerate().filter_map(finding).collect()
    }
}
