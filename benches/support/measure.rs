//! Clocks, memory and medians. A median, unlike a mean, is not changed by one disturbed round.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Measures CPU time and wall-clock time from its start.
pub struct Stopwatch {
    cpu: Duration,
    wall: Instant,
}

/// CPU time and wall-clock time of a piece of work.
pub struct ElapsedTime {
    /// User and system time of all threads of this process. A server in another process is not included.
    pub cpu: Duration,
    /// Wall-clock time.
    pub wall: Duration,
}

impl Stopwatch {
    /// Starts the clocks.
    pub fn start() -> Self {
        Self { cpu: process_time(), wall: Instant::now() }
    }

    /// The time since the start.
    pub fn elapsed(&self) -> ElapsedTime {
        ElapsedTime { cpu: process_time().saturating_sub(self.cpu), wall: self.wall.elapsed() }
    }

    /// The wall-clock time since the start in milliseconds.
    pub fn millis(&self) -> f64 {
        self.wall.elapsed().as_secs_f64() * 1e3
    }
}

fn process_time() -> Duration {
    // A clock that counts from the start of the process is never negative, so the conversion does not fail.
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Peak memory of a running process in MiB, from `/proc/<process>/status`. `None` if the system is not Linux, or if
/// the process has ended.
pub fn peak_mebibytes(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// The median. For an even number of values, the mean of the middle two. NaN if there are no values.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => (lower + upper) / 2.0,
        _ => f64::NAN,
    }
}

/// Divides each value by the base value at the same position, and returns the median of these ratios. Two values at the
/// same position were measured one after another, under about the same load of the machine, so their ratio varies less
/// than the ratio of two medians.
pub fn median_ratio(values: &[f64], base: &[f64]) -> f64 {
    median(values.iter().zip(base).map(|(value, base)| value / base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_ignores_extremes() {
        assert_eq!(median([3.0, 900.0, 1.0]), 3.0);
        assert_eq!(median([4.0, 1.0, 900.0, 2.0]), 3.0);
        assert!(median([]).is_nan());
    }

    #[test]
    fn the_median_ratio_compares_values_of_the_same_round() {
        assert_eq!(median_ratio(&[2.0, 30.0, 4.0], &[1.0, 10.0, 2.0]), 2.0);
    }
}
