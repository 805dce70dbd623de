//! The text of strings: escapes decoded, each byte with the way back to the file.

use crate::text::{FileId, MappedText, Origin, Place, Span, TextBuilder};

/// Decodes a piece of a quoted string, the quotes left out.
pub(super) fn quoted(raw: &str, file: FileId, start: usize) -> MappedText {
    decode(raw, file, start, escape)
}

/// Decodes a piece of a heredoc, where only the template markers can be escaped.
pub(super) fn heredoc(raw: &str, file: FileId, start: usize) -> MappedText {
    decode(raw, file, start, marker)
}

type Escape = fn(&str) -> Option<(usize, String)>;

fn decode(raw: &str, file: FileId, start: usize, escape: Escape) -> MappedText {
    if memchr::memchr3(b'\\', b'$', b'%', raw.as_bytes()).is_none() {
        return MappedText::verbatim(raw, file, start);
    }
    let mut builder = TextBuilder::new();
    let place = |from: usize, to: usize| Place { file, span: Span::new(start + from, start + to) };
    let (mut plain, mut at) = (0, 0);
    while let Some(found) = raw.get(at..).and_then(|rest| rest.find(['\\', '$', '%'])) {
        let here = at + found;
        let Some((length, text)) = raw.get(here..).and_then(escape) else {
            at = here + 1;
            continue;
        };
        builder.push(raw.get(plain..here).unwrap_or(""), place(plain, here), Origin::Verbatim, None);
        builder.push(&text, place(here, here + length), Origin::Escaped, None);
        at = here + length;
        plain = at;
    }
    builder.push(raw.get(plain..).unwrap_or(""), place(plain, raw.len()), Origin::Verbatim, None);
    builder.finish()
}

/// The escaped template marker at the start of a text: its length and what it stands for.
fn marker(text: &str) -> Option<(usize, String)> {
    match text.get(..3)? {
        "$${" => Some((3, "${".to_owned())),
        "%%{" => Some((3, "%{".to_owned())),
        _ => None,
    }
}

fn escape(text: &str) -> Option<(usize, String)> {
    let Some(rest) = text.strip_prefix('\\') else { return marker(text) };
    let simple = |c: char| Some((2, c.to_string()));
    let code = |digits: usize| {
        let hex = rest.get(1..=digits)?;
        let value = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)?;
        Some((digits + 2, value.to_string()))
    };
    match rest.chars().next()? {
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        '"' => simple('"'),
        '\\' => simple('\\'),
        'u' => code(4),
        'U' => code(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_themselves_and_the_rest_maps_byte_for_byte() {
        let text = quoted(r#"a\"b$${c}\u00e9%%{d}$e"#, FileId(0), 10);
        assert_eq!(text.as_str(), "a\"b${c}é%{d}$e");
        let b = text.editable(Span::new(2, 3)).unwrap();
        assert_eq!(b.span, Span::new(13, 14));
        // An escape is replaced as a whole.
        assert_eq!(text.editable(Span::new(1, 2)).unwrap().span, Span::new(11, 13));
        assert_eq!(text.editable(Span::new(8, 9)), None);
    }

    #[test]
    fn backslashes_are_plain_in_heredocs() {
        assert_eq!(heredoc(r"a\nb$${c}", FileId(0), 0).as_str(), r"a\nb${c}");
    }
}
