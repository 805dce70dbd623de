//! Text that a terminal shows as it is: what would move its cursor, colour it or turn the reading direction is
//! replaced.

use std::borrow::Cow;

/// Whether a terminal would act on a character instead of showing it.
fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text on one line, with a mark for each character that a terminal would act on.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if acts(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// The same for several lines, and with as many bytes for each mark as it replaces, so that every other byte keeps
/// its place. Tabs and the ends of lines stay.
pub fn visible_in_place(text: &str) -> Cow<'_, str> {
    let stays = |c: char| c == '\n' || c == '\t';
    if !text.contains(|c: char| acts(c) && !stays(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        shown.push_str(match c {
            '\r' if matches!(chars.peek(), Some('\n') | None) => "\r",
            c if !acts(c) || stays(c) => {
                shown.push(c);
                continue;
            }
            c if c.len_utf8() == 1 => "?",
            c if c.len_utf8() == 2 => "\u{b7}",
            _ => "\u{fffd}",
        });
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_replaced_and_the_rest_stays() {
        assert_eq!(visible("a\u{1b}[31mb\r\nc"), "a\u{fffd}[31mb  c");
        assert_eq!(visible("é日"), "é日");
        let text = "a\u{1b}\r\tb\u{9b}\u{202e}\r\nc";
        let shown = visible_in_place(text);
        assert_eq!(shown, "a??\tb\u{b7}\u{fffd}\r\nc");
        assert_eq!(shown.len(), text.len());
    }
}
