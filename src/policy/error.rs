//! What the parser reports: kinds of syntax error, their rule names, and the changes that solve them.
//!
//! Says nothing about resource-types, permissions or variables that don't exist: that needs the catalogue
//! and belongs to the linter.

use crate::diag::Severity;
use crate::text::Span;

/// One thing wrong or doubtful about the wording of a statement or matching rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Which kind of mistake.
    pub kind: SyntaxErrorKind,
    /// `Error` only where OCI is known to refuse the text or where it has no possible reading.
    pub severity: Severity,
    /// The shortest helpful bytes of the text; empty where something is missing.
    pub span: Span,
    /// What is wrong: one line, lower case, no full stop.
    pub message: String,
    /// What to do, imperative.
    pub help: Option<String>,
    /// A change that solves it.
    pub fix: Option<SyntaxFix>,
}

/// Replacements that belong together, not overlapping, in order of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxFix {
    /// Bytes to replace and what to put there.
    pub edits: Vec<(Span, String)>,
    /// Whether the change can't alter what the author meant.
    pub safe: bool,
}

impl SyntaxError {
    /// An error without help and fix. Line breaks quoted from the text become spaces.
    pub(super) fn new(
        kind: SyntaxErrorKind,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, severity, span, message: one_line(message.into()), help: None, fix: None }
    }

    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(one_line(help.into()));
        self
    }

    /// A fix that keeps the author's meaning.
    pub(super) fn fix(&mut self, span: Span, replacement: impl Into<String>) -> &mut Self {
        self.fix = Some(SyntaxFix { edits: vec![(span, replacement.into())], safe: true });
        self
    }

    /// A fix that guesses.
    pub(super) fn guess(&mut self, span: Span, replacement: impl Into<String>) -> &mut Self {
        self.fix = Some(SyntaxFix { edits: vec![(span, replacement.into())], safe: false });
        self
    }
}

fn one_line(text: String) -> String {
    if text.contains(|c: char| c.is_control()) {
        text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ")
    } else {
        text
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $rule:literal,)*) => {
        /// The kinds of syntax error. Each has a rule name under which the linter reports it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum SyntaxErrorKind { $($(#[$doc])* $kind,)* }

        impl SyntaxErrorKind {
            /// All kinds, in order of declaration.
            pub const ALL: &[SyntaxErrorKind] = &[$(SyntaxErrorKind::$kind,)*];

            /// The rule's name, kebab-case.
            pub fn rule(self) -> &'static str {
                match self { $(SyntaxErrorKind::$kind => $rule,)* }
            }
        }
    };
}

