//! `ialog sim`: serves the simulated API on a loopback port. Every setting of the simulator has a flag with the
//! same default, so that the program and the library simulate the same service.

mod access;
mod faults;
mod http;
mod log;
mod paging;
mod records;

use std::fs::File;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::pin::pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::StatusCode;
use chrono::{DateTime, Datelike, Utc};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ionos_activitylog::Moment;
use ionos_activitylog::clock::Clock;
use ionos_activitylog::internal::read_regular_file;
use ionos_activitylog_archive::internal::open_to_overwrite;
use ionos_activitylog_sim::fault::Faults;
use ionos_activitylog_sim::{
    Behavior, BehaviorError, DateEnd, DateStart, LoggedRequest, RateLimit, Recording, Simulator, SimulatorBuilder,
    TestToken,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use access::AccessArgs;
use faults::FaultArgs;
use http::HttpArgs;
use log::LogArgs;
use paging::PagingArgs;
use records::RecordArgs;

use crate::args::input_file;
use crate::args::parse_error::InvalidValue;
use crate::error::CommandError;
use crate::limits::MAX_RECORDING_MIB;
use crate::output::shell::shell_quote;
use crate::runtime::blocking::run_blocking;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
Once the API is ready, prints its address to standard output and, to standard error, the environment variables that a client needs. \
The data is generated from the seed and is the same on every machine. Stop the simulator with Ctrl-C.

A share is a number from 0 to 1 or a percentage. A duration is an integer with ms, s, m, h, d or w.

Additional endpoints: /_sim/ledger returns the requests so far, and \
/_sim/records/CONTRACT?dateStart=...&dateEnd=... returns the complete records of a range, one per line.

Examples:
  ialog sim --port 8080
  ialog sim --order shuffled --total object --max-limit 100
  ialog sim --now 2026-11-20T12:00:00Z --still --order unstable-ties
  ialog sim --now 2026-11-20 --events-per-day 14000 --ingest-delay typical
  ialog sim --faults faults.json --ledger requests.ndjson --rate-limit 5/10")]
pub(crate) struct SimArgs {
    /// Loopback port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Accepted like in other commands, without effect: the server is always simulated
    #[arg(long, hide = true)]
    pub(crate) demo: bool,

    #[command(flatten, next_help_heading = "Data")]
    pub(crate) log: LogArgs,

    #[command(flatten, next_help_heading = "Paging and order")]
    pub(crate) paging: PagingArgs,

    #[command(flatten, next_help_heading = "Records")]
    pub(crate) records: RecordArgs,

    #[command(flatten, next_help_heading = "Access")]
    pub(crate) access: AccessArgs,

    #[command(flatten, next_help_heading = "HTTP")]
    pub(crate) http: HttpArgs,

    #[command(flatten, next_help_heading = "Faults")]
    pub(crate) faults: FaultArgs,
}

/// Parses a value that must be one of the given words.
fn one_of<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = BehaviorError> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse())
}

fn invalid_value(reason: impl Into<String>, hint: impl Into<String>) -> InvalidValue {
    InvalidValue { reason: reason.into(), hint: hint.into() }
}

