//! A number without its limit says nothing, and a limit without its number is not believed: each line has both.

/// One measured value.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    value: f64,
    /// None where the value is only told.
    limit: Option<Limit>,
    unit: &'static str,
    decimals: usize,
}

/// Which values are good.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// This one and below.
    AtMost(f64),
    /// This one and above.
    AtLeast(f64),
}

impl Row {
    /// A value that is only told.
    pub(crate) fn told(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, limit: None, unit, decimals: 1 }
    }

    /// A value that must not be above the limit.
    pub(crate) fn limited(what: impl Into<String>, value: f64, unit: &'static str, at_most: f64) -> Self {
        Self { limit: Some(Limit::AtMost(at_most)), ..Self::told(what, value, unit) }
    }

    /// A value that must not be below the limit.
    pub(crate) fn at_least(what: impl Into<String>, value: f64, unit: &'static str, at_least: f64) -> Self {
        Self { limit: Some(Limit::AtLeast(at_least)), ..Self::told(what, value, unit) }
    }

    /// The same with two decimals, for ratios whose limit has two.
    pub(crate) fn fine(self) -> Self {
        Self { decimals: 2, ..self }
    }

    /// The same with three decimals, for short times.
    pub(crate) fn exact(self) -> Self {
        Self { decimals: 3, ..self }
    }

    /// The same without decimals, for counts.
    pub(crate) fn whole(self) -> Self {
        Self { decimals: 0, ..self }
    }

    /// Whether there is a limit and it is not kept; what is not a number keeps none.
    pub(crate) fn missed(&self) -> bool {
        self.limit.is_some_and(|limit| {
            self.value.is_nan()
                || match limit {
                    Limit::AtMost(most) => self.value > most,
                    Limit::AtLeast(least) => self.value < least,
                }
        })
    }

    fn cells(&self) -> [String; 4] {
        let number = |value: f64| {
            let text = format!("{value:.*} {}", self.decimals, self.unit);
            text.trim_end().to_owned()
        };
        let verdict = match self.limit {
            None => "",
            Some(_) if self.missed() => "MISSED",
            Some(_) => "ok",
        };
        [
            self.what.clone(),
            number(self.value),
            match self.limit {
                None => String::new(),
                Some(Limit::AtMost(most)) => format!("<= {}", number(most)),
                Some(Limit::AtLeast(least)) => format!(">= {}", number(least)),
            },
            verdict.to_owned(),
        ]
    }
}

/// The rows under a heading, in columns.
pub(crate) fn render(rows: &[Row]) -> String {
    let heading = ["what", "value", "limit", ""].map(str::to_owned);
    let lines: Vec<_> = [heading].into_iter().chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| {
        let widths = lines.iter().map(|cells| cells[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let (what_width, value_width, limit_width) = (width(0), width(1), width(2));
    let mut text = String::new();
    for [what, value, limit, verdict] in &lines {
        let line = format!("{what:what_width$}  {value:>value_width$}  {limit:>limit_width$}  {verdict}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_beside_their_limits() {
        let rows = [
            Row::told("time", 12.34, "ms"),
            Row::limited("overhead", 5.0, "%", 5.0),
            Row::limited("crates", 131.0, "", 130.0).whole(),
            Row::at_least("speed", 9.0, "MB/s", 10.0).whole(),
        ];
        let table = "\
what        value       limit
time      12.3 ms
overhead    5.0 %    <= 5.0 %  ok
crates        131      <= 130  MISSED
speed      9 MB/s  >= 10 MB/s  MISSED
";
        assert_eq!(render(&rows), table);
    }

    #[test]
    fn a_limit_is_missed_above_it_and_by_what_is_no_number() {
        for (value, missed) in [(4.9, false), (5.0, false), (5.1, true), (f64::NAN, true)] {
            assert_eq!(Row::limited("a", value, "%", 5.0).missed(), missed, "{value}");
        }
        for (value, missed) in [(4.9, true), (5.0, false), (5.1, false), (f64::NAN, true)] {
            assert_eq!(Row::at_least("a", value, "%", 5.0).missed(), missed, "{value}");
        }
        assert!(!Row::told("a", f64::NAN, "s").missed());
    }
}
