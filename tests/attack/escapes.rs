//! Escape sequences on the way to a terminal. A carrier is a place from which text reaches the screen: an argument, a
//! setting, a file, a name, a record or an answer of the service. Each carrier holds a mark and, after it, characters
//! that a terminal obeys or hides. The screen must show the mark and none of these characters.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use ionos_activitylog::internal::is_unsafe_for_terminal;
use serde_json::json;

use crate::support::program::{ialog, run};
use crate::support::pty::{Pty, TerminalStreams, screen_text};

const MARK: &str = "mark";

/// Control sequences in 7-bit and 8-bit form, a sequence that sets the window title, direction marks, invisible
/// characters, and private-use characters.
const PAYLOADS: [&str; 7] = [
    "\u{1b}[2J\u{8}",
    "\u{9b}31m\u{7f}",
    "\u{1b}]0;pwned\u{7}",
    "\u{202e}\u{2066}",
    "\u{200b}\u{feff}\u{e0041}",
    "\u{e000}\u{10fffd}",
    "\r\u{85}",
];

fn marked(payload: &str) -> String {
    format!("{MARK}{payload}z")
}

/// Runs a command with stdout and stderr on a terminal, and checks the text that reaches the screen.
fn check(name: &str, payload: &str, command: Command) {
    let (written, _) = Pty::start(command, TerminalStreams::Both, 500).read();
    let shown = screen_text(&written);
    assert!(shown.contains(MARK), "{name} {payload:?} does not reach the screen: {shown:?}");
    let unsafe_char = shown.chars().find(|char| is_unsafe_for_terminal(*char) && !"\n\t".contains(*char));
    assert_eq!(unsafe_char, None, "{name} {payload:?}: {shown:?}");
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = ialog(folder, arguments);
    command.env("NO_COLOR", "1").env("TERM", "xterm").env("TZ", "UTC").env("IONOS_TOKEN", "t");
    command
}

#[test]
fn no_argument_reaches_the_terminal_unescaped() {
    let demo = ["query", "--demo", "--last", "7d"];
    let mut carriers = 0;
    for payload in PAYLOADS {
        let text = marked(payload);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("contracts"), format!("{text}\n")).unwrap();
        let file = |ending: &str| format!("{text}{ending}");
        let texts: Vec<Vec<String>> = [
            (&["query", "--archive"][..], text.clone(), &[][..]),
            (&["cat"], text.clone(), &[]),
            (&["verify"], text.clone(), &[]),
            (&["state", "show"], text.clone(), &[]),
            (&["convert"], text.clone(), &["--out", "a.csv"]),
            (&["convert", "--demo", "--out"], file(".csv"), &[]),
            (&["convert", "--demo", "--out"], file(".txt"), &[]),
            (&["export", "--demo", "--last", "1h", "--out"], file(".csv.gz"), &[]),
            (&["export", "--demo", "--last", "1h", "--out"], file(".parquet"), &[]),
            (&["export", "--demo", "--last", "1h", "--out"], file("/"), &[]),
            (&demo, text.clone(), &[]),
            (&demo, format!("user={text}"), &[]),
            (&demo, format!("{text}=x"), &[]),
            (&demo, format!("outcome={text}"), &[]),
            (&demo, format!("ip={text}"), &[]),
            (&demo, format!("text=({text}"), &[]),
            (&demo, format!("--cols={text}"), &[]),
            (&demo, format!("--sort={text}"), &[]),
            (&demo, format!("--list-values={text}"), &[]),
            (&demo, format!("--template={{{text}"), &["-o", "template"]),
            (&demo, format!("--template={text}"), &["-o", "template"]),
            (&demo, format!("--jq={text}"), &[]),
            (&demo, format!("--jq=\"{MARK}{}\"", payload.escape_unicode().to_string().replace(['{', '}'], "")), &[]),
            (&demo, format!("--tz={text}"), &[]),
            (&demo, format!("--contract={text}"), &[]),
            (&demo, format!("--contract=@{text}"), &[]),
            (&demo, format!("--limit={text}"), &[]),
            (&demo, format!("--color={text}"), &[]),
            (&demo, format!("--{text}"), &[]),
            (&["query", "--demo", "--from"], text.clone(), &[]),
            (&["query", "--demo", "--last"], text.clone(), &[]),
            (&["show", "--demo", "--last", "1h"], text.clone(), &[]),
            (&["trace", "--demo", "--last", "1h"], text.clone(), &[]),
            (&["contracts", "--rps"], text.clone(), &[]),
            (&["contracts", "--profile"], text.clone(), &[]),
            (&["schema"], text.clone(), &[]),
            (&["help"], text.clone(), &[]),
            (&["man"], text.clone(), &[]),
            (&["completion"], text.clone(), &[]),
            (&[], text.clone(), &[]),
            (&["sim", "--now"], text.clone(), &[]),
            (&["sim", "--events"], text.clone(), &[]),
            (&["query", "--demo", "--last", "1h", "--contract"], "@contracts".to_owned(), &[]),
        ]
        .into_iter()
        .map(|(before, text, after)| {
            let words = before.iter().map(|word| (*word).to_owned());
            words.chain([text]).chain(after.iter().map(|word| (*word).to_owned())).collect()
        })
        .collect();
        for words in texts {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            check(&words.join(" "), payload, command(folder.path(), &words));
            carriers += 1;
        }
        for (variable, arguments) in [
            ("TZ", &demo[..]),
            ("IONOS_API_URL", &["whoami"]),
            ("IONOS_API_URL", &["contracts"]),
            ("IONOS_CONFIG_FILE", &["contracts"]),
            ("IONOS_CONFIG_FILE", &["whoami"]),
        ] {
            let mut command = command(folder.path(), arguments);
            command.env(variable, &text);
            if variable == "IONOS_CONFIG_FILE" {
                command.env_remove("IONOS_TOKEN");
            }
            check(variable, payload, command);
            carriers += 1;
        }
    }
    assert!(carriers >= 250, "{carriers} carriers");
}

