//! What an expression evaluates to: Terraform's values, with unknown ones and undecided ones among them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::guard::Guard;
use crate::text::{HoleKind, MappedText, Origin, Place, Segment, TextBuilder};

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Not known without a plan.
    Unknown(Rc<Unknown>),
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string, which may hold holes.
    Text(Rc<MappedText>),
    /// A list, tuple or set.
    List(Rc<List>),
    /// A map or object.
    Object(Rc<Object>),
    /// One of several, each under its guard; never lists only or objects only, never nested.
    Either(Rc<Vec<(Guard, Value)>>),
    /// One instance of a resource or data source, whose attributes are evaluated when asked for.
    Resource(Rc<ResourceHandle>),
    /// One instance of a local module, whose outputs are evaluated when asked for.
    Module(usize),
}

/// Why a value is unknown and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// For a person.
    pub reason: Arc<str>,
    /// What kind of value it is.
    pub kind: HoleKind,
    /// The expression that is unknown.
    pub place: Place,
    /// The resource whose attribute it is.
    pub address: Option<Arc<str>>,
}

/// A list, tuple or set.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The elements in order.
    pub items: Vec<Item>,
    /// Which of the three it is.
    pub kind: ListKind,
}

/// What Terraform tells apart where values are compared and converted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListKind {
    /// As brackets and `for` make it: each element has a type of its own.
    #[default]
    Tuple,
    /// The elements have one type.
    List,
    /// Sorted, no index.
    Set,
}

/// An element of a list.
#[derive(Clone, Debug)]
pub struct Item {
    /// When it is there.
    pub guard: Guard,
    /// Whether it stands for any number of elements like this one, none included.
    pub spread: bool,
    /// The element.
    pub value: Value,
}

/// A map or object, in the order of its keys.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// The entries. A key with holes stands as its own text.
    pub entries: BTreeMap<Arc<str>, Entry>,
    /// Set when there may be further entries.
    pub rest: Option<Rc<Unknown>>,
    /// Whether it is a map, whose values have one type, and not an object.
    pub map: bool,
}

/// An entry of a map or object.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key with its map and holes.
    pub key: Rc<MappedText>,
    /// When it is there.
    pub guard: Guard,
    /// Whether it stands for any number of entries like this one, none included.
    pub spread: bool,
    /// The value.
    pub value: Value,
}

/// One instance of a resource or data source.
#[derive(Clone, Debug)]
pub struct ResourceHandle {
    /// The module instance it stands in.
    pub instance: usize,
    /// Its number among the module's resources.
    pub resource: usize,
    /// Which instance, with `each` or `count`.
    pub key: InstanceKey,
}

/// Which instance of a block with `count` or `for_each`.
#[derive(Clone, Debug)]
pub enum InstanceKey {
    /// Neither is used.
    Single,
    /// `count.index`
    Count(Value),
    /// `each.key`, `each.value`
    Each(Value, Value),
}

impl InstanceKey {
    /// `[0]`, `["a"]` or nothing, as in an address.
    pub fn suffix(&self) -> String {
        match self {
            InstanceKey::Count(Value::Number(index)) => format!("[{index}]"),
            InstanceKey::Each(Value::Text(key), _) => format!("[\"{}\"]", key.as_str()),
            InstanceKey::Each(Value::Number(key), _) => format!("[\"{key}\"]"),
            _ => String::new(),
        }
    }
}

/// Why an expression has no value: what Terraform would refuse, or a bound of ours.
#[derive(Clone, Debug)]
pub struct Fail {
    /// For a person.
    pub reason: Arc<str>,
    /// Where; `None` until an expression claims it.
    pub place: Option<Place>,
    /// Whether a bound was reached, which `try` can't turn into a value.
    pub bound: bool,
}

impl Fail {
    /// What Terraform would refuse.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into(), place: None, bound: false }
    }

    /// A bound was reached.
    pub fn bound(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into(), place: None, bound: true }
    }

    /// At this place, unless one is known already.
    pub fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }
}

/// A value or why there is none.
pub type Eval<T = Value> = Result<T, Fail>;

