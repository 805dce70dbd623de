//! A delegation token: the instance signs, on behalf of the user that the token names. Cloud Shell works so.

use super::keys::{file_of, fresh, token_in};
use super::{AuthError, AuthMethod, Edge, InstancePrincipal, Pending, Session, Unusable};
use crate::probe::Surroundings;
use crate::probe::config::{Place, Settings, place};
use crate::wire::Token;

/// A user whom the instance may speak for.
#[derive(Clone, Debug)]
pub struct DelegationToken {
    token: Token,
    place: Option<Place>,
}

impl DelegationToken {
    /// From the settings of a profile with `delegation_token_file`.
    pub fn from_settings(settings: &Settings, around: &dyn Surroundings) -> Result<Self, Unusable> {
        let text = file_of(settings, "delegation_token_file", around)?;
        let place = settings.get("region").and_then(|region| place(region, around).ok());
        Ok(Self { token: token_in(&text, "delegation_token_file")?, place })
    }

    /// From the text of a token.
    pub fn new(text: &str, place: Option<Place>) -> Result<Self, Unusable> {
        Ok(Self { token: token_in(text, "delegation token")?, place })
    }
}

impl AuthMethod for DelegationToken {
    fn name(&self) -> &'static str {
        "delegation-token"
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(async move {
            fresh(&self.token, "delegation token", edge.around)
                .map_err(|error| AuthError::new("delegation token", error.why, error.cause))?;
            let instance = InstancePrincipal::federate(edge).await?;
            Ok(Session {
                place: self.place.clone().or(instance.place.clone()),
                ..instance.on_behalf_of(&self.token)
            })
        })
    }
}

impl Session {
    /// The same signer with a delegation token in every request.
    fn on_behalf_of(self, delegation: &Token) -> Session {
        let carrier = match self.carrier {
            super::Carrier::Signature(signer) => {
                super::Carrier::Signature(Box::new(signer.on_behalf_of(delegation.raw().clone())))
            }
            bearer @ super::Carrier::Bearer(_) => bearer,
        };
        Session { carrier, ..self }
    }
}
