//! People mean the clock on their wall, and it is set forward and back. So days and local times are those of one named
//! zone, which is chosen once: by a flag, or else the machine's.

use chrono_tz::{TZ_VARIANTS, Tz};
use clap::Args;
use ionos_activitylog::internal::did_you_mean;

use crate::error::CommandError;
use crate::runtime::context::Context;

/// By which clock.
#[derive(Args)]
pub(crate) struct ZoneArgs {
    /// Time zone of days and local times, typed and shown, such as Europe/Berlin; that of TZ or of this machine if left
    /// out
    #[arg(long, value_name = "ZONE", conflicts_with = "utc")]
    pub(crate) tz: Option<String>,

    /// The same as --tz UTC
    #[arg(long)]
    pub(crate) utc: bool,
}

/// The zone that was asked for, or that of the machine. Where the machine's is not known, that is said, and it is UTC.
pub(crate) fn choose(flags: &ZoneArgs, context: &mut Context<'_>) -> Result<Tz, CommandError> {
    if flags.utc {
        return Ok(Tz::UTC);
    }
    if let Some(name) = &flags.tz {
        return named(name);
    }
    let Some(name) = context.terminal.zone.clone() else {
        return Ok(Tz::UTC);
    };
    Ok(name.parse().unwrap_or_else(|_| {
        // It decides what is read.
        context.warn(format_args!(
            "warning: the local time zone {name:?} is not known, so times are in UTC: name one with --tz"
        ));
        Tz::UTC
    }))
}

fn named(name: &str) -> Result<Tz, CommandError> {
    let same = |zone: &&Tz| zone.name().eq_ignore_ascii_case(name);
    TZ_VARIANTS.iter().find(same).copied().ok_or_else(|| {
        let known = TZ_VARIANTS.iter().map(|zone| zone.name());
        let guess = did_you_mean(name, known);
        CommandError::usage(
            format!("there is no time zone {name:?}{guess}"),
            "name one such as Europe/Berlin, or use --utc",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_the_name_that_is_agreed_on() {
        assert_eq!(named("europe/berlin").unwrap(), Tz::Europe__Berlin);
        assert_eq!(
            named("Europe/Berln").unwrap_err().to_string(),
            "there is no time zone \"Europe/Berln\" (did you mean \"Europe/Berlin\"?): name one such as Europe/Berlin, or use --utc"
        );
    }
}
