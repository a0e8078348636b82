//! A sketched event has a time and a kind; the log needs a record. What all events of an operation share is drawn from a
//! generator of the operation (`scene`), and what is theirs alone, and how it drifts from the description (`drift`), from
//! a generator of the event.

use chrono::{DateTime, Datelike, Timelike};

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
            uuid: Some(own.uuid()),
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
    let queue = Key { part: Key::QUEUE, ..key };
    let first = Random::new(queue, 0).between(10_000_000, 1_000_000_000);
    let slice = key.part - style.first_slice;
    let operation = u64::from(operation);
    if operation < style.operations_of_a_slice {
        first + slice * style.operations_of_a_slice + operation
    } else {
        ((slice + 1) << 32) + first + operation
    }
}

/// Nanoseconds since 1970-01-01T00:00:00Z, as RFC 3339. Digit by digit, because every record has one and a general
/// formatter takes longer than half of the others of its members.
fn timestamp(time: i64, digits: FractionDigits, mark: UtcMark) -> String {
    let time = DateTime::from_timestamp_nanos(time);
    let nanoseconds = time.nanosecond();
    let fraction = match digits {
        FractionDigits::None => 0,
        FractionDigits::Three => 3,
        FractionDigits::Six => 6,
        FractionDigits::Nine => 9,
        FractionDigits::Mixed if nanoseconds == 0 => 0,
        FractionDigits::Mixed if nanoseconds.is_multiple_of(1_000_000) => 3,
        FractionDigits::Mixed if nanoseconds.is_multiple_of(1_000) => 6,
        FractionDigits::Mixed => 9,
    };
    let mut text = String::with_capacity(35);
    // The log begins after year 0 and ends before year 10000.
    push(&mut text, time.year().unsigned_abs(), 4);
    for (before, value) in
        [('-', time.month()), ('-', time.day()), ('T', time.hour()), (':', time.minute()), (':', time.second())]
    {
        text.push(before);
        push(&mut text, value, 2);
    }
    if fraction > 0 {
        text.push('.');
        push(&mut text, nanoseconds / 10_u32.pow(9 - fraction), fraction);
    }
    text.push_str(match mark {
        UtcMark::Z => "Z",
        UtcMark::Offset => "+00:00",
    });
    text
}

/// Appends so many of the last digits of a number.
fn push(text: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from(b'0' + digit as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_digits_that_were_asked_for_even_when_they_are_zero() {
        for (time, digits, mark, text) in [
            (394_000_000, FractionDigits::Three, UtcMark::Z, "2026-11-20T09:12:33.394Z"),
            (0, FractionDigits::Three, UtcMark::Z, "2026-11-20T09:12:33.000Z"),
            (0, FractionDigits::None, UtcMark::Offset, "2026-11-20T09:12:33+00:00"),
            (394_001_000, FractionDigits::Six, UtcMark::Offset, "2026-11-20T09:12:33.394001+00:00"),
            (394_000_001, FractionDigits::Nine, UtcMark::Z, "2026-11-20T09:12:33.394000001Z"),
            (394_000_000, FractionDigits::Mixed, UtcMark::Z, "2026-11-20T09:12:33.394Z"),
        ] {
            let time = 1_795_165_953_000_000_000 + time;
            assert_eq!(timestamp(time, digits, mark), text);
        }
    }
}
