//! Invalid input is refused with the right exit code and one sentence, which names the invalid value and the next step;
//! no file is written.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use ionos_activitylog_sim::Simulator;

use crate::support::program::{ClosedPort, ialog, names, run, start_simulator};

#[test]
fn invalid_input_is_refused_with_one_sentence_and_no_file_is_written() {
    const DEMO: [&str; 2] = ["export", "--demo"];
    /// Name, arguments, environment, exit code and message.
    type Case<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)], i32, &'a str);
    let cases: [Case<'_>; 24] = [
        (
            "scheme without slashes",
            &["contracts"],
            &[("IONOS_TOKEN", "t"), ("IONOS_API_URL", "https:/example.com")],
            2,
            "invalid API address \"https:/example.com\": \"//\" is missing after the scheme: write it like \
             https://api.ionos.com; try --demo, which needs no account",
        ),
        (
            "no time",
            &[DEMO[0], DEMO[1], "--out", "a.ndjson"],
            &[],
            2,
            "missing required argument --last <LENGTH>: see `ialog export --help`",
        ),
        (
            "unreadable length",
            &[DEMO[0], DEMO[1], "--last", "7x", "--out", "a.ndjson"],
            &[],
            2,
            "--last: \"7x\" is not a valid duration: use a whole number above 0 with \
             s, m, h, d, w, mo or y (seconds to years), such as 90m or 7d; see `ialog export --help`",
        ),
        (
            "mistyped flag",
            &[DEMO[0], DEMO[1], "--last", "7d", "--overwite", "a.ndjson"],
            &[],
            2,
            "unknown option \"--overwite\" (did you mean \"--overwrite\"?): see `ialog export --help`",
        ),
        (
            "name with a line break",
            &[
                DEMO[0], DEMO[1], "--last", "1d", "--out", "a
b.txt",
            ],
            &[],
            2,
            "a\\nb.txt has no supported file extension: use .ndjson, .csv or .json, optionally followed by .gz or .zst; or \
             end the name with / for the folder of a new archive",
        ),
        (
            "no token",
            &["export", "--last", "1d", "--out", "a.ndjson"],
            &[],
            2,
            "no credentials found: the program sets none; IONOS_TOKEN, IONOS_USERNAME and IONOS_PASSWORD are not set; \
             /no-home/.config/ionosctl/config.yaml does not exist; /no-home/.ionos/config does not exist; \
             /no-home/.ionos/config.yaml does not exist; /no-home/.config/ionosctl/config.json does not exist; \
             /no-home/.ionosctl/config.json does not exist: set IONOS_TOKEN to a token of your account; \
             try --demo, which needs no account",
        ),
        (
            "blank token",
            &["contracts"],
            &[("IONOS_TOKEN", " ")],
            2,
            "no credentials found: the program sets none; IONOS_TOKEN, IONOS_USERNAME and IONOS_PASSWORD are not set; \
             /no-home/.config/ionosctl/config.yaml does not exist; /no-home/.ionos/config does not exist; \
             /no-home/.ionos/config.yaml does not exist; /no-home/.config/ionosctl/config.json does not exist; \
             /no-home/.ionosctl/config.json does not exist: set IONOS_TOKEN to a token of your account; \
             try --demo, which needs no account",
        ),
        (
            "malformed address",
            &["contracts"],
            &[("IONOS_TOKEN", "t"), ("IONOS_API_URL", "https://exa mple.com")],
            2,
            "invalid API address \"https://exa mple.com\": it is malformed (invalid international domain name): \
             write it like https://api.ionos.com; try --demo, which needs no account",
        ),
        (
            "plain http",
            &["contracts"],
            &[("IONOS_TOKEN", "t"), ("IONOS_API_URL", "http://api.ionos.com")],
            2,
            "invalid API address \"http://api.ionos.com\": plain http to another machine would expose the token: use \
             https; try --demo, which needs no account",
        ),
        (
            "from after to",
            &[DEMO[0], DEMO[1], "--from", "2026-03-08", "--to", "2026-03-07", "--out", "a.ndjson"],
            &[],
            2,
            "--from 2026-03-08 is not before --to 2026-03-07: use an earlier start or a later end",
        ),
        (
            "unknown contract",
            &[DEMO[0], DEMO[1], "--contract", "1", "--last", "1d", "--out", "a.ndjson"],
            &[],
            2,
            "contract 1 is not a contract that the token can read: choose one with --contract: [contract]",
        ),
        (
            "unwritable folder",
            &[DEMO[0], DEMO[1], "--last", "1d", "--out", "missing/a.ndjson"],
            &[],
            2,
            "missing/a.ndjson cannot be created: its folder does not exist: choose another name",
        ),
        (
            "archive instead of a file",
            &[DEMO[0], DEMO[1], "--last", "1d", "--overwrite", "--out", "audit"],
            &[],
            2,
            "audit is an archive, and an export never overwrites files of an archive: remove --overwrite",
        ),
        (
            "file instead of an archive",
            &[DEMO[0], DEMO[1], "--last", "1d", "--dry-run", "--out", "a.ndjson"],
            &[],
            2,
            "--dry-run, --recount and --reread only apply to archives, but a.ndjson is a file: give the folder of an archive",
        ),
        (
            "format of a file",
            &[DEMO[0], DEMO[1], "--last", "1d", "--format", "ndjson", "--out", "a.ndjson"],
            &[],
            2,
            "--format only applies to archives, but a.ndjson is a file: remove --format; the file extension selects the format",
        ),
        (
            "dry run with recount",
            &[DEMO[0], DEMO[1], "--last", "1d", "--dry-run", "--recount", "--out", "audit"],
            &[],
            2,
            "--dry-run cannot be combined with --recount: remove one of them; see `ialog export --help`",
        ),
        (
            "archive in an archive",
            &[DEMO[0], DEMO[1], "--last", "1d", "--out", "audit/contract=7"],
            &[],
            2,
            "audit/contract=7 is the folder of one contract, not an archive: use audit",
        ),
        (
            "several contracts in a file",
            &[DEMO[0], DEMO[1], "--last", "1d", "--contract", "1,2", "--out", "a.ndjson"],
            &[],
            2,
            "a file holds the events of one contract, but 2 are selected: select one, or export to the folder of an archive",
        ),
        (
            "no archive",
            &["verify", "missing"],
            &[],
            2,
            "missing cannot be read: No such file or directory (os error 2): check that the path exists and is readable",
        ),
        (
            "existing file",
            &[DEMO[0], DEMO[1], "--last", "1d", "--out", "old.ndjson"],
            &[],
            2,
            "old.ndjson already exists: a file under its final name is complete; choose another name, or use --overwrite to replace it",
        ),
        (
            "a folder",
            &[DEMO[0], DEMO[1], "--last", "1d", "--overwrite", "--out", "old.ndjson.gz"],
            &[],
            2,
            "old.ndjson.gz is not a regular file and cannot be replaced: choose another name",
        ),
        (
            "unknown format",
            &[DEMO[0], DEMO[1], "--last", "1d", "--out", "a.xlsx"],
            &[],
            2,
            "a.xlsx has no supported file extension: use .ndjson, .csv or .json, optionally followed by .gz or .zst; or end \
             the name with / for the folder of a new archive",
        ),
        (
            "future",
            &[DEMO[0], DEMO[1], "--from", "2999-01-01", "--out", "a.ndjson"],
            &[],
            2,
            "--from 2999-01-01 is in the future: use a start before now",
        ),
        (
            "closed port",
            &["contracts", "--attempts", "1"],
            &[("IONOS_TOKEN", "t"), ("IONOS_API_URL", "http://[closed]")],
            5,
            "listing the contracts failed: cannot connect to [closed] (connection refused): \
             check the API address, the network and any proxy",
        ),
    ];
    let contract = Simulator::builder().build().contracts()[0].to_string();
    let closed = ClosedPort::new();
    for (name, arguments, environment, code, sentence) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.ndjson"), "old").unwrap();
        fs::create_dir(folder.path().join("old.ndjson.gz")).unwrap();
        let mut command = ialog(folder.path(), arguments);
        command.envs(
            environment.iter().map(|(name, value)| (name, value.replace("[closed]", &closed.address.to_string()))),
        );
        let printed = run(command);
        let expected = format!(
            "error: {}\n",
            sentence.replace("[contract]", &contract).replace("[closed]", &closed.address.to_string())
        );
        assert_eq!(printed.stderr, expected, "{name}");
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(code), ""), "{name}");
        assert_eq!(names(folder.path()), ["old.ndjson", "old.ndjson.gz"], "{name}");
        assert_eq!(fs::read(folder.path().join("old.ndjson")).unwrap(), b"old", "{name}");
    }
}

