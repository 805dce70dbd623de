//! Templates of Jinja that Terraform files are made from (`main.tf.j2`): their tags are passed over, so that
//! what stands between them is read.

use super::scan::{Kind, Mark};

/// A copy of equal length without the tags that stand outside strings and comments, and where the first of them
/// stands. `None` when there are none: no Terraform file holds `{%` or `{{` there.
pub(super) fn without_tags(text: &str, marks: &[Mark]) -> Option<(String, usize)> {
    let mut copy = text.as_bytes().to_vec();
    let mut first = None;
    let mut done = 0;
    let mut comments = Vec::new();
    // What nothing closes is not looked for again.
    let mut unclosed = Vec::new();
    for pair in marks.windows(2) {
        let [mark, next] = pair else { continue };
        if mark.kind != Kind::Open(b'{') || mark.start < done {
            continue;
        }
        let rest = text.get(mark.start..).unwrap_or("");
        let close = match rest.as_bytes().get(1) {
            Some(b'%') => "%}",
            Some(b'{') if next.kind == Kind::Open(b'{') => "}}",
            Some(b'#') => "#}",
            _ => continue,
        };
        if unclosed.contains(&close) {
            continue;
        }
        let Some(length) = rest.find(close).map(|at| at + close.len()) else {
            unclosed.push(close);
            continue;
        };
        let end = mark.start + length;
        done = end;
        if close == "#}" {
            comments.push((mark.start, end));
            continue;
        }
        first = first.or(Some(mark.start));
        // An expression stands for a value, a name or a part of one; alone on its line for anything at all.
        let value = close == "}}" && !alone(text, mark.start, end);
        fill(&mut copy, mark.start, end, if value { b'z' } else { b' ' });
    }
    let first = first?;
    for (start, end) in comments {
        fill(&mut copy, start, end, b' ');
    }
    Some((String::from_utf8(copy).ok()?, first))
}

fn alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or("").rsplit('\n').next().unwrap_or("");
    let after = text.get(end..).unwrap_or("").split('\n').next().unwrap_or("");
    before.trim().is_empty() && after.trim().is_empty()
}

/// Line breaks stay.
fn fill(copy: &mut [u8], start: usize, end: usize, with: u8) {
    let bytes = copy.get_mut(start..end).unwrap_or(&mut []);
    bytes.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = with);
}

#[cfg(test)]
mod tests {
    use super::super::{native, scan::scan};
    use super::*;
    use crate::diag::Severity;
    use crate::text::FileId;

    const TEMPLATE: &str = r#"{# made by the starter #}
{%- if language == "java" %}
resource "oci_identity_policy" "{{ prefix }}_p" {
  compartment_id = {{ compartment }}
  {%- if group is defined %}
  name = "a"
  {%- else %}
  name = "b"
  {%- endif %}
  statements = [
    {% for g in groups %}
    "Allow group {{ g }} to read buckets in tenancy",
    {% endfor %}
    "Allow group A to use keys in tenancy" # {% raw %}
  ]
}
{%- endif %}
{{ more }}
"#;

    #[test]
    fn what_stands_between_the_tags_of_a_template_is_read() {
        let read = native(FileId(0), TEMPLATE);
        assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
        assert_ne!(read.problems[0].severity, Severity::Error);
        assert_eq!(read.body.blocks.len(), 1);
        let attributes: Vec<_> =
            read.body.blocks[0].body.attributes.iter().map(|a| a.name.to_string()).collect();
        assert!(attributes.contains(&"statements".to_owned()), "{attributes:?}");
    }

    #[test]
    fn a_copy_has_the_length_of_its_text_and_terraform_has_no_tags() {
        let (copy, first) = without_tags(TEMPLATE, &scan(TEMPLATE)).unwrap();
        assert_eq!(copy.len(), TEMPLATE.len());
        assert!(TEMPLATE.get(first..).unwrap().starts_with("{%-"));
        for text in [
            "locals {# c #}\n a = 1\n}",
            "a = \"{{ x }}\"\n",
            "b = <<E\n{% if %}\nE\n",
            "# {% a %}\n",
            "a = {",
        ] {
            assert_eq!(without_tags(text, &scan(text)), None, "{text}");
        }
        let open = "{%".repeat(50_000);
        assert_eq!(without_tags(&open, &scan(&open)), None);
    }
}
