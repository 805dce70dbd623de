//! Generative AI: models and where they run, requests that make good probes, and the errors it answers with.

use super::fact::Fact;
use super::find;
use super::tables::{ERROR_CODES, ERROR_TEXTS, MODEL_REGIONS, MODELS, PROBES};

/// Who runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hosting {
    /// Oracle, in the region.
    Hosted,
    /// Its vendor; Oracle passes requests on.
    Proxy,
}

/// Where a model stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Life {
    /// Offered.
    Active,
    /// Offered, with an end announced.
    Deprecated,
    /// No longer offered in any mode.
    Retired,
    /// Seen in a region's list, but in no document.
    Unverified,
    /// Not for customers.
    Internal,
}

/// Whether a model or plane takes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Support {
    /// It does.
    Yes,
    /// It doesn't.
    No,
    /// It did while the model was offered.
    Formerly,
    /// Sources disagree.
    Disputed,
    /// No source says.
    Unknown,
}

/// How a model is served in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// On-demand and on dedicated AI clusters.
    Both,
    /// On-demand only.
    OnDemand,
    /// On dedicated AI clusters only.
    Dedicated,
    /// Not any more.
    Retired,
    /// No source says.
    Unknown,
}

impl Mode {
    /// Whether on-demand calls can work; none when that isn't known.
    pub fn on_demand(self) -> Option<bool> {
        match self {
            Mode::Both | Mode::OnDemand => Some(true),
            Mode::Dedicated | Mode::Retired => Some(false),
            Mode::Unknown => None,
        }
    }
}

/// A pretrained model.
#[derive(Debug)]
pub struct Model {
    /// Its id, as requests and `target.model.id` have it.
    pub name: &'static str,
    /// Who made it.
    pub vendor: &'static str,
    /// What it does.
    pub capability: &'static str,
    /// Who runs it.
    pub hosting: Hosting,
    /// Where it stands in its life at the date of the fact.
    pub life: Life,
    /// When Oracle released it: a date or a month.
    pub release: Option<&'static str>,
    /// The `apiFormat` of the native API, where it has one.
    pub native: Option<&'static str>,
    /// Whether Chat Completions takes it.
    pub chat_completions: Support,
    /// Whether Responses takes it.
    pub responses: Support,
    /// The day on which Responses was first seen to take it, where it refused it before.
    pub responses_since: Option<&'static str>,
    /// Whether API keys reach it.
    pub api_key: Support,
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

impl Model {
    /// The regions that it is or was offered in.
    pub fn regions(&self) -> impl Iterator<Item = &'static ModelRegion> + use<> {
        let name = self.name;
        MODEL_REGIONS.iter().filter(move |row| row.model == name)
    }

    /// How it is served in a region.
    pub fn in_region(&self, region: &str) -> Option<&'static ModelRegion> {
        self.regions().find(|row| row.region.eq_ignore_ascii_case(region))
    }
}

/// A model in a region.
#[derive(Debug)]
pub struct ModelRegion {
    /// `model@region`.
    pub name: &'static str,
    /// The model's id.
    pub model: &'static str,
    /// The region.
    pub region: &'static str,
    /// The mode in the documentation of July 2026.
    pub documented: Mode,
    /// The mode that all sources together lead to expect at the date of the fact.
    pub expected: Mode,
    /// When it was deprecated there.
    pub deprecated: Option<&'static str>,
    /// When on-demand calls end or ended there.
    pub on_demand_retired: Option<&'static str>,
    /// When dedicated clusters end or ended for it there.
    pub dedicated_retired: Option<&'static str>,
    /// Where sources disagree, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// A request that shows something about a caller's rights.
#[derive(Debug)]
pub struct Probe {
    /// What the project calls it, such as `list-models`.
    pub name: &'static str,
    /// The plane that serves it.
    pub plane: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with `{…}` left open; `{base}` is a base path of the plane.
    pub path: &'static str,
    /// The query parameters that it needs.
    pub query: &'static [&'static str],
    /// The headers that it needs besides those of authentication.
    pub headers: &'static [&'static str],
    /// The body, with `<…>` left open.
    pub body: Option<&'static str>,
    /// Whether it changes nothing and costs nothing.
    pub read_only: bool,
    /// What it costs.
    pub cost: &'static str,
    /// Kinds of authentication that it takes: `iam`, `api_key`, `oauth` …
    pub auth: &'static [&'static str],
    /// The status that shows success; none when it has never been seen to succeed.
    pub success: Option<u16>,
    /// What it is good for.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// How closely a recorded message is the service's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wording {
    /// As answered.
    Verbatim,
    /// A part of what was answered.
    Excerpt,
    /// From the documentation.
    Documented,
    /// The client's own words; the service never answered.
    Client,
    /// The status was recorded, the message wasn't.
    NotShown,
    /// Expected by analogy.
    Assumed,
    /// Stated by somebody without evidence.
    Claimed,
}

/// An error answer and the condition that brings it.
#[derive(Debug)]
pub struct ErrorText {
    /// What the project calls it.
    pub name: &'static str,
    /// What brings it.
    pub condition: &'static str,
    /// The plane that answers so, `any`, or `any-signed`.
    pub plane: &'static str,
    /// The HTTP status; none when the service doesn't answer.
    pub status: Option<u16>,
    /// The code in the body.
    pub code: Option<&'static str>,
    /// The message in the body.
    pub message: Option<&'static str>,
    /// How closely the message is the service's own.
    pub wording: Wording,
    /// What tells it from answers that look the same, or nothing.
    pub tell_apart: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// A documented error code of OCI's APIs.
#[derive(Debug)]
pub struct ErrorCode {
    /// `status-code`, since codes occur with several.
    pub name: &'static str,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The code in the body.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Whether trying again may help.
    pub retry: bool,
    /// Where this comes from.
    pub fact: Fact,
}

/// The model with this id, in any case.
pub fn model(id: &str) -> Option<&'static Model> {
    find(&MODELS, id, |row| row.name)
}

/// All models, by id.
pub fn models() -> &'static [Model] {
    &MODELS
}

/// The probe with this name.
pub fn probe(name: &str) -> Option<&'static Probe> {
    find(&PROBES, name, |row| row.name)
}

/// All probes, by name.
pub fn probes() -> &'static [Probe] {
    &PROBES
}

/// The error text with this name.
pub fn error_text(name: &str) -> Option<&'static ErrorText> {
    find(&ERROR_TEXTS, name, |row| row.name)
}

/// All error texts, by name.
pub fn error_texts() -> &'static [ErrorText] {
    &ERROR_TEXTS
}

/// All documented error codes.
pub fn error_codes() -> &'static [ErrorCode] {
    &ERROR_CODES
}
