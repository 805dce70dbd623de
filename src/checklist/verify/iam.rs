//! Groups, dynamic groups and statements, held against a tenancy.

use super::super::grants::{Grant, reopened};
use super::{Check, Checked, Status, found};
use crate::authz::{Compiled, GroupName, NearMiss, Prepared, Principal, Verdict, decide, near_misses};

impl Check<'_, '_> {
    pub(super) fn group(&mut self) -> Checked {
        let Some(Principal::Group(wanted)) = self.plan.grants.first().map(|grant| &grant.principal) else {
            return found(Status::NotCheckable, "no group is named");
        };
        let Some(tenancy) =
            self.evidence.tenancy.as_ref().filter(|tenancy| tenancy.complete || !tenancy.groups.is_empty())
        else {
            return found(Status::NotCheckable, "no list of groups was read");
        };
        let domain = |name: &Option<String>| name.clone().unwrap_or_else(|| "Default".into()).to_lowercase();
        let named: Vec<_> =
            tenancy.groups.iter().filter(|group| group.name.eq_ignore_ascii_case(&wanted.name)).collect();
        match named.iter().find(|group| domain(&group.domain) == domain(&wanted.domain)) {
            Some(group) if group.members.is_empty() => {
                let known = tenancy.users.iter().any(|user| {
                    user.groups
                        .iter()
                        .any(|name| GroupName::parse(name).name.eq_ignore_ascii_case(&wanted.name))
                });
                match known || !tenancy.complete {
                    true => found(Status::Done, format!("group `{}` is there", group.name)),
                    false => found(Status::Wrong, format!("group `{}` has no member", group.name)),
                }
            }
            Some(group) => found(Status::Done, format!("group `{}` is there", group.name)),
            None => match named.first() {
                Some(other) => {
                    let text = format!(
                        "group `{}` is of domain `{}`",
                        other.name,
                        other.domain.as_deref().unwrap_or("Default")
                    );
                    found(Status::Wrong, text).suspect("group-domain-prefix")
                }
                None => found(Status::Missing, format!("there is no group `{}`", wanted.name)),
            },
        }
    }

    pub(super) fn dynamic_group(&mut self) -> Checked {
        let (Some(compiled), Some(grant)) = (self.compiled, self.plan.grants.first()) else {
            return found(Status::NotCheckable, "neither policies nor a snapshot were read");
        };
        let Some(request) = grant.requests.first() else {
            return found(Status::NotCheckable, "nothing is asked for");
        };
        let Ok(prepared) = Prepared::new(compiled, request) else {
            return found(Status::Missing, "the compartment isn't there");
        };
        let joined: Vec<String> =
            prepared.caller.certain_groups().iter().map(GroupName::in_statement).collect();
        if let Some(name) = joined.first() {
            return found(Status::Done, format!("dynamic group {name} takes the workload in"));
        }
        let wanted = grant.dynamic_group.as_ref().map(|group| group.name.as_str()).unwrap_or_default();
        let groups = &compiled.tenancy.dynamic_groups;
        match groups.iter().find(|group| group.name.eq_ignore_ascii_case(wanted)) {
            Some(group) if group.rule.holes.is_empty() && !self.is_open(grant) => {
                let text = format!(
                    "the matching rule of `{}` doesn't take the workload in: {}",
                    group.name, group.rule.text
                );
                found(Status::Wrong, text).suspect("dynamic-group-not-matching")
            }
            Some(group) => found(
                Status::NotCheckable,
                format!(
                    "whether the rule of `{}` takes the workload in depends on values that aren't known",
                    group.name
                ),
            ),
            None if groups.is_empty() && !compiled.tenancy.complete => {
                found(Status::NotCheckable, "no list of dynamic groups was read")
            }
            None => found(Status::Missing, "no dynamic group takes the workload in")
                .suspect("dynamic-group-nonexistent"),
        }
    }

    /// Whether OCIDs are missing without which a rule can't be held to the workload.
    pub(super) fn is_open(&self, grant: &Grant) -> bool {
        grant.dynamic_group.as_ref().is_some_and(|group| !self.plan.params.open(&group.rule).is_empty())
    }

