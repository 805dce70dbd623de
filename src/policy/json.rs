//! The syntax tree as JSON, for `ociam parse`, and the same without places, to compare two trees.
//!
//! Every node is an object with `start` and `end`, byte offsets in the statement's text. Nodes of several
//! kinds say theirs in `type`. Atoms (names, values, OCIDs, variables) carry `text`, what stands between
//! the quotes, `quote` (`none`, `single`, `double`, `typographic`, `slashes`) and `hole`, whether a part of
//! them is unknown.

use serde_json::{Map, Value, json};

use super::ast::{
    Action, ActionKind, Argument, Atom, Comparison, Condition, DefineKind, End, Location, LocationKind,
    MatchingRule, Member, MemberKind, Quantifier, Quote, Rule, RuleKind, Statement, Subject, SubjectKind,
    TenancyRef, Test, TestKind, Verb, Where,
};
use crate::text::Span;

/// The tree of a statement. See the module's page for the form.
pub fn tree_json(text: &str, statement: &Statement) -> Value {
    let writer = Writer { text };
    match statement {
        Statement::Rule(rule) => writer.rule(rule),
        Statement::Define(define) => writer.node(
            "define",
            define.span,
            [
                ("kind", define.kind.map_or(Value::Null, |kind| define_kind(kind).into())),
                ("alias", writer.optional_atom(define.alias.as_ref())),
                ("ocid", writer.optional_atom(define.ocid.as_ref())),
                ("comment", writer.comment(define.comment)),
            ],
        ),
        Statement::Hole(span) => writer.hole(*span),
        Statement::Unknown(span) => writer.node("unknown", *span, []),
    }
}

/// The tree of a matching rule. See the module's page for the form.
pub fn rule_tree_json(text: &str, rule: &MatchingRule) -> Value {
    let writer = Writer { text };
    let conditions = rule.conditions.iter().map(|condition| writer.condition(condition, 0)).collect();
    writer.node("matching-rule", rule.span, [("conditions", Value::Array(conditions))])
}

/// The tree without places: equal for two texts that say the same in the same words. Keywords, spacing
/// and line breaks don't count; names, values, quotes, holes and comments do.
pub fn meaning(text: &str, statement: &Statement) -> Value {
    without_places(tree_json(text, statement))
}

/// As [`meaning`], for matching rules.
pub fn rule_meaning(text: &str, rule: &MatchingRule) -> Value {
    without_places(rule_tree_json(text, rule))
}

fn without_places(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| name != "start" && name != "end");
            Value::Object(kept.map(|(name, value)| (name, without_places(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_places).collect()),
        other => other,
    }
}

struct Writer<'t> {
    text: &'t str,
}

