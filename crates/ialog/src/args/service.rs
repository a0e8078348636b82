//! Arguments about the service: whose credentials are used, and how requests are sent.

use clap::Args;
use ionos_activitylog::Length;

use crate::args::parse_error::{InvalidValue, join_words};
use crate::error::CommandError;
use crate::output::shell::shell_quote;

/// Whose settings and credentials are used.
#[derive(Args, Clone, Default)]
pub(crate) struct AccountArgs {
    /// Use a simulated account inside the program: no token, no network
    #[arg(long)]
    pub(crate) demo: bool,

    /// Profile of the vendor's configuration file; its settings go before those of the environment
    #[arg(long, value_name = "NAME", conflicts_with = "demo")]
    pub(crate) profile: Option<String>,
}

/// The account, and how requests are sent.
#[derive(Args, Default)]
pub(crate) struct ServiceArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// How often a request is sent at the most, when the service is in trouble; 5 if left out
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) attempts: Option<u32>,

    /// How long a request may take in all, with its retries and the waits between them, such as 30s; 5m if left out
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timeout: Option<Length>,

    /// Send no more requests a second than this, such as 2 or 0.5
    #[arg(long, value_name = "NUMBER", value_parser = parse_rate)]
    pub(crate) rps: Option<f64>,
}

impl ServiceArgs {
    /// For commands that send no request: fails if flags about requests are given. `reason` says why no request is sent.
    pub(crate) fn reject_unused_flags(&self, reason: &str) -> Result<(), CommandError> {
        let flags = [
            (self.attempts.is_some(), "--attempts"),
            (self.timeout.is_some(), "--timeout"),
            (self.rps.is_some(), "--rps"),
            (self.account.profile.is_some(), "--profile"),
        ];
        let unused: Vec<&str> = flags.into_iter().filter_map(|(is_given, flag)| is_given.then_some(flag)).collect();
        if unused.is_empty() {
            return Ok(());
        }
        let unused = join_words(&unused);
        Err(CommandError::usage(format!("{reason}, so {unused} would have no effect"), format!("leave out {unused}")))
    }

    /// The flags to type again for a command with the same account.
    pub(crate) fn repeat_flags(&self) -> String {
        let demo = if self.account.demo { " --demo" } else { "" };
        let profile = self.account.profile.as_ref();
        let profile = profile.map_or_else(String::new, |name| format!(" --profile {}", shell_quote(name)));
        format!("{demo}{profile}")
    }
}

/// For commands that need no account, so that every command takes `--demo`.
#[derive(Args)]
pub(crate) struct NoAccountArgs {
    /// Makes no difference here, because no account is needed
    #[arg(long)]
    demo: bool,
}

fn parse_rate(text: &str) -> Result<f64, InvalidValue> {
    let rate = text.parse().ok();
    rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0).ok_or_else(|| InvalidValue {
        reason: format!("{text:?} is no rate"),
        hint: "give a number above 0, such as 2 or 0.5".to_owned(),
    })
}
