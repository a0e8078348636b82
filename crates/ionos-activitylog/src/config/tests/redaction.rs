//! Errors, settings and debug output show no secret.

use super::*;

const SECRET: &str = "planted-secret";

fn assert_hidden(what: &str, shown: &str) {
    assert!(!shown.contains("planted"), "{what} shows a secret: {shown}");
}

/// All texts of a result that a program can print, joined.
fn printed(outcome: Result<ResolvedConfig, Error>) -> String {
    use std::error::Error as _;
    match outcome {
        Ok(resolved) => {
            let settings: Vec<_> = resolved.settings.iter().map(ToString::to_string).collect();
            let values: Vec<_> = resolved.settings.iter().map(|setting| setting.value()).collect();
            format!(
                "{resolved:?} {:?} {settings:?} {values:?} {:?}",
                resolved.credentials,
                resolved.credentials_or_error()
            )
        }
        Err(error) => format!("{error} {error:?} {error:#?} {:?}", error.source().map(ToString::to_string)),
    }
}

#[test]
fn secrets_are_redacted_in_the_resolved_config() {
    let yaml =
        |credentials: &str| format!("currentProfile: a\nprofiles: [{{name: a, credentials: {{{credentials}}}}}]");
    let machines = [
        machine().set("IONOS_TOKEN", SECRET),
        machine().set("IONOS_USERNAME", "u").set("IONOS_PASSWORD", SECRET),
        machine().set("IONOS_API_URL", "https://u:planted-secret@a.example"),
        machine().set("IONOS_API_URL", "https://a.example?key=planted-secret"),
        machine().file(SDK, &yaml("token: planted-secret")),
        machine().file(SDK, &yaml("username: u, password: planted-secret")),
        machine().file(OLD, r#"{"userdata.token": "planted-secret"}"#),
        machine().file(OLD, r#"{"userdata.name": "u", "userdata.password": "planted-secret"}"#),
    ];
    for machine in machines {
        let shown = printed(resolve(Options::default(), &machine));
        assert!(shown.contains("ResolvedConfig"), "{shown}");
        assert_hidden("the resolved config", &shown);
    }
    let options = Options {
        token: Some(SECRET.into()),
        password: Some(SECRET.into()),
        base_url: Some("https://u:planted-secret@a.example".into()),
        root_certificates: Some("-----BEGIN CERTIFICATE----- -----BEGIN PRIVATE KEY----- planted".into()),
        ..Options::default()
    };
    assert_hidden("options", &format!("{options:?}"));
    assert_hidden("the resolved config", &printed(resolve(options, &machine())));
}

#[test]
fn a_truncated_or_garbled_file_shows_no_secret() {
    let yaml = "version: 1.0\ncurrentProfile: a\nprofiles:\n  - name: a\n    environment: e\n    credentials:\n      token: planted-secret\n      username: u\n      password: \"planted-secret\"\nenvironments:\n  - name: e\n    certificateAuthData: |\n      planted-secret\n    products:\n      - name: activitylog\n        endpoints:\n          - name: https://u:planted-secret@a.example\n";
    let json = "{\"userdata.token\": \"planted-secret\", \"userdata.name\": \"u\", \"userdata.password\": \"planted-secret\", \"userdata.api-url\": \"https://u:planted-secret@a.example\"}";
    for (path, text) in [(SDK, yaml), (OLD, json)] {
        for place in 0..=text.len() {
            let (begin, end) = text.split_at(place);
            for garbled in [
                begin.to_owned(),
                end.to_owned(),
                format!("{begin}\t\"{end}"),
                format!("{begin}: [{end}"),
                format!("{begin}\n{end}"),
                format!("{begin}&*!{end}"),
            ] {
                let machine = machine().file(path, &garbled);
                let outcome = resolve(Options::default(), &machine);
                // Names of users, profiles and environments are shown; they are not secret.
                let shown = printed(outcome);
                assert_hidden(&garbled, &shown);
            }
        }
    }
}

/// If a line without a key is indented deeper than the line before it, YAML joins both lines into one text. So if the
/// space after the colon is forgotten, as in `token:SECRET`, the secret becomes a part of the name in the line before
/// it.
#[test]
fn a_line_that_yaml_joins_with_a_name_is_not_shown() {
    let secret = "token:planted-secret";
    let endpoints = |name: &str, location: &str| {
        format!(
            "environments:\n  - name: e\n    products:\n      - name: activitylog\n        endpoints:\n          \
             - name: {name}\n            location: {location}\n          - name: b\n            location: b\n"
        )
    };
    let joined = |value: &str, indent: usize| format!("{value}\n{}{secret}", " ".repeat(indent));
    for value in ["prod", ""] {
        let profile = |members: &str| format!("currentProfile: a\nprofiles:\n  - name: a\n{members}");
        let files = [
            profile(&format!("    environment: {}\n", joined(value, 8))),
            profile(&format!("    environment: f\nenvironments:\n  - name: {}\n", joined(value, 8))),
            format!("currentProfile: {}\nprofiles:\n  - name: a\n", joined(value, 8)),
            format!("currentProfile: b\nprofiles:\n  - name: {}\n", joined(value, 8)),
            profile(&format!("    credentials:\n      username: {}\n      password: p\n", joined(value, 10))),
            endpoints("a", &joined(value, 16)),
            endpoints(&joined(value, 16), "global"),
        ];
        for file in files {
            let machine = machine().file(SDK, &file);
            let outcome = resolve(Options::default(), &machine);
            let address = outcome.as_ref().ok().and_then(|resolved| resolved.base_url.clone());
            assert_hidden(&file, &printed(outcome));
            if let Some(error) = address.and_then(|address| crate::net::base_url::BaseUrl::parse(&address).err()) {
                assert_hidden(&file, &error.to_string());
            }
            let options = Options { profile: Some("a".to_owned()), ..Options::default() };
            assert_hidden(&file, &printed(resolve(options, &machine)));
        }
    }
}

#[test]
fn a_message_shows_only_the_first_word_of_a_longer_name() {
    let file = "currentProfile: a\nprofiles:\n  - name: a\n    environment: prod\n      token:planted\n";
    assert_eq!(
        machine().file(SDK, file).refusal(),
        "/home/u/.ionos/config has no environment \"prod ...\", which profile \"a\" names; environments in the file: none: \
         correct the profile, or add the environment"
    );
}
