//! RSA keys in every form that OCI's tools write or accept, their fingerprints, and signing with them.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use md5::{Digest, Md5};
use pkcs8::{PrivateKeyInfo, SubjectPublicKeyInfoRef};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{RandomizedSigner, SignatureEncoding, Verifier};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

use super::pem::{self, Block, Oddity, PemError};
use super::secret::Secret;
use super::{certificate, encrypted};

/// Why a text gives no usable key. Never quotes the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Not PEM at all, or damaged.
    Pem(PemError),
    /// The key is encrypted and no passphrase was given.
    NeedsPassphrase,
    /// The passphrase does not open it.
    WrongPassphrase,
    /// Encrypted in a way that isn't read here; names the way.
    UnknownEncryption(String),
    /// The public half was given.
    PublicKey,
    /// A certificate was given.
    Certificate,
    /// A key, but not RSA; names what it is.
    NotRsa(String),
    /// A block that is no key; names its label.
    OtherBlock(String),
    /// PEM holds it, but the data inside is no RSA key.
    Damaged,
    /// The system refused to make a key or a signature.
    Failed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Pem(error) => error.fmt(f),
            KeyError::NeedsPassphrase => f.write_str("the key is encrypted and no passphrase is known"),
            KeyError::WrongPassphrase => f.write_str("the passphrase does not open the key"),
            KeyError::UnknownEncryption(how) => write!(
                f,
                "the key is encrypted in a form that is not read here ({how}); rewrite it with `openssl pkcs8 -topk8 -v2 aes-256-cbc`"
            ),
            KeyError::PublicKey => f.write_str("this is the public half; the private key is needed"),
            KeyError::Certificate => f.write_str("this is a certificate; the private key is needed"),
            KeyError::NotRsa(kind) => write!(f, "this is {kind}; OCI takes RSA keys only"),
            KeyError::OtherBlock(label) => write!(f, "`{label}` is no private key"),
            KeyError::Damaged => {
                f.write_str("the data between `BEGIN` and `END` is no RSA key: it is cut off or altered")
            }
            KeyError::Failed => f.write_str("the key could not be used"),
        }
    }
}

impl std::error::Error for KeyError {}

impl From<PemError> for KeyError {
    fn from(error: PemError) -> Self {
        KeyError::Pem(error)
    }
}

/// An RSA private key. Cheap to clone; prints as its fingerprint.
#[derive(Clone)]
pub struct PrivateKey {
    signing: Arc<SigningKey<Sha256>>,
    public: PublicKey,
}

/// A private key with what there is to say of its file.
#[derive(Clone, Debug)]
pub struct KeyFile {
    /// The key.
    pub key: PrivateKey,
    /// Whether it lies encrypted in the file.
    pub encrypted: bool,
    /// Whether the file is of the form that starts with `Proc-Type: 4,ENCRYPTED`.
    pub legacy: bool,
    /// Whether the file is PKCS#1, not PKCS#8.
    pub pkcs1: bool,
    /// Departures from plain PEM.
    pub oddities: Vec<Oddity>,
}

impl KeyFile {
    /// Reads a private key. A passphrase that isn't needed is not used.
    pub fn read(text: &str, passphrase: Option<&Secret>) -> Result<KeyFile, KeyError> {
        let pems = pem::read(text)?;
        let private = |block: &&Block| block.label.ends_with("PRIVATE KEY");
        let Some(block) = pems.blocks.iter().find(private).or(pems.blocks.first()) else {
            return Err(KeyError::Pem(PemError::NoBlock));
        };
        let legacy = block.header("Proc-Type").is_some_and(|value| value.contains("ENCRYPTED"));
        let open = || passphrase.filter(|passphrase| !passphrase.is_empty()).ok_or(KeyError::NeedsPassphrase);
        let encrypted = legacy || block.label == "ENCRYPTED PRIVATE KEY";
        let key = match block.label.as_str() {
            "PRIVATE KEY" => from_pkcs8(&block.der)?,
            "ENCRYPTED PRIVATE KEY" => from_pkcs8(&encrypted::pkcs8(&block.der, open()?.expose())?)?,
            // A wrong passphrase can leave padding that looks right; the data inside then tells.
            "RSA PRIVATE KEY" if legacy => {
                RsaPrivateKey::from_pkcs1_der(&encrypted::legacy(block, open()?.expose())?)
                    .map_err(|_| KeyError::WrongPassphrase)?
            }
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(&block.der).map_err(|_| KeyError::Damaged)?,
            "EC PRIVATE KEY" => return Err(KeyError::NotRsa("an elliptic-curve key".to_owned())),
            "DSA PRIVATE KEY" => return Err(KeyError::NotRsa("a DSA key".to_owned())),
            "OPENSSH PRIVATE KEY" => return Err(KeyError::NotRsa("an SSH key".to_owned())),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => return Err(KeyError::PublicKey),
            "CERTIFICATE" => return Err(KeyError::Certificate),
            other => return Err(KeyError::OtherBlock(other.to_owned())),
        };
        Ok(KeyFile {
            key: PrivateKey::new(key),
            encrypted,
            legacy,
            pkcs1: block.label == "RSA PRIVATE KEY",
            oddities: pems.oddities,
        })
    }
}