#[test]
fn a_wrong_token_is_reported_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &[]);
    let mut command = ialog(folder.path(), &["export", "--last", "1d", "--out", "a.ndjson"]);
    let printed = run({
        command.env("IONOS_TOKEN", "planted-4711").env("IONOS_API_URL", &sim.url);
        command
    });
    assert_eq!(
        (printed.code, printed.stderr.as_str()),
        (
            Some(4),
            "error: listing the contracts failed: the service answered 401 Unauthorized: Unauthorized (code 315) \
             (request id 5fc30337-ac0b-43c8-8ba2-1ce6081d38bd): check that the token is complete, valid and not expired\n"
        )
    );
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn one_of_several_contracts_must_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &["--contracts", "3"]);
    let export = |arguments: &[&str]| {
        let mut command =
            ialog(folder.path(), &["export", "--from", "2026-03-01", "--to", "2026-03-02", "--out", "a.ndjson"]);
        command.args(arguments);
        command.env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN).env("IONOS_API_URL", &sim.url);
        run(command)
    };
    let contracts = Simulator::builder().contracts(3).build().contracts().to_vec();
    let listed = contracts.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");

    let printed = export(&[]);
    let expected = format!(
        "error: the token can read the log of 3 contracts: choose one with --contract: {listed}, or use --contract all\n"
    );
    assert_eq!((printed.code, printed.stderr), (Some(2), expected));

    let printed = export(&["--contract", "1"]);
    let expected =
        format!("error: contract 1 is not a contract that the token can read: choose one with --contract: {listed}\n");
    assert_eq!((printed.code, printed.stderr), (Some(2), expected));
    assert_eq!(names(folder.path()), [""; 0]);

    let printed = export(&["--contract", &contracts[2].to_string()]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
}

