//! The smallest edit of a statement that grants a request, tried before it is offered.

use crate::authz::Truth;
use crate::authz::action::{Action, Effect, Right};
use crate::authz::condition::{Attributes, Condition, Operator, Test};
use crate::authz::least;
use crate::authz::subject::SubjectMatch;
use crate::authz::tree::ROOT;
use crate::authz::value::Attribute;
use crate::catalog::Verb;
use crate::policy::ast::ActionKind;
use crate::text::Span;

use super::{Near, says_who, without_who};

impl Near<'_> {
    /// The statement with the fewest clauses changed that grants the request, and where it must be attached if its
    /// policy can't reach the target.
    pub(super) fn edit(&self) -> Option<(String, Option<String>)> {
        let Near { prepared, grant, origin, rule, fit, right } = *self;
        let text = &*origin.text;
        let (mut pieces, mut attach) = (Vec::new(), None);
        let context = prepared.context(right);
        // A statement for everybody says by its condition who is meant: whoever asks now takes that place.
        let wide = matches!(grant.subject, SubjectMatch::AnyUser | SubjectMatch::AnyGroup);
        let tests = grant.condition.as_ref().map(Condition::tests).unwrap_or_default();
        let wrong_who = wide
            && fit.condition != Truth::True
            && tests.iter().any(|test| says_who(&test.variable) && test.holds(&context).0 != Truth::True);
        let renamed = fit.subject.0 != Truth::True || wrong_who;
        let subject_span = rule.subject.as_ref()?.span;
        if fit.action.0 != Truth::True {
            pieces.push((rule.action.as_ref()?.span, self.action()));
        }
        if fit.location.0 != Truth::True {
            let (place, elsewhere) = least::location(prepared, origin.attached);
            attach = elsewhere;
            pieces.push((rule.location.as_ref()?.span, place));
        }
        // Each try: a subject in place of the written one, and a condition.
        let mut tries = Vec::new();
        if renamed {
            let (subject, pins) = least::subject(&prepared.request.principal, &prepared.caller)?;
            if let Some(kept) = grant.condition.as_ref().and_then(without_who) {
                tries.push((Some(subject.clone()), least::join(repair(&kept, text, &context), &pins)));
            }
            tries.push((Some(subject), least::join(None, &pins)));
        } else {
            if let Some(condition) = &grant.condition {
                tries.push((None, repair(condition, text, &context)));
            }
            if wide && grant.condition.is_some() {
                // Without its condition a statement for everybody would be open to everybody.
                let (subject, pins) = least::subject(&prepared.request.principal, &prepared.caller)?;
                tries.push((Some(subject), least::join(None, &pins)));
            } else {
                tries.push((None, None));
            }
        }
        tries
            .into_iter()
            .find_map(|(subject, condition)| {
                let mut pieces = pieces.clone();
                pieces.extend(subject.map(|subject| (subject_span, subject)));
                match (&rule.condition, condition) {
                    (Some(clause), Some(condition)) => {
                        pieces.push((clause.span, format!("where {condition}")))
                    }
                    (Some(clause), None) => pieces.push((clause.span, String::new())),
                    (None, Some(condition)) => {
                        let end = rule.location.as_ref()?.span.end();
                        pieces.push((Span::at(end), format!(" where {condition}")));
                    }
                    (None, None) => {}
                }
                let edited = replace(text, pieces);
                // A policy that doesn't reach the target stays where it is; the edited statement goes to the root.
                let at = if attach.is_some() { Some(ROOT) } else { origin.attached };
                least::grants(prepared, &edited, at, right).then(|| (edited, attach.clone()))
            })
            .or_else(|| least::statement(prepared, right).map(|text| (text, Some("tenancy".to_owned()))))
    }

    /// The action that is enough, in the words of the statement where they can stay.
    fn action(&self) -> String {
        let Near { prepared, grant, origin, rule, right, .. } = *self;
        let text = &*origin.text;
        let needed = least::action(prepared.request, right);
        let written = rule.action.as_ref().map(|action| &action.kind);
        match (&grant.action, written) {
            (Action::Verb(verb, name), Some(ActionKind::Verb { resource_type: Some(atom), .. })) => {
                let covering =
                    |verb: Verb| Action::Verb(verb, name.clone()).gives(right, Effect::Allow).0.is_true();
                if let Some(enough) = Verb::ALL.into_iter().find(|verb| covering(*verb)) {
                    return format!("{} {}", enough.word(), atom.span.of(text));
                }
                match needed.split_once(' ') {
                    Some((least, name)) if Verb::of_word(least).is_some_and(|least| least < *verb) => {
                        format!("{} {name}", verb.word())
                    }
                    _ => needed,
                }
            }
            (Action::Permissions(list, _), Some(ActionKind::Permissions { .. })) => match right {
                Right::Permission(name, _) => {
                    let mut all: Vec<_> = list.iter().map(|one| one.to_uppercase()).collect();
                    all.push(name.to_uppercase());
                    let to = if rule.action.as_ref().is_some_and(|action| action.to.is_some()) {
                        ""
                    } else {
                        "to "
                    };
                    format!("{to}{{{}}}", all.join(", "))
                }
                _ => needed,
            },
            _ => needed,
        }
    }
}

