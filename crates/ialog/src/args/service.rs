//! Arguments about the service: whose credentials are used, and how requests are sent.

use clap::Args;
use ionos_activitylog::Length;

use crate::args::parse_error::{InvalidValue, join_words};
use crate::error::CommandError;
use crate::output::shell::shell_quote;

/// Selection of the account, with its settings and credentials.
#[derive(Args, Clone, Default)]
pub(crate) struct AccountArgs {
    /// Use a built-in simulated account: no token, no network
    #[arg(long)]
    pub(crate) demo: bool,

    /// Profile in the vendor's configuration file; takes precedence over the environment
    #[arg(long, value_name = "NAME", conflicts_with = "demo")]
    pub(crate) profile: Option<String>,
}

/// The account, and how requests are sent.
#[derive(Args, Default)]
pub(crate) struct ServiceArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// Maximum attempts per request [default: 5]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) attempts: Option<u32>,

    /// Maximum time per request, including retries and waits, such as 30s [default: 5m]
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timeout: Option<Length>,

    /// Maximum wait that the service may ask for (Retry-After), such as 10m; counts towards --timeout [default: 1m]
    #[arg(long, value_name = "LENGTH")]
    pub(crate) max_retry_after: Option<Length>,

    /// Maximum requests per second, such as 2 or 0.5 [default: unlimited]
    #[arg(long, value_name = "NUMBER", value_parser = parse_rate)]
    pub(crate) rps: Option<f64>,
}

impl ServiceArgs {
    /// Fails if a flag is given that only affects requests. Called by commands that send no request; `reason` says why
    /// they send none.
    pub(crate) fn reject_unused_flags(&self, reason: &str) -> Result<(), CommandError> {
        let flags = [
            (self.attempts.is_some(), "--attempts"),
            (self.timeout.is_some(), "--timeout"),
            (self.max_retry_after.is_some(), "--max-retry-after"),
            (self.rps.is_some(), "--rps"),
            (self.account.profile.is_some(), "--profile"),
        ];
        let unused: Vec<&str> = flags.into_iter().filter_map(|(is_given, flag)| is_given.then_some(flag)).collect();
        if unused.is_empty() {
            return Ok(());
        }
        let unused = join_words(&unused);
        Err(CommandError::usage(format!("{reason}, so {unused} would have no effect"), format!("remove {unused}")))
    }

    /// The flags that select the same account in a command that is suggested to the user, such as ` --profile work`.
    pub(crate) fn repeat_flags(&self) -> String {
        let demo = if self.account.demo { " --demo" } else { "" };
        let profile = self.account.profile.as_ref();
        let profile = profile.map_or_else(String::new, |name| format!(" --profile {}", shell_quote(name)));
        format!("{demo}{profile}")
    }
}

/// `--demo` for commands that need no account, so that every command accepts this flag.
#[derive(Args)]
pub(crate) struct NoAccountArgs {
    /// Has no effect: this command needs no account
    #[arg(long)]
    demo: bool,
}

fn parse_rate(text: &str) -> Result<f64, InvalidValue> {
    let rate = text.parse().ok();
    rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0).ok_or_else(|| InvalidValue {
        reason: format!("{text:?} is not a valid rate"),
        hint: "use a number above 0, such as 2 or 0.5".to_owned(),
    })
}
