//! `glob-in-quotes`: a star between quotes, where it is a star and nothing more.

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ValueKind;
use crate::text::Span;

use super::values::{values_of, variable_of};

/// Flags quoted values with a star, except where the documentation takes them.
pub static RULE: Rule = Rule {
    name: "glob-in-quotes",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/glob-in-quotes.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        let variable = variable_of(test).and_then(|atom| atom.known(context.text)).unwrap_or("").to_ascii_lowercase();
        for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Literal) {
            let text = value.atom.text(context.text);
            let start = value.atom.inner(context.text).start();
            // A star within an unknown part is none of the value.
            let has_star = text.match_indices('*').any(|(at, _)| !context.has_hole(Span::new(start + at, start + at + 1)));
            if !has_star || variable == "target.object.name" || text == "*" && variable.contains(".tag.") {
                continue;
            }
            let fix = (!text.contains('/'))
                .then(|| {
                    let pattern = format!("/{text}/");
                    context.fix(format!("write `{pattern}`"), Applicability::Unsafe, value.atom.span, &pattern)
                })
                .flatten();
            sink.report(context.locate(value.atom.span), format!("`{}` holds a star between quotes", value.atom.span.of(context.text)))
                .note("between quotes a star stands for itself; only a pattern between slashes matches any text")
                .help(format!("write `/{text}/`"))
                .fix(fix);
        }
    }
}
