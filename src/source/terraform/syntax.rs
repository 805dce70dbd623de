//! The tree of a Terraform file, the same for `.tf`, `.tfvars`, `.tftest.hcl` and their JSON forms.
//!
//! All places are bytes of the file as on disk. Escapes are decoded and heredocs undedented already; the map in
//! each literal leads back to the file.

use std::sync::Arc;

use super::content::Content;
use crate::text::{MappedText, Place};

/// A file's or block's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// Attributes, in order.
    pub attributes: Vec<Attribute>,
    /// Blocks, in order. Shared with the module that they are part of.
    pub blocks: Vec<Arc<Block>>,
}

/// `name = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// From the name to the end of the value.
    pub place: Place,
    /// The value.
    pub value: Expr,
}

/// `kind "label" { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// `resource`, `locals`, `module`, …
    pub kind: String,
    /// The labels, unquoted.
    pub labels: Vec<String>,
    /// The whole block.
    pub place: Place,
    /// What is in it.
    pub body: Content,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Its bytes.
    pub place: Place,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A quoted string or heredoc. A string without interpolation is one literal part, an empty one none.
    Template(Vec<TemplatePart>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ k = v }`; a bare key is a literal. Repeated keys stay; the last one wins.
    Object(Vec<(Expr, Expr)>),
    /// A root name: `var`, `local`, `each`, `oci_identity_group`, an iterator, …
    Name(String),
    /// `value.name`
    Attr(Box<Expr>, String),
    /// `value[index]`, `value.0`
    Index(Box<Expr>, Box<Expr>),
    /// `value[*].steps` or `value.*.steps`
    Splat {
        /// What is iterated.
        value: Box<Expr>,
        /// Whether it is `[*]`, whose steps include indices.
        full: bool,
        /// What is taken of each element.
        steps: Vec<Step>,
    },
    /// `name(arguments…)`
    Call {
        /// The function; provider functions with their `provider::x::` prefix.
        name: String,
        /// Arguments.
        arguments: Vec<Expr>,
        /// Whether the last argument is followed by `...`.
        expand: bool,
    },
    /// `condition ? yes : no`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `!a`, `-a`
    Unary(Unary, Box<Expr>),
    /// `a && b`, …
    Binary(Box<Expr>, Binary, Box<Expr>),
    /// `[for …]`, `{for …}`
    For(Box<For>),
    /// `(a)`
    Paren(Box<Expr>),
    /// Could not be read; a problem of the file tells.
    Error,
}

/// What a splat takes of each element.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`
    Attr(String),
    /// `[index]`
    Index(Expr),
}

/// A for expression.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// The key or index variable, where given.
    pub key: Option<String>,
    /// The value variable.
    pub value: String,
    /// What is iterated.
    pub collection: Expr,
    /// The key of each result: then the result is an object.
    pub result_key: Option<Expr>,
    /// The value of each result.
    pub result: Expr,
    /// Whether `...` groups results by key.
    pub grouping: bool,
    /// The `if`.
    pub condition: Option<Expr>,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operators'")]
pub enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A piece of a template. Strip markers (`~`) are applied already.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Decoded text with its map.
    Literal(MappedText),
    /// `${ … }`: the expression, and the bytes from `${` to `}`.
    Interpolation {
        /// The expression.
        value: Expr,
        /// From `${` to `}`.
        place: Place,
    },
    /// `%{ if … }…%{ else }…%{ endif }`
    If {
        /// The condition.
        condition: Expr,
        /// Where it is true.
        yes: Vec<TemplatePart>,
        /// Where it is false.
        no: Vec<TemplatePart>,
        /// From `%{ if` to the end of `%{ endif }`.
        place: Place,
    },
    /// `%{ for x in … }…%{ endfor }`
    For {
        /// The key variable, where given.
        key: Option<String>,
        /// The value variable.
        value: String,
        /// What is iterated.
        collection: Expr,
        /// What is repeated.
        body: Vec<TemplatePart>,
        /// From `%{ for` to the end of `%{ endfor }`.
        place: Place,
    },
}
