//! What the rules about unknown names have in common: why a name is wrong, and what to write instead.

use crate::catalog::{self, Kind};
use crate::diag::Applicability;
use crate::lint::{Report, StatementContext};
use crate::text::Span;

/// Completes the report of an unknown name: its reason, or else `otherwise`; the name that is meant, with a
/// fix where only one can be. Gives whether any was found, and the report.
pub(super) fn instead<'f>(
    report: Report<'f>,
    context: &StatementContext<'_>,
    kind: Kind,
    span: Span,
    otherwise: &str,
) -> (bool, Report<'f>) {
    let name = span.of(context.text);
    let near = catalog::suggest(kind, name).filter(|near| is_close(name, near));
    let wrong = catalog::wrong_name(kind, name).or_else(|| match near {
        Some(_) => None,
        None => catalog::wrong_names().iter().find(|row| row.kind == kind && is_close(name, row.name)),
    });
    let report = report.note(wrong.map_or(otherwise, |wrong| wrong.reason));
    let near = match wrong.map(|wrong| wrong.instead) {
        Some([]) => None,
        Some([only]) => Some(*only),
        Some(several) => {
            let help = format!("write one of `{}`", several.join("`, `"));
            return (true, report.help(help));
        }
        None => near,
    };
    match near {
        Some(near) => {
            let title = format!("write `{near}`");
            let fix = context.fix(title.clone(), Applicability::Unsafe, span, near);
            (true, report.help(title).fix(fix))
        }
        None => (false, report.help("check the name in the policy reference of its service")),
    }
}

/// Whether one name can be a slip for the other: a letter or two, or as many words with a slip in each.
/// Long names are near many others when their letters are counted together.
fn is_close(name: &str, near: &str) -> bool {
    let (name, near) = (name.to_ascii_lowercase(), near.to_ascii_lowercase());
    let parts = |text: &str| text.split(['.', '-', '_']).map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (parts(&name), parts(&near));
    let slip = |(a, b): (&String, &String)| strsim::damerau_levenshtein(a, b) <= (b.len() / 3).max(1);
    let by_part = left.len() == right.len() && left.iter().zip(&right).all(slip);
    let joined = |parts: &[String]| parts.concat();
    by_part || strsim::damerau_levenshtein(&joined(&left), &joined(&right)) <= (name.len() / 6).clamp(1, 3)
}

#[cfg(test)]
mod tests {
    use super::is_close;

    #[test]
    fn slips_are_told_from_other_names() {
        for (name, near) in [
            ("request.principl.id", "request.principal.id"),
            ("target.bucket.nam", "target.bucket.name"),
            ("generative-ai-familly", "generative-ai-family"),
            ("generativeaichat", "generative-ai-chat"),
            ("generative-ai-agent-familly", "generative-ai-agent-family"),
            ("OBJECT_INSPEKT", "OBJECT_INSPECT"),
        ] {
            assert!(is_close(name, near), "{name}");
        }
        for (name, near) in [
            ("request.x", "request.ad"),
            ("target.instance.name", "target.instance.id"),
            ("request.principal.tag.workload", "request.principal.cluster_id"),
        ] {
            assert!(!is_close(name, near), "{name}");
        }
    }
}