impl Item {
    /// An element that is there for certain.
    pub fn sure(value: Value) -> Self {
        Self { guard: Guard::always(), spread: false, value }
    }

    /// Whether it is exactly one element, for certain.
    pub fn is_sure(&self) -> bool {
        !self.spread && self.guard.is_always()
    }

    /// The elements of a list, or of what may be one; none for what is no list.
    pub fn opened(&self) -> Option<Vec<Item>> {
        match &self.value {
            Value::List(list) => Some(
                list.items
                    .iter()
                    .filter_map(|inner| {
                        let guard = self.guard.and(&inner.guard)?;
                        Some(Item { guard, spread: self.spread || inner.spread, value: inner.value.clone() })
                    })
                    .collect(),
            ),
            Value::Either(variants) if variants.iter().any(|(_, v)| matches!(v, Value::List(_))) => Some(
                variants
                    .iter()
                    .filter_map(|(guard, value)| {
                        let guard = self.guard.and(guard)?;
                        Some(Item { guard, spread: self.spread, value: value.clone() })
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}

impl List {
    /// A tuple of elements that are there for certain.
    pub fn of(values: impl IntoIterator<Item = Value>) -> Value {
        List::items(values.into_iter().map(Item::sure).collect())
    }

    /// A tuple of these items.
    pub fn items(items: Vec<Item>) -> Value {
        Value::List(Rc::new(List { items, kind: ListKind::Tuple }))
    }

    /// A list of these items, which have one type.
    pub fn typed(items: Vec<Item>) -> Value {
        Value::List(Rc::new(List { items, kind: ListKind::List }))
    }

    /// These items in a list of the same kind; a set's are a list.
    pub fn like(&self, items: Vec<Item>) -> Value {
        if self.kind == ListKind::Tuple { List::items(items) } else { List::typed(items) }
    }

    /// Whether it is a set.
    pub fn is_set(&self) -> bool {
        self.kind == ListKind::Set
    }

    /// Whether the number of elements is known.
    pub fn is_sure(&self) -> bool {
        self.items.iter().all(Item::is_sure)
    }
}

impl Object {
    /// Whether all entries are there for certain and no other is.
    pub fn is_sure(&self) -> bool {
        self.rest.is_none() && self.entries.values().all(|entry| entry.guard.is_always() && !entry.spread)
    }

    /// The object as a value.
    pub fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

impl Entry {
    /// An entry that is there for certain.
    pub fn sure(key: Rc<MappedText>, value: Value) -> Self {
        Self { key, guard: Guard::always(), spread: false, value }
    }
}

impl Value {
    /// A computed string that points at `place` as a whole.
    pub fn computed(text: &str, place: Place) -> Value {
        Value::text(computed(text, place))
    }

    /// A string.
    pub fn text(text: MappedText) -> Value {
        Value::Text(Rc::new(text))
    }

    /// An unknown value.
    pub fn unknown(reason: impl Into<Arc<str>>, kind: HoleKind, place: Place) -> Value {
        Value::Unknown(Rc::new(Unknown { reason: reason.into(), kind, place, address: None }))
    }

    /// The word Terraform uses for the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Unknown(_) | Value::Either(_) => "unknown value",
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List(list) if list.is_set() => "set",
            Value::List(_) => "list",
            Value::Object(_) | Value::Resource(_) | Value::Module(_) => "object",
        }
    }

    /// The first reason why some of it is unknown, looking inside.
    pub fn first_unknown(&self) -> Option<Rc<Unknown>> {
        match self {
            Value::Unknown(unknown) => Some(unknown.clone()),
            Value::Text(text) => text.holes().first().and_then(|hole| {
                let place = text.segment_at(hole.span.start())?.source;
                let (reason, kind) = (hole.reason.clone(), hole.kind);
                Some(Rc::new(Unknown { reason, kind, place, address: None }))
            }),
            Value::List(list) => list.items.iter().find_map(|item| item.value.first_unknown()),
            Value::Object(object) => object
                .rest
                .clone()
                .or_else(|| object.entries.values().find_map(|entry| entry.value.first_unknown())),
            Value::Either(variants) => variants.iter().find_map(|(_, value)| value.first_unknown()),
            _ => None,
        }
    }

    /// Why some of it is not known, for a person.
    pub fn why_open(&self) -> Arc<str> {
        match self.first_unknown() {
            Some(unknown) => unknown.reason.clone(),
            None if self.has_long_number() => "the number has more digits than are kept here".into(),
            None => "it depends on an undecided condition".into(),
        }
    }

    fn has_long_number(&self) -> bool {
        match self {
            Value::Number(number) => number_text(*number).is_none(),
            Value::List(list) => list.items.iter().any(|item| item.value.has_long_number()),
            Value::Object(object) => object.entries.values().any(|entry| entry.value.has_long_number()),
            _ => false,
        }
    }

    /// Whether all of it is known and decided.
    pub fn is_whole(&self) -> bool {
        match self {
            Value::Null | Value::Bool(_) => true,
            Value::Number(number) => number_text(*number).is_some(),
            Value::Text(text) => text.is_known(),
            Value::List(list) => list.is_sure() && list.items.iter().all(|item| item.value.is_whole()),
            Value::Object(object) => object.is_sure() && object.entries.values().all(|e| e.value.is_whole()),
            Value::Unknown(_) | Value::Either(_) | Value::Resource(_) | Value::Module(_) => false,
        }
    }

    /// Whether the two are the same for certain, or the same unknown.
    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a.as_str() == b.as_str() && a.holes() == b.holes(),
            (Value::Unknown(a), Value::Unknown(b)) => a == b,
            (Value::List(a), Value::List(b)) => {
                a.items.len() == b.items.len()
                    && a.items
                        .iter()
                        .zip(&b.items)
                        .all(|(a, b)| a.guard == b.guard && a.spread == b.spread && a.value.same(&b.value))
            }
            (Value::Object(a), Value::Object(b)) => {
                a.rest == b.rest
                    && a.entries.len() == b.entries.len()
                    && a.entries.iter().zip(&b.entries).all(|((ka, a), (kb, b))| {
                        ka == kb && a.guard == b.guard && a.spread == b.spread && a.value.same(&b.value)
                    })
            }
            (Value::Module(a), Value::Module(b)) => a == b,
            _ => false,
        }
    }
}

/// A computed text that points at `place` as a whole.
pub fn computed(text: &str, place: Place) -> MappedText {
    let mut builder = TextBuilder::new();
    builder.push(text, place, Origin::Computed, None);
    builder.finish()
}

/// The same text with each known piece changed by `change`; holes stay.
pub fn map_pieces(text: &MappedText, mut change: impl FnMut(&str) -> String) -> MappedText {
    let mut builder = TextBuilder::new();
    for segment in text.segments() {
        let piece = segment.text.of(text.as_str());
        if segment.origin == Origin::Hole {
            push_segment(&mut builder, text, segment);
            continue;
        }
        let changed = change(piece);
        let origin = if changed == piece { segment.origin } else { Origin::Computed };
        builder.push(&changed, segment.source, origin, segment.via);
    }
    builder.finish()
}

/// Appends one piece of another text, hole or not.
fn push_segment(builder: &mut TextBuilder, text: &MappedText, segment: &Segment) {
    let piece = segment.text.of(text.as_str());
    match text.holes().iter().find(|hole| hole.span == segment.text) {
        Some(hole) if segment.origin == Origin::Hole => {
            builder.push_hole(piece, segment.source, segment.via, hole.kind, hole.reason.clone());
        }
        _ => builder.push(piece, segment.source, segment.origin, segment.via),
    }
}

/// A number as Terraform writes it, which keeps some 150 digits; `None` for one that has more than are kept here.
pub fn number_text(number: f64) -> Option<String> {
    let text = number.to_string();
    let digits = text.trim_start_matches(['-', '0', '.']).trim_end_matches('0').replace('.', "");
    (digits.len() <= 15).then_some(text)
}
