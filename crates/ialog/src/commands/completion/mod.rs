//! `ialog completion`: the script that makes a shell complete what is typed. Commands and flags are known when it is
//! written; contract numbers and profiles only when it runs, so it asks `ialog __complete`, which answers at once, offline,
//! and with nothing where something is wrong: nobody wants an error in the middle of a line.
//!
//! A shell that knows nothing better offers the files of the folder, also where a time or a filter is to be typed. So it is
//! told which values are files, by what the arguments are read into.

mod script;

use std::collections::BTreeSet;

use clap::{Arg, Args, Command, ValueEnum, ValueHint};
use clap_complete::Shell;
use ionos_activitylog::{Claims, ClientBuilder};

use crate::args::service::NoAccountArgs;
use crate::commands::Cli;
use crate::error::CommandError;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
The script also completes contract numbers, which it knows from the token and from the last run of `ialog contracts` or \
`ialog doctor`, and the profiles of the vendor's configuration file. It asks nothing of the service for that.

Examples:
  source <(ialog completion bash)                               # in ~/.bashrc
  ialog completion zsh > ~/.zfunc/_ialog                        # in $fpath
  ialog completion fish > ~/.config/fish/completions/ialog.fish
  ialog completion powershell | Out-String | Invoke-Expression  # in $PROFILE")]
pub(crate) struct CompletionArgs {
    /// bash, zsh, fish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub(crate) shell: CompletionShell,

    #[command(flatten)]
    pub(crate) no_account: NoAccountArgs,
}

/// The shells that there are scripts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletionShell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
}

impl From<CompletionShell> for Shell {
    fn from(shell: CompletionShell) -> Self {
        match shell {
            CompletionShell::Bash => Self::Bash,
            CompletionShell::Zsh => Self::Zsh,
            CompletionShell::Fish => Self::Fish,
            CompletionShell::PowerShell => Self::PowerShell,
        }
    }
}

#[derive(Args)]
pub(crate) struct CandidatesArgs {
    pub(crate) what: CandidateKind,
}

/// What only the machine knows that the script runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CandidateKind {
    Contracts,
    Profiles,
}

pub(crate) fn run(arguments: &CompletionArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut command = files_alone(Cli::shown());
    let mut written = Vec::new();
    let shell: clap_complete::Shell = arguments.shell.into();
    clap_complete::generate(shell, &mut command, "ialog", &mut written);
    let written = String::from_utf8_lossy(&written);
    let files = takes_files(&command);
    context.print(&match arguments.shell {
        CompletionShell::Bash => script::bash(&written, &files),
        CompletionShell::Zsh => script::zsh(&written),
        CompletionShell::Fish => script::fish(&written, &files),
        CompletionShell::PowerShell => script::powershell(&written, &files, &file_flags(&command)),
    })
}

/// Says of each value that is no file that it is none.
fn files_alone(command: Command) -> Command {
    let said = |arg: Arg| {
        let asked = script::ASKED.contains(&arg.get_id().as_str());
        match arg.get_action().takes_values() {
            // With a slash behind folders, and spaces as they have to be typed.
            true if is_file(&arg) => arg.value_hint(ValueHint::FilePath),
            true if !asked => arg.value_hint(ValueHint::Other),
            _ => arg,
        }
    };
    command.mut_args(said).mut_subcommands(files_alone)
}

fn is_file(arg: &Arg) -> bool {
    matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath)
}

/// The commands that are given a file or a folder without a flag.
fn takes_files(command: &Command) -> Vec<&str> {
    fn takes(command: &Command) -> bool {
        command.get_positionals().any(is_file) || command.get_subcommands().any(takes)
    }
    let commands = command.get_subcommands().filter(|one| takes(one));
    commands.map(Command::get_name).collect()
}

/// The flags whose value is a file or a folder.
fn file_flags(command: &Command) -> BTreeSet<String> {
    let flags = command.get_opts().filter(|one| is_file(one));
    let names = flags.filter_map(|flag| Some(format!("--{}", flag.get_long()?)));
    let within = command.get_subcommands().flat_map(file_flags);
    names.chain(within).collect()
}

/// One candidate a line.
pub(crate) fn candidates(arguments: &CandidatesArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let builder = context.client();
    let words = match arguments.what {
        CandidateKind::Contracts => contracts(builder, context),
        CandidateKind::Profiles => builder.profiles().unwrap_or_default(),
    };
    // A word with a space or a sign of the shell could not be typed as it is.
    let plain = |word: &&String| {
        let fine = |char: char| char.is_alphanumeric() || "-_.@+".contains(char);
        !word.is_empty() && word.chars().all(fine)
    };
    let lines: String = words.iter().filter(plain).map(|word| format!("{word}\n")).collect();
    context.print(&lines)
}

/// Those that were listed lately, and that of the token.
fn contracts(builder: ClientBuilder, context: &Context<'_>) -> Vec<String> {
    let Ok(client) = builder.build() else {
        return Vec::new();
    };
    let mut contracts = context.cache.contracts(client.api_address());
    let of_token = client.claims().and_then(|claims: Claims| claims.contract);
    contracts.extend(of_token.or(client.default_contract()).map(|one| one.to_string()));
    contracts.sort_unstable();
    contracts.dedup();
    contracts
}
