//! Compiled conditions and what they come to for a request.
//!
//! SPEC: a test of a variable that the request doesn't carry is false, `!=` included; `=` and `in` hold when any
//! element of the variable does, `!=` and `not in` when none does; case is ignored.

use std::sync::Arc;

use super::Truth;
use super::time;
use super::tree::same;
use super::value::{Attribute, Pattern};
use crate::catalog;
use crate::policy::ast::{self, Argument, Atom, Comparison, Quantifier, TestKind, ValueKind};
use crate::text::{Hole, Span};

/// How deep conditions may nest; what lies deeper is unknown.
const DEPTH_LIMIT: usize = 64;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// One test.
    Test(Test),
    /// It can't be known: its text, in lower case, and the reason.
    Unknown(Arc<str>, Arc<str>, Span),
}

/// One test of a variable.
#[derive(Clone, Debug)]
pub struct Test {
    /// The variable, in lower case.
    pub variable: Arc<str>,
    /// What is asked of it.
    pub operator: Operator,
    /// The right side: one value, the list, or both ends.
    pub values: Vec<Value>,
    /// Its bytes in the statement.
    pub span: Span,
}

impl PartialEq for Test {
    /// Where a test stands does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.variable == other.variable && self.operator == other.operator && self.values == other.values
    }
}

/// What a test asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// `=`, and `in` with its list: any element equals any value.
    In,
    /// `!=`, and `not in` with its list: no element equals any value.
    NotIn,
    /// `before`
    Before,
    /// `after`
    After,
    /// `between … and …`
    Between,
    /// The variable alone.
    Present,
    /// `!variable`
    Absent,
    /// `sets-intersect`
    Intersect,
    /// `sets-equal`
    Equal,
}

/// The right side of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, in lower case.
    Text(Arc<str>),
    /// A quoted text that spells a variable's name, in lower case.
    QuotedVariable(Arc<str>),
    /// A pattern.
    Pattern(Pattern),
    /// A variable, in lower case.
    Variable(Arc<str>),
    /// A value that isn't known: its text, in lower case, and the reason.
    Unknown(Arc<str>, Arc<str>),
}

/// Which of the two languages a condition is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A policy statement.
    Policy,
    /// A matching rule.
    Rule,
}

/// What compiling needs to know about the text.
pub struct Text<'t> {
    /// The text.
    pub text: &'t str,
    /// Its holes, with reasons where the source gave them.
    pub holes: &'t [Hole],
    /// Which language.
    pub language: Language,
}

impl Text<'_> {
    /// Why the value under a span isn't known.
    pub fn reason(&self, span: Span) -> Arc<str> {
        match self.holes.iter().find(|hole| hole.span.overlaps(span)) {
            Some(hole) => hole.reason.clone(),
            None => format!("`{}` is not known", span.of(self.text)).into(),
        }
    }

    /// The words under a span, in lower case and evenly spaced: the same words are the same unknown.
    pub fn lower(&self, span: Span) -> Arc<str> {
        span.of(self.text).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().into()
    }

    /// The text of an atom, escapes resolved.
    pub fn atom(&self, atom: &Atom) -> String {
        let text = atom.text(self.text);
        if !atom.has_escape || atom.quote == ast::Quote::Slashes {
            return text.to_owned();
        }
        let mut plain = String::with_capacity(text.len());
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let escapes = letter == '\\' || letter == '\'' && letters.peek() == Some(&'\'');
            plain.push(if escapes { letters.next().unwrap_or(letter) } else { letter });
        }
        plain
    }

    fn unknown(&self, span: Span) -> Condition {
        Condition::Unknown(self.lower(span), self.reason(span), span)
    }
}

/// Compiles a condition.
pub fn compile(condition: &ast::Condition, text: &Text<'_>) -> Condition {
    compile_at(condition, text, 0)
}

