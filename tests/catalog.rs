//! Holds the catalogue to its promises: nothing dangles, every fact has a source, look-ups find what there is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod laws;

use std::collections::BTreeSet;

use ociam::catalog::{self, Certainty, Fact, Kind, Mode, Scope, Shape, Trait, Verb};
use proptest::prelude::*;

/// Name and fact of every row of every table.
fn all_facts() -> Vec<(&'static str, &'static Fact)> {
    let mut all = Vec::new();
    all.extend(catalog::resource_types().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::permissions().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::operations().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::wrong_names().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::variables().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::principal_types().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::ocid_kinds().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::realms().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::regions().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::planes().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::auth_methods().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::limits().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::delays().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::traits().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::models().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::models().iter().flat_map(|row| row.regions()).map(|row| (row.name, &row.fact)));
    all.extend(catalog::probes().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::lists().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::error_texts().iter().map(|row| (row.name, &row.fact)));
    all.extend(catalog::error_codes().iter().map(|row| (row.name, &row.fact)));
    all
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok()
}

#[test]
fn every_fact_has_a_source_and_a_date() {
    for (name, fact) in all_facts() {
        assert!(
            fact.source().is_some_and(|source| !source.title.is_empty()),
            "{name}: source {}",
            fact.source
        );
        assert!(is_date(fact.date), "{name}: date {}", fact.date);
    }
}

#[test]
fn every_source_is_used() {
    let used: BTreeSet<_> = all_facts().into_iter().map(|(_, fact)| fact.source).collect();
    let idle: Vec<_> = catalog::sources().iter().filter(|source| !used.contains(source.id)).collect();
    assert!(idle.is_empty(), "{idle:?}");
}

/// Asserts that a table is sorted without regard to case and has no name twice.
fn assert_names_are_sorted_and_unique(names: impl Iterator<Item = &'static str>) {
    let names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
    for pair in names.windows(2) {
        assert!(pair[0] < pair[1], "{} before {}", pair[0], pair[1]);
    }
}

#[test]
fn names_are_sorted_and_unique() {
    assert_names_are_sorted_and_unique(catalog::resource_types().iter().map(|row| row.name));
    assert_names_are_sorted_and_unique(catalog::permissions().iter().map(|row| row.name));
    assert_names_are_sorted_and_unique(catalog::variables().iter().map(|row| row.name));
    assert_names_are_sorted_and_unique(catalog::principal_types().iter().map(|row| row.name));
    assert_names_are_sorted_and_unique(catalog::ocid_kinds().iter().map(|row| row.name));
    assert_names_are_sorted_and_unique(catalog::regions().iter().map(|row| row.name));
    assert_names_are_sorted_and_unique(catalog::models().iter().map(|row| row.name));
    assert_names_are_sorted_and_unique(catalog::error_texts().iter().map(|row| row.name));
    let operations = catalog::operations().iter().map(|row| (row.name.to_ascii_lowercase(), row.service));
    assert!(operations.is_sorted());
    let pairs: BTreeSet<_> = catalog::operations().iter().map(|row| (row.name, row.service)).collect();
    assert_eq!(pairs.len(), catalog::operations().len(), "an operation stands twice under one service");
}

#[test]
fn every_trait_has_its_row_and_every_name_of_it_is_known() {
    let words: Vec<_> = Trait::ALL.iter().map(|each| each.word()).collect();
    assert_eq!(words, catalog::traits().iter().map(|row| row.name).collect::<Vec<_>>());
    for row in catalog::traits() {
        assert!(!row.names.is_empty() && !row.what.is_empty(), "{}", row.name);
        for name in row.names {
            let known = match row.of {
                Some(Kind::ResourceType) => catalog::resource_type(name).is_some(),
                Some(Kind::Permission) => catalog::permission(name).is_some(),
                Some(Kind::Operation) => catalog::operation(name).is_some(),
                Some(Kind::Variable) => catalog::variable(name).is_some(),
                Some(Kind::RuleVariable) => catalog::rule_variable(name).is_some(),
                Some(Kind::PrincipalType) => catalog::principal_type(name).is_some(),
                Some(Kind::Region) => catalog::region(name).is_some(),
                Some(Kind::Plane) => catalog::plane(name).is_some(),
                None => true,
                Some(other) => panic!("{}: no trait is of a {}", row.name, other.word()),
            };
            assert!(known, "{}: {name}", row.name);
        }
    }
    assert!(Trait::LiesInRoot.is_of("Users") && !Trait::LiesInRoot.is_of("compartments"));
}

