//! Arguments of `ialog completion`, and of what its scripts ask.

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::NoAccount;

#[derive(Args)]
#[command(after_help = "\
The script also completes contract numbers, which it knows from the token and from the last run of `ialog contracts` or \
`ialog doctor`, and the profiles of the vendor's configuration file. It asks nothing of the service for that.

Examples:
  source <(ialog completion bash)                               # in ~/.bashrc
  ialog completion zsh > ~/.zfunc/_ialog                        # in $fpath
  ialog completion fish > ~/.config/fish/completions/ialog.fish
  ialog completion powershell | Out-String | Invoke-Expression  # in $PROFILE")]
pub(crate) struct Completion {
    /// bash, zsh, fish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub(crate) shell: CompletedShell,

    #[command(flatten)]
    pub(crate) no_account: NoAccount,
}

/// The shells that there are scripts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletedShell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
}

impl From<CompletedShell> for Shell {
    fn from(shell: CompletedShell) -> Self {
        match shell {
            CompletedShell::Bash => Self::Bash,
            CompletedShell::Zsh => Self::Zsh,
            CompletedShell::Fish => Self::Fish,
            CompletedShell::PowerShell => Self::PowerShell,
        }
    }
}

#[derive(Args)]
pub(crate) struct Complete {
    pub(crate) what: Candidates,
}

/// What only the machine knows that the script runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Candidates {
    Contracts,
    Profiles,
}
