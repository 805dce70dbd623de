//! `terraform show -json`, of a plan or a state, and state files: what Terraform itself resolved. What it
//! will only know after the apply is reported as unresolved, with what it depends on.

use std::collections::HashMap;
use std::sync::Arc;

use crate::text::{MappedText, Place};

use super::configuration::{Attachment, Declared, DeclaredKind, PolicySource, Role, Root, Unresolved};
use super::json::{Kind, Node};
use super::parts::{Parts, with_holes};
use super::structured::attachment_of;

/// Whether a value is a plan, a state as shown, or a state file.
pub(super) fn is_plan(root: &Node) -> bool {
    root.get("planned_values").is_some()
        || root.get("format_version").is_some() && root.get("values").is_some()
        || is_state_file(root)
}

fn is_state_file(root: &Node) -> bool {
    root.get("terraform_version").is_some()
        && root.get("serial").is_some()
        && root.get("resources").is_some_and(|resources| matches!(resources.kind, Kind::Array(_)))
}

/// Reads the policies, dynamic groups and declared things of a plan or state.
pub(super) fn read(root: &Node) -> Parts {
    let mut reader = Reader { parts: Parts::default(), unknown: HashMap::new(), references: HashMap::new() };
    for change in root.get("resource_changes").map_or(&[][..], Node::items) {
        let address = change.get("address").and_then(Node::text);
        let unknown = change.get("change").and_then(|change| change.get("after_unknown"));
        if let (Some(address), Some(unknown)) = (address, unknown) {
            reader.unknown.insert(address.as_str(), unknown);
        }
    }
    if let Some(module) = root.get("configuration").and_then(|c| c.get("root_module")) {
        reader.configuration(module, "");
    }
    let values = root.get("planned_values").or_else(|| root.get("values"));
    if let Some(module) = values.and_then(|values| values.get("root_module")) {
        reader.module(module);
    } else if is_state_file(root) {
        reader.state_file(root);
    }
    reader.parts
}

struct Reader<'t> {
    parts: Parts,
    /// `after_unknown` by resource address.
    unknown: HashMap<&'t str, &'t Node>,
    /// The `expressions` of each resource by its address without instance keys.
    references: HashMap<String, &'t Node>,
}

/// A resource as planned or applied.
struct Resource<'t> {
    address: Arc<str>,
    kind: &'t str,
    place: Place,
    values: &'t Node,
}

impl<'t> Reader<'t> {
    fn configuration(&mut self, module: &'t Node, prefix: &str) {
        for resource in module.get("resources").map_or(&[][..], Node::items) {
            let address = resource.get("address").and_then(Node::text);
            if let (Some(address), Some(expressions)) = (address, resource.get("expressions")) {
                self.references.insert(format!("{prefix}{}", address.as_str()), expressions);
            }
        }
        for call in module.get("module_calls").map_or(&[][..], Node::members) {
            if let Some(module) = call.value.get("module") {
                self.configuration(module, &format!("{prefix}module.{}.", call.key));
            }
        }
    }

    fn module(&mut self, module: &'t Node) {
        for node in module.get("resources").map_or(&[][..], Node::items) {
            let text = |key: &str| node.get(key).and_then(Node::text).map(MappedText::as_str);
            if let (Some(address), Some(kind), Some(values)) =
                (text("address"), text("type"), node.get("values"))
                && text("mode") != Some("data")
            {
                self.resource(&Resource { address: address.into(), kind, place: node.place, values });
            }
        }
        for child in module.get("child_modules").map_or(&[][..], Node::items) {
            self.module(child);
        }
    }

    fn state_file(&mut self, root: &'t Node) {
        for node in root.get("resources").map_or(&[][..], Node::items) {
            let text = |key: &str| node.get(key).and_then(Node::text).map(MappedText::as_str);
            let (Some(kind), Some(name)) = (text("type"), text("name")) else { continue };
            if text("mode") == Some("data") {
                continue;
            }
            let prefix = text("module").map_or(String::new(), |module| format!("{module}."));
            for instance in node.get("instances").map_or(&[][..], Node::items) {
                let key = match instance.get("index_key").map(|key| &key.kind) {
                    Some(Kind::Number(number)) => format!("[{number}]"),
                    Some(Kind::String(key)) => format!("[\"{}\"]", key.as_str()),
                    _ => String::new(),
                };
                if let Some(values) = instance.get("attributes") {
                    let address = format!("{prefix}{kind}.{name}{key}").into();
                    self.resource(&Resource { address, kind, place: instance.place, values });
                }
            }
        }
    }

