//! `tenancy-below-root`: `in tenancy` in a policy that is attached to a compartment.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{LocationKind, RuleKind};
use crate::source::Attachment;

/// Flags tenancy-wide and cross-tenancy statements of policies that are known to be attached below the root.
pub static RULE: Rule = Rule {
    name: "tenancy-below-root",
    severity: Severity::Error,
    confidence: Confidence::Medium,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/tenancy-below-root.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule() else { return };
    let below = context.policies().find(|policy| is_below(&policy.attachment));
    let Some(policy) = below else { return };
    let cross = matches!(rule.kind, RuleKind::Endorse | RuleKind::Admit | RuleKind::DenyEndorse | RuleKind::DenyAdmit);
    if cross {
        sink.report(context.locate(rule.kind_span), "cross-tenancy statements belong in a policy of the root compartment")
            .label(policy.place, "attached to a compartment here")
            .help("attach the policy to the tenancy: `compartment_id = var.tenancy_ocid`");
        return;
    }
    let Some(location) = rule.location.as_ref().filter(|location| location.kind == LocationKind::Tenancy(None)) else { return };
    sink.report(context.locate(location.span), "a policy attached to a compartment reaches no further than that compartment")
        .note("a statement may name the compartment that its policy is attached to, and those below it")
        .label(policy.place, "attached to a compartment here")
        .help("attach the policy to the tenancy, or name the compartment in place of `tenancy`");
}

/// Whether the policy is certain to be attached to a compartment other than the root.
pub(super) fn is_below(attachment: &Attachment) -> bool {
    match attachment {
        Attachment::Declared(_) => true,
        Attachment::Ocid(ocid) => ocid.starts_with("ocid1.compartment."),
        Attachment::Root | Attachment::Unknown => false,
    }
}
