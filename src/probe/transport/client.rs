//! One request, one answer or one named trouble.

use std::error::Error as _;
use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, ClientBuilder, Url, redirect, retry};

use super::cleaner::Cleaner;
use super::hosts::{HostError, Purpose, admit, is_loopback};
use crate::wire::{Headers, Request};

/// A request and where it goes.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where.
    pub url: Url,
    /// What; host and target are those of the URL.
    pub request: Request,
    /// What for.
    pub purpose: Purpose,
}

impl Call {
    /// A call without headers and body.
    pub fn new(method: &str, url: Url, purpose: Purpose) -> Call {
        let mut host = url.host_str().unwrap_or_default().to_owned();
        // The port stands in `Host` only when it isn't the scheme's own; signatures cover it as sent.
        if let Some(port) = url.port() {
            host.push_str(&format!(":{port}"));
        }
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Call { request: Request::new(method, host, target), url, purpose }
    }

    /// The same with a JSON body.
    pub fn json(mut self, body: &serde_json::Value) -> Call {
        self.request.headers.set("content-type", "application/json");
        self.request.body = body.to_string().into_bytes();
        self
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// From sending to the end of the body.
    pub took: Duration,
    /// Knows the secrets that were sent, which some services say back.
    pub sent: Cleaner,
}

impl Answer {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A text of the answer without anything secret that was sent.
    pub fn clean(&self, text: &str) -> String {
        self.sent.clean(text)
    }

    /// The service's id of the request.
    pub fn request_id(&self) -> Option<String> {
        self.headers.get("opc-request-id").map(|id| self.clean(id))
    }

    /// The message of an error body, in any of the forms that OCI's services and identity domains use.
    pub fn message(&self) -> Option<String> {
        let body = self.json()?;
        let inner = body.get("error").filter(|error| error.is_object()).unwrap_or(&body);
        let text = |key| inner.get(key).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
        let message = text("message").or_else(|| text("error_description")).or_else(|| text("error"))?;
        Some(self.clean(message))
    }

    /// The code of an error body; services of Generative AI put the status there.
    pub fn code(&self) -> Option<String> {
        let body = self.json()?;
        let inner = body.get("error").filter(|error| error.is_object()).unwrap_or(&body);
        let code = inner.get("code").or_else(|| inner.get("error"))?;
        code.as_str().map(|code| self.clean(code)).or_else(|| code.as_u64().map(|code| code.to_string()))
    }
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The host may not be sent to.
    Refused,
    /// The name doesn't resolve.
    Dns,
    /// Nobody answers at the address.
    Connect,
    /// The certificate isn't trusted, or TLS failed.
    Tls,
    /// Too slow.
    Timeout,
    /// The answer is larger than any that belongs here.
    TooLarge,
    /// The connection broke, or what came was no HTTP.
    Broken,
    /// This machine can't even try.
    Local,
}

/// Why nothing came back, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// Which kind.
    pub trouble: Trouble,
    /// The host that was called.
    pub host: String,
    /// The library's own words, without URL.
    pub detail: String,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.trouble {
            Trouble::Refused | Trouble::Local => f.write_str(&self.detail),
            Trouble::Dns => write!(f, "`{host}` does not resolve"),
            Trouble::Connect => write!(f, "no connection to `{host}`: {}", self.detail),
            Trouble::Tls => write!(f, "no trusted TLS connection to `{host}`: {}", self.detail),
            Trouble::Timeout => write!(f, "`{host}` did not answer in time"),
            Trouble::TooLarge => write!(f, "the answer of `{host}` is too large"),
            Trouble::Broken => write!(f, "the connection to `{host}` broke: {}", self.detail),
        }
    }
}

impl std::error::Error for TransportError {}

/// How long to wait and how much to read.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For a whole answer.
    pub total: Duration,
    /// Bytes of an answer.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), total: Duration::from_secs(30), body: 4 << 20 }
    }
}

/// Sends requests. Cheap to share by reference.
#[derive(Debug, Default)]
pub struct Http {
    limits: Limits,
    named: Vec<Url>,
    extra_roots: Vec<Certificate>,
    outside: OnceLock<Result<Client, String>>,
    inside: OnceLock<Result<Client, String>>,
}

impl Http {
    /// Sends within these limits; `named` are endpoints outside the realms of OCI that a person named.
    pub fn new(limits: Limits, named: Vec<Url>) -> Http {
        Http { limits, named, ..Http::default() }
    }

    /// Trusts the certificates of a PEM bundle beside the system's, as `OCI_CLI_CERT_BUNDLE` asks for.
    pub fn trusting(mut self, pem: &str) -> Result<Http, String> {
        self.extra_roots = certificates(pem)?;
        Ok(self)
    }