pub(crate) async fn run(args: SimArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let SimArgs { port, demo: _, log, paging, records, access, http, faults } = args;
    let clock = clock(&log, &context.clock)?;
    let behavior = behavior(&paging, records, &access, http);
    // All input is read before the port is opened, so that no port is opened if the input is invalid.
    let time = clock.clone();
    let builder = Simulator::builder().behavior(behavior).clock(move || time());
    let (log_error, mut log_errors) = mpsc::channel(1);
    let now = clock();
    // The fault script may be a pipe, and a recording takes time to parse, so both are read on a thread for blocking
    // work.
    let (builder, access) = run_blocking(move || {
        let builder = with_log(builder, log, now)?;
        let builder = with_access(builder, &access)?;
        with_faults(builder, faults, log_error).map(|builder| (builder, access))
    })
    .await??;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        CommandError::usage(
            format!("cannot listen on port {port} ({error})"),
            "choose another port, or 0 for a free one",
        )
    })?;
    let address = listener.local_addr().map_err(|error| {
        CommandError::unexpected(format!("cannot determine the port ({error})"), "choose another port")
    })?;
    let url = format!("http://{address}");
    let simulator = builder.base_url(&url).build();
    // Listens for signals before the address is printed, because a program that reads the address may send a signal at
    // once.
    let mut interrupted = pin!(context.interrupt.listen());
    context.print_data(format!("{url}\n"))?;
    // Shown also with `--quiet`, because the simulator cannot be used without these variables.
    context.warn(format_args!(
        "export IONOS_API_URL={url} IONOS_TOKEN={}",
        shell_quote(&token(&simulator, &access, clock()))
    ));
    let mut served = pin!(simulator.serve(listener));
    loop {
        tokio::select! {
            served = &mut served => {
                return served.map_err(|error| {
                    let message = format!("the simulator stopped ({error})");
                    CommandError::unexpected(message, "start it again")
                });
            }
            () = &mut interrupted => return Ok(()),
            // A full disk must not stop the simulator in the middle of a test.
            Some(error) = log_errors.recv() => context.warn(format_args!(
                "warning: cannot write the request log ({error}); it is incomplete from here on"
            )),
        }
    }
}

fn behavior(paging: &PagingArgs, records: RecordArgs, access: &AccessArgs, http: HttpArgs) -> Behavior {
    let default = Behavior::default();
    Behavior {
        max_limit: paging.max_limit,
        over_limit: paging.over_limit,
        deep_offset: paging.deep_offset,
        window_cap: paging.window_cap,
        order: paging.order,
        total: paging.total,
        total_value: paging.total_value,
        dialect: records.dialect,
        uuid: records.uuid,
        unknown_members: records.unknown_members,
        unknown_types: records.unknown_types,
        fraction_digits: records.fraction_digits,
        utc_mark: records.utc_mark,
        ingest_delay: records.ingest_delay,
        late_events: records.late,
        amended_events: records.amended,
        duplicates: records.duplicates,
        duplicates_counted: records.duplicates_counted,
        retention: records.retention,
        bare_date_zone: http.bare_date_zone,
        bad_date: http.bad_date,
        query_fractions: http.query_fractions,
        date_start: if http.exclusive_start { DateStart::Exclusive } else { DateStart::Inclusive },
        date_end: if http.inclusive_end { DateEnd::Inclusive } else { DateEnd::Exclusive },
        foreign_contract: access.foreign_contract,
        request_id_header: http.request_id_header.0,
        trailing_slash: http.trailing_slash,
        gzip: http.gzip,
        charset: http.charset,
        info_needs_token: access.info_needs_token,
        // The flag accepts valid statuses only.
        other_methods: StatusCode::from_u16(http.other_methods).unwrap_or(default.other_methods),
    }
}

/// A function that returns the time of the simulator.
type SimulatedTime = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The years that can be simulated; every log ends at [`LOG_END`](ionos_activitylog_sim::LOG_END).
const YEARS: RangeInclusive<i32> = 1970..=2199;

/// The clock of the simulator: the time of the machine, or a given time that advances or stands still.
fn clock(log: &LogArgs, machine: &Arc<dyn Clock>) -> Result<SimulatedTime, CommandError> {
    let machine = machine.clone();
    let Some(moment) = log.now else {
        return Ok(Arc::new(move || machine.now()));
    };
    let start = moment.start(machine.now())?;
    if !YEARS.contains(&start.year()) {
        return Err(CommandError::usage(
            format!("--now {moment} cannot be simulated"),
            format!("use a time in the years {} to {}", YEARS.start(), YEARS.end()),
        ));
    }
    if log.still {
        return Ok(Arc::new(move || start));
    }
    let began = machine.elapsed();
    Ok(Arc::new(move || start + machine.elapsed().saturating_sub(began)))
}

