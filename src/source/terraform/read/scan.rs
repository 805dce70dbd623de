//! A light scan of Terraform text: brackets, line ends and comments outside strings and heredocs. Not a
//! parser: it never fails, and finds its way through text that is broken.

/// What the scan tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{`, `[`, `(`
    Open(u8),
    /// `}`, `]`, `)`
    Close(u8),
    /// A line's end outside strings and comments.
    Newline,
    /// `# …`, `// …` without the line's end, `/* … */`.
    Comment,
    /// A quoted string, templates inside it included.
    Quoted,
    /// From `<<` to the end of the closing delimiter.
    Heredoc,
    /// Any other run of characters without space.
    Text,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All marks of a text, in order.
pub(super) fn scan(text: &str) -> Vec<Mark> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    let mut marks = Vec::new();
    while let Some(mark) = scanner.mark() {
        marks.push(mark);
    }
    marks
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts_with(&self, text: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// Moves to the next occurrence of a needle's end, or to the end of the text.
    fn past(&mut self, needle: &[u8]) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += memchr::memmem::find(rest, needle).map_or(rest.len(), |found| found + needle.len());
    }

    /// Moves to the line's end, which stays.
    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn mark(&mut self) -> Option<Mark> {
        while matches!(self.peek(0), b' ' | b'\t' | b'\r') && self.at < self.bytes.len() {
            self.at += 1;
        }
        let start = self.at;
        let &first = self.bytes.get(start)?;
        let kind = match first {
            b'\n' => {
                self.at += 1;
                Kind::Newline
            }
            b'{' | b'[' | b'(' => {
                self.at += 1;
                Kind::Open(first)
            }
            b'}' | b']' | b')' => {
                self.at += 1;
                Kind::Close(first)
            }
            b'#' => {
                self.skip_line();
                Kind::Comment
            }
            b'/' if self.peek(1) == b'/' => {
                self.skip_line();
                Kind::Comment
            }
            b'/' if self.peek(1) == b'*' => {
                self.at += 2;
                self.past(b"*/");
                Kind::Comment
            }
            b'"' => {
                self.quoted(0);
                Kind::Quoted
            }
            b'<' if self.heredoc() => Kind::Heredoc,
            _ => {
                self.at += 1;
                while !matches!(
                    self.peek(0),
                    0..=b' ' | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b'"' | b'#' | b'/' | b'<'
                ) {
                    self.at += 1;
                }
                Kind::Text
            }
        };
        Some(Mark { kind, start, end: self.at })
    }

    /// Moves past a quoted string. A line's end outside a template ends a string that was never closed.
    fn quoted(&mut self, depth: usize) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\n' => return,
                b'\\' => self.at += 2,
                b'$' | b'%' if self.peek(1) == self.peek(0) && self.peek(2) == b'{' => self.at += 3,
                b'$' | b'%' if self.peek(1) == b'{' => {
                    self.at += 2;
                    self.template(depth + 1);
                }
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
    }

    /// Moves past the `}` that closes a template. Strings nested deeper than any sane text are not followed.
    fn template(&mut self, depth: usize) {
        let mut open = 1_usize;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'{' => open += 1,
                b'}' => {
                    open -= 1;
                    if open == 0 {
                        self.at += 1;
                        return;
                    }
                }
                b'"' if depth < 100 => {
                    self.quoted(depth);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Moves past a heredoc, if one begins here.
    fn heredoc(&mut self) -> bool {
        let Some(rest) = self.bytes.get(self.at..) else { return false };
        let Some(rest) = rest.strip_prefix(b"<<") else { return false };
        let rest = rest.strip_prefix(b"-").unwrap_or(rest);
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            .count();
        let delimiter = rest.get(..length).unwrap_or(&[]).to_vec();
        let opener = rest.get(length..).unwrap_or(&[]);
        if delimiter.is_empty() || !(opener.starts_with(b"\n") || opener.starts_with(b"\r\n")) {
            return false;
        }
        self.skip_line();
        while self.at < self.bytes.len() {
            self.at += 1;
            let line_start = self.at;
            while matches!(self.peek(0), b' ' | b'\t') {
                self.at += 1;
            }
            if self.starts_with(&delimiter) {
                let after = self.peek(delimiter.len());
                if !after.is_ascii_alphanumeric() && !matches!(after, b'_' | b'-') {
                    self.at += delimiter.len();
                    return true;
                }
            }
            self.at = line_start;
            self.skip_line();
        }
        true
    }
}

/// A run of marks that should be one attribute or block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Words that begin a block at the start of a line, by which a block that was never closed is told.
const BLOCKS: [&str; 16] = [
    "resource",
    "data",
    "module",
    "variable",
    "output",
    "locals",
    "provider",
    "terraform",
    "moved",
    "import",
    "removed",
    "check",
    "run",
    "ephemeral",
    "variables",
    "mock_provider",
];

/// Cuts a body into its attributes and blocks. `top` tells that it is a file's, where a block's word at the
/// start of a line begins anew whatever is still open.
pub(super) fn chunks(text: &str, marks: &[Mark], top: bool) -> Vec<Chunk> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut depth = 0_usize;
    let mut last = 0;
    for mark in marks {
        let anew = top && depth > 0 && mark.kind == Kind::Text && begins_block(text, mark);
        if anew {
            if let Some(start) = start.take() {
                found.push(Chunk { start, end: last });
            }
            depth = 0;
        }
        match mark.kind {
            Kind::Comment => continue,
            Kind::Newline if depth == 0 => {
                if let Some(start) = start.take() {
                    found.push(Chunk { start, end: last });
                }
                continue;
            }
            Kind::Newline => continue,
            Kind::Open(_) => depth += 1,
            Kind::Close(_) => depth = depth.saturating_sub(1),
            Kind::Quoted | Kind::Heredoc | Kind::Text => {}
        }
        start.get_or_insert(mark.start);
        last = mark.end;
    }
    if let Some(start) = start {
        found.push(Chunk { start, end: last });
    }
    found
}

fn begins_block(text: &str, mark: &Mark) -> bool {
    let line_start = text.get(..mark.start).is_none_or(|before| before.is_empty() || before.ends_with('\n'));
    let word = text.get(mark.start..mark.end).unwrap_or("");
    let rest = text.get(mark.end..).unwrap_or("").trim_start_matches([' ', '\t']);
    line_start && BLOCKS.contains(&word) && rest.starts_with(['"', '{'])
}

/// A copy of the text, byte for byte as long, in which the line ends that Terraform ignores inside
/// `{ for … }` are spaces, and the comments before them too.
pub(super) fn without_ignored_newlines(text: &str, marks: &[Mark]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut inside: Vec<bool> = Vec::new();
    for (index, mark) in marks.iter().enumerate() {
        match mark.kind {
            Kind::Open(bracket) => {
                let next = marks
                    .get(index + 1..)
                    .unwrap_or(&[])
                    .iter()
                    .find(|m| !matches!(m.kind, Kind::Newline | Kind::Comment));
                let is_for = next.is_some_and(|next| {
                    next.kind == Kind::Text && text.get(next.start..next.end) == Some("for")
                });
                inside.push(bracket == b'{' && is_for);
            }
            Kind::Close(_) => {
                inside.pop();
            }
            Kind::Newline | Kind::Comment if inside.last() == Some(&true) => {
                for byte in bytes.get_mut(mark.start..mark.end).unwrap_or(&mut []) {
                    *byte = b' ';
                }
            }
            _ => {}
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