impl Writer<'_> {
    fn node<const N: usize>(&self, kind: &str, span: Span, fields: [(&str, Value); N]) -> Value {
        let mut node = Map::with_capacity(N + 3);
        node.insert("type".into(), kind.into());
        node.insert("start".into(), span.start.into());
        node.insert("end".into(), span.end.into());
        node.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::Object(node)
    }

    fn hole(&self, span: Span) -> Value {
        self.node("hole", span, [("text", span.of(self.text).into())])
    }

    fn atom(&self, atom: &Atom) -> Value {
        json!({
            "text": atom.text(self.text),
            "quote": quote(atom.quote),
            "hole": atom.has_hole,
            "start": atom.span.start,
            "end": atom.span.end,
        })
    }

    fn optional_atom(&self, atom: Option<&Atom>) -> Value {
        atom.map_or(Value::Null, |atom| self.atom(atom))
    }

    fn atoms<'a>(&self, atoms: impl IntoIterator<Item = &'a Atom>) -> Value {
        Value::Array(atoms.into_iter().map(|atom| self.atom(atom)).collect())
    }

    fn comment(&self, comment: Option<Span>) -> Value {
        comment.map_or(
            Value::Null,
            |span| json!({ "text": span.of(self.text), "start": span.start, "end": span.end }),
        )
    }

    fn rule(&self, rule: &Rule) -> Value {
        let origin = rule.origin.as_ref().map_or(Value::Null, |origin| {
            let (kind, alias) = match &origin.tenancy {
                TenancyRef::Alias(alias) => ("tenancy", self.atom(alias)),
                TenancyRef::Any => ("any-tenancy", Value::Null),
                TenancyRef::Hole => ("hole", Value::Null),
            };
            self.node(kind, origin.span, [("alias", alias)])
        });
        self.node(
            rule_kind(rule.kind),
            rule.span,
            [
                ("subject", rule.subject.as_ref().map_or(Value::Null, |subject| self.subject(subject))),
                ("origin", origin),
                ("action", rule.action.as_ref().map_or(Value::Null, |action| self.action(action))),
                ("location", self.optional_location(rule.location.as_ref())),
                ("where", rule.condition.as_ref().map_or(Value::Null, |clause| self.clause(clause))),
                ("comment", self.comment(rule.comment)),
            ],
        )
    }

    fn subject(&self, subject: &Subject) -> Value {
        let members = |members: &[Member]| -> Value {
            Value::Array(members.iter().map(|member| self.member(member)).collect())
        };
        match &subject.kind {
            SubjectKind::AnyUser => self.node("any-user", subject.span, []),
            SubjectKind::AnyGroup => self.node("any-group", subject.span, []),
            SubjectKind::Group(list) => self.node("group", subject.span, [("members", members(list))]),
            SubjectKind::DynamicGroup(list) => {
                self.node("dynamic-group", subject.span, [("members", members(list))])
            }
            SubjectKind::UnknownGroup(list) => {
                self.node("unknown-group", subject.span, [("members", members(list))])
            }
            SubjectKind::Service(names) => self.node("service", subject.span, [("names", self.atoms(names))]),
            SubjectKind::Resource(words) => {
                self.node("resource", subject.span, [("words", self.atoms(words))])
            }
            SubjectKind::Hole => self.hole(subject.span),
            SubjectKind::Error => self.node("error", subject.span, []),
        }
    }

    fn member(&self, member: &Member) -> Value {
        match &member.kind {
            MemberKind::Name { domain, name } => self.node(
                "name",
                member.span,
                [("domain", self.optional_atom(domain.as_ref())), ("name", self.atom(name))],
            ),
            MemberKind::Id(ocid) => self.node("id", member.span, [("ocid", self.atom(ocid))]),
            MemberKind::Hole => self.hole(member.span),
        }
    }

    fn action(&self, action: &Action) -> Value {
        match &action.kind {
            ActionKind::Verb { verb, verb_span, resource_type } => self.node(
                "verb",
                action.span,
                [
                    ("verb", self.verb(*verb, *verb_span)),
                    ("resource_type", self.optional_atom(resource_type.as_ref())),
                ],
            ),
            ActionKind::Permissions { permissions, resource_type } => self.node(
                "permissions",
                action.span,
                [
                    ("permissions", self.atoms(permissions)),
                    ("resource_type", self.optional_atom(resource_type.as_ref())),
                ],
            ),
            ActionKind::Associate { left, right } => self.node(
                "associate",
                action.span,
                [
                    ("left", self.end(left)),
                    ("right", right.as_ref().map_or(Value::Null, |right| self.end(right))),
                ],
            ),
            ActionKind::Hole => self.hole(action.span),
            ActionKind::Error => self.node("error", action.span, []),
        }
    }

    fn verb(&self, verb: Verb, span: Span) -> Value {
        let name = match verb {
            Verb::Inspect => "inspect",
            Verb::Read => "read",
            Verb::Use => "use",
            Verb::Manage => "manage",
            Verb::Hole => "hole",
            Verb::Unknown => "unknown",
        };
        let known = !matches!(verb, Verb::Hole | Verb::Unknown);
        let text = if known { name } else { span.of(self.text) };
        self.node(name, span, [("text", text.into())])
    }

    fn end(&self, end: &End) -> Value {
        self.node(
            "end",
            end.span,
            [
                ("resource_type", self.optional_atom(end.resource_type.as_ref())),
                ("location", self.optional_location(end.location.as_ref())),
            ],
        )
    }

    fn optional_location(&self, location: Option<&Location>) -> Value {
        location.map_or(Value::Null, |location| self.location(location))
    }

    fn location(&self, location: &Location) -> Value {
        match &location.kind {
            LocationKind::Tenancy(alias) => {
                self.node("tenancy", location.span, [("alias", self.optional_atom(alias.as_ref()))])
            }
            LocationKind::AnyTenancy => self.node("any-tenancy", location.span, []),
            LocationKind::Compartment { path, of } => self.node(
                "compartment",
                location.span,
                [("path", self.atoms(path)), ("of", self.optional_atom(of.as_ref()))],
            ),
            LocationKind::CompartmentId { ocid, of } => self.node(
                "compartment-id",
                location.span,
                [("ocid", self.atom(ocid)), ("of", self.optional_atom(of.as_ref()))],
            ),
            LocationKind::Hole => self.hole(location.span),
            LocationKind::Error => self.node("error", location.span, []),
        }
    }

    fn clause(&self, clause: &Where) -> Value {
        let condition = clause.condition.as_ref();
        let condition = condition.map_or(Value::Null, |condition| self.condition(condition, 0));
        self.node("where", clause.span, [("condition", condition)])
    }

    fn condition(&self, condition: &Condition, depth: usize) -> Value {
        match condition {
            // The parser nests less deep than this.
            Condition::Group { span, .. } if depth > 200 => self.node("error", *span, []),
            Condition::Group { span, quantifier, items } => {
                let items = items.iter().map(|item| self.condition(item, depth + 1)).collect();
                let kind = match quantifier {
                    Quantifier::Any => "any",
                    Quantifier::All => "all",
                    Quantifier::Unknown => "group",
                };
                self.node(kind, *span, [("items", Value::Array(items))])
            }
            Condition::Test(test) => self.test(test),
            Condition::Hole(span) => self.hole(*span),
            Condition::Error(span) => self.node("error", *span, []),
        }
    }

    fn test(&self, test: &Test) -> Value {
        let span = test.span;
        match &test.kind {
            TestKind::Compare { variable, operator, value, .. } => {
                let operator = match operator {
                    Comparison::Equal => "=",
                    Comparison::NotEqual => "!=",
                };
                self.tested(span, variable, operator, [("value", self.value(value))])
            }
            TestKind::In { variable, negated, values } => {
                let operator = if *negated { "not in" } else { "in" };
                let values = Value::Array(values.iter().map(|value| self.value(value)).collect());
                self.tested(span, variable, operator, [("values", values)])
            }
            TestKind::Time { variable, before, value } => {
                let operator = if *before { "before" } else { "after" };
                self.tested(span, variable, operator, [("value", self.value(value))])
            }
            TestKind::Between { variable, from, until } => self.tested(
                span,
                variable,
                "between",
                [("from", self.value(from)), ("until", self.value(until))],
            ),
            TestKind::Present(variable) => self.tested(span, variable, "present", []),
            TestKind::Absent(variable) => self.tested(span, variable, "absent", []),
            TestKind::Call { function, arguments } => {
                let arguments = arguments.iter().map(|argument| match argument {
                    Argument::Value(value) => self.value(value),
                    Argument::List(values) => Value::Array(values.iter().map(|v| self.value(v)).collect()),
                });
                self.node(
                    "call",
                    span,
                    [("function", self.atom(function)), ("arguments", Value::Array(arguments.collect()))],
                )
            }
        }
    }

    fn tested<const N: usize>(
        &self,
        span: Span,
        variable: &Atom,
        operator: &str,
        fields: [(&str, Value); N],
    ) -> Value {
        let mut node =
            self.node("test", span, [("variable", self.atom(variable)), ("operator", operator.into())]);
        if let Value::Object(node) = &mut node {
            node.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        node
    }

    fn value(&self, value: &super::ast::Value) -> Value {
        use super::ast::ValueKind;
        let kind = match value.kind {
            ValueKind::Literal => "literal",
            ValueKind::Pattern => "pattern",
            ValueKind::Variable => "variable",
            ValueKind::Word => "word",
            ValueKind::Hole => "hole",
        };
        let mut atom = self.atom(&value.atom);
        if let Value::Object(atom) = &mut atom {
            atom.insert("type".into(), kind.into());
        }
        atom
    }
}

fn rule_kind(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Allow => "allow",
        RuleKind::Deny => "deny",
        RuleKind::Endorse => "endorse",
        RuleKind::Admit => "admit",
        RuleKind::DenyEndorse => "deny endorse",
        RuleKind::DenyAdmit => "deny admit",
        RuleKind::Hole => "rule",
    }
}

fn define_kind(kind: DefineKind) -> &'static str {
    match kind {
        DefineKind::Tenancy => "tenancy",
        DefineKind::Group => "group",
        DefineKind::DynamicGroup => "dynamic-group",
        DefineKind::Compartment => "compartment",
        DefineKind::Service => "service",
        DefineKind::Hole => "hole",
    }
}

fn quote(quote: Quote) -> &'static str {
    match quote {
        Quote::None => "none",
        Quote::Single => "single",
        Quote::Double => "double",
        Quote::Typographic => "typographic",
        Quote::Slashes => "slashes",
    }
}
