//! Lists as the OCI command line prints them, read into a tenancy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use ociam::authz::{Compiled, Decision, Principal, Request, Tenancy, Verdict, Wanted, decide};

fn read(lists: &[&str]) -> Tenancy {
    let mut tenancy = Tenancy::default();
    for text in lists {
        tenancy.merge(Tenancy::from_text_or_dump(text).unwrap());
    }
    tenancy
}

fn asked(tenancy: &Tenancy, principal: &str, operation: &str, compartment: &str) -> Decision {
    let wanted = Wanted::parse(operation).unwrap();
    let request = Request::new(Principal::parse(principal).unwrap(), wanted, Some(compartment));
    decide(&Compiled::new(tenancy.clone()), &request)
}

const DOMAINS: &str = r#"{"data": [
  {"id": "ocid1.domain.oc1..default", "display-name": "Default", "type": "DEFAULT", "compartment-id": "ocid1.tenancy.oc1..t"},
  {"id": "ocid1.domain.oc1..partners", "display-name": "Partners", "type": "SECONDARY", "compartment-id": "ocid1.tenancy.oc1..t"}]}"#;

/// `oci identity-domains groups list --attributes displayName,ocid,members`
const GROUPS: &str = r#"{"data": {"items-per-page": 50, "resources": [
  {"id": "0123abcd", "ocid": "ocid1.group.oc1..vendors", "display-name": "Vendors", "domain-ocid": "ocid1.domain.oc1..partners",
   "tenancy-ocid": "ocid1.tenancy.oc1..t", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
   "members": [{"ocid": "ocid1.user.oc1..vic", "display": "Vic", "type": "User"}],
   "urn-ietf-params-scim-schemas-oracle-idcs-extension-oci-tags": {"defined-tags": [{"namespace": "Team", "key": "Kind", "value": "data"}]}}],
  "start-index": 1, "total-results": 1}}"#;

/// `oci identity-domains dynamic-resource-groups list`
const DYNAMIC: &str = r#"{"data": {"resources": [
  {"id": "4567", "ocid": "ocid1.dynamicgroup.oc1..pods", "display-name": "pods", "domain-ocid": "ocid1.domain.oc1..partners",
   "matching-rule": "ALL {resource.type = 'fnfunc'}"}], "total-results": 1}}"#;

const POLICY: &str = r#"{"data": [{"id": "ocid1.policy.oc1..p", "name": "p", "compartment-id": "ocid1.tenancy.oc1..t", "lifecycle-state": "ACTIVE",
  "statements": ["allow group 'Partners'/'Vendors' to use generative-ai-chat in compartment ml",
                 "allow dynamic-group 'Partners'/'pods' to use generative-ai-family in compartment ml"]}]}"#;

#[test]
fn groups_of_identity_domains_are_known_by_the_domains_name() {
    let tenancy = read(&[DOMAINS, GROUPS, DYNAMIC, POLICY]);
    assert_eq!(tenancy.ocid.as_deref(), Some("ocid1.tenancy.oc1..t"));
    assert_eq!(tenancy.groups[0].members, ["ocid1.user.oc1..vic"]);
    assert_eq!(tenancy.groups[0].tags["Team.Kind"], "data");
    assert_eq!(asked(&tenancy, "group:Partners/Vendors", "chat", "ml").verdict, Verdict::Allow);
    assert_eq!(asked(&tenancy, "group:Vendors", "chat", "ml").verdict, Verdict::Deny);
    assert_eq!(
        asked(&tenancy, "resource:{type=fnfunc,compartment=ml}", "chat", "ml").verdict,
        Verdict::Allow
    );
    assert_eq!(
        asked(&tenancy, "resource:{type=instance,compartment=ml}", "chat", "ml").verdict,
        Verdict::Deny
    );
}

#[test]
fn the_order_of_the_lists_does_not_matter() {
    let tenancy = read(&[POLICY, DYNAMIC, GROUPS, DOMAINS]);
    assert_eq!(asked(&tenancy, "group:Partners/Vendors", "chat", "ml").verdict, Verdict::Allow);
}

#[test]
fn without_the_list_of_domains_it_is_not_guessed_which_one_is_meant() {
    let tenancy = read(&[GROUPS, POLICY]);
    let decision = asked(&tenancy, "user:ocid1.user.oc1..vic", "chat", "ml");
    assert_eq!(decision.verdict, Verdict::Unknown);
}

#[test]
fn generative_ai_lists_and_raw_answers_are_read() {
    let tenancy = read(&[
        // `oci generative-ai api-key-collection list-api-keys`
        r#"{"data": {"items": [{"id": "ocid1.generativeaiapikey.oc1.iad.k", "display-name": "bot", "compartment-id": "ocid1.compartment.oc1..ml", "lifecycle-state": "ACTIVE",
           "keys": [{"key-name": "one", "state": "ACTIVE", "time-expiry": "2027-01-01T00:00:00+00:00"}]}]}}"#,
        // `oci raw-request`
        r#"{"data": [{"id": "ocid1.compartment.oc1..ml", "name": "ml", "compartmentId": "ocid1.tenancy.oc1..t", "lifecycleState": "ACTIVE"},
            {"id": "ocid1.compartment.oc1..gone", "name": "gone", "compartmentId": "ocid1.tenancy.oc1..t", "lifecycleState": "DELETED"}], "status": "200 OK"}"#,
        r#"{"data": [{"name": "dedicated-unit-h100-count", "scope-type": "AD", "value": 1}, {"name": "dedicated-unit-h100-count", "scope-type": "AD", "value": 3}]}"#,
    ]);
    let [key] = tenancy.api_keys.as_slice() else { panic!("{:?}", tenancy.api_keys) };
    assert_eq!((key.region.as_deref(), key.secrets.len()), (Some("us-ashburn-1"), 1));
    assert_eq!(tenancy.compartments.len(), 1);
    assert_eq!(tenancy.limits["dedicated-unit-h100-count"], 3);
}

#[test]
fn paths_take_the_place_of_ocids_and_rings_of_parents_end() {
    let compartment = |name: &str, parent: &str| {
        format!(
            r#"{{"id": "ocid1.compartment.oc1..{name}", "name": "{name}", "compartment-id": "{parent}"}}"#
        )
    };
    let list = [
        compartment("c", "ocid1.compartment.oc1..b"),
        compartment("b", "ocid1.compartment.oc1..a"),
        compartment("a", "ocid1.tenancy.oc1..t"),
        compartment("x", "ocid1.compartment.oc1..y"),
        compartment("y", "ocid1.compartment.oc1..x"),
        compartment("lost", "ocid1.compartment.oc1..unseen"),
    ];
    let mut tenancy = read(&[&format!("[{}]", list.join(","))]);
    tenancy.name_compartments();
    let mut paths: Vec<_> =
        tenancy.compartments.iter().map(|one| (one.path.as_str(), one.parent.as_deref())).collect();
    paths.sort_unstable();
    assert_eq!(paths[..3], [("a", None), ("a:b", None), ("a:b:c", None)]);
    assert_eq!(paths[3], ("lost", Some("ocid1.compartment.oc1..unseen")));
    assert!(paths[4..].iter().all(|(_, parent)| parent.is_some()));
}
