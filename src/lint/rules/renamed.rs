//! Rules that go by another name than they once did. The old names keep working wherever a name is written: in
//! configurations, comments, baselines and on the command line.

/// A former name of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The former name.
    pub old: &'static str,
    /// The name now.
    pub new: &'static str,
}

/// Every former name, sorted. Nothing leaves this list.
const RENAMED: &[Renamed] = &[
    // A key is an API key everywhere else.
    Renamed { old: "region-name-for-key", new: "region-name-for-region-key" },
];

/// What became of a name that a rule once had.
pub fn renamed(old: &str) -> Option<&'static Renamed> {
    RENAMED.iter().find(|renamed| renamed.old == old)
}

/// The names that a rule once had.
pub fn former_names(rule: &str) -> impl Iterator<Item = &'static str> {
    RENAMED.iter().filter(move |renamed| renamed.new == rule).map(|renamed| renamed.old)
}