fn compile_at(condition: &ast::Condition, text: &Text<'_>, depth: usize) -> Condition {
    match condition {
        ast::Condition::Group { quantifier, items, span } if depth < DEPTH_LIMIT => {
            let mut items: Vec<_> = items.iter().map(|item| compile_at(item, text, depth + 1)).collect();
            match (quantifier, items.len()) {
                (_, 1) => items.remove(0),
                (Quantifier::All, _) => Condition::All(items),
                (Quantifier::Any, _) => Condition::Any(items),
                (Quantifier::Unknown, _) => text.unknown(*span),
            }
        }
        ast::Condition::Test(test) => compile_test(test, text),
        other => text.unknown(other.span()),
    }
}

fn compile_test(test: &ast::Test, text: &Text<'_>) -> Condition {
    let made = |variable: &Atom, operator: Operator, values: Vec<Value>| {
        if variable.has_hole {
            return text.unknown(test.span);
        }
        let variable: Arc<str> = text.atom(variable).to_lowercase().into();
        Condition::Test(Test { variable, operator, values, span: test.span })
    };
    let values = |variable: &Atom, values: &[ast::Value]| -> Vec<Value> {
        let name = text.atom(variable).to_lowercase();
        values.iter().map(|value| compile_value(&name, value, text)).collect()
    };
    match &test.kind {
        TestKind::Compare { variable, operator, value, .. } => {
            let operator = match operator {
                Comparison::Equal => Operator::In,
                Comparison::NotEqual => Operator::NotIn,
            };
            made(variable, operator, values(variable, &[*value]))
        }
        TestKind::In { variable, negated, values: list } => {
            let operator = if *negated { Operator::NotIn } else { Operator::In };
            made(variable, operator, values(variable, list))
        }
        TestKind::Time { variable, before, value } => {
            let operator = if *before { Operator::Before } else { Operator::After };
            made(variable, operator, values(variable, &[*value]))
        }
        TestKind::Between { variable, from, until } => {
            made(variable, Operator::Between, values(variable, &[*from, *until]))
        }
        TestKind::Present(variable) => made(variable, Operator::Present, Vec::new()),
        TestKind::Absent(variable) => made(variable, Operator::Absent, Vec::new()),
        TestKind::Call { function, arguments } => compile_call(test.span, function, arguments, text),
    }
}

fn compile_call(span: Span, function: &Atom, arguments: &[Argument], text: &Text<'_>) -> Condition {
    let name = text.atom(function).to_lowercase();
    let operator = match name.as_str() {
        "sets-intersect" => Operator::Intersect,
        "sets-equal" => Operator::Equal,
        _ => {
            let reason = format!("what the function `{name}` does is not documented");
            return Condition::Unknown(text.lower(span), reason.into(), span);
        }
    };
    let variable = |argument: &Argument| match argument {
        Argument::Value(value) if value.kind == ValueKind::Variable && !value.atom.has_hole => {
            Some(text.atom(&value.atom).to_lowercase())
        }
        _ => None,
    };
    let (variable, list) = match arguments {
        [first, second] => match (variable(first), variable(second)) {
            (Some(name), _) => (name, second),
            (None, Some(name)) => (name, first),
            _ => return text.unknown(span),
        },
        _ => return text.unknown(span),
    };
    let values = match list {
        Argument::Value(value) => vec![compile_value(&variable, value, text)],
        Argument::List(values) => values.iter().map(|value| compile_value(&variable, value, text)).collect(),
    };
    Condition::Test(Test { variable: variable.into(), operator, values, span })
}

fn compile_value(variable: &str, value: &ast::Value, text: &Text<'_>) -> Value {
    let inner = text.atom(&value.atom);
    if value.atom.has_hole || value.kind == ValueKind::Hole {
        let whole = inner.starts_with("${") && inner.ends_with(".id}") && inner.matches("${").count() == 1;
        return if whole {
            Value::Text(inner.to_lowercase().into())
        } else {
            Value::Unknown(inner.to_lowercase().into(), text.reason(value.atom.span))
        };
    }
    match value.kind {
        ValueKind::Pattern => Value::Pattern(Pattern::new(&inner)),
        ValueKind::Variable => Value::Variable(inner.to_lowercase().into()),
        _ if text.language == Language::Rule => Value::Text(inner.to_lowercase().into()),
        // SPEC: a star in quotes is a star, but for `'*'` on tags and the globs of object names.
        _ if inner == "*" && variable.contains(".tag.") => Value::Pattern(Pattern::new("*")),
        _ if variable == "target.object.name" && inner.contains('*') => Value::Pattern(Pattern::new(&inner)),
        _ if catalog::variable(&inner).is_some() => Value::QuotedVariable(inner.to_lowercase().into()),
        _ => Value::Text(inner.to_lowercase().into()),
    }
}

