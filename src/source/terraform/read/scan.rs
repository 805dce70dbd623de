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
                let end = self.at + delimiter.len();
                self.at = end;
                self.skip_line();
                if self.bytes.get(end..self.at).is_some_and(|rest| rest.trim_ascii().is_empty()) {
                    self.at = end;
                    return true;
                }
            }
            self.at = line_start;
            self.skip_line();
        }
        true
    }
}

/// Strings, comments and heredocs that Terraform does not take as they end, though hcl-edit may.
pub(super) fn badly_closed(text: &str, mark: &Mark) -> Option<&'static str> {
    let own = text.get(mark.start..mark.end).unwrap_or("");
    match mark.kind {
        Kind::Quoted if own.len() < 2 || !own.ends_with('"') => Some("this string is not closed on its line"),
        Kind::Comment if own.starts_with("/*") && !own.get(2..).is_some_and(|rest| rest.ends_with("*/")) => {
            Some("this comment is not closed")
        }
        Kind::Heredoc => {
            let delimiter = own.lines().next()?.trim_start_matches("<<").trim_start_matches('-').trim();
            let last = own.lines().skip(1).last().unwrap_or("");
            (last.trim() != delimiter).then_some("this heredoc is not closed by its word alone on a line")
        }
        _ => None,
    }
}

/// What stands inside the `${ … }` and `%{ … }` of a quoted string or heredoc at `start..end`.
pub(super) fn sequences(text: &str, mark: &Mark) -> Vec<Chunk> {
    let Some(within) = text.as_bytes().get(..mark.end) else { return Vec::new() };
    let mut scanner = Scanner { bytes: within, at: mark.start };
    let mut found = Vec::new();
    while scanner.at < within.len() {
        match scanner.peek(0) {
            b'\\' if mark.kind == Kind::Quoted => scanner.at += 2,
            b'$' | b'%' if scanner.peek(1) == scanner.peek(0) && scanner.peek(2) == b'{' => scanner.at += 3,
            b'$' | b'%' if scanner.peek(1) == b'{' => {
                scanner.at += 2;
                let start = scanner.at;
                scanner.template(0);
                let closed = within.get(scanner.at.saturating_sub(1)) == Some(&b'}');
                let end = scanner.at.min(within.len()) - usize::from(closed);
                found.push(Chunk { start, end: end.max(start) });
            }
            _ => scanner.at += 1,
        }
    }
    found
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

/// The next line in an attribute, not its first, that is indented no deeper than it and looks like an
/// attribute or block.
pub(super) fn next_entry(text: &str, chunk: Chunk) -> Option<usize> {
    let indent = |at: usize| {
        let line = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
        let before = text.get(line..at)?;
        before.trim().is_empty().then_some(before.len())
    };
    let most = indent(chunk.start).unwrap_or(0);
    let mut at = chunk.start;
    for line in text.get(chunk.start..chunk.end)?.split_inclusive('\n') {
        let entry = line.trim_start_matches([' ', '\t']);
        let deep = line.len() - entry.len();
        if at > chunk.start && deep <= most && looks_like_entry(entry) {
            return Some(at + deep);
        }
        at += line.len();
    }
    None
}

/// A comma after which another attribute begins, and where that begins.
pub(super) fn comma_before_entry(text: &str, chunk: Chunk) -> Option<(usize, usize)> {
    let own = text.get(chunk.start..chunk.end)?;
    let mut depth = 0_usize;
    for mark in scan(own) {
        match mark.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close(_) => depth = depth.saturating_sub(1),
            Kind::Newline if depth == 0 => return None,
            Kind::Text if depth == 0 => {
                let Some(comma) = own.get(mark.start..mark.end)?.find(',').map(|at| mark.start + at) else {
                    continue;
                };
                let rest = own.get(comma + 1..)?;
                let entry = rest.trim_start_matches([' ', '\t']);
                if looks_like_entry(entry) {
                    return Some((chunk.start + comma, chunk.end - entry.len()));
                }
            }
            _ => {}
        }
    }
    None
}

/// `name =` or `name "label" {`
fn looks_like_entry(line: &str) -> bool {
    let name = line.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if name.len() == line.len() || line.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return false;
    }
    match name.trim_start().strip_prefix('=') {
        Some(value) => !value.starts_with(['=', '>']),
        None => name.trim_start().starts_with(['"', '{']) && name.trim_end().ends_with(['{', '}']),
    }
}
