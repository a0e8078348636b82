//! Ctrl-C is heard at any moment and leaves nothing half-written.
#![cfg(unix)]

use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use crate::program::{ialog, names};

/// Sends a signal and returns the exit code and what was said.
fn end(child: Child, signal: &str) -> (Option<i32>, String) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

const INTERRUPTED: &str = "error: interrupted, and nothing half-written is left behind\n";

#[test]
fn an_export_interrupted_while_it_waits_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // A service that takes the request and never answers.
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", service.local_addr().unwrap());
    let mut command = ialog(
        folder.path(),
        &[
            "export",
            "--contract",
            "1",
            "--last",
            "1d",
            "--out",
            "a.ndjson",
        ],
    );
    command
        .env("IONOS_TOKEN", "t")
        .env("IONOS_API_URL", url)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let (mut request, _) = service.accept().unwrap();
    request.read_exact(&mut [0; 16]).unwrap();
    assert_eq!(names(folder.path()).len(), 1, "the file in the making");

    assert_eq!(end(child, "-INT"), (Some(130), INTERRUPTED.to_owned()));
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn an_export_interrupted_while_it_writes_leaves_nothing_behind() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let folder = tempfile::tempdir().unwrap();
        // Nearly two years, so that it is far from done when the file in the making is seen.
        let mut command = ialog(
            folder.path(),
            &[
                "export",
                "--demo",
                "--from",
                "2025-01-01",
                "--out",
                "a.ndjson",
            ],
        );
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while names(folder.path()).is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(end(child, signal), (Some(code), INTERRUPTED.to_owned()));
        assert_eq!(names(folder.path()), [""; 0]);
    }
}

const STOPPED: &str = "error: interrupted: what was read up to then is archived, the same command goes on from there\n";

#[test]
fn an_export_to_an_archive_ends_in_order_while_it_waits() {
    let folder = tempfile::tempdir().unwrap();
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", service.local_addr().unwrap());
    let mut command = ialog(
        folder.path(),
        &[
            "export",
            "--contract",
            "1",
            "--last",
            "1d",
            "--out",
            "audit",
        ],
    );
    command
        .env("IONOS_TOKEN", "t")
        .env("IONOS_API_URL", url)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let (mut request, _) = service.accept().unwrap();
    request.read_exact(&mut [0; 16]).unwrap();
    let (code, said) = end(child, "-INT");
    assert_eq!(code, Some(130), "{said}");
    assert!(said.ends_with(STOPPED), "{said}");
    let contract = folder.path().join("audit/contract=1");
    let left = names(&contract);
    assert_eq!(
        left,
        [
            "_runs.ndjson",
            "_state.json",
            "_state.lock",
            "_state.prev.json"
        ]
    );
}

#[test]
fn an_export_to_an_archive_ends_in_order_while_it_writes() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = ialog(
            folder.path(),
            &["export", "--demo", "--from", "2025-01-01", "--out", "audit"],
        );
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let audit = folder.path().join("audit");
        let first = "date=2025-01-01/_manifest.json";
        let begun = |audit: &std::path::Path| {
            let contracts = std::fs::read_dir(audit).into_iter().flatten().flatten();
            contracts
                .into_iter()
                .any(|one| one.path().join(first).exists())
        };
        while !begun(&audit) {
            std::thread::yield_now();
        }
        let (ended, said) = end(child, signal);
        assert_eq!(ended, Some(code), "{said}");
        assert!(
            said.contains(", stopped: ") && said.ends_with(STOPPED),
            "{said}"
        );

        let archive = ionos_activitylog_archive::Archive::at(&audit);
        let report = ionos_activitylog_archive::verify_archive(&archive).unwrap();
        assert!(report.is_whole() && report.notes.is_empty(), "{report:?}");
        let mut again = ialog(
            folder.path(),
            &[
                "export",
                "--demo",
                "--from",
                "2025-01-01",
                "--to",
                "2025-01-01",
                "--out",
                "audit",
            ],
        );
        let again = again.output().unwrap();
        let said = String::from_utf8(again.stderr).unwrap();
        assert!(said.contains(": archived already\n"), "{said}");
    }
}
