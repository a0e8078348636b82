//! `ialog completion`: the completion script of a shell. Commands and flags are part of the script. Contract numbers
//! and profiles depend on the machine, so for these the script calls `ialog __complete`, which works offline and prints
//! no errors.
//!
//! By default, shells complete file names for every value. So the script marks which values are files: the values of
//! arguments with the type `PathBuf`.

mod script;

use std::collections::BTreeSet;

use clap::{Arg, Args, Command, ValueEnum, ValueHint};
use clap_complete::Shell;
use ionos_activitylog::{Claims, ClientBuilder};

use crate::args::service::NoAccountArgs;
use crate::commands::Cli;
use crate::error::CommandError;
use crate::runtime::context::Context;
use crate::service::cache::ServiceCache;

#[derive(Args)]
#[command(after_help = "\
The script also completes profiles (from the vendor's configuration file) and contract numbers (from the token, and from \
the last run of `ialog contracts` or `ialog doctor`). Completion sends no request to the service.

Examples:
  source <(ialog completion bash)                               # in ~/.bashrc
  ialog completion zsh > ~/.zfunc/_ialog                        # in $fpath
  ialog completion fish > ~/.config/fish/completions/ialog.fish
  ialog completion powershell | Out-String | Invoke-Expression  # in $PROFILE")]
pub(crate) struct CompletionArgs {
    /// Shell: bash, zsh, fish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub(crate) shell: CompletionShell,

    #[command(flatten)]
    pub(crate) no_account: NoAccountArgs,
}

/// A supported shell.
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

/// A kind of value whose candidates depend on the user's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CandidateKind {
    Contracts,
    Profiles,
}

pub(crate) fn run(args: &CompletionArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut command = set_value_hints(Cli::visible_command());
    let mut script = Vec::new();
    let shell: clap_complete::Shell = args.shell.into();
    clap_complete::generate(shell, &mut command, "ialog", &mut script);
    let script = String::from_utf8_lossy(&script);
    let files = commands_with_files(&command);
    context.print_data(match args.shell {
        CompletionShell::Bash => script::bash(&script, &files),
        CompletionShell::Zsh => script::zsh(&script),
        CompletionShell::Fish => script::fish(&script, &files),
        CompletionShell::PowerShell => script::powershell(&script, &files, &file_flags(&command)),
    })
}

/// Sets the value hint of each argument: a file or no file. The arguments in `script::DYNAMIC_ARGS` keep their hint,
/// because the script asks the program for their values.
fn set_value_hints(command: Command) -> Command {
    let set_hint = |arg: Arg| {
        let is_dynamic = script::DYNAMIC_ARGS.contains(&arg.get_id().as_str());
        match arg.get_action().takes_values() {
            // `FilePath` completes folders with a slash, and escapes spaces.
            true if is_file(&arg) => arg.value_hint(ValueHint::FilePath),
            true if !is_dynamic => arg.value_hint(ValueHint::Other),
            _ => arg,
        }
    };
    command.mut_args(set_hint).mut_subcommands(set_value_hints)
}

fn is_file(arg: &Arg) -> bool {
    matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath)
}

/// The names of the commands that take a file or a folder as a positional argument. A command is also included if one
/// of its subcommands takes such an argument.
fn commands_with_files(command: &Command) -> Vec<&str> {
    fn takes_file(command: &Command) -> bool {
        command.get_positionals().any(is_file) || command.get_subcommands().any(takes_file)
    }
    let commands = command.get_subcommands().filter(|one| takes_file(one));
    commands.map(Command::get_name).collect()
}

/// The flags whose value is a file or a folder.
fn file_flags(command: &Command) -> BTreeSet<String> {
    let flags = command.get_opts().filter(|one| is_file(one));
    let names = flags.filter_map(|flag| Some(format!("--{}", flag.get_long()?)));
    let of_subcommands = command.get_subcommands().flat_map(file_flags);
    names.chain(of_subcommands).collect()
}

/// Prints the candidates for a value, one per line.
pub(crate) fn run_candidates(args: &CandidatesArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let builder = context.client_builder();
    let words = match args.what {
        CandidateKind::Contracts => contracts(builder, context),
        CandidateKind::Profiles => builder.profiles().unwrap_or_default(),
    };
    // Omits words with characters that are special in a shell, because such words would need quotes.
    let is_plain = |word: &&String| {
        let is_allowed = |char: char| char.is_alphanumeric() || "-_.@+".contains(char);
        !word.is_empty() && word.chars().all(is_allowed)
    };
    let lines: String = words.iter().filter(is_plain).map(|word| format!("{word}\n")).collect();
    context.print_data(lines)
}

/// The contracts in the cache, and the contract of the token.
fn contracts(builder: ClientBuilder, context: &Context<'_>) -> Vec<String> {
    let Ok(client) = builder.build() else {
        return Vec::new();
    };
    let mut contracts = ServiceCache::new(context.cache_dir.clone()).contracts(client.api_address());
    let of_token = client.claims().and_then(|claims: Claims| claims.contract);
    contracts.extend(of_token.or(client.default_contract()).map(|one| one.to_string()));
    contracts.sort_unstable();
    contracts.dedup();
    contracts
}
