//! Policies and dynamic groups in JSON and YAML, whatever wraps them: the OCI command line's lists, identity
//! domains' SCIM answers, landing-zone configurations, Ansible tasks, and any `statements:` list below any key.

use std::collections::HashMap;
use std::sync::Arc;

use crate::text::{MappedText, Place, Span};

use super::configuration::{Attachment, Declared, DeclaredKind, PolicySource, Role, Root};
use super::json::{Kind, Node};
use super::parts::{Parts, with_holes};
use super::recognise::{DESCRIPTIONS, looks_like_matching_rule, looks_like_statement};
use super::scan;

/// Keys on the way to an object that make its `statements` a policy's, whatever they hold.
const POLICY_KEYS: [&str; 4] =
    ["policies_configuration", "supplied_policies", "oci_identity_policy", "policies"];

const NAMES: [&str; 6] = ["name", "display_name", "display-name", "displayName", "policy_name", "policyName"];

const COMPARTMENTS: [&str; 6] = [
    "compartment_id",
    "compartment-id",
    "compartmentId",
    "compartment_ocid",
    "compartmentOcid",
    "compartment",
];

const RULES: [&str; 3] = ["matching_rule", "matching-rule", "matchingRule"];

/// Reads all policies, dynamic groups and declared things below a value.
pub(super) fn read(root: &Node) -> Parts {
    let mut walker = Walker::default();
    walker.value(root);
    walker.attach();
    walker.parts
}

#[derive(Default)]
struct Walker {
    parts: Parts,
    /// The keys down to the value at hand; list items have none.
    path: Vec<String>,
    /// Compartments by their key in the configuration.
    compartments: HashMap<String, Arc<str>>,
    /// Policies whose compartment is named by something that may be such a key.
    pending: Vec<(usize, String)>,
}

impl Walker {
    fn value(&mut self, node: &Node) {
        match &node.kind {
            Kind::Object(members) => {
                let taken = self.object(node);
                for member in members {
                    if taken.contains(&member.key.as_str()) {
                        continue;
                    }
                    self.path.push(member.key.clone());
                    self.value(&member.value);
                    self.path.pop();
                }
            }
            Kind::Array(items) => {
                let mut index = 0;
                for item in items {
                    match item.text() {
                        Some(text) => self.text(text, item.place, &mut index),
                        None => self.value(item),
                    }
                }
            }
            Kind::String(text) => {
                // A single value is no list: it has no index.
                let mut index = usize::MAX;
                self.text(text, node.place, &mut index);
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
        }
    }

    /// A string that no policy is known to use.
    fn text(&mut self, text: &MappedText, place: Place, index: &mut usize) {
        let key = self.path.last().map_or("", String::as_str);
        let role = if DESCRIPTIONS.contains(&key) { Role::Prose } else { Role::Candidate };
        for (part, rule) in statements_in(text) {
            if rule {
                self.parts.matching_rule(part, place, None, None, role);
            } else {
                let at = (*index != usize::MAX).then_some(*index);
                self.parts.statement(part, place, None, at, role);
                *index = index.saturating_add(usize::from(at.is_some()));
            }
        }
    }

    /// Takes what makes an object a policy, a dynamic group or a declared thing; the keys that are done.
    fn object(&mut self, node: &Node) -> Vec<&'static str> {
        let mut taken = Vec::new();
        let name = NAMES.iter().find_map(|key| node.get(key)?.text());
        if let Some(list) = node.get("statements")
            && self.policy(node, list, name)
        {
            taken.push("statements");
        }
        for key in RULES {
            if let Some(rule) = node.get(key)
                && let Some(text) = rule.text()
                && self.dynamic_group(node, text, rule.place, name)
            {
                taken.push(key);
            }
        }
        if taken.is_empty() {
            self.declared(node, name);
        }
        taken
    }

