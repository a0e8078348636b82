//! `ialog help`: shows the help of a command, or a topic.

use std::ffi::OsString;

use clap::Args;
use ionos_activitylog::internal::did_you_mean;

use crate::args::service::NoAccountArgs;
use crate::commands::topics::{self, TOPICS};
use crate::commands::{Cli, ParsedArguments};
use crate::error::CommandError;
use crate::output::wrap::wrap_paragraphs;
use crate::runtime::context::Context;

/// Show the help of a command, or of a topic: times, filters, exit-codes, environment, schemas
#[derive(Args)]
pub(crate) struct HelpArgs {
    /// Command such as export, or topic: times, filters, exit-codes, environment, schemas
    #[arg(value_name = "COMMAND|TOPIC")]
    pub(crate) about: Vec<String>,

    #[command(flatten)]
    pub(crate) no_account: NoAccountArgs,
}

pub(crate) fn run(args: &HelpArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let [name] = args.about.as_slice()
        && let Some(topic) = topics::find(name)
    {
        return context.print(wrap_paragraphs(topic.text, context.terminal.columns));
    }
    check_commands(&args.about)?;
    let arguments = ["ialog"].into_iter().chain(args.about.iter().map(String::as_str));
    match Cli::parse_arguments(arguments.chain(["--help"]).map(OsString::from))? {
        ParsedArguments::Help(text) => context.print(text),
        ParsedArguments::Command(..) => Err(CommandError::usage("no help requested", "see --help")),
    }
}

/// Fails at the first word that is not a subcommand of the word before it.
fn check_commands(words: &[String]) -> Result<(), CommandError> {
    let mut command = Cli::visible_command();
    let mut topics: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    for word in words {
        let Some(subcommand) = command.find_subcommand(word) else {
            let commands = command.get_subcommands().map(clap::Command::get_name);
            let known: Vec<&str> = commands.chain(topics).collect();
            return Err(CommandError::usage(
                format!("no help for {word:?}{}", did_you_mean(word, known.iter().copied())),
                format!("valid names are {}", known.join(", ")),
            ));
        };
        command = subcommand.clone();
        topics = Vec::new();
    }
    Ok(())
}
