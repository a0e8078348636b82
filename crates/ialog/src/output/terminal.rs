//! The properties of the terminal that shows the output. They are read once at the start, so that a test can replace
//! them.

use std::io::{self, IsTerminal};

/// Properties of standard output. The default is a pipe without colors, in UTC.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub is_terminal: bool,
    /// Whether standard output and standard error are terminals, so that progress is shown.
    pub is_interactive: bool,
    /// Maximum width of a line in columns; `None` for no limit.
    pub columns: Option<usize>,
    /// Whether to use colors, unless a flag says otherwise.
    pub colors: bool,
    /// Name of the local time zone, such as `Europe/Berlin`; `None` if it is unknown.
    pub zone: Option<String>,
}

impl Terminal {
    /// The terminal of the process, from its streams and its environment (`COLUMNS`, `NO_COLOR`, `CLICOLOR_FORCE`,
    /// `TERM`, `TZ`).
    #[must_use]
    pub fn from_process() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let variable = |name: &str| std::env::var(name).ok();
        let measured = || {
            let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
            Some(usize::from(width.0))
        };
        let columns = variable("COLUMNS").and_then(|text| text.trim().parse().ok());
        Self {
            is_terminal,
            is_interactive: is_terminal && io::stderr().is_terminal(),
            columns: columns.or_else(measured).filter(|columns: &usize| *columns > 0),
            colors: wants_colors(is_terminal, variable),
            zone: zone(variable("TZ"), || iana_time_zone::get_timezone().ok()),
        }
    }
}

/// Whether to use colors, by the common convention: `NO_COLOR`, then `CLICOLOR_FORCE`, then the capabilities of the
/// terminal.
fn wants_colors(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    is_terminal && variable("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// The time zone that `TZ` names, without a leading colon. UTC if `TZ` is empty, and the time zone of the machine if
/// `TZ` is not set.
fn zone(tz: Option<String>, machine: impl Fn() -> Option<String>) -> Option<String> {
    match tz {
        Some(name) if name.trim_start_matches(':').is_empty() => Some("UTC".to_owned()),
        Some(name) => Some(name.trim_start_matches(':').to_owned()),
        None => machine(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_overrides_colors_of_the_terminal() {
        type Case<'a> = (bool, &'a [(&'a str, &'a str)], bool);
        let cases: [Case<'_>; 9] = [
            (true, &[], true),
            (false, &[], false),
            (true, &[("TERM", "dumb")], false),
            (true, &[("TERM", "xterm-256color")], true),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        ];
        for (is_terminal, variables, expected) in cases {
            let variable = |name: &str| {
                let found = variables.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(wants_colors(is_terminal, variable), expected, "{variables:?}");
        }
    }

    #[test]
    fn tz_overrides_the_time_zone_of_the_machine() {
        let machine = || Some("Europe/Berlin".to_owned());
        for (tz, expected) in [
            (None, "Europe/Berlin"),
            (Some(""), "UTC"),
            (Some(":"), "UTC"),
            (Some("Asia/Tokyo"), "Asia/Tokyo"),
            (Some(":Asia/Tokyo"), "Asia/Tokyo"),
        ] {
            let found = zone(tz.map(str::to_owned), machine);
            assert_eq!(found.as_deref(), Some(expected));
        }
    }
}
