//! Making certificates: for the instances and the cluster of a sandbox. No real service trusts them.

use core::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use pkcs8::der::Encode;
use pkcs8::der::asn1::{Ia5String, OctetString};
use rsa::pkcs1v15::Signature;
use rsa::rand_core::{OsRng, RngCore};
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

use super::certificate::{Certificate, CertificateError};
use super::key::{PrivateKey, PublicKey};

/// Whom a certificate is for.
#[derive(Clone, Debug)]
pub enum Holder {
    /// An instance, as the metadata service hands it out.
    Instance {
        /// Its OCID.
        instance: String,
        /// The OCID of its compartment.
        compartment: String,
        /// The OCID of its tenancy.
        tenancy: String,
    },
    /// A TLS server at these addresses.
    Server(Vec<IpAddr>, Vec<String>),
}

/// Issues certificates under one of its own.
#[derive(Clone, Debug)]
pub struct Authority {
    key: PrivateKey,
    certificate: Certificate,
    name: String,
}

impl Authority {
    /// A new authority with this common name.
    pub fn new(
        name: &str,
        key: PrivateKey,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Self, CertificateError> {
        let name = format!("CN={}", escaped(name));
        let certificate = build(Profile::Root, &name, key.public(), &key, from, until, &[])?;
        Ok(Self { key, certificate, name })
    }

    /// Its own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A certificate for the holder of a key.
    pub fn issue(
        &self,
        holder: &Holder,
        key: &PublicKey,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Certificate, CertificateError> {
        let issuer = Name::from_str(&self.name).map_err(|_| CertificateError::Failed)?;
        let profile = Profile::Leaf { issuer, enable_key_agreement: false, enable_key_encipherment: true };
        let (subject, names) = match holder {
            Holder::Instance { instance, compartment, tenancy } => {
                let parts = [
                    format!("CN={}", escaped(instance)),
                    "OU=opc-certtype:instance".to_owned(),
                    format!("OU=opc-compartment:{}", escaped(compartment)),
                    format!("OU=opc-instance:{}", escaped(instance)),
                    format!("OU=opc-tenant:{}", escaped(tenancy)),
                ];
                (parts.join(","), Vec::new())
            }
            Holder::Server(addresses, hosts) => {
                let mut names = Vec::new();
                for address in addresses {
                    let bytes = match address {
                        IpAddr::V4(address) => address.octets().to_vec(),
                        IpAddr::V6(address) => address.octets().to_vec(),
                    };
                    names.push(GeneralName::IpAddress(
                        OctetString::new(bytes).map_err(|_| CertificateError::Failed)?,
                    ));
                }
                for host in hosts {
                    names.push(GeneralName::DnsName(
                        Ia5String::new(host).map_err(|_| CertificateError::Failed)?,
                    ));
                }
                ("CN=server".to_owned(), names)
            }
        };
        build(profile, &subject, key, &self.key, from, until, &names)
    }
}

fn build(
    profile: Profile,
    subject: &str,
    key: &PublicKey,
    issuer: &PrivateKey,
    from: Timestamp,
    until: Timestamp,
    names: &[GeneralName],
) -> Result<Certificate, CertificateError> {
    let failed = |_| CertificateError::Failed;
    let mut serial = [0; 8];
    OsRng.fill_bytes(&mut serial);
    // The first bit is the sign.
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x01;
    }
    let time = |time: Timestamp| {
        let seconds = u64::try_from(time.as_second()).unwrap_or(0);
        pkcs8::der::asn1::GeneralizedTime::from_unix_duration(std::time::Duration::from_secs(seconds))
            .map(Time::GeneralTime)
            .map_err(failed)
    };
    let spki = key.to_spki().map_err(|_| CertificateError::Failed)?;
    let mut builder = CertificateBuilder::new(
        profile,
        SerialNumber::new(&serial).map_err(failed)?,
        Validity { not_before: time(from)?, not_after: time(until)? },
        Name::from_str(subject).map_err(failed)?,
        SubjectPublicKeyInfoOwned::try_from(spki.as_slice()).map_err(|_| CertificateError::Failed)?,
        issuer.signing_key(),
    )
    .map_err(|_| CertificateError::Failed)?;
    if !names.is_empty() {
        let server = ExtendedKeyUsage(vec![x509_cert::der::oid::db::rfc5280::ID_KP_SERVER_AUTH]);
        builder.add_extension(&server).map_err(|_| CertificateError::Failed)?;
        builder.add_extension(&SubjectAltName(names.to_vec())).map_err(|_| CertificateError::Failed)?;
    }
    let made = builder.build::<Signature>().map_err(|_| CertificateError::Failed)?;
    Certificate::from_der(&made.to_der().map_err(failed)?)
}

/// A value as it stands in the text form of a name.
fn escaped(value: &str) -> String {
    let special = |c: char| matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#');
    value.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
