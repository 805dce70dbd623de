//! Statements and matching rules that no policy is known to use: in locals, variables, module arguments,
//! outputs, variable files, tests, and in branches that are not taken.

use std::collections::{BTreeSet, HashSet};

use super::expr::eval;
use super::iterate::iterate;
use super::machine::{Machine, Scope};
use super::resources::{own_place, own_start};
use super::value::{InstanceKey, Value};
use crate::policy::START_WORDS;
use crate::source::parts::Parts;
use crate::source::recognise::{looks_like_matching_rule, looks_like_statement};
use crate::source::relevant::may_begin_statements;
use crate::source::terraform::module::{FileRole, TerraformFile};
use crate::source::terraform::syntax::{Block, Body, Expr, ExprKind, For, Step, TemplatePart};
use crate::source::{MatchingRuleSource, Role, Root, StatementSource};
use crate::text::{HoleKind, MappedText, Place, Span};

/// Rounds of a `dynamic` block that are looked at.
const ROUNDS: usize = 64;

/// What stands in the files of one directory and is not among `used`.
pub fn find(machine: &Machine, directory: &str, files: &[&TerraformFile], used: &BTreeSet<Place>) -> Parts {
    let Some(module) = machine.modules.known.get(directory) else { return Parts::default() };
    let instance = machine.root(module, false);
    let mut search = Search {
        machine,
        used,
        seen: BTreeSet::new(),
        told: HashSet::new(),
        found: Parts::default(),
        role: Role::Candidate,
    };
    let speaks =
        |file: &TerraformFile| !file.quiet && may_begin_statements(machine.text(file.file).as_bytes());
    for file in files.iter().filter(|file| speaks(file)) {
        let test = FileRole::of(&file.path) == FileRole::Test;
        search.role = if test { Role::Prose } else { Role::Candidate };
        search.body(&file.body, &Scope::new(instance));
    }
    search.found
}

struct Search<'m, 'a> {
    machine: &'m Machine<'a>,
    used: &'m BTreeSet<Place>,
    seen: BTreeSet<Place>,
    told: HashSet<(Place, String)>,
    found: Parts,
    role: Role,
}

impl Search<'_, '_> {
    fn body(&mut self, body: &Body, scope: &Scope) {
        for attribute in &body.attributes {
            if matches!(attribute.name.as_str(), "description" | "error_message") {
                continue;
            }
            self.whole(&attribute.value, scope);
        }
        for block in &body.blocks {
            self.block(block, scope);
        }
    }

    fn block(&mut self, block: &Block, scope: &Scope) {
        let text = || block.place.span.of(self.machine.text(block.place.file)).as_bytes();
        if block.body.is_later() && !may_begin_statements(text()) || !mentions_block(block) {
            return;
        }
        match block.kind.as_str() {
            "validation" | "moved" | "removed" | "import" => {}
            "dynamic" => self.dynamic(block, scope),
            "resource" | "data" | "module" => {
                let unknown = |name: &str| {
                    Value::unknown(
                        format!("`{name}` differs from instance to instance"),
                        HoleKind::Any,
                        block.place,
                    )
                };
                let key = if block.body.attribute("for_each").is_some() {
                    InstanceKey::Each(unknown("each.key"), unknown("each.value"))
                } else if block.body.attribute("count").is_some() {
                    InstanceKey::Count(unknown("count.index"))
                } else {
                    InstanceKey::Single
                };
                self.body(&block.body, &Scope::inside(scope.instance, key));
            }
            _ => self.body(&block.body, scope),
        }
    }

    fn dynamic(&mut self, block: &Block, scope: &Scope) {
        let label = block.labels.first().map_or("", String::as_str);
        let iterator = match block.body.attribute("iterator").map(|attribute| &attribute.value.kind) {
            Some(ExprKind::Name(name)) => name.clone(),
            _ => label.to_owned(),
        };
        let rounds = block
            .body
            .attribute("for_each")
            .and_then(|each| iterate(&eval(self.machine, &each.value, scope).ok()?, each.value.place).ok())
            .unwrap_or_default();
        for round in rounds.into_iter().take(ROUNDS) {
            let mut object = super::value::Object::default();
            for (name, value) in [("key", round.key), ("value", round.value)] {
                let key = std::rc::Rc::new(super::value::computed(name, block.place));
                object.entries.insert(name.into(), super::value::Entry::sure(key, value));
            }
            let inner = scope.with(&iterator, object.value());
            for content in &block.body.blocks {
                self.body(&content.body, &inner);
            }
        }
        let unknown = Value::unknown("nothing is iterated", HoleKind::Any, block.place);
        for content in &block.body.blocks {
            self.body(&content.body, &scope.with(&iterator, unknown.clone()));
        }
    }