    pub(super) fn statements(&mut self, first: usize, count: usize) -> Checked {
        let Some(compiled) = self.compiled else {
            return found(Status::NotCheckable, "neither policies nor a snapshot were read");
        };
        let mut worst = found(Status::Done, "the statements in force allow every request");
        for grant in self.plan.grants.iter().skip(first).take(count) {
            if let Some(checked) = self.grant(compiled, grant)
                && checked.status > worst.status
            {
                worst = checked;
            }
        }
        worst
    }

    /// What a principal still lacks.
    pub(super) fn grant(&self, compiled: &Compiled, grant: &Grant) -> Option<Checked> {
        let filled = |text: &String| self.plan.params.fill(text);
        for request in &grant.requests {
            let decision = decide(compiled, request);
            let what = format!("{} by {}", request.wanted.label(), grant.title);
            match decision.verdict {
                Verdict::Allow => continue,
                Verdict::Unknown => {
                    let why = decision.unknowns.first().map_or("a value isn't known", |open| &open.reason);
                    return Some(found(Status::NotCheckable, format!("{what}: {why}")));
                }
                Verdict::Deny if !decision.denied_by.is_empty() => {
                    let by = decision.denied_by.first().and_then(|at| compiled.origins.get(*at));
                    let text = by.map_or_else(String::new, |origin| format!(": {}", origin.text));
                    return Some(
                        found(Status::Wrong, format!("{what} is denied{text}")).suspect("policy-missing"),
                    );
                }
                Verdict::Deny => {}
            }
            let misses = Prepared::new(compiled, request).map(|prepared| near_misses(&prepared, &decision));
            let least: Vec<String> = grant.statements.iter().map(filled).collect();
            // What administrators may do for all resources isn't a grant to somebody else gone wrong.
            let about_all = |miss: &NearMiss| {
                let text = compiled.origins.get(miss.origin).map_or("", |origin| &origin.text);
                let other = miss.failed.iter().any(|one| one.clause.as_str() == "subject");
                other && text.split_whitespace().any(|word| word.eq_ignore_ascii_case("all-resources"))
            };
            let Some(miss) = misses.unwrap_or_default().into_iter().find(|miss| !about_all(miss)) else {
                let text = format!("no statement allows {what}");
                return Some(found(Status::Missing, text).suspect("policy-missing").mend(least));
            };
            let text = compiled.origins.get(miss.origin).map_or("", |origin| &origin.text);
            let reasons: Vec<String> = miss
                .failed
                .iter()
                .map(|one| {
                    format!(
                        "{}: it says `{}`, the request has `{}`",
                        one.clause.as_str(),
                        one.expected,
                        self.plan.params.fill(&reopened(&one.actual))
                    )
                })
                .chain(miss.rejected.iter().map(|why| format!("OCI rejects it: {why}")))
                .collect();
            let cause = match (miss.rejected.is_some(), miss.failed.first().map(|one| one.clause.as_str())) {
                (true, _) => "policy-syntax",
                (_, Some("subject")) => "policy-subject-mismatch",
                (_, Some("verb")) => "permission-not-in-verb",
                (_, Some("resource-type")) => "resource-type-not-covered",
                (_, Some("location")) => "policy-wrong-compartment",
                (_, Some("condition")) => "policy-condition-mismatch",
                _ => "policy-missing",
            };
            // A statement that fails by most of its clauses is about something else.
            let status = if miss.failed.len() > 2 { Status::Missing } else { Status::Wrong };
            let said = format!(
                "no statement allows {what}; `{}` comes closest ({})",
                text.trim(),
                reasons.join("; ")
            );
            // A statement for somebody else is left to them; the least one of one's own is written beside it.
            let own = miss.edit.filter(|_| cause != "policy-subject-mismatch");
            let own = own.map(|edit| vec![self.plan.params.fill(&reopened(&edit))]);
            return Some(found(status, said).suspect(cause).mend(own.unwrap_or(least)));
        }
        None
    }
}
