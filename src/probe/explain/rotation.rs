//! Whether the two secrets of a GenAI API key may change places.

use super::Explainer;
use crate::probe::matrix::{Row, Verdict};

/// What is known of both secrets of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Whether the rotation can go on.
    pub safe: bool,
    /// What to do, in a sentence.
    pub advice: String,
}

impl Explainer<'_> {
    /// What is known of both secrets of a key, when both were tried.
    pub fn rotation(&self, rows: &[Row]) -> Option<Rotation> {
        let works = |standby: bool| {
            let mut found = None;
            for row in rows {
                let cell = self.plan.cells.get(row.cell)?;
                let credential = self.lab.credentials.get(cell.credential)?;
                if credential.method == "genai-api-key"
                    && credential.standby == standby
                    && !row.seen.is_empty()
                {
                    found = Some(found.unwrap_or(false) || row.verdict == Verdict::Works);
                }
            }
            found
        };
        Some(match (works(false)?, works(true)?) {
            (true, true) => Rotation {
                safe: true,
                advice: "standby works, safe to revoke the other: move clients to it, then renew or deactivate the one in use".into(),
            },
            (false, true) => Rotation {
                safe: true,
                advice: "standby works, and the one in use doesn't: move clients to the standby now".into(),
            },
            (true, false) => Rotation {
                safe: false,
                advice: "standby doesn't work: keep the one in use, and renew the standby before a rotation".into(),
            },
            (false, false) => Rotation {
                safe: false,
                advice: "neither secret works: what is wrong concerns both, such as policy or region, or both are revoked".into(),
            },
        })
    }
}
