//! JSON Schemas of what the commands print and of `ociam.toml`.

/// A schema's name, what it describes, and its text.
pub struct Schema {
    /// The name on the command line.
    pub name: &'static str,
    /// What it describes.
    pub about: &'static str,
    /// The schema.
    pub text: &'static str,
}

/// Every schema.
pub const ALL: &[Schema] = &[
    Schema {
        name: "lint",
        about: "what `ociam lint --format json` prints",
        text: include_str!("schema/lint.json"),
    },
    Schema {
        name: "lint-line",
        about: "a line that `ociam lint --format json-lines` prints",
        text: include_str!("schema/lint-line.json"),
    },
    Schema {
        name: "statistics",
        about: "what `ociam lint --statistics --format json` prints",
        text: include_str!("schema/statistics.json"),
    },
    Schema {
        name: "baseline",
        about: "the file that `ociam lint --baseline` reads and writes",
        text: include_str!("schema/baseline.json"),
    },
    Schema {
        name: "parse",
        about: "what `ociam parse --format json` prints",
        text: include_str!("schema/parse.json"),
    },
    Schema {
        name: "rules",
        about: "what `ociam rules --format json` prints",
        text: include_str!("schema/rules.json"),
    },
    Schema {
        name: "why",
        about: "what `ociam why --format json` prints",
        text: include_str!("schema/why.json"),
    },
    Schema {
        name: "who-can",
        about: "what `ociam who-can --format json` prints",
        text: include_str!("schema/who-can.json"),
    },
    Schema {
        name: "diff",
        about: "what `ociam diff --format json` prints",
        text: include_str!("schema/diff.json"),
    },
    Schema {
        name: "probe",
        about: "what `ociam probe --format json` prints",
        text: include_str!("schema/probe.json"),
    },
    Schema {
        name: "diagnose",
        about: "what `ociam diagnose --format json` prints",
        text: include_str!("schema/diagnose.json"),
    },
    Schema {
        name: "explain",
        about: "what `ociam explain --format json` prints of an error",
        text: include_str!("schema/explain.json"),
    },
    Schema {
        name: "tenancy",
        about: "the tenancy file that `why`, `who-can` and `diff` read",
        text: include_str!("schema/tenancy.json"),
    },
    Schema {
        name: "checklist",
        about: "what `ociam checklist --format json` prints",
        text: include_str!("schema/checklist.json"),
    },
    Schema {
        name: "key",
        about: "what `ociam key check --format json` prints",
        text: include_str!("schema/key.json"),
    },
    Schema {
        name: "config",
        about: "the configuration file `ociam.toml`",
        text: include_str!("schema/config.json"),
    },
];
