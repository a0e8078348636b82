//! A user may type a token, or an address with a password, in the wrong place: in any environment variable, argument or
//! member of a configuration file. No output shows this secret, whether the program refuses the value or uses it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use crate::support::program::{Printed, ialog, run};

/// Values that a user pastes by mistake. Each contains the mark `planted` in its secret part.
const VALUES: [&str; 4] = [
    "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJwbGFudGVkIn0planted.c2lnbmF0dXJlplanted",
    "https://jane:planted-password@api.example.com",
    "jane:planted-password@api.example.com",
    "Bearer planted0123456789ABCDEFGHIJ0123456789",
];

/// A secret without a known form: only its length and its characters show that it may be a secret.
const OPAQUE: &str = "planted0123456789ABCDEFGHIJ0123456789abcd";

fn assert_hidden(place: &str, printed: &Printed) {
    let Printed { code, stdout, stderr } = printed;
    for output in [stdout, stderr] {
        // The program shows host names in lower case, so the comparison ignores case.
        assert!(!output.to_lowercase().contains("planted"), "{place}: {output}");
    }
    assert!(code.is_some(), "{place}");
}

fn values() -> impl Iterator<Item = &'static str> {
    VALUES.into_iter().chain([OPAQUE])
}

#[test]
fn no_environment_variable_is_shown_if_it_holds_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = folder.path().join("config.yaml");
    fs::write(&yaml, "version: 1.0\ncurrentProfile: a\nprofiles:\n  - name: a\n    credentials:\n      token: t\n")
        .unwrap();
    for variable in [
        "IONOS_API_URL",
        "IONOS_CONTRACT_NUMBER",
        "IONOS_PINNED_CERT",
        "IONOS_CONFIG_FILE",
        "IONOS_CURRENT_PROFILE",
        "IONOS_USERNAME",
        "IONOS_PASSWORD",
        "IONOS_TOKEN",
        "TZ",
        "COLUMNS",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ] {
        // The opaque value is skipped for the profile, because it could be the name of a profile.
        for value in values().filter(|value| *value != OPAQUE || variable != "IONOS_CURRENT_PROFILE") {
            for arguments in
                [&["whoami"][..], &["whoami", "--provenance"], &["whoami", "-o", "json"], &["contracts", "-vv"]]
            {
                let mut command = ialog(folder.path(), arguments);
                command.args(["--attempts", "1", "--timeout", "1ms"].iter().filter(|_| arguments[0] == "contracts"));
                command.env("IONOS_API_URL", "http://127.0.0.1:9").env(variable, value);
                if variable == "IONOS_USERNAME" {
                    command.env("IONOS_PASSWORD", "planted-password");
                } else if variable == "IONOS_CURRENT_PROFILE" {
                    command.env("IONOS_CONFIG_FILE", &yaml);
                } else if variable != "IONOS_TOKEN" {
                    command.env("IONOS_TOKEN", "t");
                }
                assert_hidden(&format!("{variable}={value} {arguments:?}"), &run(command));
            }
        }
    }
}

#[test]
fn no_argument_is_shown_if_it_holds_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let demo = ["query", "--demo", "--last", "1h"];
    let export = ["export", "--demo", "--last", "1h"];
    let commands: [(&[&str], &str); 37] = [
        (&demo, "--contract="),
        (&demo, "--limit="),
        (&demo, "--tz="),
        (&demo, "--cols="),
        (&demo, "--sort="),
        (&demo, "--list-values="),
        (&demo, "--color="),
        (&demo, "--output="),
        (&demo, "--attempts="),
        (&demo, "--timeout="),
        (&demo, "--max-retry-after="),
        (&demo, "--rps="),
        (&demo, ""),
        (&demo, "ip="),
        (&demo, "outcome="),
        (&demo, "mutations="),
        (&demo, "no-such-key="),
        (&["query", "--demo"], "--from="),
        (&["query", "--demo"], "--to="),
        (&["query", "--demo"], "--last="),
        (&["contracts"], "--profile="),
        (&["contracts"], "--no-such-option="),
        (&["show", "--demo", "--last", "1h"], ""),
        (&["trace", "--demo", "--last", "1h"], ""),
        (&["stats", "--demo", "--last", "1h"], "--by="),
        (&export, "--settle="),
        (&export, "--format="),
        (&["export", "--demo", "--last", "1h", "--out", "a.csv"], "--contract="),
        (&["verify", "audit"], "--head="),
        (&["verify", "audit"], "--contract="),
        (&["schema"], ""),
        (&["help"], ""),
        (&["man"], ""),
        (&["completion"], ""),
        (&["sim"], "--now="),
        (&["sim"], "--rate-limit="),
        (&[], ""),
    ];
    for (arguments, flag) in commands {
        // The opaque value is skipped where a name is expected, because it could be a name.
        let is_name = flag.is_empty() && !arguments.is_empty()
            || ["--cols=", "--sort=", "--profile=", "--list-values=", "--by=", "--head=", "--no-such-option="]
                .contains(&flag);
        for value in values().filter(|value| !is_name || !value.contains(OPAQUE)) {
            let last = format!("{flag}{value}");
            let mut command = ialog(folder.path(), arguments);
            command.arg(&last).env("IONOS_TOKEN", "t").env("TZ", "UTC");
            assert_hidden(&format!("{arguments:?} {last}"), &run(command));
        }
    }
}

