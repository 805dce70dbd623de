//! Resources as all management planes keep them: create, get, list, update, delete, move to another compartment, with
//! entity tags, work requests and limits. Driven by the operations of the catalogue and the table of kinds.

use serde_json::{Value, json};

use super::kinds::{Kind, Spot, kind};
use super::{Asked, page, places, set};
use crate::catalog;
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::failure::{self, bad_request, not_found, related_not_found};
use crate::sandbox::store::{self, Stored};

/// A call of a management plane, its path understood.
pub struct Work<'a> {
    pub asked: Asked<'a>,
    pub spot: Spot,
}

impl<'a> Work<'a> {
    pub fn of(asked: Asked<'a>) -> Self {
        let path = asked.route.operation.paths.first().copied().unwrap_or_default();
        Work { asked, spot: Spot::of(path) }
    }

    /// The name under which the store keeps a collection of this plane.
    fn shelf(&self, collection: &str) -> String {
        format!("{}/{collection}", self.asked.route.plane.name)
    }

    /// The id of the item that the path names, as the store has it.
    pub fn id(&self) -> Option<String> {
        let item = self.asked.part(self.spot.item?);
        let named = kind(&self.spot.collection).is_some_and(|kind| kind.ocid.is_empty());
        match self.spot.parent.filter(|_| named) {
            Some(parent) => Some(format!("{}/{item}", self.asked.part(parent))),
            None => Some(item.to_owned()),
        }
    }

    /// The resource with an id, if this region and collection have it.
    pub fn find(&self, collection: &str, id: &str) -> Result<Stored, Failure> {
        let region = self.asked.call.region;
        match self.asked.store.get(id) {
            Some(found) if found.kind != self.shelf(collection) => {
                Err(not_found(format!("`{id}` is no item of {collection}")))
            }
            Some(found) if found.region != region => {
                Err(not_found(format!("`{id}` is in {} and the call went to {region}", found.region)))
            }
            Some(found) => Ok(found),
            None => Err(not_found(format!("there is no `{id}` among {collection} of the sandbox"))),
        }
    }

    /// The item that the path names.
    pub fn item(&self) -> Result<Stored, Failure> {
        self.find(&self.spot.collection, &self.id().unwrap_or_default())
    }

    /// What the path's collection is a part of.
    pub fn parent(&self) -> Result<Option<Stored>, Failure> {
        let Some(name) = self.spot.parent else { return Ok(None) };
        let above = self.spot.collection.split_once('/').map_or("", |(above, _)| above);
        self.find(above, self.asked.part(name)).map(Some)
    }

    pub fn body(&self) -> Result<Value, Failure> {
        match self.asked.call.json() {
            Some(body @ Value::Object(_)) => Ok(body),
            _ if self.asked.call.body.is_empty() && self.spot.action.is_some() => Ok(json!({})),
            _ => Err(Failure::new(400, "CannotParseRequest", "Incorrectly formatted request.")
                .because("the body is no JSON object")),
        }
    }

    /// What the call wants to reach.
    pub fn target(&self) -> Result<Target, Failure> {
        let compartment = match (self.spot.item, self.spot.parent) {
            (Some(_), _) => self.item()?.compartment,
            (None, Some(_)) => match self.parent()? {
                Some(parent) => parent.compartment,
                None => places::root(self.asked.tenancy),
            },
            (None, None) if self.asked.route.operation.method == "POST" => self.wanted_compartment()?,
            (None, None) => self.listed_compartment()?,
        };
        Ok(Target { compartment: Some(compartment), ..Target::default() })
    }

    /// The compartment that a body names; what belongs to another resource may leave it out.
    fn wanted_compartment(&self) -> Result<String, Failure> {
        let body = self.body()?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(compartment) = text("compartmentId") {
            return Ok(compartment.to_owned());
        }
        if let Some((field, collection)) = kind(&self.spot.collection).and_then(|kind| kind.of)
            && let Some(id) = text(field)
        {
            return Ok(self.find(collection, id)?.compartment);
        }
        Err(bad_request("compartmentId must not be null", "the body has no `compartmentId`"))
    }

    fn listed_compartment(&self) -> Result<String, Failure> {
        /// Lists that can do without, since the compartment is only a filter of theirs.
        const FILTERED: [&str; 2] = ["semanticStores", "vectorStoreConnectorFileSyncs"];
        match self.asked.call.parameter("compartmentId").filter(|given| !given.is_empty()) {
            Some(compartment) => Ok(compartment),
            None if self.asked.route.plane.name == "agent-management"
                || FILTERED.contains(&self.spot.collection.as_str()) =>
            {
                Ok(places::root(self.asked.tenancy))
            }
            None => Err(Failure::new(400, "MissingParameter", "compartmentId must not be null")
                .because("the query has no `compartmentId`")),
        }
    }

