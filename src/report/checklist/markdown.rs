//! Markdown, for a ticket: a task list, and below it each step with what to type.

use std::io::{self, Write};

use super::{Checklist, mark, verdicts};

/// A fence that the text can't close.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

fn code(out: &mut dyn Write, language: &str, text: &str) -> io::Result<()> {
    let fence = fence(text);
    writeln!(out, "{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// A text in a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

pub(super) fn write(list: &Checklist<'_>, out: &mut dyn Write) -> io::Result<()> {
    let plan = list.plan;
    let get = |key| plan.params.get(key).unwrap_or_default();
    writeln!(out, "# {} from {} in {}\n", get("call-title"), get("workload-title"), get("region"))?;
    writeln!(out, "| auth method | | why |\n| --- | --- | --- |")?;
    for (word, method, because) in verdicts(&plan.decision) {
        writeln!(out, "| `{method}` | {word} | {} |", cell(because))?;
    }
    writeln!(out)?;
    for (step, row) in list.steps() {
        let tick = if mark(row) == "x" { "x" } else { " " };
        let note = row.map(|row| format!(" ({})", row.status.word())).unwrap_or_default();
        writeln!(out, "- [{tick}] {}{note}", step.title)?;
    }
    for (number, (step, row)) in list.steps().enumerate() {
        writeln!(out, "\n## {}. {}\n", number + 1, step.title)?;
        if let Some(row) = row {
            writeln!(out, "**{}**: {}\n", row.status.word(), row.found)?;
            for suspect in &row.suspects {
                writeln!(out, "- `{}`: {}. {}", suspect.cause, suspect.text, suspect.remedy)?;
            }
            if !row.suspects.is_empty() {
                writeln!(out)?;
            }
            if !row.mend.is_empty() {
                code(out, "text", &row.mend.join("\n"))?;
            }
        }
        writeln!(out, "{}\n", step.text)?;
        for block in &step.blocks {
            writeln!(out, "{}:\n", block.title)?;
            code(out, "text", &block.lines.join("\n"))?;
        }
        if !step.commands.is_empty() {
            code(out, "sh", &step.commands.join("\n"))?;
        }
        if let Some(snippet) = &step.snippet {
            if !snippet.install.is_empty() {
                code(out, "sh", &snippet.install)?;
            }
            code(out, &snippet.language, &snippet.code)?;
        }
        let source = step.basis.document();
        let title = source.map_or(step.basis.source.as_str(), |source| source.title);
        let link = match source.map(|source| source.url).filter(|url| !url.is_empty()) {
            Some(url) => format!("[{title}]({url})"),
            None => title.to_owned(),
        };
        writeln!(out, "By {}. Source: {link}, {}, {}.", step.who, step.basis.certainty, step.basis.date)?;
    }
    Ok(())
}