    fn policy(&mut self, node: &Node, list: &Node, name: Option<&MappedText>) -> bool {
        let compartment = COMPARTMENTS.iter().find_map(|key| node.get(key)?.text());
        let strings = |node: &Node| node.items().iter().any(|item| item.text().is_some());
        let recognised = match &list.kind {
            Kind::Array(items) => {
                items.iter().any(|item| item.text().is_some_and(|text| looks_like_statement(text.as_str())))
            }
            Kind::String(text) => !statements_in(text).is_empty(),
            _ => return false,
        };
        let told = self.is_policy_path() || compartment.is_some() && name.is_some();
        if !recognised && !(told && (strings(list) || list.items().is_empty() && list.text().is_none())) {
            return false;
        }
        let policy = self.parts.policies.len();
        let attachment = self.attachment(compartment, policy);
        self.parts.policies.push(PolicySource {
            address: self.address(name),
            name: name.cloned().map(with_holes),
            attachment,
            place: node.place,
            maybe: false,
            root: Root::File(node.place.file),
            regions: None,
        });
        match &list.kind {
            Kind::String(text) => {
                for (index, (part, _)) in statements_in(text).into_iter().enumerate() {
                    self.parts.statement(part, list.place, Some(policy), Some(index), Role::Policy);
                }
            }
            _ => {
                for (index, item) in list.items().iter().enumerate() {
                    if let Some(text) = item.text() {
                        self.parts.statement(
                            text.clone(),
                            item.place,
                            Some(policy),
                            Some(index),
                            Role::Policy,
                        );
                    }
                }
            }
        }
        true
    }

    fn dynamic_group(
        &mut self,
        node: &Node,
        text: &MappedText,
        place: Place,
        name: Option<&MappedText>,
    ) -> bool {
        let told = self.path.iter().any(|key| key.contains("dynamic")) || name.is_some();
        if !told && !looks_like_matching_rule(text.as_str()) {
            return false;
        }
        let address = self.address(name);
        let known = (!address.is_empty()).then(|| address.clone());
        let named = name.cloned().map(with_holes);
        self.parts.matching_rule(text.clone(), place, known, named.clone(), Role::Policy);
        if named.is_some() {
            self.declare(node, DeclaredKind::DynamicGroup, address, named, Attachment::Unknown);
        }
        true
    }

    /// Groups, compartments and domains: by the configuration they stand in, or by their OCID.
    fn declared(&mut self, node: &Node, name: Option<&MappedText>) {
        let Some(name) = name else { return };
        let key = |back: usize| self.path.iter().rev().nth(back).map_or("", String::as_str);
        let inside = |part: &str| self.path.iter().any(|key| key.contains(part));
        let collection = key(1);
        let own = key(0).to_owned();
        if collection == "groups" && inside("groups_configuration") {
            let address = self.key_path();
            self.declare(node, DeclaredKind::Group, address, Some(name.clone()), Attachment::Unknown);
        } else if matches!(collection, "compartments" | "children") && inside("compartments_configuration") {
            let parent = self.parent_compartment(node);
            let address = self.key_path();
            self.compartments.insert(own, address.clone());
            self.declare(node, DeclaredKind::Compartment, address, Some(name.clone()), parent);
        } else if collection == "identity_domains" {
            let address = self.key_path();
            self.declare(node, DeclaredKind::Domain, address, Some(name.clone()), Attachment::Unknown);
        } else if let Some(ocid) = ["id", "ocid"].iter().find_map(|key| node.get(key)?.text()) {
            let kind = match ocid.as_str().split('.').nth(1) {
                Some("group") => DeclaredKind::Group,
                Some("dynamicgroup") => DeclaredKind::DynamicGroup,
                Some("compartment") => DeclaredKind::Compartment,
                Some("domain") => DeclaredKind::Domain,
                _ => return,
            };
            if ocid.as_str().starts_with("ocid1.") {
                let parent = COMPARTMENTS.iter().find_map(|key| node.get(key)?.text());
                let parent = parent.map_or(Attachment::Unknown, |text| attachment_of(text.as_str()));
                self.declare(node, kind, ocid.as_str().into(), Some(name.clone()), parent);
            }
        }
    }

