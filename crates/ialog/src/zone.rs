//! People mean the clock on their wall, and it is set forward and back. So days and local times are those of one named
//! zone, which is chosen once: by a flag, or else the machine's.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use ionos_activitylog::DateRange;
use ionos_activitylog::internal::guess;

use crate::cli::Zone;
use crate::failure::Failure;
use crate::host::Host;

/// The zone that was asked for, or that of the machine. Where the machine's is not known, that is said, and it is UTC.
pub(crate) fn choose(flags: &Zone, host: &mut Host<'_>) -> Result<Tz, Failure> {
    if flags.utc {
        return Ok(Tz::UTC);
    }
    if let Some(name) = &flags.tz {
        return named(name);
    }
    let Some(name) = host.terminal.zone.clone() else {
        return Ok(Tz::UTC);
    };
    Ok(name.parse().unwrap_or_else(|_| {
        // It decides what is read.
        host.insist(format_args!(
            "warning: the local time zone {name:?} is not known, so times are in UTC: name one with --tz"
        ));
        Tz::UTC
    }))
}

fn named(name: &str) -> Result<Tz, Failure> {
    let same = |zone: &&Tz| zone.name().eq_ignore_ascii_case(name);
    TZ_VARIANTS.iter().find(same).copied().ok_or_else(|| {
        let known = TZ_VARIANTS.iter().map(|zone| zone.name());
        let guess = guess(name, known);
        Failure::usage(format!("there is no time zone {name:?}{guess}"), "name one such as Europe/Berlin, or use --utc")
    })
}

/// The range by the clock of a zone, each end with its offset, so that it means the same everywhere.
pub(crate) fn told(range: DateRange, zone: Tz) -> String {
    [range.start(), range.end()].map(|time| told_time(time, zone)).join(" .. ")
}

/// A time in the same way.
pub(crate) fn told_time(time: DateTime<Utc>, zone: Tz) -> String {
    in_zone(time, zone, SecondsFormat::AutoSi)
}

/// A time of an event in the same way, always with its milliseconds.
pub(crate) fn told_exactly(time: DateTime<Utc>, zone: Tz) -> String {
    in_zone(time, zone, SecondsFormat::Millis)
}

fn in_zone(time: DateTime<Utc>, zone: Tz, seconds: SecondsFormat) -> String {
    let local = time.with_timezone(&zone);
    let told = local.to_rfc3339_opts(seconds, true);
    // Zones whose offset is that of UTC are written as UTC is.
    told.replace("+00:00", "Z")
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

    #[test]
    fn a_range_across_a_change_of_clocks_has_both_offsets() {
        let range = DateRange::day("2026-10-25".parse().unwrap(), &Tz::Europe__Berlin).unwrap();
        assert_eq!(told(range, Tz::Europe__Berlin), "2026-10-25T00:00:00+02:00 .. 2026-10-26T00:00:00+01:00");
        for utc in [Tz::UTC, Tz::Etc__UTC, Tz::Zulu] {
            assert_eq!(told(range, utc), range.to_string());
        }
    }
}