    fn resource(&mut self, resource: &Resource<'t>) {
        match resource.kind {
            "oci_identity_policy" => self.policy(resource),
            "oci_identity_dynamic_group" => self.dynamic_group(resource, "name"),
            "oci_identity_domains_dynamic_resource_group" => self.dynamic_group(resource, "display_name"),
            "oci_identity_group" => self.declare(resource, DeclaredKind::Group, "name"),
            "oci_identity_domains_group" => self.declare(resource, DeclaredKind::Group, "display_name"),
            "oci_identity_compartment" => self.declare(resource, DeclaredKind::Compartment, "name"),
            "oci_identity_domain" => self.declare(resource, DeclaredKind::Domain, "display_name"),
            _ => {}
        }
    }

    fn policy(&mut self, resource: &Resource<'t>) {
        let policy = self.parts.policies.len();
        self.parts.policies.push(PolicySource {
            address: resource.address.clone(),
            name: resource.values.get("name").and_then(Node::text).cloned().map(with_holes),
            attachment: self.attachment(resource),
            place: resource.place,
            maybe: false,
            root: Root::File(resource.place.file),
            regions: None,
        });
        let unknown = self.unknown.get(&*resource.address).and_then(|after| after.get("statements"));
        let items = resource.values.get("statements").map_or(&[][..], Node::items);
        for (index, item) in items.iter().enumerate() {
            match item.text() {
                Some(text) => {
                    self.parts.statement(text.clone(), item.place, Some(policy), Some(index), Role::Policy);
                }
                None => {
                    let address = format!("{}.statements[{index}]", resource.address);
                    self.unresolved(resource, address, item.place, "this statement", "statements");
                }
            }
        }
        let whole = matches!(unknown.map(|node| &node.kind), Some(Kind::Bool(true)));
        let missing = resource.values.get("statements").is_none_or(|node| node.kind == Kind::Null);
        if whole || missing {
            self.unresolved(
                resource,
                resource.address.to_string(),
                resource.place,
                "the statements",
                "statements",
            );
        }
    }

    fn dynamic_group(&mut self, resource: &Resource<'t>, name_key: &str) {
        self.declare(resource, DeclaredKind::DynamicGroup, name_key);
        match resource.values.get("matching_rule") {
            Some(node) if node.text().is_some() => {
                let text = node.text().cloned().unwrap_or_default();
                let name = resource.values.get(name_key).and_then(Node::text).cloned();
                let address = Some(resource.address.clone());
                self.parts.matching_rule(text, node.place, address, name, Role::Policy);
            }
            _ => {
                let address = resource.address.to_string();
                self.unresolved(resource, address, resource.place, "the matching rule", "matching_rule");
            }
        }
    }

    fn declare(&mut self, resource: &Resource<'t>, kind: DeclaredKind, name_key: &str) {
        let text = |key: &str| resource.values.get(key).and_then(Node::text);
        self.parts.declared.push(Declared {
            kind,
            address: resource.address.clone(),
            name: text(name_key).cloned(),
            domain: text("idcs_endpoint").map(|text| text.as_str().into()),
            parent: self.attachment(resource),
            place: resource.place,
            root: Root::File(resource.place.file),
        });
    }

    fn attachment(&self, resource: &Resource<'t>) -> Attachment {
        if let Some(text) = resource.values.get("compartment_id").and_then(Node::text) {
            return attachment_of(text.as_str());
        }
        let references = self.expression(resource, "compartment_id");
        let declared = references.iter().find(|reference| reference.starts_with("oci_identity_compartment."));
        match declared {
            Some(reference) => {
                let parts: Vec<&str> = reference.split('.').take(2).collect();
                Attachment::Declared(
                    format!("{}{}", module_prefix(&resource.address), parts.join(".")).into(),
                )
            }
            None => Attachment::Unknown,
        }
    }

