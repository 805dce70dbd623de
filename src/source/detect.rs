//! Which format an input is in, from what the user says, its name and its content.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// The formats a user can name; the words of each are those of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum InputFormat {
    /// Terraform or OpenTofu configuration
    Terraform,
    /// What `terraform show -json` prints
    Plan,
    /// What the OCI command line prints
    OciJson,
    /// A JSON array of statements
    StatementsJson,
    /// Landing-zone configurations and Ansible playbooks, in YAML or JSON
    Yaml,
    /// The code blocks of Markdown
    Markdown,
    /// One statement a line
    Text,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// By the Terraform evaluator.
    Terraform,
    /// As JSON; which one, its content tells.
    Json,
    /// As a plan or state.
    Plan,
    /// As JSON with policies somewhere in it.
    OciJson,
    /// As an array of strings.
    StatementsJson,
    /// As YAML.
    Yaml,
    /// As Markdown.
    Markdown,
    /// As lines of any text, among which there may be statements.
    Text,
    /// As lines that are statements.
    Policy,
}

impl InputFormat {
    pub(super) fn kind(self) -> Kind {
        match self {
            InputFormat::Terraform => Kind::Terraform,
            InputFormat::Plan => Kind::Plan,
            InputFormat::OciJson => Kind::OciJson,
            InputFormat::StatementsJson => Kind::StatementsJson,
            InputFormat::Yaml => Kind::Yaml,
            InputFormat::Markdown => Kind::Markdown,
            InputFormat::Text => Kind::Policy,
        }
    }
}

/// Whether a file of this name is read when it is met in a folder.
pub fn is_read_by_name(name: &str) -> bool {
    by_name(name).is_some()
}

/// The kind that a file's name tells, `None` for names that tell nothing.
pub(super) fn by_name(name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase();
    for template in [".j2", ".jinja", ".jinja2"] {
        if let Some(made) = name.strip_suffix(template) {
            // What a template makes has a structure, but it has none itself that JSON or YAML would allow.
            return by_name(made).map(|kind| match kind {
                Kind::Terraform | Kind::Markdown | Kind::Policy => kind,
                _ => Kind::Text,
            });
        }
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[
        ".tf",
        ".tf.json",
        ".tofu",
        ".tofu.json",
        ".tfvars",
        ".tfvars.json",
        ".tftest.hcl",
        ".tofutest.hcl",
        ".tftest.json",
    ]) || is_terragrunt(&name)
    {
        Some(Kind::Terraform)
    } else if ends(&[".json", ".tfstate"]) {
        Some(Kind::Json)
    } else if ends(&[".yaml", ".yml"]) {
        Some(Kind::Yaml)
    } else if ends(&[".md", ".markdown"]) {
        Some(Kind::Markdown)
    } else if ends(&[".policy"]) {
        Some(Kind::Policy)
    } else if ends(&[".txt"]) {
        Some(Kind::Text)
    } else {
        None
    }
}

/// Whether this names a file of Terragrunt: its `inputs` hold what a module is called with.
pub(super) fn is_terragrunt(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.eq_ignore_ascii_case("terragrunt.hcl")
}

/// The kind that the content looks like, for standard input and names that tell nothing.
pub(super) fn by_content(text: &str) -> Kind {
    static HCL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let block = r#"(?m)^\s*(resource|data|module|variable|output|provider|run)\s+"[^"]*"[^{\n]*\{"#;
        let other = r"|^\s*(locals|terraform)\s*\{|^\s*[A-Za-z_][\w-]*\s*=\s*[\[{<\x22]";
        Regex::new(&format!("{block}{other}")).ok()
    });
    static YAML: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)\A---\s*$|^[ \t-]*[A-Za-z_][\w.-]*:\s*([|>][-+0-9]*\s*|)$").ok());
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let matches = |regex: &Option<Regex>| regex.as_ref().is_some_and(|regex| regex.is_match(text.as_bytes()));
    if start.starts_with(['{', '[']) && !start.starts_with("{{") {
        Kind::Json
    } else if text.contains("```") {
        Kind::Markdown
    } else if matches(&HCL) {
        Kind::Terraform
    } else if matches(&YAML) {
        Kind::Yaml
    } else {
        Kind::Policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_format() {
        assert_eq!(by_name("a/iam.auto.tfvars.json"), Some(Kind::Terraform));
        assert_eq!(by_name("IAM.TF"), Some(Kind::Terraform));
        assert_eq!(by_name("plan.json"), Some(Kind::Json));
        assert_eq!(by_name("x.policy"), Some(Kind::Policy));
        assert_eq!(by_name("live/terragrunt.hcl"), Some(Kind::Terraform));
        assert_eq!(by_name("live/other.hcl"), None);
        assert_eq!(by_name("x"), None);
        assert_eq!(by_name("main.tf.j2"), Some(Kind::Terraform));
        assert_eq!(by_name("iam.yml.j2"), Some(Kind::Text));
        assert_eq!(by_name("x.sh.j2"), None);
    }

    #[test]
    fn content_tells_the_format_where_names_do_not() {
        assert_eq!(by_content("\u{feff} [\"allow\"]"), Kind::Json);
        assert_eq!(by_content("resource \"a\" \"b\" {\n}"), Kind::Terraform);
        assert_eq!(by_content("locals {\n}"), Kind::Terraform);
        assert_eq!(by_content("statements:\n  - Allow x"), Kind::Yaml);
        assert_eq!(by_content("# Title\n```\nallow\n```"), Kind::Markdown);
        assert_eq!(by_content("Allow group x to manage y in tenancy where a = 'b'"), Kind::Policy);
    }
}