kinds! {
    /// Nothing is there.
    EmptyStatement = "empty-statement",
    /// The first word starts no statement.
    UnknownStartWord = "unknown-start-word",
    /// The text is the rest of a statement that was cut.
    StatementFragment = "statement-fragment",
    /// More than one statement in one string.
    SeveralStatements = "several-statements",
    /// `set … quota`: another language.
    QuotaStatement = "quota-statement",
    /// `//`, `#`, `--`.
    CommentInStatement = "comment-in-statement",
    /// The quotes of the list that held the statement.
    PastedQuotes = "pasted-quotes",
    /// A list number or bullet before the statement.
    PastedListMarker = "pasted-list-marker",
    /// `<group-name>` left in.
    UnresolvedPlaceholder = "unresolved-placeholder",
    /// A keyword with a typing mistake.
    MisspeltKeyword = "misspelt-keyword",
    /// `to`, `in`, `compartment`, `group` … left out.
    MissingKeyword = "missing-keyword",
    /// A clause, or the part of one that can't be left out.
    MissingClause = "missing-clause",
    /// Clauses in another order than subject, verb, location, condition.
    ClausesOutOfOrder = "clauses-out-of-order",
    /// A clause that stands twice.
    RepeatedClause = "repeated-clause",
    /// `to to`.
    DoubledWord = "doubled-word",
    /// `admin-groupto`.
    GluedWords = "glued-words",
    /// `deny allow`, `admit deny`.
    MisplacedDeny = "misplaced-deny",
    /// `user`, `role`, `tenancy` as subject.
    UnknownSubject = "unknown-subject",
    /// Groups and dynamic groups or services in one subject.
    MixedSubjects = "mixed-subjects",
    /// Names and OCIDs in one list.
    MixedNamesAndIds = "mixed-names-and-ids",
    /// A name that can't be one: with spaces outside quotes, with two slashes, a wildcard.
    MalformedName = "malformed-name",
    /// `of tenancy` outside admit.
    OriginWithoutAdmit = "origin-without-admit",
    /// Admit that says of no tenancy.
    AdmitWithoutOrigin = "admit-without-origin",
    /// A named group of any tenancy.
    NamedGroupOfAnyTenancy = "named-group-of-any-tenancy",
    /// Endorse that names no other tenancy.
    EndorseWithoutTenancy = "endorse-without-tenancy",
    /// Admit into another tenancy.
    AdmitElsewhere = "admit-into-other-tenancy",
    /// `in tenancy X` in allow or deny.
    TenancyNameInAllow = "tenancy-name-in-allow",
    /// A verb that isn't one of the four.
    UnknownVerb = "unknown-verb",
    /// Several verbs or resource-types in one statement.
    SeveralActions = "several-actions",
    /// A permission list with other brackets, a verb, or an empty place.
    MalformedPermissionList = "malformed-permission-list",
    /// `{OBJECT_READ} objects`.
    ResourceTypeAfterPermissions = "resource-type-after-permissions",
    /// `associate` without `with`.
    AssociateWithoutWith = "associate-without-with",
    /// `with` without `associate`.
    WithWithoutAssociate = "with-without-associate",
    /// `associate` in allow.
    AssociateInAllow = "associate-in-allow",
    /// `in region X`, `in bucket X`.
    UnknownLocation = "unknown-location",
    /// Several compartments in one statement.
    SeveralLocations = "several-locations",
    /// An empty place or a wrong separator in a compartment path.
    MalformedCompartmentPath = "malformed-compartment-path",
    /// An OCID where a name is read.
    OcidWithoutId = "ocid-without-id",
    /// A name where an OCID is read.
    IdWithoutOcid = "id-without-ocid",
    /// `ocd1.`, `ocid.`.
    MisspeltOcid = "misspelt-ocid",
    /// A define without alias or OCID, or of something else.
    MalformedDefine = "malformed-define",
    /// `{…}` without `any` or `all`.
    BracesWithoutQuantifier = "braces-without-quantifier",
    /// `any` or `all` without `{…}`.
    QuantifierWithoutBraces = "quantifier-without-braces",
    /// Several conditions without `any {…}` or `all {…}`.
    ConditionsWithoutQuantifier = "conditions-without-quantifier",
    /// `and`, `or` between conditions.
    AndOrCondition = "and-or-condition",
    /// No condition where one must stand.
    EmptyCondition = "empty-condition",
    /// A condition that reads as none.
    MalformedCondition = "malformed-condition",
    /// `==`, `=~`, `like`.
    UnknownOperator = "unknown-operator",
    /// An operator that the variable doesn't take.
    OperatorMisfit = "operator-misfit",
    /// A time or day in a form that isn't documented.
    MalformedTime = "malformed-time",
    /// A variable with characters or parts that it can't have.
    MalformedVariable = "malformed-variable",
    /// A variable alone at the top of a condition.
    BareVariable = "bare-variable",
    /// A value without quotes.
    UnquotedValue = "unquoted-value",
    /// `''`.
    EmptyValue = "empty-value",
    /// A list of values without brackets or after `=`.
    MalformedValueList = "malformed-value-list",
    /// A comma that must stand there.
    MissingComma = "missing-comma",
    /// A comma with nothing before or after it.
    StrayComma = "stray-comma",
    /// A brace or bracket without its partner.
    UnbalancedDelimiter = "unbalanced-delimiter",
    /// A quote or pattern without its end.
    UnterminatedQuote = "unterminated-quote",
    /// `‘x’`, `“x”`.
    TypographicQuotes = "typographic-quotes",
    /// `"x"`.
    DoubleQuotes = "double-quotes",
    /// A dash that only looks like `-`.
    TypographicHyphen = "typographic-hyphen",
    /// Zero-width and non-breaking spaces.
    InvisibleCharacter = "invisible-character",
    /// `>>` and other characters without meaning.
    StrayCharacters = "stray-characters",
    /// A backslash before a quote or slash.
    BackslashEscape = "backslash-escape",
    /// `.`, `;` or `,` at the end.
    TrailingPunctuation = "trailing-punctuation",
    /// Words that belong to no clause.
    UnexpectedText = "unexpected-text",
    /// Conditions nested beyond the parser's bound.
    NestingTooDeep = "nesting-too-deep",
    /// A free-form tag in a matching rule.
    FreeformTag = "freeform-tag",
}
