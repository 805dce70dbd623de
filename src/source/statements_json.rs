//! A JSON array of strings, as `oci iam policy create --statements` takes it.

use super::configuration::Role;
use super::json::{Kind, Node};
use super::parts::Parts;
use super::recognise::looks_like_matching_rule;

/// Whether the value is a list of nothing but strings, and not empty.
pub(super) fn is_statement_list(root: &Node) -> bool {
    !root.items().is_empty() && root.items().iter().all(|item| matches!(item.kind, Kind::String(_)))
}

/// Every string is a statement; a matching rule among them is taken as that.
pub(super) fn read(root: &Node) -> Parts {
    let mut parts = Parts::default();
    for (index, item) in root.items().iter().enumerate() {
        let Some(text) = item.text() else { continue };
        if looks_like_matching_rule(text.as_str()) {
            parts.matching_rule(text.clone(), item.place, None, None, Role::Policy);
        } else {
            parts.statement(text.clone(), item.place, None, Some(index), Role::Policy);
        }
    }
    parts
}
