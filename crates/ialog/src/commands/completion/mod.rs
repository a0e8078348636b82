//! `ialog completion`: the script that makes a shell complete what is typed. Commands and flags are known when it is
//! written; contract numbers and profiles only when it runs, so it asks `ialog __complete`, which answers at once, offline,
//! and with nothing where something is wrong: nobody wants an error in the middle of a line.

mod script;

use ionos_activitylog::{Claims, ClientBuilder};

use crate::cli::{Candidates, Cli, Complete, CompletedShell, Completion};
use crate::failure::Failure;
use crate::host::Host;

pub(crate) fn run(arguments: &Completion, host: &mut Host<'_>) -> Result<(), Failure> {
    let mut command = Cli::shown();
    let mut written = Vec::new();
    let shell: clap_complete::Shell = arguments.shell.into();
    clap_complete::generate(shell, &mut command, "ialog", &mut written);
    let written = String::from_utf8_lossy(&written);
    host.print(&match arguments.shell {
        CompletedShell::Bash => script::bash(&written),
        CompletedShell::Zsh => script::zsh(&written),
        CompletedShell::Fish => script::fish(&written),
        CompletedShell::PowerShell => script::powershell(&written),
    })
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
    let lines: String = words
        .iter()
        .filter(plain)
        .map(|word| format!("{word}\n"))
        .collect();
    host.print(&lines)
}

/// Those that were listed lately, and that of the token.
fn contracts(builder: ClientBuilder, host: &Host<'_>) -> Vec<String> {
    let Ok(client) = builder.build() else {
        return Vec::new();
    };
    let mut contracts = host.cache.contracts(client.api_address());
    let of_token = client.claims().and_then(|claims: Claims| claims.contract);
    contracts.extend(
        of_token
            .or(client.default_contract())
            .map(|one| one.to_string()),
    );
    contracts.sort_unstable();
    contracts.dedup();
    contracts
}