/// Starts a service that answers each connection with the next of `bodies`, and ends after the last one. Returns the
/// address and the thread of the service.
fn canned_service(bodies: Vec<&'static str>) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = std::thread::spawn(move || {
        for body in bodies {
            let (mut connection, _) = listener.accept().unwrap();
            let mut request = BufReader::new(&connection);
            let mut line = String::new();
            while request.read_line(&mut line).unwrap() > "\r\n".len() {
                line.clear();
            }
            let length = body.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, service)
}

#[test]
fn an_empty_log_of_a_foreign_contract_is_not_exported() {
    let cases = [
        (
            r#"[{"id":2},{"id":3}]"#,
            Some(2),
            "error: contract 1 is not a contract that the token can read: choose one with --contract: 2, 3\n",
            0,
        ),
        (
            r#"[{"id":1}]"#,
            Some(0),
            "contract 1, 2026-03-01T00:00:00Z .. 2026-03-02T00:00:00Z: 0 events in 18 requests, ",
            1,
        ),
    ];
    for (contracts, code, said, files) in cases {
        let folder = tempfile::tempdir().unwrap();
        let empty = r#"{"hits":{"total":0,"hits":[]}}"#;
        let (url, service) = canned_service([vec![empty; 18], vec![contracts]].concat());
        let mut command = ialog(folder.path(), &["export", "--contract", "1", "--out", "a.ndjson"]);
        command.args(["--from", "2026-03-01", "--to", "2026-03-01"]);
        let printed = run({
            command.env("IONOS_TOKEN", "t").env("IONOS_API_URL", url);
            command
        });
        service.join().unwrap();
        assert_eq!(printed.code, code, "{}", printed.stderr);
        assert!(printed.stderr.starts_with(said), "{}", printed.stderr);
        assert_eq!(names(folder.path()).len(), files);
    }
}

