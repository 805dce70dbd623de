//! What this machine shows: credentials, addresses, environment.

use std::collections::BTreeSet;

use super::super::plan::Variable;
use super::{Check, Checked, Credential, Status, found};
use crate::catalog;

impl Check<'_, '_> {
    pub(super) fn credential(&mut self) -> Checked {
        let method = self.plan.method;
        let Some(local) = &self.evidence.local else {
            return found(Status::NotCheckable, "this machine wasn't looked at");
        };
        let own: Vec<&Credential> = local.credentials.iter().filter(|one| one.method == method).collect();
        if let Some(usable) = own.iter().find(|one| one.unusable.is_none()) {
            return found(Status::Done, format!("found: {}", usable.origin));
        }
        let off_oci = |cause: &str| cause == "rp-off-oci";
        match own.iter().find_map(|one| one.unusable.as_ref()) {
            Some((why, cause)) if off_oci(cause) => {
                found(Status::NotCheckable, format!("{why}: it shows where the workload runs"))
            }
            Some((why, cause)) if cause == "config-profile-missing" => {
                found(Status::Missing, why.clone()).suspect(cause)
            }
            Some((why, cause)) => found(Status::Wrong, why.clone()).suspect(cause),
            None => found(Status::NotCheckable, "nothing of the kind is on this machine"),
        }
    }

    pub(super) fn endpoint_variable(&self) -> Option<&Variable> {
        self.plan.environment.iter().find(|one| one.value.starts_with("https://"))
    }

    pub(super) fn address(&mut self) -> Checked {
        let Some(local) = &self.evidence.local else {
            return found(Status::NotCheckable, "this machine wasn't looked at");
        };
        let Some(variable) = self.endpoint_variable() else {
            return found(Status::NotCheckable, "the client takes its endpoint from its own configuration");
        };
        let Some(set) = local.variables.get(&variable.name) else {
            return found(Status::Missing, format!("`{}` isn't set", variable.name))
                .mend([format!("export {}=\"{}\"", variable.name, variable.value)]);
        };
        let (own, wanted) = (set.trim_end_matches('/'), variable.value.trim_end_matches('/'));
        let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
            .iter()
            .any(|start| own.starts_with(start));
        if own == wanted || loopback {
            return found(Status::Done, format!("`{}` is {own}", variable.name));
        }
        let bases = catalog::plane(&self.plan.plane).map(|row| row.bases).unwrap_or_default();
        let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
        let (cause, text) = if host(own) != host(wanted) {
            ("region-url-mismatch", format!("`{}` is {own}; calls go to {wanted}", variable.name))
        } else if bases.iter().any(|base| own.ends_with(base)) {
            return found(
                Status::Done,
                format!("`{}` is {own}, another base path of the plane", variable.name),
            );
        } else {
            ("wrong-endpoint-path", format!("`{}` is {own}, which the plane doesn't serve", variable.name))
        };
        found(Status::Wrong, text)
            .suspect(cause)
            .mend([format!("export {}=\"{}\"", variable.name, variable.value)])
    }

    pub(super) fn environment(&mut self) -> Checked {
        let Some(local) = &self.evidence.local else {
            return found(Status::NotCheckable, "this machine wasn't looked at");
        };
        if let Some((why, cause)) = &local.secret {
            return found(Status::Wrong, why.clone()).suspect(cause);
        }
        let (mut missing, mut wrong) = (BTreeSet::new(), BTreeSet::new());
        for variable in &self.plan.environment {
            match local.variables.get(&variable.name) {
                None => missing.insert(variable.name.as_str()),
                Some(value) if value.starts_with('<') => wrong.insert(variable.name.as_str()),
                Some(_) => continue,
            };
        }
        let list = |names: &BTreeSet<&str>| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        if !wrong.is_empty() {
            return found(Status::Wrong, format!("still a placeholder: {}", list(&wrong)))
                .suspect("config-env-missing");
        }
        match missing.is_empty() {
            true => found(Status::Done, "every variable is set"),
            false => {
                found(Status::Missing, format!("not set: {}", list(&missing))).suspect("config-env-missing")
            }
        }
    }
}
