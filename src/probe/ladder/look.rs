//! Experiments that read a list and look for something in it: subscriptions, limits, keys, projects, policies. What
//! they read they read with the failing credential, or where that is refused with another one that signs.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::bench::{Bench, kind};
use crate::authz::{Policy, StatementText, Tenancy};
use crate::diagnose::ladder::Outcome;
use crate::probe::Target;
use crate::probe::ask::Ask;
use crate::probe::config::Place;
use crate::probe::matrix::reason;
use crate::probe::observe::{Observation, Shown};

/// What was made this short a time ago may not be known everywhere: the longest that was measured for most changes.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// What came of reading a list.
enum Read {
    /// The list.
    Rows(Value, Observation),
    /// It was refused.
    Refused(Observation),
}

impl Bench<'_> {
    /// Makes the experiment of this name, when it is one of those that read a list; none when it can't be made here.
    pub(super) async fn look(&self, name: &str) -> Option<(Outcome, String)> {
        match name {
            "home-region-subscriptions" => self.subscribed(name).await,
            "limits" => self.limits(name).await,
            "key-state" => self.key_state(name).await,
            "key-and-policy" => self.key_and_policy(name).await,
            "get-project" => self.project(name).await,
            "registered-key" => self.registered_key(name).await,
            "stored-policies" => self.stored_policies(name).await,
            _ => None,
        }
    }

    /// Reads a list in a place: as the failing credential, then as another one where that is refused.
    async fn read(&self, name: &str, ask: &Ask, place: &Place) -> Option<Read> {
        let own = self.signed().then_some(self.credential);
        let other = self.other(|other| other.signed);
        let mut refused = None;
        for credential in own.into_iter().chain(other) {
            match self.read_as(credential, name, ask, place).await {
                Some(Read::Refused(seen)) => refused = refused.or(Some(seen)),
                Some(read) => return Some(read),
                None => {}
            }
        }
        refused.map(Read::Refused)
    }

    async fn read_as(&self, credential: usize, name: &str, ask: &Ask, place: &Place) -> Option<Read> {
        let (seen, body) = self.send(credential, name, ask, place).await?;
        Some(match body.filter(|_| seen.answered == Shown::Yes) {
            Some(body) => Read::Rows(body, seen),
            None => Read::Refused(seen),
        })
    }

    /// Whether what lists a date for was made a short time ago.
    fn is_recent(&self, row: &Value) -> bool {
        let now = self.explainer.lab.around.now();
        made(row).is_some_and(|made| now.duration_since(made) < RECENT)
    }

    async fn subscribed(&self, name: &str) -> Option<(Outcome, String)> {
        if !self.signed() {
            return None;
        }
        let ask = self.shaped("identity-region-subscriptions", self.target())?;
        let (seen, body) = self.send(self.credential, name, &ask, &self.home()?).await?;
        let Some(body) = body.filter(|_| seen.answered == Shown::Yes) else {
            return Some((kind(&seen), reason(&seen)));
        };
        let rows = items(&body);
        let own = rows.iter().find(|row| text(row, "regionName") == self.place.region);
        let outcome = match own.map(|row| text(row, "status")) {
            None => Outcome::No,
            Some("" | "READY") => Outcome::Yes,
            Some(_) => Outcome::Recent,
        };
        Some((outcome, reason(&seen)))
    }

    async fn limits(&self, name: &str) -> Option<(Outcome, String)> {
        let ask = self.shaped("limits-list-values", self.target())?;
        let read = match self.signed() {
            // What becomes of the failing credential here is worth as much as the limit.
            true => self.read_as(self.credential, name, &ask, &self.place).await?,
            false => self.read(name, &ask, &self.place).await?,
        };
        match read {
            Read::Rows(body, seen) => any_limit(&body).map(|above| (yes(above), reason(&seen))),
            Read::Refused(seen) => Some((kind(&seen), reason(&seen))),
        }
    }

    async fn project(&self, name: &str) -> Option<(Outcome, String)> {
        let ask = self.shaped("list-projects", self.target())?;
        let (body, seen) = match self.read(name, &ask, &self.place).await? {
            Read::Rows(body, seen) => (body, seen),
            Read::Refused(seen) => return Some((kind(&seen), reason(&seen))),
        };
        let project = self.target().project.as_deref()?;
        let active = |row: &&Value| matches!(text(row, "lifecycleState"), "" | "ACTIVE");
        let outcome = match items(&body).iter().filter(active).find(|row| text(row, "id") == project) {
            Some(row) if self.is_recent(row) => Outcome::Recent,
            Some(_) => Outcome::Works,
            None => Outcome::NotAuthorized,
        };
        Some((outcome, reason(&seen)))
    }

    /// Looks for the fingerprint among the keys of the user, in the home region where that is known.
    async fn registered_key(&self, name: &str) -> Option<(Outcome, String)> {
        let held = &self.explainer.lab.credentials.get(self.credential)?.held;
        let (user, print) = (held.user.clone()?, held.fingerprint.clone()?);
        let ask = Ask { user: Some(user), ..self.shaped("identity-list-user-api-keys", self.target())? };
        let place = self.home().unwrap_or_else(|| self.place.clone());
        let (body, seen) = match self.read(name, &ask, &place).await? {
            Read::Rows(body, seen) => (body, seen),
            Read::Refused(seen) => return Some((kind(&seen), reason(&seen))),
        };
        let outcome =
            match items(&body).iter().find(|row| text(row, "fingerprint").eq_ignore_ascii_case(print.trim()))
            {
                Some(row) if self.is_recent(row) => Outcome::Recent,
                Some(_) => Outcome::Yes,
                None => Outcome::No,
            };
        Some((outcome, reason(&seen)))
    }

    /// The row of the failing key in the list of keys, with the secrets that are known to be its own; none when it
    /// can't be told which key it is.
    async fn key_row(&self, name: &str) -> Option<Result<(Option<Value>, Vec<Value>, String), Observation>> {
        let secret = self.explainer.lab.credentials.get(self.credential)?.held.secret.clone()?;
        let ask = self.shaped("list-api-keys", self.target())?;
        let (body, seen) = match self.read(name, &ask, &self.place).await? {
            Read::Rows(body, seen) => (body, seen),
            Read::Refused(seen) => return Some(Err(seen)),
        };
        let rows = items(&body);
        let by_ocid = |row: &&Value| self.explainer.key_ocid.is_some_and(|ocid| text(row, "id") == ocid);
        let secrets = |row: &Value| row.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
        // A mask shows the last characters.
        let masked = |each: &Value| {
            let end = text(each, "keyMask").rsplit('*').next().unwrap_or_default();
            end.len() >= 4 && end.chars().all(|c| c.is_ascii_alphanumeric()) && secret.expose().ends_with(end)
        };
        if rows.is_empty() {
            return Some(Ok((None, Vec::new(), reason(&seen))));
        }
        let own = rows.iter().find(by_ocid);
        let own = own.or_else(|| rows.iter().find(|row| secrets(row).iter().any(masked)));
        // The only key there is, is the one.
        let own = own.or(match rows.as_slice() {
            [only] => Some(only),
            _ => None,
        })?;
        let list = secrets(own);
        let mine: Vec<Value> = match list.iter().any(masked) {
            true => list.into_iter().filter(masked).collect(),
            false => list,
        };
        Some(Ok((Some(own.clone()), mine, reason(&seen))))
    }

    async fn key_state(&self, name: &str) -> Option<(Outcome, String)> {
        let (own, secrets, words) = match self.key_row(name).await? {
            Ok(found) => found,
            Err(seen) => return Some((kind(&seen), reason(&seen))),
        };
        let Some(own) = own else { return Some((Outcome::No, words)) };
        let active = |value: &Value, name: &str| matches!(text(value, name), "" | "ACTIVE");
        let any = secrets.iter().any(|each| active(each, "state"));
        Some((yes(active(&own, "lifecycleState") && any), words))
    }

    /// Whether the key was there before every policy that speaks of keys.
    async fn key_and_policy(&self, name: &str) -> Option<(Outcome, String)> {
        let (own, ..) = match self.key_row(name).await? {
            Ok(found) => found,
            Err(seen) => return Some((kind(&seen), reason(&seen))),
        };
        let own = own?;
        let target = Target { compartment: self.tenancy_ocid(), ..self.target().clone() };
        let ask = self.shaped("identity-list-policies", &target)?;
        let (body, seen) = match self.read(name, &ask, &self.place).await? {
            Read::Rows(body, seen) => (body, seen),
            Read::Refused(seen) => return Some((kind(&seen), reason(&seen))),
        };
        let about_keys = |policy: &&Value| {
            policy
                .get("statements")
                .is_some_and(|all| all.to_string().to_lowercase().contains("generativeaiapikey"))
        };
        let rows = items(&body);
        let written = rows.iter().filter(about_keys).filter_map(made).min()?;
        Some((yes(made(&own)? < written), reason(&seen)))
    }

    /// Whether the policies that are stored in the tenancy grant the call as those at hand do.
    async fn stored_policies(&self, name: &str) -> Option<(Outcome, String)> {
        let place = self.testimony.granted.as_ref()?;
        let known = self.explainer.tenancy?;
        let root = self.tenancy_ocid()?;
        let compartment = ocid_of(known, place).unwrap_or_else(|| root.clone());
        let target = Target { compartment: Some(compartment.clone()), ..self.target().clone() };
        let ask = self.shaped("identity-list-policies", &target)?;
        let place = self.home().unwrap_or_else(|| self.place.clone());
        let (body, seen) = match self.read(name, &ask, &place).await? {
            Read::Rows(body, seen) => (body, seen),
            Read::Refused(seen) => return Some((kind(&seen), reason(&seen))),
        };
        let attached = if compartment == root { String::new() } else { compartment };
        let policy = |row: &Value| {
            let list = row.get("statements").and_then(Value::as_array).cloned().unwrap_or_default();
            Policy {
                name: text(row, "name").to_owned(),
                compartment: Some(attached.clone()),
                ocid: Some(text(row, "id").to_owned()),
                statements: list.iter().filter_map(Value::as_str).map(StatementText::from).collect(),
            }
        };
        let granting = |rows: &[&Value]| {
            let policies = rows.iter().map(|row| policy(row)).collect();
            self.explainer.grants(self.credential, &self.row, &Tenancy { policies, ..known.clone() })
        };
        let rows = items(&body);
        let all: Vec<&Value> = rows.iter().collect();
        let old: Vec<&Value> = rows.iter().filter(|row| !self.is_recent(row)).collect();
        let outcome = match (granting(&all), granting(&old)) {
            (false, _) => Outcome::No,
            (true, true) => Outcome::Yes,
            (true, false) => Outcome::Recent,
        };
        Some((outcome, reason(&seen)))
    }
}