/// Where tests get the values of variables from.
pub trait Attributes {
    /// What the request carries for the variable, whose name is in lower case.
    fn attribute(&self, variable: &str) -> Attribute;
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, attributes: &dyn Attributes) -> Truth {
        match self {
            Condition::All(items) => {
                let mut truth = Truth::True;
                for item in items {
                    truth = truth.and(item.holds(attributes));
                    if truth == Truth::False {
                        break;
                    }
                }
                truth
            }
            Condition::Any(items) => {
                let mut truth = Truth::False;
                for item in items {
                    truth = truth.or(item.holds(attributes));
                    if truth == Truth::True {
                        break;
                    }
                }
                truth
            }
            Condition::Test(test) => test.holds(attributes).0,
            Condition::Unknown(..) => Truth::Unknown,
        }
    }

    /// Why it is not known whether it holds: the reasons of the tests that decide.
    pub fn why_unknown(&self, attributes: &dyn Attributes, reasons: &mut Vec<Arc<str>>) {
        match self {
            Condition::All(items) | Condition::Any(items) => {
                for item in items {
                    if item.holds(attributes) == Truth::Unknown {
                        item.why_unknown(attributes, reasons);
                    }
                }
            }
            Condition::Test(test) => {
                if let (Truth::Unknown, Some(reason)) = test.holds(attributes) {
                    reasons.push(reason);
                }
            }
            Condition::Unknown(_, reason, _) => reasons.push(reason.clone()),
        }
    }

    /// All tests, in order.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Condition::All(items) | Condition::Any(items) => {
                items.iter().flat_map(Condition::tests).collect()
            }
            Condition::Test(test) => vec![test],
            Condition::Unknown(..) => Vec::new(),
        }
    }
}

impl Test {
    /// Its text with one value, for a part of a longer list.
    pub fn label(&self, text: &str) -> String {
        let whole = self.span.of(text);
        let listed = whole.trim_end().ends_with(')');
        let Some((true, value)) = self.values.first().map(|value| (listed, value)) else {
            return whole.to_owned();
        };
        let value = match value {
            Value::Text(text) | Value::QuotedVariable(text) => format!("'{text}'"),
            Value::Pattern(pattern) => pattern.label(),
            Value::Variable(name) => name.to_string(),
            Value::Unknown(text, _) => format!("'{text}'"),
        };
        match self.operator {
            Operator::In => format!("{} = {value}", self.variable),
            Operator::NotIn => format!("{} != {value}", self.variable),
            _ => whole.to_owned(),
        }
    }

    /// Whether it holds, and if that isn't known, why.
    pub fn holds(&self, attributes: &dyn Attributes) -> (Truth, Option<Arc<str>>) {
        let carried = attributes.attribute(&self.variable);
        let values = match (&carried, self.operator) {
            (Attribute::Absent, Operator::Absent) => return (Truth::True, None),
            (Attribute::Absent, _) => return (Truth::False, None),
            (Attribute::Unknown(reason), _) => return (Truth::Unknown, Some(reason.clone())),
            (Attribute::Values(_), Operator::Absent) => return (Truth::False, None),
            (Attribute::Values(_), Operator::Present) => return (Truth::True, None),
            (Attribute::Values(values), _) => values,
        };
        let mut reason = None;
        let truth = match self.operator {
            Operator::In | Operator::NotIn => {
                let mut truth = Truth::False;
                for value in &self.values {
                    match matches(&self.variable, values, value, attributes) {
                        Side::Is(one) => truth = truth.or(one),
                        // A variable on the right that the request lacks makes the whole test false, `!=` included.
                        Side::Absent if self.operator == Operator::NotIn => return (Truth::False, None),
                        Side::Absent => {}
                        Side::Unknown(why) => {
                            reason.get_or_insert(why);
                            truth = truth.or(Truth::Unknown);
                        }
                    }
                }
                if self.operator == Operator::In { truth } else { truth.negated() }
            }
            Operator::Before | Operator::After | Operator::Between => {
                let truth = time::holds(self, values);
                if truth == Truth::Unknown {
                    reason = Some("the time in the condition is not one that OCI documents".into());
                }
                truth
            }
            Operator::Intersect | Operator::Equal => self.sets(values, attributes, &mut reason),
            Operator::Present | Operator::Absent => Truth::Unknown,
        };
        let reason = (truth == Truth::Unknown).then(|| {
            reason.unwrap_or_else(|| {
                format!("whether `{}` has the value asked for is not known", self.variable).into()
            })
        });
        (truth, reason)
    }

