//! What the service has: model, region, key, project, limits, and the call itself.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::facts;
use super::super::key::{Gravity, assess, key_from_json, ocid_parts};
use super::{Ask, Check, Checked, Observed, Seen, Status, Suspect, found, refused};
use crate::authz::ApiKey;
use crate::catalog;
use crate::diagnose::{Case, ErrorSeen, diagnose};

impl Check<'_, '_> {
    pub(super) fn model(&mut self) -> Checked {
        if let Some(blocked) = &self.step.blocked {
            return found(Status::Wrong, blocked.clone()).suspect("region-model-unavailable");
        }
        let model = self.plan.wish.model.clone().unwrap_or_default();
        if let Ok(body) = self.look_up(Ask::Models, "the models")
            && let Some(seen) = self.listed_model(&model, &items(&body))
        {
            return seen;
        }
        match catalog::model(&model) {
            Some(row) if self.step.text.starts_with("The catalogue has") => {
                found(Status::Done, format!("by the catalogue, as of {}", row.fact.date))
            }
            _ => found(Status::NotCheckable, "the catalogue doesn't say"),
        }
    }

    /// What the region's own list says of a model; none where it is empty.
    fn listed_model(&self, model: &str, listed: &[Value]) -> Option<Checked> {
        if listed.is_empty() {
            return None;
        }
        let named = |item: &&Value| {
            let names =
                ["displayName", "modelId", "id"].into_iter().filter_map(|key| item.get(key)?.as_str());
            names.into_iter().any(|name| name.eq_ignore_ascii_case(model))
        };
        let here: Vec<&Value> = listed.iter().filter(named).collect();
        if here.is_empty() {
            let text = format!("the region lists {} models and not `{model}`", listed.len());
            return Some(found(Status::Wrong, text).suspect("region-model-unavailable"));
        }
        // The list keeps retired models; their dates tell.
        let today = self.plan.today.as_str();
        let ended = |item: &&Value| {
            let end = item.get("timeOnDemandRetired").and_then(Value::as_str);
            end.and_then(|end| end.get(..10)).is_some_and(|day| day <= today)
        };
        if here.iter().all(ended) && !self.plan.wish.dedicated {
            let text = format!("the region lists `{model}` as retired on demand");
            return Some(found(Status::Wrong, text).suspect("model-retired"));
        }
        Some(found(Status::Done, format!("the region lists `{model}`")))
    }

    pub(super) fn region(&mut self) -> Checked {
        let region = self.region_name().to_owned();
        if let Some(blocked) = &self.step.blocked {
            return found(Status::Wrong, blocked.clone()).suspect("service-not-in-region");
        }
        let known = self.evidence.tenancy.as_ref().and_then(|tenancy| tenancy.regions.clone());
        let subscribed = match known {
            Some(regions) => regions,
            None => match self.look_up(Ask::RegionSubscriptions, "the region subscriptions") {
                Ok(body) => {
                    let rows = items(&body);
                    let names = rows.iter().filter_map(|item| item.get("regionName")?.as_str());
                    names.map(str::to_owned).collect()
                }
                Err(nothing) => return nothing,
            },
        };
        let same = |name: &String| {
            name.eq_ignore_ascii_case(&region) || catalog::region(name).is_some_and(|row| row.name == region)
        };
        match subscribed.iter().any(same) {
            true => found(Status::Done, format!("the tenancy is subscribed to `{region}`")),
            false => {
                found(Status::Missing, format!("the tenancy is subscribed to {} only", subscribed.join(", ")))
                    .suspect("region-not-subscribed")
            }
        }
    }

    /// The key of the plan, from the tenancy or the management plane.
    pub(super) fn key(&mut self) -> Result<ApiKey, Checked> {
        let given = self.plan.params.get("api-key-ocid").map(str::to_owned);
        let name = self.plan.params.get("key-name").map(str::to_owned);
        let known = self.evidence.tenancy.as_ref().and_then(|tenancy| {
            tenancy.api_keys.iter().find(|key| match &given {
                Some(ocid) => key.ocid.eq_ignore_ascii_case(ocid),
                None => key.name == name,
            })
        });
        if let Some(key) = known {
            return Ok(key.clone());
        }
        let Some(ocid) = given else {
            return Err(found(Status::Missing, "no key is named: give its OCID with --api-key-ocid"));
        };
        let body = self.look_up(Ask::ApiKey(ocid.clone()), "the key");
        // The OCID alone tells the region.
        Ok(body.ok().and_then(|body| key_from_json(&body)).unwrap_or(ApiKey { ocid, ..ApiKey::default() }))
    }

    pub(super) fn api_key(&mut self) -> Checked {
        let key = match self.key() {
            Ok(key) => key,
            Err(nothing) => return nothing,
        };
        let report = assess(&key, Some(self.region_name()), self.evidence.now, 0);
        if let Some(worst) = report.remarks.iter().find(|remark| remark.gravity == Gravity::Failing) {
            let cause = worst.cause.unwrap_or("genai-secret-not-active");
            return found(Status::Wrong, worst.text.clone()).suspect(cause).mend(worst.instead.clone());
        }
        match key.secrets.len() {
            0 => found(Status::NotCheckable, "the key's region is right; its secrets aren't shown here"),
            count => {
                let left =
                    report.days_left().map_or_else(String::new, |days| format!(", the last for {days} days"));
                found(Status::Done, format!("the key is there with {count} secrets{left}"))
            }
        }
    }

