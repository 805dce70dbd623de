//! Lists as the OpenAI API gives them: newest first, after an id, so many.

use serde_json::{Value, json};

use super::super::Asked;
use super::refused;
use crate::sandbox::call::{Answer, Failure};

/// What a list gives when nobody says, and at most.
const USUAL: usize = 20;
const MOST: usize = 10_000;

/// A page of items that come in the order of their creation. `newest_first` unless the call says otherwise.
pub fn page(asked: Asked<'_>, mut items: Vec<Value>, newest_first: bool) -> Result<Answer, Failure> {
    let call = asked.call;
    let limit = match call.parameter("limit") {
        None => USUAL,
        Some(text) => match text.parse::<usize>() {
            Ok(limit) if (1..=MOST).contains(&limit) => limit,
            _ => return Err(refused("Invalid 'limit'", format!("`limit` is `{text}`"))),
        },
    };
    let newest_first = match call.parameter("order").as_deref() {
        Some("asc") => false,
        Some("desc") => true,
        _ => newest_first,
    };
    if newest_first {
        items.reverse();
    }
    let place = |name: &str| {
        let id = call.parameter(name)?;
        items.iter().position(|item| item.get("id").and_then(Value::as_str) == Some(&id))
    };
    let start = place("after").map_or(0, |at| at + 1);
    let end = place("before").unwrap_or(items.len());
    let left: Vec<_> = items.into_iter().take(end).skip(start).collect();
    let more = left.len() > limit;
    let shown: Vec<_> = left.into_iter().take(limit).collect();
    let id_of = |item: Option<&Value>| item.and_then(|item| item.get("id")).cloned().unwrap_or(Value::Null);
    Ok(Answer::json(json!({
        "object": "list",
        "first_id": id_of(shown.first()),
        "last_id": id_of(shown.last()),
        "has_more": more,
        "data": shown,
    })))
}
