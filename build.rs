//! Compiles the catalogue, `src/catalog/data/**/*.toml`, to sorted static tables in `OUT_DIR/catalog.rs`.
//!
//! A row takes what it does not state (`source`, `date`, `certainty`) from the head of its file. What can be
//! derived is derived here: the families of a resource-type, its variables, what grants a permission. A name
//! that a row refers to and that does not exist stops the build.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::{Table, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How a field of a row is written in Rust.
#[derive(Clone, Copy)]
enum As {
    /// A string, empty when absent.
    Text,
    /// An `Option<&str>`.
    Maybe,
    /// A list of strings.
    List,
    /// A list of lists: each string holds alternatives divided by `|`.
    Needs,
    /// `false` when absent.
    Flag,
    /// An `Option<u16>`.
    Number,
    /// A variant of this enum; the second name is the variant when absent.
    One(&'static str, &'static str),
    /// An `Option` of a variant of this enum.
    Perhaps(&'static str),
    /// A list of variants of this enum.
    Many(&'static str),
}

type Shape = &'static [(&'static str, &'static str, As)];

use As::{Flag, List, Many, Maybe, Needs, Number, One, Perhaps, Text};

const RESOURCE_TYPE: Shape = &[
    ("service", "service", Text),
    ("shape", "shape", One("Shape", "Individual")),
    ("inspect", "inspect", List),
    ("read", "read", List),
    ("r#use", "use", List),
    ("manage", "manage", List),
    ("members", "members", List),
    ("families", "families", List),
    ("variables", "variables", List),
    ("note", "note", Text),
];
const OPERATION: Shape = &[
    ("service", "service", Text),
    ("needs", "permissions", Needs),
    ("resource_type", "resource-type", Maybe),
    ("verb", "verb", Maybe),
    ("plane", "plane", Maybe),
    ("method", "method", Text),
    ("paths", "paths", List),
    ("api_key", "api-key", Flag),
    ("aliases", "aliases", List),
    ("withdrawn", "withdrawn", Maybe),
    ("note", "note", Text),
];
const WRONG_NAME: Shape = &[
    ("kind", "kind", One("Kind", "ResourceType")),
    ("instead", "instead", List),
    ("slip", "slip", One("Slip", "NeverExisted")),
    ("reason", "reason", Text),
];
const VARIABLE: Shape = &[
    ("scope", "scope", One("Scope", "Service")),
    ("value", "type", One("ValueType", "Unstated")),
    ("resource_types", "resource-types", List),
    ("operations", "operations", List),
    ("not_on", "not-on", List),
    ("not_with", "not-with", List),
    ("deprecated", "deprecated", Flag),
    ("note", "note", Text),
];
const PRINCIPAL: Shape = &[
    ("spellings", "spellings", List),
    ("in_request", "in-request", Flag),
    ("in_rule", "in-rule", Flag),
    ("calls_genai", "calls-genai", Flag),
    ("note", "note", Text),
];
const OCID: Shape = &[("entity", "entity", Text), ("places", "places", Many("Place"))];
const REALM: Shape = &[("domain", "domain", Text), ("genai", "genai", Flag)];
const REGION: Shape = &[
    ("key", "key", Maybe),
    ("title", "title", Text),
    ("realm", "realm", Text),
    ("genai", "genai", Flag),
    ("openai_compatible", "openai-compatible", Flag),
    ("api_keys", "api-keys", Flag),
    ("agents", "agents", Flag),
    ("sandbox", "sandbox", Flag),
    ("scan", "scan", Text),
    ("note", "note", Text),
];
const PLANE: Shape = &[
    ("host", "host", Text),
    ("other_hosts", "other-hosts", List),
    ("bases", "bases", List),
    ("auth_methods", "auth-methods", List),
    ("what", "what", Text),
    ("note", "note", Text),
];
const AUTH_METHOD: Shape = &[
    ("title", "title", Text),
    ("carried", "carried", Text),
    ("signed", "signed", Flag),
    ("governed_by", "governed-by", Text),
    ("principal_types", "principal-types", List),
    ("meant_for", "meant-for", Text),
];
const LIMIT: Shape = &[("value", "value", Text), ("scope", "scope", Text), ("what", "what", Text)];
const TRAIT: Shape = &[("of", "of", Perhaps("Kind")), ("names", "names", List), ("what", "what", Text)];
const DELAY: Shape = &[("documented", "documented", Text), ("observed", "observed", Text)];
const MODEL: Shape = &[
    ("vendor", "vendor", Text),
    ("capability", "capability", Text),
    ("hosting", "hosting", One("Hosting", "Hosted")),
    ("life", "life", One("Life", "Active")),
    ("release", "release", Maybe),
    ("native", "native", Maybe),
    ("chat_completions", "chat-completions", One("Support", "Unknown")),
    ("responses", "responses", One("Support", "Unknown")),
    ("responses_since", "responses-since", Maybe),
    ("api_key", "api-key", One("Support", "Unknown")),
    ("note", "note", Text),
];
const MODEL_REGION: Shape = &[
    ("model", "model", Text),
    ("region", "region", Text),
    ("documented", "documented", One("Mode", "Unknown")),
    ("expected", "expected", One("Mode", "Unknown")),
    ("deprecated", "deprecated", Maybe),
    ("on_demand_retired", "on-demand-retired", Maybe),
    ("dedicated_retired", "dedicated-retired", Maybe),
    ("note", "note", Text),
];
const PROBE: Shape = &[
    ("plane", "plane", Text),
    ("method", "method", Text),
    ("path", "path", Text),
    ("query", "query", List),
    ("headers", "headers", List),
    ("body", "body", Maybe),
    ("read_only", "read-only", Flag),
    ("cost", "cost", Text),
    ("auth", "auth", List),
    ("success", "success", Number),
    ("note", "note", Text),
];
const LIST: Shape = &[
    ("plane", "plane", Text),
    ("path", "path", Text),
    ("query", "query", List),
    ("needs", "needs", Text),
    ("what", "what", Text),
    ("note", "note", Text),
];
const ERROR_TEXT: Shape = &[
    ("condition", "condition", Text),
    ("plane", "plane", Text),
    ("status", "status", Number),
    ("code", "code", Maybe),
    ("message", "message", Maybe),
    ("wording", "wording", One("Wording", "Verbatim")),
    ("tell_apart", "tell-apart", Text),
];
const ERROR_CODE: Shape = &[
    ("status", "status", Number),
    ("code", "code", Text),
    ("meaning", "meaning", Text),
    ("retry", "retry", Flag),
];

/// One row of a table: its name, what its file says of it, and the head of that file.
type Row = (String, Table);

fn main() -> Result<()> {
    let data = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("src/catalog/data");
    println!("cargo::rerun-if-changed={}", data.display());
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?).join("catalog.rs");

    let sources: Table = fs::read_to_string(data.join("sources.toml"))?.parse()?;
    let mut text = String::new();
    let mut rows = Vec::new();
    for (id, source) in &sources {
        let field = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
        rows.push(format!("Source{{id:{id:?},title:{:?},url:{:?}}}", field("title"), field("url")));
    }
    table(&mut text, "SOURCES", "Source", &rows)?;

    let mut iam = Iam::default();
    for path in files(&data.join("services"))? {
        iam.read(&path, &sources)?;
    }
    iam.derive()?;
    emit(&mut text, "RESOURCE_TYPES", "ResourceType", RESOURCE_TYPE, iam.resource_types)?;
    emit(&mut text, "OPERATIONS", "Operation", OPERATION, iam.operations)?;
    emit(&mut text, "WRONG_NAMES", "WrongName", WRONG_NAME, iam.wrong_names)?;
    emit(&mut text, "VARIABLES", "Variable", VARIABLE, iam.variables)?;
    let mut permissions: Vec<_> = iam.permissions.into_iter().collect();
    permissions.sort_by_cached_key(|(name, _)| name.to_ascii_lowercase());
    let mut rows = Vec::new();
    for (name, (fact, grants)) in permissions {
        let mut list = String::new();
        for (resource_type, verb) in grants {
            write!(list, "({resource_type:?},Verb::{verb}),")?;
        }
        rows.push(format!("Permission{{name:{name:?},grants:&[{list}],fact:{fact}}}"));
    }
    table(&mut text, "PERMISSIONS", "Permission", &rows)?;

    for (file, name, kind, shape) in [
        ("principal-types", "PRINCIPAL_TYPES", "PrincipalType", PRINCIPAL),
        ("ocids", "OCID_KINDS", "OcidKind", OCID),
        ("realms", "REALMS", "Realm", REALM),
        ("regions", "REGIONS", "Region", REGION),
        ("planes", "PLANES", "Plane", PLANE),
        ("auth-methods", "AUTH_METHODS", "AuthMethod", AUTH_METHOD),
        ("limits", "LIMITS", "Limit", LIMIT),
        ("delays", "DELAYS", "Delay", DELAY),
        ("traits", "TRAITS", "TraitRow", TRAIT),
        ("models", "MODELS", "Model", MODEL),
        ("model-regions", "MODEL_REGIONS", "ModelRegion", MODEL_REGION),
        ("probes", "PROBES", "Probe", PROBE),
        ("lists", "LISTS", "List", LIST),
        ("error-texts", "ERROR_TEXTS", "ErrorText", ERROR_TEXT),
        ("error-codes", "ERROR_CODES", "ErrorCode", ERROR_CODE),
    ] {
        let mut file: Table = fs::read_to_string(data.join(format!("{file}.toml")))?.parse()?;
        let head = Head::take(&mut file);
        let rows = file.into_iter().map(|(name, row)| head.row(name, row, &sources));
        emit(&mut text, name, kind, shape, rows.collect::<Result<Vec<_>>>()?)?;
    }
    fs::write(out, text)?;
    Ok(())
}

/// The `.toml` files of a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What the head of a file states for all its rows.
struct Head(Table);

impl Head {
    const KEYS: [&'static str; 4] = ["service", "source", "date", "certainty"];

    fn take(file: &mut Table) -> Self {
        Head(Self::KEYS.iter().filter_map(|key| Some(((*key).to_owned(), file.remove(*key)?))).collect())
    }

    fn row(&self, name: String, row: Value, sources: &Table) -> Result<Row> {
        let mut row = match row {
            Value::Table(row) => row,
            // An operation with nothing but its permissions is a bare list.
            list @ Value::Array(_) => Table::from_iter([("permissions".to_owned(), list)]),
            other => return Err(format!("`{name}`: a table or a list, not {other}").into()),
        };
        for (key, value) in &self.0 {
            row.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let source = row.get("source").and_then(Value::as_str).unwrap_or_default();
        if !sources.contains_key(source) {
            return Err(format!("`{name}`: the source `{source}` is not in sources.toml").into());
        }
        Ok((name, row))
    }
}

/// Resource-types, each with the verb that gives a permission.
type Grants = BTreeSet<(String, &'static str)>;

/// Everything the files of `services/` say.
#[derive(Default)]
struct Iam {
    resource_types: Vec<Row>,
    operations: Vec<Row>,
    wrong_names: Vec<Row>,
    variables: Vec<Row>,
    /// Each with the fact of the row that names it first, and the resource-types and verbs that give it.
    permissions: BTreeMap<String, (String, Grants)>,
}

impl Iam {
    fn read(&mut self, path: &Path, sources: &Table) -> Result<()> {
        let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let mut file: Table = fs::read_to_string(path)?.parse().map_err(|error| at(&error))?;
        let head = Head::take(&mut file);
        for (section, rows) in file {
            let Value::Table(rows) = rows else {
                return Err(at(&format!("`{section}` is no section")).into());
            };
            if section == "permissions" {
                // Which resource-types give them is not known.
                for (name, row) in rows {
                    let (name, row) = head.row(name, row, sources).map_err(|error| at(&error))?;
                    self.permissions.insert(name, (fact(&row)?, BTreeSet::new()));
                }
                continue;
            }
            let target = match section.as_str() {
                "resource-types" | "families" => &mut self.resource_types,
                "operations" => &mut self.operations,
                "wrong-names" => &mut self.wrong_names,
                "variables" => &mut self.variables,
                _ => return Err(at(&format!("unknown section `{section}`")).into()),
            };
            for (name, row) in rows {
                let (name, mut row) = head.row(name, row, sources).map_err(|error| at(&error))?;
                if section == "families" {
                    row.entry("shape").or_insert_with(|| "family".into());
                }
                target.push((name, row));
            }
        }
        Ok(())
    }

    /// Fills in what follows from the rows, and checks that what they refer to exists.
    fn derive(&mut self) -> Result<()> {
        let known: BTreeSet<String> = self.resource_types.iter().map(|(name, _)| name.clone()).collect();
        let mut families: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut variables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, row) in &self.resource_types {
            for member in strings(row, "members") {
                if !known.contains(&member) {
                    return Err(format!("`{member}`, a member of `{name}`, is no resource-type").into());
                }
                families.entry(member).or_default().insert(name.clone());
            }
            for (key, verb) in
                [("inspect", "Inspect"), ("read", "Read"), ("use", "Use"), ("manage", "Manage")]
            {
                for permission in strings(row, key) {
                    let fact = fact(row)?;
                    let (_, grants) =
                        self.permissions.entry(permission).or_insert_with(|| (fact, BTreeSet::new()));
                    grants.insert((name.clone(), verb));
                }
            }
        }
        for (name, row) in &self.variables {
            for resource_type in strings(row, "not-on") {
                if !known.contains(&resource_type) {
                    return Err(
                        format!("`{resource_type}`, which `{name}` is not on, is no resource-type").into()
                    );
                }
            }
            for resource_type in strings(row, "resource-types") {
                if !known.contains(&resource_type) {
                    return Err(format!("`{resource_type}` of variable `{name}` is no resource-type").into());
                }
                variables.entry(resource_type).or_default().insert(name.clone());
            }
        }
        for (name, row) in &self.operations {
            for need in strings(row, "permissions") {
                for permission in need.split('|') {
                    let fact = fact(row)?;
                    self.permissions.entry(permission.to_owned()).or_insert_with(|| (fact, BTreeSet::new()));
                }
            }
            if let Some(resource_type) = row.get("resource-type").and_then(Value::as_str)
                && !known.contains(resource_type)
            {
                return Err(format!("`{resource_type}` of operation `{name}` is no resource-type").into());
            }
        }
        let list = |names: Option<BTreeSet<String>>| names.into_iter().flatten().collect::<Vec<_>>().into();
        for (name, row) in &mut self.resource_types {
            row.insert("families".to_owned(), list(families.remove(name)));
            row.insert("variables".to_owned(), list(variables.remove(name)));
        }
        Ok(())
    }
}

fn strings(row: &Table, key: &str) -> Vec<String> {
    let list = row.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Writes one table, sorted by name without regard to case.
fn emit(text: &mut String, table_name: &str, kind: &str, shape: Shape, mut rows: Vec<Row>) -> Result<()> {
    rows.sort_by_cached_key(|(name, row)| {
        (name.to_ascii_lowercase(), row.get("service").and_then(Value::as_str).unwrap_or_default().to_owned())
    });
    let mut written = Vec::with_capacity(rows.len());
    for (name, row) in &rows {
        written.push(literal(name, row, kind, shape).map_err(|error| format!("{kind} `{name}`: {error}"))?);
    }
    table(text, table_name, kind, &written)
}

fn table(text: &mut String, name: &str, kind: &str, rows: &[String]) -> Result<()> {
    writeln!(text, "pub(super) static {name}: [{kind}; {}] = [\n{}\n];", rows.len(), rows.join(",\n"))?;
    Ok(())
}

/// A row as a Rust struct literal.
fn literal(name: &str, row: &Table, kind: &str, shape: Shape) -> Result<String> {
    const FACT: [&str; 3] = ["source", "date", "certainty"];
    if let Some(key) = row.keys().find(|key| {
        !FACT.contains(&key.as_str()) && *key != "service" && !shape.iter().any(|(_, known, _)| known == key)
    }) {
        return Err(format!("unknown key `{key}`").into());
    }
    let mut text = format!("{kind}{{name:{name:?},");
    for (field, key, form) in shape {
        let value = row.get(*key);
        let text_of = value.and_then(Value::as_str);
        write!(text, "{field}:")?;
        match form {
            Text => write!(text, "{:?}", text_of.unwrap_or_default())?,
            Maybe => write!(text, "{text_of:?}")?,
            Flag => write!(text, "{}", value.and_then(Value::as_bool).unwrap_or_default())?,
            Number => {
                write!(text, "{:?}", value.and_then(Value::as_integer).map(u16::try_from).transpose()?)?;
            }
            List => write!(text, "&{:?}", strings(row, key))?,
            Needs => {
                let needs = strings(row, key);
                write!(text, "&{:?}", needs.iter().map(|need| Alternatives(need)).collect::<Vec<_>>())?;
            }
            One(kind, absent) => {
                write!(text, "{kind}::{}", text_of.map_or((*absent).to_owned(), variant))?;
            }
            Perhaps(kind) => match text_of {
                Some(word) => write!(text, "Some({kind}::{})", variant(word))?,
                None => text.push_str("None"),
            },
            Many(kind) => {
                text.push_str("&[");
                for value in strings(row, key) {
                    write!(text, "{kind}::{},", variant(&value))?;
                }
                text.push(']');
            }
        }
        text.push(',');
    }
    write!(text, "fact:{}}}", fact(row)?)?;
    Ok(text)
}

/// Where the row's fact comes from, as a Rust struct literal.
fn fact(row: &Table) -> Result<String> {
    let stated = |key: &str| {
        row.get(key)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("neither the row nor the file states `{key}`"))
    };
    let (source, date, certainty) = (stated("source")?, stated("date")?, variant(stated("certainty")?));
    Ok(format!("Fact{{source:{source:?},date:{date:?},certainty:Certainty::{certainty}}}"))
}

/// `A|B` as the list `&["A", "B"]`.
struct Alternatives<'a>(&'a str);

impl std::fmt::Debug for Alternatives<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "&{:?}", self.0.split('|').collect::<Vec<_>>())
    }
}

/// `seen-in-code` as `SeenInCode`.
fn variant(word: &str) -> String {
    let mut name = String::new();
    for part in word.split('-') {
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}