#[test]
fn every_reference_leads_somewhere() {
    for row in catalog::resource_types() {
        for name in row.members.iter().chain(row.families) {
            assert!(catalog::resource_type(name).is_some(), "{}: {name}", row.name);
        }
        for name in row.variables {
            assert!(catalog::variable(name).is_some(), "{}: {name}", row.name);
        }
        assert_eq!(
            row.shape == Shape::Family,
            row.name.ends_with("-family") || !row.members.is_empty(),
            "{}",
            row.name
        );
    }
    for row in catalog::operations() {
        for name in row.permissions() {
            assert!(catalog::permission(name).is_some(), "{}: {name}", row.name);
        }
        assert!(row.resource_type.is_none_or(|name| catalog::resource_type(name).is_some()), "{}", row.name);
        assert!(row.verb.is_none_or(|word| Verb::of_word(word).is_some()), "{}", row.name);
        assert!(row.plane.is_none_or(|name| catalog::plane(name).is_some()), "{}", row.name);
    }
    for row in catalog::permissions() {
        for (name, verb) in row.grants {
            let resource_type = catalog::resource_type(name).unwrap();
            assert!(resource_type.added(*verb).contains(&row.name), "{}: {name}", row.name);
        }
    }
    for row in catalog::regions() {
        assert!(row.realm().is_some(), "{}: {}", row.name, row.realm);
    }
    for row in catalog::models().iter().flat_map(|row| row.regions()) {
        assert!(catalog::region(row.region).is_some(), "{}", row.name);
        assert_eq!(row.name, format!("{}@{}", row.model, row.region));
        for date in [row.deprecated, row.on_demand_retired, row.dedicated_retired].into_iter().flatten() {
            assert!(is_date(date), "{}: {date}", row.name);
        }
    }
    for row in catalog::planes() {
        for name in row.auth_methods {
            assert!(catalog::auth_method(name).is_some(), "{}: {name}", row.name);
        }
    }
    for row in catalog::auth_methods() {
        for name in row.principal_types {
            assert!(catalog::principal_type(name).is_some(), "{}: {name}", row.name);
        }
    }
    for row in catalog::probes() {
        assert!(catalog::plane(row.plane).is_some(), "{}: {}", row.name, row.plane);
    }
    for row in catalog::lists() {
        assert!(catalog::plane(row.plane).is_some(), "{}: {}", row.name, row.plane);
        // Services differ in what they call the thing in braces.
        let shape = |path: &str| {
            path.split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect::<Vec<_>>()
                .join("/")
        };
        let has_path = |operation: &&catalog::Operation| {
            operation.plane == Some(row.plane)
                && operation.paths.iter().any(|path| shape(path) == shape(row.path))
        };
        let known = row.plane == "identity-domain" || catalog::operations().iter().any(|one| has_path(&one));
        assert!(known, "{}: no operation is at {}", row.name, row.path);
        let (verb, name) = row.needs.split_once(' ').unwrap();
        assert!(catalog::Verb::of_word(verb).is_some(), "{}: {verb}", row.name);
        assert!(catalog::resource_type(name).is_some(), "{}: {name}", row.name);
    }
    for row in catalog::error_texts() {
        let known = catalog::plane(row.plane).is_some() || ["any", "any-signed"].contains(&row.plane);
        assert!(known, "{}: {}", row.name, row.plane);
    }
}

#[test]
fn wrong_names_are_not_right_ones_and_lead_to_right_ones() {
    for row in catalog::wrong_names() {
        let known = |name: &str| match row.kind {
            Kind::ResourceType => catalog::resource_type(name).is_some(),
            Kind::PrincipalType => {
                catalog::principal_type(name).is_some() || catalog::ocid_kind(name).is_some()
            }
            Kind::Variable => catalog::variable(name).is_some(),
            Kind::RuleVariable => catalog::rule_variable(name).is_some(),
            Kind::Permission => catalog::permission(name).is_some(),
            other => panic!("{}: wrong names of kind {other:?} are not looked up", row.name),
        };
        assert!(!known(row.name) || row.kind == Kind::PrincipalType, "{} exists", row.name);
        for name in row.instead {
            assert!(known(name), "{}: {name}", row.name);
        }
        assert!(!row.reason.is_empty(), "{}", row.name);
        assert_eq!(catalog::wrong_name(row.kind, row.name).map(|found| found.name), Some(row.name));
    }
}

#[test]
fn a_permission_that_only_a_list_names_is_known_and_given_by_no_verb() {
    let row = catalog::permission("WLP_BOM_READ").expect("policies of workload protection name it");
    assert!(row.grants.is_empty());
    let row = catalog::permission("ocm_migration_plan_execute").expect("the page lists it");
    assert!(row.grants.is_empty());
    let plan = catalog::resource_type("ocm-migration-plan").expect("the page lists it");
    assert!(!plan.permissions_known());
}

