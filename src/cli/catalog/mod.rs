//! `ociam catalog`: looks facts up and says where each comes from.

mod card;

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::catalog::{self, Kind};
use card::{Card, Field};

/// The arguments of `ociam catalog`.
#[derive(Args, Debug)]
pub struct CatalogArgs {
    /// What to look up: a kind and a name, a kind alone to list its names, or a name alone to look for it in all
    /// kinds. Kinds are resource-type, verb, permission, operation, variable, rule-variable, principal-type, ocid,
    /// model, region, realm, plane, auth-method, limit, delay, probe and error.
    #[arg(value_name = "KIND|NAME", num_args = 0..=2)]
    pub words: Vec<String>,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How the answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For reading.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

/// Answers on `out`, and says on `err` what it does not know. Returns the exit code: 1 for an unknown name, 2 for an
/// unknown kind.
pub fn run(args: &CatalogArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => kinds(args.format, out),
        [word] => match kind_of(word) {
            Some(kind) => names(kind, args.format, out),
            None => {
                let cards: Vec<Card> =
                    Kind::ALL.into_iter().flat_map(|kind| card::cards(kind, word)).collect();
                if cards.is_empty() {
                    unknown(None, word, args.format, out, err)
                } else {
                    print(&cards, args.format, out)
                }
            }
        },
        [kind, name, ..] => {
            let Some(kind) = kind_of(kind) else {
                writeln!(err, "error: unknown kind `{kind}`\n")?;
                let distance = |known: Kind| (strsim::damerau_levenshtein(kind, known.word()), known.word());
                match Kind::ALL.map(distance).into_iter().min() {
                    Some((far, near)) if far <= (kind.len() / 3).max(1) => {
                        writeln!(err, "  tip: a similar kind exists: `{near}`")?;
                    }
                    _ => writeln!(err, "  tip: the kinds are {}", Kind::ALL.map(Kind::word).join(", "))?,
                }
                return Ok(2);
            };
            let cards = card::cards(kind, name);
            if cards.is_empty() {
                unknown(Some(kind), name, args.format, out, err)
            } else {
                print(&cards, args.format, out)
            }
        }
    }
}

/// The kind that a word names, in singular or plural.
fn kind_of(word: &str) -> Option<Kind> {
    let word = word.to_ascii_lowercase();
    Kind::ALL.into_iter().find(|kind| {
        kind.word() == word || word.strip_suffix('s').is_some_and(|singular| singular == kind.word())
    })
}

/// Prints how many names of each kind there are.
fn kinds(format: Format, out: &mut dyn Write) -> io::Result<u8> {
    if format == Format::Json {
        let counts: Map<String, Value> = Kind::ALL
            .into_iter()
            .map(|kind| (kind.word().to_owned(), card::names(kind).len().into()))
            .collect();
        document(json!({"schema_version": 1, "kinds": counts}), out)?;
        return Ok(0);
    }
    for kind in Kind::ALL {
        writeln!(out, "{:>6}  {}", card::names(kind).len(), kind.word())?;
    }
    Ok(0)
}

/// Lists the names of a kind.
fn names(kind: Kind, format: Format, out: &mut dyn Write) -> io::Result<u8> {
    let names = card::names(kind);
    if format == Format::Json {
        document(json!({"schema_version": 1, "kind": kind.word(), "names": names}), out)?;
        return Ok(0);
    }
    for name in names {
        writeln!(out, "{name}")?;
    }
    Ok(0)
}

fn print(cards: &[Card], format: Format, out: &mut dyn Write) -> io::Result<u8> {
    if format == Format::Json {
        let facts: Vec<Value> = cards.iter().map(json).collect();
        document(json!({"schema_version": 1, "facts": facts}), out)?;
        return Ok(0);
    }
    for (at, card) in cards.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        human(card, out)?;
    }
    Ok(0)
}

fn human(card: &Card, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", card.kind.word(), card.name)?;
    for (label, field) in &card.fields {
        let text = match field {
            Field::Text(text) => text.clone(),
            Field::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Field::List(list) => list.join(", "),
            Field::Rows(rows) => {
                if !rows.is_empty() {
                    writeln!(out, "  {}", label.replace('_', " "))?;
                }
                for row in rows {
                    writeln!(out, "    {row}")?;
                }
                continue;
            }
        };
        if !text.is_empty() {
            writeln!(out, "  {:<16} {text}", label.replace('_', " "))?;
        }
    }
    let Some(fact) = card.fact else {
        return Ok(());
    };
    write!(out, "  {:<16} {} as of {}", "source", fact.certainty.words(), fact.date)?;
    if let Some(source) = fact.source() {
        write!(out, ": {}", source.title)?;
        if !source.url.is_empty() {
            write!(out, ", {}", source.url)?;
        }
    }
    writeln!(out)
}

fn json(card: &Card) -> Value {
    let mut object = Map::new();
    object.insert("kind".to_owned(), card.kind.word().into());
    object.insert("name".to_owned(), card.name.into());
    for (label, field) in &card.fields {
        let value = match field {
            Field::Text(text) if text.is_empty() => Value::Null,
            Field::Text(text) => text.as_str().into(),
            Field::Flag(flag) => (*flag).into(),
            Field::List(list) | Field::Rows(list) => list.clone().into(),
        };
        object.insert((*label).to_owned(), value);
    }
    if let Some(fact) = card.fact {
        let source =
            fact.source().map(|source| json!({"id": source.id, "title": source.title, "url": source.url}));
        object.insert("source".to_owned(), source.unwrap_or_default());
        object.insert("date".to_owned(), fact.date.into());
        object.insert("certainty".to_owned(), card::word(&fact.certainty).into());
    }
    Value::Object(object)
}

/// Says that a name isn't known and what it may mean.
fn unknown(
    kind: Option<Kind>,
    name: &str,
    format: Format,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let kinds = kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
    let wrong = kinds.iter().find_map(|kind| catalog::wrong_name(*kind, name));
    let near = kinds.iter().find_map(|kind| Some((*kind, catalog::suggest(*kind, name)?)));
    if format == Format::Json {
        let answer = json!({
            "schema_version": 1,
            "facts": [],
            "unknown": name,
            "kind": kind.map(Kind::word),
            "reason": wrong.map(|wrong| wrong.reason),
            "suggestion": near.map(|(_, near)| near),
        });
        document(answer, out)?;
        return Ok(1);
    }
    writeln!(err, "error: unknown {} `{name}`", kind.map_or("name", Kind::word))?;
    if let Some(wrong) = wrong {
        writeln!(err, "note: {}", wrong.reason)?;
    }
    writeln!(err)?;
    match (near, kind) {
        (Some((kind, near)), _) => writeln!(err, "  tip: try `ociam catalog {} {near}`", kind.word())?,
        (None, Some(kind)) => writeln!(err, "  tip: `ociam catalog {}` lists the known names", kind.word())?,
        (None, None) => writeln!(err, "  tip: `ociam catalog` lists the kinds of names")?,
    }
    Ok(1)
}

fn document(value: Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}
