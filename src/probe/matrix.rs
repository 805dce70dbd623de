//! Carries out a plan: all cells at once within bounds, each with its verdict.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::auth::AuthError;
use super::lab::{Lab, Sent};
use super::observe::{Observation, Occasion, Shown};
use super::plan::{Cell, Plan};

/// What a cell comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The request was answered.
    Works,
    /// The service knows the caller, who may not do this.
    NotAuthorized,
    /// The service doesn't know the caller.
    NotAuthenticated,
    /// The service doesn't take this: the auth method on this plane, or this model, path or quota.
    NotSupported,
    /// No service of OCI answered.
    Unreachable,
    /// Nothing was sent.
    Skipped,
}

impl Verdict {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Works => "works",
            Verdict::NotAuthorized => "not-authorized",
            Verdict::NotAuthenticated => "not-authenticated",
            Verdict::NotSupported => "not-supported",
            Verdict::Unreachable => "unreachable",
            Verdict::Skipped => "skipped",
        }
    }

    /// What an observation comes to.
    pub fn of(seen: &Observation) -> Verdict {
        match (seen.authenticated, seen.authorized, seen.answered) {
            (_, _, Shown::Yes) => Verdict::Works,
            (Shown::No, ..) => Verdict::NotAuthenticated,
            (_, Shown::No, _) => Verdict::NotAuthorized,
            _ if seen.status.is_none() || seen.is_foreign() => Verdict::Unreachable,
            _ if seen.status.is_some_and(|status| status >= 500 && status != 501) => Verdict::Unreachable,
            _ => Verdict::NotSupported,
        }
    }
}

/// A cell with its verdict.
#[derive(Clone, Debug)]
pub struct Row {
    /// The cell, by its place in the plan.
    pub cell: usize,
    /// The region that it was in the end.
    pub region: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a line.
    pub reason: String,
    /// Whether the service knows the caller.
    pub authenticated: Shown,
    /// Whether the caller may do this.
    pub authorized: Shown,
    /// Whether a request was carried out.
    pub answered: Shown,
    /// What was seen, by its places among the observations; that which decided first.
    pub seen: Vec<usize>,
    /// Why there was no session.
    pub no_session: Option<AuthError>,
    /// Whether the verdict was known before anything was sent, since the plane takes no such auth method.
    pub by_design: bool,
}

/// What happens while the plan is carried out.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// So many requests will be sent.
    Planned(usize),
    /// A request came to its end.
    Done(&'a Cell),
}