    fn declare(
        &mut self,
        node: &Node,
        kind: DeclaredKind,
        address: Arc<str>,
        name: Option<MappedText>,
        parent: Attachment,
    ) {
        let domain = ["identity_domain_id", "identity_domain_key", "identity_domain"]
            .iter()
            .find_map(|key| node.get(key)?.text())
            .map(|text| Arc::from(text.as_str()));
        let name = name.map(with_holes);
        let root = Root::File(node.place.file);
        self.parts.declared.push(Declared { kind, address, name, domain, parent, place: node.place, root });
    }

    fn parent_compartment(&self, node: &Node) -> Attachment {
        if let Some(text) = ["parent_id", "parent_ocid"].iter().find_map(|key| node.get(key)?.text()) {
            let known = self.compartments.get(text.as_str());
            return known.map_or_else(
                || attachment_of(text.as_str()),
                |address| Attachment::Declared(address.clone()),
            );
        }
        match self.path.iter().rev().nth(1) {
            Some(children) if children == "children" => {
                let above = self.path.len().saturating_sub(2);
                Attachment::Declared(self.path.get(..above).unwrap_or(&[]).join(".").into())
            }
            _ => Attachment::Unknown,
        }
    }

    fn attachment(&mut self, compartment: Option<&MappedText>, policy: usize) -> Attachment {
        let Some(text) = compartment else { return Attachment::Unknown };
        let known = attachment_of(text.as_str());
        if known == Attachment::Unknown {
            self.pending.push((policy, text.as_str().to_owned()));
        }
        known
    }

    /// Compartments may be declared after the policies that name them.
    fn attach(&mut self) {
        for (policy, key) in std::mem::take(&mut self.pending) {
            let address = self.compartments.get(&key);
            if let (Some(policy), Some(address)) = (self.parts.policies.get_mut(policy), address) {
                policy.attachment = Attachment::Declared(address.clone());
            }
        }
    }

    fn is_policy_path(&self) -> bool {
        self.path.iter().any(|key| {
            let last = key.rsplit('.').next().unwrap_or(key);
            POLICY_KEYS.contains(&last)
        })
    }

    /// The name that a person knows the policy or group by; the keys down to it where it has none.
    fn address(&self, name: Option<&MappedText>) -> Arc<str> {
        name.map_or_else(|| self.key_path(), |name| name.as_str().into())
    }

    fn key_path(&self) -> Arc<str> {
        self.path.join(".").into()
    }
}

/// What an OCID, or a landing zone's word for the root compartment, attaches to.
pub(super) fn attachment_of(text: &str) -> Attachment {
    let text = text.trim();
    if text.starts_with("ocid1.tenancy.") || text.eq_ignore_ascii_case("TENANCY-ROOT") {
        Attachment::Root
    } else if text.starts_with("ocid1.compartment.") {
        Attachment::Ocid(text.into())
    } else {
        Attachment::Unknown
    }
}

