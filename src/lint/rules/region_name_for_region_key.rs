//! `region-name-for-region-key`: a region's name where its three-letter key belongs.

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::catalog;

use super::values::literals_of;

/// Flags `request.region` compared with a region identifier or an unknown key.
pub static RULE: Rule = Rule {
    name: "region-name-for-region-key",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/region-name-for-region-key.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        for atom in literals_of(test, context.text, "request.region") {
            let Some(text) = atom.known(context.text) else { continue };
            if text.is_empty() {
                continue;
            }
            let span = atom.inner(context.text);
            let place = context.locate(span);
            let Some(region) = catalog::region(text) else {
                if text.contains('-') {
                    sink.report(place, format!("`{text}` is a region's name, not its key"))
                        .note("`request.region` holds the three-letter key, so this test is never true")
                        .help("write the key of the region, such as `ord` for `us-chicago-1`");
                } else {
                    sink.report(place, format!("`{text}` is the key of no known region"))
                        .confidence(Confidence::Low)
                        .help("look the key up: `ociam catalog region`");
                }
                continue;
            };
            if !text.eq_ignore_ascii_case(region.name) {
                continue;
            }
            let report = sink.report(place, format!("`{text}` is a region's name, not its key"))
                .note("`request.region` holds the three-letter key, so this test is never true; names belong in quota policies");
            match region.key.map(str::to_ascii_lowercase) {
                Some(key) => report.help(format!("write `{key}`")).fix(context.fix(format!("write `{key}`"), Applicability::Safe, span, &key)),
                None => report.help("write the key of the region"),
            };
        }
    }
}