#[test]
fn families_of_the_newer_services_hold_their_members() {
    for (family, member) in [
        ("lustre-file-family", "lustre-file-system"),
        ("dataflow-family", "dataflow-sqlendpoint"),
        ("media-family", "media-asset"),
        ("fusion-family", "fusion-environment"),
        ("all-artifacts", "generic-artifacts"),
        ("control-center-family", "control-center-metrics"),
        ("database-family", "vmclusters"),
        ("dashboards-family", "dashboard-groups"),
        ("adm-remediations-family", "adm-remediation-runs"),
        ("lockbox-family", "access-requests"),
        ("opensearch-family", "opensearch-cluster-backups"),
    ] {
        let row = catalog::resource_type(family).expect(family);
        assert_eq!(row.shape, Shape::Family, "{family}");
        assert!(row.members.contains(&member), "{family}");
        assert!(catalog::resource_type(member).expect(member).families.contains(&family), "{member}");
    }
}

#[test]
fn verbs_add_up() {
    for row in catalog::resource_types() {
        let mut weaker = BTreeSet::new();
        for verb in Verb::ALL {
            let all: BTreeSet<_> = row.permissions(verb).collect();
            assert!(weaker.is_subset(&all), "{} {verb:?}", row.name);
            weaker = all;
        }
    }
}

#[test]
fn a_family_gives_what_its_members_give() {
    let family = catalog::resource_type("generative-ai-family").unwrap();
    let chat = catalog::resource_type("generative-ai-chat").unwrap();
    assert!(family.covers(chat) && !chat.covers(family));
    assert!(family.permissions(Verb::Use).any(|name| name == "GENERATIVE_AI_CHAT"));
    assert!(!family.permissions(Verb::Read).any(|name| name == "GENERATIVE_AI_CHAT"));
    assert_eq!(family.verb_for("generative_ai_apikey_create"), Some(Verb::Manage));
    let all = catalog::resource_type("ALL-RESOURCES").unwrap();
    assert!(all.covers(family) && all.permissions(Verb::Use).any(|name| name == "GENERATIVE_AI_CHAT"));
}

#[test]
fn other_services_are_known_by_verb() {
    for (name, permission, verb) in [
        ("objects", "OBJECT_OVERWRITE", Some(Verb::Use)),
        ("objects", "OBJECT_CREATE", Some(Verb::Manage)),
        ("object-family", "BUCKET_INSPECT", Some(Verb::Inspect)),
        ("secret-family", "SECRET_BUNDLE_READ", Some(Verb::Read)),
        ("autonomous-database-family", "AUTONOMOUS_DATABASE_CREATE", Some(Verb::Manage)),
        ("virtual-network-family", "SUBNET_ATTACH", Some(Verb::Use)),
        ("buckets", "INSTANCE_CREATE", None),
    ] {
        assert_eq!(catalog::resource_type(name).unwrap().verb_for(permission), verb, "{name} {permission}");
    }
    let either = catalog::operation("HeadObject").unwrap();
    assert_eq!(either.needs, [["OBJECT_READ", "OBJECT_INSPECT"]]);
}

#[test]
fn responses_and_conversations_lie_outside_the_family() {
    for name in ["generative-ai-response", "generative-ai-conversation"] {
        let row = catalog::resource_type(name).unwrap();
        assert!(row.families.is_empty() && !row.permissions_known());
        assert_eq!(row.fact.certainty, Certainty::Observed);
    }
}

#[test]
fn operations_have_short_names() {
    for (short, name, permission) in [
        ("chat", "Chat", "GENERATIVE_AI_CHAT"),
        ("embeddings", "EmbedText", "GENERATIVE_AI_TEXT_EMBED"),
        ("rerank", "RerankText", "GENERATIVE_AI_TEXT_RERANK"),
        ("chat-completions", "ChatCompletions", "GENERATIVE_AI_CHAT"),
        ("agent-chat", "Chat", "GENAI_AGENT_ENDPOINT_CHAT"),
    ] {
        let operation = catalog::operation(short).unwrap();
        assert_eq!(operation.name, name, "{short}");
        assert_eq!(operation.permissions().collect::<Vec<_>>(), [permission], "{short}");
    }
    let responses = catalog::operation("responses").unwrap();
    assert_eq!((responses.resource_type, responses.api_key), (Some("generative-ai-response"), true));
    let mut short = BTreeSet::new();
    for alias in catalog::operations().iter().flat_map(|row| row.aliases) {
        assert!(short.insert(alias), "{alias} stands for two operations");
    }
}

