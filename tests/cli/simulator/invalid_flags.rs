//! Invalid flags of `ialog sim` are refused with one sentence and exit code 2.

use crate::support::program::{Printed, ialog, names, run};

#[test]
fn an_invalid_flag_is_refused_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.json"), r#"{"rules": [{"fault": "delai"}]}"#).unwrap();
    std::fs::write(folder.path().join("bad.ndjson"), "{}\n").unwrap();
    for (arguments, message) in [
        (
            &["--order", "random"][..],
            "invalid value \"random\" for --order: valid values are newest, oldest, unstable-ties, shuffled; see `ialog sim --help`",
        ),
        (
            &["--uuid", "2"],
            "\"2\" is not a share: give a number from 0 to 1, such as 0.05, or a percentage, such as 5%",
        ),
        (&["--late", "5%"], "\"5%\" is not a share with a duration: write none, or for example 1%:2h"),
        (
            &["--ingest-delay", "soon"],
            "\"soon\" is not a duration: write a whole number and ms, s, m, h, d or w, such as 90s",
        ),
        (
            &["--burst", "now"],
            "\"now\" is not a burst: use time, duration and number of events, such as 2026-11-20T09:12:33Z,3ms,900",
        ),
        (&["--rate-limit", "5"], "\"5\" is not a rate limit: use requests per second and the burst size, such as 5/10"),
        (
            &["--request-id-header", "a b"],
            "\"a b\" is not a valid header name: use letters, digits and hyphens, or none",
        ),
        (
            &["--request-id-header", "Content-Type"],
            "the header \"Content-Type\" already has a meaning in HTTP: use another name, such as x-request-id, or none",
        ),
        (
            &["--request-id-header", "transfer-encoding"],
            "the header \"transfer-encoding\" already has a meaning in HTTP",
        ),
        (&["--max-limit", "0"], "invalid value \"0\" for --max-limit: 0 is not in 1..=100000"),
        (&["--now", "1969-12-31"], "--now 1969-12-31 cannot be simulated: use a time in the years 1970 to 2199"),
        (&["--now", "2200-01-01"], "--now 2200-01-01 cannot be simulated: use a time in the years 1970 to 2199"),
        (&["--still"], "missing required argument --now <WHEN>: see `ialog sim --help`"),
        (
            &["--now", "2026-11-20", "--still", "--rate-limit", "5/10"],
            "--still cannot be combined with --rate-limit: remove one of them",
        ),
        (
            &["--now", "2026-11-20", "--still", "--jwt", "--token-lifetime", "5m"],
            "--still cannot be combined with --token-lifetime: remove one of them",
        ),
        (&["--basic", ":s3cret"], "the value of --basic has no user name before the colon: use USER:PASSWORD"),
        (&["--reseller"], "missing required argument --jwt"),
        (
            &["--faults", "none.json"],
            "cannot read none.json (No such file or directory (os error 2)): choose a readable file",
        ),
        (&["--faults", "bad.json"], "bad.json: rule 1 of the fault script, member \"fault\": unknown variant `delai`"),
        (&["--events", "bad.ndjson"], "bad.ndjson: line 1 of the recording is not a record with a time"),
        (
            &["--rate-limit", "0/1"],
            "the rate is 0 requests per second: it must be between 1/86400 (one request per day) and 1000000",
        ),
        (&["--ledger", "/"], "cannot write / (it is not a regular file): choose a writable file"),
    ] {
        let Printed { code, stdout, stderr } = run(ialog(folder.path(), &[&["sim"], arguments].concat()));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?} {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(message), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    // `ialog sim` reads only regular files, up to a maximum size, and writes only to regular files that have no other
    // name (hard link).
    #[cfg(unix)]
    {
        let path = |name: &str| folder.path().join(name);
        std::fs::File::create(path("huge.ndjson")).unwrap().set_len((1 << 30) + 1).unwrap();
        std::fs::write(path("victim"), "content").unwrap();
        std::fs::hard_link(path("victim"), path("hard")).unwrap();
        std::os::unix::fs::symlink(path("victim"), path("soft")).unwrap();
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::mknodat(rustix::fs::CWD, path("pipe"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        for (arguments, message) in [
            (["--events", "/dev/zero"], "cannot read /dev/zero (it is not a regular file): choose a readable file"),
            (["--events", "pipe"], "cannot read pipe (it is not a regular file): choose a readable file"),
            (
                ["--events", "huge.ndjson"],
                "cannot read huge.ndjson (it is larger than 1024 MiB): choose a readable file",
            ),
            (["--ledger", "hard"], "cannot write hard (the file has another name (a hard link), and"),
            (["--ledger", "soft"], "cannot write soft (it is not a regular file): choose a writable file"),
            (["--ledger", "pipe"], "cannot write pipe (it is not a regular file): choose a writable file"),
        ] {
            let Printed { code, stderr, .. } = run(ialog(folder.path(), &[&["sim"], &arguments[..]].concat()));
            assert_eq!(code, Some(2), "{arguments:?} {stderr}");
            assert!(stderr.contains(message), "{stderr}");
        }
        assert_eq!(std::fs::read(path("victim")).unwrap(), b"content");
        for name in ["huge.ndjson", "victim", "hard", "soft", "pipe"] {
            std::fs::remove_file(path(name)).unwrap();
        }
    }
    // The message does not repeat a password.
    let printed = run(ialog(folder.path(), &["sim", "--basic", "s3cret"]));
    assert_eq!(printed.code, Some(2));
    assert_eq!(printed.stderr, "error: the value of --basic has no colon: use USER:PASSWORD\n");
    assert_eq!(names(folder.path()), ["bad.json", "bad.ndjson"]);
}
