//! The run as one page for a ticket, in HTML or Markdown. Made of the same values as the other forms, so it holds no
//! secret; loads nothing from anywhere.

use std::fmt::Write as _;

use super::tell::{about, blocks, heading, mark, percent, words};
use crate::probe::{Finding, Outcome, Verdict};
use crate::report::html::escape;

/// Escapes a text for a cell of a Markdown table.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '|' | '<' | '>' | '*' | '_' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}\
.works{color:#187a3c}.not-authorized,.not-authenticated,.unreachable{color:#c0362c}.not-supported{color:#9a6700}\
.skipped{opacity:.6}pre{background:#8882;padding:.6rem;overflow:auto;border-radius:.3rem}small{opacity:.7}\
dt{font-weight:600;margin-top:.6rem}dd{margin:0 0 0 1.2rem}\
@media(prefers-color-scheme:dark){.works{color:#5bd08a}.not-authorized,.not-authenticated,.unreachable{color:#ff8078}.not-supported{color:#e3b341}}";

/// The run as one self-contained page. `when` is the time that it shows.
pub(super) fn html(outcome: &Outcome, when: &str) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>ociam probe</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>ociam probe</h1>\n<p>{}<br><small>{}, ociam {}</small></p>\n",
        escape(&about(outcome)),
        escape(when),
        env!("CARGO_PKG_VERSION")
    );
    for block in blocks(outcome) {
        let standby = if block.standby { ", standby" } else { "" };
        let _ = write!(
            page,
            "<h2>{} <small>{}{standby}</small></h2>\n<table>\n<tr><th>plane<th>region<th>known<th>allowed<th>answered<th>verdict<th>reason</tr>\n",
            block.method,
            escape(block.origin)
        );
        for line in &block.lines {
            let _ = writeln!(
                page,
                "<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td class=\"{}\">{}<td>{}</tr>",
                line.plane,
                escape(&line.region),
                mark(line.row.authenticated),
                mark(line.row.authorized),
                mark(line.row.answered),
                line.row.verdict.as_str(),
                words(line.row.verdict),
                escape(line.reason)
            );
        }
        page.push_str("</table>\n");
    }
    if let Some(rotation) = &outcome.rotation {
        let _ = writeln!(page, "<p><b>{}</b></p>", escape(&rotation.advice));
    }
    for finding in &outcome.findings {
        html_failure(finding, &mut page);
    }
    if !outcome.checks.is_empty() || !outcome.notes.is_empty() {
        page.push_str("<h2>Checked without a request</h2>\n<ul>\n");
        for check in &outcome.checks {
            let _ = writeln!(page, "<li>{}: {}</li>", check.method, escape(&check.evidence.text));
        }
        for note in &outcome.notes {
            let _ = writeln!(page, "<li>{}</li>", escape(note));
        }
        page.push_str("</ul>\n");
    }
    if outcome.interrupted {
        page.push_str("<p>Stopped before the end: this is what was known by then.</p>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn html_failure(finding: &Finding, page: &mut String) {
    let _ = writeln!(
        page,
        "<h2 class=\"{}\">{}</h2>\n<dl>",
        Verdict::NotAuthorized.as_str(),
        escape(&heading(finding))
    );
    let mut entry = |name: &str, text: &str| {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{text}</dd>");
    };
    let mut ranked = finding.report.diagnoses.iter();
    let Some(first) = ranked.next() else {
        entry("Cause", "nothing is known that would answer so");
        page.push_str("</dl>\n");
        return;
    };
    entry("Cause", &format!("<b>{}</b> ({}): {}", first.cause, percent(first), escape(&first.explanation)));
    let list = |texts: &[String]| texts.iter().map(|text| escape(text)).collect::<Vec<_>>().join("<br>");
    let evidence: Vec<String> = first.evidence.iter().map(|fact| fact.text.clone()).collect();
    for (name, texts) in [
        ("Because", &evidence),
        ("Tried", &finding.tried),
        ("Requests (opc-request-id)", &finding.request_ids),
    ] {
        if !texts.is_empty() {
            entry(name, &list(texts));
        }
    }
    let lines: Vec<String> = first
        .remedy
        .statements
        .iter()
        .cloned()
        .chain(first.remedy.commands.iter().map(|command| format!("$ {command}")))
        .collect();
    let code =
        if lines.is_empty() { String::new() } else { format!("<pre>{}</pre>", escape(&lines.join("\n"))) };
    let attach = finding.attach.as_deref().filter(|_| !first.remedy.statements.is_empty());
    let attach = attach.map(|text| format!("<small>{}</small>", escape(text))).unwrap_or_default();
    entry("Do", &format!("{}{code}{attach}", escape(&first.remedy.text)));
    for other in ranked.take(3) {
        let text = format!(
            "{} ({}): {}; to tell: {}",
            other.cause,
            percent(other),
            other.explanation,
            other.next_check
        );
        entry("Or else", &escape(&text));
    }
    if !finding.open.is_empty() {
        entry("To decide", &list(&finding.open));
    }
    page.push_str("</dl>\n");
}

/// The run in Markdown.
pub(super) fn markdown(outcome: &Outcome, when: &str) -> String {
    let mut page = format!(
        "# ociam probe\n\n{} ({when}, ociam {})\n",
        plain(&about(outcome)),
        env!("CARGO_PKG_VERSION")
    );
    for block in blocks(outcome) {
        let standby = if block.standby { ", standby" } else { "" };
        let _ = write!(
            page,
            "\n## {} ({}{standby})\n\n| plane | region | known | allowed | answered | verdict | reason |\n|---|---|---|---|---|---|---|\n",
            block.method,
            plain(block.origin)
        );
        for line in &block.lines {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} | {} |",
                line.plane,
                plain(&line.region),
                mark(line.row.authenticated),
                mark(line.row.authorized),
                mark(line.row.answered),
                words(line.row.verdict),
                plain(line.reason)
            );
        }
    }
    if let Some(rotation) = &outcome.rotation {
        let _ = writeln!(page, "\n**{}**", plain(&rotation.advice));
    }
    for finding in &outcome.findings {
        markdown_failure(finding, &mut page);
    }
    if !outcome.checks.is_empty() || !outcome.notes.is_empty() {
        page.push_str("\n## Checked without a request\n\n");
        for check in &outcome.checks {
            let _ = writeln!(page, "- {}: {}", check.method, plain(&check.evidence.text));
        }
        for note in &outcome.notes {
            let _ = writeln!(page, "- {}", plain(note));
        }
    }
    if outcome.interrupted {
        page.push_str("\nStopped before the end: this is what was known by then.\n");
    }
    page
}

fn markdown_failure(finding: &Finding, page: &mut String) {
    let _ = writeln!(page, "\n## {}\n", plain(&heading(finding)));
    let mut ranked = finding.report.diagnoses.iter();
    let Some(first) = ranked.next() else {
        page.push_str("Nothing is known that would answer so.\n");
        return;
    };
    let _ = writeln!(page, "**{}** ({}): {}\n", first.cause, percent(first), plain(&first.explanation));
    for fact in &first.evidence {
        let _ = writeln!(page, "- because {}", plain(&fact.text));
    }
    for tried in &finding.tried {
        let _ = writeln!(page, "- tried: {}", plain(tried));
    }
    if !finding.request_ids.is_empty() {
        let _ = writeln!(page, "- opc-request-id: `{}`", finding.request_ids.join("`, `"));
    }
    let _ = writeln!(page, "\n{}", plain(&first.remedy.text));
    if !first.remedy.statements.is_empty() {
        let _ = writeln!(page, "\n```\n{}\n```", first.remedy.statements.join("\n"));
        if let Some(attach) = &finding.attach {
            let _ = writeln!(page, "\n{}", plain(attach));
        }
    }
    if !first.remedy.commands.is_empty() {
        let _ = writeln!(page, "\n```sh\n{}\n```", first.remedy.commands.join("\n"));
    }
    for other in ranked.take(3) {
        let _ = writeln!(
            page,
            "\nOr else **{}** ({}): {}. To tell: {}.",
            other.cause,
            percent(other),
            plain(&other.explanation),
            plain(&other.next_check)
        );
    }
    for open in &finding.open {
        let _ = writeln!(page, "\nTo decide: {}.", plain(open));
    }
}
