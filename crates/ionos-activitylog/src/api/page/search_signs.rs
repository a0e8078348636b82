//! Finds signs that the service searched only a part of the log, such as `"timed_out":true`. The signs are in the
//! envelope of a page, the JSON object around its hits. Search engines answer a partial search with status 200, and
//! both the hits and the total are those of the searched part.

use crate::json::{get_many, scalar_text};

/// The signs found so far.
#[derive(Debug, Default)]
pub(super) struct SearchSigns {
    partial_search: Option<String>,
}

impl SearchSigns {
    /// Whether a member of the envelope with this name may be a sign.
    pub(super) fn is_sign(key: &[u8]) -> bool {
        matches!(key, b"timed_out" | b"terminated_early" | b"_shards" | b"_clusters" | b"error" | b"errors")
            || matches!(key, b"is_partial" | b"partial" | b"incomplete_results" | b"httpStatus" | b"status")
    }

    /// Records a member of the envelope if it is the first sign of a partial search. A value of an unexpected type,
    /// such as `"timed_out":1`, is not a sign.
    pub(super) fn add(&mut self, key: &[u8], value: &str) {
        let reason = match key {
            b"timed_out" if is_true(value) => Some("its search timed out".to_owned()),
            b"terminated_early" if is_true(value) => Some("its search ended early".to_owned()),
            b"is_partial" | b"partial" | b"incomplete_results" if is_true(value) => {
                Some("its result is partial".to_owned())
            }
            b"_shards" => missing_parts(value, "shard"),
            b"_clusters" => missing_parts(value, "cluster"),
            b"error" | b"errors" if !matches!(value, "null" | "false" | "\"\"" | "{}" | "[]") => {
                Some("its answer contains an error".to_owned())
            }
            b"httpStatus" | b"status" => error_status(value),
            _ => None,
        };
        self.partial_search = self.partial_search.take().or(reason);
    }

    /// Why the service searched only a part of the log. `None` if there is no sign of a partial search.
    pub(super) fn partial_search(self) -> Option<String> {
        self.partial_search
    }
}

/// Why the search is partial, if `value` is the status of an error; otherwise `None`.
fn error_status(value: &str) -> Option<String> {
    let status: u16 = scalar_text(value)?.parse().ok()?;
    (status >= 400).then(|| format!("its answer contains the status {status}"))
}

fn is_true(value: &str) -> bool {
    value == "true" || scalar_text(value).is_some_and(|text| text == "true")
}

/// Why the service did not search all parts. `part` is "shard" for a part of an index, or "cluster" for a search over
/// several clusters. Skipped shards are not missing, because they cannot have hits; skipped clusters are missing,
/// because they could not be reached.
fn missing_parts(counts: &str, part: &str) -> Option<String> {
    let count = |value: Option<&str>| -> Option<u64> { scalar_text(value?)?.parse().ok() };
    let names = ["total", "successful", "failed", "skipped", "partial", "running"];
    let [total, successful, failed, skipped, partial, running] = get_many(counts, names).map(count);
    let [failures] = get_many(counts, ["failures"]);
    let of_cluster = |count: Option<u64>| count.filter(|count| *count > 0 && part == "cluster");
    let parts_of = |count: u64| if count == 1 { part.to_owned() } else { format!("{part}s") };
    if let Some(failed) = failed.filter(|failed| *failed > 0) {
        return Some(format!("its search failed in {failed} {}", parts_of(failed)));
    }
    if failures.is_some_and(|failures| failures.starts_with('[') && failures.contains('{')) {
        return Some(format!("its search failed in some {part}s"));
    }
    if let Some(missing) = of_cluster(skipped).or(of_cluster(partial)).or(of_cluster(running)) {
        return Some(format!("it did not search {missing} {} completely", parts_of(missing)));
    }
    match (total, successful) {
        (Some(total), Some(successful)) if successful < total => {
            Some(format!("it searched {successful} of {total} {}", parts_of(total)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_partial_search_are_found_and_values_of_unexpected_types_are_ignored() {
        for (key, value, reason) in [
            ("timed_out", "true", Some("its search timed out")),
            ("timed_out", "false", None),
            ("timed_out", "\"true\"", Some("its search timed out")),
            ("is_partial", "true", Some("its result is partial")),
            ("is_partial", "false", None),
            ("timed_out", "1", None),
            ("terminated_early", "true", Some("its search ended early")),
            ("terminated_early", "null", None),
            ("_shards", r#"{"total":5,"successful":3,"skipped":0,"failed":2}"#, Some("its search failed in 2 shards")),
            ("_shards", r#"{"total":"5","successful":"3"}"#, Some("it searched 3 of 5 shards")),
            ("_shards", r#"{"total":5,"successful":5,"failed":0}"#, None),
            ("_shards", r#"{"total":5,"failed":[]}"#, None),
            ("_shards", "[2]", None),
            ("_shards", r#"{"total":5,"failures":[{"shard":1}]}"#, Some("its search failed in some shards")),
            ("_shards", r#"{"total":5,"failures":[]}"#, None),
            ("errors", r#"[{"message":"timeout"}]"#, Some("its answer contains an error")),
            ("errors", "[]", None),
            ("status", "503", Some("its answer contains the status 503")),
            ("status", "\"ok\"", None),
            ("incomplete_results", "true", Some("its result is partial")),
            ("_shards", r#"{"total":5,"successful":5,"skipped":3,"failed":0}"#, None),
            ("_clusters", r#"{"total":2,"successful":1,"skipped":1}"#, Some("it did not search 1 cluster completely")),
            ("_clusters", r#"{"total":2,"successful":1,"partial":1}"#, Some("it did not search 1 cluster completely")),
            ("_clusters", r#"{"total":2,"successful":1,"failed":1}"#, Some("its search failed in 1 cluster")),
            ("_clusters", r#"{"total":2,"successful":1}"#, Some("it searched 1 of 2 clusters")),
            ("_clusters", r#"{"total":2,"successful":2,"skipped":0,"running":0,"partial":0,"failed":0}"#, None),
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
    fn a_later_member_does_not_revoke_an_earlier_sign() {
        let mut signs = SearchSigns::default();
        signs.add(b"timed_out", "true");
        signs.add(b"timed_out", "false");
        assert!(signs.partial_search().is_some());
    }
}
