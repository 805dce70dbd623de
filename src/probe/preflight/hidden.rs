//! Characters that nobody sees and every service takes literally.

use super::{Evidence, Strength};

/// Why a character has no business in an id, key, host or region.
fn kind(c: char) -> Option<&'static str> {
    Some(match c {
        '\n' | '\r' => "a line break",
        '\t' => "a tab",
        ' ' => "a blank",
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' => "a no-break or wide blank",
        '\u{feff}' => "a byte-order mark",
        '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{ad}' => "an invisible character",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "a change of writing direction",
        '"' | '\'' | '`' => "a quote",
        '\u{2018}'..='\u{201f}' => "a typographic quote",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "a typographic dash",
        c if c.is_control() => "a control character",
        c if c.is_whitespace() => "white space",
        _ => return None,
    })
}

/// A text with what can't be seen made visible, for messages. Not for secrets.
pub fn visible(text: &str) -> String {
    let escape = |c: char| match kind(c) {
        Some(_) if c != ' ' && !c.is_ascii_punctuation() => c.escape_unicode().to_string(),
        _ => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Whether a value holds a character that can't belong there. `name` is what to call the value; the value itself is
/// not shown, so that secrets can be checked too.
pub fn hidden_characters(name: &str, text: &str) -> Option<Evidence> {
    let (at, c, what) = text.chars().enumerate().find_map(|(at, c)| Some((at + 1, c, kind(c)?)))?;
    let place = if at == 1 {
        "at its start".to_owned()
    } else if at == text.chars().count() {
        "at its end".to_owned()
    } else {
        format!("as character {at}")
    };
    let text = format!("{name} holds {what} ({}) {place}", c.escape_unicode());
    Some(
        Evidence::new("hidden-characters", "hidden-character-in-id", Strength::Certain, text)
            .instead(format!("type {name} anew, without copying what surrounds it")),
    )
}
