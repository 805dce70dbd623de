//! The run as one page for a ticket, in HTML or Markdown: the same parts, written in two ways. Made of the same values
//! as the other forms, so it holds no secret; loads nothing from anywhere.

use std::fmt::Write as _;

use super::tell::{about, blocks, heading, mark, percent, words};
use crate::diagnose::Diagnosis;
use crate::probe::{Finding, Outcome, Verdict};
use crate::report::html::escape;

/// A part of the page, of plain texts.
enum Part {
    /// A heading, with the verdict that colours it, and what stands smaller beside it.
    Heading(String, Option<Verdict>, String),
    /// The matrix of one credential.
    Matrix(Vec<Row>),
    /// A paragraph that stands out.
    Strong(String),
    /// A paragraph.
    Text(String),
    /// What is said under a word.
    Entry(&'static str, Vec<String>),
    /// What is to be copied, unbroken.
    Code(Vec<String>),
    /// A list.
    List(Vec<String>),
}

/// A line of the matrix.
struct Row {
    verdict: Verdict,
    cells: [String; 7],
}

const COLUMNS: [&str; 7] = ["plane", "region", "known", "allowed", "answered", "verdict", "reason"];

/// The page's parts in their order.
fn parts(outcome: &Outcome) -> Vec<Part> {
    let mut parts = Vec::new();
    for block in blocks(outcome) {
        let standby = if block.standby { ", standby" } else { "" };
        parts.push(Part::Heading(block.method.to_owned(), None, format!("{}{standby}", block.origin)));
        let rows = block.lines.iter().map(|line| Row {
            verdict: line.row.verdict,
            cells: [
                line.plane.to_owned(),
                line.region.clone(),
                mark(line.row.authenticated).to_owned(),
                mark(line.row.authorized).to_owned(),
                mark(line.row.answered).to_owned(),
                words(line.row.verdict).to_owned(),
                line.reason.to_owned(),
            ],
        });
        parts.push(Part::Matrix(rows.collect()));
    }
    parts.extend(outcome.rotation.iter().map(|rotation| Part::Strong(rotation.advice.clone())));
    outcome.findings.iter().for_each(|finding| failure(finding, &mut parts));
    let instead =
        |text: &Option<String>| text.as_ref().map(|text| format!(" (instead: {text})")).unwrap_or_default();
    let checks = outcome.checks.iter().map(|check| {
        format!("{}: {}{}", check.method, check.evidence.text, instead(&check.evidence.instead))
    });
    let checked: Vec<String> = checks.chain(outcome.notes.iter().cloned()).collect();
    if !checked.is_empty() {
        parts.push(Part::Heading("Checked without a request".to_owned(), None, String::new()));
        parts.push(Part::List(checked));
    }
    if outcome.interrupted {
        parts.push(Part::Text("Stopped before the end: this is what was known by then.".to_owned()));
    }
    parts
}

/// Causes beside the first that are worth a line.
const OTHERS: usize = 3;
/// From this share on.
const WORTH_A_LINE: f64 = 0.05;

fn failure(finding: &Finding, parts: &mut Vec<Part>) {
    parts.push(Part::Heading(heading(finding), Some(Verdict::NotAuthorized), String::new()));
    let mut ranked = finding.report.diagnoses.iter();
    let Some(first) = ranked.next() else {
        parts.push(Part::Text("Nothing is known that would answer so.".to_owned()));
        return;
    };
    let named = |each: &Diagnosis| format!("{} ({}): {}", each.cause, percent(each), each.explanation);
    parts.push(Part::Strong(named(first)));
    let evidence: Vec<String> = first.evidence.iter().map(|fact| fact.text.clone()).collect();
    let mut entry = |word: &'static str, texts: Vec<String>| {
        if !texts.is_empty() {
            parts.push(Part::Entry(word, texts));
        }
    };
    entry("Because", evidence);
    entry("Tried", finding.tried.clone());
    entry("Requests (opc-request-id)", finding.request_ids.clone());
    entry("Do", vec![first.remedy.text.clone()]);
    let statements = &first.remedy.statements;
    if !statements.is_empty() {
        parts.push(Part::Code(statements.clone()));
        parts.extend(finding.attach.iter().map(|text| Part::Text(text.clone())));
    }
    if !first.remedy.commands.is_empty() {
        parts.push(Part::Code(first.remedy.commands.clone()));
    }
    for other in ranked.take(OTHERS).filter(|other| other.confidence >= WORTH_A_LINE) {
        let tell = format!("to tell: {}", other.next_check);
        parts.push(Part::Entry("Or else", vec![named(other), tell]));
    }
    if !finding.open.is_empty() {
        parts.push(Part::Entry("To decide", finding.open.clone()));
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}\
.works{color:#187a3c}.not-authorized,.not-authenticated,.unreachable{color:#c0362c}.not-supported{color:#9a6700}\
.skipped{opacity:.6}pre{background:#8882;padding:.6rem;overflow:auto;border-radius:.3rem}small{opacity:.7}\
dl{margin:.4rem 0}dt{font-weight:600;margin-top:.6rem}dd{margin:0 0 0 1.2rem}\
@media(prefers-color-scheme:dark){.works{color:#5bd08a}.not-authorized,.not-authenticated,.unreachable{color:#ff8078}.not-supported{color:#e3b341}}";

/// The run as one self-contained page. `when` is the time that it shows.
pub(super) fn html(outcome: &Outcome, when: &str) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>ociam probe</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>ociam probe</h1>\n<p>{}<br><small>{}, ociam {}</small></p>\n",
        escape(&about(outcome)),
        escape(when),
        env!("CARGO_PKG_VERSION")
    );
    let lines =
        |texts: &[String], by: &str| texts.iter().map(|text| escape(text)).collect::<Vec<_>>().join(by);
    for part in parts(outcome) {
        // Writing to a string does not fail.
        let _ = match part {
            Part::Heading(text, verdict, beside) => {
                let class = verdict.map(|one| format!(" class=\"{}\"", one.as_str())).unwrap_or_default();
                let beside =
                    if beside.is_empty() { beside } else { format!(" <small>{}</small>", escape(&beside)) };
                writeln!(page, "<h2{class}>{}{beside}</h2>", escape(&text))
            }
            Part::Matrix(rows) => {
                let _ = write!(page, "<table>\n<tr><th>{}</tr>\n", COLUMNS.join("<th>"));
                for Row { verdict, cells } in rows {
                    let cell = |(column, text): (&str, &String)| match column {
                        "verdict" => format!("<td class=\"{}\">{}", verdict.as_str(), escape(text)),
                        _ => format!("<td>{}", escape(text)),
                    };
                    let cells: String = COLUMNS.into_iter().zip(&cells).map(cell).collect();
                    let _ = writeln!(page, "<tr>{cells}</tr>");
                }
                writeln!(page, "</table>")
            }
            Part::Strong(text) => writeln!(page, "<p><b>{}</b></p>", escape(&text)),
            Part::Text(text) => writeln!(page, "<p>{}</p>", escape(&text)),
            Part::Entry(word, texts) => {
                writeln!(page, "<dl><dt>{word}</dt><dd>{}</dd></dl>", lines(&texts, "<br>"))
            }
            Part::Code(texts) => writeln!(page, "<pre>{}</pre>", lines(&texts, "\n")),
            Part::List(texts) => writeln!(page, "<ul>\n<li>{}</li>\n</ul>", lines(&texts, "</li>\n<li>")),
        };
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// Escapes a text for Markdown, so that it stays in its line and cell.
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

/// The run in Markdown.
pub(super) fn markdown(outcome: &Outcome, when: &str) -> String {
    let mut page = format!(
        "# ociam probe\n\n{} ({when}, ociam {})\n",
        plain(&about(outcome)),
        env!("CARGO_PKG_VERSION")
    );
    for part in parts(outcome) {
        // Writing to a string does not fail.
        let _ = match part {
            Part::Heading(text, _, beside) => {
                let beside = if beside.is_empty() { beside } else { format!(" ({})", plain(&beside)) };
                writeln!(page, "\n## {}{beside}", plain(&text))
            }
            Part::Matrix(rows) => {
                let _ = write!(page, "\n| {} |\n{}|\n", COLUMNS.join(" | "), "|---".repeat(COLUMNS.len()));
                for Row { cells, .. } in rows {
                    let cells: Vec<String> = cells.iter().map(|text| plain(text)).collect();
                    let _ = writeln!(page, "| {} |", cells.join(" | "));
                }
                Ok(())
            }
            Part::Strong(text) => writeln!(page, "\n**{}**", plain(&text)),
            Part::Text(text) => writeln!(page, "\n{}", plain(&text)),
            Part::Entry(word, texts) => {
                let texts: Vec<String> = texts.iter().map(|text| plain(text)).collect();
                match texts.as_slice() {
                    [only] => writeln!(page, "\n{word}: {only}"),
                    several => writeln!(page, "\n{word}:\n\n- {}", several.join("\n- ")),
                }
            }
            Part::Code(texts) => writeln!(page, "\n```\n{}\n```", texts.join("\n")),
            Part::List(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| plain(text)).collect();
                writeln!(page, "\n- {}", texts.join("\n- "))
            }
        };
    }
    page
}
