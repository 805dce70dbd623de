//! PEM as people keep it: with a byte-order mark, comments, indentation, CRLF, or the line `OCI_API_KEY` at the end.
//!
//! More tolerant than RFC 7468, since the official clients are; what was tolerated is reported as an [`Oddity`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One `-----BEGIN …-----` block.
#[derive(Clone)]
pub struct Block {
    /// What stands after `BEGIN`, such as `RSA PRIVATE KEY`.
    pub label: String,
    /// `Name: value` lines before the data, as encrypted keys of old have them.
    pub headers: Vec<(String, String)>,
    /// The data.
    pub der: Zeroizing<Vec<u8>>,
    /// The line of its `BEGIN`, from 1.
    pub line: usize,
}

impl Block {
    /// The value of a header line; names are compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({}, line {})", self.label, self.line)
    }
}

/// A departure from plain PEM that is harmless here and may not be so elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// The file starts with a byte-order mark.
    ByteOrderMark,
    /// Text or blank lines before the first block.
    TextBefore,
    /// Text after the last block, such as `OCI_API_KEY`, which Oracle recommends.
    TextAfter,
    /// Indented lines.
    Indented,
    /// Lines that end in CRLF.
    CarriageReturns,
}

/// The blocks of a file.
#[derive(Clone, Debug)]
pub struct Pems {
    /// In the order of the file, at least one.
    pub blocks: Vec<Block>,
    /// What was tolerated, each once.
    pub oddities: Vec<Oddity>,
}

/// Why a text holds no PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PemError {
    /// Nothing but white space.
    Empty,
    /// No `-----BEGIN …-----` line.
    NoBlock,
    /// The line breaks are written as the two characters `\n`.
    EscapedLineBreaks,
    /// `BEGIN` and `END` stand in one line.
    OneLine,
    /// A block without its `END` line.
    NoEnd(String),
    /// `END` names another label than `BEGIN`.
    OtherEnd(String, String),
    /// A line (from 1) that is no base64.
    NotBase64(usize),
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PemError::Empty => f.write_str("the text is empty"),
            PemError::NoBlock => f.write_str("there is no line `-----BEGIN …-----`"),
            PemError::EscapedLineBreaks => f.write_str(
                "the line breaks are written as the characters `\\n`; they must be real line breaks",
            ),
            PemError::OneLine => f.write_str(
                "the text stands in one line; `BEGIN`, the data and `END` need lines of their own",
            ),
            PemError::NoEnd(label) => {
                write!(f, "the line `-----END {label}-----` is missing: the text was cut off")
            }
            PemError::OtherEnd(begin, end) => write!(f, "`BEGIN {begin}` is followed by `END {end}`"),
            PemError::NotBase64(line) => write!(f, "line {line} is no base64"),
        }
    }
}

impl std::error::Error for PemError {}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

fn label<'a>(line: &'a str, marker: &str) -> Option<&'a str> {
    line.strip_prefix(marker)?.strip_suffix(DASHES).filter(|label| !label.contains('-'))
}

/// Reads all blocks of a text.
pub fn read(text: &str) -> Result<Pems, PemError> {
    let mut oddities = Vec::new();
    let mut note = |oddity| {
        if !oddities.contains(&oddity) {
            oddities.push(oddity);
        }
    };
    let body = text.strip_prefix('\u{feff}').inspect(|_| note(Oddity::ByteOrderMark)).unwrap_or(text);
    if body.trim().is_empty() {
        return Err(PemError::Empty);
    }
    let mut blocks = Vec::new();
    let mut lines = body.split('\n').enumerate();
    let mut trailing = false;
    while let Some((index, raw)) = lines.next() {
        let line = raw.trim();
        let Some(begin) = label(line, BEGIN) else {
            if line.starts_with(BEGIN) {
                return Err(if line.contains("\\n") {
                    PemError::EscapedLineBreaks
                } else {
                    PemError::OneLine
                });
            }
            if blocks.is_empty() {
                note(Oddity::TextBefore);
            }
            trailing |= !line.is_empty();
            continue;
        };
        if raw.starts_with([' ', '\t']) {
            note(Oddity::Indented);
        }
        if raw.ends_with('\r') {
            note(Oddity::CarriageReturns);
        }
        trailing = false;
        blocks.push(block(begin, index + 1, &mut lines)?);
    }
    if blocks.is_empty() {
        return Err(PemError::NoBlock);
    }
    if trailing {
        note(Oddity::TextAfter);
    }
    Ok(Pems { blocks, oddities })
}

/// The rest of a block, from the line after its `BEGIN` to its `END`.
fn block<'a>(
    begin: &str,
    line: usize,
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
) -> Result<Block, PemError> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut data = Zeroizing::new(String::new());
    for (index, raw) in lines {
        let text = raw.trim();
        if let Some(end) = label(text, END) {
            if end != begin {
                return Err(PemError::OtherEnd(begin.to_owned(), end.to_owned()));
            }
            let der = STANDARD.decode(data.as_bytes()).map_err(|_| PemError::NotBase64(line + 1))?;
            return Ok(Block { label: begin.to_owned(), headers, der: Zeroizing::new(der), line });
        }
        if let (true, Some((name, value))) = (data.is_empty(), text.split_once(':')) {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
            continue;
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
            return Err(PemError::NotBase64(index + 1));
        }
        data.push_str(text);
    }
    Err(PemError::NoEnd(begin.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "-----BEGIN X-----\nAQID\n-----END X-----\n";

    #[test]
    fn departures_are_read_and_reported() {
        let text = format!("\u{feff}# mine\r\n  {}OCI_API_KEY", PLAIN.replace('\n', "\r\n"));
        let pems = read(&text).unwrap();
        assert_eq!(pems.blocks[0].der.as_slice(), [1, 2, 3]);
        assert_eq!(pems.blocks[0].line, 2);
        use Oddity::*;
        assert_eq!(pems.oddities, [ByteOrderMark, TextBefore, Indented, CarriageReturns, TextAfter]);
        assert_eq!(read(PLAIN).unwrap().oddities, []);
    }

    #[test]
    fn mangled_texts_say_what_mangled_them() {
        assert_eq!(read(" \n").unwrap_err(), PemError::Empty);
        assert_eq!(read("hello").unwrap_err(), PemError::NoBlock);
        assert_eq!(read(&PLAIN.replace('\n', "\\n")).unwrap_err(), PemError::EscapedLineBreaks);
        assert_eq!(read(&PLAIN.replace('\n', " ")).unwrap_err(), PemError::OneLine);
        assert_eq!(read("-----BEGIN X-----\nAQID\n").unwrap_err(), PemError::NoEnd("X".into()));
        assert_eq!(read(&PLAIN.replace("AQID", "A…D")).unwrap_err(), PemError::NotBase64(2));
        assert_eq!(
            read(&PLAIN.replace("END X", "END Y")).unwrap_err(),
            PemError::OtherEnd("X".into(), "Y".into())
        );
    }
}
