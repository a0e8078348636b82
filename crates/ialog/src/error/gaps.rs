//! What to do about gaps. Most can be read again. If more events share one moment than the service returns, reading again
//! does not help, and the hint must not say so.

use ionos_activitylog::internal::UNREACHABLE_EVENTS;

/// What to do about `gaps` gaps, of which `beyond_reach` cannot be read. `retry_hint` is what closes the others.
pub(crate) fn gap_hint(retry_hint: &str, gaps: usize, beyond_reach: usize) -> String {
    let [why, instead] = UNREACHABLE_EVENTS;
    match beyond_reach {
        0 => retry_hint.to_owned(),
        all if all == gaps => format!("{why}; {instead}"),
        some => format!("{retry_hint}; for {some} of them {why}: {instead} there"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_beyond_reach_are_not_to_be_retried() {
        let hint = |gaps, beyond_reach| gap_hint("try again", gaps, beyond_reach);
        assert_eq!(hint(2, 0), "try again");
        assert_eq!(
            hint(2, 2),
            "another attempt returns no more events, because no shorter range can be requested; ask the vendor's support \
             for the missing events"
        );
        assert_eq!(
            hint(3, 1),
            "try again; for 1 of them another attempt returns no more events, because no shorter range can be requested: \
             ask the vendor's support for the missing events there"
        );
    }
}
