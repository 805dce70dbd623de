//! The metadata service of the instance: its certificate and key, its region, itself.

use serde_json::{Value, json};

use super::{Outcome, plain};
use crate::catalog;
use crate::sandbox::authenticate::Known;
use crate::sandbox::call::{Answer, Call, Failure};
use crate::wire::Certificate;

/// What shows that a request came through a proxy.
const FORWARDED: &[&str] = &["forwarded", "x-forwarded-for", "x-forwarded-host"];

/// The answer to a request; none for a path of something else. At its own door (`strict` false) the base path may be
/// left out, since some clients take an address to be the service itself.
pub fn answer(known: Known<'_>, call: &Call, strict: bool) -> Option<Outcome> {
    let mut path = call.path();
    let mut version = 0;
    while let Some((found, rest)) = [(1, path.strip_prefix("/opc/v1")), (2, path.strip_prefix("/opc/v2"))]
        .into_iter()
        .find_map(|(found, rest)| Some((found, rest?)))
    {
        if !rest.is_empty() && !rest.starts_with('/') {
            break;
        }
        (version, path) = (found, rest);
    }
    if version == 0 && strict {
        return None;
    }
    Some(served(known, call, version, path))
}

fn served(known: Known<'_>, call: &Call, version: u8, path: &str) -> Outcome {
    if FORWARDED.iter().any(|name| call.headers.get(name).is_some()) {
        return Err(Failure::new(403, "NotAllowed", "Forbidden").because("the request came through a proxy"));
    }
    let bearer = call.headers.get("authorization").unwrap_or_default();
    if version != 1 && !bearer.eq_ignore_ascii_case("Bearer Oracle") {
        let reason = "version 2 takes requests with `Authorization: Bearer Oracle` only";
        return Err(Failure::new(401, "NotAuthenticated", "Unauthorized").because(reason));
    }
    if !matches!(call.method.as_str(), "GET" | "HEAD") {
        return Err(Failure::new(405, "MethodNotAllowed", "Method Not Allowed"));
    }
    let absent = || Failure::new(404, "NotFound", "Not Found").because("the metadata has nothing there");
    let credentials = known.credentials;
    let unable =
        |error: String| Failure::new(500, "InternalServerError", "Internal Server Error").because(error);
    let issued = || -> Result<Certificate, Failure> {
        credentials.instance_certificate(known.world, call.now).map_err(unable)
    };
    let pieces: Vec<&str> = path.split('/').filter(|piece| !piece.is_empty()).collect();
    match pieces.as_slice() {
        ["identity"] => Ok(plain("cert.pem\nfingerprint\nintermediate.pem\nkey.pem\ntenancyId\n")),
        ["identity", "cert.pem"] => Ok(plain(issued()?.to_pem())),
        ["identity", "fingerprint"] => Ok(plain(issued()?.sha1().to_uppercase())),
        ["identity", "intermediate.pem"] => Ok(plain(credentials.authority.certificate().to_pem())),
        ["identity", "key.pem"] => {
            let pem = credentials.keys.instance.to_pem().map_err(|error| unable(error.to_string()))?;
            Ok(plain(pem.expose()))
        }
        ["identity", "tenancyId"] => Ok(plain(known.world.root())),
        ["instance", fields @ ..] => {
            let document = instance(known, call);
            let found = fields.iter().try_fold(&document, |value, name| value.get(*name));
            match found.ok_or_else(absent)? {
                Value::String(text) => Ok(plain(text.as_str())),
                value => Ok(Answer::json(value.clone())),
            }
        }
        ["vnics"] => Ok(Answer::json(json!([]))),
        [] => Ok(plain("identity/\ninstance/\nvnics/\n")),
        _ => Err(absent()),
    }
}

fn instance(known: Known<'_>, call: &Call) -> Value {
    let world = known.world;
    let ocid = &world.principals.instance;
    let resource = world.compiled.resource(ocid);
    let region = catalog::region(call.region);
    let realm = region.and_then(catalog::Region::realm).or_else(|| catalog::realm("oc1"));
    let key = region.and_then(|region| region.key).unwrap_or_default();
    let name = resource.and_then(|resource| resource.name.as_deref()).unwrap_or("instance");
    json!({
        "availabilityDomain": format!("SBOX:{}-AD-1", call.region.to_uppercase()),
        "faultDomain": "FAULT-DOMAIN-1",
        "compartmentId": world.compartment(resource.and_then(|resource| resource.compartment.as_deref())),
        "displayName": name,
        "hostname": name,
        "id": ocid,
        "region": call.region,
        "canonicalRegionName": call.region,
        "regionInfo": {
            "realmKey": realm.map_or("", |realm| realm.name),
            "realmDomainComponent": realm.map_or("", |realm| realm.domain),
            "regionKey": key,
            "regionIdentifier": call.region,
        },
        "shape": "VM.Standard.E5.Flex",
        "state": "Running",
        "tenantId": world.root(),
    })
}
