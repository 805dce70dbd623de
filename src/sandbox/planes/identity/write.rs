//! Changes of IAM: they change the served tenancy, and so what is allowed from then on.

use serde_json::{Value, json};

use super::super::{Asked, places, set};
use super::entity::{self, Kind};
use super::{home, id, item, key, kind};
use crate::authz::{Compartment, Compiled, DynamicGroup, Group, Policy, StatementText, Tenancy, User};
use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::change::Change;
use crate::sandbox::failure::{self, bad_request, not_found};
use crate::sandbox::store;

pub fn body(asked: Asked<'_>) -> Result<Value, Failure> {
    match asked.call.json() {
        Some(body @ Value::Object(_)) => Ok(body),
        _ => Err(Failure::new(400, "CannotParseRequest", "Incorrectly formatted request.")
            .because("the body is no JSON object")),
    }
}

fn text(body: &Value, field: &str) -> Option<String> {
    body.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn needed(body: &Value, field: &str) -> Result<String, Failure> {
    text(body, field)
        .ok_or_else(|| bad_request(format!("Missing {field}"), format!("the body has no `{field}`")))
}

/// IAM is changed in the home region only.
fn at_home(asked: Asked<'_>) -> Result<(), Failure> {
    match home(asked.tenancy) {
        Some(home) if home.name != asked.call.region => Err(failure::with(
            "home-region",
            &[("IAD", key(home))],
        )
        .because(format!("the home region is {} and the call went to {}", home.name, asked.call.region))),
        _ => Ok(()),
    }
}

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    let Some(kind) = kind(asked) else { return Err(not_found("the path names nothing that is kept")) };
    match (asked.route.operation.method, kind) {
        ("POST", Kind::Membership) => join(asked),
        ("DELETE", Kind::Membership) => leave(asked),
        ("POST" | "PUT", _) => put(asked, kind),
        _ => {
            at_home(asked)?;
            let entity = item(asked)?;
            if kind == Kind::Compartment {
                empty(asked.tenancy, &entity.ocid)?;
            }
            let answer = Answer::empty(if kind == Kind::Compartment { 202 } else { 204 });
            Ok(answer.with_change(Change::Gone(entity.ocid)))
        }
    }
}

fn empty(tenancy: &Tenancy, compartment: &str) -> Result<(), Failure> {
    let places = places::compartments(tenancy);
    match places.iter().find(|place| place.parent == compartment) {
        Some(child) => Err(Failure::new(409, "IncorrectState", "The compartment is not empty.")
            .because(format!("`{}` lies in it", child.path))),
        None => Ok(()),
    }
}

/// Creates or updates.
fn put(asked: Asked<'_>, kind: Kind) -> Result<Answer, Failure> {
    let body = body(asked)?;
    let tenancy = asked.tenancy;
    let held = match id(asked) {
        Some(_) => Some(item(asked)?),
        None => None,
    };
    let at = held.as_ref().map(|held| held.at);
    let fresh = held.is_none();
    let name = match &held {
        None => needed(&body, "name")?,
        Some(held) => text(&body, "name").or_else(|| text(&held.value, "name")).unwrap_or_default(),
    };
    let compartment = match &held {
        None => needed(&body, "compartmentId")?,
        Some(held) => held.compartment.clone(),
    };
    if kind == Kind::Policy && (fresh || body.get("statements").is_some()) {
        statements(tenancy, &body, &compartment)?;
    }
    at_home(asked)?;
    if fresh && let Some(twin) = twin(asked, kind, &compartment, &name) {
        let code = if kind == Kind::Compartment {
            "CompartmentAlreadyExists"
        } else {
            "NotAuthorizedOrResourceAlreadyExists"
        };
        return Err(Failure::new(409, code, format!("{name} already exists."))
            .because(format!("`{twin}` has that name")));
    }
    let ocid = held.as_ref().map_or_else(|| asked.store.ocid(kind.word(), ""), |held| held.ocid.clone());
    let change = changed(asked, kind, &body, Named { at, ocid: ocid.clone(), name, compartment })?;
    // The answer shows the thing as the changed tenancy has it.
    let mut after = tenancy.clone();
    change.clone().apply(&mut after);
    let later = Asked { tenancy: &after, ..asked };
    let shown = entity::all(later, kind).into_iter().find(|entity| entity.ocid == ocid);
    let Some(shown) = shown else { return Err(not_found("it is gone meanwhile")) };
    let mut value = shown.value.clone();
    if let Some(description) = text(&body, "description") {
        set(&mut value, "description", description);
    }
    if fresh {
        set(&mut value, "timeCreated", store::time(asked.call.now));
    }
    let answer = Answer::json(value).with_header("etag", shown.etag());
    Ok(answer.with_change(change))
}

/// What is created or updated.
struct Named {
    /// Where it stands in the tenancy model; nowhere yet when it is created.
    at: Option<usize>,
    ocid: String,
    name: String,
    compartment: String,
}