#[cfg(unix)]
#[test]
fn doctor_warns_about_a_file_with_a_secret_that_other_users_can_open() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    let yaml = "currentProfile: a\nprofiles: [{name: a, credentials: {token: planted-secret}}]\n";
    let check = |content: &str, mode: u32, token: Option<&str>| {
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = ialog(folder.path(), &["doctor"]);
        command.env("IONOS_CONFIG_FILE", &path).env("IONOS_API_URL", "http://127.0.0.1:1");
        command.envs(token.map(|token| ("IONOS_TOKEN", token)));
        let printed = run(command);
        assert!(!printed.stdout.contains("planted"), "{}", printed.stdout);
        printed.stdout.lines().find(|line| line.contains(" configuration ")).unwrap().to_owned()
    };
    for mode in [0o644, 0o640, 0o602] {
        let line = check(yaml, mode, None);
        assert!(line.starts_with("warning"), "{line}");
        assert!(line.contains(&format!("other users can open it (mode {mode:o}): run chmod 600 ")), "{line}");
    }
    // The warning is also shown if `IONOS_TOKEN` overrides the token of the file.
    assert!(check(yaml, 0o644, Some("t")).starts_with("warning"));
    assert!(check(yaml, 0o600, None).starts_with("ok"));
    let without_secret = "currentProfile: a\nprofiles: [{name: a}]\n";
    assert!(check(without_secret, 0o644, Some("t")).starts_with("ok"));
}

#[cfg(unix)]
#[test]
fn a_command_warns_once_about_a_file_with_a_token_that_other_users_can_open() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, "currentProfile: a\nprofiles: [{name: a, credentials: {token: planted-secret}}]\n").unwrap();
    let warnings = |mode: u32, arguments: &[&str]| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = ialog(folder.path(), arguments);
        command.env("IONOS_CONFIG_FILE", &path).env("IONOS_API_URL", "http://127.0.0.1:1");
        let printed = run(command);
        assert!(!printed.stdout.contains("chmod") && !printed.stderr.contains("planted"), "{}", printed.stderr);
        let lines = printed.stderr.lines().filter(|line| line.contains("chmod 600 "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let query = ["query", "--contract", "1", "--from", "2026-03-01", "--to", "2026-03-01", "--attempts", "1"];
    let json = [&query[..], &["-o", "json"]].concat();
    for arguments in [&["contracts", "--attempts", "1"][..], &query] {
        let [warning] = &warnings(0o644, arguments)[..] else { panic!("{arguments:?}") };
        assert!(warning.starts_with("warning: "), "{warning}");
        assert!(warning.contains("config.yaml contains a secret, and other users can open it (mode 644)"), "{warning}");
        assert_eq!(warnings(0o600, arguments), [""; 0]);
    }
    assert!(warnings(0o644, &json).concat().starts_with("{\"note\":"));
    assert_eq!(warnings(0o644, &[&query[..], &["-q"]].concat()), [""; 0]);
}

/// The program refuses pipes and devices: reading a pipe may block, and a device may have no end.
#[cfg(unix)]
#[test]
fn a_configuration_file_is_a_regular_file_of_limited_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    fs::create_dir(path("folder")).unwrap();
    let large = fs::File::create(path("large")).unwrap();
    large.set_len((1 << 20) + 1).unwrap();
    let not_regular = "it is not a regular file";
    for (variable, file, reason) in [
        ("IONOS_CONFIG_FILE", path("pipe"), not_regular),
        ("IONOS_CONFIG_FILE", path("folder"), not_regular),
        ("IONOS_CONFIG_FILE", "/dev/zero".to_owned(), not_regular),
        ("IONOS_CONFIG_FILE", path("large"), "it is larger than 1 MiB"),
        ("SSL_CERT_FILE", path("pipe"), not_regular),
        ("SSL_CERT_FILE", path("folder"), not_regular),
        ("SSL_CERT_FILE", "/dev/zero".to_owned(), not_regular),
    ] {
        let mut command = ialog(folder.path(), &["contracts"]);
        command.env("IONOS_API_URL", "https://127.0.0.1:9").env("IONOS_TOKEN", "t").env(variable, &file);
        let printed = run(command);
        assert_eq!(printed.code, Some(2), "{variable}={file}: {}", printed.stderr);
        assert!(printed.stderr.contains(&file), "{}", printed.stderr);
        assert!(printed.stderr.contains(&format!("cannot be read ({reason})")), "{}", printed.stderr);
    }
    // The same rule applies to the paths that are tried if the variable is not set.
    for place in [".config/ionosctl/config.yaml", ".ionos/config", ".config/ionosctl/config.json"] {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        let mut command = ialog(folder.path(), &["whoami"]);
        command.env("HOME", home.path());
        let printed = run(command);
        assert_eq!(printed.code, Some(2), "{place}: {}", printed.stderr);
        assert!(printed.stderr.contains("cannot be read (it is not a regular file)"), "{place}: {}", printed.stderr);
    }
}
