//! An instance shows its certificate and gets a token.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Outcome, issue as issue_token, object, public_key, text, with_token};
use crate::sandbox::authenticate::{Known, check, refused};
use crate::sandbox::call::{Call, Failure};
use crate::sandbox::failure;
use crate::sandbox::issue;
use crate::wire::{Authorization, Certificate, KeyId, Scope};

/// How many certificates may stand between the instance's and the authority's.
const LONGEST_CHAIN: usize = 8;

/// Checks certificate, chain and signature, and issues the token.
pub fn exchange(known: Known<'_>, call: &Call) -> Outcome {
    let header = call.headers.get("authorization").unwrap_or_default();
    let authorization = Authorization::parse(header).map_err(refused)?;
    let fields = object(call)?;
    let leaf = certificate(text(&fields, "certificate")?)?;
    let mut chain = Vec::new();
    for one in fields.get("intermediateCertificates").and_then(Value::as_array).into_iter().flatten() {
        if chain.len() == LONGEST_CHAIN {
            return Err(bad_certificates("the chain is too long"));
        }
        chain.push(certificate(one.as_str().unwrap_or_default())?);
    }
    let KeyId::Certificate { tenancy, sha256, fingerprint } = &authorization.key_id else {
        return Err(refused("the `keyId` names no certificate"));
    };
    let own = if *sha256 { leaf.sha256() } else { leaf.sha1() };
    if !own.eq_ignore_ascii_case(fingerprint) {
        return Err(refused("the fingerprint is not that of the certificate"));
    }
    if leaf.tenancy() != Some(tenancy) || tenancy != known.world.root() {
        return Err(refused(
            "the tenancy of the `keyId` or of the certificate is not the one that is served",
        ));
    }
    let key = leaf.public_key().ok_or_else(|| bad_certificates("the certificate has no RSA key"))?;
    check(call, &authorization, &key, Scope::Federation)?;
    trusted(known, call, &leaf, chain)?;
    if !known.world.is_subscribed(call.region) {
        return Err(failure::of("unsubscribed-region").because("the tenancy is not subscribed to the region"));
    }
    let instance = leaf.attribute("opc-instance");
    let instance = instance.ok_or_else(|| bad_certificates("the certificate names no instance"))?;
    let compartment = leaf.attribute("opc-compartment").unwrap_or_default();
    let claims = issue::instance(known.world, instance, compartment, &leaf.sha1().to_uppercase());
    let session_key = public_key(text(&fields, "publicKey")?, "publicKey")?;
    let lifetime = known.world.settings.lifetimes.instance_token;
    Ok(with_token(&issue_token(known, call, claims, Some(&session_key), lifetime)?))
}

/// Whether a chain leads from the certificate to the sandbox's authority, all of it valid now.
fn trusted(
    known: Known<'_>,
    call: &Call,
    leaf: &Certificate,
    mut chain: Vec<Certificate>,
) -> Result<(), Failure> {
    let authority = known.credentials.authority.certificate();
    let mut current = leaf.clone();
    loop {
        if call.now < current.not_before || call.now > current.not_after {
            return Err(bad_certificates("a certificate is not valid now"));
        }
        if current.names_as_issuer(authority) && current.is_signed_by(authority) {
            return Ok(());
        }
        let next = chain.iter().position(|one| current.names_as_issuer(one) && current.is_signed_by(one));
        match next {
            Some(at) => current = chain.swap_remove(at),
            None => return Err(bad_certificates("no chain leads to the authority of the sandbox")),
        }
    }
}

fn certificate(text: &str) -> Result<Certificate, Failure> {
    let compact: String = text.split_whitespace().collect();
    let der = STANDARD.decode(compact).map_err(|_| bad_certificates("a certificate is no base64"))?;
    Certificate::from_der(&der).map_err(bad_certificates)
}

fn bad_certificates(reason: impl Display) -> Failure {
    Failure { status: 400, ..failure::of("ip-bad-certs").because(reason) }
}