/// Starts a service that gives the same answer to each request. Returns its URL.
fn service(status: &str, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|read| read > 0) {
                request.extend(byte);
            }
            let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(&body));
        }
    });
    url
}

const RANGE: [&str; 8] = ["--contract", "7", "--from", "2026-03-01", "--to", "2026-03-01", "--attempts", "1"];

#[test]
fn no_answer_of_the_service_reaches_the_terminal_unescaped() {
    let mut carriers = 0;
    let mut check_answer = |status: &str, body: String, payload: &str| {
        let folder = tempfile::tempdir().unwrap();
        let url = service(status, body.into_bytes());
        for arguments in [&["query"][..], &["export", "--out", "new.csv"], &["query", "-o", "json"]] {
            let mut command = command(folder.path(), arguments);
            command.args(RANGE).env("IONOS_API_URL", &url);
            check(status, payload, command);
            carriers += 1;
        }
    };
    for payload in PAYLOADS {
        let text = marked(payload);
        let envelope = json!({ "messages": [{ "errorCode": text, "message": text }] }).to_string();
        check_answer("400 Bad Request", envelope.clone(), payload);
        check_answer("403 Forbidden", envelope, payload);
        check_answer("404 Not Found", format!("<html><title>{text}</title><body>{text}</body></html>"), payload);
        check_answer("400 Bad Request", text, payload);
    }
    // If an answer is unreadable, the program repeats the request several times, with waits. To save time, a single
    // text contains all payloads.
    let text = marked(&PAYLOADS.concat());
    check_answer("200 OK", format!("{{\"hits\":{{\"total\":1,\"hits\":[{text}"), "all");
    assert!(carriers >= 70, "{carriers} carriers");
}

/// A record with the text in each member that a command shows.
fn record(text: &str) -> String {
    json!({
        "@uuid": format!("c1b9b1b0-7b1b-11e6-9a41-000d3a002f99{text}"),
        "meta": { "time": "2026-03-01T12:00:00Z", "requestId": text, "queueRefId": text },
        "principal": {
            "identity": { "username": text },
            "sourceIP": text,
            "sourceService": text,
        },
        "event": {
            "type": text,
            "status": text,
            "message": text,
            "param": { "action": text, "uri": text, "error": { "code": text, "messages": [{ "message": text }] } },
            "resources": [{ "type": text, "id": text, "action": [text] }],
        },
        text: text,
    })
    .to_string()
}