    pub(super) fn rotation(&mut self) -> Checked {
        let key = match self.key() {
            Ok(key) if !key.secrets.is_empty() => key,
            Ok(_) => return found(Status::NotCheckable, "the key's secrets aren't shown here"),
            Err(nothing) => return Checked { status: Status::NotCheckable, ..nothing },
        };
        let report = assess(&key, None, self.evidence.now, 14);
        let standby = report.secrets.iter().filter(|one| one.works || one.state == "INACTIVE").count() > 1;
        match (report.rotation.is_empty(), standby) {
            (true, true) => found(Status::Done, "a second secret stands by, and none expires within 14 days"),
            (true, false) => found(Status::Missing, "no second secret stands by"),
            (false, _) => found(Status::Missing, "a rotation is due").mend(report.rotation),
        }
    }

    /// A resource of the management planes.
    pub(super) fn resource(&mut self, key: &str, ask: fn(String) -> Ask, what: &str) -> Checked {
        let Some(ocid) = self.plan.params.get(key).map(str::to_owned) else {
            return found(Status::Missing, format!("{what} isn't named: give its OCID with --{key}"));
        };
        let own = ocid_parts(&ocid).and_then(|(_, _, region)| region).and_then(catalog::region);
        if let Some(own) = own.filter(|own| own.name != self.region_name()) {
            let text = format!("{what} lives in `{}` and calls go to `{}`", own.name, self.region_name());
            let cause = if key == "project-ocid" { "wrong-project-ocid" } else { "region-url-mismatch" };
            return found(Status::Wrong, text).suspect(cause);
        }
        let tenancy = self.evidence.tenancy.as_ref();
        let listed = tenancy.and_then(|tenancy| {
            tenancy
                .projects
                .iter()
                .chain(&tenancy.endpoints)
                .find(|one| one.ocid.eq_ignore_ascii_case(&ocid))
                .cloned()
        });
        let state = match listed {
            Some(placed) => placed.state,
            None => match self.send(ask(ocid)) {
                Observed::Answer(seen) if seen.status == 200 => {
                    seen.body.get("lifecycleState").and_then(Value::as_str).map(str::to_owned)
                }
                Observed::Answer(seen) if seen.status == 404 => {
                    let text = format!("{what} isn't there, or may not be seen by the one who looked");
                    return found(Status::Missing, text).suspect("wrong-ocid");
                }
                other => return refused(other, what),
            },
        };
        match state.as_deref() {
            None | Some("ACTIVE") => found(Status::Done, format!("{what} is there")),
            Some(other) => found(Status::Wrong, format!("{what} is {other}")),
        }
    }

    pub(super) fn call(&mut self) -> Checked {
        match self.send(Ask::Call) {
            Observed::Answer(seen) if (200..300).contains(&seen.status) => {
                found(Status::Done, format!("answered with {}", seen.status))
            }
            Observed::Answer(seen) => {
                let plan = self.plan;
                let Seen { status, code, message, request_id, .. } = *seen;
                let case = Case {
                    error: ErrorSeen { status: Some(status), code, message: message.clone() },
                    auth_method: Some(plan.method.to_owned()),
                    plane: Some(plan.plane.clone()),
                    region: plan.wish.region.clone(),
                    model: plan.wish.model.clone(),
                    opc_request_id: request_id,
                    ..Case::default()
                };
                let text = format!("answered with {status}: {}", message.as_deref().unwrap_or("no message"));
                let mut checked = found(Status::Wrong, text);
                for one in diagnose(&case).diagnoses.into_iter().take(3) {
                    checked.suspects.push(Suspect {
                        cause: one.cause.to_owned(),
                        text: one.explanation,
                        remedy: one.remedy.text,
                    });
                }
                checked
            }
            Observed::Failed(why, cause) => {
                let checked = found(Status::Wrong, why);
                match cause {
                    Some(cause) => checked.suspect(&cause),
                    None => checked,
                }
            }
            Observed::NotTried(why) => found(Status::NotCheckable, why),
        }
    }

    pub(super) fn limits(&mut self) -> Checked {
        let names = facts::call(self.plan.wish.call.as_deref().unwrap_or_default())
            .map(|(_, call)| call.limits.clone())
            .unwrap_or_default();
        let known = self
            .evidence
            .tenancy
            .as_ref()
            .map(|tenancy| tenancy.limits.clone())
            .filter(|limits| names.iter().any(|name| limits.contains_key(name)));
        let values: BTreeMap<String, i64> = match known {
            Some(limits) => limits,
            None => match self.look_up(Ask::Limits, "the limits") {
                Ok(body) => items(&body)
                    .iter()
                    .filter_map(|item| {
                        Some((item.get("name")?.as_str()?.to_owned(), item.get("value")?.as_i64()?))
                    })
                    .collect(),
                Err(nothing) => return nothing,
            },
        };
        let read: Vec<(&String, i64)> =
            names.iter().filter_map(|name| Some((name, *values.get(name)?))).collect();
        if let Some((name, _)) = read.iter().find(|(_, value)| *value <= 0) {
            return found(Status::Wrong, format!("`{name}` is 0")).suspect("tenancy-not-entitled");
        }
        match read.is_empty() {
            true => found(Status::NotCheckable, "the limits that were read name none of these"),
            false => {
                let list: Vec<String> =
                    read.iter().map(|(name, value)| format!("`{name}` {value}")).collect();
                found(Status::Done, list.join(", "))
            }
        }
    }
}

/// The rows of a list answer, with `items` around them or not.
fn items(body: &Value) -> Vec<Value> {
    let rows = body.get("items").or_else(|| body.get("data")).unwrap_or(body);
    rows.as_array().cloned().unwrap_or_default()
}