    /// Does what the operation says, once it is allowed.
    pub fn answer(&self) -> Result<Answer, Failure> {
        let method = self.asked.route.operation.method;
        match (method, self.spot.item.is_some(), self.spot.action) {
            ("GET", false, _) => self.list(),
            ("GET", true, _) => self.item().map(|found| shown(&found)),
            ("POST", false, None) => self.create(|_| Ok(())),
            ("PUT", true, None) => self.update(),
            ("DELETE", true, None) => self.delete(),
            ("POST", true, Some("changeCompartment")) => self.change_compartment(),
            _ => Err(Failure::new(501, "MethodNotImplemented", "The method is not implemented.")
                .because("the sandbox does not know this operation")),
        }
    }

    /// The items of a collection in the compartment that is asked for.
    pub fn held(&self, collection: &str) -> Vec<Stored> {
        let mut items = self.asked.store.list(&self.shelf(collection), self.asked.call.region);
        if let Some(compartment) =
            self.asked.call.parameter("compartmentId").filter(|given| !given.is_empty())
        {
            items.retain(|item| item.compartment == compartment);
        }
        if let Some(name) = self.spot.parent {
            let parent = self.asked.part(name);
            items.retain(|item| item.parent.as_deref() == Some(parent));
        }
        items
    }

    fn list(&self) -> Result<Answer, Failure> {
        let items = self.held(&self.spot.collection).into_iter().map(|item| item.value).collect();
        page::items(self.asked.call, items)
    }

    /// Makes a resource of a body. `finish` adds what the kind has of its own, or refuses.
    pub fn create(&self, finish: impl FnOnce(&mut Stored) -> Result<(), Failure>) -> Result<Answer, Failure> {
        let asked = self.asked;
        let Some(kind) = kind(&self.spot.collection) else {
            return Err(not_found("the sandbox keeps no such resources"));
        };
        let body = self.body()?;
        let above = match kind.of {
            Some((field, collection)) => self.related(&body, field, collection)?,
            None => self.parent()?.map(|parent| parent.id),
        };
        self.within_limit(kind, above.as_deref())?;
        let compartment = self.target()?.compartment.unwrap_or_default();
        let id = match kind.ocid {
            "" => {
                let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
                let id = format!("{}/{name}", above.as_deref().unwrap_or_default());
                if name.is_empty() {
                    return Err(bad_request("name must not be null", "the body has no `name`"));
                }
                if asked.store.get(&id).is_some() {
                    return Err(Failure::new(
                        409,
                        "NotAuthorizedOrResourceAlreadyExists",
                        "Authorization failed or requested resource already exists.",
                    )
                    .because(format!("`{name}` exists already")));
                }
                id
            }
            ocid => asked.store.ocid(ocid, asked.call.region),
        };
        let mut stored = Stored {
            value: document(asked, &id, kind, &compartment, &body),
            id,
            kind: self.shelf(&self.spot.collection),
            region: asked.call.region.to_owned(),
            compartment,
            parent: above,
            version: 0,
        };
        finish(&mut stored)?;
        asked.store.put(stored.clone());
        let status = if kind.works { 201 } else { 200 };
        Ok(self.reported(shown(&stored).with_status(status), &stored, "CREATED"))
    }

    /// The id in a field of a body, if the resource is there.
    fn related(&self, body: &Value, field: &str, collection: &str) -> Result<Option<String>, Failure> {
        let Some(id) = body.get(field).and_then(Value::as_str) else {
            return Err(bad_request(
                format!("{field} must not be null"),
                format!("the body has no `{field}`"),
            ));
        };
        match self.find(collection, id) {
            Ok(found) => Ok(Some(found.id)),
            Err(failed) => Err(related_not_found(failed.because)),
        }
    }

    fn within_limit(&self, kind: &Kind, above: Option<&str>) -> Result<(), Failure> {
        let Some((name, each)) = kind.limit else { return Ok(()) };
        let own = self.asked.tenancy.limits.get(name).copied();
        let Some(most) = own.or_else(|| catalog::limit(name)?.value.parse().ok()) else { return Ok(()) };
        let held = self.asked.store.list(&self.shelf(kind.collection), self.asked.call.region);
        let count = held.iter().filter(|one| !each || one.parent.as_deref() == above).count();
        match i64::try_from(count).is_ok_and(|count| count < most) {
            true => Ok(()),
            false => Err(limit_exceeded(name, most)),
        }
    }

    fn update(&self) -> Result<Answer, Failure> {
        let held = self.item()?;
        self.matches(&held)?;
        let body = self.body()?;
        let now = store::time(self.asked.call.now);
        let changed = self.asked.store.change(&held.id, |stored| {
            for (key, value) in body.as_object().into_iter().flatten() {
                // What the service alone decides stays.
                if !["id", "compartmentId", "lifecycleState", "timeCreated"].contains(&key.as_str()) {
                    set(&mut stored.value, key, value.clone());
                }
            }
            set(&mut stored.value, "timeUpdated", now);
        });
        let changed = changed.ok_or_else(|| not_found("it is gone meanwhile"))?;
        let silent = kind(&self.spot.collection).is_some_and(|kind| kind.silent);
        let answer = if silent { Answer::empty(202) } else { shown(&changed) };
        Ok(self.reported(answer, &changed, "UPDATED"))
    }