    /// What an argument of a resource refers to, from the plan's copy of the configuration.
    fn expression(&self, resource: &Resource<'t>, argument: &str) -> Vec<&'t str> {
        let expressions = self.references.get(&without_keys(&resource.address));
        let references = expressions.and_then(|expressions| expressions.get(argument)?.get("references"));
        references
            .map_or(&[][..], Node::items)
            .iter()
            .filter_map(|node| Some(node.text()?.as_str()))
            .collect()
    }

    fn unresolved(
        &mut self,
        resource: &Resource<'t>,
        address: String,
        place: Place,
        what: &str,
        argument: &str,
    ) {
        let references = self.expression(resource, argument);
        // Terraform lists a reference and each of its prefixes: `x.y.id`, `x.y`.
        let longest = references.iter().filter(|reference| {
            !references.iter().any(|other| other.len() > reference.len() && other.starts_with(**reference))
        });
        let names: Vec<String> = longest.map(|reference| format!("`{reference}`")).collect();
        let depends = if names.is_empty() { String::new() } else { format!(", from {}", names.join(", ")) };
        let reason = format!("{what} will be known after the apply{depends}").into();
        self.parts.unresolved.push(Unresolved { address: address.into(), place, reason });
    }
}

/// `module.a["x"].` of an address, or nothing.
fn module_prefix(address: &str) -> &str {
    let at = ["oci_identity_", "data.oci_"].iter().filter_map(|start| address.rfind(start)).min();
    at.and_then(|at| address.get(..at)).unwrap_or("")
}

/// An address without `[0]` and `["key"]`.
fn without_keys(address: &str) -> String {
    let mut plain = String::with_capacity(address.len());
    let (mut inside, mut quoted) = (false, false);
    for c in address.chars() {
        match c {
            '"' if inside => quoted = !quoted,
            '[' if !quoted => inside = true,
            ']' if !quoted => inside = false,
            _ if inside => {}
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::json;
    use crate::text::FileId;

    const PLAN: &str = r#"{"format_version": "1.2",
      "planned_values": {"root_module": {
        "resources": [
          {"address": "oci_identity_policy.a", "mode": "managed", "type": "oci_identity_policy", "name": "a",
           "values": {"name": "a", "statements": ["Allow group A to use x in tenancy", null]}}],
        "child_modules": [{"address": "module.m[\"k\"]", "resources": [
          {"address": "module.m[\"k\"].oci_identity_policy.b[0]", "mode": "managed", "type": "oci_identity_policy",
           "name": "b", "index": 0, "values": {"compartment_id": "ocid1.tenancy.oc1..x"}},
          {"address": "module.m[\"k\"].oci_identity_dynamic_group.d", "mode": "managed", "type": "oci_identity_dynamic_group",
           "name": "d", "values": {"name": "d", "matching_rule": "All {resource.type = 'x'}"}}]}]}},
      "resource_changes": [
        {"address": "oci_identity_policy.a", "change": {"after_unknown": {"statements": [false, true], "compartment_id": true}}},
        {"address": "module.m[\"k\"].oci_identity_policy.b[0]", "change": {"after_unknown": {"statements": true}}}],
      "configuration": {"root_module": {
        "resources": [{"address": "oci_identity_policy.a", "expressions": {
          "compartment_id": {"references": ["oci_identity_compartment.c.id", "oci_identity_compartment.c"]},
          "statements": {"references": ["oci_core_vcn.v.id", "oci_core_vcn.v"]}}}],
        "module_calls": {"m": {"module": {"resources": [
          {"address": "oci_identity_policy.b", "expressions": {"statements": {"references": ["var.list"]}}}]}}}}}}"#;

    #[test]
    fn a_plan_gives_statements_and_what_is_known_after_the_apply() {
        let root = json::read(FileId(0), PLAN).root.unwrap();
        assert!(is_plan(&root));
        let parts = read(&root);
        assert_eq!(parts.statements.len(), 1);
        assert_eq!(parts.policies[0].attachment, Attachment::Declared("oci_identity_compartment.c".into()));
        assert_eq!(&*parts.policies[1].address, "module.m[\"k\"].oci_identity_policy.b[0]");
        assert_eq!(parts.matching_rules.len(), 1);
        let unresolved: Vec<_> = parts.unresolved.iter().map(|u| (&*u.address, &*u.reason)).collect();
        assert_eq!(
            unresolved,
            [
                (
                    "oci_identity_policy.a.statements[1]",
                    "this statement will be known after the apply, from `oci_core_vcn.v.id`"
                ),
                (
                    "module.m[\"k\"].oci_identity_policy.b[0]",
                    "the statements will be known after the apply, from `var.list`"
                ),
            ]
        );
    }

    #[test]
    fn states_are_read_in_both_forms() {
        let shown = r#"{"format_version": "1.0", "values": {"root_module": {"resources": [{"address": "oci_identity_policy.a",
            "mode": "managed", "type": "oci_identity_policy", "values": {"statements": ["Allow group A to use x in tenancy"]}}]}}}"#;
        let file = r#"{"version": 4, "terraform_version": "1.9", "serial": 1, "resources": [{"module": "module.m", "mode": "managed",
            "type": "oci_identity_policy", "name": "a", "instances": [{"index_key": "k", "attributes": {"statements": ["x"]}}]}]}"#;
        for (text, address) in
            [(shown, "oci_identity_policy.a"), (file, "module.m.oci_identity_policy.a[\"k\"]")]
        {
            let root = json::read(FileId(0), text).root.unwrap();
            assert!(is_plan(&root));
            let parts = read(&root);
            assert_eq!(&*parts.policies[0].address, address);
            assert_eq!((parts.statements.len(), parts.unresolved.len()), (1, 0));
        }
    }
}
