//! Incomplete and invalid sources of settings are errors.

use super::*;

#[test]
fn incomplete_credentials_are_an_error_in_every_source() {
    let profile = |credentials: &str| {
        machine()
            .set("IONOS_TOKEN", "t")
            .file(SDK, &format!("currentProfile: a\nprofiles: [{{name: a, credentials: {{{credentials}}}}}]"))
    };
    let of_profile = "in profile \"a\" of /home/u/.ionos/config, ";
    let cases = [
        (
            machine().set("IONOS_USERNAME", "u"),
            "in the environment, IONOS_USERNAME is set but IONOS_PASSWORD is not: set both, or IONOS_TOKEN alone"
                .to_owned(),
        ),
        (
            machine().set("IONOS_PASSWORD", "planted").set("IONOS_USERNAME", " "),
            "in the environment, IONOS_PASSWORD is set but IONOS_USERNAME is not: set both, or IONOS_TOKEN alone"
                .to_owned(),
        ),
        (profile("username: u"), format!("{of_profile}username is set but password is not: set both, or token alone")),
        (
            profile("password: planted, username: ''"),
            format!("{of_profile}password is set but username is not: set both, or token alone"),
        ),
        (
            machine().file(OLD, r#"{"userdata.name": "u"}"#),
            format!("in {OLD}, userdata.name is set but userdata.password is not: set both, or userdata.token alone"),
        ),
        (
            machine().file(OLD, r#"{"userdata.password": "planted"}"#),
            format!("in {OLD}, userdata.password is set but userdata.name is not: set both, or userdata.token alone"),
        ),
    ];
    for (machine, sentence) in cases {
        assert_eq!(machine.refusal(), sentence);
    }
}

#[test]
fn incomplete_credentials_of_the_program_are_an_error() {
    let cases = [
        (Some("u"), None, "in the program, a username is set but a password is not: set both, or a token alone"),
        (None, Some("planted"), "in the program, a password is set but a username is not: set both, or a token alone"),
        (Some(""), Some("planted"), "the username or password set in the program is empty: set both, or a token alone"),
        (Some("u"), Some(""), "the username or password set in the program is empty: set both, or a token alone"),
    ];
    for (username, password, text) in cases {
        let options =
            Options { username: username.map(str::to_owned), password: password.map(Into::into), ..Options::default() };
        let machine = machine().set("IONOS_TOKEN", "t");
        assert_eq!(sentence(&resolve(options, &machine).unwrap_err()), text);
    }
}

#[test]
fn the_error_for_an_invalid_yaml_file_names_the_file_and_the_reason() {
    let not_a_config = "is not a valid config file: it cannot be parsed";
    let cases = [
        ("", "is empty: fill it in or remove it"),
        (" \n\n", "is empty: fill it in or remove it"),
        ("# later\n---\n", "is empty: fill it in or remove it"),
        ("profiles:\n  - name: [\n", not_a_config),
        ("profiles:\n\t- name: a\n", not_a_config),
        ("version: 1.0\nprofiles: planted\n", "at line 2, column 11"),
        ("planted", "at line 1, column 1"),
        ("- planted", not_a_config),
        ("version: 1\n---\nversion: 1\n", not_a_config),
        ("version: 2.0", "has an unsupported version: this client supports version 1"),
        ("version: '10'", "has an unsupported version"),
        ("version: planted", "has an unsupported version"),
    ];
    for (text, reason) in cases {
        let error = machine().set("IONOS_TOKEN", "t").file(SDK, text).refusal();
        assert!(error.starts_with(SDK), "{error}");
        assert!(error.contains(reason), "{text:?}: {error}");
        assert!(!error.contains("planted"), "{error}");
    }
    for version in ["1", "1.0", "1.7", "'1.0'", "~", "''"] {
        machine().file(SDK, &format!("\u{feff}version: {version}")).resolve();
    }
}

#[test]
fn the_error_for_an_invalid_json_file_names_the_file_and_the_line() {
    let cases = [
        ("", "line 1, column 0"),
        ("{\n\"userdata.token\": planted}", "line 2, column 19"),
        (r#"{"userdata.token": ["planted"]}"#, "line 1, column 19"),
        (r#"["planted"]"#, "line 1"),
    ];
    for (text, place) in cases {
        let error = machine().file(OLD, text).refusal();
        assert!(error.starts_with(OLD) && error.contains(place), "{error}");
        assert!(!error.contains("planted"), "{error}");
    }
}

#[test]
fn an_incomplete_endpoint_is_an_error() {
    let product = |endpoints: &str| {
        let text = format!("environments: [{{name: e, products: [{{name: activitylog, endpoints: {endpoints}}}]}}]");
        machine().file(SDK, &text).refusal()
    };
    let cases = [
        ("[]", "lists the product \"activitylog\" without an endpoint"),
        ("~", "lists the product \"activitylog\" without an endpoint"),
        ("[{location: de/fra}]", "has an endpoint without a name"),
        ("[{name: ' '}]", "has an endpoint without a name"),
        (
            "[{name: a, location: de/fra}, {name: b, location: de/txl}]",
            "several endpoints for the product \"activitylog\", each with a location: keep one of \"de/fra\", \"de/txl\"",
        ),
        ("[{name: 'https://u:planted@a.example'}]", "whose name contains a username or password"),
        ("[{name: a, certificateAuthData: planted}]", "certificateAuthData without a PEM certificate"),
    ];
    for (endpoints, reason) in cases {
        let error = product(endpoints);
        assert!(error.starts_with(SDK), "{error}");
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("planted"), "{error}");
    }
}

#[test]
fn the_error_for_a_variable_that_is_not_unicode_names_the_variable() {
    for name in [
        "IONOS_TOKEN",
        "IONOS_USERNAME",
        "IONOS_PASSWORD",
        "IONOS_API_URL",
        "IONOS_CONFIG_FILE",
        "IONOS_CURRENT_PROFILE",
        "IONOS_CONTRACT_NUMBER",
        "IONOS_PINNED_CERT",
    ] {
        let mut machine = machine();
        machine.variables.insert(name, Err(NonUnicode));
        assert_eq!(machine.refusal(), format!("{name} is not valid UTF-8: set it again"));
    }
}

#[test]
fn the_error_for_an_invalid_contract_names_its_origin() {
    let error = machine().set("IONOS_CONTRACT_NUMBER", "mine").refusal();
    assert!(error.starts_with("IONOS_CONTRACT_NUMBER: \"mine\" is not a contract number"), "{error}");
}

#[test]
fn control_characters_in_names_are_removed_from_errors() {
    let path = "/tmp/\x1b[2Jplace";
    let machine = machine().set("IONOS_CONFIG_FILE", path);
    machine.refusal();
    let machine = machine.file(path, "currentProfile: \"\\e[2J\"");
    machine.refusal();
}
