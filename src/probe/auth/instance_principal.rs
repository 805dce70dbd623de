//! An instance principal: the certificate of the instance from the metadata service, exchanged for a token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::{Value, json};

use super::federation::{auth_url, parse, send, token_of};
use super::keys::session_key;
use super::{AuthError, AuthMethod, Edge, Pending, Session};
use crate::catalog;
use crate::probe::config::{Place, place};
use crate::probe::transport::{Call, Purpose};
use crate::wire::{Certificate, KeyId, PrivateKey, Scope, Signer};

/// The instance that the program runs on.
#[derive(Clone, Copy, Debug)]
pub struct InstancePrincipal;

const METADATA_STEP: &str = "metadata service";
const FEDERATION_STEP: &str = "federation of the instance's certificate";

impl InstancePrincipal {
    /// The text behind a path of the metadata service, `OCI_METADATA_BASE_URL` heeded.
    pub async fn metadata(edge: Edge<'_>, path: &str) -> Result<String, AuthError> {
        let named = edge.around.endpoint("imds").or_else(|| edge.around.variable("OCI_METADATA_BASE_URL"));
        let base = named.unwrap_or_else(fixed_address);
        let url: Url = parse(&format!("{}{path}", base.trim_end_matches('/')), METADATA_STEP)?;
        let mut call = Call::new("GET", url, Purpose::Metadata);
        call.request.headers.set("authorization", "Bearer Oracle");
        let answer = send(edge.http, &call, METADATA_STEP).await?;
        if !answer.is_success() {
            let refused = AuthError::answer(METADATA_STEP, &answer, "rp-off-oci");
            return Err(AuthError {
                message: format!("`{path}` is refused"),
                cause: "rp-off-oci",
                ..refused
            });
        }
        String::from_utf8(answer.body)
            .map_err(|_| AuthError::new(METADATA_STEP, format!("`{path}` is not text"), "proxy-or-wrong-url"))
    }

    /// The region that the instance lies in.
    pub async fn region(edge: Edge<'_>) -> Result<Place, AuthError> {
        let info = Self::metadata(edge, "/instance/regionInfo").await.ok();
        let info = info.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let field = |name: &str| Some(info.as_ref()?.get(name)?.as_str()?.to_lowercase());
        if let (Some(region), Some(domain)) = (field("regionIdentifier"), field("realmDomainComponent")) {
            return Ok(Place { region, domain, realm: field("realmKey") });
        }
        let name = Self::metadata(edge, "/instance/region").await?;
        place(&name, edge.around)
            .map_err(|error| AuthError::new(METADATA_STEP, error.to_string(), "config-attribute-invalid"))
    }

    /// Fetches the certificate, checks it against its key and exchanges it.
    pub(super) async fn federate(edge: Edge<'_>) -> Result<Session, AuthError> {
        let broken = |what: &str, error: &dyn std::fmt::Display| {
            AuthError::new(METADATA_STEP, format!("{what}: {error}"), "proxy-or-wrong-url")
        };
        let place = Self::region(edge).await?;
        let leaf = Self::metadata(edge, "/identity/cert.pem").await?;
        let leaf = Certificate::read(&leaf).map_err(|error| broken("certificate", &error))?;
        let key = Self::metadata(edge, "/identity/key.pem").await?;
        let key = PrivateKey::read(&key, None).map_err(|error| broken("key", &error))?;
        let intermediate = Self::metadata(edge, "/identity/intermediate.pem").await?;
        let intermediate =
            Certificate::read(&intermediate).map_err(|error| broken("intermediate certificate", &error))?;
        if leaf.public_key().as_ref() != Some(key.public()) {
            return Err(broken("key", &"it does not belong to the certificate"));
        }
        let now = edge.around.now();
        if now < leaf.not_before || now > leaf.not_after {
            let message = format!(
                "the certificate is valid from {} to {}, and this machine's clock says {now}",
                leaf.not_before, leaf.not_after
            );
            return Err(AuthError::new(METADATA_STEP, message, "clock-skew"));
        }
        let tenancy = leaf.tenancy().ok_or_else(|| broken("certificate", &"it names no tenancy"))?.to_owned();

        let failed =
            |error: &dyn std::fmt::Display| AuthError::new(FEDERATION_STEP, error.to_string(), "key-format");
        let session_key = session_key(FEDERATION_STEP).await?;
        let public = session_key.public().to_spki().map_err(|error| failed(&error))?;
        let url = match edge.around.variable("OCI_CLI_FEDERATION_ENDPOINT") {
            Some(endpoint) => parse(&endpoint, FEDERATION_STEP)?,
            None => auth_url(edge.around, &place, "/v1/x509", FEDERATION_STEP)?,
        };
        let mut call = Call::new("POST", url, Purpose::Service).json(&json!({
            "certificate": STANDARD.encode(leaf.der()),
            "publicKey": STANDARD.encode(public),
            "intermediateCertificates": [STANDARD.encode(intermediate.der())],
            "fingerprintAlgorithm": "SHA256",
        }));
        let key_id = KeyId::Certificate { tenancy, sha256: true, fingerprint: leaf.sha256() };
        Signer::new(key, key_id)
            .sign(&mut call.request, Scope::Federation, now)
            .map_err(|error| failed(&error))?;
        let answer = send(edge.http, &call, FEDERATION_STEP).await?;
        let token = token_of(&answer, FEDERATION_STEP, "rp-off-oci")?;
        Ok(Session::of_token(session_key, token, Some(place)))
    }
}

/// Where every instance finds its metadata service.
fn fixed_address() -> String {
    let base = |imds: &catalog::Plane| Some(format!("http://{}{}", imds.host, imds.bases.first()?));
    catalog::plane("imds").and_then(base).unwrap_or_default()
}

impl AuthMethod for InstancePrincipal {
    fn name(&self) -> &'static str {
        "instance-principal"
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(Self::federate(edge))
    }
}
