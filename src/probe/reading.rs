//! Policies read live, so that the evaluator can speak of a call that was refused: with a credential of the run, by
//! lists alone, within the requests that are left.

use std::sync::Arc;

use super::lab::Lab;
use super::matrix::Row;
use super::observe::Shown;
use super::plan::{Credential, Plan};
use super::snapshot::{Glance, Pace, Reader, glance};
use crate::authz::Tenancy;
use crate::catalog;

/// Requests that a reading takes at most.
pub const MOST_READ: u32 = 30;
/// Requests that are left to the ladder.
const RESERVED: u32 = 4;
/// With fewer a reading comes to nothing.
const FEWEST: u32 = 4;
/// Credentials that are tried.
const READERS: usize = 2;

/// What was read, and what there is to say of it.
#[derive(Debug, Default)]
pub struct Reading {
    /// The part of the tenancy that bears on the refused call; none where policies could not be seen.
    pub tenancy: Option<Tenancy>,
    /// What was read, and what could not be.
    pub notes: Vec<String>,
}

/// Reads policies for the first call that was refused for want of rights; nothing where none was.
pub async fn read_policies(lab: &Lab, plan: &Plan, rows: &[Row]) -> Reading {
    let mut reading = Reading::default();
    let refused = rows.iter().filter(|row| {
        row.authorized == Shown::No
            && row.authenticated != Shown::No
            && !row.by_design
            && !row.seen.is_empty()
    });
    let Some((cell, row)) = refused.filter_map(|row| Some((plan.cells.get(row.cell)?, row))).next() else {
        return reading;
    };
    let identity = catalog::plane("identity").map_or(&[][..], |plane| plane.auth_methods);
    // Whoever was refused may read all the same; else another of the credentials that this run is about.
    let mut readers: Vec<usize> = (0..plan.credentials.len()).collect();
    readers.sort_by_key(|at| *at != cell.credential);
    readers.retain(|at| lab.credentials.get(*at).is_some_and(|one| identity.contains(&one.method)));
    if readers.is_empty() {
        return reading;
    }
    for at in readers.into_iter().take(READERS) {
        let Some(credential) = lab.credentials.get(at) else { continue };
        let most = lab.left().saturating_sub(RESERVED).min(MOST_READ);
        if most < FEWEST {
            let few = "policies were not read: too few requests are left; give more with `--max-requests`";
            reading.notes.push(few.to_owned());
            return reading;
        }
        match look(lab, at, cell.credential, row.region.as_deref(), most).await {
            Ok(tenancy) => {
                let statements: usize = tenancy.0.policies.iter().map(|policy| policy.statements.len()).sum();
                reading.notes.push(format!(
                    "{} policies with {statements} statements were read live, as {} of {}, by {} requests{}",
                    tenancy.0.policies.len(),
                    credential.method,
                    credential.origin,
                    tenancy.1,
                    tenancy.2
                ));
                reading.tenancy = Some(tenancy.0);
                return reading;
            }
            Err(why) => reading.notes.push(format!(
                "policies could not be read live, as {} of {}: {why}; give them with `--policies` or `--snapshot`",
                credential.method, credential.origin
            )),
        }
    }
    reading
}

/// One credential's look: the tenancy, how many requests it took, and what was not seen.
async fn look(
    lab: &Lab,
    reader: usize,
    caller: usize,
    region: Option<&str>,
    most: u32,
) -> Result<(Tenancy, usize, String), String> {
    let credential = lab.credentials.get(reader).ok_or("there is no such credential")?;
    let pace = Pace { tries: 1, concurrency: 4, most: usize::try_from(most).unwrap_or(0), ..Pace::default() };
    let session = lab.session(reader).await.map_err(|error| error.to_string())?;
    let place = session.place().or(credential.auth.place()).cloned();
    let place = place.or_else(|| super::config::place(region?, &*lab.around).ok());
    let asked = Glance {
        tenancy: lab.tenancy(reader).ok_or("the credential names no tenancy")?,
        place: place.ok_or("no region is known")?,
        compartment: lab.target.compartment.clone().filter(|ocid| ocid.starts_with("ocid1.compartment.")),
        user: lab.credentials.get(caller).and_then(|one| user_of(lab, caller, one)),
    };
    let made = Reader::with(
        session.clone(),
        Arc::clone(&lab.around),
        lab.http(),
        Arc::clone(&credential.auth),
        Arc::clone(&lab.endpoints),
        pace,
        Arc::new(|_| ()),
    );
    let made = Arc::new(made);
    let taken = glance(Arc::clone(&made), &asked).await;
    lab.spend(u32::try_from(made.sent()).unwrap_or(u32::MAX));
    let taken = taken.map_err(|error| error.to_string())?;
    if let Some((unseen, list)) = taken.refused.iter().find(|(unseen, _)| unseen.what == "policies") {
        return Err(format!("{}; it takes the right to {}", unseen.why, list.needs));
    }
    let missing: Vec<String> = taken
        .refused
        .iter()
        .map(|(unseen, list)| {
            format!("{} ({}; it takes the right to {})", unseen.what, unseen.why, list.needs)
        })
        .collect();
    let unseen =
        if missing.is_empty() { String::new() } else { format!("; not seen: {}", missing.join(", ")) };
    Ok((taken.tenancy, taken.sent, unseen))
}

/// The user who calls, where it is one.
fn user_of(lab: &Lab, at: usize, credential: &Credential) -> Option<String> {
    let token = lab.session_made(at).and_then(|session| session.token()).or(credential.held.token.as_ref());
    let subject = || token?.claim("sub").map(str::to_owned);
    match credential.method {
        "user-api-key" => credential.held.user.clone(),
        "session-token" | "oauth" => subject(),
        "delegation-token" => credential.held.token.as_ref()?.claim("sub").map(str::to_owned),
        _ => None,
    }
}
