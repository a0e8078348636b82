//! A length of time is read to the millisecond where operations differ by some, and by the minute where nobody counts
//! seconds any more.

use chrono::TimeDelta;

/// The length in words, such as `0.438 s`, `3 min 07.2 s` or `5 h 12 min`.
pub(super) fn told(length: TimeDelta) -> String {
    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    let milliseconds = length.num_milliseconds();
    match milliseconds {
        _ if milliseconds < MINUTE => {
            format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
        }
        _ if milliseconds < HOUR => {
            let (minutes, rest) = (milliseconds / MINUTE, milliseconds % MINUTE);
            format!("{minutes} min {:02}.{} s", rest / 1000, rest % 1000 / 100)
        }
        _ => format!("{} h {:02} min", milliseconds / HOUR, milliseconds % HOUR / MINUTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_the_less_exact() {
        for (milliseconds, text) in [
            (0, "0.000 s"),
            (438, "0.438 s"),
            (59_999, "59.999 s"),
            (60_000, "1 min 00.0 s"),
            (187_290, "3 min 07.2 s"),
            (18_720_000, "5 h 12 min"),
            (360_000_000, "100 h 00 min"),
        ] {
            assert_eq!(told(TimeDelta::milliseconds(milliseconds)), text);
        }
    }
}
