//! `group-by-name`: a group named by its name, which another group may take.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{MemberKind, SubjectKind};

/// Flags groups named by name rather than by OCID.
pub static RULE: Rule = Rule {
    name: "group-by-name",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::References,
    persona: Persona::Pedantic,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/group-by-name.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(subject) = context.rule().and_then(|rule| rule.subject.as_ref()) else { return };
    let (SubjectKind::Group(members) | SubjectKind::DynamicGroup(members)) = &subject.kind else { return };
    for member in members {
        let MemberKind::Name { name, .. } = &member.kind else { continue };
        if name.known(context.text).is_some() {
            sink.report(context.locate(member.span), "the group is named by its name")
                .note("OCI turns the name into an OCID when it stores the statement: a group deleted and made again under the same name is not the one meant")
                .help("name it by `id ocid1.group…`, or apply the policy again after making a group anew");
        }
    }
}