    /// The value of the whole expression first, so that loops and functions give whole statements; then each
    /// string in it that did not turn up.
    fn whole(&mut self, expr: &Expr, scope: &Scope) {
        if !mentions(expr) {
            return;
        }
        if let Ok(value) = eval(self.machine, expr, scope) {
            self.value(&value, expr.place, None, false, 0);
        }
        self.strings(expr, scope, None);
    }

    fn value(&mut self, value: &Value, within: Place, index: Option<usize>, maybe: bool, depth: usize) {
        if depth > 64 {
            return;
        }
        match value {
            Value::Text(text) => {
                let here = own_start(text)
                    .is_some_and(|own| own.file == within.file && within.span.contains(own.span.start()));
                if here {
                    self.text(text, index, maybe);
                }
            }
            Value::List(list) => {
                let mut sure = true;
                for (at, item) in list.items.iter().enumerate() {
                    let maybe = maybe || !item.is_sure();
                    self.value(&item.value, within, sure.then_some(at), maybe, depth + 1);
                    sure &= item.is_sure();
                }
            }
            Value::Object(object) => {
                for entry in object.entries.values() {
                    let maybe = maybe || entry.spread || !entry.guard.is_always();
                    self.value(&entry.value, within, None, maybe, depth + 1);
                }
            }
            Value::Either(variants) => {
                for (_, value) in variants.iter() {
                    self.value(value, within, index, true, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &MappedText, index: Option<usize>, maybe: bool) {
        if looks_like_matching_rule(text.as_str()) {
            if let Some(place) = self.fresh(text) {
                self.found.matching_rules.push(MatchingRuleSource {
                    text: text.clone(),
                    address: None,
                    name: None,
                    place,
                    maybe,
                    role: self.role,
                    root: Root::File(place.file),
                });
            }
            return;
        }
        let statements = statements_in(text);
        let single = statements.len() <= 1;
        for (at, statement) in statements.into_iter().enumerate() {
            if let Some(place) = self.fresh(&statement) {
                self.found.statements.push(StatementSource {
                    text: statement,
                    policy: None,
                    index: if single { index } else { Some(at) },
                    place,
                    maybe,
                    role: self.role,
                });
            }
        }
    }

    /// The text's own place, when no policy uses it.
    fn fresh(&mut self, text: &MappedText) -> Option<Place> {
        let place = own_place(text)?;
        let used = self.begins_within(self.used, place);
        self.seen.extend(own_start(text));
        (!used && self.told.insert((place, text.as_str().to_owned()))).then_some(place)
    }

    fn begins_within(&self, starts: &BTreeSet<Place>, place: Place) -> bool {
        let from = Place { file: place.file, span: Span::at(place.span.start()) };
        let until = Place { file: place.file, span: Span::at(place.span.end()) };
        starts.range(from..until).next().is_some()
    }

    /// Each string inside an expression, with the scope that it stands in.
    fn strings(&mut self, expr: &Expr, scope: &Scope, index: Option<usize>) {
        let mut inside = |expr: &Expr| self.strings(expr, scope, None);
        match &expr.kind {
            ExprKind::Template(parts) => self.string(expr, parts, scope, index),
            ExprKind::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.strings(item, scope, Some(at));
                }
            }
            ExprKind::Object(entries) => entries.iter().for_each(|(_, value)| inside(value)),
            ExprKind::Attr(base, _) | ExprKind::Unary(_, base) => inside(base),
            ExprKind::Paren(inner) => self.strings(inner, scope, index),
            ExprKind::Index(a, b) | ExprKind::Binary(a, _, b) => {
                inside(a);
                inside(b);
            }
            ExprKind::Splat { value, steps, .. } => {
                inside(value);
                for step in steps {
                    if let Step::Index(expr) = step {
                        inside(expr);
                    }
                }
            }
            ExprKind::Call { arguments, .. } => arguments.iter().for_each(inside),
            ExprKind::Conditional(condition, yes, no) => {
                inside(condition);
                self.strings(yes, scope, index);
                self.strings(no, scope, index);
            }
            ExprKind::For(over) => self.round(over, scope),
            _ => {}
        }
    }

    fn round(&mut self, over: &For, scope: &Scope) {
        self.strings(&over.collection, scope, None);
        let unknown =
            || Value::unknown("it differs from round to round", HoleKind::Any, over.collection.place);
        let mut inner = scope.with(&over.value, unknown());
        if let Some(key) = &over.key {
            inner = inner.with(key, unknown());
        }
        self.strings(&over.result, &inner, None);
    }

    fn string(&mut self, expr: &Expr, parts: &[TemplatePart], scope: &Scope, index: Option<usize>) {
        for part in parts {
            if let TemplatePart::Interpolation { value, .. } = part {
                self.strings(value, scope, None);
            }
        }
        let done = self.begins_within(self.used, expr.place) || self.begins_within(&self.seen, expr.place);
        if done || !mentions_parts(parts) {
            return;
        }
        if let Ok(value) = eval(self.machine, expr, scope) {
            for (_, value) in value.variants() {
                if let Value::Text(text) = value {
                    self.text(&text, index, true);
                }
            }
        }
    }
}

/// The statements of a text: the whole text, or those that its lines begin.
fn statements_in(text: &MappedText) -> Vec<MappedText> {
    let whole = text.as_str();
    let begins =
        whole.split_inclusive('\n').filter(|line| looks_like_statement(line.trim_start_matches(is_bullet)));
    if !whole.trim_end().contains('\n') || begins.count() == 0 {
        return if looks_like_statement(whole) { vec![text.clone()] } else { Vec::new() };
    }
    let mut found: Vec<Span> = Vec::new();
    let (mut at, mut open) = (0, false);
    for line in whole.split_inclusive('\n') {
        let trimmed = line.trim_start_matches(is_bullet);
        let start = at + line.len() - trimmed.len();
        let end = at + line.trim_end_matches(is_closing).len();
        at += line.len();
        if looks_like_statement(trimmed) {
            found.push(Span::new(start, end.max(start)));
            open = true;
        } else if let (true, Some(last)) = (open, found.last_mut()) {
            // A statement goes on over lines as long as a brace is open or the line can't stand alone.
            open = goes_on(last.of(whole), trimmed);
            if open {
                *last = Span::new(last.start(), end.max(last.end()));
            }
        }
    }
    found.into_iter().map(|span| text.slice(span)).collect()
}

fn goes_on(so_far: &str, line: &str) -> bool {
    let depth = so_far.matches('{').count() > so_far.matches('}').count();
    let word = line.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or("").to_ascii_lowercase();
    depth
        || matches!(word.as_str(), "where" | "in" | "to" | "with" | "of" | "any" | "all")
        || line.starts_with('{')
}

pub fn is_bullet(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '-' | '*' | '\'')
}

fn is_closing(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | ',')
}

