//! A sketched event has a time and a kind; the log needs a record. What all events of an operation share is drawn from a
//! generator of the operation (`scene`), and what is theirs alone, and how it drifts from the description (`drift`), from
//! a generator of the event.

use chrono::{DateTime, SecondsFormat};

use crate::switches::{FractionDigits, Switches, UtcMark};
use crate::world::drift;
use crate::world::operation::Operation;
use crate::world::people::Population;
use crate::world::random::{Key, Random};
use crate::world::record::{Identity, Meta, Principal, Record, Scalar};
use crate::world::scene::Scene;
use crate::world::slice::Sketched;

/// What the records of a world have in common.
pub(crate) struct Style<'a> {
    pub(crate) population: Population,
    pub(crate) switches: &'a Switches,
    /// Operations of a slice besides those of bursts are fewer.
    pub(crate) operations_of_a_slice: u64,
    /// The first slice of the log.
    pub(crate) first_slice: u64,
    pub(crate) slices_of_an_hour: u64,
}

impl Sketched {
    /// Its record, as it was at first or as it was amended.
    pub(crate) fn record(&self, amended: bool, style: &Style) -> Record {
        let (slot, operation) = (self.slot, self.operation);
        let (mut shared, mut own) = (self.shared(), self.own());
        let scene = Scene::draw(self.key, slot.operation, operation, style, &mut shared);
        let mut event = scene.event(operation, u64::from(slot.position), &mut shared);
        if amended {
            let message = event.message.as_deref().unwrap_or_default();
            event.message = Some(format!("{message} (amended)").into());
        }
        let queue_ref_id = matches!(operation, Operation::Provisioned(_))
            .then(|| Scalar::Whole(queue_ref_id(self.key, slot.operation, style)));
        let switches = style.switches;
        let mut record = Record {
            uuid: Some(own.uuid().to_string()),
            meta: Meta {
                audit_version: Scalar::Decimal(AUDIT_VERSION),
                request_id: scene.request_id,
                queue_ref_id,
                time: timestamp(slot.time, switches.fraction_digits, switches.utc_mark),
                transaction_id: scene.transaction_id,
                unknown: None,
            },
            principal: Principal {
                source_ip: scene.source_ip,
                identity: Identity {
                    contract_number: Scalar::Whole(self.key.contract),
                    username: scene.actor.username.clone(),
                    unknown: None,
                },
                source_service: scene.source_service,
                service_host: scene.service_host,
                unknown: None,
            },
            event,
            unknown: None,
        };
        drift::drift(&mut record, switches, &mut own);
        record
    }
}

/// The version of the layout.
const AUDIT_VERSION: &str = "0.1";

/// Grows with time except in bursts, is unique within the contract, and starts somewhere else in each contract. The
/// operations of bursts have numbers above 2^32.
fn queue_ref_id(key: Key, operation: u32, style: &Style) -> u64 {
    let queue = Key {
        part: Key::QUEUE,
        ..key
    };
    let first = Random::new(queue, 0).between(10_000_000, 1_000_000_000);
    let slice = key.part - style.first_slice;
    let operation = u64::from(operation);
    if operation < style.operations_of_a_slice {
        first + slice * style.operations_of_a_slice + operation
    } else {
        ((slice + 1) << 32) + first + operation
    }
}

/// Nanoseconds since 1970-01-01T00:00:00Z, as RFC 3339.
fn timestamp(time: i64, digits: FractionDigits, mark: UtcMark) -> String {
    let digits = match digits {
        FractionDigits::None => SecondsFormat::Secs,
        FractionDigits::Three => SecondsFormat::Millis,
        FractionDigits::Six => SecondsFormat::Micros,
        FractionDigits::Nine => SecondsFormat::Nanos,
        FractionDigits::Mixed => SecondsFormat::AutoSi,
    };
    DateTime::from_timestamp_nanos(time).to_rfc3339_opts(digits, mark == UtcMark::Z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_digits_that_were_asked_for_even_when_they_are_zero() {
        for (time, digits, mark, text) in [
            (
                394_000_000,
                FractionDigits::Three,
                UtcMark::Z,
                "2026-11-20T09:12:33.394Z",
            ),
            (
                0,
                FractionDigits::Three,
                UtcMark::Z,
                "2026-11-20T09:12:33.000Z",
            ),
            (
                0,
                FractionDigits::None,
                UtcMark::Offset,
                "2026-11-20T09:12:33+00:00",
            ),
            (
                394_001_000,
                FractionDigits::Six,
                UtcMark::Offset,
                "2026-11-20T09:12:33.394001+00:00",
            ),
            (
                394_000_001,
                FractionDigits::Nine,
                UtcMark::Z,
                "2026-11-20T09:12:33.394000001Z",
            ),
            (
                394_000_000,
                FractionDigits::Mixed,
                UtcMark::Z,
                "2026-11-20T09:12:33.394Z",
            ),
        ] {
            let time = 1_795_165_953_000_000_000 + time;
            assert_eq!(timestamp(time, digits, mark), text);
        }
    }
}
