//! The texts that a table can't hold, because they follow from several of its rows.

use super::Builder;
use crate::catalog;
use crate::checklist::facts::GENAI_API_KEY;
use crate::checklist::fill::capital;
use crate::checklist::nearest::{Offered, near, offered};

/// A delay of the catalogue in words.
fn delay(name: &str) -> Option<String> {
    let row = catalog::delay(name)?;
    Some(match (row.documented, row.observed) {
        ("", observed) => observed.to_owned(),
        (documented, "") => documented.to_owned(),
        (documented, observed) => format!("{documented} by the documentation, {observed} when measured"),
    })
}

impl Builder<'_> {
    /// The texts that a table can't hold, because they follow from several of its rows.
    pub(super) fn set_texts(&mut self) {
        for (key, name) in [
            ("policy-delay", "policy-change"),
            ("rule-delay", "matching-rule-change"),
            ("signing-key-delay", "user-api-key-upload"),
            ("region-delay", "region-subscription"),
            ("project-delay", "new-project"),
            ("session-delay", "session-token"),
        ] {
            self.params.set_default(key, delay(name).as_deref());
        }
        let (model, _) = self.model_state();
        self.params.set("model-state", model);
        let (region, _) = self.region_state();
        self.params.set("region-state", region);
        self.params.set("call-note", sentence(&self.route.note));
        // The notes are about GenAI API keys.
        let note = if self.method == GENAI_API_KEY { sentence(&self.route.base_note) } else { String::new() };
        self.params.set("base-note", note);
        let titles: Vec<&str> = self.grants.iter().skip(1).map(|grant| grant.title.as_str()).collect();
        self.params.set("service-titles", titles.join(" and "));
        let rule = self.grants.first().and_then(|grant| grant.dynamic_group.as_ref());
        if let Some(rule) = rule.map(|group| group.rule.clone()) {
            self.params.set("rule", rule);
        }
        for (at, prefix) in [(0, ""), (1, "service-")] {
            let Some(grant) = self.grants.get(at) else { continue };
            let statements: Vec<String> =
                grant.statements.iter().map(|text| self.params.fill(text)).collect();
            let json = serde_json::to_string(&statements).unwrap_or_default();
            let group = grant.dynamic_group.clone();
            self.params.set(&format!("{prefix}statements-json"), for_shell(&json));
            if let Some(group) = group.filter(|_| at > 0) {
                self.params.set("service-group", group.name);
                self.params.set("service-rule", group.rule);
            }
        }
        let limits: Vec<String> =
            self.limits().iter().map(|row| format!("`{}`: {} ({})", row.name, row.what, row.value)).collect();
        self.params.set("limits", limits.join("; "));
        let headers = self.headers();
        let headers = match headers.is_empty() {
            true => "No header beyond those of the client.".to_owned(),
            false => format!("Requests carry {}.", headers.join(", ")),
        };
        self.params.set("headers", headers);
        let first = match self.client {
            Some(_) => {
                "Run this as the workload. An answer shows that every step before is done; a refusal goes to `ociam diagnose`."
            }
            None => {
                "Send the call as the workload over HTTP. An answer shows that every step before is done; a refusal goes to `ociam diagnose`."
            }
        };
        self.params.set("first-call", first);
    }

    pub(super) fn limits(&self) -> Vec<&'static catalog::Limit> {
        let own = self.subject.call.limits.iter().map(String::as_str);
        let key = (self.method == GENAI_API_KEY).then_some("api-key-count");
        own.chain(key).filter_map(catalog::limit).collect()
    }

    /// The headers that a request carries besides those of authentication.
    fn headers(&self) -> Vec<String> {
        let mut headers = Vec::new();
        if self.route.compartment_header && self.method != GENAI_API_KEY {
            headers
                .push("`opc-compartment-id` and `CompartmentId` with the OCID of the compartment".to_owned());
        }
        if self.route.project {
            headers.push("`OpenAI-Project` with the OCID of the project".to_owned());
        }
        headers
    }

    /// What the catalogue says of the model in the region, and what stands in the way.
    pub(super) fn model_state(&self) -> (String, Option<String>) {
        let Some(model) = self.subject.model() else { return (String::new(), None) };
        let dedicated = self.subject.wish.dedicated;
        let key = self.method == GENAI_API_KEY;
        let found = offered(model, self.subject.region, dedicated, key, self.route.region, self.today);
        match found {
            Offered::Here => {
                let mode = if dedicated { "on dedicated AI clusters" } else { "on demand" };
                (
                    format!(
                        "The catalogue has `{model}` {mode} in `{}`. See that it is still so.",
                        self.subject.region
                    ),
                    None,
                )
            }
            Offered::Unknown(why) => (format!("{} Look it up before anything else.", sentence(&why)), None),
            Offered::Elsewhere(why, regions) => {
                let near: Vec<String> = regions
                    .iter()
                    .take(3)
                    .map(|(name, far)| match far {
                        &u32::MAX => format!("`{name}`"),
                        far => format!("`{name}` ({far} km)"),
                    })
                    .collect();
                let advice = match near.is_empty() {
                    true => "no region of the realm is known to".to_owned(),
                    false => format!("the nearest that do: {}", near.join(", ")),
                };
                let text = format!("{why}; {advice}");
                (format!("{} Choose another region or another model.", sentence(&text)), Some(text))
            }
        }
    }

    pub(super) fn region_state(&self) -> (String, Option<String>) {
        let (name, offer) = (self.subject.region, self.route.region);
        match catalog::region(name) {
            Some(row) if offer.listed(row) => (format!("`{name}` is listed with {}.", offer.words()), None),
            Some(row) if !row.genai && row.scan == "ok" => (
                format!("`{name}` isn't listed with {}, but answered when it was tried.", offer.words()),
                None,
            ),
            Some(_) => {
                let others = catalog::regions().iter().filter(|row| offer.listed(row)).map(|row| row.name);
                let near = near(name, others);
                let text = match near.first() {
                    Some((near, far)) => format!(
                        "`{name}` isn't listed with {}; the nearest that is: `{near}` ({far} km)",
                        offer.words()
                    ),
                    None => format!("`{name}` isn't listed with {}", offer.words()),
                };
                (sentence(&text), Some(text))
            }
            None => (format!("The catalogue doesn't know the region `{name}`."), None),
        }
    }
}

/// A text as one word for the shell.
fn for_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as a sentence: a capital first, a full stop last.
fn sentence(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{}.", capital(text)) }
}
