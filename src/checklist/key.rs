//! A GenAI API key under inspection: its region, its two secrets, how long they last, and what a rotation needs next.
//! Judges what was read elsewhere; never sees a secret.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::authz::{ApiKey, Secret};

/// How bad a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// Worth knowing.
    Note,
    /// It will fail soon, or a rotation can't go smoothly.
    Soon,
    /// Calls fail now.
    Failing,
}

impl Gravity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Gravity::Note => "note",
            Gravity::Soon => "soon",
            Gravity::Failing => "failing",
        }
    }
}

/// What is to be said about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How bad it is.
    pub gravity: Gravity,
    /// The cause that it speaks for, where it is a reason for a call to fail.
    pub cause: Option<&'static str>,
    /// What it is: one line.
    pub text: String,
    /// What to do.
    pub instead: Option<String>,
}

/// A secret of the key at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretState {
    /// Its name.
    pub name: String,
    /// Its state, in capitals; `UNKNOWN` where nothing says.
    pub state: String,
    /// When it expires.
    pub expires: Option<String>,
    /// Whole days until then; negative once it is past.
    pub days_left: Option<i64>,
    /// Whether calls with it can succeed, as far as is known.
    pub works: bool,
}

/// What is known of a key, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    /// Its OCID.
    pub ocid: String,
    /// Its name.
    pub name: Option<String>,
    /// Its region, from its OCID.
    pub region: Option<String>,
    /// Its state.
    pub state: Option<String>,
    /// Its secrets.
    pub secrets: Vec<SecretState>,
    /// What is to be said, worst first.
    pub remarks: Vec<Remark>,
    /// The steps of the rotation that are still to be done, in order; empty while none is due.
    pub rotation: Vec<String>,
}

impl KeyReport {
    /// The worst that is to be said.
    pub fn gravity(&self) -> Gravity {
        self.remarks.iter().map(|remark| remark.gravity).max().unwrap_or(Gravity::Note)
    }

    /// Days until the last of the working secrets expires.
    pub fn days_left(&self) -> Option<i64> {
        self.secrets.iter().filter(|secret| secret.works).filter_map(|secret| secret.days_left).max()
    }
}

/// The kind, realm and region of an OCID; none for a text that is none.
pub fn ocid_parts(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let mut parts = text.trim().split('.');
    let (Some("ocid1"), Some(kind), Some(realm), Some(region), Some(unique)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    (!kind.is_empty() && !unique.is_empty()).then_some((
        kind,
        realm,
        Some(region).filter(|text| !text.is_empty()),
    ))
}

/// Reads a key as the management plane and the OCI command line print it; with its `data` around it or not.
pub fn key_from_json(value: &Value) -> Option<ApiKey> {
    let value = value.get("data").unwrap_or(value);
    let field = |value: &Value, names: [&str; 2]| {
        names.iter().find_map(|name| value.get(*name)).and_then(Value::as_str).map(str::to_owned)
    };
    let ocid = field(value, ["id", "id"])?;
    let secrets = value.get("keys").and_then(Value::as_array).into_iter().flatten().map(|item| Secret {
        name: field(item, ["keyName", "key-name"]),
        state: field(item, ["state", "state"]),
        expires: field(item, ["timeExpiry", "time-expiry"]),
    });
    Some(ApiKey {
        name: field(value, ["displayName", "display-name"]),
        region: ocid_parts(&ocid).and_then(|(_, _, region)| region.map(str::to_owned)),
        compartment: field(value, ["compartmentId", "compartment-id"]),
        state: field(value, ["lifecycleState", "lifecycle-state"]),
        secrets: secrets.collect(),
        ocid,
    })
}

/// Judges a key at a moment. `region` is where calls go; a secret with fewer than `warn_days` left is due.
pub fn assess(key: &ApiKey, region: Option<&str>, now: Timestamp, warn_days: i64) -> KeyReport {
    let of_ocid = ocid_parts(&key.ocid).and_then(|(_, _, region)| region.map(str::to_owned));
    let own = key.region.clone().or(of_ocid).map(|name| canonical(&name));
    let secrets: Vec<SecretState> =
        key.secrets.iter().enumerate().map(|(at, one)| secret(at, one, now)).collect();
    let mut remarks = Vec::new();
    remarks.extend(of_another_kind(&key.ocid));
    remarks.extend(own.as_deref().zip(region).and_then(|(own, region)| in_another_region(own, region)));
    remarks.extend(key.state.as_deref().and_then(not_active));
    remarks.extend(secrets.iter().filter_map(|one| worth_saying(one, warn_days)));
    if !secrets.is_empty() && secrets.iter().all(|one| !one.works) {
        let text = "no secret of the key works: calls with either get 401".to_owned();
        let instead = "activate a secret that is inactive, or renew one".to_owned();
        remarks.push(Remark::failing("genai-secret-not-active", text, instead));
    }
    if secrets.len() == 1 {
        let text = "the key shows one secret: a rotation without a gap needs two".to_owned();
        remarks.push(Remark { gravity: Gravity::Soon, cause: None, text, instead: None });
    }
    let rotation = rotation(&secrets, &key.ocid, own.as_deref(), warn_days);
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.gravity));
    KeyReport {
        ocid: key.ocid.clone(),
        name: key.name.clone(),
        region: own,
        state: key.state.clone(),
        secrets,
        remarks,
        rotation,
    }
}

