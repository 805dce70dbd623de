//! What the policies at hand, and those that the tenancy holds, say of a call that was refused.

use super::{Explainer, SURE};
use crate::authz::Tenancy;
use crate::diagnose::Witness;
use crate::probe::Ask;
use crate::probe::evaluator::{self, AtHand, Testimony};
use crate::probe::matrix::Row;
use crate::probe::observe::{Observation, Shown};

impl Explainer<'_> {
    /// The compartment of the call, where the tenancy at hand lists compartments and not this one.
    pub(super) fn unlisted(&self) -> Option<&str> {
        let ocid =
            self.lab.target.compartment.as_deref().filter(|ocid| ocid.starts_with("ocid1.compartment."))?;
        let rows = self.tenancy?.compartments.as_slice();
        let listed = rows.is_empty() || rows.iter().any(|row| row.ocid.as_deref() == Some(ocid));
        (!listed).then_some(ocid)
    }

    /// What the policies at hand say; none when rights are not in question.
    pub(in crate::probe) fn testimony(
        &self,
        credential: usize,
        row: &Row,
        seen: Option<&Observation>,
        tenancy: Option<&Tenancy>,
    ) -> Testimony {
        let refused = row.authorized == Shown::No && row.authenticated != Shown::No;
        let Some(cell) = self.plan.cells.get(row.cell).filter(|_| refused) else {
            return Testimony::default();
        };
        let Some(operation) = cell.asks.first().and_then(Ask::operation) else {
            return Testimony::default();
        };
        let only_key = || match tenancy?.api_keys.as_slice() {
            [only] => Some(only.ocid.as_str()),
            _ => None,
        };
        let key = self.key_ocid.or_else(only_key);
        let Some(principal) = evaluator::principal(self.lab, credential, key) else {
            return Testimony::default();
        };
        let own = self.lab.tenancy(credential);
        // Policies can't speak of a compartment that isn't there.
        let known = tenancy.filter(|_| self.unlisted().is_none());
        // A key without a compartment acts in its own.
        let compartment = self.lab.target.compartment.as_deref().or(own.as_deref());
        evaluator::ask(
            known.map(|tenancy| AtHand { tenancy, meant: self.meant }),
            principal,
            operation,
            compartment,
            row.region.as_deref(),
            seen.and_then(|seen| seen.model.as_deref()),
            &self.lab.around.now().to_string(),
        )
    }

    /// Whether these policies grant the call of a cell that was refused.
    pub(in crate::probe) fn grants(&self, credential: usize, row: &Row, tenancy: &Tenancy) -> bool {
        let seen = row.seen.first().and_then(|at| self.lab.observation(*at));
        self.testimony(credential, row, seen.as_ref(), Some(tenancy)).granted.is_some()
    }

    /// What is meant grants the call, what is stored does not: the one was never made the other.
    pub(super) fn not_stored(&self, credential: usize, row: &Row, testimony: &Testimony) -> Option<Witness> {
        let stored = self.stored.filter(|stored| !stored.policies.is_empty())?;
        testimony.granted.as_ref()?;
        if self.grants(credential, row, stored) {
            return None;
        }
        let text = "the policies of the configuration grant this call, those that the tenancy holds do not";
        let mut witness = Witness::of("policy", text, "policy-not-applied", SURE);
        witness.supports.push(("iam-propagation".to_owned(), -4.0));
        Some(witness)
    }
}
