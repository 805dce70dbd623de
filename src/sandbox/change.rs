//! What an answer changes in the served tenancy: a policy written, a key made, a compartment moved. The planes only
//! say it; whoever holds the tenancy applies it before the answer is sent.

use crate::authz::{ApiKey, Compartment, DynamicGroup, Group, Placed, Policy, Tenancy, User};
use crate::wire;

/// One change of the tenancy. Entities are found by OCID; one that isn't there is added.
#[derive(Debug, Clone)]
pub enum Change {
    /// A policy was made or rewritten.
    Policy(Policy),
    /// A compartment was made or renamed.
    Compartment(Compartment),
    /// A group was made, renamed, or its members changed.
    Group(Group),
    /// A dynamic group was made or its rule changed.
    DynamicGroup(DynamicGroup),
    /// A user was made or changed.
    User(User),
    /// A GenAI API key was made or changed: its compartment, its state, the state or expiry of a secret.
    ApiKey(ApiKey),
    /// The text of a secret of a GenAI API key, which no model holds: the key's OCID, the secret's place (0 or 1).
    Secret(String, usize, wire::Secret),
    /// A GenAI project was made or changed.
    Project(Placed),
    /// An endpoint of a dedicated AI cluster was made or changed.
    Endpoint(Placed),
    /// Whatever had this OCID is gone.
    Gone(String),
}

impl Change {
    /// Makes the change. A secret's text changes nothing here.
    pub fn apply(self, tenancy: &mut Tenancy) {
        fn put<T>(list: &mut Vec<T>, item: T, same: impl Fn(&T) -> bool) {
            match list.iter_mut().find(|held| same(held)) {
                Some(held) => *held = item,
                None => list.push(item),
            }
        }
        match self {
            Change::Policy(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.policies, new, |held| held.ocid == ocid);
            }
            Change::Compartment(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.compartments, new, |held| held.ocid == ocid);
            }
            Change::Group(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.groups, new, |held| held.ocid == ocid);
            }
            Change::DynamicGroup(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.dynamic_groups, new, |held| held.ocid == ocid);
            }
            Change::User(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.users, new, |held| held.ocid == ocid);
            }
            Change::ApiKey(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.api_keys, new, |held| held.ocid == ocid);
            }
            Change::Project(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.projects, new, |held| held.ocid == ocid);
            }
            Change::Endpoint(new) => {
                let ocid = new.ocid.clone();
                put(&mut tenancy.endpoints, new, |held| held.ocid == ocid);
            }
            Change::Secret(..) => {}
            Change::Gone(ocid) => remove(tenancy, &ocid),
        }
    }
}

fn remove(tenancy: &mut Tenancy, ocid: &str) {
    let is = |held: &Option<String>| held.as_deref() == Some(ocid);
    tenancy.policies.retain(|held| !is(&held.ocid));
    tenancy.compartments.retain(|held| !is(&held.ocid));
    tenancy.groups.retain(|held| !is(&held.ocid));
    tenancy.dynamic_groups.retain(|held| !is(&held.ocid));
    tenancy.users.retain(|held| !is(&held.ocid));
    tenancy.api_keys.retain(|held| held.ocid != ocid);
    tenancy.projects.retain(|held| held.ocid != ocid);
    tenancy.endpoints.retain(|held| held.ocid != ocid);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str) -> Policy {
        Policy { name: name.into(), ocid: Some("ocid1.policy.oc1..a".into()), ..Policy::default() }
    }

    #[test]
    fn a_change_replaces_what_has_its_ocid() {
        let mut tenancy = Tenancy::default();
        Change::Policy(policy("one")).apply(&mut tenancy);
        Change::Policy(policy("two")).apply(&mut tenancy);
        assert_eq!(tenancy.policies, [policy("two")]);
        Change::Gone("ocid1.policy.oc1..a".into()).apply(&mut tenancy);
        assert_eq!(tenancy, Tenancy::default());
    }
}
