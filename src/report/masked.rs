//! What findings quote of the user's text: a secret may stand in it, or what a terminal would act on.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::diag::Finding;
use crate::lint::Suppressed;
use crate::text::{mask, mask_shapes, visible};

use super::Report;

/// What a report shows, without secrets.
pub(super) struct Masked<'a> {
    findings: Cow<'a, [Finding]>,
    suppressed: Vec<Suppressed>,
    known: Cow<'a, [Finding]>,
}

impl<'a> Masked<'a> {
    pub(super) fn of(report: &Report<'a>) -> Self {
        let suppressed = |suppressed: &Suppressed| Suppressed {
            finding: without_secrets(std::slice::from_ref(&suppressed.finding))
                .first()
                .unwrap_or(&suppressed.finding)
                .clone(),
            reason: suppressed.reason.as_deref().map(|reason| clean(reason).into_owned()),
        };
        Self {
            findings: without_secrets(report.findings),
            suppressed: report.suppressed.iter().map(suppressed).collect(),
            known: without_secrets(report.known),
        }
    }

    /// The report of this instead.
    pub(super) fn report<'m>(&'m self, report: &Report<'m>) -> Report<'m> {
        Report { findings: &self.findings, suppressed: &self.suppressed, known: &self.known, ..*report }
    }
}

/// A sentence without secrets and without what a terminal would act on.
fn clean(text: &str) -> Cow<'_, str> {
    match mask(text) {
        Cow::Borrowed(text) => visible(text),
        Cow::Owned(text) => Cow::Owned(visible(&text).into_owned()),
    }
}

/// The findings as they may be shown. A fix that would repeat a secret is left out; whoever applies it has the file.
fn without_secrets(findings: &[Finding]) -> Cow<'_, [Finding]> {
    let holds = |text: &str| matches!(clean(text), Cow::Owned(_));
    let holds_secret = |text: &str| matches!(mask(text), Cow::Owned(_));
    let of_statement = |finding: &Finding| {
        finding.statement.as_ref().is_some_and(|one| matches!(mask_shapes(&one.text), Cow::Owned(_)))
    };
    let of_fix = |finding: &Finding| {
        let fix = finding.fix.as_ref();
        fix.is_some_and(|fix| {
            holds_secret(&fix.title) || fix.edits.iter().any(|edit| holds_secret(&edit.replacement))
        })
    };
    let words = |finding: &Finding| {
        let more = finding.note.iter().chain(&finding.help);
        let labels = finding.labels.iter().map(|label| &label.message);
        std::iter::once(&finding.message).chain(more).chain(labels).any(|text| holds(text))
    };
    if !findings.par_iter().any(|finding| words(finding) || of_statement(finding) || of_fix(finding)) {
        return Cow::Borrowed(findings);
    }
    let shown = |finding: &Finding| {
        let mut shown = finding.clone();
        let labels = shown.labels.iter_mut().map(|label| &mut label.message);
        let more = shown.note.iter_mut().chain(&mut shown.help);
        for text in std::iter::once(&mut shown.message).chain(more).chain(labels) {
            *text = clean(text).into_owned();
        }
        if let Some(statement) = &mut shown.statement {
            statement.text = mask_shapes(&statement.text).into();
        }
        shown.fix = shown.fix.filter(|_| !of_fix(finding));
        shown
    };
    Cow::Owned(findings.par_iter().map(shown).collect())
}
