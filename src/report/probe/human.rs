//! The run for a terminal: a table to grasp at a glance, then each failure with its cause and its remedy.

use std::io::{self, Write};

use super::tell::{Block, about, blocks, heading, mark, percent, words};
use crate::probe::preflight::Strength;
use crate::probe::{Finding, MOST_EXPERIMENTS, Outcome, PlannedRequest, Shown, Verdict};
use crate::report::Style;

const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";
const DIM: &str = "2";
const BOLD: &str = "1";
const CYAN: &str = "36";

fn paint(style: Style, code: &str, text: &str) -> String {
    if style.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Pads before painting, so that codes don't count.
fn cell(style: Style, code: &str, text: &str, width: usize) -> String {
    let gap = width.saturating_sub(text.chars().count());
    format!("{}{}", paint(style, code, text), " ".repeat(gap))
}

fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => GREEN,
        Verdict::NotAuthorized | Verdict::NotAuthenticated | Verdict::Unreachable => RED,
        Verdict::NotSupported => YELLOW,
        Verdict::Skipped => DIM,
    }
}

/// Breaks a text at blanks; words longer than a line stay whole.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(last) = lines.last_mut() else { break };
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Writes a run.
pub(super) fn write(outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", paint(style, BOLD, "probe"), about(outcome))?;
    for block in blocks(outcome) {
        table(&block, style, out)?;
    }
    if !outcome.not_tried.is_empty() {
        writeln!(out, "\n{}", paint(style, BOLD, "not tried"))?;
    }
    for each in &outcome.not_tried {
        let origin = if each.origin == "not set up" { String::new() } else { format!("{}: ", each.origin) };
        paragraph(style, DIM, each.method, &format!("{origin}{}", each.why), 20, out)?;
    }
    if let Some(rotation) = &outcome.rotation {
        let code = if rotation.safe { GREEN } else { YELLOW };
        writeln!(out, "\n{}", paint(style, code, &rotation.advice))?;
    }
    for finding in &outcome.findings {
        failure(finding, style, out)?;
    }
    // What a failure rests on is told there.
    let told = |text: &str| {
        let evidence = outcome.findings.iter().flat_map(|finding| &finding.report.diagnoses);
        evidence.flat_map(|each| &each.evidence).any(|fact| fact.text.contains(text))
    };
    let checks: Vec<_> = outcome.checks.iter().filter(|check| !told(&check.evidence.text)).collect();
    if !checks.is_empty() {
        writeln!(out, "\n{}", paint(style, BOLD, "checked without a request"))?;
    }
    for check in checks {
        let (code, word) = match check.evidence.strength {
            Strength::Certain => (RED, "wrong"),
            Strength::Likely => (YELLOW, "likely wrong"),
            Strength::Possible => (DIM, "note"),
        };
        let instead = check.evidence.instead.as_ref().map(|text| format!(" (instead: {text})"));
        let text = format!("{}: {}{}", check.method, check.evidence.text, instead.unwrap_or_default());
        paragraph(style, code, word, &text, 14, out)?;
    }
    for note in &outcome.notes {
        paragraph(style, DIM, "note", note, 6, out)?;
    }
    if outcome.interrupted {
        writeln!(
            out,
            "\n{}",
            paint(style, YELLOW, "stopped before the end: this is what was known by then")
        )?;
    }
    if outcome.is_good() && !outcome.offline {
        writeln!(out, "\n{}", paint(style, GREEN, "all that could work does"))?;
    } else if outcome.is_good() {
        let likely = outcome.checks.iter().any(|check| check.evidence.strength >= Strength::Likely);
        let (colour, said) = match likely {
            true => (YELLOW, "nothing is wrong for certain; what is likely wrong only a request can tell"),
            false => (GREEN, "nothing that can be checked without a request is wrong"),
        };
        writeln!(out, "\n{}", paint(style, colour, said))?;
    }
    Ok(())
}

fn table(block: &Block<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let standby = if block.standby { ", standby" } else { "" };
    writeln!(
        out,
        "\n{} {}",
        paint(style, BOLD, block.method),
        paint(style, DIM, &format!("{}{standby}", block.origin))
    )?;
    let plane = block.lines.iter().map(|line| line.plane.len()).max().unwrap_or(0).max(5) + 2;
    let region = block.lines.iter().map(|line| line.region.chars().count()).max().unwrap_or(0).max(6) + 2;
    let fixed = 2 + plane + region + 8 + 8 + 9 + 19;
    let head = format!(
        "  {:plane$}{:region$}{:<8}{:<8}{:<9}verdict",
        "plane", "region", "known", "allowed", "answered"
    );
    writeln!(out, "{}", paint(style, DIM, &head))?;
    for line in &block.lines {
        let shown = |shown: Shown, width: usize| {
            let code = match shown {
                Shown::Yes => GREEN,
                Shown::No => RED,
                Shown::Unknown => DIM,
            };
            cell(style, code, mark(shown), width)
        };
        let beside = style.width.saturating_sub(fixed);
        let fits = line.reason.chars().count() <= beside;
        writeln!(
            out,
            "  {:plane$}{:region$}{}{}{}{}{}",
            line.plane,
            line.region,
            shown(line.row.authenticated, 8),
            shown(line.row.authorized, 8),
            shown(line.row.answered, 9),
            cell(style, colour(line.row.verdict), words(line.row.verdict), if fits { 19 } else { 0 }),
            paint(style, DIM, if fits { line.reason } else { "" }),
        )?;
        let below =
            if fits { Vec::new() } else { wrap(line.reason, style.width.saturating_sub(plane + 2).max(30)) };
        for text in below.iter().take(3) {
            writeln!(out, "  {}{}", " ".repeat(plane), paint(style, DIM, text))?;
        }
    }
    Ok(())
}

