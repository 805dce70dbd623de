//! What travels on the wire when OCI authenticates a caller: keys, tokens, certificates, and the HTTP signature in
//! both directions, for the clients in `probe` and for the services of `sandbox`.
//!
//! Takes values and returns values: the clock is a parameter, files and sockets are the callers' business. Knows
//! nothing of auth methods: they differ only in the key and in the [`KeyId`]. Randomness for new keys and for
//! blinding comes from the operating system; no result depends on it but a new key.

mod authority;
mod certificate;
mod der;
mod encrypted;
mod key;
mod key_id;
mod pem;
mod request;
mod secret;
mod signature;
mod token;
mod verify;

pub use authority::{Authority, Holder};
pub use certificate::{Certificate, CertificateError};
pub use key::{KeyError, KeyFile, PrivateKey, PublicKey};
pub use key_id::{KeyId, KeyIdError};
pub use pem::{Block, Oddity, PemError, Pems, read as read_pem};
pub use request::{Headers, Request};
pub use secret::Secret;
pub use signature::{
    Authorization, AuthorizationError, Scope, SignError, Signer, http_date, parse_http_date,
};
pub use token::{Token, TokenError};
pub use verify::{ALLOWED_SKEW, Refusal, verify};
