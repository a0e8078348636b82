//! Real records do not always follow the vendor's description: scalars change their type from record to record, and
//! undocumented members and types occur. First, a record is built as the description says. Then this module applies
//! the deviations that the behavior configures.

use std::sync::LazyLock;

use serde_json::value::RawValue;

use crate::behavior::share::Share;
use crate::behavior::{Behavior, Dialect};
use crate::data::random::Random;
use crate::data::record::{Record, RecordEvent};
use crate::data::value::UnknownMember;
use crate::data::vocabulary as words;

/// Changes a record by the deviations that the behavior configures. `random` is the random generator of the event.
pub(crate) fn apply_drift(record: &mut Record, behavior: &Behavior, random: &mut Random) {
    if !is_chosen(behavior.uuid, random) {
        record.uuid = None;
    }
    if is_chosen(behavior.unknown_types, random) {
        set_unknown_type(&mut record.event, random);
    }
    if is_chosen(behavior.unknown_members, random) {
        add_unknown_members(record, random);
    }
    apply_dialect(behavior.dialect, record, random);
}

/// Whether an event belongs to a share of all events. Draws exactly one random word, whatever the share is. So if the
/// share in the settings changes, only the events that enter or leave the share are affected.
fn is_chosen(share: Share, random: &mut Random) -> bool {
    share.includes(random.word())
}

/// Sets an event type and action names that are not public.
fn set_unknown_type(event: &mut RecordEvent, random: &mut Random) {
    let (kind, action) = random.pick(words::UNKNOWN_TYPES);
    event.kind = kind;
    for resource in &mut event.resources {
        resource.action = vec![action];
    }
}

/// Adds undocumented members to the record and to about half of the objects in it.
fn add_unknown_members(record: &mut Record, random: &mut Random) {
    record.unknown = unknown_value(random.word());
    let param = &mut record.event.param.unknown;
    let resources = record.event.resources.iter_mut().map(|it| &mut it.unknown);
    let members = [
        &mut record.meta.unknown,
        &mut record.principal.unknown,
        &mut record.principal.identity.unknown,
        &mut record.event.unknown,
        param,
    ];
    for member in members.into_iter().chain(resources) {
        if random.one_in(2) {
            *member = unknown_value(random.word());
        }
    }
}

/// A JSON value for an undocumented member. There are values of every JSON type, including numbers that no floating
/// point type can hold.
pub(crate) fn unknown_value(number: u64) -> UnknownMember {
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

/// Converts the scalars of a record to the JSON types of a dialect.
fn apply_dialect(dialect: Dialect, record: &mut Record, random: &mut Random) {
    let bits = random.word();
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
            scalar.convert_to_text();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unknown_value_is_valid_json() {
        let values: std::collections::BTreeSet<&str> = (0..100).filter_map(unknown_value).map(RawValue::get).collect();
        assert_eq!(values.len(), 8);
    }
}