#[test]
fn no_record_reaches_the_terminal_unescaped() {
    let mut carriers = 0;
    for payload in PAYLOADS {
        let text = marked(payload);
        let folder = tempfile::tempdir().unwrap();
        let page = format!(r#"{{"hits":{{"total":1,"hits":[{{"_source":{}}}]}}}}"#, record(&text));
        let url = service("200 OK", page.into_bytes());
        let mut export = command(folder.path(), &["export", "--out", "audit"]);
        let exported = run({
            export.args(RANGE).env("IONOS_API_URL", &url);
            export
        });
        // The service returns the event for every requested range. So its answers contradict each other, and the
        // archive has a gap.
        assert_eq!(exported.code, Some(3), "{}", exported.stderr);
        for form in [
            &["-o", "table"][..],
            &["-o", "wide"],
            &["--no-fold"],
            &["-o", "ndjson"],
            &["-o", "json"],
            &["-o", "csv"],
            &["-o", "ndjson", "--cols", "user,request,resources"],
            &["-o", "template", "--template", "{user} {detail}"],
            &["--list-values", "user"],
            &["--list-values", "user", "-o", "json"],
            &["--list-values", "user", "-o", "csv"],
            &["--jq", ".principal.identity.username"],
            &["--jq", ".principal.identity.username | error"],
            &["--user", "other"],
        ] {
            for source in [&RANGE[..], &["--archive", "audit"]] {
                let mut command = command(folder.path(), &["query"]);
                command.args(source).args(form).env("IONOS_API_URL", &url);
                check(&format!("query {form:?}"), payload, command);
                carriers += 1;
            }
        }
        for arguments in [
            &["cat", "audit"][..],
            &["stats", "--archive", "audit"],
            &["stats", "--archive", "audit", "--fold", "-o", "json"],
        ] {
            check(&arguments.join(" "), payload, command(folder.path(), arguments));
            carriers += 1;
        }
        let trace = command(folder.path(), &["trace", "--archive", "audit", &text]);
        check("trace", payload, trace);
        carriers += 1;
    }
    assert!(carriers >= 150, "{carriers} carriers");
}

/// The file with this name in a folder. If the folder has no such file, its first subfolder is searched in the same
/// way.
fn find(folder: &Path, name: &str) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut entries: Vec<PathBuf> = entries.collect();
    entries.sort();
    let found = entries.iter().find(|path| path.is_file() && path.file_name().is_some_and(|one| one == name));
    found.cloned().unwrap_or_else(|| find(entries.iter().find(|path| path.is_dir()).unwrap(), name))
}

#[test]
fn no_file_of_an_archive_reaches_the_terminal_unescaped() {
    let mut carriers = 0;
    for payload in PAYLOADS {
        let text = serde_json::Value::from(marked(payload)).to_string();
        for edit in ["\"schema\"", "unknown"] {
            let folder = tempfile::tempdir().unwrap();
            let exported = run(command(folder.path(), &["export", "--demo", "--last", "2h", "--out", "audit"]));
            assert_eq!(exported.code, Some(0), "{}", exported.stderr);
            for name in ["_state.json", "_state.prev.json", "open.json"] {
                let path = find(&folder.path().join("audit"), name);
                let json = fs::read_to_string(&path).unwrap();
                let changed = match edit {
                    "unknown" => json.replacen('{', &format!("{{ {text}: 1,"), 1),
                    schema => {
                        let (before, rest) = json.split_once(schema).unwrap();
                        let (_, after) = rest.split_once(',').unwrap();
                        format!("{before}{schema}: {text},{after}")
                    }
                };
                fs::write(&path, changed).unwrap();
            }
            for arguments in [
                &["verify", "audit"][..],
                &["cat", "audit"],
                &["query", "--archive", "audit"],
                &["stats", "--archive", "audit", "-o", "json"],
                &["convert", "audit", "--out", "a.csv"],
                &["export", "--demo", "--last", "1h", "--out", "audit"],
                &["state", "show", "audit"],
                &["state", "rebuild", "audit"],
            ] {
                check(&arguments.join(" "), payload, command(folder.path(), arguments));
                carriers += 1;
            }
        }
    }
    assert!(carriers >= 90, "{carriers} carriers");
}
