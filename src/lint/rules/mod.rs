//! The rules, one file each, and the list of them. A rule is added by its file, its page in `docs/rules/`
//! and its line here.

use std::sync::LazyLock;

use super::rule::Rule;

mod claims;
mod conditions;
mod names;
mod overlap;
mod policies;
mod renamed;
pub mod suppression;
pub mod syntax;
mod values;

pub use renamed::{Renamed, former_names, renamed};

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*
        static OWN: &[&Rule] = &[$(&$name::RULE),*];
    };
}

rules! {
    agent_without_data_source_grants,
    any_tenancy,
    any_user_without_condition,
    compartment_path_for_attachment,
    condition_always_false,
    condition_always_true,
    define_after_use,
    deny_shadows_allow,
    deny_verb_inversion,
    deprecated_variable,
    domain_prefix_missing,
    duplicate_statement,
    dynamic_group_never_matches,
    equality_on_set,
    family_without_responses,
    genai_api_key_condition_optional,
    genai_api_key_id_invalid,
    genai_api_key_on_iam_only_type,
    genai_api_key_type_misspelt,
    glob_in_quotes,
    group_by_name,
    identity_escalation,
    identity_type_in_compartment,
    incomplete_workload_condition,
    inference_verb_too_high,
    inference_verb_too_low,
    invalid_ocid,
    list_with_target_condition,
    manage_all_resources,
    matching_rule_too_wide,
    model_condition_on_family,
    negation_on_absent_variable,
    organisation_rule,
    permission_outside_grant,
    principal_type_never_in_subject,
    principal_type_only,
    provider_region_not_home,
    quoted_variable,
    regex_in_pattern,
    redundant_statement,
    region_name_for_region_key,
    resource_subject,
    root_compartment_by_id,
    secret_in_file,
    service_name_without_region,
    superseded_resource_type,
    tenancy_below_root,
    tenancy_wide_genai,
    too_many_statements,
    unavailable_model,
    undeclared_name,
    undefined_alias,
    unenforced_deny_condition,
    unknown_condition_variable,
    unknown_matching_rule_variable,
    unknown_permission,
    unknown_principal_type,
    unknown_resource_type,
    unmatchable_resource_type,
    unquoted_value,
    unresolved_placeholder,
    unresolved_statements,
    unused_alias,
    unused_dynamic_group,
    unused_group,
    variable_not_carried,
}

/// Every rule, sorted by name.
pub fn all() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<&'static Rule> = OWN.to_vec();
        all.extend(syntax::RULES);
        all.extend(syntax::FILE_RULES);
        all.extend([&suppression::MALFORMED, &suppression::UNUSED]);
        all.sort_by_key(|rule| rule.name);
        all
    });
    &ALL
}

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    let at = all().binary_search_by_key(&name, |rule| rule.name).ok()?;
    all().get(at).copied()
}

/// The nearest name of a rule or category to a word that is none.
pub fn nearest(word: &str) -> Option<&'static str> {
    let limit = (word.len() / 3).max(1);
    let distance = |name: &'static str| (strsim::damerau_levenshtein(word, name), name);
    let (found, name) = super::select::selectors().into_iter().map(distance).min()?;
    (found <= limit).then_some(name)
}
