//! Hints for gaps. Most gaps can be closed by reading again. But if one second has more events than the service can
//! return, reading again does not help. Then the hint must not suggest a retry.

use ionos_activitylog::internal::UNREACHABLE_EVENTS;

/// The hint for gaps. `gaps` is the number of all gaps. `beyond_reach` is the number of gaps that stay open even if
/// they are read again. `retry_hint` is the hint for the other gaps.
pub(crate) fn gap_hint(retry_hint: &str, gaps: usize, beyond_reach: usize) -> String {
    let [why, instead] = UNREACHABLE_EVENTS;
    match beyond_reach {
        0 => retry_hint.to_owned(),
        all if all == gaps => format!("{why}; {instead}"),
        some => format!("{retry_hint}; for {some} of the gaps, {why}: {instead} of these gaps"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_does_not_suggest_to_retry_gaps_beyond_reach() {
        let hint = |gaps, beyond_reach| gap_hint("try again", gaps, beyond_reach);
        assert_eq!(hint(2, 0), "try again");
        assert_eq!(
            hint(2, 2),
            "another attempt does not help, because no shorter range can be requested; ask the vendor's support \
             for the missing events"
        );
        assert_eq!(
            hint(3, 1),
            "try again; for 1 of the gaps, another attempt does not help, because no shorter range can be \
             requested: ask the vendor's support for the missing events of these gaps"
        );
    }
}
