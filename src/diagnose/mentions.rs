//! What a text mentions: OCIDs, URLs, regions, models, operations. Names and shapes only; what follows from them is
//! the business of [`super::reason`].

use regex::Regex;

use crate::catalog::{self, Operation};

/// Compiles a pattern once; a pattern that doesn't read matches nothing (a test holds them).
macro_rules! pattern {
    ($text:expr) => {{
        static PATTERN: std::sync::OnceLock<Option<regex::Regex>> = std::sync::OnceLock::new();
        PATTERN.get_or_init(|| {
            let read = regex::Regex::new($text);
            debug_assert!(read.is_ok(), "{}", $text);
            read.ok()
        })
    }};
}
pub(super) use pattern;

/// The first capture group of the first match, or the whole match.
pub(super) fn first(text: &str, pattern: &Option<Regex>) -> Option<String> {
    let found = pattern.as_ref()?.captures(text)?;
    found.get(1).or_else(|| found.get(0)).map(|found| found.as_str().to_owned())
}

/// Every first capture group, or whole match, each once.
pub(super) fn every(text: &str, pattern: &Option<Regex>) -> Vec<String> {
    let Some(pattern) = pattern else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for captures in pattern.captures_iter(text).take(200) {
        if let Some(hit) = captures.get(1).or_else(|| captures.get(0))
            && !found.iter().any(|known| known == hit.as_str())
        {
            found.push(hit.as_str().to_owned());
        }
    }
    found
}

/// An OCID that a text mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ocid {
    pub kind: String,
    pub realm: String,
    /// The identifier of its region, from identifier or key; none for OCIDs without one.
    pub region: Option<String>,
    pub text: String,
}

pub(super) fn ocids(text: &str) -> Vec<Ocid> {
    let shape = pattern!(r"(?i)\bocid1\.[a-z0-9]+\.[a-z0-9]*\.[a-z0-9-]*\.[a-z0-9._<>…\-]*");
    every(text, shape)
        .into_iter()
        .map(|text| {
            let text = text.trim_end_matches(['.', '-']).to_owned();
            let mut parts = text.split('.').skip(1).map(str::to_ascii_lowercase);
            let (kind, realm) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let place = parts.next().unwrap_or_default();
            let region = catalog::region(&place).map(|region| region.name.to_owned());
            Ocid { kind, realm, region: region.or(Some(place).filter(|place| !place.is_empty())), text }
        })
        .collect()
}

/// A URL, or a method and path, that a text mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    pub method: Option<String>,
    pub host: Option<String>,
    pub path: String,
    /// Where it stands in the text, in bytes.
    pub at: usize,
}

pub(super) fn urls(text: &str) -> Vec<Url> {
    let shape = pattern!(
        r#"(?i)(?:\b(GET|POST|PUT|DELETE|PATCH|HEAD)\s+)?(?:https?://([a-z0-9.\-$_<>]+)(?::\d+)?(/[^\s"'<>)\\,]*)?|(/(?:20\d{6}|openai|v1|opc)/[^\s"'<>)\\,]*))"#
    );
    let Some(shape) = shape else { return Vec::new() };
    shape
        .captures_iter(text)
        .take(50)
        .map(|found| {
            let part = |at: usize| found.get(at).map(|part| part.as_str().to_owned());
            let path = part(3).or_else(|| part(4)).unwrap_or_default();
            let path =
                path.split(['?', '#']).next().unwrap_or("").trim_end_matches([';', ':', '.']).to_owned();
            let method = part(1).map(|method| method.to_ascii_uppercase());
            let at = found.get(0).map_or(0, |whole| whole.start());
            Url { method, host: part(2).map(|host| host.to_ascii_lowercase()), path, at }
        })
        .collect()
}

/// The plane whose host this is, by the catalogue's host patterns.
pub(super) fn plane_of_host(host: &str) -> Option<&'static str> {
    let front = host.split(".generativeai.").next().filter(|front| *front != host);
    Some(match front {
        Some("inference" | "ppe.inference" | "dev.inference") => "inference",
        Some("agent") => "agent-management",
        Some("agent-runtime") => "agent-runtime",
        _ if host.starts_with("generativeai.") => "management",
        _ if host.starts_with("identity.") => "identity",
        _ if host.starts_with("auth.") => "auth",
        _ if host.starts_with("limits.") => "limits",
        _ => return None,
    })
}

/// The region that stands in a host name, whether or not it exists.
pub(super) fn region_of_host(host: &str) -> Option<String> {
    let inside = host.split_once("generativeai.").map(|(_, rest)| rest).or_else(|| {
        ["identity.", "auth.", "limits.", "objectstorage.", "iaas."]
            .iter()
            .find_map(|front| host.strip_prefix(front))
    })?;
    inside.split('.').next().filter(|label| label.contains('-')).map(str::to_owned)
}

/// Whether two planes answer on the same host.
pub(super) fn same_host(one: &str, other: &str) -> bool {
    match (catalog::plane(one), catalog::plane(other)) {
        (Some(one), Some(other)) => one.host == other.host,
        _ => false,
    }
}

