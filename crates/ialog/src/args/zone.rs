//! The time zone of days and local times: from a flag, otherwise from the machine.

use chrono_tz::{TZ_VARIANTS, Tz};
use clap::Args;
use ionos_activitylog::internal::{did_you_mean, redact_value};

use crate::error::CommandError;
use crate::runtime::context::Context;

/// The time zone of days and local times.
#[derive(Args)]
pub(crate) struct ZoneArgs {
    /// Time zone for dates and local times, such as Europe/Berlin [default: TZ, then the system]
    #[arg(long, value_name = "ZONE", conflicts_with = "utc")]
    pub(crate) tz: Option<String>,

    /// Same as --tz UTC
    #[arg(long)]
    pub(crate) utc: bool,
}

/// Returns the time zone of the flags, otherwise the time zone of the machine. If the machine names no time zone,
/// returns UTC. If the machine names an unknown time zone, prints a warning and returns UTC. Fails for an unknown
/// `--tz`.
pub(crate) fn resolve_zone(args: &ZoneArgs, context: &mut Context<'_>) -> Result<Tz, CommandError> {
    if args.utc {
        return Ok(Tz::UTC);
    }
    if let Some(name) = &args.tz {
        return parse_zone(name);
    }
    let Some(name) = context.terminal.zone.clone() else {
        return Ok(Tz::UTC);
    };
    Ok(name.parse().unwrap_or_else(|_| {
        // Shown also with `--quiet`, because the time zone decides which events are read.
        context.warn(format_args!(
            "warning: the local time zone {:?} is unknown, so UTC is used: set a zone with --tz",
            redact_value(&name)
        ));
        Tz::UTC
    }))
}

fn parse_zone(name: &str) -> Result<Tz, CommandError> {
    let is_same = |zone: &&Tz| zone.name().eq_ignore_ascii_case(name);
    TZ_VARIANTS.iter().find(is_same).copied().ok_or_else(|| {
        let known = TZ_VARIANTS.iter().map(|zone| zone.name());
        let guess = did_you_mean(name, known);
        CommandError::usage(
            format!("unknown time zone {:?}{guess}", redact_value(name)),
            "use a name such as Europe/Berlin, or --utc",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_by_its_iana_name_in_any_case() {
        assert_eq!(parse_zone("europe/berlin").unwrap(), Tz::Europe__Berlin);
        assert_eq!(
            parse_zone("Europe/Berln").unwrap_err().to_string(),
            "unknown time zone \"Europe/Berln\" (did you mean \"Europe/Berlin\"?): use a name such as Europe/Berlin, or --utc"
        );
    }
}
