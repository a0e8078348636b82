//! Running the program inside of the test, where every step of it can be answered, in the calm world of
//! `support/program_under_test.rs`.

use std::ffi::OsString;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ialog::{Context, Interrupt, Terminal};
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog_archive::internal::{FailPoint, FailPoints};
use ionos_activitylog_sim::Simulator;

use super::program::Printed;

/// Runs the program to its end, and calls a function at each step with what asks the program to end.
pub fn hosted(arguments: &[&str], told: impl Fn(FailPoint, &Interrupt) + Send + Sync + 'static) -> Printed {
    let now: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
    let simulator = Simulator::builder().clock(move || now).events_per_day(24).burst_every(0).build();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let interrupt = Interrupt::new();
    let mut context = Context {
        clock: Arc::new(VirtualClock::at(now)),
        account: Some((simulator.transport(), simulator.token().to_owned())),
        stdout: &mut stdout,
        stderr: &mut stderr,
        interactive: false,
        terminal: Terminal::default(),
        cache: ialog::Cache::default(),
        messages: ialog::Messages::default(),
        interrupt: interrupt.clone(),
        steps: FailPoints::new(move |step| told(step, &interrupt)),
    };
    let arguments = ["ialog"].iter().chain(arguments).map(OsString::from);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let code = runtime.block_on(ialog::run_with(arguments, &mut context));
    Printed {
        code: Some(code.into()),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