    fn sets(&self, values: &[Arc<str>], attributes: &dyn Attributes, reason: &mut Option<Arc<str>>) -> Truth {
        let mut found = Truth::False;
        let mut each_listed_is_there = Truth::True;
        for value in &self.values {
            let one = match matches(&self.variable, values, value, attributes) {
                Side::Is(one) => one,
                Side::Absent => Truth::False,
                Side::Unknown(why) => {
                    reason.get_or_insert(why);
                    Truth::Unknown
                }
            };
            found = found.or(one);
            each_listed_is_there = each_listed_is_there.and(one);
        }
        if self.operator == Operator::Intersect {
            return found;
        }
        let each_is_listed = Truth::all(values.iter().map(|value| {
            let one = std::slice::from_ref(value);
            Truth::any(self.values.iter().map(|listed| {
                match matches(&self.variable, one, listed, attributes) {
                    Side::Is(is) => is,
                    Side::Absent => Truth::False,
                    Side::Unknown(_) => Truth::Unknown,
                }
            }))
        }));
        each_listed_is_there.and(each_is_listed)
    }
}

enum Side {
    Is(Truth),
    Absent,
    Unknown(Arc<str>),
}

fn matches(variable: &str, carried: &[Arc<str>], value: &Value, attributes: &dyn Attributes) -> Side {
    match value {
        Value::Text(text) => Side::Is(equals(variable, carried, text)),
        Value::Pattern(pattern) if pattern.is_everything() => Side::Is(Truth::True),
        Value::Pattern(pattern) => {
            let fits = |one: &Arc<str>| match one.contains("${") {
                true => Truth::Unknown,
                false => pattern.matches(one).into(),
            };
            Side::Is(Truth::any(carried.iter().map(fits)))
        }
        Value::Variable(name) => match attributes.attribute(name) {
            Attribute::Absent => Side::Absent,
            Attribute::Unknown(reason) => Side::Unknown(reason),
            Attribute::Values(other) => Side::Is(subset(carried, &other).or(subset(&other, carried))),
        },
        Value::QuotedVariable(name) => {
            let as_variable = matches(variable, carried, &Value::Variable(name.clone()), attributes);
            match (equals(variable, carried, name), as_variable) {
                (Truth::False, Side::Is(Truth::False) | Side::Absent) => Side::Is(Truth::False),
                (Truth::True, _) => Side::Is(Truth::True),
                _ => Side::Unknown(
                    format!(
                        "whether `'{name}'` in quotes is read as a variable or as text is not documented"
                    )
                    .into(),
                ),
            }
        }
        Value::Unknown(text, reason) => {
            if carried.iter().any(|one| one == text) {
                Side::Is(Truth::True)
            } else {
                Side::Unknown(reason.clone())
            }
        }
    }
}

/// Whether any of the carried values is the text.
fn equals(variable: &str, carried: &[Arc<str>], text: &str) -> Truth {
    let number = variable.starts_with("request.utc-timestamp.");
    Truth::any(carried.iter().map(|one| {
        let numbers = || number && text.parse::<u8>().is_ok_and(|n| one.parse::<u8>() == Ok(n));
        if numbers() { Truth::True } else { same(one, text) }
    }))
}

/// Whether every element of `part` is in `whole`.
fn subset(part: &[Arc<str>], whole: &[Arc<str>]) -> Truth {
    Truth::all(part.iter().map(|one| Truth::any(whole.iter().map(|other| same(one, other)))))
}
