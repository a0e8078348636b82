//! The command line: one module a command, each with its arguments and the function that runs it.

mod cat;
mod completion;
mod contracts;
mod convert;
mod doctor;
mod export;
mod help;
mod man;
mod query;
mod schema;
mod show;
mod sim;
mod state;
mod stats;
mod topics;
mod trace;
mod verify;
mod whoami;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::args::parse_error;
use crate::args::verbosity::VerbosityArgs;
use crate::error::CommandError;
use crate::output::messages::Verbosity;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;
use cat::CatArgs;
use completion::{CandidatesArgs, CompletionArgs};
use contracts::ContractsArgs;
use convert::ConvertArgs;
use doctor::DoctorArgs;
use export::ExportArgs;
use help::HelpArgs;
use man::ManArgs;
use query::QueryArgs;
use schema::SchemaArgs;
use show::ShowArgs;
use sim::SimArgs;
use state::StateArgs;
use stats::StatsArgs;
use trace::TraceArgs;
use verify::VerifyArgs;
use whoami::WhoamiArgs;

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
    said: VerbosityArgs,
}

/// What the arguments ask for.
pub(crate) enum ParsedCommandLine {
    Command(Command, Verbosity),
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
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<ParsedCommandLine, CommandError> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let error = match Self::try_parse_from(&arguments) {
            Ok(cli) => return Ok(ParsedCommandLine::Command(cli.command, cli.said.level()?)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(ParsedCommandLine::Help(error.render().to_string()))
            }
            _ => Err(parse_error::told(&error, &arguments)),
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the contracts whose log the token may read
    Contracts(ContractsArgs),
    /// Show events of a time range: who did what, when, to which resource
    Query(Box<QueryArgs>),
    /// Show everything about one event
    Show(Box<ShowArgs>),
    /// Show how an operation went, from the request or queue reference of one of its events
    Trace(Box<TraceArgs>),
    /// Count events by user, type, action and more, and by hour and weekday
    Stats(Box<StatsArgs>),
    /// Write all events of a time range to a file or an archive
    Export(Box<ExportArgs>),
    /// Compare an archive with what its manifests say
    Verify(VerifyArgs),
    /// Print the events of an archive in the order of their times
    Cat(CatArgs),
    /// Write the events of an archive to a file in another format
    Convert(ConvertArgs),
    /// Show what an archive holds, or make its state anew
    State(StateArgs),
    /// Show as whom the program asks, and where each setting comes from
    Whoami(WhoamiArgs),
    /// Look for what is between you and the log, and measure how the service behaves
    Doctor(DoctorArgs),
    /// Print the JSON Schema of what is written
    Schema(SchemaArgs),
    /// Serve a simulated API on this machine
    Sim(Box<SimArgs>),
    /// Print the script by which a shell completes what is typed
    Completion(CompletionArgs),
    /// Print a page of the manual, or write all of them
    Man(ManArgs),
    /// What the scripts of `completion` ask
    #[command(name = "__complete", hide = true)]
    Complete(CandidatesArgs),
    /// Show the help of a command, or on times, filters, exit-codes, environment or schemas
    Help(HelpArgs),
}

pub(crate) async fn run_command(
    command: Command,
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> Result<(), CommandError> {
    // Before anything is begun, so that signals are listened to from the start.
    tokio::task::yield_now().await;
    match command {
        Command::Contracts(arguments) => contracts::run(arguments, context).await,
        Command::Query(arguments) => query::run(&arguments, context).await,
        Command::Show(arguments) => show::run(&arguments, context).await,
        Command::Trace(arguments) => trace::run(&arguments, context).await,
        Command::Stats(arguments) => stats::run(&arguments, context).await,
        Command::Export(arguments) => export::run(*arguments, context, resume).await,
        Command::Verify(arguments) => verify::run(arguments, context).await,
        Command::Cat(arguments) => cat::run(arguments, context).await,
        Command::Convert(arguments) => convert::run(arguments, context, resume).await,
        Command::State(arguments) => state::run(arguments, context).await,
        Command::Whoami(arguments) => whoami::run(&arguments, context),
        Command::Doctor(arguments) => doctor::run(&arguments, context).await,
        Command::Schema(arguments) => schema::run(&arguments, context),
        Command::Completion(arguments) => completion::run(&arguments, context),
        Command::Man(arguments) => man::run(&arguments, context),
        Command::Complete(arguments) => completion::candidates(&arguments, context),
        Command::Sim(arguments) => sim::run(*arguments, context).await,
        Command::Help(help) => context.print(&help.text(context.terminal.columns)?),
    }
}
