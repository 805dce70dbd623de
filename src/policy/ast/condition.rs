//! Conditions: what stands behind `where`, and the matching rules of dynamic groups, which are conditions alone.

use super::Atom;
use crate::text::Span;

/// `where …`
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// From `where` to the end of the condition.
    pub span: Span,
    /// The condition; `None` when nothing readable follows.
    pub condition: Option<Condition>,
}

/// A condition, of a policy statement or of a matching rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `any { … }` or `all { … }`
    Group {
        /// The whole group.
        span: Span,
        /// Any or all.
        quantifier: Quantifier,
        /// The conditions inside.
        items: Vec<Condition>,
    },
    /// One test.
    Test(Test),
    /// A hole that may stand for one or several conditions.
    Hole(Span),
    /// Not readable; an error tells.
    Error(Span),
}

impl Condition {
    /// Its bytes.
    pub fn span(&self) -> Span {
        match self {
            Condition::Group { span, .. } | Condition::Hole(span) | Condition::Error(span) => *span,
            Condition::Test(test) => test.span,
        }
    }

    /// All tests in it, in order of text.
    pub fn tests(&self) -> Vec<&Test> {
        let mut found = Vec::new();
        let mut rest = vec![self];
        while let Some(condition) = rest.pop() {
            match condition {
                Condition::Group { items, .. } => rest.extend(items.iter().rev()),
                Condition::Test(test) => found.push(test),
                Condition::Hole(_) | Condition::Error(_) => {}
            }
        }
        found
    }
}

/// How the conditions of a group combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// One is enough.
    Any,
    /// Every one is needed.
    All,
    /// The word is missing or a hole.
    Unknown,
}

/// One test of a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The whole test.
    pub span: Span,
    /// What is tested how.
    pub kind: TestKind,
}

/// The kinds of test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestKind {
    /// `variable = value`, `variable != value`
    Compare {
        /// Left side.
        variable: Atom,
        /// `=` or `!=`.
        operator: Comparison,
        /// Its bytes.
        operator_span: Span,
        /// Right side.
        value: Value,
    },
    /// `variable in (…)`, `variable not in (…)`
    In {
        /// Left side.
        variable: Atom,
        /// Whether `not` stands before `in`.
        negated: bool,
        /// The list.
        values: Vec<Value>,
    },
    /// `variable before 'time'`, `variable after 'time'`
    Time {
        /// Left side.
        variable: Atom,
        /// Whether it is `before`.
        before: bool,
        /// The time.
        value: Value,
    },
    /// `variable between 'time' and 'time'`
    Between {
        /// Left side.
        variable: Atom,
        /// Lower end.
        from: Value,
        /// Upper end.
        until: Value,
    },
    /// The variable alone: it is present. In a matching rule: the tag has any value.
    Present(Atom),
    /// `!variable`, `not variable`: it is absent.
    Absent(Atom),
    /// `function(argument, …)`
    Call {
        /// The function's name.
        function: Atom,
        /// Its arguments.
        arguments: Vec<Argument>,
    },
}

/// Equal or not equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
}

/// The right side of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The atom as written.
    pub atom: Atom,
    /// What it is.
    pub kind: ValueKind,
}

/// What the right side of a test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// A string in quotes.
    Literal,
    /// A pattern between slashes.
    Pattern,
    /// A bare variable (`target.user.id`).
    Variable,
    /// A bare word that is no variable; an error tells.
    Word,
    /// A hole alone.
    Hole,
}

/// An argument of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// One value or variable.
    Value(Value),
    /// `('a', 'b')`
    List(Vec<Value>),
}

/// A dynamic group's matching rule.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchingRule {
    /// The rule without surrounding space.
    pub span: Span,
    /// The condition; the forms without an outer any or all that the identity-domains engine no longer
    /// takes are several. Empty when nothing is readable.
    pub conditions: Vec<Condition>,
}
