//! `cargo xtask peers [NAME]`: tests against real programs of other projects. The tests are not part of `ci`, because
//! they need programs that few machines have. A peer whose programs are missing is skipped, and the output says how to
//! install these programs.
//!
//! To add a peer, add a row to the table `PEERS`.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::tools::Tool;

/// Time after which the test of a peer is asked to end. The sum of this time and [`GRACE`] is less than ten minutes.
const TIME_LIMIT: Duration = Duration::from_secs(8 * 60);

/// Time that a test has to clean up after it is asked to end. After this time, the test is killed.
const GRACE: Duration = Duration::from_secs(100);

/// A real program that this project is tested against.
struct Peer {
    /// The name on the command line.
    name: &'static str,
    /// The behaviour that the test proves.
    promise: &'static str,
    /// The programs that must be installed.
    tools: &'static [Tool],
    /// The command that runs the test in the repository's root, and succeeds if the test succeeds.
    command: &'static [&'static str],
}

/// All peers, in the order in which they run.
const PEERS: &[Peer] = &[Peer {
    name: "schemathesis",
    promise: "ialog sim answers as the API description says",
    tools: &[
        Tool { name: "bash", probe: &["bash", "--version"], install: "apt-get install bash" },
        Tool {
            name: "Python 3.10 or later with venv",
            probe: &["python3", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"],
            install: "apt-get install python3-venv (the test then installs schemathesis with pip)",
        },
    ],
    command: &["bash", "tests/fuzz/run.sh"],
}];

/// The result of the test of one peer.
#[derive(Debug, PartialEq, Eq)]
enum PeerVerdict {
    Passed,
    Failed { reason: String },
    Skipped { missing: &'static str, install: &'static str },
}

impl fmt::Display for PeerVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => write!(f, "passed"),
            Self::Failed { reason } => write!(f, "FAILED: {reason}"),
            Self::Skipped { missing, install } => write!(f, "SKIPPED: {missing} is not installed: {install}"),
        }
    }
}

/// Runs the test of one peer, or the tests of all peers. At the end, prints one line for each test. Fails if a test
/// fails.
pub fn run(root: &Path, name: Option<&str>) -> Result<()> {
    let peers = selected(name)?;
    // Builds before the tests, so that the time limit does not include the build.
    cargo::run(root, &["build", "--quiet", "--package", "ialog"], &[])?;
    let mut verdicts = Vec::new();
    for peer in peers {
        println!("peers: {}: {}", peer.name, peer.promise);
        verdicts.push((peer.name, test_peer(root, peer, TIME_LIMIT, GRACE)));
    }
    for (name, verdict) in &verdicts {
        println!("peers: {name:<16}{verdict}");
    }
    let failed = verdicts.iter().filter(|(_, verdict)| matches!(verdict, PeerVerdict::Failed { .. })).count();
    if failed > 0 {
        bail!("{failed} of {} peers failed; run `cargo xtask peers NAME` for one of them", verdicts.len());
    }
    Ok(())
}

fn selected(name: Option<&str>) -> Result<Vec<&'static Peer>> {
    let Some(name) = name else { return Ok(PEERS.iter().collect()) };
    let peer = PEERS.iter().find(|peer| peer.name == name);
    let names: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
    Ok(vec![peer.with_context(|| format!("no peer {name}; the peers are {}", names.join(", ")))?])
}

fn test_peer(root: &Path, peer: &Peer, time_limit: Duration, grace: Duration) -> PeerVerdict {
    if let Some(tool) = peer.tools.iter().find(|tool| !tool.is_installed()) {
        return PeerVerdict::Skipped { missing: tool.name, install: tool.install };
    }
    match run_bounded(root, peer.command, time_limit, grace) {
        Ok(Some(status)) if status.success() => PeerVerdict::Passed,
        Ok(Some(status)) => PeerVerdict::Failed { reason: format!("`{}` ended with {status}", peer.command.join(" ")) },
        Ok(None) => PeerVerdict::Failed { reason: format!("no result after {} s", time_limit.as_secs()) },
        Err(error) => PeerVerdict::Failed { reason: format!("{error:#}") },
    }
}

/// Runs a command. If the command still runs after `time_limit`, the result is `None`, and the process gets SIGTERM. If
/// the process still runs after another `grace`, it gets SIGKILL.
fn run_bounded(root: &Path, command: &[&str], time_limit: Duration, grace: Duration) -> Result<Option<ExitStatus>> {
    let (program, arguments) = command.split_first().context("the peer has no command")?;
    let child = Command::new(program).args(arguments).current_dir(root).spawn();
    let child = child.with_context(|| format!("cannot start {program}"))?;
    let process = child.id();
    let ended = wait_on_thread(child);
    match ended.recv_timeout(time_limit) {
        Ok(status) => return Ok(Some(status?)),
        Err(RecvTimeoutError::Disconnected) => bail!("cannot wait for {program}"),
        Err(RecvTimeoutError::Timeout) => {}
    }
    send_signal("-TERM", process)?;
    if ended.recv_timeout(grace).is_err() {
        send_signal("-KILL", process)?;
    }
    Ok(None)
}

fn wait_on_thread(mut child: Child) -> mpsc::Receiver<io::Result<ExitStatus>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    receiver
}

fn send_signal(signal: &str, process: u32) -> Result<()> {
    Command::new("kill").args([signal, &process.to_string()]).status().context("cannot run kill")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Tool = Tool { name: "sh", probe: &["sh", "-c", "true"], install: "" };
    const MISSING: Tool =
        Tool { name: "a server", probe: &["no-such-program-anywhere"], install: "apt-get install it" };

    fn verdict_of(tools: &'static [Tool], command: &'static [&'static str], time_limit: Duration) -> String {
        let peer = Peer { name: "made-up", promise: "", tools, command };
        test_peer(Path::new("/"), &peer, time_limit, Duration::from_secs(60)).to_string()
    }

    #[test]
    fn a_peer_passes_fails_or_is_skipped() {
        let minute = Duration::from_secs(60);
        for (tools, command, expected) in [
            (&[SHELL][..], &["sh", "-c", "exit 0"][..], "passed"),
            (&[SHELL], &["sh", "-c", "exit 3"], "FAILED: `sh -c exit 3` ended with exit status: 3"),
            (&[SHELL, MISSING], &["sh"], "SKIPPED: a server is not installed: apt-get install it"),
        ] {
            assert_eq!(verdict_of(tools, command, minute), expected);
        }
    }

    #[test]
    fn a_peer_without_a_result_is_ended_and_fails() {
        let hanging = verdict_of(&[], &["sh", "-c", "exec cat /dev/zero >/dev/null"], Duration::from_millis(1));
        assert_eq!(hanging, "FAILED: no result after 0 s");
    }

    #[test]
    fn an_unknown_peer_is_refused_with_the_names_of_all_peers() {
        let error = selected(Some("nothing")).err().unwrap().to_string();
        assert!(error.starts_with("no peer nothing; the peers are schemathesis"), "{error}");
        assert_eq!(selected(None).unwrap().len(), PEERS.len());
    }
}
