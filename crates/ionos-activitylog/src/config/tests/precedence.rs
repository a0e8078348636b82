//! The precedence of the sources of a setting: program, variables, files.

use super::*;

const YAML: &str = "
version: 1.0
currentProfile: prod
profiles:
  - name: prod
    environment: live
    credentials: {token: of-yaml}
environments:
  - name: live
    products:
      - name: activitylog
        endpoints: [{name: yaml.example}]
";
const JSON: &str = r#"{"userdata.token": "of-json", "userdata.api-url": "https://json.example/x"}"#;

fn everything() -> Machine {
    machine()
        .set("IONOS_TOKEN", "of-variable")
        .set("IONOS_API_URL", " variable.example\n")
        .set("IONOS_CONTRACT_NUMBER", " 31721060 ")
        .set("IONOS_PINNED_CERT", &["AA:BB"; 32].join(":")[..95])
        .file(IONOSCTL, YAML)
        .file(OLD, JSON)
}

#[test]
fn the_first_source_with_a_setting_decides_it() {
    let options = || Options {
        token: Some("of-program".into()),
        base_url: Some("program.example".into()),
        contract: Some("1".into()),
        pinned_certificate: Some("CC".repeat(32)),
        ..Options::default()
    };
    let without = |names: &[&'static str]| {
        let mut machine = everything();
        for name in names {
            machine.variables.remove(name);
        }
        machine
    };
    let mut only_json = without(&["IONOS_TOKEN", "IONOS_API_URL"]);
    only_json.files.remove(Path::new(IONOSCTL));
    let cases = [
        (options(), everything(), "of-program", "program.example", "1", "cc"),
        (Options::default(), everything(), "of-variable", "variable.example", "31721060", "aabb"),
        (Options::default(), without(&["IONOS_TOKEN", "IONOS_API_URL"]), "of-yaml", "yaml.example", "31721060", "aabb"),
        (Options::default(), only_json, "of-json", "https://json.example", "31721060", "aabb"),
    ];
    for (options, machine, token, base_url, contract, pin) in cases {
        let resolved = resolve(options, &machine).unwrap();
        assert_eq!(plain(resolved.credentials.as_ref()), format!("token {token}"));
        assert_eq!(resolved.base_url.as_deref(), Some(base_url));
        assert_eq!(resolved.contract.as_deref(), Some(contract));
        let pinned = resolved.pinned_certificate.unwrap();
        assert_eq!(pinned, pin.repeat(64 / pin.len()));
    }
}

#[test]
fn each_setting_is_decided_independently() {
    let machine = machine().set("IONOS_USERNAME", "jane").set("IONOS_PASSWORD", " secret ").file(IONOSCTL, YAML);
    let resolved = machine.resolve();
    assert_eq!(plain(resolved.credentials.as_ref()), "jane: secret ");
    assert_eq!(
        in_force(&resolved),
        [
            "credentials: username jane, password [redacted] (IONOS_USERNAME and IONOS_PASSWORD)",
            "API address: yaml.example (profile \"prod\" of /home/u/.config/ionosctl/config.yaml)",
            "profile: prod (/home/u/.config/ionosctl/config.yaml)",
        ]
    );

    let machine = super::machine().set("IONOS_API_URL", "http://127.0.0.1:8080").file(SDK, YAML);
    assert_eq!(
        in_force(&machine.resolve()),
        [
            "credentials: token [redacted] (profile \"prod\" of /home/u/.ionos/config)",
            "API address: http://127.0.0.1:8080 (IONOS_API_URL)",
            "profile: prod (/home/u/.ionos/config)",
        ]
    );
}

#[test]
fn settings_are_listed_in_a_fixed_order_with_defaults() {
    let listed: Vec<_> = machine().resolve().settings.iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            "credentials: not set (the default)",
            "API address: https://api.ionos.com (the default)",
            "contract: not set (the default)",
            "pinned certificate: not set (the default)",
            "root certificates: the platform's (the default)",
            "config file: none (the default)",
            "profile: none (the default)",
        ]
    );
}

