//! The same output is read by people on a screen and by programs behind a pipe. What the screen is like is found out
//! once, so that nothing else asks the environment, and a test says what it likes.

use std::io::{self, IsTerminal};

/// Where data is shown, and how it is wanted there unless a flag says otherwise. The default is a pipe that wants no
/// colours, in UTC.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub shown: bool,
    /// How many columns a line may have; none where a line may be as long as it is.
    pub columns: Option<usize>,
    /// Whether colours are wanted.
    pub colours: bool,
    /// The name of the local time zone, such as `Europe/Berlin`; none where nobody says.
    pub zone: Option<String>,
}

impl Terminal {
    /// That of the process: its standard output and its environment (`COLUMNS`, `NO_COLOR`, `CLICOLOR_FORCE`, `TERM`,
    /// `TZ`).
    #[must_use]
    pub fn of_process() -> Self {
        let shown = io::stdout().is_terminal();
        let variable = |name: &str| std::env::var(name).ok();
        let measured = || {
            let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
            Some(usize::from(width.0))
        };
        let columns = variable("COLUMNS").and_then(|text| text.trim().parse().ok());
        Self {
            shown,
            columns: columns.or_else(measured).filter(|columns: &usize| *columns > 0),
            colours: wants_colours(shown, variable),
            zone: zone(variable("TZ"), || iana_time_zone::get_timezone().ok()),
        }
    }
}

/// Whether colours are wanted, as programs have agreed: `NO_COLOR` over `CLICOLOR_FORCE`, and that over what the
/// terminal can do.
fn wants_colours(shown: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    shown && variable("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// The name in `TZ`, which may have a colon before it and is UTC where it is empty; or else the machine's.
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
    fn colours_are_for_terminals_unless_the_environment_says_otherwise() {
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
        for (shown, variables, wanted) in cases {
            let variable = |name: &str| {
                let found = variables.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(wants_colours(shown, variable), wanted, "{variables:?}");
        }
    }

    #[test]
    fn the_zone_is_that_of_the_environment_or_of_the_machine() {
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
