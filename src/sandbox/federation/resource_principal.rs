//! Resource principals of the versions that ask for their token: first a proof of the resource and one of its
//! service, then the token for both.

use serde_json::json;

use super::{Outcome, genuine, issue as issue_token, object, public_key, text, with_token};
use crate::sandbox::authenticate::{Known, Proof, refused, signed};
use crate::sandbox::call::{Answer, Call};
use crate::sandbox::issue::{self, kind, unique};
use crate::sandbox::settings::Lifetime;

/// How long the proofs live: they are used at once.
const PROOF_LIFE: Lifetime = Lifetime(jiff::SignedDuration::from_mins(15));

/// The proofs, at the paths that clients ask for by default; none for another path.
pub fn proof(known: Known<'_>, call: &Call, path: &str) -> Option<Outcome> {
    let rest = path.strip_prefix("/20180711/resourcePrincipalToken")?;
    let (version, resource) = rest.split_once('/')?;
    ["", "V2", "V212"].contains(&version).then(|| proofs(known, call, version, resource))
}

fn proofs(known: Known<'_>, call: &Call, version: &str, asked: &str) -> Outcome {
    let signed = signed(known, call)?;
    let world = known.world;
    let resource = match (version, signed.proof) {
        // The oldest form is asked by an instance, for what runs on it; the newest by a resource, for its parent.
        ("", Proof::Token(_)) if signed.caller.auth_method != "session-token" => {
            let known = world.compiled.resource(asked).filter(|known| known.kind != "instance");
            known.map_or_else(|| world.principals.resource.clone(), |known| known.ocid.clone())
        }
        ("V2" | "V212", Proof::Resource) if asked == signed.caller.ocid => signed.caller.ocid,
        ("V2" | "V212", Proof::Resource) => {
            return Err(refused("the resource asks for the token of another one"));
        }
        _ => return Err(refused("the request is not signed by what this version asks with")),
    };
    if version == "V212" && call.headers.get("security-context").is_none_or(str::is_empty) {
        return Err(refused("the request has no `security-context`"));
    }
    let proof = |kind: &str, subject: &str| {
        let claims = json!({ "sub": subject, "ttype": kind, "tenant": world.root(), "pair": unique() });
        issue_token(known, call, claims, None, PROOF_LIFE)
    };
    let (own, service) = (proof(kind::RESOURCE_PROOF, &resource)?, proof(kind::SERVICE_PROOF, "service")?);
    Ok(Answer::json(json!({
        "resourcePrincipalToken": own.raw().expose(),
        "servicePrincipalSessionToken": service.raw().expose(),
    })))
}

/// The token for both proofs.
pub fn session_token(known: Known<'_>, call: &Call) -> Outcome {
    signed(known, call)?;
    let fields = object(call)?;
    let own = genuine(known, call, text(&fields, "resourcePrincipalToken")?, kind::RESOURCE_PROOF)?;
    genuine(known, call, text(&fields, "servicePrincipalSessionToken")?, kind::SERVICE_PROOF)?;
    let key = public_key(text(&fields, "sessionPublicKey")?, "sessionPublicKey")?;
    let claims = issue::resource(known.world, own.claim("sub").unwrap_or_default());
    let lifetime = known.world.settings.lifetimes.resource_token;
    Ok(with_token(&issue_token(known, call, claims, Some(&key), lifetime)?))
}
