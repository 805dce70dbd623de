//! Conversations and their items.

use serde_json::{Value, json};

use super::super::{Asked, set};
use super::scope::Scope;
use super::{absent, body, body_or_empty, gone, id, items, keep, kept, list, region_key};
use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::store::Stored;

const KIND: &str = "openai/conversations";
const ITEMS: &str = "openai/conversations/items";
/// The most items that one call adds.
const MOST_ITEMS: usize = 20;

fn conversation(asked: Asked<'_>, scope: &Scope, id: &str) -> Result<Stored, Failure> {
    kept(asked, scope, "Conversation", KIND, id)
}

/// The conversation that a body names, by id or as an object.
pub fn named(asked: Asked<'_>, scope: &Scope, given: Option<&Value>) -> Result<Option<String>, Failure> {
    let id = given.and_then(|given| given.as_str().or_else(|| given.get("id")?.as_str()));
    id.map(|id| conversation(asked, scope, id).map(|held| held.id)).transpose()
}

/// Its items, oldest first.
pub fn said(asked: Asked<'_>, id: &str) -> Vec<Value> {
    let all = asked.store.list(ITEMS, asked.call.region).into_iter();
    all.filter(|item| item.parent.as_deref() == Some(id)).map(|item| item.value).collect()
}

/// Adds items.
pub fn append(asked: Asked<'_>, scope: &Scope, id: &str, items: impl IntoIterator<Item = Value>) {
    for item in items {
        let item_id = item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        asked.store.put(Stored {
            id: item_id,
            kind: ITEMS.to_owned(),
            region: asked.call.region.to_owned(),
            compartment: scope.compartment.clone().unwrap_or_default(),
            parent: Some(id.to_owned()),
            version: 0,
            value: item,
        });
    }
}

fn item(asked: Asked<'_>) -> Result<Stored, Failure> {
    let wanted = asked.part("item");
    let held = asked
        .store
        .get(wanted)
        .filter(|held| held.kind == ITEMS && held.parent.as_deref() == Some(id(asked)));
    held.ok_or_else(|| absent("Conversation item", wanted))
}

fn listed(items: Vec<Value>) -> Answer {
    let id_of = |item: Option<&Value>| item.and_then(|item| item.get("id")).cloned().unwrap_or(Value::Null);
    Answer::json(json!({ "object": "list", "first_id": id_of(items.first()), "last_id": id_of(items.last()),
        "has_more": false, "data": items }))
}

fn new_items(asked: Asked<'_>, body: &Value) -> Result<Vec<Value>, Failure> {
    let given = body.get("items").filter(|items| !items.is_null());
    let Some(given) = given else { return Ok(Vec::new()) };
    let taken = items::taken(asked, given)?;
    match taken.len() > MOST_ITEMS {
        true => Err(super::refused("Too many items", format!("a call adds at most {MOST_ITEMS} items"))),
        false => Ok(taken),
    }
}

pub fn answer(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    match asked.route.operation.name {
        "CreateConversation" => {
            let body = body_or_empty(asked)?;
            let items = new_items(asked, &body)?;
            let id = asked.store.plain_id(&format!("conv_{}_", region_key(asked)), 44);
            let metadata = body.get("metadata").filter(|given| !given.is_null()).cloned();
            let value = json!({ "id": id, "object": "conversation", "created_at": asked.call.now.as_second(),
                "metadata": metadata.unwrap_or_else(|| json!({})) });
            keep(asked, scope, KIND, &id, value.clone());
            append(asked, scope, &id, items);
            Ok(Answer::json(value))
        }
        "RetrieveConversation" => Ok(Answer::json(conversation(asked, scope, id(asked))?.value)),
        "UpdateConversation" => {
            let held = conversation(asked, scope, id(asked))?;
            let metadata = body(asked)?.get("metadata").cloned().unwrap_or_else(|| json!({}));
            let changed = asked.store.change(&held.id, |held| set(&mut held.value, "metadata", metadata));
            changed.map(|held| Answer::json(held.value)).ok_or_else(|| absent("Conversation", &held.id))
        }
        "DeleteConversation" => {
            let held = conversation(asked, scope, id(asked))?;
            asked.store.remove(&held.id);
            Ok(gone(&held.id, "conversation.deleted"))
        }
        "CreateConversationItems" => {
            let held = conversation(asked, scope, id(asked))?;
            let items = new_items(asked, &body(asked)?)?;
            append(asked, scope, &held.id, items.clone());
            Ok(listed(items))
        }
        "ListConversationItems" => {
            let held = conversation(asked, scope, id(asked))?;
            list::page(asked, said(asked, &held.id), true)
        }
        "RetrieveConversationItem" => {
            conversation(asked, scope, id(asked))?;
            Ok(Answer::json(item(asked)?.value))
        }
        _ => {
            let held = conversation(asked, scope, id(asked))?;
            asked.store.remove(&item(asked)?.id);
            Ok(Answer::json(held.value))
        }
    }
}