#[test]
fn no_value_of_a_file_is_shown_if_it_holds_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    for value in values() {
        fs::write(folder.path().join("contracts"), format!("{value}\n")).unwrap();
        let list = ialog(folder.path(), &["query", "--demo", "--last", "1h", "--contract", "@contracts"]);
        assert_hidden(&format!("@contracts with {value}"), &run(list));
        for member in [
            format!("currentProfile: \"{value}\""),
            format!("version: \"{value}\""),
            format!("environments: \"{value}\""),
            format!("profiles:\n  - name: \"{value}\"\n    credentials:\n      token: t\n  - name: b"),
            format!("profiles:\n  - name: a\n    environment: \"{value}\"\ncurrentProfile: a"),
            format!("profiles:\n  - name: a\n    credentials:\n      username: \"{value}\"\ncurrentProfile: a"),
            format!(
                "environments:\n  - name: prod\n    products:\n      - name: activitylog\n        endpoints:\n          - name: \"{value}\""
            ),
            format!("\"{value}\": 1"),
            value.to_owned(),
        ]
        .into_iter()
        .filter(|member| !member.contains(OPAQUE) || member.contains(": prod"))
        {
            let yaml = folder.path().join("config.yaml");
            fs::write(&yaml, &member).unwrap();
            for arguments in [&["whoami"][..], &["whoami", "--profile", "c"]] {
                let mut command = ialog(folder.path(), arguments);
                command.env("IONOS_CONFIG_FILE", &yaml);
                assert_hidden(&format!("{member} {arguments:?}"), &run(command));
            }
        }
        let home = folder.path().join("home");
        fs::create_dir_all(home.join(".ionosctl")).unwrap();
        let json = format!("{{\"userdata.token\": \"t\", \"userdata.api-url\": \"{value}\"}}");
        fs::write(home.join(".ionosctl/config.json"), json).unwrap();
        let mut command = ialog(folder.path(), &["whoami"]);
        command.env("HOME", &home);
        assert_hidden(&format!("config.json with {value}"), &run(command));
    }
}

/// Starts a service that answers one request with an error, which repeats a text in a header and in the body. Returns
/// the address of the service.
fn echo(text: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let body = format!("{{\"messages\":[{{\"errorCode\":\"{text}\",\"message\":\"you sent {text}\"}}]}}");
    let answer = format!(
        "HTTP/1.1 404 Not Found\r\nx-echo: {text}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|read| read > 0) {
            request.extend(byte);
        }
        let _ = connection.write_all(answer.as_bytes());
    });
    address
}

fn asked_with_token(folder: &Path, token: &str) -> String {
    let mut command = ialog(folder, &["contracts", "-vv", "--attempts", "1"]);
    command.env("IONOS_TOKEN", token).env("IONOS_API_URL", echo(token));
    let printed = run(command);
    assert_eq!(printed.code, Some(1), "{}", printed.stderr);
    printed.stderr
}

#[test]
fn a_short_token_is_redacted_if_it_is_a_whole_value_but_not_within_other_text() {
    let folder = tempfile::tempdir().unwrap();
    for token in ["t", "1", "log", "contract", "Zq7kP2xW"] {
        let stderr = asked_with_token(folder.path(), token);
        assert!(stderr.contains("> authorization: [redacted]\n"), "{stderr}");
        assert!(stderr.contains("< x-echo: [redacted]\n"), "{stderr}");
        assert!(!stderr.contains(&format!("Bearer {token}")), "{stderr}");
        // A token of eight or more characters is replaced within other text, too. So the token `contract` is also
        // replaced in the address.
        if token != "contract" {
            assert!(stderr.contains("GET /activitylog/v1/contracts"), "{token}: {stderr}");
        }
        let is_embedded = stderr.contains(&format!("you sent {token}"));
        assert_eq!(is_embedded, token.len() < 8, "{token}: {stderr}");
    }
}
