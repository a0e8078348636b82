//! Signs in the envelope of a page that the service searched only a part of the log. Search engines then answer with
//! status 200, and both the hits and the total are those of the searched part.

use crate::json::{get_many, scalar_text};

/// The signs found so far.
#[derive(Debug, Default)]
pub(super) struct SearchSigns {
    partial_search: Option<String>,
}

impl SearchSigns {
    /// Whether the member of the envelope may be a sign.
    pub(super) fn is_sign(key: &[u8]) -> bool {
        matches!(key, b"timed_out" | b"terminated_early" | b"_shards" | b"error" | b"httpStatus")
    }

    /// Looks at a member of the envelope. A value of an unknown type is not a sign. The first sign is kept.
    pub(super) fn add(&mut self, key: &[u8], value: &str) {
        let reason = match key {
            b"timed_out" if value == "true" => Some("its search timed out".to_owned()),
            b"terminated_early" if value == "true" => Some("its search ended early".to_owned()),
            b"_shards" => failed_shards(value),
            b"error" if !matches!(value, "null" | "false" | "\"\"" | "{}" | "[]") => {
                Some("its answer contains an error".to_owned())
            }
            b"httpStatus" => error_status(value),
            _ => None,
        };
        self.partial_search = self.partial_search.take().or(reason);
    }

    /// Why the service searched only a part of the log. `None` without a sign of that.
    pub(super) fn partial_search(self) -> Option<String> {
        self.partial_search
    }
}

/// Whether the answer contains the status of an error.
fn error_status(value: &str) -> Option<String> {
    let status: u16 = scalar_text(value)?.parse().ok()?;
    (status >= 400).then(|| format!("its answer contains the status {status}"))
}

/// Whether some parts of the index were not searched.
fn failed_shards(shards: &str) -> Option<String> {
    let count = |value: Option<&str>| -> Option<u64> { scalar_text(value?)?.parse().ok() };
    let [total, successful, failed] = get_many(shards, ["total", "successful", "failed"]).map(count);
    match (total, successful, failed) {
        (_, _, Some(failed)) if failed > 0 => Some(format!("its search failed in {failed} shards")),
        (Some(total), Some(successful), _) if successful < total => {
            Some(format!("it searched {successful} of {total} shards"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sign_of_a_known_type_counts() {
        for (key, value, reason) in [
            ("timed_out", "true", Some("its search timed out")),
            ("timed_out", "false", None),
            ("timed_out", "\"true\"", None),
            ("timed_out", "1", None),
            ("terminated_early", "true", Some("its search ended early")),
            ("terminated_early", "null", None),
            ("_shards", r#"{"total":5,"successful":3,"skipped":0,"failed":2}"#, Some("its search failed in 2 shards")),
            ("_shards", r#"{"total":"5","successful":"3"}"#, Some("it searched 3 of 5 shards")),
            ("_shards", r#"{"total":5,"successful":5,"failed":0}"#, None),
            ("_shards", r#"{"total":5,"failed":[]}"#, None),
            ("_shards", "[2]", None),
            ("took", "true", None),
            ("error", r#"{"type":"search_phase_execution_exception"}"#, Some("its answer contains an error")),
            ("error", "\"timeout\"", Some("its answer contains an error")),
            ("error", "null", None),
            ("error", "false", None),
            ("httpStatus", "503", Some("its answer contains the status 503")),
            ("httpStatus", "200", None),
        ] {
            let mut signs = SearchSigns::default();
            signs.add(key.as_bytes(), value);
            assert_eq!(signs.partial_search().as_deref(), reason, "{key}: {value}");
        }
    }

    #[test]
    fn a_later_member_does_not_take_a_sign_back() {
        let mut signs = SearchSigns::default();
        signs.add(b"timed_out", "true");
        signs.add(b"timed_out", "false");
        assert!(signs.partial_search().is_some());
    }
}
