//! What can be typed: commands, flags and their help.

mod archive;
mod asked;
mod cat;
mod completion;
mod convert;
mod doctor;
mod export;
mod help;
mod man;
mod mistake;
mod named;
mod query;
mod report;
mod schema;
mod show;
mod sim;
mod state;
mod stats;
mod trace;
mod verify;
mod whoami;

use std::ffi::OsString;
use std::num::NonZeroUsize;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use ionos_activitylog::{Length, Moment};

use crate::failure::Failure;
use crate::shell;
use crate::talk::Level;
use crate::topics;

pub(crate) use archive::{FromArchive, Root};
pub(crate) use asked::{Asked, Zone};
pub(crate) use cat::Cat;
pub(crate) use completion::{Candidates, Complete, CompletedShell, Completion};
pub(crate) use convert::Convert;
pub(crate) use doctor::Doctor;
pub(crate) use export::Export;
pub(crate) use help::Help;
pub(crate) use man::Man;
use mistake::Refused;
pub(crate) use named::{Named, There, are_plain, choose, has_number};
pub(crate) use query::{Output, Query};
pub(crate) use report::{Report, ReportOutput};
pub(crate) use schema::Schema;
pub(crate) use show::{Show, ShowOutput};
pub(crate) use sim::{Http, Log, Paging, Records, Sim, Troubles, Who};
pub(crate) use state::{OfArchive, State, StateCommand};
pub(crate) use stats::Stats;
pub(crate) use trace::{Trace, TraceOutput};
pub(crate) use verify::Verify;
pub(crate) use whoami::Whoami;

/// Read the audit trail of an IONOS Cloud contract completely and keep it byte for byte
#[derive(Parser)]
#[command(
    name = "ialog",
    bin_name = "ialog",
    version,
    disable_help_subcommand = true,
    after_help = topics::listed()
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    said: Said,
}

/// How much is said.
#[derive(Args)]
struct Said {
    /// Say nothing but errors and what is not proven to be all
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Say each request and wait; -vv also headers, without secrets
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Said {
    fn level(&self) -> Result<Level, Failure> {
        Ok(match (self.quiet, self.verbose) {
            (true, 0) => Level::Quiet,
            // One may stand before the command and one behind it, where clap does not see both.
            (true, _) => {
                return Err(Failure::usage("--quiet and --verbose contradict each other", "leave one out"));
            }
            (false, 0) => Level::Usual,
            (false, 1) => Level::Steps,
            (false, _) => Level::Headers,
        })
    }
}

/// What the arguments ask for.
pub(crate) enum Read {
    Command(Command, Level),
    /// A text to show, such as the help.
    Help(String),
}

impl Cli {
    /// What people type, without what only scripts ask.
    pub(crate) fn shown() -> clap::Command {
        let whole = Self::command();
        let shown = whole.get_subcommands().filter(|one| !one.is_hide_set());
        let mut program = clap::Command::new("ialog")
            .bin_name("ialog")
            .disable_help_subcommand(true)
            .version(env!("CARGO_PKG_VERSION"))
            .args(whole.get_arguments().cloned())
            .subcommands(shown.cloned());
        if let Some(about) = whole.get_about() {
            program = program.about(about.clone());
        }
        if let Some(after) = whole.get_after_help() {
            program = program.after_help(after.clone());
        }
        program
    }

    /// Reads the arguments. A mistake is told in one sentence.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Read, Failure> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let error = match Self::try_parse_from(&arguments) {
            Ok(cli) => return Ok(Read::Command(cli.command, cli.said.level()?)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Read::Help(error.render().to_string())),
            _ => Err(mistake::told(&error, &arguments)),
        }
    }
}

