//! The proof that a verified range of a manifest is complete.
//!
//! A manifest should depend only on the events and the answers of the service. But the boundaries of a [`Window`] and
//! its number of scans depend on where the export started, and a continued export has another start than an
//! uninterrupted one. So a manifest states proofs in a form that depends on the windows as little as possible:
//!
//! - If the total of the service for a range matches the archived events of the range, these events alone decide
//!   between [`RangeProof::EventsMatchTotal`] and [`RangeProof::RepeatsAreCounted`].
//! - Otherwise the range has the weakest proof of its windows. The proof does not state how many scans matched a total,
//!   and it states at most [`IDENTICAL_SCANS`] identical scans.

use ionos_activitylog::{Proof, Window};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Minimum number of identical scans that proves a window.
const IDENTICAL_SCANS: u32 = 3;

/// Why a range counts as complete, from the strongest proof to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RangeProof {
    /// The total of the service equals the number of distinct events received.
    EventsMatchTotal,
    /// The service returns equal records without an id, and its total counts each of them.
    RepeatsAreCounted,
    /// The service reported no usable total, and at least this number of scans in a row returned the same events.
    IdenticalScans(u32),
}

impl RangeProof {
    /// The proof of a window, which also holds for each range within the window. `None` for a window with a gap: the
    /// ranges outside of the gap are verified, but the window does not name their proofs.
    pub(crate) fn of_window(window: &Window) -> Option<Self> {
        match window.proof()? {
            Proof::ScanMatchesTotal | Proof::UnionMatchesStableTotal => Some(Self::EventsMatchTotal),
            Proof::RepeatsAreCounted => Some(Self::RepeatsAreCounted),
            Proof::IdenticalScans(scans) => Some(Self::IdenticalScans(scans.min(IDENTICAL_SCANS))),
            _ => None,
        }
    }

    /// The proof of a range whose total equals the number of archived events. `has_repeats`: whether these events
    /// include equal records without a usable `@uuid`.
    pub(crate) fn of_matching_total(has_repeats: bool) -> Self {
        if has_repeats { Self::RepeatsAreCounted } else { Self::EventsMatchTotal }
    }

    /// The proof of a range that consists of two ranges: the weaker one of their two proofs. `None` if one of the two
    /// ranges has no proof.
    pub(crate) fn weaker(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        Some(one?.max(other?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_has_a_stable_json_form() {
        for (proof, json) in [
            (RangeProof::EventsMatchTotal, r#""events-match-total""#),
            (RangeProof::RepeatsAreCounted, r#""repeats-are-counted""#),
            (RangeProof::IdenticalScans(3), r#"{"identical-scans":3}"#),
        ] {
            assert_eq!(serde_json::to_string(&proof).unwrap(), json);
            assert_eq!(serde_json::from_str::<RangeProof>(json).unwrap(), proof);
        }
    }

    #[test]
    fn the_weaker_proof_counts_and_a_missing_proof_is_the_weakest() {
        use RangeProof::{EventsMatchTotal, IdenticalScans, RepeatsAreCounted};
        let weaker = RangeProof::weaker;
        assert_eq!(weaker(Some(EventsMatchTotal), Some(RepeatsAreCounted)), Some(RepeatsAreCounted));
        assert_eq!(weaker(Some(IdenticalScans(3)), Some(RepeatsAreCounted)), Some(IdenticalScans(3)));
        assert_eq!(weaker(Some(EventsMatchTotal), None), None);
        assert_eq!(weaker(None, Some(EventsMatchTotal)), None);
    }
}