/// The OCID of a compartment by its path or OCID; none for the root and for what isn't known.
fn ocid_of(tenancy: &Tenancy, place: &str) -> Option<String> {
    if place.starts_with("ocid1.") {
        return Some(place.to_owned());
    }
    tenancy.compartments.iter().find(|row| row.path.eq_ignore_ascii_case(place))?.ocid.clone()
}

fn yes(found: bool) -> Outcome {
    if found { Outcome::Yes } else { Outcome::No }
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// When something was made, as lists say.
fn made(row: &Value) -> Option<Timestamp> {
    text(row, "timeCreated").parse().ok()
}

pub(super) fn items(body: &Value) -> Vec<Value> {
    let list =
        body.as_array().or_else(|| body.get("items")?.as_array()).or_else(|| body.get("data")?.as_array());
    list.cloned().unwrap_or_default()
}

/// Whether a list of limits has one above zero that is about calls of models; none for an empty list, which says
/// nothing.
fn any_limit(body: &Value) -> Option<bool> {
    let about_calls = |row: &&Value| {
        let name = text(row, "name");
        ["chat", "embed", "rerank", "request", "on-demand"].iter().any(|part| name.contains(part))
    };
    let rows = items(body);
    rows.first()?;
    let above = |row: &Value| row.get("value").and_then(Value::as_f64).is_some_and(|value| value > 0.0);
    Some(match rows.iter().any(|row| about_calls(&row)) {
        true => rows.iter().filter(about_calls).any(above),
        false => rows.iter().any(above),
    })
}
