//! What is not proven to be complete is mostly so for a while. Where more events share one moment than the service lets
//! one reach it stays so, and whoever is told to try again would try in vain.

use ionos_activitylog::internal::UNREACHABLE_EVENTS;

/// What to do about so many gaps, of which so many are beyond reach; `again` is what closes the others.
pub(crate) fn closed_by(again: &str, gaps: usize, beyond_reach: usize) -> String {
    let [why, instead] = UNREACHABLE_EVENTS;
    match beyond_reach {
        0 => again.to_owned(),
        all if all == gaps => format!("{why}; {instead}"),
        some => format!("{again}; for {some} of them {why}: {instead} there"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_try_in_vain() {
        let told = |gaps, beyond_reach| closed_by("try again", gaps, beyond_reach);
        assert_eq!(told(2, 0), "try again");
        assert_eq!(
            told(2, 2),
            "another attempt returns no more events, because no shorter range can be requested; ask the vendor's support \
             for the missing events"
        );
        assert_eq!(
            told(3, 1),
            "try again; for 1 of them another attempt returns no more events, because no shorter range can be requested: \
             ask the vendor's support for the missing events there"
        );
    }
}