fn segment_fits(pattern: &str, segment: &str) -> bool {
    pattern == segment || (pattern.starts_with('{') && pattern.ends_with('}')) || pattern == "*"
}

fn path_fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.trim_matches('/').split('/'), path.trim_matches('/').split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => return true,
            (Some(expected), Some(segment)) if segment_fits(expected, segment) => {}
            _ => return false,
        }
    }
}

/// The operations that a path may be, whatever the host.
pub(super) fn operations_at(path: &str, method: Option<&str>) -> Vec<&'static Operation> {
    if path.len() < 4 {
        return Vec::new();
    }
    let bases = catalog::plane("inference-openai").map_or(&[][..], |plane| plane.bases);
    let fits = |operation: &Operation| {
        operation.plane.is_some()
            && method.is_none_or(|method| operation.method.split('|').any(|known| known == method))
            && operation.paths.iter().any(|known| {
                path_fits(known, path)
                    || bases.first().and_then(|main| known.strip_prefix(main)).is_some_and(|rest| {
                        bases
                            .iter()
                            .any(|base| path.strip_prefix(base).is_some_and(|own| path_fits(rest, own)))
                    })
            })
    };
    catalog::operations().iter().filter(|operation| fits(operation)).collect()
}

/// Ids of models, by vendor prefix or because the catalogue knows them.
pub(super) fn models(text: &str) -> Vec<String> {
    let shape = pattern!(
        r"\b((?:cohere|meta|xai|openai|google|nvidia|dreamina)\.[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9])"
    );
    let known = |name: &str| {
        catalog::model(name).is_some()
            || (name.contains('-') && !name.ends_with("Error") && !name.contains(".com"))
    };
    every(text, shape).into_iter().filter(|name| known(name)).collect()
}

/// Identifiers of regions, known ones first.
pub(super) fn regions(text: &str) -> Vec<String> {
    let shape = pattern!(r"\b([a-z]{2}(?:-[a-z]{2,4})?-[a-z]{4,}-\d)\b");
    let mut found = every(text, shape);
    found.retain(|name| catalog::region(name).is_some());
    found
}

/// The time of a header or message, in seconds since 1970.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches(['\'', '"']);
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_second());
    }
    let shape = pattern!(r"(?i)(\d{1,2} [A-Z][a-z]{2} \d{4} \d{1,2}:\d{2}:\d{2})");
    let found = first(text, shape)?;
    let time = jiff::civil::DateTime::strptime("%d %b %Y %H:%M:%S", found).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The HTTP status that a text names.
pub(super) fn status_in(text: &str) -> Option<u16> {
    let shape = pattern!(
        r#"(?ix) (?: \bHTTP(?:/[\d.]+)?[-\s:(]*(?:status)?(?:\s*code)?[\s:=]* | \b(?:http|status)(?:[\s_-]*code)?['"]?[\s:=]+['"]? | \berror\s+code[\s:=]+ | \bORA-20 | \berror:?\s+ | service\.\((?:[A-Za-z]+,\s*)? | ":\s+ | ^\s* )
           ([45]\d\d)\b"#
    );
    first(text, shape)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ocids_give_kind_and_region_from_identifier_or_key() {
        let found = ocids("endpointId ocid1.generativeaiendpoint.oc1.iad.amaaaa and ocid1.user.oc1..aaaa,");
        assert_eq!(found[0].region.as_deref(), Some("us-ashburn-1"));
        assert_eq!((found[1].kind.as_str(), found[1].region.as_deref()), ("user", None));
    }

    #[test]
    fn a_path_gives_its_operation_under_each_base_path() {
        let names = |path: &str| -> Vec<_> {
            operations_at(path, Some("POST")).iter().map(|operation| operation.name).collect()
        };
        assert_eq!(names("/20231130/actions/v1/responses"), names("/openai/v1/responses"));
        assert!(!names("/openai/v1/responses").is_empty());
        assert!(names("/openai/v1/v1/responses").is_empty());
    }

    #[test]
    fn dates_of_headers_and_of_json_are_the_same_instants() {
        assert_eq!(seconds("Wed, 18 Nov 2026 10:00:00 GMT"), seconds("2026-11-18T10:00:00Z"));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn hosts_give_plane_and_region() {
        let host = "agent-runtime.generativeai.eu-frankfurt-1.oci.oraclecloud.com";
        assert_eq!(plane_of_host(host), Some("agent-runtime"));
        assert_eq!(region_of_host(host).as_deref(), Some("eu-frankfurt-1"));
        assert_eq!(plane_of_host("generativeai.us-chicago-1.oci.oraclecloud.com"), Some("management"));
        assert_eq!(plane_of_host("api.openai.com"), None);
    }

    #[test]
    fn an_ora_number_carries_the_status() {
        assert_eq!(status_in("ORA-20404: Object not found"), Some(404));
        assert_eq!(status_in("openai.NotFoundError: Error code: 404 - {"), Some(404));
        assert_eq!(status_in("< HTTP/2 401"), Some(401));
        assert_eq!(status_in("port 8080"), None);
    }
}
