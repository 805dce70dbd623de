//! API keys: two secrets each, which are made, renewed and given a state one by one.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::authz::{ApiKey, Secret};
use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::change::Change;
use crate::sandbox::failure::{bad_request, not_found};
use crate::sandbox::planes::resources::{Work, shown};
use crate::sandbox::planes::{Asked, set};
use crate::sandbox::store::{self, Stored};
use crate::wire;

/// How long a secret lives when nobody says.
const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

pub(super) fn create(work: &Work<'_>) -> Result<Answer, Failure> {
    let asked = work.asked;
    let body = work.body()?;
    let details = body.get("keyDetails").and_then(Value::as_array).filter(|all| !all.is_empty());
    let Some(details) = details else {
        return Err(bad_request("keyDetails must not be empty", "the body has no `keyDetails`"));
    };
    if details.len() > 2 {
        return Err(bad_request("keyDetails must have at most 2 elements", "an API key has two secrets"));
    }
    let mut items = Vec::new();
    let mut secrets = Vec::new();
    for each in details {
        let (item, secret) = new_item(asked, each)?;
        items.push(item);
        secrets.push(secret);
    }
    let mut made = None;
    let answer = work.create(|stored| {
        if let Value::Object(fields) = &mut stored.value {
            fields.remove("keyDetails");
        }
        set(&mut stored.value, "keys", Value::Array(items.clone()));
        masked(&mut stored.value);
        made = Some(stored.clone());
        Ok(())
    })?;
    let Some(mut made) = made else { return Ok(answer) };
    let mut answer = answer.with_change(known(&made));
    for (at, secret) in secrets.into_iter().enumerate() {
        answer = answer.with_change(Change::Secret(made.id.clone(), at, secret));
    }
    set(&mut made.value, "keys", Value::Array(items));
    Ok(Answer { body: crate::sandbox::Body::Json(made.value), ..answer })
}

pub(super) fn change(work: &Work<'_>) -> Result<Answer, Failure> {
    let id = work.id().unwrap_or_default();
    let answer = work.answer()?;
    let change = work.asked.store.get(&id).map_or_else(|| Change::Gone(id), |stored| known(&stored));
    Ok(answer.with_change(change))
}

pub(super) fn set_state(work: &Work<'_>) -> Result<Answer, Failure> {
    let held = work.item()?;
    work.matches(&held)?;
    let body = work.body()?;
    let at = item_at(&held, body.get("keyName").and_then(Value::as_str))?;
    let state = body.get("state").and_then(Value::as_str).unwrap_or_default();
    let mark = match state {
        "ACTIVE" => "timeActivated",
        "INACTIVE" => "timeDeactivated",
        "REVOKED" => "timeRevoked",
        other => {
            return Err(bad_request(
                "state is invalid",
                format!("`{other}` is none of ACTIVE, INACTIVE, REVOKED"),
            ));
        }
    };
    if state_of(&held, at) == "REVOKED" {
        return Err(Failure::new(409, "IncorrectState", "The key is revoked.")
            .because("a revoked secret stays revoked"));
    }
    let now = store::time(work.asked.call.now);
    let changed = work.asked.store.change(&held.id, |stored| {
        if let Some(item) = stored.value.pointer_mut(&format!("/keys/{at}")) {
            set(item, "state", state);
            set(item, mark, now.clone());
        }
        set(&mut stored.value, "timeUpdated", now);
    });
    let changed = changed.ok_or_else(|| not_found("it is gone meanwhile"))?;
    Ok(shown(&changed).with_change(known(&changed)))
}

pub(super) fn renew(work: &Work<'_>) -> Result<Answer, Failure> {
    let held = work.item()?;
    work.matches(&held)?;
    let body = work.body()?;
    let details =
        body.get("details").or_else(|| body.get("keyDetails")).cloned().unwrap_or_else(|| json!({}));
    let at = item_at(&held, details.get("keyName").and_then(Value::as_str))?;
    let (item, secret) = new_item(work.asked, &details)?;
    let changed = work.asked.store.change(&held.id, |stored| {
        if let Some(slot) = stored.value.pointer_mut(&format!("/keys/{at}")) {
            *slot = item.clone();
        }
        masked(&mut stored.value);
        set(&mut stored.value, "timeUpdated", store::time(work.asked.call.now));
    });
    let changed = changed.ok_or_else(|| not_found("it is gone meanwhile"))?;
    let mut value = changed.value.clone();
    if let Some(slot) = value.pointer_mut(&format!("/keys/{at}")) {
        *slot = item;
    }
    Ok(Answer::json(value)
        .with_header("etag", changed.etag())
        .with_change(known(&changed))
        .with_change(Change::Secret(changed.id.clone(), at, secret)))
}

/// A key's items without their secrets.
fn masked(value: &mut Value) {
    for item in value.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(fields) = item {
            fields.remove("key");
        }
    }
}

/// What the tenancy is to know of a key.
fn known(stored: &Stored) -> Change {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let items = stored.value.get("keys").and_then(Value::as_array);
    let secrets = items.into_iter().flatten().map(|item| Secret {
        name: text(item, "keyName"),
        state: text(item, "state"),
        expires: text(item, "timeExpiry"),
    });
    Change::ApiKey(ApiKey {
        ocid: stored.id.clone(),
        name: text(&stored.value, "displayName"),
        region: Some(stored.region.clone()),
        compartment: Some(stored.compartment.clone()),
        state: text(&stored.value, "lifecycleState"),
        secrets: secrets.collect(),
    })
}

/// A new secret's item, its text shown this once.
fn new_item(asked: Asked<'_>, details: &Value) -> Result<(Value, wire::Secret), Failure> {
    let name = details.get("keyName").and_then(Value::as_str).unwrap_or_default();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let first = name.chars().next();
    let starts = first.is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    if !starts || !name.chars().all(fits) || name.len() > 255 {
        return Err(bad_request(
            "keyName is invalid",
            format!(
                "`{name}` is no name of a key: a letter or underscore, then letters, digits, hyphens and underscores"
            ),
        ));
    }
    let now = asked.call.now;
    let expiry = match details.get("timeExpiry").and_then(Value::as_str) {
        None => now.checked_add(USUAL_LIFE).unwrap_or(now),
        Some(text) => text
            .parse::<Timestamp>()
            .map_err(|_| bad_request("timeExpiry is invalid", format!("`{text}` is no time")))?,
    };
    if expiry <= now {
        return Err(bad_request("timeExpiry must be in the future", "the expiry lies in the past"));
    }
    let secret = asked.store.plain_id("sk-", 48);
    let tail: String = secret.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let item = json!({ "key": secret, "keyName": name, "keyMask": format!("sk-****{tail}"), "state": "ACTIVE",
        "timeCreated": store::time(now), "timeActivated": store::time(now), "timeExpiry": store::time(expiry) });
    Ok((item, wire::Secret::new(secret)))
}

/// Which item of a key a body names: the first when it has only one.
fn item_at(held: &Stored, name: Option<&str>) -> Result<usize, Failure> {
    let items = held.value.get("keys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let named = |item: &Value| item.get("keyName").and_then(Value::as_str) == name;
    let at = match name {
        None if items.len() == 1 => Some(0),
        _ => items.iter().position(named),
    };
    at.ok_or_else(|| {
        let shown = name.unwrap_or_default();
        bad_request("keyName is invalid", format!("the API key has no secret named `{shown}`"))
    })
}

fn state_of(held: &Stored, at: usize) -> &str {
    held.value.pointer(&format!("/keys/{at}/state")).and_then(Value::as_str).unwrap_or_default()
}
