//! HTML: one page that needs nothing else.

use std::io::{self, Write};

use super::{Checklist, verdicts};
use crate::report::html::escape;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
pre{background:#f4f4f2;padding:.75rem;overflow-x:auto;border-radius:4px}\
table{border-collapse:collapse}td,th{border-bottom:1px solid #ddd;padding:.3rem .8rem;text-align:left;vertical-align:top}\
.chosen,.done{color:#1b6e3c}.cannot,.wrong{color:#a4161a}.possible,.missing{color:#8a5a00}.not-checkable{color:#245a8d}\
.source{color:#666;font-size:.85rem}\
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#181818}pre{background:#242424}td,th{border-color:#444}\
.chosen,.done{color:#6fcf97}.cannot,.wrong{color:#ff8a80}.possible,.missing{color:#f2c94c}.not-checkable{color:#8ab4f8}}";

/// Prose, with what stands in backticks as code.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd backtick opens nothing.
    let closed = parts.len() % 2 == 1;
    let piece = |(at, part): (usize, &&str)| match at % 2 == 1 && closed {
        true => format!("<code>{}</code>", escape(part)),
        false => escape(part),
    };
    parts.iter().enumerate().map(piece).collect()
}

pub(super) fn write(list: &Checklist<'_>, out: &mut dyn Write) -> io::Result<()> {
    let plan = list.plan;
    let get = |key| plan.params.get(key).unwrap_or_default();
    let title = format!("{} from {} in {}", get("call-title"), get("workload-title"), get("region"));
    let title = escape(&title);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>"
    )?;
    writeln!(out, "<table><tr><th>auth method</th><th></th><th>why</th></tr>")?;
    for (word, method, because) in verdicts(&plan.decision) {
        writeln!(
            out,
            "<tr><td><code>{method}</code></td><td class=\"{word}\">{word}</td><td>{}</td></tr>",
            prose(because)
        )?;
    }
    writeln!(out, "</table>\n<ol>")?;
    for (step, row) in list.steps() {
        writeln!(out, "<li id=\"{}\"><h2>{}</h2>", escape(&step.id), prose(&step.title))?;
        if let Some(row) = row {
            let word = row.status.word();
            writeln!(out, "<p class=\"{word}\"><strong>{word}</strong>: {}</p>", prose(&row.found))?;
            for suspect in &row.suspects {
                let (text, remedy) = (prose(&suspect.text), prose(&suspect.remedy));
                writeln!(out, "<p><code>{}</code>: {text}. {remedy}</p>", escape(&suspect.cause))?;
            }
            if !row.mend.is_empty() {
                writeln!(out, "<pre>{}</pre>", escape(&row.mend.join("\n")))?;
            }
        }
        writeln!(out, "<p>{}</p>", prose(&step.text))?;
        for block in &step.blocks {
            writeln!(out, "<p>{}:</p>\n<pre>{}</pre>", prose(&block.title), escape(&block.lines.join("\n")))?;
        }
        if !step.commands.is_empty() {
            writeln!(out, "<pre>{}</pre>", escape(&step.commands.join("\n")))?;
        }
        if let Some(snippet) = &step.snippet {
            if !snippet.install.is_empty() {
                writeln!(out, "<pre>{}</pre>", escape(&snippet.install))?;
            }
            writeln!(out, "<pre>{}</pre>", escape(&snippet.code))?;
        }
        let source = step.basis.document();
        let name = escape(source.map_or(step.basis.source.as_str(), |source| source.title));
        let link = match source.map(|source| source.url).filter(|url| !url.is_empty()) {
            Some(url) => format!("<a href=\"{}\">{name}</a>", escape(url)),
            None => name,
        };
        let (who, certainty, date) = (escape(&step.who), &step.basis.certainty, &step.basis.date);
        writeln!(out, "<p class=\"source\">By {who}. Source: {link}, {certainty}, {date}.</p></li>")?;
    }
    writeln!(out, "</ol></body></html>")
}
