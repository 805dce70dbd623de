//! Which steps there are, and what each shows.

use std::collections::BTreeSet;

use super::{Block, Builder, Step, Variable};
use crate::catalog;
use crate::checklist::facts;
use crate::checklist::wish::name_of;

impl Builder<'_> {
    /// The values of a key of `when`.
    fn holds(&self, condition: &str) -> bool {
        let (wanted, condition) = match condition.strip_prefix('!') {
            Some(rest) => (false, rest),
            None => (true, condition),
        };
        let (key, values) = condition.split_once(':').unwrap_or((condition, "yes"));
        let flag = |holds: bool| if holds { "yes" } else { "no" };
        let actual = match key {
            "method" => self.method,
            "workload" => self.subject.workload_name,
            "call" => self.subject.call_name,
            "plane" => self.route.plane(),
            "governed" => self.governed(),
            "model" => flag(self.subject.model().is_some()),
            "project" => flag(self.route.project),
            "services" => flag(self.grants.len() > 1),
            "limits" => flag(!self.limits().is_empty()),
            "code" => flag(!self.environment.is_empty()),
            "mode" if self.subject.wish.dedicated => "dedicated",
            "mode" => "on-demand",
            _ => return false,
        };
        values.split('|').any(|value| value == actual) == wanted
    }

    /// What carries the rights of the method.
    fn governed(&self) -> &'static str {
        match catalog::auth_method(self.method).map(|row| row.principal_types) {
            Some(["user"]) => "group",
            Some(["workload"]) => "workload",
            Some(["generativeaiapikey"]) => "key",
            _ => "dynamic-group",
        }
    }

    fn blocks(&self, id: &str) -> Vec<Block> {
        let filled = |lines: &[String]| lines.iter().map(|line| self.params.fill(line)).collect::<Vec<_>>();
        let block = |title: &str, lines: Vec<String>| Block { title: title.to_owned(), lines };
        let caller = self.grants.first();
        match id {
            "dynamic-group" => caller
                .and_then(|grant| grant.dynamic_group.as_ref())
                .map(|group| block("matching rule", vec![self.params.fill(&group.rule)]))
                .into_iter()
                .collect(),
            "policy" => {
                caller.map(|grant| block("statements", filled(&grant.statements))).into_iter().collect()
            }
            "service-policy" => self
                .grants
                .iter()
                .skip(1)
                .flat_map(|grant| {
                    let rule = grant.dynamic_group.as_ref().map(|group| {
                        block(
                            &format!("matching rule of `{}`", group.name),
                            vec![self.params.fill(&group.rule)],
                        )
                    });
                    rule.into_iter().chain([block("statements", filled(&grant.statements))])
                })
                .collect(),
            "environment" => {
                let line = |one: &Variable| format!("export {}=\"{}\"", one.name, one.value);
                vec![block("environment", self.environment.iter().map(line).collect())]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let rows = facts::steps().filter(|(row, _)| row.when.iter().all(|condition| self.holds(condition)));
        rows.map(|(row, basis)| {
            let blocks = self.blocks(&row.id);
            let snippet = (row.id == "first-call").then(|| self.snippet()).flatten();
            let blocked = match row.id.as_str() {
                "model" => self.model_state().1,
                "region" => self.region_state().1,
                _ => None,
            };
            let commands: Vec<String> = row.commands.iter().map(|text| self.params.fill(text)).collect();
            let shown = commands.iter().chain(blocks.iter().flat_map(|block| &block.lines));
            let open = placeholders(shown.map(String::as_str));
            Step {
                id: row.id.clone(),
                title: self.params.fill(&row.title),
                who: row.who.clone(),
                text: self.params.fill(&row.text).trim().to_owned(),
                commands,
                blocks,
                snippet,
                blocked,
                check: row.check,
                basis: match row.id.as_str() {
                    "policy" => self.route.basis(),
                    "service-policy" => self.grants.get(1).map_or(basis, |grant| grant.basis.clone()),
                    _ => basis,
                },
                open,
            }
        })
        .collect()
    }
}

/// The names of a checklist that stand as `<name>` in some lines.
fn placeholders<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for line in lines {
        for part in line.split('<').skip(1) {
            let Some((key, _)) = part.split_once('>') else { continue };
            if name_of(key).is_some() {
                found.insert(key.to_owned());
            }
        }
    }
    found.into_iter().collect()
}
