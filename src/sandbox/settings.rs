//! How a sandbox behaves beyond its tenancy: the `[sandbox]` table of a tenancy file.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::authz::TenancyError;

/// The `[sandbox]` table. Everything has a default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Settings {
    /// Whose API signing key and session token are made: name or OCID; the first user when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Further users, by name or OCID, who get an API signing key and a profile of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// The OCID of the instance that the metadata service speaks of; the first one when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The OCID of the resource that resource principals stand for; the first function, else the first other
    /// resource, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The OKE workload.
    pub workload: Workload,
    /// How long what is issued lives.
    pub lifetimes: Lifetimes,
    /// In which order a request is checked.
    pub order: Order,
    /// Regions that are served though the tenancy is not subscribed to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_regions: Vec<String>,
    /// Of the regions that the tenancy is subscribed to, those whose subscription is still under way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preparing_regions: Vec<String>,
    /// How old what lists give a date for is.
    #[serde(skip_serializing_if = "Ages::is_empty")]
    pub ages: Ages,
    /// The OAuth client of the identity domain.
    pub oauth: OauthClient,
    /// What goes wrong on purpose, as on the command line: `slow=2s@inference`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// A check that a request goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Whether the host has the path.
    Path,
    /// Who is calling.
    Authentication,
    /// Whether the request names what it is about.
    Request,
    /// Whether the caller may.
    Authorization,
    /// Whether the model is there and takes the request.
    Model,
}

/// The order of the checks. How the service goes about it is documented for few of them, so that both can be tried:
/// the path before or after authentication, the request and the model before or after authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order(Vec<Check>);

impl Default for Order {
    fn default() -> Self {
        use Check::{Authentication, Authorization, Model, Path, Request};
        Self(vec![Path, Authentication, Request, Authorization, Model])
    }
}

impl Order {
    /// Whether one check comes before another.
    pub fn is_before(&self, one: Check, other: Check) -> bool {
        let place = |check| self.0.iter().position(|each| *each == check);
        place(one) < place(other)
    }
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let order = Self(Vec::deserialize(from)?);
        let all = Self::default();
        let whole = order.0.len() == all.0.len() && all.0.iter().all(|check| order.0.contains(check));
        if !whole || order.is_before(Check::Authorization, Check::Authentication) {
            return Err(serde::de::Error::custom(
                "`order` must name path, authentication, request, authorization and model once each, \
                 authentication before authorization",
            ));
        }
        Ok(order)
    }
}

/// An OKE workload.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Workload {
    /// The Kubernetes namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The cluster's OCID; the first cluster of the tenancy, else a made-up one, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

impl Default for Workload {
    fn default() -> Self {
        Self { namespace: "default".into(), service_account: "default".into(), cluster: None }
    }
}

/// A client of the identity domain that may ask for tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OauthClient {
    /// Its id.
    pub client_id: String,
    /// Its secret: nothing that opens anything but this sandbox.
    pub client_secret: String,
    /// The audience of its access tokens.
    pub audience: String,
    /// The scopes that it may ask for.
    pub scopes: Vec<String>,
    /// Whether anybody may read the certificate that the domain's tokens are verified by.
    pub public_certificate: bool,
}

/// How old what lists give a date for is; many months where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Ages {
    /// The API signing keys of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_keys: Option<Lifetime>,
    /// GenAI API keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_keys: Option<Lifetime>,
    /// Projects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects: Option<Lifetime>,
    /// Policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Lifetime>,
}

impl Ages {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for OauthClient {
    fn default() -> Self {
        Self {
            client_id: "sandbox-client".into(),
            client_secret: "sandbox-client-secret".into(),
            audience: "https://sandbox/".into(),
            scopes: vec!["invoke".into()],
            public_certificate: true,
        }
    }
}

/// A length of time as people write it: `20m`, `1h 30m`; below zero for what has ended before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(pub SignedDuration);

impl Lifetime {
    const fn minutes(minutes: i64) -> Self {
        Self(SignedDuration::from_mins(minutes))
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let parsed = text.trim().parse::<SignedDuration>().map(Self);
        parsed.map_err(|_| {
            serde::de::Error::custom(format!("`{text}` is no length of time; write `20m` or `1h 30m`"))
        })
    }
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{:#}", self.0))
    }
}

macro_rules! lifetimes {
    ($($(#[$doc:meta])* $name:ident = $minutes:expr,)*) => {
        /// How long what is issued lives.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub struct Lifetimes {
            $($(#[$doc])* pub $name: Lifetime,)*
        }

        impl Default for Lifetimes {
            fn default() -> Self {
                Self { $($name: Lifetime::minutes($minutes),)* }
            }
        }
    };
}

lifetimes! {
    /// The token of `oci session authenticate`.
    session_token = 60,
    /// The session behind it, in which the token can be renewed.
    session = 24 * 60,
    /// What `/v1/x509` gives.
    instance_token = 20,
    /// The token of a resource principal.
    resource_token = 60,
    /// What proxymux gives.
    workload_token = 60,
    /// The token that acts for a user.
    delegation_token = 60,
    /// The token of the Kubernetes service account.
    service_account_token = 60,
    /// Scoped tokens.
    scoped_token = 60,
    /// What the identity domain gives for a foreign token.
    exchanged_token = 60,
    /// Access tokens of the identity domain.
    access_token = 60,
    /// The certificate of the instance.
    instance_certificate = 24 * 60,
}

impl Settings {
    /// Reads the table out of a tenancy file; the rest of the file is the evaluator's.
    pub fn from_text(text: &str) -> Result<Self, TenancyError> {
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            sandbox: Settings,
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') {
            return match serde_json::from_str::<File>(text) {
                Ok(file) => Ok(file.sandbox),
                Err(error) => Err(TenancyError {
                    message: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
                    position: Some((error.line(), error.column())),
                }),
            };
        }
        match toml::from_str::<File>(text) {
            Ok(file) => Ok(file.sandbox),
            Err(error) => Err(TenancyError {
                message: error.message().lines().collect::<Vec<_>>().join(" "),
                position: error.span().map(|span| {
                    let file = crate::text::SourceFile::new("", text);
                    let at = file.position(span.start);
                    (at.line, at.column)
                }),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_written_as_people_write_them() {
        let text = "name = 'acme'\n[sandbox.lifetimes]\nsession-token = '90s'\ninstance-token = '-1h 30m'\n";
        let lifetimes = Settings::from_text(text).unwrap().lifetimes;
        assert_eq!(lifetimes.session_token.0, SignedDuration::from_secs(90));
        assert_eq!(lifetimes.instance_token.0, SignedDuration::from_mins(-90));
        assert_eq!(lifetimes.resource_token, Lifetime::minutes(60));
    }

    #[test]
    fn settings_survive_the_way_through_json() {
        let text = "[sandbox]\nuser = 'ana'\nlifetimes = { session-token = '1h 1s', scoped-token = '-2m' }\n";
        let settings = Settings::from_text(text).unwrap();
        let json = serde_json::json!({ "sandbox": settings }).to_string();
        assert_eq!(Settings::from_text(&json), Ok(settings));
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_place() {
        let error = Settings::from_text("[sandbox]\nusr = 'ana'\n").unwrap_err();
        assert_eq!(error.position, Some((2, 1)));
        assert!(error.message.contains("usr"), "{}", error.message);
    }
}
