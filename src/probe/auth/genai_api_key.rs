//! A GenAI API key: the secret itself, as bearer, on OpenAI-compatible paths.

use super::{AuthMethod, Edge, Pending, Session};
use crate::wire::Secret;

/// One secret of a key. The standby secret is another method with the same name.
#[derive(Clone, Debug)]
pub struct GenaiApiKey {
    secret: Secret,
}

impl GenaiApiKey {
    /// A secret and where it comes from.
    pub fn new(secret: Secret) -> Self {
        Self { secret }
    }
}

impl AuthMethod for GenaiApiKey {
    fn name(&self) -> &'static str {
        "genai-api-key"
    }

    fn session<'a>(&'a self, _: Edge<'a>) -> Pending<'a> {
        Box::pin(async { Ok(Session::bearer(self.secret.clone(), None)) })
    }
}
