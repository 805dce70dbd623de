//! The auth service of a region: where it is, and the tokens that it answers with.

use reqwest::Url;

use super::{AuthError, Edge, Session};
use crate::catalog;
use crate::probe::Surroundings;
use crate::probe::config::Place;
use crate::probe::transport::{Answer, Call, Http, Purpose};
use crate::wire::Token;

/// A path on the auth service of a region, or on the one that `OCI_SDK_AUTH_CLIENT_REGION_URL` names.
pub(super) fn auth_url(
    around: &dyn Surroundings,
    place: &Place,
    path: &str,
    step: &'static str,
) -> Result<Url, AuthError> {
    let named = around.endpoint("auth").or_else(|| around.variable("OCI_SDK_AUTH_CLIENT_REGION_URL"));
    let base = named.unwrap_or_else(|| {
        let host = catalog::plane("auth").map_or("auth.{region}.{domain}", |plane| plane.host);
        format!("https://{}", place.host(host))
    });
    parse(&format!("{}{path}", base.trim_end_matches('/')), step)
}

/// A URL of the configuration.
pub(super) fn parse(text: &str, step: &'static str) -> Result<Url, AuthError> {
    Url::parse(text).map_err(|_| AuthError::new(step, "the address is no URL", "config-env-missing"))
}

/// The token in `{"token": "…"}`.
pub(super) fn token_of(answer: &Answer, step: &'static str, cause: &'static str) -> Result<Token, AuthError> {
    if !answer.is_success() {
        return Err(AuthError::answer(step, answer, cause));
    }
    let body = answer.json();
    let text = body.as_ref().and_then(|body| body.get("token")?.as_str());
    let text = text.ok_or_else(|| AuthError::answer(step, answer, "proxy-or-wrong-url"))?;
    Token::parse(text.strip_prefix("ST$").unwrap_or(text))
        .map_err(|error| AuthError::new(step, error.to_string(), "proxy-or-wrong-url"))
}

/// Sends a call that a session authorizes, and takes success only.
pub(super) async fn send_signed(
    edge: Edge<'_>,
    session: &Session,
    mut call: Call,
    step: &'static str,
) -> Result<Answer, AuthError> {
    session
        .authorize(&mut call.request, edge.around.now())
        .map_err(|error| AuthError::new(step, error.to_string(), "key-format"))?;
    let answer = send(edge.http, &call, step).await?;
    if answer.is_success() { Ok(answer) } else { Err(AuthError::answer(step, &answer, "rp-off-oci")) }
}

/// Sends a call.
pub(super) async fn send(http: &Http, call: &Call, step: &'static str) -> Result<Answer, AuthError> {
    let cause = if call.purpose == Purpose::Service { "wrong-host" } else { "rp-off-oci" };
    http.send(call).await.map_err(|error| AuthError::transport(step, &error, cause))
}
