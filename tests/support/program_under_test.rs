//! The program of `crates/ialog/src/main.rs` with test hooks: it can run against a simulated service on virtual time,
//! and be killed or interrupted at a fail point, as by a power failure or Ctrl-C. Environment variables control the
//! hooks.
//!
//! `IALOG_TEST_WORLD` selects the service:
//!
//! | world | the service |
//! |---|---|
//! | `calm` | two contracts with 24 events per day |
//! | `single` | one contract |
//! | `busy` | one contract with 5000 events per day |
//! | `early` | as `late`, but at 2026-11-04 instead of 2026-11-20, so fewer of the late events have arrived |
//! | `late` | as `calm`, but one in five events arrived two weeks late |
//! | `stormy` | one in five requests fails with 503 |
//! | `broken` | all requests for one of the two contracts fail |
//! | `partial` | all searches for one of the two contracts are partial |
//! | `narrow` | one event per page |
//! | `amended` | as `calm`, but half of the events were changed |
//! | `changing` | as `narrow`, but the contents of the events differ between two answers |
//! | `full` | one second has more events than offsets can reach |
//! | `hostile` | records contain terminal control sequences |
//! | `unusual` | a record with 250 levels of nesting, and types and statuses in an unusual spelling |
//! | `operations` | operations of several events |
//! | `detached` | as `operations`, but the Cloud API fails |
//! | `shared` | operations whose events have several users |
//! | `outcomes` | operations that do not simply end, or share a queue reference |
//! | `moved` | events whose time was changed to another day; both versions are in the log |
//! | `mixed` | answers a request for one of the two contracts with the log of the other |
//! | `offline` | no simulated service; the settings come from the environment |
//! | `refused` | refuses the token |
//! | `forbidden` | refuses one of the two contracts |
//! | `bound` | the token is bound to one contract and expires in three days |
//! | `unprivileged` | as `bound`, and the user lacks the privilege to read the log |
//! | `skewed` | the local clock is 7 minutes ahead |
//! | `odd` | behaves in every unusual way that the vendor's documents allow |
//! | `exclusive` | omits the events at exactly the start of a range |
//! | `throttled` | one request per second in bursts of 3; small pages |
//!
//! `IALOG_TEST_KILL=NAME:N` kills the process when it passes a point for the N+1st time. NAME is the name of a fail
//! point, `step` for any fail point, or `request` for a request to the service. `IALOG_TEST_INTERRUPT=NAME:N` sends
//! Ctrl-C at a fail point instead; the program continues once it has received the signal.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use chrono::{DateTime, TimeDelta, Utc};
use ialog::Context;
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog_archive::internal::FailPoints;
use ionos_activitylog_sim::fault::{Answer, Fault, Faults, Trigger};
use ionos_activitylog_sim::{
    AmendedEvents, Behavior, DateStart, DeepOffset, LateEvents, Operation, Order, OverLimit, QueryFractions, RateLimit,
    Recording, Share, Simulator, TestToken, TotalShape, TotalValue,
};
use rustix::process::Signal;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// The parts of `NAME:N`: the name or kind of a point, and the number of times that the process passes such a point
/// before the hook acts.
struct HookPoint {
    name: String,
    left: AtomicU64,
}

impl HookPoint {
    /// Reads the point from an environment variable. Without the variable, the point never triggers.
    fn from_env(variable: &str) -> Self {
        let text = std::env::var(variable).unwrap_or_default();
        let (name, before) = text.split_once(':').unwrap_or_default();
        Self { name: name.to_owned(), left: AtomicU64::new(before.parse().unwrap_or(u64::MAX)) }
    }

    /// Counts one passage of a point with this name and kind. Returns true if the hook acts now.
    fn triggers(&self, name: &str, kind: &str) -> bool {
        let named = self.name == name || self.name == kind;
        named && self.left.fetch_sub(1, Ordering::Relaxed) == 0
    }
}

fn raise(signal: Signal) {
    let me = rustix::process::getpid();
    let _ = rustix::process::kill_process(me, signal);
}

/// Sends Ctrl-C and waits until the runtime has notified all listeners.
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

/// Two services that return the same events with different contents. The request decides which service answers, so that
/// the answers do not depend on the order of the requests.
struct ChangingService([Arc<dyn Transport>; 2]);