impl Remark {
    fn failing(cause: &'static str, text: String, instead: String) -> Self {
        Remark { gravity: Gravity::Failing, cause: Some(cause), text, instead: Some(instead) }
    }
}

/// The identifier of a region, whatever of its names is given.
fn canonical(name: &str) -> String {
    crate::catalog::region(name).map_or(name.to_lowercase(), |row| row.name.to_owned())
}

fn of_another_kind(ocid: &str) -> Option<Remark> {
    let text = match ocid_parts(ocid) {
        None => format!("`{ocid}` is no OCID"),
        Some((kind, ..)) if !kind.eq_ignore_ascii_case("generativeaiapikey") => {
            format!("`{ocid}` is the OCID of a `{kind}`, not of a GenAI API key")
        }
        Some(_) => return None,
    };
    let instead = "give the OCID of the key, which begins with `ocid1.generativeaiapikey.`".to_owned();
    Some(Remark::failing("wrong-ocid", text, instead))
}

fn in_another_region(own: &str, region: &str) -> Option<Remark> {
    (own != canonical(region)).then(|| {
        let text =
            format!("the key lives in `{own}` and calls go to `{region}`; it works in its own region only");
        let instead = format!("call `{own}`, or create a key in `{region}`");
        Remark::failing("key-region-mismatch", text, instead)
    })
}

fn not_active(state: &str) -> Option<Remark> {
    let (gravity, cause) = match state.to_uppercase().as_str() {
        "ACTIVE" => return None,
        "CREATING" | "UPDATING" => (Gravity::Soon, None),
        _ => (Gravity::Failing, Some("genai-secret-not-active")),
    };
    let instead = Some("create another key, or activate this one".to_owned());
    Some(Remark { gravity, cause, text: format!("the key is {state}"), instead })
}

/// What there is to say of one secret: that it is of no use, or that it soon will be.
fn worth_saying(secret: &SecretState, warn_days: i64) -> Option<Remark> {
    let name = &secret.name;
    let (gravity, text) = match (secret.works, secret.days_left) {
        (false, Some(days)) if days < 0 => {
            (Gravity::Note, format!("secret `{name}` expired {} ago", days_in_words(-days)))
        }
        (false, _) => (Gravity::Note, format!("secret `{name}` is {}", secret.state)),
        (true, Some(days)) if days < warn_days => {
            (Gravity::Soon, format!("secret `{name}` expires in {}", days_in_words(days)))
        }
        _ => return None,
    };
    Some(Remark { gravity, cause: None, text, instead: None })
}

