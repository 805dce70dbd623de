//! X.509 certificates of instances: whose they are, until when, and their fingerprints.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use md5::Digest;
use pkcs8::der::{Decode, Encode};
use rsa::sha2::Sha256;
use sha1::Sha1;
use x509_cert::Certificate as X509;

use super::der;
use super::key::{PublicKey, colons};
use super::pem::{self, PemError};

/// Why a text gives no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// Not PEM.
    Pem(PemError),
    /// PEM of something else; names its label.
    OtherBlock(String),
    /// No X.509 inside.
    Damaged,
    /// No certificate could be made of what was given.
    Failed,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateError::Pem(error) => error.fmt(f),
            CertificateError::OtherBlock(label) => write!(f, "`{label}` is no certificate"),
            CertificateError::Damaged => f.write_str("the data is no X.509 certificate"),
            CertificateError::Failed => f.write_str("no certificate could be made"),
        }
    }
}

impl std::error::Error for CertificateError {}

/// An X.509 certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    /// The values of the subject, such as `opc-tenant:ocid1.tenancy…`.
    subject: Vec<String>,
    issuer: Vec<String>,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    public_key: Option<PublicKey>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub fn read(text: &str) -> Result<Certificate, CertificateError> {
        let pems = pem::read(text).map_err(CertificateError::Pem)?;
        let block = pems.blocks.first().ok_or(CertificateError::Pem(PemError::NoBlock))?;
        match block.label.as_str() {
            "CERTIFICATE" => Self::from_der(&block.der),
            other => Err(CertificateError::OtherBlock(other.to_owned())),
        }
    }

    /// From DER.
    pub fn from_der(der: &[u8]) -> Result<Certificate, CertificateError> {
        let parsed = X509::from_der(der).map_err(|_| CertificateError::Damaged)?;
        let inner = parsed.tbs_certificate;
        let time = |time: &x509_cert::time::Time| {
            Timestamp::new(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX), 0)
                .map_err(|_| CertificateError::Damaged)
        };
        let spki = inner.subject_public_key_info.to_der().map_err(|_| CertificateError::Damaged)?;
        Ok(Certificate {
            der: der.to_vec(),
            subject: values(&inner.subject),
            issuer: values(&inner.issuer),
            not_before: time(&inner.validity.not_before)?,
            not_after: time(&inner.validity.not_after)?,
            public_key: PublicKey::from_spki(&spki).ok(),
        })
    }

    /// PEM.
    pub fn to_pem(&self) -> String {
        let data = STANDARD.encode(&self.der);
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        // Base64 is ASCII, so that every chunk is text.
        for line in data.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
        text
    }

    /// The DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its key; none when that isn't RSA.
    pub fn public_key(&self) -> Option<PublicKey> {
        self.public_key.clone()
    }

    /// What follows `name:` in a value of the subject, such as `opc-instance`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.subject.iter().find_map(|value| value.strip_prefix(name)?.strip_prefix(':'))
    }

    /// The tenancy that it was issued for: of an instance, or of a service.
    pub fn tenancy(&self) -> Option<&str> {
        self.attribute("opc-tenant").or_else(|| self.attribute("opc-identity"))
    }

    /// Whether the key of the other one signed this one, by RSA with SHA-256.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let parts = || {
            let (certificate, _) = der::expect(der::tag::SEQUENCE, &self.der)?;
            let (_, _, rest) = der::element(certificate)?;
            let signed = certificate.get(..certificate.len().checked_sub(rest.len())?)?;
            let (_, _, rest) = der::element(rest)?;
            // The first byte of a bit string counts the unused bits of its last.
            let (bits, _) = der::expect(der::tag::BIT_STRING, rest)?;
            let (unused, signature) = bits.split_first()?;
            (*unused == 0).then_some((signed, signature))
        };
        let key = issuer.public_key.as_ref();
        key.zip(parts()).is_some_and(|(key, (signed, signature))| key.verify(signed, signature))
    }

    /// Whether the other's subject stands as the issuer of this one. No signature is checked.
    pub fn names_as_issuer(&self, other: &Certificate) -> bool {
        self.issuer == other.subject
    }

    /// SHA-1, lower-case with colons.
    pub fn sha1(&self) -> String {
        colons(&Sha1::digest(&self.der))
    }

    /// SHA-256, lower-case with colons.
    pub fn sha256(&self) -> String {
        colons(&Sha256::digest(&self.der))
    }
}

/// The values of a name, without their types.
fn values(name: &x509_cert::name::Name) -> Vec<String> {
    let attributes = name.0.iter().flat_map(|set| set.0.iter());
    attributes.map(|attribute| String::from_utf8_lossy(attribute.value.value()).into_owned()).collect()
}
