//! The cases as `ialog` runs them: the same script and the same virtual time, seen through exit code, streams and file.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use ialog::Context;

use super::case::{Case, Credentials, Success, When};
use super::compare::Observed;
use super::library::{clock, script};

/// Runs a case that the command line has arguments for.
pub fn run(case: &Case) -> Observed {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("events.ndjson");
    let arguments = case.arguments(&out).expect("a case that can be typed");
    let arguments = ["ialog".to_owned()].into_iter().chain(arguments).map(OsString::from);
    let Credentials::Token(token) = &case.given.credentials else { panic!("the command line takes a token") };
    let clock = clock(case);
    let scripted = script(case, &clock);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut context = Context {
        clock: clock.clone(),
        account: Some((scripted.clone(), token.clone())),
        stdout: &mut stdout,
        stderr: &mut stderr,
        interactive: false,
        terminal: ialog::Terminal::default(),
        cache: ialog::Cache::default(),
        interrupt: ialog::Interrupt::new(),
        messages: ialog::Messages::default(),
        steps: ionos_activitylog_archive::internal::FailPoints::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let code = runtime.block_on(ialog::run_with(arguments, &mut context));
    let said = String::from_utf8(stderr).unwrap();
    let message = said.strip_prefix("error: ").map(|text| text.trim_end_matches('\n').to_owned());
    assert_eq!(message.is_some(), code != 0, "an exit code other than 0 comes with an error: {said}");
    assert_eq!(out.exists(), code == 0 && matches!(case.when, When::Events { .. }), "a file only for success");
    Observed {
        requests: scripted.requests(),
        waits: clock.waits(),
        unused: scripted.left(),
        result: if code == 0 { Ok(success(case, &stdout, &out)) } else { Err(None) },
        message,
        exit_code: Some(code),
    }
}

fn success(case: &Case, stdout: &[u8], out: &Path) -> Success {
    let lines = |text: &str| text.lines().map(str::to_owned).collect();
    match &case.when {
        When::Events { .. } => Success::Events(lines(&fs::read_to_string(out).unwrap())),
        _ => Success::Contracts(lines(std::str::from_utf8(stdout).unwrap())),
    }
}
