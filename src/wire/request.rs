//! A request as a signature sees it: what is sent, byte for byte.

use std::fmt;

/// Header names that carry secrets, in lower case.
const SECRET_HEADERS: [&str; 6] =
    ["authorization", "proxy-authorization", "opc-obo-token", "security-context", "cookie", "x-api-key"];

/// Headers in order. Names are compared without regard to case; those that carry secrets are redacted in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sets a value in place of all of that name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// Sets a value unless the name has one.
    pub fn set_if_absent(&mut self, name: &str, value: impl FnOnce() -> String) {
        if self.get(name).is_none() {
            self.set(name, value());
        }
    }

    /// Removes a name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        Self(headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().map(|(name, value)| {
            let secret = SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
            (name, if secret { "<redacted>" } else { value })
        });
        f.debug_map().entries(shown).finish()
    }
}

/// A request, sent or received.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, in any case.
    pub method: String,
    /// Host and port as they stand in `Host`.
    pub host: String,
    /// Path and query exactly as they go over the wire.
    pub target: String,
    /// The headers; `host` may be among them or not.
    pub headers: Headers,
    /// The body, empty for none.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: impl Into<String>, host: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            host: host.into(),
            target: target.into(),
            headers: Headers::new(),
            body: Vec::new(),
        }
    }

    /// Whether its method has a body that signatures cover.
    pub fn body_is_signed(&self) -> bool {
        ["POST", "PUT", "PATCH"].iter().any(|method| self.method.eq_ignore_ascii_case(method))
    }

    /// The value that a signature covers under a name; none when the request lacks it.
    pub(super) fn signed_value(&self, name: &str) -> Option<String> {
        match name {
            "(request-target)" => {
                let target = if self.target.is_empty() { "/" } else { &self.target };
                Some(format!("{} {target}", self.method.to_ascii_lowercase()))
            }
            "host" => Some(self.headers.get("host").unwrap_or(&self.host).to_owned()),
            name => self.headers.get(name).map(str::to_owned),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body may hold a token to refresh or a client secret, so only its size is shown.
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("target", &self.target)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
