//! `ialog completion`: the script that makes a shell complete what is typed. Commands and flags are known when it is
//! written; contract numbers and profiles only when it runs, so it asks `ialog __complete`, which answers at once, offline,
//! and with nothing where something is wrong: nobody wants an error in the middle of a line.
//!
//! A shell that knows nothing better offers the files of the folder, also where a time or a filter is to be typed. So it is
//! told which values are files, by what the arguments are read into.

mod script;

use std::collections::BTreeSet;

use clap::{Arg, Command, ValueHint};
use ionos_activitylog::{Claims, ClientBuilder};

use crate::cli::{Candidates, Cli, Complete, CompletedShell, Completion};
use crate::failure::Failure;
use crate::host::Host;

pub(crate) fn run(arguments: &Completion, host: &mut Host<'_>) -> Result<(), Failure> {
    let mut command = files_alone(Cli::shown());
    let mut written = Vec::new();
    let shell: clap_complete::Shell = arguments.shell.into();
    clap_complete::generate(shell, &mut command, "ialog", &mut written);
    let written = String::from_utf8_lossy(&written);
    let files = takes_files(&command);
    host.print(&match arguments.shell {
        CompletedShell::Bash => script::bash(&written, &files),
        CompletedShell::Zsh => script::zsh(&written),
        CompletedShell::Fish => script::fish(&written, &files),
        CompletedShell::PowerShell => script::powershell(&written, &files, &file_flags(&command)),
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
pub(crate) fn candidates(arguments: &Complete, host: &mut Host<'_>) -> Result<(), Failure> {
    let builder = host.client();
    let words = match arguments.what {
        Candidates::Contracts => contracts(builder, host),
        Candidates::Profiles => builder.profiles().unwrap_or_default(),
    };
    // A word with a space or a sign of the shell could not be typed as it is.
    let plain = |word: &&String| {
        let fine = |char: char| char.is_alphanumeric() || "-_.@+".contains(char);
        !word.is_empty() && word.chars().all(fine)
    };
    let lines: String = words.iter().filter(plain).map(|word| format!("{word}\n")).collect();
    host.print(&lines)
}

/// Those that were listed lately, and that of the token.
fn contracts(builder: ClientBuilder, host: &Host<'_>) -> Vec<String> {
    let Ok(client) = builder.build() else {
        return Vec::new();
    };
    let mut contracts = host.cache.contracts(client.api_address());
    let of_token = client.claims().and_then(|claims: Claims| claims.contract);
    contracts.extend(of_token.or(client.default_contract()).map(|one| one.to_string()));
    contracts.sort_unstable();
    contracts.dedup();
    contracts
}
