//! Config files as Python, Go, Java and the CLI read them, and the environment over and under them.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod machine;

use machine::Machine;
use ociam::probe::config::{
    Client, ConfigFile, Origin, PlaceError, Reader, active_profile, config_files, divergences, place,
    settings,
};
use proptest::prelude::*;

fn file(text: &str) -> ConfigFile {
    ConfigFile::parse("config", text)
}

fn get(text: &str, reader: Reader, profile: &str, key: &str) -> Option<String> {
    file(text).read(reader, profile).unwrap().get(key).map(str::to_owned)
}

fn refusal(text: &str, reader: Reader) -> String {
    file(text).read(reader, "DEFAULT").unwrap_err().to_string()
}

#[test]
fn python_and_java_inherit_from_default_and_go_does_not() {
    let text = "[DEFAULT]\nregion = us-chicago-1\npass_phrase = marked\n[DEV]\nuser = u\n";
    assert_eq!(get(text, Reader::Python, "DEV", "region").as_deref(), Some("us-chicago-1"));
    assert_eq!(get(text, Reader::Java, "DEV", "region").as_deref(), Some("us-chicago-1"));
    assert_eq!(get(text, Reader::Go, "DEV", "region"), None);
    let found = divergences(&file(text), "DEV");
    let region = found.iter().find(|found| found.key.as_deref() == Some("region")).unwrap();
    assert_eq!(region.line, Some(2));
    insta::assert_snapshot!(region.message, @"`region`: inherited from line 2 by the Python SDK and CLI, the Java SDK, not seen by the Go SDK and Terraform");
    assert!(!format!("{found:?} {:?}", file(text).read(Reader::Python, "DEV")).contains("marked"));
}

#[test]
fn delimiters_differ() {
    let text = "[DEFAULT]\nregion: r\npass_phrase = a=b\nUser = u\n";
    assert_eq!(get(text, Reader::Python, "DEFAULT", "region").as_deref(), Some("r"));
    assert_eq!(get(text, Reader::Python, "DEFAULT", "pass_phrase").as_deref(), Some("a=b"));
    assert_eq!(get(text, Reader::Go, "DEFAULT", "region"), None);
    assert_eq!(get(text, Reader::Go, "DEFAULT", "pass_phrase").as_deref(), Some("a"));
    assert_eq!(get(text, Reader::Go, "DEFAULT", "user").as_deref(), Some("u"));
    assert_eq!(refusal(text, Reader::Java), "config:2: the line is no `key=value`");
}

#[test]
fn duplicates_are_an_error_the_last_or_the_first() {
    let keys = "[DEFAULT]\nuser = a\nuser = b\n";
    assert_eq!(refusal(keys, Reader::Python), "config:3: `user` stands twice in profile `DEFAULT`");
    assert_eq!(get(keys, Reader::Go, "DEFAULT", "user").as_deref(), Some("b"));
    assert_eq!(get(keys, Reader::Java, "DEFAULT", "user").as_deref(), Some("b"));
    let sections = "[A]\nuser = a\n[A]\nregion = r\n";
    assert_eq!(refusal(sections, Reader::Python), "config:3: profile `A` stands twice");
    assert_eq!(get(sections, Reader::Go, "A", "region"), None);
    assert_eq!(get(sections, Reader::Java, "A", "user").as_deref(), Some("a"));
    assert_eq!(get(sections, Reader::Java, "A", "region").as_deref(), Some("r"));
}

#[test]
fn stray_lines_comments_and_marks_are_met_differently() {
    let stray = "[DEFAULT]\nuser = u\nOCI_API_KEY\n";
    assert_eq!(refusal(stray, Reader::Python), "config:3: the line is no `key=value`");
    assert_eq!(get(stray, Reader::Go, "DEFAULT", "user").as_deref(), Some("u"));
    let semicolon = "[DEFAULT]\n; note\nuser = u\n";
    assert_eq!(get(semicolon, Reader::Python, "DEFAULT", "user").as_deref(), Some("u"));
    assert_eq!(refusal(semicolon, Reader::Java), "config:2: the line is no `key=value`");
    let mark = "\u{feff}[DEFAULT]\nuser = u\n";
    assert!(refusal(mark, Reader::Python).starts_with("config:1: the file starts with a byte-order mark"));
    assert_eq!(refusal(mark, Reader::Go), "config: there is no profile `DEFAULT`");
    assert_eq!(
        refusal("user = u\n", Reader::Python),
        "config:1: a value stands before the first `[profile]`"
    );
    assert_eq!(get("[A]\nuser = u\n  v\n", Reader::Python, "A", "user").as_deref(), Some("u\nv"));
}

#[test]
fn a_plain_profile_is_read_alike_by_all() {
    let text = "# mine\r\n[DEFAULT]\r\nuser=ocid1.user.oc1..u\r\nregion=us-chicago-1\r\n";
    assert_eq!(divergences(&file(text), "DEFAULT"), []);
    assert_eq!(get(text, Reader::Go, "DEFAULT", "region").as_deref(), Some("us-chicago-1"));
}

#[test]
fn what_one_client_refuses_is_a_divergence_and_what_all_refuse_is_not() {
    let found = divergences(&file("[DEFAULT]\nuser = u\nstray\n"), "DEFAULT");
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0].message,
        "the Python SDK and CLI refuses what others read: the line is no `key=value`"
    );
    assert_eq!(divergences(&file("[A]\n"), "B"), []);
}