fn from_pkcs8(der: &[u8]) -> Result<RsaPrivateKey, KeyError> {
    let info = PrivateKeyInfo::try_from(der).map_err(|_| KeyError::Damaged)?;
    if info.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
        let kind = match info.algorithm.oid.to_string().as_str() {
            "1.2.840.10045.2.1" => "an elliptic-curve key".to_owned(),
            "1.3.101.112" => "an Ed25519 key".to_owned(),
            oid => format!("a key of algorithm {oid}"),
        };
        return Err(KeyError::NotRsa(kind));
    }
    RsaPrivateKey::from_pkcs1_der(info.private_key).map_err(|_| KeyError::Damaged)
}

impl PrivateKey {
    fn new(key: RsaPrivateKey) -> Self {
        let public = PublicKey(Arc::new(key.to_public_key()));
        Self { signing: Arc::new(SigningKey::new(key)), public }
    }

    /// Reads a private key from PEM; see [`KeyFile::read`] for more than the key.
    pub fn read(text: &str, passphrase: Option<&Secret>) -> Result<PrivateKey, KeyError> {
        KeyFile::read(text, passphrase).map(|file| file.key)
    }

    /// A new key. 2048 bits is what the SDKs use for a session; that takes some tenths of a second.
    pub fn generate(bits: usize) -> Result<PrivateKey, KeyError> {
        RsaPrivateKey::new(&mut OsRng, bits).map(Self::new).map_err(|_| KeyError::Failed)
    }

    /// For certificates.
    pub(super) fn signing_key(&self) -> &SigningKey<Sha256> {
        &self.signing
    }

    /// Its public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256. The operation is blinded, so that its timing says nothing of the key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.signing.try_sign_with_rng(&mut OsRng, message).map_err(|_| KeyError::Failed)?;
        Ok(signature.to_vec())
    }

    /// Plain PKCS#8 PEM.
    pub fn to_pem(&self) -> Result<Secret, KeyError> {
        let key: &RsaPrivateKey = (*self.signing).as_ref();
        key.to_pkcs8_pem(LineEnding::LF).map(|pem| Secret::new(pem.as_str())).map_err(|_| KeyError::Failed)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.fingerprint())
    }
}

/// An RSA public key. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Arc<RsaPublicKey>);

impl PublicKey {
    /// Reads `PUBLIC KEY`, `RSA PUBLIC KEY` or the key of a `CERTIFICATE`.
    pub fn read(text: &str) -> Result<PublicKey, KeyError> {
        let pems = pem::read(text)?;
        let block = pems.blocks.first().ok_or(KeyError::Pem(PemError::NoBlock))?;
        match block.label.as_str() {
            "PUBLIC KEY" => Self::from_spki(&block.der),
            "RSA PUBLIC KEY" => {
                RsaPublicKey::from_pkcs1_der(&block.der).map(Self::new).map_err(|_| KeyError::Damaged)
            }
            "CERTIFICATE" => certificate::Certificate::from_der(&block.der)
                .map_err(|_| KeyError::Damaged)?
                .public_key()
                .ok_or(KeyError::NotRsa("a certificate of another kind of key".to_owned())),
            other => Err(KeyError::OtherBlock(other.to_owned())),
        }
    }

    fn new(key: RsaPublicKey) -> Self {
        Self(Arc::new(key))
    }

    /// From DER SubjectPublicKeyInfo.
    pub fn from_spki(der: &[u8]) -> Result<PublicKey, KeyError> {
        let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| KeyError::Damaged)?;
        if info.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
            return Err(KeyError::NotRsa(format!("a key of algorithm {}", info.algorithm.oid)));
        }
        RsaPublicKey::from_public_key_der(der).map(Self::new).map_err(|_| KeyError::Damaged)
    }

    /// From a JSON Web Key: an object, or a string that holds one, as OCI's tokens have it.
    pub fn from_jwk(jwk: &Value) -> Option<PublicKey> {
        let inner: Value;
        let jwk = match jwk {
            Value::String(text) => {
                inner = serde_json::from_str(text).ok()?;
                &inner
            }
            other => other,
        };
        let number = |name: &str| {
            let text = jwk.get(name)?.as_str()?.trim_end_matches('=');
            URL_SAFE_NO_PAD.decode(text).ok().map(|bytes| BigUint::from_bytes_be(&bytes))
        };
        RsaPublicKey::new(number("n")?, number("e")?).ok().map(Self::new)
    }

    /// As a JSON Web Key.
    pub fn to_jwk(&self, kid: &str) -> Value {
        let number = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        json!({
            "kid": kid, "n": number(self.0.n()), "e": number(self.0.e()),
            "kty": "RSA", "alg": "RS256", "use": "sig"
        })
    }

    /// DER SubjectPublicKeyInfo.
    pub fn to_spki(&self) -> Result<Vec<u8>, KeyError> {
        self.0.to_public_key_der().map(|der| der.as_bytes().to_vec()).map_err(|_| KeyError::Failed)
    }

    /// PEM of SubjectPublicKeyInfo.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Failed)
    }

    /// The fingerprint by which OCI knows an API signing key: MD5 of the DER, lower-case with colons. Empty in the
    /// case, which doesn't occur, that the key has no DER.
    pub fn fingerprint(&self) -> String {
        self.to_spki().map(|der| colons(&Md5::digest(der))).unwrap_or_default()
    }

    /// The length of the modulus.
    pub fn bits(&self) -> usize {
        self.0.n().bits()
    }

    /// Whether a signature by [`PrivateKey::sign`] is of this message and this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::<Sha256>::new((*self.0).clone());
        Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// Lower-case hex with colons.
pub(super) fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}
