//! The part of a tenancy that bears on one call, in few requests: policies at and above its compartment, and what
//! their subjects and locations name.

use std::sync::Arc;

use super::reader::Reader;
use super::take::{Plan, Snapshot, SnapshotError, Taking};
use crate::probe::config::Place;

/// The call that policies are read for.
#[derive(Clone, Debug)]
pub struct Glance {
    /// The tenancy's OCID.
    pub tenancy: String,
    /// Where requests go.
    pub place: Place,
    /// The OCID of the compartment that the call names.
    pub compartment: Option<String>,
    /// The OCID of the user who calls; a resource or workload without one.
    pub user: Option<String>,
}

/// Reads what bears on a call. Where policies may not be read, nothing else is asked. The tenancy is complete where all
/// was seen that can bear on it, so that what it doesn't list doesn't exist.
pub async fn glance(reader: Arc<Reader>, glance: &Glance) -> Result<Snapshot, SnapshotError> {
    let plan = Plan {
        tenancy: glance.tenancy.clone(),
        place: glance.place.clone(),
        here_only: true,
        compartment: glance.compartment.clone(),
        users: false,
    };
    let mut taking = Taking::new(reader, &plan);
    taking.read_policies(std::slice::from_ref(&glance.tenancy)).await?;
    if taking.is_refused() {
        return Ok(taking.finish());
    }
    match &glance.user {
        Some(user) => taking.read_groups_of(user).await?,
        None => taking.read_lists(&["compartments", "dynamic-groups"]).await?,
    }
    let above = taking.path_to(glance.compartment.as_deref());
    taking.read_policies(&above).await?;
    if taking.is_refused() {
        return Ok(taking.finish());
    }
    Ok(taking.with_domains().await?.finish())
}

impl Taking<'_> {
    fn is_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    async fn read_policies(&mut self, compartments: &[String]) -> Result<(), SnapshotError> {
        let place = self.plan.place.clone();
        let mut jobs = Vec::new();
        for compartment in compartments {
            let mut job = self.job("policies", &place)?;
            job.values.push(("compartment", compartment.clone()));
            job.compartment = Some(compartment.clone());
            jobs.push(job);
        }
        self.read(jobs).await;
        Ok(())
    }

    async fn read_lists(&mut self, names: &[&'static str]) -> Result<(), SnapshotError> {
        let place = self.plan.place.clone();
        let jobs = names.iter().map(|name| self.job(name, &place)).collect::<Result<Vec<_>, _>>()?;
        self.read(jobs).await;
        self.tenancy.name_compartments();
        Ok(())
    }

    /// Compartments, groups, and which of them a user is in.
    async fn read_groups_of(&mut self, user: &str) -> Result<(), SnapshotError> {
        let place = self.plan.place.clone();
        self.read_lists(&["compartments", "groups"]).await?;
        let mut job = self.job("memberships", &place)?;
        job.values.push(("user", user.to_owned()));
        self.read(vec![job]).await;
        Ok(())
    }

    /// The OCIDs of a compartment and of those above it, without the root.
    fn path_to(&self, compartment: Option<&str>) -> Vec<String> {
        let rows = &self.tenancy.compartments;
        let own = |ocid: &str| rows.iter().find(|row| row.ocid.as_deref() == Some(ocid));
        let Some(ocid) = compartment else { return Vec::new() };
        let Some(target) = own(ocid) else { return vec![ocid.to_owned()] };
        let leads = |path: &str| {
            target.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        rows.iter().filter(|row| leads(&row.path)).filter_map(|row| row.ocid.clone()).collect()
    }

    /// Groups and dynamic groups of other identity domains. Where domains may not be listed, that is noted only if a
    /// statement names one.
    async fn with_domains(mut self) -> Result<Self, SnapshotError> {
        let place = self.plan.place.clone();
        let mut statements = self.tenancy.policies.iter().flat_map(|policy| &policy.statements);
        let names_one = statements.any(|statement| statement.text.contains('/'));
        let before = self.refused.len();
        let mut job = self.job("domains", &place)?;
        job.values.push(("compartment", self.plan.tenancy.clone()));
        job.compartment = Some(self.plan.tenancy.clone());
        self.read(vec![job]).await;
        if !names_one {
            self.refused.truncate(before);
        }
        let identity = self.job("groups", &place)?.front;
        let jobs = self.of_domains(&identity)?;
        self.read(jobs).await;
        Ok(self)
    }
}
