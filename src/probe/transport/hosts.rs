//! To whom a credential may be sent.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::catalog;

/// What a request is for, since that decides where it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A service of OCI.
    Service,
    /// The metadata service of an instance: plain HTTP to its fixed addresses, and no secret.
    Metadata,
    /// The token service of a cluster: any host, over TLS with the cluster's own certificates.
    Cluster,
}

/// Why a host is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// No host at all, or a scheme that isn't HTTP.
    NotHttp,
    /// User name or password in the URL.
    Credentials,
    /// Plain HTTP to another machine.
    PlainHttp(String),
    /// Not of an Oracle realm and not named explicitly.
    Foreign(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::NotHttp => f.write_str("the URL is not `https://host/…`"),
            HostError::Credentials => f.write_str("the URL holds a user name or password"),
            HostError::PlainHttp(host) => {
                write!(f, "plain HTTP to `{host}` is refused: credentials go over TLS, or to this machine")
            }
            HostError::Foreign(host) => write!(
                f,
                "`{host}` is in no realm of OCI; no credential is sent there unless `--endpoint` names it"
            ),
        }
    }
}

impl std::error::Error for HostError {}

/// Whether a host is a fixed address of the metadata service.
fn is_metadata(host: &str) -> bool {
    let host = bare(host);
    catalog::plane("imds").is_some_and(|imds| imds.host == host || imds.other_hosts.contains(&host))
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether a host is this machine.
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || bare(host).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a request may go to a URL. `named` are the endpoints that a person named for this run.
pub fn admit(url: &Url, purpose: Purpose, named: &[Url]) -> Result<(), HostError> {
    let host = url.host_str().ok_or(HostError::NotHttp)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HostError::NotHttp);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HostError::Credentials);
    }
    if is_loopback(host) {
        return Ok(());
    }
    if purpose == Purpose::Metadata && is_metadata(host) {
        return Ok(());
    }
    if url.scheme() != "https" {
        return Err(HostError::PlainHttp(host.to_owned()));
    }
    let ours = catalog::realms().iter().any(|realm| {
        host.strip_suffix(realm.domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    });
    let explicit = named.iter().any(|named| named.origin() == url.origin());
    if ours || explicit || purpose == Purpose::Cluster {
        Ok(())
    } else {
        Err(HostError::Foreign(host.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(url: &str, purpose: Purpose) -> Result<(), HostError> {
        admit(&Url::parse(url).unwrap(), purpose, &[Url::parse("https://genai.example.com").unwrap()])
    }

    #[test]
    fn realms_loopback_and_named_endpoints_are_admitted() {
        for url in [
            "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/x",
            "https://auth.uk-gov-london-1.oraclegovcloud.uk/v1/x509",
            "http://127.0.0.1:8123/x",
            "http://[::1]:8123/x",
            "http://localhost/x",
            "https://genai.example.com/openai/v1",
        ] {
            assert_eq!(answer(url, Purpose::Service), Ok(()), "{url}");
        }
        assert_eq!(answer("http://169.254.169.254/opc/v2", Purpose::Metadata), Ok(()));
        assert_eq!(answer("http://[fd00:c1::a9fe:a9fe]/opc/v2", Purpose::Metadata), Ok(()));
    }

    #[test]
    fn look_alikes_plain_http_and_others_are_refused() {
        for url in [
            "https://oraclecloud.com.evil.example/x",
            "https://eviloraclecloud.com/x",
            "https://oraclecloud.com/x",
            "https://.oraclecloud.com/x",
            "https://genai.example.com:444/x",
            "https://api.openai.com/v1",
            "https://127.0.0.1.nip.io/x",
        ] {
            assert!(matches!(answer(url, Purpose::Service), Err(HostError::Foreign(_))), "{url}");
        }
        let plain = "http://auth.us-chicago-1.oraclecloud.com";
        assert!(matches!(answer(plain, Purpose::Service), Err(HostError::PlainHttp(_))));
        assert!(answer("http://169.254.169.254/opc/v2", Purpose::Service).is_err());
        assert!(answer("http://10.0.0.1:12250", Purpose::Cluster).is_err());
        assert_eq!(
            answer("https://a:b@inference.generativeai.us-chicago-1.oci.oraclecloud.com", Purpose::Service),
            Err(HostError::Credentials)
        );
        assert_eq!(answer("file:///etc/passwd", Purpose::Service), Err(HostError::NotHttp));
    }
}