/// The statements and matching rules (true) in a string: the string itself, or several of its lines.
pub(super) fn statements_in(text: &MappedText) -> Vec<(MappedText, bool)> {
    let own = text.as_str();
    let several = own.trim_end().contains('\n');
    if several {
        let found = scan::scan(own, &scan::lines(own));
        if found.len() > 1 || !looks_like_statement(own) {
            return found.into_iter().map(|hit| (text.slice(hit.span), hit.rule)).collect();
        }
    }
    if looks_like_statement(own) {
        // The line break at the end of a block scalar is no part of the statement.
        vec![(text.slice(Span::new(0, own.trim_end().len())), false)]
    } else if looks_like_matching_rule(own) {
        vec![(text.slice(Span::new(0, own.trim_end().len())), true)]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{json, yaml};
    use crate::text::FileId;

    fn from_yaml(text: &str) -> Parts {
        read(&yaml::read(FileId(0), text).unwrap()[0])
    }

    fn from_json(text: &str) -> Parts {
        read(&json::read(FileId(0), text).root.unwrap())
    }

    #[test]
    fn landing_zone_policies_know_their_compartment() {
        let text = "policies_configuration:\n  supplied_policies:\n    P1:\n      name: genai\n      compartment_id: CMP\n      statements:\n        - mange nothing\n        - Allow group A to use b in tenancy\n    P2: {compartment_id: TENANCY-ROOT, statements: ['define x']}\ncompartments_configuration:\n  compartments:\n    TOP:\n      name: top\n      children:\n        CMP: {name: cmp}\n";
        let parts = from_yaml(text);
        let policies: Vec<_> = parts.policies.iter().map(|p| (&*p.address, p.attachment.clone())).collect();
        let cmp = "compartments_configuration.compartments.TOP.children.CMP";
        assert_eq!(
            policies,
            [
                ("genai", Attachment::Declared(cmp.into())),
                ("policies_configuration.supplied_policies.P2", Attachment::Root)
            ]
        );
        assert_eq!(parts.statements.len(), 3);
        assert_eq!(parts.statements[1].place.span.of(text), "Allow group A to use b in tenancy");
        let top: Arc<str> = "compartments_configuration.compartments.TOP".into();
        assert_eq!(parts.declared[1].parent, Attachment::Declared(top));
    }

    #[test]
    fn what_the_command_line_prints_is_read() {
        let text = r#"{"data": [{"compartment-id": "ocid1.tenancy.oc1..a", "id": "ocid1.policy.oc1..p", "name": "p",
          "statements": ["Allow group A to use x in tenancy where a = \"b\""]},
          {"compartment-id": "ocid1.tenancy.oc1..a", "id": "ocid1.dynamicgroup.oc1..d", "name": "d", "matching-rule": "ALL {resource.type = 'fn'}"}]}"#;
        let parts = from_json(text);
        assert_eq!(parts.policies[0].attachment, Attachment::Root);
        assert_eq!(parts.statements[0].text.as_str(), "Allow group A to use x in tenancy where a = \"b\"");
        assert_eq!(parts.matching_rules[0].address.as_deref(), Some("d"));
        assert_eq!(parts.declared[0].kind, DeclaredKind::DynamicGroup);
        let scim =
            from_json(r#"{"Resources": [{"displayName": "d", "matchingRule": "Any {resource.id = 'x'}"}]}"#);
        assert_eq!(scim.matching_rules.len(), 1);
    }

    #[test]
    fn statements_stand_below_any_key_and_other_lists_of_that_name_do_not_count() {
        let parts = from_json(
            r#"{"x": {"rules": ["Allow group A to use b in tenancy"], "statements": ["a", "b"]}, "coverage": {"statements": 85}}"#,
        );
        assert_eq!((parts.policies.len(), parts.statements.len()), (0, 1));
        assert_eq!((parts.statements[0].role, parts.statements[0].index), (Role::Candidate, Some(0)));
    }

    #[test]
    fn ansible_tasks_hold_policies_and_jinja_holes() {
        let text = "- hosts: localhost\n  tasks:\n    - name: create\n      oracle.oci.oci_identity_policy:\n        name: p\n        compartment_id: \"{{ tenancy }}\"\n        statements:\n          - >-\n            Allow group {{ g }} to manage x\n            in tenancy\n          - \"Allow group {{ g }} to use y in compartment id {{ c }}\"\n";
        let parts = from_yaml(text);
        assert_eq!(&*parts.policies[0].address, "p");
        assert_eq!(parts.statements[0].text.as_str(), "Allow group {{ g }} to manage x in tenancy");
        assert_eq!(parts.statements[1].text.holes().len(), 2);
    }

    #[test]
    fn a_block_of_lines_is_a_list_of_statements() {
        let text = "policy: |\n  Allow group A to use x in tenancy\n  Allow group B to use y in tenancy\n    where request.a = 'b'\nlist:\n  statements: |\n    Allow group C to use z in tenancy\n";
        let parts = from_yaml(text);
        let places: Vec<_> = parts.statements.iter().map(|s| s.place.span.of(text)).collect();
        assert_eq!(places[1], "Allow group B to use y in tenancy\n    where request.a = 'b'");
        assert_eq!(places.len(), 3);
        assert_eq!(parts.statements[2].policy, Some(0));
    }
}
