//! Arguments about the service: whose credentials are used, and how requests are sent.

use clap::Args;
use ionos_activitylog::Length;

use crate::args::parse_error;
use crate::args::parse_error::InvalidValue;
use crate::error::CommandError;
use crate::output::shell;

/// Whose settings and credentials.
#[derive(Args, Clone, Default)]
pub(crate) struct AccountArgs {
    /// Use a simulated account inside the program: no token, no network
    #[arg(long)]
    pub(crate) demo: bool,

    /// Profile of the vendor's configuration file; its settings go before those of the environment
    #[arg(long, value_name = "NAME", conflicts_with = "demo")]
    pub(crate) profile: Option<String>,
}

/// The account that is asked, and how.
#[derive(Args, Default)]
pub(crate) struct ServiceArgs {
    #[command(flatten)]
    pub(crate) whose: AccountArgs,

    /// How often a request is sent at the most, when the service is in trouble; 5 if left out
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) attempts: Option<u32>,

    /// How long a request may take in all, with its retries and the waits between them, such as 30s; 5m if left out
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timeout: Option<Length>,

    /// Send no more requests a second than this, such as 2 or 0.5
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    pub(crate) rps: Option<f64>,
}

impl ServiceArgs {
    /// Fails where nothing is asked of the service, and flags that are about asking are given all the same. `why` says the
    /// former.
    pub(crate) fn unasked(&self, why: &str) -> Result<(), CommandError> {
        let flags = [
            (self.attempts.is_some(), "--attempts"),
            (self.timeout.is_some(), "--timeout"),
            (self.rps.is_some(), "--rps"),
            (self.whose.profile.is_some(), "--profile"),
        ];
        let idle: Vec<&str> = flags.into_iter().filter_map(|(given, flag)| given.then_some(flag)).collect();
        if idle.is_empty() {
            return Ok(());
        }
        let idle = parse_error::listed(&idle);
        Err(CommandError::usage(format!("{why}, so {idle} would have no effect"), format!("leave out {idle}")))
    }

    /// What of it is typed again to go on with the same account.
    pub(crate) fn again(&self) -> String {
        let demo = if self.whose.demo { " --demo" } else { "" };
        let profile = self.whose.profile.as_ref();
        let profile = profile.map_or_else(String::new, |name| format!(" --profile {}", shell::quoted(name)));
        format!("{demo}{profile}")
    }
}

/// Of commands that ask for nothing, so that every command takes it.
#[derive(Args)]
pub(crate) struct NoAccountArgs {
    /// Makes no difference here, because no account is needed
    #[arg(long)]
    demo: bool,
}

fn rate(text: &str) -> Result<f64, InvalidValue> {
    let rate = text.parse().ok();
    rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0).ok_or_else(|| InvalidValue {
        what: format!("{text:?} is no rate"),
        hint: "give a number above 0, such as 2 or 0.5".to_owned(),
    })
}