/// The condition with as little changed as makes it hold; none when nothing of it is left.
fn repair(condition: &Condition, text: &str, context: &dyn Attributes) -> Option<String> {
    if condition.holds(context).is_true() {
        return Some(render(condition, text));
    }
    match condition {
        Condition::All(items) => {
            let kept: Vec<_> = items.iter().filter_map(|item| repair(item, text, context)).collect();
            match kept.as_slice() {
                [] => None,
                [one] => Some(one.clone()),
                _ => Some(format!("all {{{}}}", kept.join(", "))),
            }
        }
        Condition::Any(items) => {
            // One more way in, made of the first test that can be mended.
            let mended = items.iter().find_map(|item| repair(item, text, context))?;
            let mut all: Vec<_> = items.iter().map(|item| render(item, text)).collect();
            all.push(mended);
            Some(format!("any {{{}}}", all.join(", ")))
        }
        Condition::Test(test) => repair_test(test, text, context),
        Condition::Unknown(..) => None,
    }
}

fn repair_test(test: &Test, text: &str, context: &dyn Attributes) -> Option<String> {
    let Attribute::Values(values) = context.attribute(&test.variable) else { return None };
    let value = values.first().filter(|value| !value.contains(['\'', '\n']))?;
    let written = test.span.of(text);
    match test.operator {
        Operator::In if written.trim_end().ends_with(')') => {
            let open = written.trim_end().strip_suffix(')')?;
            Some(format!("{open}, '{value}')"))
        }
        Operator::In => {
            let name = written.split(['=', ' ', '\t', '\n']).next().unwrap_or(&test.variable);
            Some(format!("{name} = '{value}'"))
        }
        _ => None,
    }
}

fn render(condition: &Condition, text: &str) -> String {
    let group = |word: &str, items: &[Condition]| {
        let items: Vec<_> = items.iter().map(|item| render(item, text)).collect();
        format!("{word} {{{}}}", items.join(", "))
    };
    match condition {
        Condition::All(items) => group("all", items),
        Condition::Any(items) => group("any", items),
        Condition::Test(test) => test.span.of(text).to_owned(),
        Condition::Unknown(_, _, span) => span.of(text).to_owned(),
    }
}

fn replace(text: &str, mut pieces: Vec<(Span, String)>) -> String {
    pieces.sort_by_key(|(span, _)| (span.start(), span.end()));
    let mut edited = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (span, piece) in pieces {
        edited.push_str(text.get(at..span.start()).unwrap_or_default());
        edited.push_str(&piece);
        at = at.max(span.end());
    }
    edited.push_str(text.get(at..).unwrap_or_default());
    edited.trim().to_owned()
}
