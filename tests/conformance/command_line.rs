//! Runs the conformance cases with the program `ialog`. The scripted answers and the virtual clock are the same as for
//! the library. Observes the exit code, the output streams and the exported file.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ionos_activitylog::seam::{Exchange, Transport};

use super::case::{Case, Credentials, Success, When};
use super::compare::Observed;
use super::library::{clock, script};
use crate::support::in_process::run_with_account;
use crate::support::scripted::{ScriptedTransport, answer};

/// Runs a case. Panics if the command line cannot run it, see [`Case::arguments`].
pub fn run(case: &Case) -> Observed {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("events.ndjson");
    let arguments = case.arguments(&out).expect("a case with a command line");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Credentials::Token(token) = &case.given.credentials else { panic!("the command line takes a token") };
    let clock = clock(case);
    let scripted = script(case, &clock);
    let transport = WithoutServiceTime(scripted.clone());
    let account = (Arc::new(transport) as Arc<dyn Transport>, token.clone());
    let printed = run_with_account(&arguments, account, clock.clone(), |_, _| {});
    let succeeded = printed.code == Some(0);
    let message = printed.stderr.strip_prefix("error: ").map(|text| text.trim_end_matches('\n').to_owned());
    assert_eq!(message.is_some(), !succeeded, "an exit code other than 0 comes with an error: {}", printed.stderr);
    assert_eq!(out.exists(), succeeded && matches!(case.when, When::Events { .. }), "only success writes a file");
    Observed {
        requests: scripted.requests(),
        waits: clock.waits(),
        unused: scripted.unused(),
        result: if succeeded { Ok(success(case, &printed.stdout, &out)) } else { Err(None) },
        message,
        exit_code: printed.code.map(|code| code.try_into().unwrap()),
    }
}

/// Passes all requests to the script, except for `get_info`, which this transport answers without a date. The command
/// line sends `get_info` to learn the time of the service. The library sends no such request in the same case, so the
/// script has no response for it.
struct WithoutServiceTime(Arc<ScriptedTransport>);

impl Transport for WithoutServiceTime {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        match operation {
            "get_info" => Box::pin(async { Ok(answer(200, "{}").into()) }),
            _ => self.0.send(operation, request),
        }
    }
}

fn success(case: &Case, stdout: &str, out: &Path) -> Success {
    let lines = |text: &str| text.lines().map(str::to_owned).collect();
    match &case.when {
        When::Events { .. } => Success::Events(lines(&fs::read_to_string(out).unwrap())),
        _ => Success::Contracts(lines(stdout)),
    }
}
