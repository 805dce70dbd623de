//! `model-condition-on-family`: `target.model.id` on a family, which takes away the rights to list.

use crate::catalog;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ActionKind;

use super::conditions::{carried, condition_of, reads};

/// Flags a required `target.model.id` test on a grant wider than the inference types.
pub static RULE: Rule = Rule {
    name: "model-condition-on-family",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/model-condition-on-family.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { resource_type: Some(atom), .. }) = rule.action.as_ref().map(|action| &action.kind) else { return };
    let family = atom
        .known(context.text)
        .and_then(catalog::resource_type)
        .is_some_and(|found| found.shape != catalog::Shape::Individual);
    let Some(condition) = condition_of(context).filter(|_| family) else { return };
    if let Some(test) = carried(condition, context.text).into_iter().find(|test| reads(test, context.text, "target.model.id")) {
        sink.report(context.locate(test.span), "with `target.model.id` only inference is left of this family")
            .note("requests that name no model, such as lists, files and responses, don't carry the variable and are declined")
            .help("add a statement without this condition for what names no model, such as `inspect generative-ai-model`");
    }
}
