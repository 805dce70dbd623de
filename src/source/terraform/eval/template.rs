//! Templates to texts that know where each piece came from.

use super::convert::to_text;
use super::expr::{eval as eval_expr, outcomes};
use super::guard::Guard;
use super::iterate::iterate;
use super::machine::{Machine, Scope, TEXT_LIMIT};
use super::value::{Eval, Fail, Unknown, Value, computed};
use super::variants::VARIANTS;
use crate::policy::START_WORDS;
use crate::source::terraform::syntax::TemplatePart;
use crate::text::{HoleKind, MappedText, Place, TextBuilder};

/// Evaluates a template. One interpolation alone gives its value, whatever its type.
pub fn eval(machine: &Machine, parts: &[TemplatePart], place: Place, scope: &Scope) -> Eval {
    match parts {
        [] => Ok(Value::text(MappedText::default())),
        [TemplatePart::Literal(text)] => Ok(Value::text(text.clone())),
        [TemplatePart::Interpolation { value, .. }] => eval_expr(machine, value, scope),
        parts => join(machine, parts, place, scope),
    }
}

/// Evaluates each part and puts the texts together, under each combination of undecided conditions.
fn join(machine: &Machine, parts: &[TemplatePart], place: Place, scope: &Scope) -> Eval {
    let mut variants: Vec<(Guard, MappedText)> = vec![(Guard::always(), MappedText::default())];
    for (at, part) in parts.iter().enumerate() {
        let (value, from, own) = match part {
            TemplatePart::Literal(text) => (Value::text(text.clone()), place, true),
            TemplatePart::Interpolation { value, place } => {
                let value = machine.contain(eval_expr(machine, value, scope), value.place)?;
                let before = variants.first().map_or("", |(_, text)| text.as_str());
                let after = match parts.get(at + 1) {
                    Some(TemplatePart::Literal(text)) => text.as_str(),
                    Some(_) => "?",
                    None => "",
                };
                (filled_in_later(&value, before, after, *place).unwrap_or(value), *place, false)
            }
            directive => {
                let place = directive_place(directive, place);
                (machine.contain(eval_directive(machine, directive, place, scope), place)?, place, true)
            }
        };
        variants = extend(machine, variants, &value, from, own)?;
    }
    let variants = variants.into_iter().map(|(guard, text)| (guard, Value::text(text))).collect();
    Ok(Value::either(variants, place))
}

fn directive_place(part: &TemplatePart, whole: Place) -> Place {
    match part {
        TemplatePart::If { place, .. } | TemplatePart::For { place, .. } => *place,
        _ => whole,
    }
}

fn eval_directive(machine: &Machine, part: &TemplatePart, place: Place, scope: &Scope) -> Eval {
    match part {
        TemplatePart::If { condition, yes, no, .. } => {
            let mut variants = Vec::new();
            for (guard, outcome) in outcomes(machine, condition, scope)? {
                let parts = if outcome { yes } else { no };
                variants.push((guard, join(machine, parts, place, scope)?));
            }
            Ok(Value::either(variants, place))
        }
        TemplatePart::For { key, value, collection, body, .. } => {
            let collection = eval_expr(machine, collection, scope)?;
            let mut variants = vec![(Guard::always(), MappedText::default())];
            for round in iterate(&collection, place)? {
                if round.spread || !round.guard.is_always() {
                    let reason = collection.first_unknown().map(|unknown| unknown.reason.clone());
                    let reason = reason.unwrap_or_else(|| "it depends on an undecided condition".into());
                    return Ok(Value::unknown(reason, HoleKind::Any, place));
                }
                let mut inner = scope.with(value, round.value);
                if let Some(key) = key {
                    inner = inner.with(key, round.key);
                }
                let text = join(machine, body, place, &inner)?;
                variants = extend(machine, variants, &text, place, true)?;
            }
            let variants = variants.into_iter().map(|(guard, text)| (guard, Value::text(text))).collect();
            Ok(Value::either(variants, place))
        }
        _ => Ok(Value::Null),
    }
}

