//! What a person's own client sends where it differs from the catalogue's shape of a request, and what a request that
//! went out did carry.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::transport::Call;

/// The headers that routes read a compartment from.
const COMPARTMENT_HEADERS: [&str; 2] = ["opc-compartment-id", "CompartmentId"];
/// The field of a native body, and what stands for it among the places of a compartment.
const BODY: &str = "body";

/// Where the compartment stands in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Compartments {
    /// Where the catalogue's shape has it.
    #[default]
    AsShaped,
    /// In the body of a native call and in both headers.
    Everywhere,
    /// In these places: `body`, or the name of a header; nowhere when there are none.
    In(Vec<String>),
}

impl Compartments {
    /// Reads places with commas between; `none` is nowhere.
    pub fn parse(text: &str) -> Result<Compartments, String> {
        let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if words == ["none"] {
            return Ok(Compartments::In(Vec::new()));
        }
        let is_name = |word: &str| {
            word != "none" && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let refused = ["authorization", "host", "date", "content-length", "x-content-sha256"];
        match words
            .iter()
            .find(|word| !is_name(word) || refused.contains(&word.to_ascii_lowercase().as_str()))
        {
            Some(wrong) => Err(format!(
                "`{wrong}` is no place of a compartment; write `body`, a header's name or `none`"
            )),
            None if words.is_empty() => {
                Err("no place is named; write `body`, a header's name or `none`".to_owned())
            }
            None => Ok(Compartments::In(words.into_iter().map(str::to_owned).collect())),
        }
    }

    /// Whether the body holds it, when the shape says so or not.
    pub(super) fn in_body(&self, shaped: bool) -> bool {
        match self {
            Compartments::AsShaped => shaped,
            Compartments::Everywhere => true,
            Compartments::In(places) => places.iter().any(|place| place == BODY),
        }
    }

    /// The headers that hold it; none where the shape decides.
    pub(super) fn headers(&self) -> Option<Vec<&str>> {
        match self {
            Compartments::AsShaped => None,
            Compartments::Everywhere => Some(COMPARTMENT_HEADERS.to_vec()),
            Compartments::In(places) => {
                Some(places.iter().map(String::as_str).filter(|place| *place != BODY).collect())
            }
        }
    }
}

/// What a client sends in its own way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientSends {
    /// Where it puts the compartment.
    pub compartment: Compartments,
    /// The `apiFormat` of its native chats.
    pub format: Option<&'static str>,
    /// Its whole body.
    pub body: Option<Map<String, Value>>,
}

impl ClientSends {
    /// The same with a body of the catalogue's.
    pub fn without_body(&self) -> ClientSends {
        ClientSends { format: None, body: None, compartment: self.compartment.clone() }
    }

    /// Whether the body is of the client's own form.
    pub fn has_own_form(&self) -> bool {
        self.format.is_some() || self.body.is_some()
    }

    /// The model that its body names.
    pub fn model(&self) -> Option<&str> {
        let body = self.body.as_ref()?;
        let mode = |name: &str| body.get("servingMode")?.get(name)?.as_str();
        body.get("model").and_then(Value::as_str).or_else(|| mode("modelId")).or_else(|| mode("endpointId"))
    }

    /// The compartment that its body names.
    pub fn compartment(&self) -> Option<&str> {
        self.body.as_ref()?.get("compartmentId")?.as_str().filter(|text| !text.is_empty())
    }
}

/// What a request carried, as far as services complain about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Carried {
    /// The places of the compartment: `body`, `query`, or the name of a header.
    pub compartment: Vec<String>,
    /// Whether there was a project.
    pub project: bool,
    /// The `apiFormat` of a native chat.
    pub format: Option<String>,
}

impl Carried {
    /// Looks at a request that is ready to be sent.
    pub fn by(call: &Call) -> Carried {
        let body: Value = serde_json::from_slice(&call.request.body).unwrap_or(Value::Null);
        let mut compartment = Vec::new();
        if body.get("compartmentId").and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
            compartment.push(BODY.to_owned());
        }
        if call.url.query_pairs().any(|(name, _)| name == "compartmentId") {
            compartment.push("query".to_owned());
        }
        let root =
            |value: &str| value.starts_with("ocid1.compartment.") || value.starts_with("ocid1.tenancy.");
        let named = call.request.headers.iter().filter(|(name, value)| {
            COMPARTMENT_HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)) || root(value)
        });
        compartment.extend(named.map(|(name, _)| name.to_owned()));
        let format = body.get("chatRequest").and_then(|chat| chat.get("apiFormat"));
        Carried {
            compartment,
            project: call.request.headers.get("openai-project").is_some(),
            format: format.and_then(Value::as_str).map(str::to_owned),
        }
    }

    /// Whether both headers held the compartment.
    pub fn in_both_headers(&self) -> bool {
        let has = |name: &&str| self.compartment.iter().any(|place| place.eq_ignore_ascii_case(name));
        COMPARTMENT_HEADERS.iter().all(has)
    }
}

/// Puts a model into a body, in the form of its kind.
pub(super) fn name_model(body: &mut Map<String, Value>, model: &str) {
    if body.contains_key("model") {
        body.insert("model".to_owned(), json!(model));
    }
    if let Some(mode) = body.get_mut("servingMode") {
        *mode = if super::is_endpoint(model) {
            json!({ "servingType": "DEDICATED", "endpointId": model })
        } else {
            json!({ "servingType": "ON_DEMAND", "modelId": model })
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_words_and_none_is_nowhere() {
        assert_eq!(Compartments::parse("none"), Ok(Compartments::In(Vec::new())));
        assert_eq!(
            Compartments::parse("body, opc-compartment-id"),
            Ok(Compartments::In(vec!["body".into(), "opc-compartment-id".into()]))
        );
        for wrong in ["", "none,body", "a b", "Authorization", "x:y"] {
            assert!(Compartments::parse(wrong).is_err(), "{wrong}");
        }
    }
}