#[test]
fn overridden_values_are_listed_with_their_setting() {
    let options = Options { token: Some("of-program".into()), ..Options::default() };
    let machine = everything()
        .set("IONOS_USERNAME", "jane")
        .set("IONOS_PASSWORD", "planted")
        .set("IONOS_CURRENT_PROFILE", "test")
        .set("IONOS_CONFIG_FILE", "/etc/ionos.yaml")
        .file("/etc/ionos.yaml", &YAML.replace("name: prod", "name: test"));
    let resolved = resolve(options, &machine).unwrap();
    let listed = resolved.settings.iter().flat_map(|setting| {
        let overridden = setting.overridden().iter();
        overridden.map(move |other| format!("{setting}, not {} ({})", other.value(), other.origin()))
    });
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [
            "credentials: token [redacted] (set in the program), not token [redacted] (IONOS_TOKEN)",
            "credentials: token [redacted] (set in the program), not username jane, password [redacted] \
             (IONOS_USERNAME and IONOS_PASSWORD)",
            "credentials: token [redacted] (set in the program), not token [redacted] (profile \"test\" of /etc/ionos.yaml)",
            "API address: variable.example (IONOS_API_URL), not yaml.example (profile \"test\" of /etc/ionos.yaml)",
            "profile: test (IONOS_CURRENT_PROFILE), not prod (/etc/ionos.yaml)",
        ]
    );
    assert_eq!(profiles(&machine).unwrap(), ["test"]);
    assert_eq!(profiles(&super::machine()).unwrap(), [""; 0]);
    // An invalid value that is overridden is not an error.
    let machine = super::machine()
        .set("IONOS_TOKEN", "t")
        .set("IONOS_API_URL", "a.example")
        .file(SDK, &YAML.replace("yaml.example", "u:p@yaml.example"));
    assert!(machine.resolve().settings[1].overridden().is_empty());
}

#[test]
fn within_a_source_a_token_takes_precedence_over_a_username() {
    let half_and_whole = [None, Some("p")];
    for password in half_and_whole {
        let options = Options {
            token: Some("t".into()),
            username: Some("u".into()),
            password: password.map(Into::into),
            ..Options::default()
        };
        let resolved = resolve(options, &machine()).unwrap();
        assert_eq!(plain(resolved.credentials.as_ref()), "token t");
    }
    let variables = machine().set("IONOS_TOKEN", "t").set("IONOS_USERNAME", "u").resolve();
    assert_eq!(plain(variables.credentials.as_ref()), "token t");
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let resolved = everything()
        .set("IONOS_TOKEN", " ")
        .set("IONOS_API_URL", "")
        .set("IONOS_CONTRACT_NUMBER", "\n")
        .set("IONOS_PINNED_CERT", "")
        .set("IONOS_CONFIG_FILE", "")
        .set("IONOS_CURRENT_PROFILE", "")
        .resolve();
    assert_eq!(plain(resolved.credentials.as_ref()), "token of-yaml");
    assert_eq!(resolved.base_url.as_deref(), Some("yaml.example"));
    assert_eq!((resolved.contract, resolved.pinned_certificate), (None, None));
}

#[test]
fn empty_values_of_the_program_are_used_as_they_are() {
    let options = Options { token: Some("".into()), base_url: Some("".into()), ..Options::default() };
    let resolved = resolve(options, &everything()).unwrap();
    assert_eq!(plain(resolved.credentials.as_ref()), "token ");
    assert_eq!(resolved.base_url.as_deref(), Some(""));
}

#[test]
fn a_profile_requested_by_the_program_overrides_the_environment() {
    let asking = |name: &str, machine: &Machine| {
        let options = Options { profile: Some(name.into()), ..Options::default() };
        resolve(options, machine)
    };
    let machine = everything().set("IONOS_CURRENT_PROFILE", "gone");
    let resolved = asking(" Prod", &machine).unwrap();
    assert_eq!(plain(resolved.credentials.as_ref()), "token of-yaml");
    assert_eq!(resolved.base_url.as_deref(), Some("yaml.example"));
    // The environment still decides settings that the profile lacks.
    assert_eq!(resolved.contract.as_deref(), Some("31721060"));
    let profile = resolved.settings.last().unwrap();
    let others = profile.overridden().iter().map(ToString::to_string);
    assert_eq!(profile.to_string(), "profile: Prod (set in the program)");
    assert_eq!(
        others.collect::<Vec<_>>(),
        ["profile: gone (IONOS_CURRENT_PROFILE)", "profile: prod (/home/u/.config/ionosctl/config.yaml)",]
    );
    assert_eq!(
        sentence(&asking("gone", &machine).unwrap_err()),
        "/home/u/.config/ionosctl/config.yaml has no profile \"gone\"; it has only \"prod\": choose another profile, or add this one"
    );
    let refused = sentence(&asking("prod", &super::machine()).unwrap_err());
    assert!(refused.starts_with("the profile \"prod\" was requested, but there is no config file:"), "{refused}");
}
