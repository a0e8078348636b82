//! Builds the record of one event from its blueprint. Data that all events of an operation share comes from a random
//! number generator of the operation (`operation_context`). Data of one event alone, including the event's deviations
//! from the API description (`drift`), comes from a random number generator of the event.

use chrono::{DateTime, Datelike, Timelike};

use crate::behavior::{FractionDigits, UtcMark};
use crate::data::cloud_operation::CloudOperation;
use crate::data::drift::apply_drift;
use crate::data::operation_context::{OperationContext, RecordSettings};
use crate::data::outline::EventBlueprint;
use crate::data::random::{Random, RandomKey};
use crate::data::record::{Record, RecordIdentity, RecordMeta, RecordPrincipal};
use crate::data::value::Scalar;

impl EventBlueprint {
    /// Builds the record, in its first or in its amended form.
    pub(crate) fn record(&self, amended: bool, settings: &RecordSettings) -> Record {
        let (outline, operation) = (self.outline, self.operation);
        let (mut operation_random, mut event_random) = (self.operation_random(), self.event_random());
        let context = OperationContext::draw(self.key, outline.operation, operation, settings, &mut operation_random);
        let mut event = context.event(operation, u64::from(outline.position), &mut operation_random);
        if amended {
            let message = event.message.as_deref().unwrap_or_default();
            event.message = Some(format!("{message} (amended)").into());
        }
        let queue_ref_id = matches!(operation, CloudOperation::Provisioned(_))
            .then(|| Scalar::Whole(queue_ref_id(self.key, outline.operation, settings)));
        let behavior = settings.behavior;
        let mut record = Record {
            uuid: Some(event_random.uuid()),
            meta: RecordMeta {
                audit_version: Scalar::Decimal(AUDIT_VERSION),
                request_id: context.request_id,
                queue_ref_id,
                time: timestamp(outline.time, behavior.fraction_digits, behavior.utc_mark),
                transaction_id: context.transaction_id,
                unknown: None,
            },
            principal: RecordPrincipal {
                source_ip: context.source_ip,
                identity: RecordIdentity {
                    contract_number: Scalar::Whole(self.key.contract),
                    username: context.actor.username.clone(),
                    unknown: None,
                },
                source_service: context.source_service,
                service_host: context.service_host,
                unknown: None,
            },
            event,
            unknown: None,
        };
        apply_drift(&mut record, behavior, &mut event_random);
        record
    }
}

/// The version of the record layout, `meta.auditVersion`.
const AUDIT_VERSION: &str = "0.1";

/// The reference of an operation in the provisioning queue. References start at a random number for each contract and
/// grow with time, except in bursts. In a slice with a burst, the index of an operation may be
/// `max_operations_per_slice` or more; the reference of such an operation is above 2^32. So references are unique
/// within the contract as long as the references of all other operations are below 2^32.
fn queue_ref_id(key: RandomKey, operation: u32, settings: &RecordSettings) -> u64 {
    let queue = RandomKey { part: RandomKey::QUEUE, ..key };
    let first = Random::new(queue, 0).between(10_000_000, 1_000_000_000);
    let slice = key.part - settings.first_slice;
    let operation = u64::from(operation);
    if operation < settings.max_operations_per_slice {
        first + slice * settings.max_operations_per_slice + operation
    } else {
        ((slice + 1) << 32) + first + operation
    }
}

/// Formats nanoseconds since 1970-01-01T00:00:00Z as RFC 3339. Writes digit by digit, because every record has a time
/// and a general formatter is slow: formatting one time would take longer than writing half of the other members of the
/// record.
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
    // The log begins after year 0 and ends before year 10000, so 4 digits are enough.
    push_digits(&mut text, time.year().unsigned_abs(), 4);
    for (separator, value) in
        [('-', time.month()), ('-', time.day()), ('T', time.hour()), (':', time.minute()), (':', time.second())]
    {
        text.push(separator);
        push_digits(&mut text, value, 2);
    }
    if fraction > 0 {
        text.push('.');
        push_digits(&mut text, nanoseconds / 10_u32.pow(9 - fraction), fraction);
    }
    text.push_str(match mark {
        UtcMark::Z => "Z",
        UtcMark::Offset => "+00:00",
    });
    text
}

/// Appends the last `digits` digits of a number.
fn push_digits(text: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from(b'0' + digit as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_the_chosen_number_of_fraction_digits_even_if_they_are_zeros() {
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
