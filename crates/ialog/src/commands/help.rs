//! `ialog help`: of a command, or of a matter that concerns several.

use std::ffi::OsString;

use clap::Args;
use ionos_activitylog::internal::did_you_mean;

use crate::args::service::NoAccountArgs;
use crate::commands::topics::TOPICS;
use crate::commands::{Cli, ParsedCommandLine, topics};
use crate::error::CommandError;
use crate::output::paragraphs::paragraphs;

/// Beside the commands, `ialog help` knows: times, filters, exit-codes, environment, schemas
#[derive(Args)]
pub(crate) struct HelpArgs {
    /// A command, such as export, or times, filters, exit-codes, environment or schemas
    #[arg(value_name = "COMMAND|TOPIC")]
    pub(crate) about: Vec<String>,

    #[command(flatten)]
    pub(crate) no_account: NoAccountArgs,
}

impl HelpArgs {
    /// The text that was asked for, on lines of so many columns.
    pub(crate) fn text(&self, room: Option<usize>) -> Result<String, CommandError> {
        if let [name] = self.about.as_slice()
            && let Some(topic) = topics::named(name)
        {
            return Ok(paragraphs(topic.text, room));
        }
        let arguments = ["ialog"].into_iter().chain(self.about.iter().map(String::as_str));
        let arguments = arguments.chain(["--help"]).map(OsString::from);
        self.is_of_commands()?;
        match Cli::read(arguments) {
            Ok(ParsedCommandLine::Help(text)) => Ok(text),
            Ok(ParsedCommandLine::Command(..)) => Err(CommandError::usage("no help was asked for", "see --help")),
            Err(failure) => Err(failure),
        }
    }

    /// Fails at the first word that is no command of the one before.
    fn is_of_commands(&self) -> Result<(), CommandError> {
        let mut command = Cli::shown();
        let mut topics = TOPICS.iter().map(|topic| topic.name).collect::<Vec<_>>();
        for word in &self.about {
            let Some(next) = command.find_subcommand(word) else {
                let commands = command.get_subcommands().map(clap::Command::get_name);
                let known: Vec<&str> = commands.chain(topics).collect();
                return Err(CommandError::usage(
                    format!("there is no help on {word:?}{}", did_you_mean(word, known.iter().copied())),
                    format!("known are {}", known.join(", ")),
                ));
            };
            command = next.clone();
            topics = Vec::new();
        }
        Ok(())
    }
}
