//! Lists as OCI gives them: filtered, sorted, and page by page.

use serde_json::{Value, json};

use crate::sandbox::call::{Answer, Call, Failure};
use crate::sandbox::failure;

/// The most that one page holds, and what it holds when nobody says.
const MOST: usize = 1_000;
const USUAL: usize = 100;

/// Parameters that say which page of what is wanted, and filter nothing.
const NO_FILTERS: [&str; 8] = [
    "compartmentId",
    "compartmentIdInSubtree",
    "accessLevel",
    "limit",
    "page",
    "sortBy",
    "sortOrder",
    "region",
];

/// Whether an item has what a filter asks for. A field that the item lacks is no filter of its kind.
fn passes(item: &Value, name: &str, wanted: &str) -> bool {
    let field = if name == "capability" { "capabilities" } else { name };
    match item.get(field) {
        Some(Value::String(held)) => held.eq_ignore_ascii_case(wanted),
        Some(Value::Bool(held)) => held.to_string() == wanted,
        Some(Value::Array(held)) => held.iter().any(|each| each.as_str() == Some(wanted)),
        _ => true,
    }
}

fn sorted(call: &Call, items: &mut [Value]) {
    let by = match call.parameter("sortBy").unwrap_or_default().to_ascii_lowercase().as_str() {
        "displayname" => Some("displayName"),
        "name" => Some("name"),
        "timecreated" => Some("timeCreated"),
        _ => None,
    };
    if let Some(by) = by {
        items.sort_by(|one, other| key(one, by).cmp(key(other, by)));
    }
    if call.parameter("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("DESC")) {
        items.reverse();
    }
}

fn key<'v>(item: &'v Value, name: &str) -> &'v str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The answer to a list call whose body is an object with `items`.
pub fn items(call: &Call, items: Vec<Value>) -> Result<Answer, Failure> {
    listing(call, items, |items| json!({ "items": items }))
}

/// The answer to a list call whose body is an array.
pub fn array(call: &Call, items: Vec<Value>) -> Result<Answer, Failure> {
    listing(call, items, Value::Array)
}

/// What passes the filters of a list call, from the page that it asks for. `wrap` makes the body.
fn listing(
    call: &Call,
    items: Vec<Value>,
    wrap: impl FnOnce(Vec<Value>) -> Value,
) -> Result<Answer, Failure> {
    let query = call.query();
    let filters: Vec<_> = query
        .iter()
        .filter(|(name, value)| !NO_FILTERS.contains(&name.as_str()) && !value.is_empty())
        .collect();
    let mut items: Vec<_> = items
        .into_iter()
        .filter(|item| filters.iter().all(|(name, value)| passes(item, name, value)))
        .collect();
    sorted(call, &mut items);
    let limit = match call.parameter("limit") {
        None => USUAL,
        Some(text) => match text.parse::<usize>() {
            Ok(limit) if (1..=MOST).contains(&limit) => limit,
            _ => {
                let because = format!("`limit` is `{text}` and not a number from 1 to {MOST}");
                return Err(failure::bad_request(
                    format!("limit size must be between 1 and {MOST}"),
                    because,
                ));
            }
        },
    };
    let start = match call.parameter("page").filter(|page| !page.is_empty()) {
        None => 0,
        Some(page) => offset(&page).filter(|start| *start <= items.len()).ok_or_else(|| {
            failure::bad_request("Invalid page token", format!("`{page}` is no page that a list has named"))
        })?,
    };
    let total = items.len();
    let page: Vec<_> = items.into_iter().skip(start).take(limit).collect();
    let end = start + page.len();
    let answer = Answer::json(wrap(page)).with_header("opc-total-items", total.to_string());
    Ok(match end < total {
        true => answer.with_header("opc-next-page", token(end)),
        false => answer,
    })
}

/// A page's token is a number that doesn't look like one, so that nobody counts on it.
fn token(offset: usize) -> String {
    format!("AAAA{:08x}", offset ^ 0x5a5a_5a5a)
}

fn offset(token: &str) -> Option<usize> {
    let digits = token.strip_prefix("AAAA").filter(|digits| digits.len() == 8)?;
    usize::from_str_radix(digits, 16).ok().map(|number| number ^ 0x5a5a_5a5a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Body;
    use crate::sandbox::planes::tests::call;

    fn list(target: &str) -> (Vec<i64>, Option<String>) {
        let items = (0..5).map(|n| json!({ "n": n, "displayName": format!("x{}", 9 - n) })).collect();
        let answer = array(&call("GET", target), items).unwrap();
        let Body::Json(Value::Array(items)) = answer.body else { panic!("a list") };
        let next = answer.headers.into_iter().find(|(name, _)| name == "opc-next-page");
        (items.iter().map(|item| item["n"].as_i64().unwrap()).collect(), next.map(|(_, value)| value))
    }

    #[test]
    fn pages_follow_one_another_and_end() {
        let (first, next) = list("/x?limit=2");
        assert_eq!(first, [0, 1]);
        let (second, next) = list(&format!("/x?limit=2&page={}", next.unwrap()));
        assert_eq!(second, [2, 3]);
        assert_eq!(list(&format!("/x?limit=2&page={}", next.unwrap())), (vec![4], None));
    }

    #[test]
    fn lists_are_filtered_and_sorted() {
        assert_eq!(list("/x?displayName=x7").0, [2]);
        assert_eq!(list("/x?sortBy=displayName&sortOrder=ASC").0, [4, 3, 2, 1, 0]);
        assert_eq!(list("/x?sortOrder=DESC").0, [4, 3, 2, 1, 0]);
        assert_eq!(list("/x?absent=1").0.len(), 5);
    }

    #[test]
    fn a_strange_page_or_limit_is_refused() {
        for target in ["/x?limit=0", "/x?limit=many", "/x?page=2", "/x?page=AAAA00000000"] {
            assert_eq!(array(&call("GET", target), Vec::new()).unwrap_err().status, 400, "{target}");
        }
    }
}
