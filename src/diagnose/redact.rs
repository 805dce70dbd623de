//! Takes secrets out of what users paste, before anything is made of it. What kind of secret stood there stays.

use super::case::Case;

pub use crate::text::redact;

/// The case without what looks like a secret, in any of its fields.
pub(super) fn case(case: &Case) -> Case {
    let mut clean = case.clone();
    let fields = [
        &mut clean.error.code,
        &mut clean.error.message,
        &mut clean.auth_method,
        &mut clean.plane,
        &mut clean.region,
        &mut clean.model,
        &mut clean.request,
        &mut clean.host,
        &mut clean.opc_request_id,
        &mut clean.principal,
        &mut clean.compartment,
        &mut clean.project,
        &mut clean.key,
        &mut clean.key_region,
        &mut clean.tenancy,
        &mut clean.home_region,
        &mut clean.local_time,
        &mut clean.server_time,
        &mut clean.token_expires,
    ];
    for text in fields.into_iter().flatten() {
        *text = redact(text);
    }
    let lists =
        clean.policies.iter_mut().chain(&mut clean.matching_rules).chain(&mut clean.subscribed_regions);
    lists.for_each(|text| *text = redact(text));
    for (name, value) in clean.config.iter_mut().chain(&mut clean.headers) {
        let line = redact(&format!("{name}: {value}"));
        *value = line.split_once(": ").map_or(line.clone(), |(_, value)| value.to_owned());
    }
    for witness in &mut clean.witnesses {
        witness.text = redact(&witness.text);
    }
    clean
}
