//! Finds the comments that speak to this program (`# ociam: ignore[rule] reason`) in host files. What they
//! say is the linter's business.

use memchr::memmem;

use crate::text::{FileId, Place, Span};

/// How a host file writes comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    /// `# …`
    Hash,
    /// `# …` and `// …`
    HashOrSlashes,
    /// `<!-- … -->`
    Markup,
    /// `"//": "…"`
    JsonKey,
}

/// The places of the comments, markers included; for JSON the text of the string.
pub(super) fn collect(file: FileId, text: &str, comments: Comments) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for at in memmem::find_iter(text.as_bytes(), "ociam:") {
        let line_start =
            text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let before = text.get(line_start..at).unwrap_or("");
        let rest = text.get(at..).unwrap_or("");
        let line_end = at + rest.find('\n').unwrap_or(rest.len());
        let line_end = line_start + text.get(line_start..line_end).unwrap_or("").trim_end().len();
        let lead = before.trim_end();
        let marks = match comments {
            Comments::Hash => lead.len() - lead.trim_end_matches('#').len(),
            Comments::HashOrSlashes => lead.len() - lead.trim_end_matches(['#', '/']).len(),
            Comments::Markup => {
                if lead.ends_with("<!--") {
                    4
                } else {
                    0
                }
            }
            Comments::JsonKey => usize::from(is_json_comment(before)),
        };
        if marks == 0 {
            continue;
        }
        let start = match comments {
            Comments::JsonKey => at,
            _ => line_start + lead.len() - marks,
        };
        let own = text.get(start..line_end).unwrap_or("");
        let end = match comments {
            Comments::JsonKey => start + own.find('"').unwrap_or(own.len()),
            Comments::Markup => start + own.find("-->").map_or(own.len(), |close| close + 3),
            Comments::Hash | Comments::HashOrSlashes => line_end,
        };
        // `a#b` is no comment in YAML.
        let glued = comments == Comments::Hash
            && text.get(line_start..start).is_some_and(|code| code.ends_with(|c: char| !c.is_whitespace()));
        let inside = found.last().is_some_and(|last| last.span.end() > start);
        if !glued && !inside {
            found.push(Place { file, span: Span::new(start, end) });
        }
    }
    found
}

/// Whether the line so far is `"//": "`.
fn is_json_comment(before: &str) -> bool {
    let Some(rest) = before.strip_suffix('"') else { return false };
    let Some(rest) = rest.trim_end().strip_suffix(':') else { return false };
    rest.trim_end().ends_with("\"//\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, comments: Comments) -> Vec<&str> {
        collect(FileId(0), text, comments).into_iter().map(|place| place.span.of(text)).collect()
    }

    #[test]
    fn each_host_has_its_comments() {
        let yaml = "a: 1 # ociam: ignore[x] why\r\nb: a#ociam: no\n  ## ociam: ignore[y]\n";
        assert_eq!(found(yaml, Comments::Hash), ["# ociam: ignore[x] why", "## ociam: ignore[y]"]);
        assert_eq!(found("// ociam: ignore[x]\n", Comments::HashOrSlashes), ["// ociam: ignore[x]"]);
        let markdown = "text <!-- ociam: ignore[x] --> more";
        assert_eq!(found(markdown, Comments::Markup), ["<!-- ociam: ignore[x] -->"]);
        let json = "{ \"//\": \"ociam: ignore[x] why\", \"a\": \"ociam: no\" }";
        assert_eq!(found(json, Comments::JsonKey), ["ociam: ignore[x] why"]);
    }
}
