//! Rows of the catalogue as labelled fields, for printing.

use std::fmt::Debug;

use crate::catalog::{self, Fact, Kind, Model, Operation, ResourceType, Variable, Verb};

/// One row.
pub(super) struct Card {
    pub kind: Kind,
    pub name: &'static str,
    pub fields: Vec<(&'static str, Field)>,
    /// None for what the language itself fixes.
    pub fact: Option<&'static Fact>,
}

/// What stands behind a label.
pub(super) enum Field {
    Text(String),
    Flag(bool),
    List(Vec<String>),
    /// Like a list, but one line each.
    Rows(Vec<String>),
}

fn text(text: impl Into<String>) -> Field {
    Field::Text(text.into())
}

fn list(list: &[&str]) -> Field {
    Field::List(list.iter().map(|word| (*word).to_owned()).collect())
}

/// `SeenInCode` as `seen-in-code`.
pub(super) fn word(value: &impl Debug) -> String {
    let mut word = String::new();
    for letter in format!("{value:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// All names of a kind, each once, in the order of the catalogue.
pub(super) fn names(kind: Kind) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = match kind {
        Kind::Verb => Verb::ALL.map(Verb::word).to_vec(),
        Kind::ResourceType => catalog::resource_types().iter().map(|row| row.name).collect(),
        Kind::Permission => catalog::permissions().iter().map(|row| row.name).collect(),
        Kind::Operation => catalog::operations().iter().map(|row| row.name).collect(),
        Kind::Variable => variables(false),
        Kind::RuleVariable => variables(true),
        Kind::PrincipalType => catalog::principal_types().iter().map(|row| row.name).collect(),
        Kind::Ocid => catalog::ocid_kinds().iter().map(|row| row.name).collect(),
        Kind::Realm => catalog::realms().iter().map(|row| row.name).collect(),
        Kind::Region => catalog::regions().iter().map(|row| row.name).collect(),
        Kind::Plane => catalog::planes().iter().map(|row| row.name).collect(),
        Kind::AuthMethod => catalog::auth_methods().iter().map(|row| row.name).collect(),
        Kind::Limit => catalog::limits().iter().map(|row| row.name).collect(),
        Kind::Delay => catalog::delays().iter().map(|row| row.name).collect(),
        Kind::Model => catalog::models().iter().map(|row| row.name).collect(),
        Kind::Probe => catalog::probes().iter().map(|row| row.name).collect(),
        Kind::Error => catalog::error_texts().iter().map(|row| row.name).collect(),
    };
    names.dedup();
    names
}

fn variables(of_rules: bool) -> Vec<&'static str> {
    let rows = catalog::variables().iter();
    rows.filter(|row| (row.scope == catalog::Scope::MatchingRule) == of_rules).map(|row| row.name).collect()
}

/// The rows of a kind with this name. Only operations have several, one a service.
pub(super) fn cards(kind: Kind, name: &str) -> Vec<Card> {
    if kind == Kind::Operation {
        let mut found: Vec<&Operation> = catalog::operations_named(name).collect();
        if found.is_empty() {
            found.extend(catalog::operation(name));
        }
        return found.into_iter().map(operation).map(with_traits).collect();
    }
    let card = match kind {
        Kind::Verb => Verb::of_word(name).map(verb),
        Kind::ResourceType => catalog::resource_type(name).map(resource_type),
        Kind::Permission => catalog::permission(name).map(|row| {
            let grants =
                row.grants.iter().map(|(resource_type, verb)| format!("{} {resource_type}", verb.word()));
            let operations = catalog::operations()
                .iter()
                .filter(|operation| operation.permissions().any(|p| p == row.name));
            let needed = operations.map(|operation| format!("{} ({})", operation.name, operation.service));
            let fields = vec![
                ("given_by", Field::Rows(grants.collect())),
                ("needed_by", Field::Rows(needed.collect())),
            ];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Variable => catalog::variable(name).map(|row| variable(kind, row)),
        Kind::RuleVariable => catalog::rule_variable(name).map(|row| variable(kind, row)),
        Kind::PrincipalType => catalog::principal_type(name).map(|row| {
            let fields = vec![
                ("spellings", list(row.spellings)),
                ("in_request", Field::Flag(row.in_request)),
                ("in_matching_rule", Field::Flag(row.in_rule)),
                ("calls_genai", Field::Flag(row.calls_genai)),
                ("note", text(row.note)),
            ];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Ocid => catalog::ocid_kind(name).map(|row| {
            let places = Field::List(row.places.iter().map(word).collect());
            let fields = vec![("entity", text(row.entity)), ("places", places)];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Realm => catalog::realm(name).map(|row| {
            let regions = catalog::regions().iter().filter(|region| region.realm == row.name);
            let regions = Field::List(regions.map(|region| region.name.to_owned()).collect());
            let fields =
                vec![("domain", text(row.domain)), ("genai", Field::Flag(row.genai)), ("regions", regions)];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Region => catalog::region(name).map(region),
        Kind::Plane => catalog::plane(name).map(|row| {
            let fields = vec![
                ("host", text(row.host)),
                ("other_hosts", list(row.other_hosts)),
                ("base_paths", list(row.bases)),
                ("auth_methods", list(row.auth_methods)),
                ("serves", text(row.what)),
                ("note", text(row.note)),
            ];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::AuthMethod => catalog::auth_method(name).map(|row| {
            let planes = catalog::planes().iter().filter(|plane| plane.auth_methods.contains(&row.name));
            let fields = vec![
                ("title", text(row.title)),
                ("carried_as", text(row.carried)),
                ("signed", Field::Flag(row.signed)),
                ("governed_by", text(row.governed_by)),
                ("principal_types", list(row.principal_types)),
                ("meant_for", text(row.meant_for)),
                ("planes", Field::List(planes.map(|plane| plane.name.to_owned()).collect())),
            ];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Limit => catalog::limit(name).map(|row| {
            let fields =
                vec![("value", text(row.value)), ("scope", text(row.scope)), ("counts", text(row.what))];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Delay => catalog::delay(name).map(|row| {
            let fields = vec![("documented", text(row.documented)), ("observed", text(row.observed))];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Model => catalog::model(name).map(model),
        Kind::Probe => catalog::probe(name).map(|row| {
            let fields = vec![
                ("plane", text(row.plane)),
                ("request", text(format!("{} {}", row.method, row.path))),
                ("query", list(row.query)),
                ("headers", list(row.headers)),
                ("body", text(row.body.unwrap_or_default())),
                ("read_only", Field::Flag(row.read_only)),
                ("cost", text(row.cost)),
                ("auth", list(row.auth)),
                ("success", text(row.success.map(|status| status.to_string()).unwrap_or_default())),
                ("note", text(row.note)),
            ];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Error => catalog::error_text(name).map(|row| {
            let fields = vec![
                ("condition", text(row.condition)),
                ("plane", text(row.plane)),
                ("status", text(row.status.map(|status| status.to_string()).unwrap_or_default())),
                ("code", text(row.code.unwrap_or_default())),
                ("message", text(row.message.unwrap_or_default())),
                ("wording", text(word(&row.wording))),
                ("tell_apart_by", text(row.tell_apart)),
            ];
            Card { kind, name: row.name, fields, fact: Some(&row.fact) }
        }),
        Kind::Operation => None,
    };
    card.into_iter().map(with_traits).collect()
}

/// The card with what the name has in common with others.
fn with_traits(mut card: Card) -> Card {
    let of_it = |row: &&catalog::TraitRow| row.of == Some(card.kind) && row.names.contains(&card.name);
    let told: Vec<String> =
        catalog::traits().iter().filter(of_it).map(|row| format!("{}: {}", row.name, row.what)).collect();
    if !told.is_empty() {
        card.fields.push(("traits", Field::Rows(told)));
    }
    card
}

fn verb(verb: Verb) -> Card {
    let weaker = Verb::ALL.into_iter().filter(|each| *each < verb).map(|each| each.word().to_owned());
    let fields = vec![("includes", Field::List(weaker.collect()))];
    Card { kind: Kind::Verb, name: verb.word(), fields, fact: None }
}

fn resource_type(row: &'static ResourceType) -> Card {
    let operations =
        catalog::operations().iter().filter(|operation| operation.resource_type == Some(row.name));
    let operations = operations.map(|operation| {
        operation.verb.map_or(operation.name.to_owned(), |verb| format!("{} ({verb})", operation.name))
    });
    let fields = vec![
        ("service", text(row.service)),
        ("shape", text(word(&row.shape))),
        ("members", list(row.members)),
        ("families", list(row.families)),
        ("inspect", list(row.inspect)),
        ("read", list(row.read)),
        ("use", list(row.r#use)),
        ("manage", list(row.manage)),
        ("variables", list(row.variables)),
        ("operations", Field::List(operations.collect())),
        ("note", text(row.note)),
    ];
    Card { kind: Kind::ResourceType, name: row.name, fields, fact: Some(&row.fact) }
}

fn operation(row: &'static Operation) -> Card {
    let needs = row.needs.iter().map(|alternatives| alternatives.join(" or "));
    let mut fields = vec![
        ("service", text(row.service)),
        ("needs", Field::List(needs.collect())),
        ("resource_type", text(row.resource_type.unwrap_or_default())),
        ("verb", text(row.verb.unwrap_or_default())),
    ];
    if let Some(plane) = row.plane {
        fields.push(("plane", text(plane)));
        fields.push(("method", text(row.method)));
        fields.push(("paths", list(row.paths)));
        fields.push(("api_key", Field::Flag(row.api_key)));
        fields.push(("aliases", list(row.aliases)));
    }
    if let Some(date) = row.withdrawn {
        fields.push(("withdrawn", text(date)));
    }
    fields.push(("note", text(row.note)));
    Card { kind: Kind::Operation, name: row.name, fields, fact: Some(&row.fact) }
}

fn variable(kind: Kind, row: &'static Variable) -> Card {
    let fields = vec![
        ("scope", text(word(&row.scope))),
        ("type", text(word(&row.value))),
        ("resource_types", list(row.resource_types)),
        ("operations", list(row.operations)),
        ("deprecated", Field::Flag(row.deprecated)),
        ("note", text(row.note)),
    ];
    Card { kind, name: row.name, fields, fact: Some(&row.fact) }
}

fn region(row: &'static catalog::Region) -> Card {
    let models = catalog::models().iter().filter_map(|model| {
        let here = model.in_region(row.name)?;
        Some(format!("{}: {}", model.name, word(&here.expected)))
    });
    let fields = vec![
        ("key", text(row.key.unwrap_or_default())),
        ("title", text(row.title)),
        ("realm", text(row.realm)),
        ("genai", Field::Flag(row.genai)),
        ("openai_compatible", Field::Flag(row.openai_compatible)),
        ("api_keys", Field::Flag(row.api_keys)),
        ("agents", Field::Flag(row.agents)),
        ("sandbox", Field::Flag(row.sandbox)),
        ("list_models", text(row.scan)),
        ("note", text(row.note)),
        ("models", Field::Rows(models.collect())),
    ];
    Card { kind: Kind::Region, name: row.name, fields, fact: Some(&row.fact) }
}

fn model(row: &'static Model) -> Card {
    let regions = row.regions().map(|here| {
        let mut line = format!("{}: {}", here.region, word(&here.expected));
        for (what, date) in [
            ("deprecated", here.deprecated),
            ("on-demand ends", here.on_demand_retired),
            ("dedicated ends", here.dedicated_retired),
        ] {
            if let Some(date) = date {
                line.push_str(&format!(", {what} {date}"));
            }
        }
        format!("{line} ({} {})", here.fact.certainty.words(), here.fact.date)
    });
    let fields = vec![
        ("vendor", text(row.vendor)),
        ("capability", text(row.capability)),
        ("hosting", text(word(&row.hosting))),
        ("life", text(word(&row.life))),
        ("released", text(row.release.unwrap_or_default())),
        ("native_format", text(row.native.unwrap_or_default())),
        ("chat_completions", text(word(&row.chat_completions))),
        ("responses", text(word(&row.responses))),
        ("responses_since", text(row.responses_since.unwrap_or_default())),
        ("api_key", text(word(&row.api_key))),
        ("note", text(row.note)),
        ("regions", Field::Rows(regions.collect())),
    ];
    Card { kind: Kind::Model, name: row.name, fields, fact: Some(&row.fact) }
}