fn with_log(builder: SimulatorBuilder, log: LogArgs, now: DateTime<Utc>) -> Result<SimulatorBuilder, CommandError> {
    let start = |moment: Moment| moment.start(now).map_err(CommandError::from);
    let mut builder = builder
        .seed(log.seed)
        .contracts(log.contracts as usize)
        .users(log.users)
        .services(log.services)
        .events_per_day(log.events_per_day)
        .log_begin(start(log.begin)?)
        .burst_interval(log.burst_every);
    for burst in log.burst {
        builder = builder.burst(start(burst.begin)?, burst.length, burst.events);
    }
    if let Some(path) = log.events {
        let records = read_regular_file(&path, MAX_RECORDING_MIB).map_err(|error| unreadable(&path, &error))?;
        let recording = Recording::read(records.as_slice(), log.contract)
            .map_err(|error| CommandError::usage(format!("{}: {error}", path.display()), "correct the file"))?;
        builder = builder.recording(recording);
    }
    Ok(builder)
}

fn unreadable(path: &Path, error: &io::Error) -> CommandError {
    CommandError::usage(format!("cannot read {} ({error})", path.display()), "choose a readable file")
}

fn with_access(builder: SimulatorBuilder, access: &AccessArgs) -> Result<SimulatorBuilder, CommandError> {
    let mut builder =
        builder.token(&access.token).two_factor(access.two_factor).forbidden_code(access.forbidden_code.clone());
    for pair in &access.basic {
        let (user, password) = pair.parts()?;
        builder = builder.basic_auth(user, password);
    }
    if let Some(requests) = access.revoke_after {
        builder = builder.revoke_after(requests);
    }
    Ok(builder)
}

fn with_faults(
    mut builder: SimulatorBuilder,
    faults: FaultArgs,
    log_error: mpsc::Sender<io::Error>,
) -> Result<SimulatorBuilder, CommandError> {
    if let Some(path) = faults.faults {
        let script = input_file::read(&path).map_err(|error| unreadable(&path, &error))?;
        let script = Faults::from_json(&script)
            .map_err(|error| CommandError::usage(format!("{}: {error}", path.display()), "correct the file"))?;
        builder = builder.faults(script);
    }
    if let Some(rate) = faults.rate_limit {
        let limit = RateLimit::new(rate.per_second, rate.burst)
            .map_err(|error| CommandError::usage(error.to_string(), "see `ialog sim --help`"))?;
        builder = builder.rate_limit(limit.retry_after(faults.retry_after));
    }
    if let Some(path) = faults.request_log {
        let request_log = open_to_overwrite(&path).map_err(|error| {
            CommandError::usage(format!("cannot write {} ({error})", path.display()), "choose a writable file")
        })?;
        builder = builder.on_request(write_requests(request_log, log_error));
    }
    Ok(builder)
}

/// Returns a function that writes each request as one line. After the first error, the function sends the error to
/// `log_error` and writes nothing more.
fn write_requests(request_log: File, log_error: mpsc::Sender<io::Error>) -> impl Fn(&LoggedRequest) + Send + Sync {
    let request_log = Mutex::new(Some(request_log));
    move |seen| {
        let mut guard = request_log.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(request_log) = guard.as_mut() else {
            return;
        };
        let written = serde_json::to_vec(seen).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            request_log.write_all(&line)
        });
        if let Err(error) = written {
            // Only one error is ever sent, so the channel has room.
            let _ = log_error.try_send(error);
            *guard = None;
        }
    }
}

/// The token to use: the plain token, or a JSON Web Token issued at `now`.
fn token(simulator: &Simulator, access: &AccessArgs, now: DateTime<Utc>) -> String {
    if !access.jwt {
        return simulator.token().to_owned();
    }
    let mut token = TestToken::new(simulator.contracts()[0]).issued_at(now).reseller(access.reseller);
    if let Some(lifetime) = access.token_lifetime {
        token = token.lifetime(lifetime);
    }
    if access.no_privilege {
        token = token.privileges(Vec::<String>::new());
    }
    token.build()
}
