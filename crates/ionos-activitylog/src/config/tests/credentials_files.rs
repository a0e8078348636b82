//! Credentials in the vendor's files, and the error if there are none.

use super::*;

const TWO: &str = "
version: '1.0'
currentProfile: ' Prod '
profiles:
  - name: prod
    credentials: {username: jane, password: 0123}
  - name: staging
    credentials: {token: of-staging, username: half}
  - name: bare
unknown: [whatever]
";

#[test]
fn ionos_current_profile_overrides_the_current_profile_of_the_file() {
    let cases = [
        (None, "jane:0123", "prod"),
        (Some("staging"), "token of-staging", "staging"),
        (Some(" STAGING\t"), "token of-staging", "staging"),
    ];
    for (named, credentials, profile) in cases {
        let mut machine = machine().file(SDK, TWO);
        if let Some(name) = named {
            machine = machine.set("IONOS_CURRENT_PROFILE", name);
        }
        let resolved = machine.resolve();
        assert_eq!(plain(resolved.credentials.as_ref()), credentials);
        let origin = super::super::Origin::File { path: SDK.into(), profile: Some(profile.to_owned()) };
        assert_eq!(resolved.settings[0].origin(), &origin);
    }
}

#[test]
fn a_named_profile_must_exist() {
    assert_eq!(
        machine().file(SDK, TWO).set("IONOS_CURRENT_PROFILE", "gone").refusal(),
        "/home/u/.ionos/config has no profile \"gone\", which IONOS_CURRENT_PROFILE names; it has only \"prod\", \"staging\", \"bare\": choose another profile, or add this one"
    );
    assert_eq!(
        machine().file(SDK, "currentProfile: gone").refusal(),
        "/home/u/.ionos/config has no profile \"gone\", which its currentProfile names; it has no profiles: choose another profile, or add this one"
    );
    assert_eq!(
        machine().set("IONOS_CURRENT_PROFILE", "gone").set("IONOS_TOKEN", "t").refusal(),
        "IONOS_CURRENT_PROFILE names the profile \"gone\", but there is no config file: \
         /home/u/.config/ionosctl/config.yaml does not exist; /home/u/.ionos/config does not exist; \
         /home/u/.ionos/config.yaml does not exist: create one, or unset IONOS_CURRENT_PROFILE"
    );
}

#[test]
fn the_error_for_missing_credentials_lists_every_source() {
    let begin =
        "no credentials found: the program sets none; IONOS_TOKEN, IONOS_USERNAME and IONOS_PASSWORD are not set; ";
    let end = ": set IONOS_TOKEN to a token of your account";
    let no_ctl = "/home/u/.config/ionosctl/config.yaml does not exist";
    let no_old = "/home/u/.config/ionosctl/config.json does not exist; /home/u/.ionosctl/config.json does not exist";
    let cases = [
        (
            machine(),
            format!(
                "{no_ctl}; /home/u/.ionos/config does not exist; /home/u/.ionos/config.yaml does not exist; {no_old}"
            ),
        ),
        (
            machine().file(SDK, TWO).set("IONOS_CURRENT_PROFILE", "bare"),
            format!("{no_ctl}; profile \"bare\" of /home/u/.ionos/config has no credentials; {no_old}"),
        ),
        (
            machine().file(IONOSCTL, "profiles: [{name: a, credentials: {token: t}}]"),
            format!("{IONOSCTL} has no currentProfile and IONOS_CURRENT_PROFILE is not set; {no_old}"),
        ),
        (
            machine()
                .file(IONOSCTL, "{currentProfile: ~, profiles: ~, environments: ~}")
                .file(OLD, r#"{"userdata.token": " ", "userdata.name": ""}"#),
            format!("{IONOSCTL} has no currentProfile and IONOS_CURRENT_PROFILE is not set; {OLD} has no credentials"),
        ),
    ];
    for (machine, middle) in cases {
        let error = machine.resolve().credentials_or_error().unwrap_err();
        assert_eq!(sentence(&error), format!("{begin}{middle}{end}"));
    }
}

#[test]
fn existing_credentials_are_returned() {
    let resolved = machine().set("IONOS_TOKEN", "t").resolve();
    assert_eq!(plain(resolved.credentials_or_error().ok()), "token t");
}
