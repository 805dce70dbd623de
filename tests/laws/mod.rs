//! How the property tests run: the same cases every time, unless the environment asks for others.
//!
//! `.cargo/config.toml` gives the seed. `PROPTEST_RNG_SEED=7 PROPTEST_CASES=20000 cargo test --test language_laws`
//! tries others, and more of them.

use proptest::prelude::ProptestConfig;

/// So many `cases` where the environment names no number.
pub fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    match std::env::var_os("PROPTEST_CASES") {
        // More cases are left aside on the way to more cases.
        Some(_) => {
            ProptestConfig { max_global_rejects: default.cases.saturating_mul(8).max(1_024), ..default }
        }
        None => ProptestConfig { cases, ..default },
    }
}