impl Transport for ChangingService {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let sum: u32 = request.url().as_str().bytes().map(u32::from).sum();
        let [one, other] = &self.0;
        if sum.is_multiple_of(2) { one } else { other }.send(operation, request)
    }
}

/// A service that returns the log of the first contract for the second, too.
struct MixingService(Arc<dyn Transport>);

impl Transport for MixingService {
    fn send<'a>(&'a self, operation: &'static str, mut request: reqwest::Request) -> Exchange<'a> {
        let path = request.url().path().replace("/48454223", "/33586252");
        request.url_mut().set_path(&path);
        self.0.send(operation, request)
    }
}

/// The time of every simulated service when the program starts, except in the world `early`.
const NOW: &str = "2026-11-20T12:00:00Z";

/// The time of the service and of the program in the world `early`.
const EARLY: &str = "2026-11-04T00:00:00Z";

fn main() -> ExitCode {
    let Ok(world) = std::env::var("IALOG_TEST_WORLD") else {
        return ialog::run();
    };
    let killed = Arc::new(HookPoint::from_env("IALOG_TEST_KILL"));
    let interrupted = HookPoint::from_env("IALOG_TEST_INTERRUPT");

    let now = if world == "early" { EARLY } else { NOW };
    let now: DateTime<Utc> = now.parse().unwrap_or_default();
    let ahead = TimeDelta::minutes(if world == "skewed" { 7 } else { 0 });
    let clock = Arc::new(VirtualClock::starting_at(now + ahead));
    // The time of the service passes only in the world `throttled`, because a rate limit needs time that passes.
    let passing = (world == "throttled").then(|| clock.clone());
    let asked = killed.clone();
    let mut simulator = Simulator::builder()
        .clock(move || passing.as_ref().map_or(now, |clock| clock.now()))
        .contracts(if ["single", "busy"].contains(&world.as_str()) { 1 } else { 2 })
        .events_per_day(if world == "busy" { 5_000 } else { 24 })
        .burst_interval(0)
        .on_request(move |_| {
            if asked.triggers("request", "") {
                raise(Signal::KILL);
            }
        });
    if world == "stormy" {
        let fifth = Share::new(0.2).unwrap_or_default();
        let faults = Faults::new().add_rule(Trigger::any().rate(fifth), Answer::new(503));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if ["early", "late"].contains(&world.as_str())
        && let Ok(late_events) = LateEvents::new(Share::new(0.2).unwrap_or_default(), TimeDelta::weeks(2))
    {
        simulator = simulator.behavior(Behavior { late_events, ..Behavior::default() });
    }
    let narrow = || Behavior { max_limit: 1, window_cap: 8, deep_offset: DeepOffset::Refuse, ..Behavior::default() };
    if ["narrow", "changing"].contains(&world.as_str()) {
        simulator = simulator.events_per_day(48).behavior(narrow());
    }
    if world == "throttled"
        && let Ok(limit) = RateLimit::new(1.0, 3)
    {
        simulator = simulator.rate_limit(limit).behavior(Behavior {
            max_limit: 5,
            window_cap: 20,
            deep_offset: DeepOffset::Refuse,
            ..Behavior::default()
        });
    }
    if world == "broken" {
        let first = Trigger::any().contract(33_586_252);
        let faults = Faults::new().add_rule(first, Answer::new(503));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if world == "full" {
        let hour_ago = now - TimeDelta::hours(1);
        simulator = simulator.burst(hour_ago, TimeDelta::milliseconds(1), 10_100);
    }
    if world == "partial" {
        let first = Trigger::any().contract(33_586_252);
        let faults = Faults::new().add_rule(first, Fault::PartialSearch);
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if world == "hostile"
        && let Ok(recording) = Recording::read(&include_bytes!("../cli/scripts/hostile.ndjson")[..], None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "unusual"
        && let Ok(recording) = Recording::read(unusual_records().as_bytes(), None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "detached" {
        let cloud = Trigger::any().operation(Operation::GetRequest);
        let faults = Faults::new().add_rule(cloud, Answer::new(503));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if ["operations", "detached"].contains(&world.as_str())
        && let Ok(recording) = Recording::read(&include_bytes!("../cli/scripts/operations.ndjson")[..], None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "shared"
        && let Ok(recording) = Recording::read(&include_bytes!("../cli/scripts/shared_request.ndjson")[..], None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "outcomes"
        && let Ok(recording) = Recording::read(&include_bytes!("../cli/scripts/outcomes.ndjson")[..], None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "moved"
        && let Ok(recording) = Recording::read(&include_bytes!("../cli/scripts/moved.ndjson")[..], None)
    {
        simulator = simulator.recording(recording);
    }
    if world == "refused" {
        simulator = simulator.revoke_after(0);
    }
    if world == "forbidden" {
        let first = Trigger::any().contract(33_586_252);
        let faults = Faults::new().add_rule(first, Answer::new(403));
        simulator = simulator.faults(faults.unwrap_or_default());
    }
    if world == "odd" {
        simulator = simulator.behavior(Behavior {
            max_limit: 100,
            over_limit: OverLimit::Refuse,
            deep_offset: DeepOffset::Empty,
            window_cap: 5_000,
            order: Order::UnstableTies,
            total: TotalShape::Object,
            total_value: TotalValue::Capped,
            query_fractions: QueryFractions::CutOff,
            ..Behavior::default()
        });
    }
    if world == "exclusive" {
        simulator = simulator.behavior(Behavior { date_start: DateStart::Exclusive, ..Behavior::default() });
    }
    let amended = |share: f64| {
        AmendedEvents::new(Share::new(share).unwrap_or_default(), TimeDelta::milliseconds(1)).unwrap_or_default()
    };
    if world == "amended" {
        simulator = simulator.behavior(Behavior { amended_events: amended(0.5), ..Behavior::default() });
    }
    let changed = (world == "changing").then(|| {
        let behavior = Behavior { amended_events: amended(1.0), ..narrow() };
        Simulator::builder()
            .clock(move || now)
            .contracts(2)
            .events_per_day(48)
            .burst_interval(0)
            .behavior(behavior)
            .build()
    });
    let simulator = simulator.build();
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut context = Context::machine(&mut stdout, &mut stderr);
    context.clock = clock;
    if world != "offline" {
        let bound = TestToken::new(33_586_252).issued_at(now).lifetime(TimeDelta::days(3));
        let token = match world.as_str() {
            "bound" => bound.build(),
            "unprivileged" => bound.privileges(["DATA_CENTER_CREATE"]).build(),
            _ => simulator.token().to_owned(),
        };
        let transport: Arc<dyn Transport> = match changed {
            Some(changed) => Arc::new(ChangingService([simulator.transport(), changed.transport()])),
            None if world == "mixed" => Arc::new(MixingService(simulator.transport())),
            None => simulator.transport(),
        };
        context.account = Some((transport, token));
    }
    // The first fail point is passed on a thread with a runtime. This runtime is kept, because some later fail points
    // are passed on threads without a runtime.
    let runtime = OnceLock::new();
    context.fail_points = FailPoints::new(move |step| {
        if killed.triggers(step.name(), "step") {
            raise(Signal::KILL);
        }
        if let Ok(here) = Handle::try_current() {
            let _ = runtime.set(here);
        }
        if interrupted.triggers(step.name(), "step")
            && let Some(runtime) = runtime.get()
        {
            interrupt(runtime);
        }
    });
    ExitCode::from(ialog::run_on(&mut context))
}

/// Records of the world `unusual`, one per line.
fn unusual_records() -> String {
    let record = |second: u32, kind: &str, status: &str, more: &str| {
        format!(
            r#"{{"@uuid":"00000000-0000-4000-8000-00000000000{second}","meta":{{"time":"2026-11-20T08:00:0{second}.000Z","requestId":"r-1"}},"principal":{{"identity":{{"contractNumber":31721060}}}},"event":{{"type":"{kind}","status":"{status}"}}{more}}}"#
        )
    };
    let nested = format!(r#","more":{}1{}"#, "[".repeat(250), "]".repeat(250));
    [
        record(1, "requestaccepted", "queued", &nested),
        record(2, "REQUESTSTATUSUPDATE", "Running", ""),
        record(3, "request_status_update", "failed", ""),
    ]
    .join("\n")
}
