//! The command line: one file or folder per command, with the arguments and the `run` function of the command. Commands
//! may use all modules of the program; only `lib.rs` uses commands.

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
    after_help = topics::list()
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    verbosity: VerbosityArgs,
}

/// The parsed arguments.
pub(crate) enum ParsedArguments {
    Command(Command, Verbosity),
    /// A text to show, such as the help.
    Help(String),
}

impl Cli {
    /// The description of the command line, without the hidden commands.
    pub(crate) fn visible_command() -> clap::Command {
        let full = Self::command();
        let visible = full.get_subcommands().filter(|one| !one.is_hide_set());
        let mut program = clap::Command::new("ialog")
            .bin_name("ialog")
            .disable_help_subcommand(true)
            .version(env!("CARGO_PKG_VERSION"))
            .args(full.get_arguments().cloned())
            .subcommands(visible.cloned());
        if let Some(about) = full.get_about() {
            program = program.about(about.clone());
        }
        if let Some(after) = full.get_after_help() {
            program = program.after_help(after.clone());
        }
        program
    }

    /// Parses the arguments, the first of which is the name of the program.
    pub(crate) fn parse_arguments(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<ParsedArguments, CommandError> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let error = match Self::try_parse_from(&arguments) {
            Ok(cli) => return Ok(ParsedArguments::Command(cli.command, cli.verbosity.verbosity()?)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(ParsedArguments::Help(error.render().to_string())),
            _ => Err(parse_error::usage_error(&error, &arguments, &Self::visible_command())),
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the contracts whose log the token can read
    Contracts(ContractsArgs),
    /// Show events of a time range: who did what, when, to which resource
    Query(Box<QueryArgs>),
    /// Show all details of one event
    Show(Box<ShowArgs>),
    /// Show the course of an operation, found by request ID or queue reference
    Trace(Box<TraceArgs>),
    /// Count events by user, type, action and more, and by hour and weekday
    Stats(Box<StatsArgs>),
    /// Write all events of a time range to a file or an archive
    Export(Box<ExportArgs>),
    /// Verify an archive against its manifests
    Verify(VerifyArgs),
    /// Print the events of an archive, ordered by time
    Cat(CatArgs),
    /// Write the events of an archive to a file in another format
    Convert(ConvertArgs),
    /// Show or rebuild the state of an archive
    State(StateArgs),
    /// Show the identity in use and where each setting comes from
    Whoami(WhoamiArgs),
    /// Diagnose access problems and measure the service
    Doctor(DoctorArgs),
    /// Print the JSON Schema of an output format
    Schema(SchemaArgs),
    /// Run a local simulator of the API
    Sim(Box<SimArgs>),
    /// Generate a shell completion script
    Completion(CompletionArgs),
    /// Print a man page, or write all of them
    Man(ManArgs),
    /// Print completion candidates for the scripts of `completion`
    #[command(name = "__complete", hide = true)]
    Complete(CandidatesArgs),
    /// Show help for a command or a topic
    Help(HelpArgs),
}

/// Runs a command. The command sets `resume` to the hint that says how to continue after an interruption.
pub(crate) async fn run_command(
    command: Command,
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> Result<(), CommandError> {
    // Yields once before the command begins, so that signals are received from the start.
    tokio::task::yield_now().await;
    match command {
        Command::Contracts(args) => contracts::run(&args, context).await,
        Command::Query(args) => query::run(&args, context).await,
        Command::Show(args) => show::run(&args, context).await,
        Command::Trace(args) => trace::run(&args, context).await,
        Command::Stats(args) => stats::run(&args, context).await,
        Command::Export(args) => export::run(*args, context, resume).await,
        Command::Verify(args) => verify::run(args, context).await,
        Command::Cat(args) => cat::run(&args, context).await,
        Command::Convert(args) => convert::run(&args, context, resume).await,
        Command::State(args) => state::run(args, context).await,
        Command::Whoami(args) => whoami::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context).await,
        Command::Schema(args) => schema::run(&args, context),
        Command::Completion(args) => completion::run(&args, context),
        Command::Man(args) => man::run(&args, context),
        Command::Complete(args) => completion::run_candidates(&args, context),
        Command::Sim(args) => sim::run(*args, context).await,
        Command::Help(args) => help::run(&args, context),
    }
}
