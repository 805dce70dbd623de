//! A user's API signing key: tenancy, user and fingerprint name it, the key signs.

use super::keys::{key_of, need};
use super::{AuthMethod, Edge, Pending, SecretSource, Session, Unusable};
use crate::probe::Surroundings;
use crate::probe::config::{Place, Settings, place};
use crate::wire::{KeyFile, KeyId, Signer};

/// A user with a key.
#[derive(Clone, Debug)]
pub struct UserApiKey {
    signer: Signer,
    place: Option<Place>,
    file: KeyFile,
}

impl UserApiKey {
    /// From the settings of a profile. The fingerprint is taken as configured, right or wrong, since that is what
    /// the clients send.
    pub fn from_settings(
        settings: &Settings,
        passphrase: Option<&SecretSource>,
        around: &dyn Surroundings,
    ) -> Result<Self, Unusable> {
        let user = need(settings, "user")?.to_owned();
        let tenancy = need(settings, "tenancy")?.to_owned();
        let fingerprint = need(settings, "fingerprint")?.to_owned();
        let file = key_of(settings, passphrase, around)?;
        let key_id = KeyId::User { tenancy, user, fingerprint };
        Ok(Self {
            signer: Signer::new(file.key.clone(), key_id),
            place: settings.get("region").and_then(|region| place(region, around).ok()),
            file,
        })
    }

    /// The key with what there is to say of its file.
    pub fn key_file(&self) -> &KeyFile {
        &self.file
    }
}

impl AuthMethod for UserApiKey {
    fn name(&self) -> &'static str {
        "user-api-key"
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn session<'a>(&'a self, _: Edge<'a>) -> Pending<'a> {
        Box::pin(async { Ok(Session::signed(self.signer.clone(), self.place.clone())) })
    }
}