/// Carries out a plan until it is done or `stop` comes to its end; then what is known is given back, and the second
/// value is false.
pub async fn run(
    lab: &Arc<Lab>,
    plan: &Plan,
    progress: &(dyn Fn(Progress<'_>) + Sync),
    mut stop: Pin<Box<dyn Future<Output = ()> + Send>>,
) -> (Vec<Row>, bool) {
    progress(Progress::Planned(plan.requests()));
    let permits = Arc::new(Semaphore::new(lab.limits.at_once.max(1)));
    let mut tasks = JoinSet::new();
    let mut sent: Vec<Vec<(usize, Sent)>> = plan.cells.iter().map(|_| Vec::new()).collect();
    for (index, cell) in plan.cells.iter().enumerate().filter(|(_, cell)| cell.decided.is_none()) {
        for (base, ask) in cell.asks.iter().cloned().enumerate() {
            let (lab, permits, place, credential) =
                (Arc::clone(lab), Arc::clone(&permits), cell.place.clone(), cell.credential);
            tasks.spawn(async move {
                // The semaphore is never closed.
                let _permit = permits.acquire().await.ok();
                (index, base, lab.send(credential, &ask, place.as_ref(), Occasion::Matrix).await)
            });
        }
    }
    let mut finished = true;
    loop {
        let next = tokio::select! {
            biased;
            () = &mut stop => {
                finished = false;
                tasks.abort_all();
                break;
            }
            next = tasks.join_next() => next,
        };
        match next {
            None => break,
            Some(Ok((index, base, result))) => {
                if let (Some(list), Some(cell)) = (sent.get_mut(index), plan.cells.get(index)) {
                    list.push((base, result));
                    progress(Progress::Done(cell));
                }
            }
            // A task can only fail by being aborted.
            Some(Err(_)) => {}
        }
    }
    let rows = plan.cells.iter().zip(sent).enumerate().map(|(index, (cell, mut sent))| {
        sent.sort_by_key(|(base, _)| *base);
        row(lab, index, cell, sent.into_iter().map(|(_, sent)| sent).collect())
    });
    (rows.collect(), finished)
}

fn row(lab: &Lab, index: usize, cell: &Cell, sent: Vec<Sent>) -> Row {
    let mut row = Row {
        cell: index,
        region: cell.place.as_ref().map(|place| place.region.clone()),
        verdict: Verdict::Skipped,
        reason: "stopped before an answer came".to_owned(),
        authenticated: Shown::Unknown,
        authorized: Shown::Unknown,
        answered: Shown::Unknown,
        seen: Vec::new(),
        no_session: None,
        by_design: false,
    };
    if let Some((verdict, reason)) = &cell.decided {
        row.by_design = *verdict == Verdict::NotSupported;
        (row.verdict, row.reason) = (*verdict, reason.clone());
        return row;
    }
    let mut seen: Vec<(usize, Observation)> = Vec::new();
    for sent in sent {
        match sent {
            Sent::Seen(at) => seen.extend(lab.observation(at).map(|observation| (at, observation))),
            Sent::NotSent(why) => row.reason = why,
            Sent::NoSession(error) => {
                row.verdict =
                    if error.status.is_some() { Verdict::NotAuthenticated } else { Verdict::Unreachable };
                row.reason = error.to_string();
                row.no_session = Some(error);
            }
        }
    }
    // That which got furthest decides.
    let rank = |observation: &Observation| match Verdict::of(observation) {
        Verdict::Works => 0,
        Verdict::NotSupported => 1,
        Verdict::NotAuthorized => 2,
        Verdict::NotAuthenticated => 3,
        Verdict::Unreachable | Verdict::Skipped => 4,
    };
    let taken = cell
        .plane
        .auth_methods
        .contains(&lab.credentials.get(cell.credential).map_or("", |known| known.method));
    seen.sort_by_key(|(_, observation)| rank(observation));
    if let Some((_, first)) = seen.first() {
        row.verdict = Verdict::of(first);
        row.region = Some(first.region.clone());
        (row.authenticated, row.authorized, row.answered) =
            (first.authenticated, first.authorized, first.answered);
        row.reason = reason(first);
        if !taken && row.verdict != Verdict::Works && row.verdict != Verdict::Unreachable {
            row.verdict = Verdict::NotSupported;
            row.by_design = true;
            let reason = row.reason.trim_end_matches('.');
            row.reason = format!("{reason}; this plane takes signed requests only");
        }
        for (_, other) in seen.iter().skip(1).filter(|(_, other)| Verdict::of(other) != Verdict::of(first)) {
            row.reason = format!("{}; {} gives {}", row.reason, path(&other.url), reason(other));
        }
        if seen.len() > 1 && row.verdict == Verdict::Works {
            row.reason = format!("{}: {}", path(&first.url), row.reason);
        }
    }
    row.seen = seen.into_iter().map(|(at, _)| at).collect();
    row
}

/// An observation in a line.
pub fn reason(seen: &Observation) -> String {
    match (seen.status, &seen.message) {
        (Some(status), _) if seen.answered == Shown::Yes => format!("{status} in {} ms", seen.duration_ms),
        (Some(status), _) if seen.is_foreign() => {
            format!("{status} without the marks of a service of OCI: something else answered")
        }
        (Some(status), Some(message)) => format!("{status} {message}"),
        (Some(status), None) => format!("{status} without a message"),
        (None, Some(message)) => message.clone(),
        (None, None) => "nothing came back".to_owned(),
    }
}

/// The path of a URL, for telling base paths apart.
fn path(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    after.find('/').and_then(|at| after.get(at..)).unwrap_or("/").split('?').next().unwrap_or("/")
}
