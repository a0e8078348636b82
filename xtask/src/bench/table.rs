//! The table of results: each measured value beside its limit.

/// One measured value.
#[derive(Debug)]
pub(crate) struct BenchRow {
    name: String,
    value: f64,
    /// `None` if the value is only shown.
    limit: Option<BenchLimit>,
    unit: &'static str,
    decimals: usize,
}

/// The bound of good values. A value that equals the bound is good.
#[derive(Clone, Copy, Debug)]
enum BenchLimit {
    AtMost(f64),
    AtLeast(f64),
}

impl BenchRow {
    /// A value without a limit.
    pub(crate) fn unlimited(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, limit: None, unit, decimals: 1 }
    }

    /// A value that must not be above the limit.
    pub(crate) fn at_most(name: impl Into<String>, value: f64, unit: &'static str, max: f64) -> Self {
        Self { limit: Some(BenchLimit::AtMost(max)), ..Self::unlimited(name, value, unit) }
    }

    /// A value that must not be below the limit.
    pub(crate) fn at_least(name: impl Into<String>, value: f64, unit: &'static str, min: f64) -> Self {
        Self { limit: Some(BenchLimit::AtLeast(min)), ..Self::unlimited(name, value, unit) }
    }

    /// Sets the number of decimals of the value and its limit. Default: 1.
    pub(crate) fn with_decimals(self, decimals: usize) -> Self {
        Self { decimals, ..self }
    }

    /// Whether the value has a limit and breaks it. NaN breaks every limit.
    pub(crate) fn is_missed(&self) -> bool {
        self.limit.is_some_and(|limit| {
            self.value.is_nan()
                || match limit {
                    BenchLimit::AtMost(max) => self.value > max,
                    BenchLimit::AtLeast(min) => self.value < min,
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
            Some(_) if self.is_missed() => "MISSED",
            Some(_) => "ok",
        };
        [
            self.name.clone(),
            number(self.value),
            match self.limit {
                None => String::new(),
                Some(BenchLimit::AtMost(max)) => format!("<= {}", number(max)),
                Some(BenchLimit::AtLeast(min)) => format!(">= {}", number(min)),
            },
            verdict.to_owned(),
        ]
    }
}

/// The rows in aligned columns, under a heading.
pub(crate) fn render(rows: &[BenchRow]) -> String {
    let heading = ["name", "value", "limit", ""].map(str::to_owned);
    let lines: Vec<_> = [heading].into_iter().chain(rows.iter().map(BenchRow::cells)).collect();
    let width = |column: usize| {
        let widths = lines.iter().map(|cells| cells[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let (name_width, value_width, limit_width) = (width(0), width(1), width(2));
    let mut text = String::new();
    for [name, value, limit, verdict] in &lines {
        let line = format!("{name:name_width$}  {value:>value_width$}  {limit:>limit_width$}  {verdict}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_shown_beside_its_limit() {
        let rows = [
            BenchRow::unlimited("time", 12.34, "ms"),
            BenchRow::at_most("overhead", 5.0, "%", 5.0),
            BenchRow::at_most("crates", 131.0, "", 130.0).with_decimals(0),
            BenchRow::at_least("speed", 9.0, "MB/s", 10.0).with_decimals(0),
        ];
        let table = "\
name        value       limit
time      12.3 ms
overhead    5.0 %    <= 5.0 %  ok
crates        131      <= 130  MISSED
speed      9 MB/s  >= 10 MB/s  MISSED
";
        assert_eq!(render(&rows), table);
    }

    #[test]
    fn a_value_beyond_its_limit_is_missed_and_so_is_nan() {
        for (value, missed) in [(4.9, false), (5.0, false), (5.1, true), (f64::NAN, true)] {
            assert_eq!(BenchRow::at_most("a", value, "%", 5.0).is_missed(), missed, "{value}");
        }
        for (value, missed) in [(4.9, true), (5.0, false), (5.1, false), (f64::NAN, true)] {
            assert_eq!(BenchRow::at_least("a", value, "%", 5.0).is_missed(), missed, "{value}");
        }
        assert!(!BenchRow::unlimited("a", f64::NAN, "s").is_missed());
    }
}
