//! Checks of records: an event keeps the bytes of its record, and none of its functions panics.

use ionos_activitylog::{ContractNumber, Event};
use ionos_activitylog_archive::{FlatRow, ndjson};
use serde_json::Value;
use serde_json::value::RawValue;

/// JSON pointers to values of the record. `Event::field` and `serde_json` must find the same values.
const POINTERS: [&str; 7] =
    ["", "/@uuid", "/meta/time", "/event/status", "/event/resources/0/id", "/event/param/error", "/a~1b/~0"];

/// Reads bytes as a record.
pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let expected = serde_json::from_str::<&RawValue>(text);
    let event = match (Event::from_json(text), expected) {
        (Ok(event), Ok(expected)) => {
            assert_eq!(event.raw(), expected.get(), "the record is kept byte for byte");
            event
        }
        (Err(_), Err(_)) => return,
        (read, expected) => panic!("the readers disagree: {read:?}, serde_json: {expected:?}"),
    };
    ask_everything(&event);
    check_members(&event);
    check_one_line(&event);
}

/// Calls the functions that read an event.
pub(crate) fn ask_everything(event: &Event) {
    let _ = (event.id().to_string(), event.time(), event.issues(), format!("{:?}", event.details()));
    let contract = ContractNumber::from(7);
    let row = FlatRow::new(&contract, event);
    assert_eq!(row.cells().len(), FlatRow::new(&contract, &event.clone().detach()).cells().len());
    assert_eq!(event.clone().detach().raw(), event.raw());
}

/// Checks that members have the values that `serde_json` finds. A record with a lone surrogate, or with a number that
/// is too large, is skipped, because `serde_json` cannot parse such a record to a value.
fn check_members(event: &Event) {
    let Ok(tree) = serde_json::from_str::<Value>(event.raw()) else { return };
    for pointer in POINTERS {
        let found = event.field(pointer).map(|text| serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(found.as_ref(), tree.pointer(pointer), "{pointer:?}");
    }
}

/// Checks that a line of an export has no line break and contains the same event.
fn check_one_line(event: &Event) {
    let line = ndjson::to_line(event.raw());
    assert!(!line.contains(['\n', '\r']), "{line:?}");
    let read = Event::from_json(&*line).unwrap();
    assert_eq!((read.id(), read.fingerprint()), (event.id(), event.fingerprint()));
    assert_eq!(read.issues(), event.issues());
}
