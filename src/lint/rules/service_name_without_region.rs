//! `service-name-without-region`: a service name that carries a region.

use crate::catalog::{self, Kind};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::SubjectKind;

/// Flags `service objectstorage` without its region, or with one that is not known.
pub static RULE: Rule = Rule {
    name: "service-name-without-region",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/service-name-without-region.md"),
    checks: &[Check::Statement(check)],
};

/// What the name of Object Storage begins with.
const PREFIX: &str = "objectstorage-";

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(SubjectKind::Service(names)) = context.rule().and_then(|rule| rule.subject.as_ref()).map(|subject| &subject.kind) else {
        return;
    };
    for name in names {
        let region = name.known(context.text).and_then(|name| Some((name, name.get(..PREFIX.len())?, name.get(PREFIX.len()..)?)));
        if let Some((whole, start, region)) = region
            && start.eq_ignore_ascii_case(PREFIX)
            && catalog::region(region).is_none()
        {
            let report = sink
                .report(context.locate(name.inner(context.text)), format!("`{whole}` holds no region that is known"))
                .note("each region's Object Storage is a principal of its own, named after the region");
            match catalog::suggest(Kind::Region, region) {
                Some(near) => report.severity(Severity::Warning).help(format!("write `{PREFIX}{near}`")),
                None => report.help(format!("write the region's full name, such as `{PREFIX}us-chicago-1`")),
            };
        }
        if name.known(context.text).is_some_and(|name| name.eq_ignore_ascii_case("objectstorage")) {
            sink.report(context.locate(name.span), "the service name of Object Storage carries the region")
                .note("each region's Object Storage is a principal of its own, so this names none of them")
                .help("write one name for each region, such as `objectstorage-us-chicago-1`");
        }
    }
}