fn days_in_words(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn secret(at: usize, one: &Secret, now: Timestamp) -> SecretState {
    const DAY: i64 = 24 * 60 * 60;
    let left = one.expires.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let left = left.map(|expiry| expiry.duration_since(now));
    let past = left.is_some_and(|left| left <= SignedDuration::ZERO);
    let state = one.state.as_deref().map_or("UNKNOWN".to_owned(), str::to_uppercase);
    let works = !past && matches!(state.as_str(), "ACTIVE" | "UNKNOWN");
    SecretState {
        name: one.name.clone().unwrap_or_else(|| (at + 1).to_string()),
        state: if past && state == "ACTIVE" { "EXPIRED".to_owned() } else { state },
        expires: one.expires.clone(),
        // Rounded down, so that what is past by a minute is minus one.
        days_left: left.map(|left| left.as_secs().div_euclid(DAY)),
        works,
    }
}

/// What is left to do: see to the standby, go over to it, then end the old one.
fn rotation(secrets: &[SecretState], ocid: &str, region: Option<&str>, warn_days: i64) -> Vec<String> {
    let lasts = |one: &SecretState| one.days_left.is_none_or(|days| days >= warn_days);
    let region = region.map(|region| format!(" --region {region}")).unwrap_or_default();
    let state = |name: &str, state: &str| {
        format!(
            "oci generative-ai api-key set-api-key-state --api-key-id {ocid} --key-name {name} --state {state}{region}"
        )
    };
    let renew = |name: &str| {
        format!(
            "oci generative-ai api-key renew --api-key-id {ocid} --details '{{\"keyName\": \"{name}\", \"timeExpiry\": \"<date>\"}}'{region}"
        )
    };
    let go_over = |name: &str| {
        format!("give secret `{name}` to the programs and verify that requests authenticate with it")
    };
    let ending: Vec<&SecretState> = secrets.iter().filter(|one| one.works && !lasts(one)).collect();
    let mut steps = Vec::new();
    let mut renewed = None;
    if let Some(keeper) = secrets.iter().find(|one| one.works && lasts(one)) {
        let mut others = secrets.iter().filter(|one| one.name != keeper.name);
        let ready = |one: &SecretState| lasts(one) && (one.works || one.state == "INACTIVE");
        if let Some(spent) = others.find(|one| !one.works && !ready(one)).filter(|_| ending.is_empty()) {
            // Programs may still hold what has just expired.
            steps.extend((spent.state == "EXPIRED").then(|| go_over(&keeper.name)));
            steps.push(format!(
                "renew secret `{}`, so that it stands by: {}",
                spent.name,
                renew(&spent.name)
            ));
        }
        steps.extend((!ending.is_empty()).then(|| go_over(&keeper.name)));
    } else if let Some(standby) = secrets.iter().find(|one| one.state == "INACTIVE" && lasts(one)) {
        let activate = state(&standby.name, "ACTIVE");
        steps.push(format!("activate secret `{}`: {activate}", standby.name));
        steps.push(go_over(&standby.name));
    } else if let Some(idle) =
        // The one in use stays until the other is renewed.
        secrets.iter().min_by_key(|one| (one.works, one.days_left.unwrap_or(i64::MAX)))
    {
        let name = if secrets.len() < 2 && idle.works { "two" } else { idle.name.as_str() };
        steps.push(format!("renew secret `{name}`: {}", renew(name)));
        renewed = Some(name);
        steps.push(go_over(name));
    }
    for one in ending.iter().filter(|one| renewed != Some(one.name.as_str())) {
        let name = &one.name;
        steps.push(format!("deactivate secret `{name}`, which can be undone: {}", state(name, "INACTIVE")));
        steps.push(format!(
            "revoke it, which can't be undone, once nothing uses it: {}",
            state(name, "REVOKED")
        ));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secrets: &[(&str, &str, &str)]) -> ApiKey {
        let secrets = secrets.iter().map(|(name, state, expires)| Secret {
            name: Some((*name).to_owned()),
            state: Some((*state).to_owned()),
            expires: (!expires.is_empty()).then(|| (*expires).to_owned()),
        });
        ApiKey {
            ocid: "ocid1.generativeaiapikey.oc1.us-chicago-1.aaaa".to_owned(),
            state: Some("ACTIVE".to_owned()),
            secrets: secrets.collect(),
            ..ApiKey::default()
        }
    }

    fn judged(secrets: &[(&str, &str, &str)]) -> KeyReport {
        let now = "2026-11-21T12:00:00Z".parse();
        assess(&key(secrets), Some("us-chicago-1"), now.unwrap_or_default(), 14)
    }

    #[test]
    fn two_secrets_that_last_need_nothing() {
        let report =
            judged(&[("one", "ACTIVE", "2027-02-01T00:00:00Z"), ("two", "ACTIVE", "2027-02-01T00:00:00Z")]);
        assert_eq!(
            (report.gravity(), report.rotation.len(), report.days_left()),
            (Gravity::Note, 0, Some(71))
        );
    }

    #[test]
    fn a_secret_near_its_end_is_due_and_the_standby_takes_over() {
        let report =
            judged(&[("one", "ACTIVE", "2026-11-30T00:00:00Z"), ("two", "ACTIVE", "2027-02-01T00:00:00Z")]);
        assert_eq!(report.gravity(), Gravity::Soon);
        assert_eq!(report.rotation.len(), 3);
        assert!(report.rotation.first().is_some_and(|step| step.starts_with("give secret `two`")));
        assert!(report.rotation.get(1).is_some_and(|step| step.contains("--key-name one --state INACTIVE")));
    }

    #[test]
    fn an_inactive_standby_is_activated_first_and_an_expired_one_renewed() {
        let inactive =
            judged(&[("one", "ACTIVE", "2026-11-25T00:00:00Z"), ("two", "INACTIVE", "2027-02-01T00:00:00Z")]);
        assert!(inactive.rotation.first().is_some_and(|step| step.contains("--key-name two --state ACTIVE")));
        let expired =
            judged(&[("one", "ACTIVE", "2026-11-25T00:00:00Z"), ("two", "ACTIVE", "2026-11-20T00:00:00Z")]);
        assert!(expired.rotation.first().is_some_and(|step| step.starts_with("renew secret `two`")));
        assert!(expired.remarks.iter().any(|remark| remark.text == "secret `two` expired 2 days ago"));
    }

    #[test]
    fn an_inactive_standby_is_nothing_to_do_and_a_spent_one_is_to_be_renewed() {
        let far = "2027-02-01T00:00:00Z";
        let inactive = judged(&[("one", "ACTIVE", far), ("two", "INACTIVE", far)]);
        assert_eq!((inactive.gravity(), inactive.rotation.len()), (Gravity::Note, 0));
        let revoked = judged(&[("one", "REVOKED", far), ("two", "ACTIVE", far)]);
        assert_eq!((revoked.gravity(), revoked.rotation.len()), (Gravity::Note, 1));
        assert!(revoked.rotation.first().is_some_and(|step| step.starts_with("renew secret `one`, so that")));
        let expired = judged(&[("one", "ACTIVE", "2026-11-20T00:00:00Z"), ("two", "ACTIVE", far)]);
        let starts: Vec<&str> = expired.rotation.iter().filter_map(|step| step.get(..17)).collect();
        assert_eq!(starts, ["give secret `two`", "renew secret `one"]);
    }

    #[test]
    fn when_both_end_the_other_is_renewed_first_and_the_one_in_use_ended_last() {
        let both =
            judged(&[("one", "ACTIVE", "2026-11-25T00:00:00Z"), ("two", "ACTIVE", "2026-11-26T00:00:00Z")]);
        let starts: Vec<&str> = both.rotation.iter().filter_map(|step| step.split('`').nth(1)).collect();
        assert_eq!(starts, ["one", "one", "two"], "{:?}", both.rotation);
    }

    #[test]
    fn a_key_without_a_working_secret_and_one_of_another_region_fail() {
        let dead = judged(&[("one", "REVOKED", ""), ("two", "ACTIVE", "2026-11-21T11:59:00Z")]);
        assert_eq!(dead.gravity(), Gravity::Failing);
        let now = "2026-11-21T12:00:00Z".parse().unwrap_or_default();
        let far = assess(&key(&[("one", "ACTIVE", "")]), Some("eu-frankfurt-1"), now, 14);
        assert!(far.remarks.iter().any(|remark| remark.cause == Some("key-region-mismatch")));
    }

    #[test]
    fn a_region_may_be_written_by_its_key() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap_or_default();
        let same = assess(&key(&[]), Some("ORD"), now, 14);
        assert_eq!(same.remarks, []);
    }

    #[test]
    fn answers_of_the_service_and_of_the_command_line_read_alike() {
        let service = serde_json::json!({
            "id": "ocid1.generativeaiapikey.oc1.ord.a", "displayName": "n", "lifecycleState": "ACTIVE",
            "keys": [{ "keyName": "one", "state": "ACTIVE", "timeExpiry": "2027-01-01T00:00:00Z" }],
        });
        let command = serde_json::json!({ "data": {
            "id": "ocid1.generativeaiapikey.oc1.ord.a", "display-name": "n", "lifecycle-state": "ACTIVE",
            "keys": [{ "key-name": "one", "state": "ACTIVE", "time-expiry": "2027-01-01T00:00:00Z" }],
        }});
        assert!(key_from_json(&service).is_some());
        assert_eq!(key_from_json(&service), key_from_json(&command));
        assert_eq!(key_from_json(&serde_json::json!([])), None);
    }
}