/// A word in the margin and a wrapped text beside it.
fn paragraph(
    style: Style,
    code: &str,
    word: &str,
    text: &str,
    margin: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = style.width.saturating_sub(margin + 2).max(30);
    for (number, line) in wrap(text, width).into_iter().enumerate() {
        let lead = if number == 0 { cell(style, code, word, margin) } else { " ".repeat(margin) };
        writeln!(out, "  {lead}{line}")?;
    }
    Ok(())
}

const MARGIN: usize = 11;
/// Evidence beyond this is for the JSON.
const SHOWN_EVIDENCE: usize = 4;

fn failure(finding: &Finding, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    for (number, line) in wrap(&heading(finding), style.width.saturating_sub(2)).into_iter().enumerate() {
        let lead = if number == 0 { paint(style, RED, "✘ ") } else { "  ".to_owned() };
        writeln!(out, "{lead}{}", paint(style, BOLD, &line))?;
    }
    let mut say = |code: &str, word: &str, text: &str| paragraph(style, code, word, text, MARGIN, out);
    let mut ranked = finding.report.diagnoses.iter();
    let Some(first) = ranked.next() else {
        return say(DIM, "cause", "nothing is known that would answer so");
    };
    say(RED, "cause", &format!("{} ({}): {}", first.cause, percent(first), first.explanation))?;
    for (number, fact) in first.evidence.iter().take(SHOWN_EVIDENCE).enumerate() {
        say(CYAN, if number == 0 { "because" } else { "" }, &fact.text)?;
    }
    for (number, tried) in finding.tried.iter().enumerate() {
        say(CYAN, if number == 0 { "tried" } else { "" }, tried)?;
    }
    if !finding.request_ids.is_empty() {
        say(DIM, "request", &finding.request_ids.join(", "))?;
    }
    say(GREEN, "do", &first.remedy.text)?;
    for statement in &first.remedy.statements {
        // Unbroken, to be copied.
        writeln!(out, "  {}{}", " ".repeat(MARGIN), paint(style, BOLD, statement))?;
    }
    let mut say = |code: &str, word: &str, text: &str| paragraph(style, code, word, text, MARGIN, out);
    if let Some(attach) = finding.attach.as_ref().filter(|_| !first.remedy.statements.is_empty()) {
        say(DIM, "", attach)?;
    }
    for command in &first.remedy.commands {
        writeln!(out, "  {}$ {command}", " ".repeat(MARGIN))?;
    }
    let mut say = |code: &str, word: &str, text: &str| paragraph(style, code, word, text, MARGIN, out);
    for other in ranked.take(3).filter(|other| other.confidence >= 0.05) {
        say(YELLOW, "or else", &format!("{} ({}): {}", other.cause, percent(other), other.explanation))?;
        say(DIM, "", &format!("to tell: {}", other.next_check))?;
    }
    for (number, open) in finding.open.iter().enumerate() {
        say(DIM, if number == 0 { "to decide" } else { "" }, open)?;
    }
    Ok(())
}

/// Writes what would be sent.
pub(super) fn write_plan(
    outcome: &Outcome,
    requests: &[PlannedRequest],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let plural = super::super::plural(requests.len(), "request");
    writeln!(out, "{} would be sent, and nothing was", paint(style, BOLD, &plural))?;
    for request in requests {
        writeln!(out, "\n{} {} {}", paint(style, BOLD, &request.auth_method), request.method, request.url)?;
        let text = format!("{}; costs: {}", request.operation, request.cost);
        writeln!(out, "  {text}")?;
        for header in &request.headers {
            writeln!(out, "  {}", paint(style, DIM, header))?;
        }
        if let Some(body) = &request.body {
            writeln!(out, "  {}", paint(style, DIM, body))?;
        }
    }
    let decided: Vec<_> = outcome.plan.cells.iter().filter(|cell| cell.decided.is_some()).collect();
    for cell in decided {
        let Some((verdict, reason)) = &cell.decided else { continue };
        let method = outcome.plan.credentials.get(cell.credential).map_or("", |credential| credential.method);
        let line =
            format!("{method} on {}: {} without a request: {reason}", cell.plane.name, words(*verdict));
        writeln!(out, "\n{}", paint(style, DIM, &line))?;
    }
    for each in &outcome.not_tried {
        let line = format!("not tried: {} ({}): {}", each.method, each.origin, each.why);
        writeln!(out, "\n{}", paint(style, DIM, &line))?;
    }
    writeln!(
        out,
        "\nafter a failure, up to {MOST_EXPERIMENTS} requests more may follow to tell its causes apart; `--max-requests` bounds all"
    )
}
