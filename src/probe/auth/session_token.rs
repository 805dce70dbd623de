//! A session token from `oci session authenticate`: a token on disk, and the key that belongs to it.

use super::federation::{auth_url, token_of};
use super::keys::{file_of, fresh, key_of, token_in};
use super::{AuthError, AuthMethod, Edge, Pending, SecretSource, Session, Unusable};
use crate::probe::Surroundings;
use crate::probe::config::{Place, Settings, place};
use crate::probe::transport::{Call, Purpose};
use crate::wire::{KeyFile, Token};

/// A session of a user.
#[derive(Clone, Debug)]
pub struct SessionToken {
    token: Token,
    file: KeyFile,
    place: Option<Place>,
}

impl SessionToken {
    /// From the settings of a profile. An expired token is read all the same; [`AuthMethod::session`] refuses it.
    pub fn from_settings(
        settings: &Settings,
        passphrase: Option<&SecretSource>,
        around: &dyn Surroundings,
    ) -> Result<Self, Unusable> {
        let text = file_of(settings, "security_token_file", around)?;
        let token = token_in(&text, "security_token_file")?;
        if settings.get("key_file") == Some("Update_private_key_path") {
            let why =
                "`key_file` still has the text that `oci session authenticate --no-browser` leaves there";
            return Err(Unusable::new(why, "credential-file-missing"));
        }
        Ok(Self {
            token,
            file: key_of(settings, passphrase, around)?,
            place: settings.get("region").and_then(|region| place(region, around).ok()),
        })
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The key with what there is to say of its file.
    pub fn key_file(&self) -> &KeyFile {
        &self.file
    }

    /// Asks for a new token in place of this one, which must still be valid. Nothing is written to disk.
    pub async fn refreshed(&self, edge: Edge<'_>) -> Result<SessionToken, AuthError> {
        const STEP: &str = "refresh of the session token";
        let place = self.place.as_ref();
        let place = place
            .ok_or_else(|| AuthError::new(STEP, "the profile names no region", "config-attribute-invalid"))?;
        let url = auth_url(edge.around, place, "/v1/authentication/refresh", STEP)?;
        let body = serde_json::json!({ "currentToken": self.token.raw().expose() });
        let mut call = Call::new("POST", url, Purpose::Service).json(&body);
        Session::of_token(self.file.key.clone(), self.token.clone(), None)
            .authorize(&mut call.request, edge.around.now())
            .map_err(|error| AuthError::new(STEP, error.to_string(), "key-format"))?;
        let answer =
            edge.http.send(&call).await.map_err(|error| AuthError::transport(STEP, &error, "wrong-host"))?;
        Ok(SessionToken { token: token_of(&answer, STEP, "session-expired")?, ..self.clone() })
    }
}

impl AuthMethod for SessionToken {
    fn name(&self) -> &'static str {
        "session-token"
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(async move {
            fresh(&self.token, "security_token_file", edge.around)
                .map_err(|error| AuthError::new("session token", error.why, error.cause))?;
            Ok(Session::of_token(self.file.key.clone(), self.token.clone(), self.place.clone()))
        })
    }
}
