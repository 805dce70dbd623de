//! A rule's page for the terminal: Markdown with its marks turned into weight and indentation.

use super::Style;

/// The page as the terminal shows it; without colour it stays readable Markdown.
pub fn page(markdown: &str, style: Style) -> String {
    if !style.color {
        return markdown.to_owned();
    }
    let mut out = String::with_capacity(markdown.len() * 2);
    let mut in_block = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
            continue;
        }
        let heading = line.trim_start_matches('#');
        if in_block {
            out.push_str(&format!("    \u{1b}[36m{line}\u{1b}[0m"));
        } else if heading.len() < line.len() && heading.starts_with(' ') {
            out.push_str(&format!("\u{1b}[1m{}\u{1b}[0m", heading.trim().replace('`', "")));
        } else {
            out.push_str(&inline(line));
        }
        out.push('\n');
    }
    out
}

/// Colours the words between backticks.
fn inline(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    for (index, part) in line.split('`').enumerate() {
        match index % 2 {
            0 => out.push_str(part),
            _ => out.push_str(&format!("\u{1b}[36m{part}\u{1b}[0m")),
        }
    }
    out
}