/// Whether a program reads what is printed, which must be known also where the arguments cannot be read.
pub(crate) fn asks_for_json(arguments: &[OsString]) -> bool {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        // Flags of one letter may stand together, as in -qo.
        let letters = word.strip_prefix('-').map(|all| all.trim_start_matches(['q', 'v']));
        let output = match word {
            "--" => return false,
            "--output" => words.next(),
            _ if letters == Some("o") => words.next(),
            word => word.strip_prefix("--output=").or_else(|| letters?.strip_prefix('o')),
        };
        if output.is_some_and(|output| matches!(output.trim_start_matches('='), "json" | "ndjson")) {
            return true;
        }
    }
    false
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the contracts whose log the token may read
    Contracts(Contracts),
    /// Show events of a time range: who did what, when, to which resource
    Query(Box<Query>),
    /// Show everything about one event
    Show(Box<Show>),
    /// Show how an operation went, from the request or queue reference of one of its events
    Trace(Box<Trace>),
    /// Count events by user, type, action and more, and by hour and weekday
    Stats(Box<Stats>),
    /// Write all events of a time range to a file or an archive
    Export(Box<Export>),
    /// Compare an archive with what its manifests say
    Verify(Verify),
    /// Print the events of an archive in the order of their times
    Cat(Cat),
    /// Write the events of an archive to a file in another format
    Convert(Convert),
    /// Show what an archive holds, or make its state anew
    State(State),
    /// Show as whom the program asks, and where each setting comes from
    Whoami(Whoami),
    /// Look for what is between you and the log, and measure how the service behaves
    Doctor(Doctor),
    /// Print the JSON Schema of what is written
    Schema(Schema),
    /// Serve a simulated API on this machine
    Sim(Box<Sim>),
    /// Print the script by which a shell completes what is typed
    Completion(Completion),
    /// Print a page of the manual, or write all of them
    Man(Man),
    /// What the scripts of `completion` ask
    #[command(name = "__complete", hide = true)]
    Complete(Complete),
    /// Show the help of a command, or on times, filters, exit-codes, environment or schemas
    Help(Help),
}

/// Whose settings and credentials.
#[derive(Args, Clone, Default)]
pub(crate) struct Whose {
    /// Use a simulated account inside the program: no token, no network
    #[arg(long)]
    pub(crate) demo: bool,

    /// Profile of the vendor's configuration file; its settings go before those of the environment
    #[arg(long, value_name = "NAME", conflicts_with = "demo")]
    pub(crate) profile: Option<String>,
}

/// The account that is asked, and how.
#[derive(Args, Default)]
pub(crate) struct Account {
    #[command(flatten)]
    pub(crate) whose: Whose,

    /// How often a request is sent at the most, when the service is in trouble; 5 if left out
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) attempts: Option<u32>,

    /// How long a request may take in all, with its retries and the waits between them, such as 30s; 5m if left out
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timeout: Option<Length>,

    /// Send no more requests a second than this, such as 2 or 0.5
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    pub(crate) rps: Option<f64>,
}

impl Account {
    /// Fails where nothing is asked of the service, and flags that are about asking are given all the same. `why` says the
    /// former.
    pub(crate) fn unasked(&self, why: &str) -> Result<(), Failure> {
        let flags = [
            (self.attempts.is_some(), "--attempts"),
            (self.timeout.is_some(), "--timeout"),
            (self.rps.is_some(), "--rps"),
            (self.whose.profile.is_some(), "--profile"),
        ];
        let idle: Vec<&str> = flags.into_iter().filter_map(|(given, flag)| given.then_some(flag)).collect();
        if idle.is_empty() {
            return Ok(());
        }
        let idle = mistake::listed(&idle);
        Err(Failure::usage(format!("{why}, so {idle} would have no effect"), format!("leave out {idle}")))
    }

    /// What of it is typed again to go on with the same account.
    pub(crate) fn again(&self) -> String {
        let demo = if self.whose.demo { " --demo" } else { "" };
        let profile = self.whose.profile.as_ref();
        let profile = profile.map_or_else(String::new, |name| format!(" --profile {}", shell::quoted(name)));
        format!("{demo}{profile}")
    }
}

/// Of commands that ask for nothing, so that every command takes it.
#[derive(Args)]
pub(crate) struct NoAccount {
    /// Makes no difference here, because no account is needed
    #[arg(long)]
    demo: bool,
}

fn rate(text: &str) -> Result<f64, Refused> {
    let rate = text.parse().ok();
    rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0).ok_or_else(|| Refused {
        what: format!("{text:?} is no rate"),
        hint: "give a number above 0, such as 2 or 0.5".to_owned(),
    })
}

/// How many there may be at the most.
fn count(text: &str) -> Result<NonZeroUsize, Refused> {
    text.parse().map_err(|_| Refused {
        what: format!("{text:?} is no number of things to show"),
        hint: "give a whole number above 0".to_owned(),
    })
}

#[derive(Args)]
pub(crate) struct Contracts {
    #[command(flatten)]
    pub(crate) account: Account,
}

#[derive(Args)]
pub(crate) struct Range {
    /// The time up to now: a number and s, m, h, d, w, mo or y for seconds to years, such as 7d
    #[arg(long, value_name = "LENGTH", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    pub(crate) last: Option<Length>,

    /// Start: a day such as 2026-11-01 or yesterday, from its midnight in UTC, a month such as 2026-11, a time such as
    /// 2026-11-01T08:30, in UTC unless it names its zone, @ with seconds since 1970, or a length before now such as 7d
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<Moment>,

    /// End: a day or a month, up to and including its end in UTC, or a time, up to but not including it; now if left out
    #[arg(long, value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<Moment>,
}
