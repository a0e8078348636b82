//! Runs the command line inside the test process, where a test can act at each fail point.

use std::ffi::OsString;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ialog::{Context, Interrupt, Terminal};
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::seam::Transport;
use ionos_activitylog_archive::internal::{FailPoint, FailPoints};
use ionos_activitylog_sim::Simulator;

use super::program::Printed;

/// Runs the command line with the simulated account of the world `single` in `program_under_test.rs`. Calls `at_step`
/// at each fail point, with the handle that interrupts the run.
pub fn run_in_process(arguments: &[&str], at_step: impl Fn(FailPoint, &Interrupt) + Send + Sync + 'static) -> Printed {
    let now: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
    let simulator = Simulator::builder().clock(move || now).events_per_day(24).burst_interval(0).build();
    let account = (simulator.transport(), simulator.token().to_owned());
    run_with_account(arguments, account, Arc::new(VirtualClock::starting_at(now)), at_step)
}

/// Runs the command line to its end, with a transport and token in place of the configured account.
pub fn run_with_account(
    arguments: &[&str],
    account: (Arc<dyn Transport>, String),
    clock: Arc<dyn Clock>,
    at_step: impl Fn(FailPoint, &Interrupt) + Send + Sync + 'static,
) -> Printed {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let interrupt = Interrupt::new();
    let mut context = Context {
        clock,
        account: Some(account),
        stdout: &mut stdout,
        stderr: &mut stderr,
        terminal: Terminal::default(),
        cache_dir: None,
        messages: ialog::Messages::default(),
        interrupt: interrupt.clone(),
        fail_points: FailPoints::new(move |step| at_step(step, &interrupt)),
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