    pub fn delete(&self) -> Result<Answer, Failure> {
        let held = self.item()?;
        self.matches(&held)?;
        self.asked.store.remove(&held.id);
        let works = kind(&self.spot.collection).is_some_and(|kind| kind.works);
        Ok(self.reported(Answer::empty(if works { 202 } else { 204 }), &held, "DELETED"))
    }

    fn change_compartment(&self) -> Result<Answer, Failure> {
        let held = self.item()?;
        self.matches(&held)?;
        let body = self.body()?;
        let Some(compartment) = body.get("compartmentId").and_then(Value::as_str) else {
            return Err(bad_request("compartmentId must not be null", "the body has no `compartmentId`"));
        };
        let moved = self.asked.store.change(&held.id, |stored| {
            stored.compartment = compartment.to_owned();
            set(&mut stored.value, "compartmentId", compartment);
        });
        let moved = moved.ok_or_else(|| not_found("it is gone meanwhile"))?;
        let works = kind(&self.spot.collection).is_some_and(|kind| kind.works);
        Ok(self.reported(Answer::empty(if works { 202 } else { 204 }), &moved, "UPDATED"))
    }

    /// Whether the entity tag that a caller holds is the current one.
    pub fn matches(&self, held: &Stored) -> Result<(), Failure> {
        match self.asked.call.headers.get("if-match") {
            Some(tag) if tag != "*" && tag.trim_matches('"') != held.etag() => {
                Err(Failure::new(412, "NoEtagMatch", "The If-Match header does not match the current etag.")
                    .because("the resource changed since its entity tag was read"))
            }
            _ => Ok(()),
        }
    }

    /// Notes the work request of a change, done at once, and names it in the answer.
    pub fn reported(&self, answer: Answer, subject: &Stored, action: &str) -> Answer {
        let asked = self.asked;
        if !kind(&self.spot.collection).is_some_and(|kind| kind.works) {
            return answer;
        }
        let word = match asked.route.plane.name {
            "management" => "generativeaiworkrequest",
            _ => "genaiagentworkrequest",
        };
        let id = asked.store.ocid(word, asked.call.region);
        let now = store::time(asked.call.now);
        let entity = subject.id.split('.').nth(1).unwrap_or_default();
        asked.store.put(Stored {
            id: id.clone(),
            kind: self.shelf("workRequests"),
            region: asked.call.region.to_owned(),
            compartment: subject.compartment.clone(),
            parent: None,
            version: 0,
            value: json!({
                "id": id,
                "operationType": upper_snake(asked.route.operation.name),
                "status": "SUCCEEDED",
                "compartmentId": subject.compartment,
                "resources": [{ "entityType": entity, "actionType": action, "identifier": subject.id,
                    "entityUri": asked.call.path() }],
                "percentComplete": 100.0,
                "timeAccepted": now,
                "timeStarted": now,
                "timeFinished": now,
            }),
        });
        answer.with_header("opc-work-request-id", id)
    }
}

/// OCI's refusal of one more of something.
pub fn limit_exceeded(name: &str, most: i64) -> Failure {
    let message = format!(
        "The following service limits were exceeded: {name}. Request a service limit increase from the service limits page in the console."
    );
    Failure::new(400, "LimitExceeded", message).because(format!("the limit `{name}` is {most}"))
}

/// A resource with its entity tag.
pub fn shown(stored: &Stored) -> Answer {
    Answer::json(stored.value.clone()).with_header("etag", stored.etag())
}

/// The document of a new resource: what the body says, and what the service adds.
fn document(asked: Asked<'_>, id: &str, kind: &Kind, compartment: &str, body: &Value) -> Value {
    let now = store::time(asked.call.now);
    let mut value = json!({});
    if !kind.ocid.is_empty() {
        set(&mut value, "id", id);
        set(&mut value, "displayName", format!("{}{}", kind.ocid, asked.call.now.strftime("%Y%m%d%H%M%S")));
        set(&mut value, "compartmentId", compartment);
    }
    for (key, field) in body.as_object().into_iter().flatten() {
        set(&mut value, key, field.clone());
    }
    for (key, field) in
        [("lifecycleState", "ACTIVE".to_owned()), ("timeCreated", now.clone()), ("timeUpdated", now)]
    {
        set(&mut value, key, field);
    }
    for tags in ["freeformTags", "definedTags", "systemTags"] {
        if value.get(tags).is_none_or(Value::is_null) {
            set(&mut value, tags, json!({}));
        }
    }
    value
}

/// `CreateModel` as `CREATE_MODEL`.
fn upper_snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

/// What a call says when the region has no such service.
pub fn offered(asked: Asked<'_>) -> Result<(), Failure> {
    let Some(region) = catalog::region(asked.call.region) else { return Ok(()) };
    if region.genai || region.scan == "ok" {
        return Ok(());
    }
    let because = format!("{} has no Generative AI: {}", region.name, region.scan);
    match region.scan.starts_with("502") {
        true => Err(failure::of("no-service-502").because(because)),
        false => Err(not_found(because)),
    }
}