#[test]
fn variables_are_found_in_any_case_and_tags_by_pattern() {
    assert_eq!(catalog::variable("REQUEST.NETWORKSOURCE.NAME").unwrap().name, "request.networkSource.name");
    let tag = catalog::tag_variable("target.resource.tag.Finance.cost-centre").unwrap();
    assert_eq!((tag.namespace, tag.key), ("Finance", "cost-centre"));
    assert!(catalog::variable("request.principal.group.tag.ops.role").is_some());
    assert!(catalog::variable("target.resource.tag.ops").is_none());
    assert!(catalog::variable("resource.type").is_none());
    assert!(catalog::rule_variable("resource.type").is_some());
    assert!(catalog::rule_variable("tag.ops.role.value").is_some());
    assert!(catalog::rule_variable("tag.ops.role").is_none());
    assert!(catalog::rule_variable("request.principal.type").is_none());
    assert_eq!(catalog::rule_variable("tag.ops.role.value").unwrap().scope, Scope::MatchingRule);
}

#[test]
fn regions_are_found_by_name_and_key() {
    let chicago = catalog::region("us-chicago-1").unwrap();
    assert_eq!(catalog::region("ord").unwrap().name, chicago.name);
    assert!(chicago.genai && chicago.api_keys);
    let host = catalog::plane("inference").unwrap().host_in(catalog::region("eu-frankfurt-2").unwrap());
    assert_eq!(host.as_deref(), Some("inference.generativeai.eu-frankfurt-2.oci.oraclecloud.eu"));
}

#[test]
fn models_know_where_they_run() {
    let grok = catalog::model("xai.grok-4").unwrap();
    let chicago = grok.in_region("us-chicago-1").unwrap();
    assert_eq!((chicago.expected, chicago.on_demand_retired), (Mode::Retired, Some("2026-08-15")));
    assert!(grok.regions().all(|row| row.model == "xai.grok-4"));
    assert!(
        catalog::models().iter().any(|row| row.regions().any(|row| row.expected.on_demand() == Some(true)))
    );
}

#[test]
fn suggestions_stay_near_and_within_their_kind() {
    for (kind, word, expected) in [
        (Kind::ResourceType, "generative-ai-agent-family", Some("genai-agent-family")),
        (Kind::ResourceType, "generative-ai-chats", Some("generative-ai-chat")),
        (Kind::ResourceType, "generativeai-family", Some("generative-ai-family")),
        (Kind::ResourceType, "genrative-ai-chat", Some("generative-ai-chat")),
        (Kind::ResourceType, "purple-elephants", None),
        (Kind::ResourceType, "generative-ai-chat", None),
        (Kind::ResourceType, "", None),
        (Kind::Verb, "reed", Some("read")),
        (Kind::Verb, "delete", None),
        (Kind::PrincipalType, "generativeai-apikey", Some("generativeaiapikey")),
        (Kind::PrincipalType, "fnfunction", Some("fnfunc")),
        (Kind::Variable, "request.principle.type", Some("request.principal.type")),
        (Kind::Variable, "target.model", Some("target.model.id")),
        (Kind::RuleVariable, "resources.type", Some("resource.type")),
        (Kind::RuleVariable, "request.principal.type", None),
        (Kind::Region, "us-chicago", Some("us-chicago-1")),
        (Kind::Model, "xai.grok4", Some("xai.grok-4")),
        (Kind::Permission, "GENERATIVE_AI_CHATS", Some("GENERATIVE_AI_CHAT")),
    ] {
        assert_eq!(catalog::suggest(kind, word), expected, "{kind:?} {word}");
    }
}

proptest! {
    #![proptest_config(laws::config(48))]

    #[test]
    fn look_ups_take_any_text(word in "\\PC{0,40}") {
        for kind in Kind::ALL {
            catalog::suggest(kind, &word);
        }
        catalog::resource_type(&word);
        catalog::variable(&word);
        catalog::rule_variable(&word);
        catalog::region(&word);
        catalog::operation(&word);
    }

    #[test]
    fn look_ups_ignore_case(at in 0..catalog::resource_types().len(), upper in proptest::collection::vec(any::<bool>(), 60)) {
        let name = catalog::resource_types()[at].name;
        let mixed: String = name
            .chars()
            .zip(upper.iter().cycle())
            .map(|(letter, upper)| if *upper { letter.to_ascii_uppercase() } else { letter })
            .collect();
        prop_assert_eq!(catalog::resource_type(&mixed).map(|row| row.name), Some(name));
    }

    #[test]
    fn a_letter_left_out_is_put_back_or_ambiguous(at in 0..catalog::resource_types().len(), letter in 0usize..60) {
        let name = catalog::resource_types()[at].name;
        prop_assume!(letter < name.len() && name.len() > 5);
        let mut word = name.to_owned();
        word.remove(letter);
        if catalog::resource_type(&word).is_none() {
            prop_assert!(catalog::suggest(Kind::ResourceType, &word).is_some());
        }
    }
}