/// Appends a value to each variant. What is not the template's `own` text is brought in through `from`.
fn extend(
    machine: &Machine,
    variants: Vec<(Guard, MappedText)>,
    value: &Value,
    from: Place,
    own: bool,
) -> Eval<Vec<(Guard, MappedText)>> {
    let pieces: Vec<(Guard, MappedText)> = value
        .variants()
        .into_iter()
        .map(|(guard, value)| {
            let text = piece(machine, &value, from)?;
            Ok((guard, if own { text } else { text.brought_in_by(from) }))
        })
        .collect::<Eval<_>>()?;
    if let [(guard, piece)] = pieces.as_slice()
        && guard.is_always()
    {
        // By far the most common case: appended in place, so that long templates stay linear.
        let longest = variants.iter().map(|(_, text)| text.as_str().len()).max().unwrap_or(0);
        if longest + piece.as_str().len() > TEXT_LIMIT {
            return Err(Fail::bound("the text grows too long"));
        }
        return Ok(variants.into_iter().map(|(guard, text)| (guard, text.concat(piece))).collect());
    }
    let mut found = Vec::with_capacity(variants.len());
    for (guard, text) in &variants {
        for (other, piece) in &pieces {
            let Some(both) = guard.and(other) else { continue };
            if text.as_str().len() + piece.as_str().len() > TEXT_LIMIT {
                return Err(Fail::bound("the text grows too long"));
            }
            found.push((both, text.clone().concat(piece)));
        }
    }
    if found.len() > VARIANTS {
        let reason = "it depends on too many undecided conditions";
        let hole = hole(machine, &Unknown::plain(reason, from), from);
        return Ok(variants.into_iter().map(|(guard, text)| (guard, text.concat(&hole))).collect());
    }
    Ok(found)
}

/// The text of one interpolated value.
fn piece(machine: &Machine, value: &Value, place: Place) -> Eval<MappedText> {
    match value {
        Value::Text(text) => Ok((**text).clone()),
        Value::Unknown(unknown) => Ok(hole(machine, unknown, place)),
        Value::Resource(_) | Value::Module(_) => {
            Ok(hole(machine, &Unknown::plain("a whole resource is not a string", place), place))
        }
        other => {
            let fail = |fail: Fail| fail.at(place);
            let text = machine.contain(
                to_text(other).map_err(fail).map(|text| match text {
                    Some(text) => Value::computed(&text, place),
                    None => Value::unknown(other.why_open(), HoleKind::Any, place),
                }),
                place,
            )?;
            match text {
                Value::Text(text) => Ok((*text).clone()),
                Value::Unknown(unknown) => Ok(hole(machine, &unknown, place)),
                _ => Ok(MappedText::default()),
            }
        }
    }
}

/// A hole that shows the user's own text at `place`.
pub fn hole(machine: &Machine, unknown: &Unknown, place: Place) -> MappedText {
    let source = machine.source(place);
    let text = match source.trim() {
        "" => "${…}".to_owned(),
        text if text.starts_with("${") || text.starts_with("%{") => text.to_owned(),
        text => format!("${{{text}}}"),
    };
    let mut builder = TextBuilder::new();
    builder.push_hole(&text, place, None, unknown.kind, unknown.reason.clone());
    builder.finish()
}

/// An empty string where a statement needs a name or value is a setting that is yet to be made (`default = ""`):
/// unknown, since nobody means a statement without it. `None` for every other value and place.
pub fn filled_in_later(value: &Value, before: &str, after: &str, place: Place) -> Option<Value> {
    const WORDS: [&str; 17] = [
        "group",
        "dynamic-group",
        "compartment",
        "id",
        "service",
        "to",
        "in",
        "of",
        "as",
        "where",
        "inspect",
        "read",
        "use",
        "manage",
        "=",
        "!=",
        "with",
    ];
    if !matches!(value, Value::Text(text) if text.as_str().is_empty()) || !begins_statement(before) {
        return None;
    }
    let next = after.chars().next();
    let quoted = before.ends_with('\'') && next == Some('\'');
    let alone = before.ends_with(char::is_whitespace) && next.is_none_or(|c| c.is_whitespace() || c == '/');
    let word = before.split_whitespace().next_back().unwrap_or("").to_ascii_lowercase();
    let needed = alone && WORDS.contains(&word.as_str());
    (quoted || needed)
        .then(|| Value::unknown("it is an empty string here, to be set elsewhere", HoleKind::Any, place))
}

/// Whether a text begins with a word that begins a statement or a matching rule.
fn begins_statement(text: &str) -> bool {
    let text = text.trim_start();
    let starts = |word: &str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    START_WORDS.into_iter().chain(["any", "all"]).any(starts)
}

/// The text of a value, or a hole that shows `place`.
pub fn known_or_hole(machine: &Machine, value: &Value, place: Place) -> MappedText {
    match value {
        Value::Text(text) => (**text).clone(),
        Value::Unknown(unknown) => hole(machine, unknown, place),
        other => match (to_text(other), other.first_unknown()) {
            (Ok(Some(text)), _) => computed(&text, place),
            (_, Some(unknown)) => hole(machine, &unknown, place),
            _ => hole(machine, &Unknown::plain(&other.why_open(), place), place),
        },
    }
}

impl Unknown {
    /// Nothing is known but why.
    pub fn plain(reason: &str, place: Place) -> Self {
        Unknown { reason: reason.into(), kind: HoleKind::Any, place, address: None }
    }
}
