//! OKE workload identity: the service account's token, exchanged at the cluster's own token service.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::{Value, json};

use super::environment::MOUNTED;
use super::keys::{fresh, session_key, token_in};
use super::{AuthError, AuthMethod, Edge, Pending, Session, Unusable};
use crate::probe::Surroundings;
use crate::probe::config::{Place, place};
use crate::probe::transport::{Call, Purpose, Trouble};
use crate::wire::Token;

/// The port of the token service, the same in every cluster.
const PORT: u16 = 12250;
const STEP: &str = "token service of the cluster";

/// The workload that the program runs as.
#[derive(Clone, Debug)]
pub struct OkeWorkload {
    host: String,
    port: u16,
    account: Token,
    certificates: String,
    place: Option<Place>,
}

impl OkeWorkload {
    /// From the environment of a pod.
    pub fn from_environment(around: &dyn Surroundings) -> Result<Self, Unusable> {
        let named = around.endpoint("proxymux").and_then(|text| Url::parse(&text).ok());
        let named = named.and_then(|url| Some((url.host_str()?.to_owned(), url.port().unwrap_or(PORT))));
        let in_pod = || Some((around.variable("KUBERNETES_SERVICE_HOST")?, PORT));
        let (host, port) = named
            .or_else(in_pod)
            .ok_or_else(|| Unusable::new("`KUBERNETES_SERVICE_HOST` is not set", "config-env-missing"))?;
        let (text, source) = match around.variable("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_STRING") {
            Some(text) => (text, "OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_STRING".to_owned()),
            None => {
                let path = around
                    .variable("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH")
                    .unwrap_or_else(|| format!("{MOUNTED}/token"));
                let text = around.read_text(&PathBuf::from(&path)).map_err(|why| {
                    Unusable::new(
                        format!("`{path}`: {why}; the pod needs `automountServiceAccountToken: true`"),
                        "credential-file-missing",
                    )
                })?;
                (text, path)
            }
        };
        let account = token_in(&text, &source)?;
        fresh(&account, &source, around)?;
        let path = around
            .variable("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH")
            .unwrap_or_else(|| format!("{MOUNTED}/ca.crt"));
        let certificates = around
            .read_text(&PathBuf::from(&path))
            .map_err(|why| Unusable::new(format!("`{path}`: {why}"), "credential-file-missing"))?;
        let place =
            around.variable("OCI_RESOURCE_PRINCIPAL_REGION").and_then(|text| place(&text, around).ok());
        Ok(Self { host, port, account, certificates, place })
    }

    /// The token of the service account.
    pub fn account(&self) -> &Token {
        &self.account
    }

    /// The same with another port, for a token service that is not a cluster's.
    pub fn at_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Namespace and name of the service account, as policies name them.
    pub fn service_account(&self) -> Option<(&str, &str)> {
        self.account.claim("sub")?.strip_prefix("system:serviceaccount:")?.split_once(':')
    }

    async fn exchange(&self, edge: Edge<'_>) -> Result<Session, AuthError> {
        let failed =
            |error: &dyn std::fmt::Display| AuthError::new(STEP, error.to_string(), "proxy-or-wrong-url");
        let key = session_key(STEP).await?;
        let public = key.public().to_spki().map_err(|error| failed(&error))?;
        let host = if self.host.contains(':') && !self.host.starts_with('[') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let url = Url::parse(&format!("https://{host}:{}/resourcePrincipalSessionTokens", self.port))
            .map_err(|_| {
                AuthError::new(STEP, "`KUBERNETES_SERVICE_HOST` is no host", "config-env-missing")
            })?;
        let mut call =
            Call::new("POST", url, Purpose::Cluster).json(&json!({ "podKey": STANDARD.encode(public) }));
        Session::bearer(self.account.raw().clone(), None)
            .authorize(&mut call.request, edge.around.now())
            .map_err(|error| failed(&error))?;
        let answer = edge.http.send_trusting_only(&call, &self.certificates).await.map_err(|error| {
            let cause =
                if error.trouble == Trouble::Tls { "proxy-or-tls-interception" } else { "wrong-signer" };
            AuthError::transport(STEP, &error, cause)
        })?;
        if answer.status == 403 {
            let message =
                "refused: only enhanced clusters have workload identity, check the type of the cluster";
            let refused = AuthError::answer(STEP, &answer, "rp-off-oci");
            return Err(AuthError { message: message.to_owned(), cause: "rp-off-oci", ..refused });
        }
        if !answer.is_success() {
            return Err(AuthError::answer(STEP, &answer, "rp-off-oci"));
        }
        // The body is a JSON string that holds base64 of a JSON object.
        let token = match answer.json() {
            Some(Value::String(text)) => STANDARD.decode(text.trim()).ok(),
            _ => None,
        };
        let token = token.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let token = token.as_ref().and_then(|value| value.get("token")?.as_str());
        let token = token.ok_or_else(|| AuthError::answer(STEP, &answer, "proxy-or-wrong-url"))?;
        let token =
            Token::parse(token.strip_prefix("ST$").unwrap_or(token)).map_err(|error| failed(&error))?;
        Ok(Session::of_token(key, token, self.place.clone()))
    }
}

impl AuthMethod for OkeWorkload {
    fn name(&self) -> &'static str {
        "oke-workload"
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(self.exchange(edge))
    }
}
