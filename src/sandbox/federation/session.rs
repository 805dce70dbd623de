//! Session tokens of users: made for a key, renewed while the session lasts.

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Outcome, issue as issue_token, object, public_key, text, with_token};
use crate::sandbox::authenticate::{Known, Proof, refused, signed};
use crate::sandbox::call::{Call, Failure};
use crate::sandbox::failure;
use crate::sandbox::issue::{self, kind};
use crate::sandbox::settings::Lifetime;
use crate::wire::Token;

/// How long a session made without a browser may be, in minutes.
const MINUTES: std::ops::RangeInclusive<i64> = 5..=60;

/// A new token for the bearer of one that is still good.
pub fn refresh(known: Known<'_>, call: &Call) -> Outcome {
    let Proof::Token(token) = signed(known, call)?.proof else {
        return Err(refused("a session is renewed by its own token"));
    };
    let fields = object(call)?;
    let current = Token::parse(text(&fields, "currentToken")?).map_err(refused)?;
    if !current.raw().same(token.raw()) || token.claim("ttype") != Some(kind::SESSION) {
        return Err(refused("`currentToken` is not the session token that signs the request"));
    }
    let ends = session_end(&token);
    if ends.is_some_and(|ends| ends <= call.now) {
        return Err(failure::of("expired-session").because("the session is over"));
    }
    let key = match fields.get("newPublicKey").and_then(Value::as_str) {
        Some(new) => public_key(new, "newPublicKey")?,
        None => token.key().ok_or_else(|| refused("the token holds no key"))?,
    };
    let mut claims = issue::session(known.world, token.claim("sub").unwrap_or_default(), call.now);
    if let (Some(fields), Some(kept)) = (claims.as_object_mut(), token.claims().get("sess_exp")) {
        fields.insert("sess_exp".to_owned(), kept.clone());
    }
    // A token never outlives its session.
    let left = ends.map_or(SignedDuration::MAX, |ends| ends.duration_since(call.now));
    let lifetime = Lifetime(known.world.settings.lifetimes.session_token.0.min(left));
    Ok(with_token(&issue_token(known, call, claims, Some(&key), lifetime)?))
}

fn session_end(token: &Token) -> Option<Timestamp> {
    let text = token.claim("sess_exp")?.replace("UTC", "GMT");
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// A session for a user who signs with another key, as `oci session authenticate --no-browser` asks for it.
pub fn generate(known: Known<'_>, call: &Call) -> Outcome {
    let caller = signed(known, call)?.caller;
    if !["user-api-key", "session-token"].contains(&caller.auth_method) {
        return Err(refused("only a user has sessions"));
    }
    let fields = object(call)?;
    let key = public_key(text(&fields, "publicKey")?, "publicKey")?;
    let minutes = match fields.get("sessionExpirationInMinutes") {
        None => *MINUTES.end(),
        Some(given) => given
            .as_i64()
            .or_else(|| given.as_str()?.parse().ok())
            .filter(|one| MINUTES.contains(one))
            .ok_or_else(|| {
                Failure::new(400, "InvalidParameter", "sessionExpirationInMinutes must be between 5 and 60")
            })?,
    };
    let life = SignedDuration::from_mins(minutes);
    let mut claims = issue::session(known.world, &caller.ocid, call.now);
    if let Some(fields) = claims.as_object_mut() {
        // It can be renewed, but not beyond the time that was asked for.
        let ends = call.now.checked_add(life).unwrap_or(Timestamp::MAX);
        let ends = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&ends).unwrap_or_default();
        fields.insert("sess_exp".to_owned(), json!(ends.replace("GMT", "UTC")));
    }
    Ok(with_token(&issue_token(known, call, claims, Some(&key), Lifetime(life))?))
}
