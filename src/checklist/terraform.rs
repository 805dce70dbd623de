//! A checklist as Terraform: dynamic groups and policies, in the form that `terraform fmt` leaves alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::fill::{capital, substitute};
use super::grants::{Grant, Group};
use super::plan::Plan;
use super::wish::name_of;

/// An argument of a block: its name and its value as written.
type Argument = (&'static str, String);

/// The configuration: variables for what isn't known, then a dynamic group and a policy for each principal.
pub fn terraform(plan: &Plan) -> String {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    let mut body = String::new();
    for (at, grant) in plan.grants.iter().enumerate() {
        let label = if at == 0 { "genai".to_owned() } else { grant.role.replace('-', "_") };
        principal(plan, grant, &label, &mut variables, &mut body);
    }
    let mut text = String::new();
    for (name, about) in variables {
        let arguments = [("type", "string".to_owned()), ("description", quoted(&about))];
        block(&mut text, &format!("variable {}", quoted(&name)), &arguments, &[]);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&body);
    text
}

fn principal(
    plan: &Plan,
    grant: &Grant,
    label: &str,
    variables: &mut BTreeMap<String, String>,
    body: &mut String,
) {
    let tenancy = resolved("{tenancy-ocid}", plan, variables);
    let tenancy = match tenancy.strip_prefix("${").and_then(|inner| inner.strip_suffix('}')) {
        Some(reference) => reference.to_owned(),
        None => quoted(&tenancy),
    };
    let mut subject = None;
    if let Some(group) = &grant.dynamic_group {
        let rule = template(&resolved(&group.rule, plan, variables));
        let (kind, name_key) = match group.domain {
            None => ("oci_identity_dynamic_group", "name"),
            Some(_) => ("oci_identity_domains_dynamic_resource_group", "display_name"),
        };
        let about = plain(&grant.title);
        let arguments: Vec<Argument> = match group.domain {
            None => vec![
                ("compartment_id", tenancy.clone()),
                ("name", quoted(&group.name)),
                ("description", quoted(&about)),
                ("matching_rule", rule),
            ],
            Some(_) => {
                let url = variable("identity-domain-url", variables);
                let url = url.trim_start_matches("${").trim_end_matches('}').to_owned();
                vec![
                    ("idcs_endpoint", url),
                    ("display_name", quoted(&group.name)),
                    ("description", quoted(&about)),
                    (
                        "schemas",
                        "[\"urn:ietf:params:scim:schemas:oracle:idcs:DynamicResourceGroup\"]".to_owned(),
                    ),
                    ("matching_rule", rule),
                ]
            }
        };
        block(body, &format!("resource \"{kind}\" \"{label}\""), &arguments, &[]);
        subject = Some((group, format!("${{{kind}.{label}.{name_key}}}")));
    }
    let statements: Vec<String> = grant
        .statements
        .iter()
        .map(|text| {
            let text = match &subject {
                Some((group, reference)) => by_reference(text, group, reference),
                None => text.clone(),
            };
            template(&resolved(&text, plan, variables))
        })
        .collect();
    let suffix = if label == "genai" { String::new() } else { format!("-{}", grant.role) };
    let name = format!("{}{suffix}", plan.params.get("policy-name").unwrap_or("genai-access"));
    let arguments: Vec<Argument> = vec![
        ("compartment_id", tenancy),
        ("name", quoted(&name)),
        (
            "description",
            quoted(&format!("Least rights for {}", plan.params.get("call-title").unwrap_or_default())),
        ),
    ];
    block(body, &format!("resource \"oci_identity_policy\" \"{label}\""), &arguments, &statements);
}

/// The text with names filled in, and references to variables for those that aren't known.
fn resolved(text: &str, plan: &Plan, variables: &mut BTreeMap<String, String>) -> String {
    // A value may stand for another name, as the root compartment's OCID does.
    let once =
        substitute(text, |key| plan.params.get(key).map_or_else(|| format!("{{{key}}}"), str::to_owned));
    substitute(&once, |key| variable(key, variables))
}

/// The statement with its dynamic group called by reference, so that the group is made first.
fn by_reference(statement: &str, group: &Group, reference: &str) -> String {
    let written = format!("allow dynamic-group {} to ", group.in_statement());
    let subject = match &group.domain {
        Some(domain) => format!("'{domain}'/'{reference}'"),
        None => reference.to_owned(),
    };
    match statement.strip_prefix(&written) {
        Some(rest) => format!("allow dynamic-group {subject} to {rest}"),
        None => statement.to_owned(),
    }
}

/// A reference to the variable for a name, which it notes.
fn variable(key: &str, variables: &mut BTreeMap<String, String>) -> String {
    let name = key.replace('-', "_");
    let about = match key {
        "identity-domain-url" => "the URL of the identity domain",
        _ => name_of(key).map_or(key, |name| name.what),
    };
    variables.insert(name.clone(), capital(about));
    format!("${{var.{name}}}")
}

/// Without what a description in OCI may not hold.
fn plain(text: &str) -> String {
    capital(&text.chars().filter(|c| !c.is_control()).collect::<String>())
}

/// A literal string.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{escaped}\"")
}

/// A string with references in it.
fn template(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn block(out: &mut String, head: &str, arguments: &[Argument], statements: &[String]) {
    if !out.is_empty() {
        out.push('\n');
    }
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let _ = writeln!(out, "{head} {{");
    for (name, value) in arguments {
        let _ = writeln!(out, "  {name:width$} = {value}");
    }
    if !statements.is_empty() {
        out.push_str("  statements = [\n");
        for statement in statements {
            let _ = writeln!(out, "    {statement},");
        }
        out.push_str("  ]\n");
    }
    out.push_str("}\n");
}
