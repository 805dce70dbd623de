//! What single characters are to the lexer.

/// Whether a byte ends a bare word.
pub(super) fn ends_word(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\r'
            | b'\n'
            | 0x0b
            | 0x0c
            | b'\''
            | b'"'
            | b'{'
            | b'}'
            | b'('
            | b')'
            | b'['
            | b']'
            | b','
            | b';'
            | b'='
            | b'!'
            | b'<'
            | b'>'
            | b'/'
            | b'\\'
            | b'`'
    )
}

/// Characters that take no room.
pub(in crate::policy) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
        || (c.is_control() && !c.is_whitespace())
}

/// Dashes that look like `-`.
pub(in crate::policy) fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

pub(super) fn is_typographic_quote(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201f}' | '\u{2032}' | '\u{b4}' | '\u{ab}' | '\u{bb}')
}

/// The word as its author saw it: plain dashes, nothing invisible.
pub(in crate::policy) fn plain_word(word: &str) -> String {
    word.chars().filter(|c| !is_invisible(*c)).map(|c| if is_dash(c) { '-' } else { c }).collect()
}
