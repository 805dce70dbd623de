//! Tokens as OCI issues them: JSON Web Tokens that name the bearer, end after a while, and hold the public half of
//! the key that signs beside them.

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use rsa::rand_core::{OsRng, RngCore};
use serde_json::{Map, Value, json};

use super::settings::{Lifetime, Workload};
use super::world::World;
use crate::wire::{KeyError, PrivateKey, PublicKey, Token};

/// Who issues all tokens, as the claim `iss` has it.
const ISSUER: &str = "authService.oracle.com";

/// What a token is good for, as the claim `ttype` has it.
pub mod kind {
    /// A user's session.
    pub const SESSION: &str = "login";
    /// An instance.
    pub const INSTANCE: &str = "x509";
    /// A resource or a workload.
    pub const RESOURCE: &str = "res";
    /// On behalf of a user.
    pub const DELEGATION: &str = "obo";
    /// What a resource asks for its own token with.
    pub const RESOURCE_PROOF: &str = "rpt";
    /// What the service vouches for a resource with.
    pub const SERVICE_PROOF: &str = "spst";
    /// An access token of the identity domain.
    pub const ACCESS: &str = "access";
    /// A Kubernetes service account.
    pub const SERVICE_ACCOUNT: &str = "k8s";
}

/// The holder of the issuer's key.
#[derive(Clone, Debug)]
pub struct Issuer {
    key: PrivateKey,
    kid: String,
}

impl Issuer {
    /// Issues with this key.
    pub fn new(key: PrivateKey) -> Self {
        Self { key, kid: "sandbox_issuer".to_owned() }
    }

    /// The public half, by which tokens are known to be genuine.
    pub fn public(&self) -> &PublicKey {
        self.key.public()
    }

    /// The id under which the public half is published.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A token with these claims beside those that every token has.
    pub fn issue(
        &self,
        own: Value,
        bearer: Option<&PublicKey>,
        now: Timestamp,
        lifetime: Lifetime,
    ) -> Result<Token, KeyError> {
        let mut claims = match own {
            Value::Object(claims) => claims,
            _ => Map::new(),
        };
        let ends = now.checked_add(lifetime.0).unwrap_or(Timestamp::MAX);
        claims.entry("iss").or_insert_with(|| ISSUER.into());
        claims.entry("aud").or_insert_with(|| "oci".into());
        claims.insert("jti".into(), unique().into());
        claims.insert("iat".into(), now.as_second().min(ends.as_second()).into());
        claims.insert("exp".into(), ends.as_second().into());
        if let Some(key) = bearer {
            claims.insert("jwk".into(), key.to_jwk(&unique()).to_string().into());
        }
        Token::make(claims, &self.kid, &self.key)
    }

    /// Whether a token is one of its own and hasn't ended.
    pub fn accepts(&self, token: &Token, now: Timestamp) -> Result<(), &'static str> {
        if !token.verify(self.public()) {
            return Err("the token is not of this sandbox");
        }
        match token.expires() {
            Some(ends) if ends > now => Ok(()),
            Some(_) => Err("the token has expired"),
            None => Err("the token has no expiry"),
        }
    }
}

/// A random name.
pub fn unique() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The claims of a user's session that began at a time.
pub fn session(world: &World, user: &str, began: Timestamp) -> Value {
    let ends = began.checked_add(world.settings.lifetimes.session.0).unwrap_or(Timestamp::MAX);
    let ends = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&ends).unwrap_or_default();
    json!({
        "sub": user, "ttype": kind::SESSION, "ptype": "user", "tenant": world.root(), "mfa_verified": "false",
        "sess_exp": ends.replace("GMT", "UTC"),
    })
}

/// The claims of an instance, by the fingerprint of its certificate.
pub fn instance(world: &World, instance: &str, compartment: &str, fingerprint: &str) -> Value {
    json!({
        "sub": instance, "ttype": kind::INSTANCE, "ptype": "instance", "opc-certtype": "instance",
        "fprint": fingerprint, "opc-instance": instance, "opc-compartment": compartment,
        "tenant": world.root(), "opc-tenant": world.root(), "opc-tag": "V3,,,",
    })
}

/// The claims of a resource.
pub fn resource(world: &World, resource: &str) -> Value {
    let known = world.compiled.resource(resource);
    let kind = known.map(|known| known.kind.as_str()).or_else(|| resource.split('.').nth(1));
    let compartment = world.compartment(known.and_then(|known| known.compartment.as_deref()));
    json!({
        "sub": resource, "ttype": kind::RESOURCE, "ptype": "resource", "res_id": resource,
        "res_type": kind, "res_tenant": world.root(), "res_compartment": compartment,
        "tenant": world.root(), "opc-tag": "V3,,,",
    })
}

/// The claims of a workload of a cluster.
pub fn workload(world: &World, workload: &Workload) -> Value {
    let cluster = workload.cluster.as_deref().unwrap_or_default();
    let known = world.compiled.resource(cluster);
    let compartment = world.compartment(known.and_then(|known| known.compartment.as_deref()));
    json!({
        "sub": cluster, "ttype": kind::RESOURCE, "ptype": "workload", "res_type": "workload",
        "res_id": cluster, "res_tenant": world.root(), "res_compartment": compartment,
        "tenant": world.root(), "cluster_id": cluster, "namespace": workload.namespace,
        "service_account": workload.service_account,
    })
}

/// The claims of whoever acts on behalf of a user.
pub fn delegation(world: &World, user: &str) -> Value {
    json!({ "sub": user, "ttype": kind::DELEGATION, "ptype": "user", "tenant": world.root() })
}

/// The claims of a Kubernetes service account.
pub fn service_account(workload: &Workload) -> Value {
    let Workload { namespace, service_account, cluster } = workload;
    json!({
        "iss": "https://kubernetes.default.svc.cluster.local", "aud": ["https://kubernetes.default.svc"],
        "sub": format!("system:serviceaccount:{namespace}:{service_account}"), "ttype": kind::SERVICE_ACCOUNT,
        "kubernetes.io": { "namespace": namespace, "serviceaccount": { "name": service_account } },
        "cluster_id": cluster,
    })
}

/// Whether more than half of a token's life is left.
pub fn is_fresh(token: &Token, now: Timestamp) -> bool {
    let Some((made, ends)) = token.issued().zip(token.expires()) else { return false };
    let life = ends.duration_since(made);
    let left = ends.duration_since(now);
    // A token made to be expired stays what it is.
    life <= SignedDuration::ZERO || left * 2 > life
}
