//! A region as people write it, and the domain that its hosts lie under.

use std::fmt;

use serde_json::Value;

use crate::catalog;
use crate::probe::Surroundings;

/// A region with what hosts are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its identifier, such as `us-chicago-1`.
    pub region: String,
    /// The realm's second-level domain.
    pub domain: String,
    /// The realm, where it is known.
    pub realm: Option<String>,
}

impl Place {
    /// The host of a service that the catalogue's planes don't list, made of a pattern with `{region}` and `{domain}`.
    pub fn host(&self, pattern: &str) -> String {
        pattern.replace("{region}", &self.region).replace("{domain}", &self.domain)
    }
}

/// Why a text is no region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceError {
    /// Nothing there.
    Empty,
    /// Quotes, blanks or a comment, which the clients take as part of the name.
    Surplus(String),
    /// Neither the catalogue nor the machine's own metadata know it. The clients would guess the realm oc1 and fail
    /// to resolve the host. Holds the name and a close one.
    Unknown(String, Option<&'static str>),
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlaceError::Empty => f.write_str("the region is empty"),
            PlaceError::Surplus(text) => write!(
                f,
                "the region `{text}` holds quotes, blanks or a comment, which clients take as part of its name"
            ),
            PlaceError::Unknown(text, Some(close)) => {
                write!(f, "there is no region `{text}`; did you mean `{close}`")
            }
            PlaceError::Unknown(text, None) => write!(f, "the region `{text}` is not known"),
        }
    }
}

impl std::error::Error for PlaceError {}

/// Finds a region by identifier or short name, in any case: in the catalogue, then where the SDKs look for regions
/// that are newer than themselves (`~/.oci/regions-config.json`, `OCI_REGION_METADATA`).
pub fn place(text: &str, around: &dyn Surroundings) -> Result<Place, PlaceError> {
    let name = text.trim().to_lowercase();
    if name.is_empty() {
        return Err(PlaceError::Empty);
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')) {
        return Err(PlaceError::Surplus(name));
    }
    if let Some(region) = catalog::region(&name)
        && let Some(realm) = region.realm()
    {
        return Ok(Place {
            region: region.name.to_owned(),
            domain: realm.domain.to_owned(),
            realm: Some(realm.name.to_owned()),
        });
    }
    let file = around.home().and_then(|home| around.read_text(&home.join(".oci/regions-config.json")).ok());
    let variable = around.variable("OCI_REGION_METADATA");
    let known = file.into_iter().chain(variable).filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    let rows = known.flat_map(|value| match value {
        Value::Array(rows) => rows,
        row => vec![row],
    });
    for row in rows {
        let field = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_lowercase);
        let (Some(region), Some(domain)) = (field("regionIdentifier"), field("realmDomainComponent")) else {
            continue;
        };
        if region == name || field("regionKey").as_deref() == Some(&name) {
            return Ok(Place { region, domain, realm: field("realmKey") });
        }
    }
    let close = catalog::suggest(catalog::Kind::Region, &name);
    Err(PlaceError::Unknown(name, close))
}