#[test]
fn oci_config_file_is_heeded_only_without_the_default_file() {
    let machine = Machine::new().file("~/.oci/config", "").variable("OCI_CONFIG_FILE", "/x/config");
    let found = config_files(None, &machine);
    assert_eq!(found[0].read_by, [Client::Python, Client::Cli, Client::Go, Client::Java]);
    assert_eq!(found[1].read_by, []);
    assert!(found[1].remark.as_deref().unwrap().contains("only when `~/.oci/config` does not exist"));
    let machine = Machine::new().variable("OCI_CONFIG_FILE", "/x/config");
    assert_eq!(config_files(None, &machine)[0].read_by, [Client::Python, Client::Go, Client::Java]);
    let machine = Machine::new().file("~/.oraclebmc/config", "");
    assert_eq!(config_files(None, &machine)[0].pointed_at_by, "default of old");
}

#[test]
fn only_the_cli_heeds_its_own_variable() {
    let machine = Machine::new().file("~/.oci/config", "").variable("OCI_CLI_CONFIG_FILE", "~/cli");
    let found = config_files(None, &machine);
    assert_eq!(found[0].read_by, [Client::Cli]);
    assert!(found[0].path.ends_with("home/cli"), "{:?}", found[0].path);
    assert_eq!(found[1].read_by, [Client::Python, Client::Go, Client::Java]);
}

#[test]
fn the_profile_comes_from_flag_variable_rc_file_or_default() {
    let machine = Machine::new();
    assert_eq!(active_profile(None, &machine).0, "DEFAULT");
    let machine = machine.file("~/.oci/oci_cli_rc", "[OCI_CLI_SETTINGS]\ndefault_profile = RC\n");
    assert_eq!(active_profile(None, &machine), ("RC".to_owned(), "oci_cli_rc"));
    let machine = machine.variable("OCI_CLI_PROFILE", "ENV");
    assert_eq!(active_profile(None, &machine), ("ENV".to_owned(), "OCI_CLI_PROFILE"));
    assert_eq!(active_profile(Some("FLAG"), &machine).0, "FLAG");
}

#[test]
fn the_environment_overrides_for_the_cli_and_completes_for_go() {
    let config = file("[DEFAULT]\nuser = from-file\n");
    let machine = Machine::new()
        .variable("OCI_CLI_USER", "from-cli")
        .variable("TF_VAR_user_ocid", "from-tf")
        .variable("TF_VAR_region", "tf-region")
        .variable("OCI_REGION", "oci-region");
    let of = |client, key: &str| {
        settings(client, Some(&config), "DEFAULT", &machine).unwrap().get(key).map(str::to_owned)
    };
    assert_eq!(of(Client::Cli, "user").as_deref(), Some("from-cli"));
    assert_eq!(of(Client::Python, "user").as_deref(), Some("from-file"));
    assert_eq!(of(Client::Go, "user").as_deref(), Some("from-file"));
    assert_eq!(of(Client::Go, "region").as_deref(), Some("tf-region"));
    assert_eq!(of(Client::Python, "region").as_deref(), Some("oci-region"));
    assert_eq!(of(Client::Java, "region"), None);
    let read = settings(Client::Go, Some(&config), "DEFAULT", &machine).unwrap();
    assert_eq!(read.setting("region").unwrap().origin, Origin::Variable("TF_VAR_region"));
    assert_eq!(read.setting("user").unwrap().origin.to_string(), "config:2");
}

#[test]
fn regions_are_found_by_name_key_and_the_machines_own_metadata() {
    let machine = Machine::new().variable(
        "OCI_REGION_METADATA",
        r#"{"realmKey":"oc77","realmDomainComponent":"oraclecloud77.com","regionKey":"NEW","regionIdentifier":"xx-new-1"}"#,
    );
    assert_eq!(place("ORD", &machine).unwrap().region, "us-chicago-1");
    assert_eq!(place("uk-gov-london-1", &machine).unwrap().domain, "oraclegovcloud.uk");
    assert_eq!(place("new", &machine).unwrap().domain, "oraclecloud77.com");
    assert_eq!(
        place("us-chicgo-1", &machine),
        Err(PlaceError::Unknown("us-chicgo-1".into(), Some("us-chicago-1")))
    );
    assert!(matches!(place("\"us-chicago-1\"", &machine), Err(PlaceError::Surplus(_))));
    assert!(matches!(place("us-chicago-1 # home", &machine), Err(PlaceError::Surplus(_))));
    assert_eq!(place(" ", &machine), Err(PlaceError::Empty));
}

#[test]
fn twenty_thousand_profiles_are_read_once() {
    let mut text = String::new();
    for index in 0..20_000 {
        text.push_str(&format!("[p{index}]\nuser = u\n"));
    }
    let config = file(&text);
    assert_eq!(config.profiles().len(), 20_000);
    for index in (0..20_000).step_by(100) {
        assert_eq!(divergences(&config, &format!("p{index}")), []);
    }
}

proptest! {
    #[test]
    fn no_file_makes_a_reader_panic(text in "([\\[\\]=:#; \\t\\u{feff}a-cé]{0,6}\n){0,8}", profile in "[a-c]|DEFAULT") {
        let config = file(&text);
        let _ = divergences(&config, &profile);
        prop_assert!(config.profiles().len() <= text.lines().count());
    }

    #[test]
    fn plain_files_are_read_alike_by_all(values in proptest::collection::btree_map("user|tenancy|region|key_file", "[a-zA-Z0-9./~_-]{1,20}", 0..4)) {
        let lines: Vec<String> = values.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let config = file(&format!("[DEFAULT]\n{}\n", lines.join("\n")));
        prop_assert_eq!(divergences(&config, "DEFAULT"), []);
        let read = config.read(Reader::Java, "DEFAULT").unwrap();
        for (key, value) in &values {
            prop_assert_eq!(read.get(key), Some(value.as_str()));
        }
    }
}
