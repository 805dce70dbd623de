//! Scoped tokens: whoever can sign gets a token for another key and a narrower purpose.

use serde_json::{Value, json};

use super::{Outcome, issue as issue_token, object, public_key, text, with_token};
use crate::sandbox::authenticate::{Known, Proof, refused, signed};
use crate::sandbox::call::Call;
use crate::sandbox::issue;

/// The exchange; `key_field` names the public key, since the two forms of it spell that in two ways.
pub fn exchange(known: Known<'_>, call: &Call, key_field: &str) -> Outcome {
    let signed = signed(known, call)?;
    let fields = object(call)?;
    let scope = text(&fields, "scope")?;
    let key = public_key(text(&fields, key_field)?, key_field)?;
    let mut claims = match signed.proof {
        Proof::Key => issue::session(known.world, &signed.caller.ocid, call.now),
        Proof::Token(token) => Value::Object(token.claims().clone()),
        Proof::Resource => return Err(refused("a resource asks with its token")),
    };
    if let Some(claims) = claims.as_object_mut() {
        claims.insert("scope".to_owned(), json!(scope));
        if let Some(compartment) = fields.get("target_compartment").filter(|value| value.is_string()) {
            claims.insert("target_compartment".to_owned(), compartment.clone());
        }
    }
    let lifetime = known.world.settings.lifetimes.scoped_token;
    Ok(with_token(&issue_token(known, call, claims, Some(&key), lifetime)?))
}
