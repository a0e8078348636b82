//! The service does not always say what its description says: values change their type from record to record, and
//! members and types appear that nobody has seen. A record is written as described first, and then drifts as far as the
//! switches have it.

use std::sync::LazyLock;

use serde_json::value::RawValue;

use crate::switches::{Dialect, Share, Switches};
use crate::world::random::Random;
use crate::world::record::{Event, Record, Scalar, Unknown};
use crate::world::vocabulary as words;

/// Lets a record drift as far as the switches have it.
pub(crate) fn drift(record: &mut Record, switches: &Switches, own: &mut Random) {
    if !chosen(switches.uuid, own) {
        record.uuid = None;
    }
    if chosen(switches.unknown_types, own) {
        be_unknown(&mut record.event, own);
    }
    if chosen(switches.unknown_members, own) {
        add_members(record, own);
    }
    speak(switches.dialect, record, own);
}

/// Whether an event is among a share of all. Draws as many words for any share, so that one switch does not change
/// what another one does.
fn chosen(share: Share, own: &mut Random) -> bool {
    share.takes(own.word())
}

/// Gives an event a type and names of actions that are not public.
fn be_unknown(event: &mut Event, own: &mut Random) {
    let (kind, action) = own.pick(words::UNKNOWN);
    event.kind = kind;
    for resource in &mut event.resources {
        resource.action = vec![action];
    }
}

/// Adds members that nobody has seen yet, to the record and to about half of what is in it.
fn add_members(record: &mut Record, own: &mut Random) {
    record.unknown = unknown_value(own.word());
    let param = &mut record.event.param.unknown;
    let resources = record.event.resources.iter_mut().map(|it| &mut it.unknown);
    let places = [
        &mut record.meta.unknown,
        &mut record.principal.unknown,
        &mut record.principal.identity.unknown,
        &mut record.event.unknown,
        param,
    ];
    for place in places.into_iter().chain(resources) {
        if own.one_in(2) {
            *place = unknown_value(own.word());
        }
    }
}

/// Any JSON, some of it awkward: numbers that no floating point number holds, and every other kind of value.
pub(crate) fn unknown_value(number: u64) -> Unknown {
    static VALUES: LazyLock<Vec<Box<RawValue>>> = LazyLock::new(|| {
        const VALUES: [&str; 8] = [
            "12345678901234567890123",
            "1e400",
            "1.10",
            "true",
            "null",
            "[]",
            "\"tr\\u00e4ger\\n\"",
            "{\"nested\":[1,{\"deep\":null}],\"empty\":{}}",
        ];
        VALUES.into_iter().filter_map(|value| RawValue::from_string(value.into()).ok()).collect()
    });
    VALUES.get(number as usize % VALUES.len()).map(|value| &**value)
}

/// Gives the scalars the types that they have in a dialect.
fn speak(dialect: Dialect, record: &mut Record, own: &mut Random) {
    let bits = own.word();
    let mixed = |bit: u32| bits >> bit & 1 == 1;
    // Whether contractNumber, auditVersion, httpStatus and queueRefId are text.
    let [contract, version, http_status, queue] = match dialect {
        Dialect::Description => [true, false, false, false],
        Dialect::Sdk => [false; 4],
        Dialect::Docs => [true, true, true, false],
        Dialect::Mixed => [mixed(0), mixed(1), mixed(2), mixed(3)],
    };
    let texts = [
        (contract, Some(&mut record.principal.identity.contract_number)),
        (version, Some(&mut record.meta.audit_version)),
        (http_status, record.event.param.error.as_mut().map(|error| &mut error.http_status)),
        (queue, record.meta.queue_ref_id.as_mut()),
    ];
    for (text, scalar) in texts {
        if let (true, Some(scalar)) = (text, scalar) {
            scalar.become_text();
        }
    }
}

impl Scalar {
    fn become_text(&mut self) {
        *self = Self::Text(match self {
            Self::Whole(number) => number.to_string().into(),
            Self::Decimal(number) => (*number).into(),
            Self::Text(text) => std::mem::take(text),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_an_unknown_member_is_json() {
        let values: std::collections::BTreeSet<&str> = (0..100).filter_map(unknown_value).map(RawValue::get).collect();
        assert_eq!(values.len(), 8);
    }
}
