//! The same program as `crates/ialog/src/main.rs`. In a test it can be told to live in a simulated world, where no wait
//! takes time, and to be killed at a step of an export or at a request, as if the power had failed.
//!
//! - `IALOG_TEST_WORLD`: `calm`; `single`, with one contract; `busy`, with one of 5000 events a day; `stormy`, where one
//!   answer of five is a failure; `broken`, where one of the contracts is never answered; `narrow`, where each answer has
//!   one event; `full`, where a second has more events than can be reached; `hostile`, where the log was written by
//!   somebody who would like to take over the terminal; `operations`, with operations of several events; `detached`, the
//!   same without the Cloud API; `offline`, where the settings are those of the environment and nothing is there to be
//!   asked; `refused`, where the token is not good; `forbidden`, where one contract is not to be read; `bound`, where the
//!   token is that of one contract and ends in three days; `unprivileged`, where its user may not read the log either;
//!   `skewed`, where the clock of the machine is wrong; `odd`, where the service does all that it may otherwise;
//!   `throttled`, where it takes three requests in three seconds, and a page has few events;
//! - `IALOG_TEST_KILL`: the name of a step, `step` for any, or `request`, and after a colon how often it is passed
//!   before;
//! - `IALOG_TEST_INTERRUPT`: the same for steps, at which somebody presses Ctrl-C; the step is over when that was heard.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use chrono::{DateTime, TimeDelta, Utc};
use ialog::Context;
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog_archive::internal::FailPoints;
use ionos_activitylog_sim::fault::{Answer, Faults, When};
use ionos_activitylog_sim::{
    DeepOffset, Operation, Order, OverLimit, QueryFractions, RateLimit, Recording, Share, Simulator, Switches,
    TestToken, TotalShape, TotalValue,
};
use rustix::process::Signal;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// A point to wait for, by its name or its kind, and how often it is passed before.
struct Point {
    name: String,
    left: AtomicU64,
}

impl Point {
    /// The one that a variable of the environment names; one that never comes where none does.
    fn of_environment(variable: &str) -> Self {
        let text = std::env::var(variable).unwrap_or_default();
        let (name, before) = text.split_once(':').unwrap_or_default();
        Self { name: name.to_owned(), left: AtomicU64::new(before.parse().unwrap_or(u64::MAX)) }
    }

    /// Whether it is this time.
    fn is_now(&self, name: &str, kind: &str) -> bool {
        let named = self.name == name || self.name == kind;
        named && self.left.fetch_sub(1, Ordering::Relaxed) == 0
    }
}

fn raise(signal: Signal) {
    let me = rustix::process::getpid();
    let _ = rustix::process::kill_process(me, signal);
}

/// Ctrl-C, and waits until the runtime has told everybody who listens to it.
fn interrupt(runtime: &Handle) {
    let _within = runtime.enter();
    let (heard, waiting) = mpsc::channel();
    let Ok(mut signal) = signal(SignalKind::interrupt()) else {
        return;
    };
    tokio::spawn(async move {
        signal.recv().await;
        let _ = heard.send(());
    });
    raise(Signal::INT);
    let _ = waiting.recv();
}

/// The time in the simulated worlds.
const NOW: &str = "2026-11-20T12:00:00Z";

fn main() -> ExitCode {
    let Ok(world) = std::env::var("IALOG_TEST_WORLD") else {
        return ialog::run();
    };
    let killed = Arc::new(Point::of_environment("IALOG_TEST_KILL"));
    let interrupted = Point::of_environment("IALOG_TEST_INTERRUPT");

    let now: DateTime<Utc> = NOW.parse().unwrap_or_default();
    let ahead = TimeDelta::minutes(if world == "skewed" { 7 } else { 0 });
    let clock = Arc::new(VirtualClock::at(now + ahead));
    // Only where the service counts the time does it pass for it.
    let passing = (world == "throttled").then(|| clock.clone());
    let asked = killed.clone();
    let mut simulator = Simulator::builder()
        .clock(move || passing.as_ref().map_or(now, |clock| clock.now()))
        .contracts(if ["single", "busy"].contains(&world.as_str()) { 1 } else { 2 })
        .events_per_day(if world == "busy" { 5_000 } else { 24 })
        .burst_every(0)
        .on_request(move |_| {
            if asked.is_now("request", "") {
                raise(Signal::KILL);
            }
        });
    if world == "stormy" {
        let fifth = Share::new(0.2).unwrap_or_default();
        let faults = Faults::new().on(When::any().rate(fifth), Answer::new(503));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if world == "narrow" {
        simulator = simulator.events_per_day(48).switches(Switches {
            max_limit: 1,
            window_cap: 8,
            deep_offset: DeepOffset::Refuse,
            ..Switches::default()
        });
    }
    if world == "throttled"
        && let Ok(limit) = RateLimit::new(1.0, 3)
    {
        simulator = simulator.rate_limit(limit).switches(Switches {
            max_limit: 5,
            window_cap: 20,
            deep_offset: DeepOffset::Refuse,
            ..Switches::default()
        });
    }
    if world == "broken" {
        let first = When::any().contract(33_586_252);
        let faults = Faults::new().on(first, Answer::new(503));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if world == "full" {
        let hour_ago = now - TimeDelta::hours(1);
        simulator = simulator.burst(hour_ago, TimeDelta::milliseconds(1), 10_100);
    }
    if world == "hostile"
        && let Ok(recording) = Recording::read(&include_bytes!("../cli/scripts/hostile.ndjson")[..], None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "detached" {
        let cloud = When::any().operation(Operation::GetRequest);
        let faults = Faults::new().on(cloud, Answer::new(503));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if ["operations", "detached"].contains(&world.as_str())
        && let Ok(recording) = Recording::read(&include_bytes!("../cli/scripts/operations.ndjson")[..], None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "refused" {
        simulator = simulator.revoke_after(0);
    }
    if world == "forbidden" {
        let first = When::any().contract(33_586_252);
        let faults = Faults::new().on(first, Answer::new(403));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if world == "odd" {
        simulator = simulator.switches(Switches {
            max_limit: 100,
            over_limit: OverLimit::Refuse,
            deep_offset: DeepOffset::Empty,
            window_cap: 5_000,
            order: Order::UnstableTies,
            total: TotalShape::Object,
            total_value: TotalValue::Capped,
            query_fractions: QueryFractions::CutOff,
            ..Switches::default()
        });
    }
    let simulator = simulator.build();
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut context = Context::machine(&mut stdout, &mut stderr);
    context.clock = clock;
    if world != "offline" {
        let bound = TestToken::new(33_586_252).issued(now).lifetime(TimeDelta::days(3));
        let token = match world.as_str() {
            "bound" => bound.build(),
            "unprivileged" => bound.privileges(["DATA_CENTER_CREATE"]).build(),
            _ => simulator.token().to_owned(),
        };
        context.account = Some((simulator.transport(), token));
    }
    // Some steps are passed on a thread of the archive's own, though none of them first.
    let runtime = OnceLock::new();
    context.steps = FailPoints::new(move |step| {
        if killed.is_now(step.name(), "step") {
            raise(Signal::KILL);
        }
        if let Ok(here) = Handle::try_current() {
            let _ = runtime.set(here);
        }
        if interrupted.is_now(step.name(), "step")
            && let Some(runtime) = runtime.get()
        {
            interrupt(runtime);
        }
    });
    ExitCode::from(ialog::run_on(&mut context))
}
