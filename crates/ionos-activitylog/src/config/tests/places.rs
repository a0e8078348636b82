//! Tests of the places in which config files are searched.

use super::*;

fn yaml(token: &str) -> String {
    format!("currentProfile: a\nprofiles: [{{name: a, credentials: {{token: {token}}}}}]\n")
}

fn json(token: &str) -> String {
    format!(r#"{{"userdata.token": "{token}"}}"#)
}

#[test]
fn the_first_existing_file_counts() {
    let all = [
        (IONOSCTL, yaml("ionosctl")),
        (SDK, yaml("sdk")),
        (SDK_AS_DOCUMENTED, yaml("documented")),
        (OLD, json("old")),
        (OLD_IN_HOME, json("home")),
    ];
    let tokens = ["ionosctl", "sdk", "documented", "old", "home"];
    for (first, token) in tokens.into_iter().enumerate() {
        let machine = all[first..].iter().fold(machine(), |machine, (path, text)| machine.file(path, text));
        let resolved = machine.resolve();
        assert_eq!(plain(resolved.credentials.as_ref()), format!("token {token}"));
    }
}

#[test]
fn a_named_file_overrides_the_default_places_and_must_exist() {
    let machine =
        machine().file(IONOSCTL, &yaml("ionosctl")).file(SDK, &yaml("sdk")).set("IONOS_CONFIG_FILE", "/etc/ionos.yaml");
    assert_eq!(machine.refusal(), "IONOS_CONFIG_FILE names /etc/ionos.yaml, which does not exist: correct or unset it");
    let machine = machine.file("/etc/ionos.yaml", &yaml("named"));
    let resolved = machine.resolve();
    assert_eq!(plain(resolved.credentials.as_ref()), "token named");
    assert_eq!(
        in_force(&resolved),
        [
            "credentials: token [redacted] (profile \"a\" of /etc/ionos.yaml)",
            "config file: /etc/ionos.yaml (IONOS_CONFIG_FILE)",
            "profile: a (/etc/ionos.yaml)",
        ]
    );
}

#[test]
fn beside_a_yaml_file_the_json_file_can_supply_the_credentials_but_not_the_address() {
    let old = r#"{"userdata.name": "u", "userdata.password": "p", "userdata.api-url": "old.example"}"#;
    let machine = machine().file(IONOSCTL, "{}").file(OLD_IN_HOME, old);
    let resolved = machine.resolve();
    assert_eq!(plain(resolved.credentials.as_ref()), "u:p");
    assert_eq!(resolved.base_url, None);
}

#[test]
fn the_json_file_is_read_only_if_it_can_decide_a_setting() {
    let machine = machine().file(IONOSCTL, &yaml("t")).file(OLD, "{");
    assert_eq!(plain(machine.resolve().credentials.as_ref()), "token t");
    let machine = super::machine().set("IONOS_TOKEN", "t").file(OLD, "{");
    assert!(machine.refusal().contains(OLD), "the address in the JSON file may count");
    let machine = machine.set("IONOS_API_URL", "a.example");
    assert_eq!(plain(machine.resolve().credentials.as_ref()), "token t");
}

#[test]
fn an_unreadable_file_is_an_error() {
    let named = |path: &str, kind| machine().unreadable(path, kind).refusal();
    let denied = io::ErrorKind::PermissionDenied;
    for path in [IONOSCTL, SDK, SDK_AS_DOCUMENTED, OLD, OLD_IN_HOME] {
        assert_eq!(
            named(path, denied),
            format!("{path} cannot be read (permission denied): make it readable or remove it")
        );
    }
    assert_eq!(named(SDK, io::ErrorKind::InvalidData), format!("{SDK} is not valid UTF-8: correct or remove it"));
    // If a part of the path is a file and not a directory, the config file counts as missing.
    let machine = machine().unreadable(SDK, io::ErrorKind::NotADirectory).file(SDK_AS_DOCUMENTED, &yaml("t"));
    assert_eq!(plain(machine.resolve().credentials.as_ref()), "token t");
}

#[test]
fn without_user_directories_there_are_no_files() {
    let mut machine = machine();
    machine.has_user_dirs = false;
    let error = machine.resolve().credentials_or_error().unwrap_err();
    assert_eq!(
        sentence(&error),
        "no credentials found: the program sets none; IONOS_TOKEN, IONOS_USERNAME and IONOS_PASSWORD are not set; \
         config.yaml cannot be found, because the home and config directories of the user are unknown; \
         config.json cannot be found, because the home and config directories of the user are unknown: set IONOS_TOKEN to a token of your account"
    );
}
