//! The files of a run, with line tables, so that an offset becomes a line and column in O(log lines).

use std::sync::{Arc, OnceLock};

use super::Span;

/// Names one file of a [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A span in a file: where the user can look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// Bytes in the file as it is on disk, a byte-order mark included.
    pub span: Span,
}

/// A place as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset, from 0.
    pub offset: usize,
}

/// A file's name and text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name to show: as given on the command line, or relative to the folder given, `/` between parts.
    pub name: Arc<str>,
    /// The text as on disk (invalid UTF-8 is refused before).
    pub text: Arc<str>,
    /// Where lines start; found when a place is first asked for, since most files of a run have nothing to show.
    lines: OnceLock<Box<[u32]>>,
    /// How many characters begin before each block of bytes, so that a column of a long line is not counted from its
    /// start each time: a plan is one line of megabytes.
    characters: OnceLock<Box<[u32]>>,
}

/// How many bytes of a text have one entry in the table of its characters.
const BLOCK: usize = 4096;

impl SourceFile {
    /// A file of this name and text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into(), lines: OnceLock::new(), characters: OnceLock::new() }
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect()
        })
    }

    /// Line and column of a byte offset; past the end counts as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.lines().partition_point(|&start| start as usize <= offset);
        let start = self.line_start(line);
        let column = match self.text.get(start..offset) {
            Some(text) if text.len() <= BLOCK => text.chars().count() + 1,
            Some(_) => self.characters_before(offset) - self.characters_before(start) + 1,
            None => offset - start + 1,
        };
        Position { line, column, offset }
    }

    /// How many characters begin before a byte of the text.
    fn characters_before(&self, offset: usize) -> usize {
        let count = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        let bytes = self.text.as_bytes();
        let table = self.characters.get_or_init(|| {
            let mut before = 0;
            let blocks = bytes.chunks(BLOCK).map(|block| {
                let so_far = before;
                before += count(block) as u32;
                so_far
            });
            blocks.collect()
        });
        let Some(&before) = table.get(offset / BLOCK) else { return count(bytes) };
        before as usize + bytes.get(offset / BLOCK * BLOCK..offset).map_or(0, count)
    }

    /// Number of lines, at least 1.
    pub fn line_count(&self) -> usize {
        self.lines().len()
    }

    /// Offset of the first byte of a line (from 1); the end of the text for a line past the last.
    pub fn line_start(&self, line: usize) -> usize {
        match line.checked_sub(1).and_then(|index| self.lines().get(index)) {
            Some(&start) => start as usize,
            None => self.text.len(),
        }
    }

    /// A line (from 1) without its line break; empty past the last.
    pub fn line(&self, line: usize) -> &str {
        let text = self.text.get(self.line_start(line)..self.line_start(line + 1)).unwrap_or("");
        text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
    }
}

/// All files of a run.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<SourceFile>,
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and names it.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// The file of this id; `None` for an id of another run.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The name to show for a file; empty for an id of another run.
    pub fn name(&self, id: FileId) -> &str {
        self.get(id).map_or("", |file| &file.name)
    }

    /// The user's own text at a place.
    pub fn text(&self, place: Place) -> &str {
        self.get(place.file).map_or("", |file| place.span.of(&file.text))
    }

    /// All files in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let file = SourceFile::new("a.tf", "é = 1\nx\r\ny");
        assert_eq!(file.position(3), Position { line: 1, column: 3, offset: 3 });
        assert_eq!(file.position(7), Position { line: 2, column: 1, offset: 7 });
        assert_eq!(file.position(99), Position { line: 3, column: 2, offset: 11 });
        assert_eq!(file.line(2), "x");
        assert_eq!(file.line(9), "");
    }

    #[test]
    fn columns_of_a_long_line_count_characters_too() {
        for repeats in [1, BLOCK / 3, BLOCK, 3 * BLOCK] {
            let file = SourceFile::new("a.json", format!("first\n{}", "aé".repeat(repeats)));
            for offset in [6, 7, 9, 3 * repeats + 3, 3 * repeats + 6] {
                let text = file.text.get(6..offset).unwrap_or("");
                assert_eq!(file.position(offset).column, text.chars().count() + 1, "{repeats} {offset}");
            }
        }
    }
}
