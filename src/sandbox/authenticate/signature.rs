//! Signed requests: whose key it is, and whether it signed this.

use super::{Known, as_signed, refused, skewed};
use crate::authz::{Principal, ResourcePrincipal};
use crate::sandbox::call::{Call, Caller, Failure};
use crate::sandbox::failure;
use crate::sandbox::issue::kind;
use crate::wire::{Authorization, KeyId, PrivateKey, PublicKey, Refusal, Scope, Token, verify};

/// A caller whose signature is good.
#[derive(Debug)]
pub struct Signed {
    /// Who.
    pub caller: Caller,
    /// By what it is known.
    pub proof: Proof,
}

/// By what a signer is known.
#[derive(Debug)]
pub enum Proof {
    /// An API signing key.
    Key,
    /// A security token.
    Token(Box<Token>),
    /// The key that a resource asks for its own token with.
    Resource,
}

/// Checks the signature of a call.
pub fn signed(known: Known<'_>, call: &Call) -> Result<Signed, Failure> {
    let header = call.headers.get("authorization").unwrap_or_default();
    let authorization = Authorization::parse(header).map_err(refused)?;
    let (signed, key) = whose(known, call, &authorization.key_id)?;
    check(call, &authorization, &key, Scope::Standard)?;
    if !known.world.is_subscribed(call.region) {
        return Err(failure::of("unsubscribed-region").because("the tenancy is not subscribed to the region"));
    }
    Ok(signed)
}

/// Checks that a key signed a call.
pub fn check(
    call: &Call,
    authorization: &Authorization,
    key: &PublicKey,
    scope: Scope,
) -> Result<(), Failure> {
    verify(&as_signed(call), authorization, key, scope, call.now).map_err(|refusal| match refusal {
        Refusal::Skew { date } => skewed(date, call.now),
        Refusal::Signature | Refusal::BodyHash | Refusal::ContentLength => {
            failure::of("bad-signature").because(refusal)
        }
        other => refused(other),
    })
}

fn whose(known: Known<'_>, call: &Call, key_id: &KeyId) -> Result<(Signed, PublicKey), Failure> {
    let world = known.world;
    match key_id {
        KeyId::User { tenancy, user, fingerprint } => {
            let keys = &known.credentials.keys;
            let own = if *user == world.principals.user { Some(&keys.user) } else { keys.others.get(user) };
            let own = own.map(PrivateKey::public).filter(|key| key.fingerprint() == *fingerprint);
            if tenancy != world.root() {
                return Err(refused("the tenancy is not the one that is served"));
            }
            if world.compiled.user(user).is_none() {
                return Err(refused("the user is not known"));
            }
            let Some(key) = own else {
                return Err(refused("the fingerprint is not that of a key of the user"));
            };
            Ok((
                Signed { caller: person("user-api-key", world.root(), user), proof: Proof::Key },
                key.clone(),
            ))
        }
        KeyId::Token(raw) => {
            let token = Token::parse(raw.expose()).map_err(refused)?;
            let caller = bearer_of(known, call, &token)?;
            let key = token.key().ok_or_else(|| refused("the token holds no key"))?;
            Ok((Signed { caller, proof: Proof::Token(Box::new(token)) }, key))
        }
        KeyId::Resource { version, tenancy, resource } => {
            if !["2.1", "2.1.1", "2.1.2"].contains(&version.as_str()) {
                return Err(refused(format!("`v{version}` is no version of resource principals")));
            }
            if tenancy.as_ref().is_some_and(|tenancy| tenancy != world.root()) {
                return Err(refused("the tenancy of the `keyId` is not the one that is served"));
            }
            if *resource != world.principals.resource {
                return Err(refused("the resource of the `keyId` has no key"));
            }
            let caller = resource_caller(known, "resource-principal", resource, None);
            let key = known.credentials.keys.resource.public().clone();
            Ok((Signed { caller, proof: Proof::Resource }, key))
        }
        KeyId::Certificate { .. } => {
            Err(refused("a certificate proves who calls at federation only; use the token that it gives"))
        }
    }
}

/// Whom a token stands for, once it is known to be genuine.
fn bearer_of(known: Known<'_>, call: &Call, token: &Token) -> Result<Caller, Failure> {
    let world = known.world;
    known
        .credentials
        .issuer
        .accepts(token, call.now)
        .map_err(|reason| failure::of("expired-session").because(reason))?;
    if token.tenancy() != Some(world.root()) {
        return Err(refused("the token is of another tenancy"));
    }
    let claim = |name: &str| token.claim(name).map(str::to_owned);
    let subject = claim("sub").unwrap_or_default();
    match token.claim("ttype") {
        Some(kind::SESSION) => {
            if world.compiled.user(&subject).is_none() {
                return Err(refused("the user of the token is not known"));
            }
            Ok(person("session-token", world.root(), &subject))
        }
        Some(kind::INSTANCE) => {
            Ok(resource_caller(known, "instance-principal", &subject, claim("opc-compartment")))
        }
        Some(kind::RESOURCE) if token.claim("ptype") == Some("workload") => {
            let principal = Principal::Workload {
                namespace: claim("namespace").unwrap_or_default(),
                account: claim("service_account").unwrap_or_default(),
                cluster: claim("cluster_id"),
            };
            Ok(Caller {
                auth_method: "oke-workload",
                principal,
                ocid: subject,
                tenancy: world.root().to_owned(),
                compartment: claim("res_compartment"),
            })
        }
        Some(kind::RESOURCE) => {
            Ok(resource_caller(known, "resource-principal", &subject, claim("res_compartment")))
        }
        _ => Err(refused("the token is not one that requests are signed with")),
    }
}

/// A user.
pub fn person(auth_method: &'static str, tenancy: &str, user: &str) -> Caller {
    Caller {
        auth_method,
        principal: Principal::User { user: user.to_owned(), groups: None },
        ocid: user.to_owned(),
        tenancy: tenancy.to_owned(),
        compartment: None,
    }
}

fn resource_caller(
    known: Known<'_>,
    auth_method: &'static str,
    ocid: &str,
    compartment: Option<String>,
) -> Caller {
    let of_model = known.world.compiled.resource(ocid);
    let compartment =
        compartment.or_else(|| known.world.compartment(of_model.and_then(|one| one.compartment.as_deref())));
    Caller {
        auth_method,
        principal: Principal::Resource(ResourcePrincipal {
            ocid: Some(ocid.to_owned()),
            compartment: compartment.clone(),
            ..ResourcePrincipal::default()
        }),
        ocid: ocid.to_owned(),
        tenancy: known.world.root().to_owned(),
        compartment,
    }
}