/// Whether a line of the text begins with a word that begins a statement or a matching rule.
fn mentions_text(text: &str) -> bool {
    text.split('\n').any(|line| {
        let line = line.trim_start_matches(is_bullet);
        START_WORDS
            .iter()
            .copied()
            .chain(["any", "all"])
            .any(|word| line.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))
    })
}

fn mentions_parts(parts: &[TemplatePart]) -> bool {
    parts.iter().any(|part| match part {
        TemplatePart::Literal(text) => mentions_text(text.as_str()),
        TemplatePart::Interpolation { value, .. } => mentions(value),
        TemplatePart::If { yes, no, .. } => mentions_parts(yes) || mentions_parts(no),
        TemplatePart::For { body, .. } => mentions_parts(body),
    })
}

fn mentions_block(block: &Block) -> bool {
    block.body.attributes.iter().any(|attribute| mentions(&attribute.value))
        || block.body.blocks.iter().any(|block| mentions_block(block))
}

/// Whether a string in the expression may begin a statement.
fn mentions(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Template(parts) => mentions_parts(parts),
        ExprKind::List(items) => items.iter().any(mentions),
        ExprKind::Object(entries) => entries.iter().any(|(_, value)| mentions(value)),
        ExprKind::Attr(base, _) | ExprKind::Paren(base) | ExprKind::Unary(_, base) => mentions(base),
        ExprKind::Index(a, b) | ExprKind::Binary(a, _, b) => mentions(a) || mentions(b),
        ExprKind::Splat { value, .. } => mentions(value),
        ExprKind::Call { arguments, .. } => arguments.iter().any(mentions),
        ExprKind::Conditional(a, b, c) => mentions(a) || mentions(b) || mentions(c),
        ExprKind::For(over) => mentions(&over.collection) || mentions(&over.result),
        _ => false,
    }
}