    /// Sends a call that has been authorized.
    pub async fn send(&self, call: &Call) -> Result<Answer, TransportError> {
        let client = if self.stays_inside(call) {
            self.inside.get_or_init(|| self.build(true, &[]))
        } else {
            self.outside.get_or_init(|| self.build(false, &[]))
        };
        let client = client.as_ref().map_err(|detail| self.local(call, detail.clone()))?;
        self.send_by(client, call).await
    }

    /// Sends a call past all proxies, trusting these certificates only.
    pub async fn send_trusting_only(&self, call: &Call, pem: &str) -> Result<Answer, TransportError> {
        let roots = certificates(pem).map_err(|detail| self.local(call, detail))?;
        let client = self.build(true, &roots).map_err(|detail| self.local(call, detail))?;
        self.send_by(&client, call).await
    }

    /// This machine and the metadata service are never reached through a proxy.
    fn stays_inside(&self, call: &Call) -> bool {
        call.purpose != Purpose::Service || call.url.host_str().is_some_and(is_loopback)
    }

    fn local(&self, call: &Call, detail: String) -> TransportError {
        TransportError { trouble: Trouble::Local, host: call.request.host.clone(), detail }
    }

    fn build(&self, direct: bool, only: &[Certificate]) -> Result<Client, String> {
        // Fails when a provider is there already, which is then as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder: ClientBuilder = Client::builder()
            .user_agent(concat!("ociam/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.limits.connect)
            .timeout(self.limits.total)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .http1_only();
        if direct {
            builder = builder.no_proxy();
        }
        builder = if !only.is_empty() {
            builder.tls_certs_only(only.iter().cloned())
        } else {
            builder.tls_certs_merge(self.extra_roots.iter().cloned())
        };
        builder.build().map_err(|error| format!("no HTTP client could be made: {}", innermost(&error)))
    }

    async fn send_by(&self, client: &Client, call: &Call) -> Result<Answer, TransportError> {
        admit(&call.url, call.purpose, &self.named).map_err(|error: HostError| TransportError {
            trouble: Trouble::Refused,
            host: call.request.host.clone(),
            detail: error.to_string(),
        })?;
        let fail = |error: reqwest::Error| self.failed(call, &error);
        let method = reqwest::Method::from_bytes(call.request.method.as_bytes())
            .map_err(|_| self.local(call, "the method is no HTTP method".to_owned()))?;
        let mut builder = client.request(method, call.url.clone()).body(call.request.body.clone());
        for (name, value) in call.request.headers.iter().filter(|(name, _)| *name != "host") {
            builder = builder.header(name, value);
        }
        let start = Instant::now();
        let mut response = builder.send().await.map_err(fail)?;
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fail)? {
            body.extend_from_slice(&chunk);
            if body.len() > self.limits.body {
                return Err(TransportError {
                    trouble: Trouble::TooLarge,
                    host: call.request.host.clone(),
                    detail: String::new(),
                });
            }
        }
        Ok(Answer { status, headers, body, took: start.elapsed(), sent: Cleaner::of(&call.request) })
    }

    fn failed(&self, call: &Call, error: &reqwest::Error) -> TransportError {
        let detail = innermost(error);
        let mut chain = String::new();
        let mut cause = error.source();
        while let Some(inner) = cause {
            chain.push_str(&inner.to_string().to_ascii_lowercase());
            cause = inner.source();
        }
        let has = |words: &[&str]| words.iter().any(|word| chain.contains(word));
        let trouble = if error.is_timeout() {
            Trouble::Timeout
        } else if has(&["dns error", "failed to lookup"]) {
            Trouble::Dns
        } else if has(&["certificate", "tls", "handshake", "unknownissuer"]) {
            Trouble::Tls
        } else if error.is_connect() {
            Trouble::Connect
        } else if error.is_builder() {
            Trouble::Local
        } else {
            Trouble::Broken
        };
        TransportError { trouble, host: call.request.host.clone(), detail }
    }
}

fn certificates(pem: &str) -> Result<Vec<Certificate>, String> {
    let found = Certificate::from_pem_bundle(pem.as_bytes())
        .map_err(|error| format!("the certificates can't be read: {}", innermost(&error)))?;
    if found.is_empty() { Err("there is no certificate in the file".to_owned()) } else { Ok(found) }
}

/// The last cause in the chain: the outer ones repeat the URL, which may hold an OCID or more.
fn innermost(error: &dyn std::error::Error) -> String {
    let Some(mut last) = error.source() else { return "unknown".to_owned() };
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}