/// The thing as the body wants it; what the body leaves out stays.
fn changed(asked: Asked<'_>, kind: Kind, body: &Value, named: Named) -> Result<Change, Failure> {
    let tenancy = asked.tenancy;
    let Named { at, ocid, name, compartment } = named;
    let ocid = Some(ocid);
    Ok(match kind {
        Kind::Policy => {
            let mut policy = at.and_then(|at| tenancy.policies.get(at)).cloned().unwrap_or_default();
            if let Some(list) = body.get("statements").and_then(Value::as_array) {
                policy.statements = list.iter().filter_map(Value::as_str).map(StatementText::from).collect();
            }
            Change::Policy(Policy { name, compartment: Some(compartment), ocid, ..policy })
        }
        Kind::Compartment => {
            let old = at.and_then(|at| tenancy.compartments.get(at)).cloned().unwrap_or_default();
            let parent = (compartment != places::root(tenancy)).then_some(compartment);
            Change::Compartment(Compartment { path: name, ocid, parent, ..old })
        }
        Kind::Group => {
            let old = at.and_then(|at| tenancy.groups.get(at)).cloned().unwrap_or_default();
            Change::Group(Group { name, ocid, ..old })
        }
        Kind::User => {
            let old = at.and_then(|at| tenancy.users.get(at)).cloned().unwrap_or_default();
            Change::User(User { name, ocid, ..old })
        }
        Kind::DynamicGroup => {
            let old = at.and_then(|at| tenancy.dynamic_groups.get(at)).cloned().unwrap_or_default();
            let rule = match text(body, "matchingRule") {
                Some(rule) => StatementText::from(rule),
                None if at.is_none() => {
                    return Err(bad_request("Missing matchingRule", "the body has no `matchingRule`"));
                }
                None => old.rule.clone(),
            };
            Change::DynamicGroup(DynamicGroup { name, ocid, rule, ..old })
        }
        Kind::Membership | Kind::Domain => return Err(not_found("the sandbox changes no such things")),
    })
}

/// The OCID of what already has a name.
fn twin(asked: Asked<'_>, kind: Kind, compartment: &str, name: &str) -> Option<String> {
    entity::all(asked, kind)
        .into_iter()
        .filter(|entity| entity.compartment == compartment)
        .find(|entity| text(&entity.value, "name").is_some_and(|held| held.eq_ignore_ascii_case(name)))
        .map(|entity| entity.ocid)
}

/// Refuses statements that OCI would refuse.
fn statements(tenancy: &Tenancy, body: &Value, compartment: &str) -> Result<(), Failure> {
    let list = body.get("statements").and_then(Value::as_array).filter(|list| !list.is_empty());
    let Some(list) = list else {
        return Err(bad_request("Policy statements must not be empty", "the body has no `statements`"));
    };
    let statements: Vec<_> = list.iter().filter_map(Value::as_str).map(StatementText::from).collect();
    if statements.len() < list.len() {
        return Err(bad_request("Policy statements must be strings", "one of `statements` is no string"));
    }
    let policy =
        Policy { name: "new".to_owned(), compartment: Some(compartment.to_owned()), ocid: None, statements };
    let alone = Tenancy { policies: vec![policy], ..tenancy.clone() };
    let compiled = Compiled::new(alone);
    match compiled.origins.iter().find_map(|origin| Some((origin, origin.rejected.as_ref()?))) {
        Some((_, reason)) => {
            let mut refused = failure::of("policy-no-permissions");
            refused.code = "InvalidParameter".to_owned();
            Err(refused.because(reason))
        }
        None => Ok(()),
    }
}

fn join(asked: Asked<'_>) -> Result<Answer, Failure> {
    let body = body(asked)?;
    let (user, group) = (needed(&body, "userId")?, needed(&body, "groupId")?);
    at_home(asked)?;
    let users = entity::all(asked, Kind::User);
    if !users.iter().any(|entity| entity.ocid == user) {
        return Err(not_found(format!("the tenancy has no user `{user}`")));
    }
    let groups = entity::all(asked, Kind::Group);
    let held = groups.iter().find(|entity| entity.ocid == group);
    let Some(row) = held.and_then(|held| asked.tenancy.groups.get(held.at)) else {
        return Err(not_found(format!("the tenancy has no group `{group}`")));
    };
    let ocid = store::ocid(Kind::Membership.word(), "", &[&group, &user]);
    if entity::all(asked, Kind::Membership).iter().any(|held| held.ocid == ocid) {
        return Err(Failure::new(409, "UserAlreadyInGroup", "The user is already a member of the group.")
            .because("the membership exists"));
    }
    let mut row = row.clone();
    row.ocid = Some(group.clone());
    row.members.push(user.clone());
    let value = json!({ "id": ocid, "compartmentId": places::root(asked.tenancy), "groupId": group, "userId": user,
        "timeCreated": store::time(asked.call.now), "lifecycleState": "ACTIVE", "inactiveStatus": null });
    Ok(Answer::json(value).with_change(Change::Group(row)))
}

fn leave(asked: Asked<'_>) -> Result<Answer, Failure> {
    at_home(asked)?;
    let held = item(asked)?;
    let user = text(&held.value, "userId").unwrap_or_default();
    let Some(group) = asked.tenancy.groups.get(held.at) else { return Err(not_found("the group is gone")) };
    let mut answer = Answer::empty(204);
    if let Some(row) = asked.tenancy.users.iter().find(|row| entity::user_ocid(row) == user) {
        let mut group = group.clone();
        group.ocid = Some(entity::group_ocid(&group));
        group.members.retain(|member| *member != user && !member.eq_ignore_ascii_case(&row.name));
        let mut row = row.clone();
        row.ocid = Some(user);
        row.groups.retain(|name| {
            !name.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case(&group.name))
        });
        answer = answer.with_change(Change::Group(group)).with_change(Change::User(row));
    }
    Ok(answer)
}
