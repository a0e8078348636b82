//! Serializes records. Serialization is half of the cost of a page, and a general serializer spends most of its time
//! looking for characters to escape. Most texts here are constants and numbers of this crate, which need no escape, so
//! they are written without that search.

use serde_json::value::RawValue;
use uuid::Uuid;

use crate::data::error_envelope::ErrorEnvelope;
use crate::data::record::{
    EventParam, EventResource, Record, RecordEvent, RecordIdentity, RecordMeta, RecordPrincipal,
};
use crate::data::value::Scalar;

/// The name of a member, with the comma before it and the colon after it. The name must not need escaping.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":").as_bytes()
    };
}

impl Record {
    /// Appends the record as compact JSON, with its members in the order in which the service sends them.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let Self { uuid, meta, principal, event, unknown } = self;
        object(out, |out| {
            member(out, name!("@uuid"), uuid.as_ref(), write_uuid);
            member(out, name!("meta"), Some(meta), RecordMeta::write);
            member(out, name!("principal"), Some(principal), RecordPrincipal::write);
            member(out, name!("event"), Some(event), RecordEvent::write);
            member(out, name!("@exampleTag"), *unknown, write_raw);
        });
    }
}

impl RecordMeta {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { audit_version, request_id, queue_ref_id, time, transaction_id, unknown } = self;
        object(out, |out| {
            member(out, name!("auditVersion"), Some(audit_version), Scalar::write);
            member(out, name!("requestId"), request_id.as_ref(), write_uuid);
            member(out, name!("queueRefId"), queue_ref_id.as_ref(), Scalar::write);
            member(out, name!("time"), Some(time.as_str()), write_plain);
            member(out, name!("transactionId"), transaction_id.as_ref(), write_uuid);
            member(out, name!("exampleShard"), *unknown, write_raw);
        });
    }
}

impl RecordPrincipal {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { source_ip, identity, source_service, service_host, unknown } = self;
        object(out, |out| {
            member(out, name!("sourceIP"), Some(*source_ip), write_plain);
            member(out, name!("identity"), Some(identity), RecordIdentity::write);
            member(out, name!("sourceService"), Some(&**source_service), write_text);
            member(out, name!("serviceHost"), *service_host, write_plain);
            member(out, name!("exampleAgent"), *unknown, write_raw);
        });
    }
}

impl RecordIdentity {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { contract_number, username, unknown } = self;
        object(out, |out| {
            member(out, name!("contractNumber"), Some(contract_number), Scalar::write);
            member(out, name!("username"), Some(&**username), write_text);
            member(out, name!("exampleTenant"), *unknown, write_raw);
        });
    }
}

impl RecordEvent {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { param, resources, kind, status, message, unknown } = self;
        let listed = (!resources.is_empty()).then_some(resources);
        object(out, |out| {
            member(out, name!("param"), Some(param), EventParam::write);
            member(out, name!("resources"), listed, |list, out| write_list(list, out, EventResource::write));
            member(out, name!("type"), Some(*kind), write_plain);
            member(out, name!("status"), *status, write_plain);
            member(out, name!("message"), message.as_deref(), write_text);
            member(out, name!("exampleRisk"), *unknown, write_raw);
        });
    }
}

impl EventParam {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { action, uri, initiator, source_service, error_code, error, unknown } = self;
        object(out, |out| {
            member(out, name!("action"), *action, write_plain);
            member(out, name!("uri"), uri.as_deref(), write_plain);
            member(out, name!("initiator"), initiator.as_deref(), write_text);
            member(out, name!("sourceService"), *source_service, write_plain);
            member(out, name!("errorCode"), *error_code, write_plain);
            member(out, name!("error"), error.as_ref(), ErrorEnvelope::write);
            member(out, name!("exampleTrace"), *unknown, write_raw);
        });
    }
}

impl EventResource {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { action, id, kind, unknown } = self;
        object(out, |out| {
            member(out, name!("action"), Some(action), |list, out| {
                write_list(list, out, |action, out| write_plain(action, out));
            });
            member(out, name!("id"), Some(id.as_str()), write_plain);
            member(out, name!("type"), Some(*kind), write_plain);
            member(out, name!("exampleLabel"), *unknown, write_raw);
        });
    }
}

impl Scalar {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Whole(number) => write_number(*number, out),
            Self::Decimal(number) => out.extend_from_slice(number.as_bytes()),
            Self::Text(text) => write_text(text, out),
        }
    }
}

impl ErrorEnvelope {
    /// Uses `serde_json`. Its lower speed does not matter, because few records have an error.
    fn write(&self, out: &mut Vec<u8>) {
        // Serializing an envelope to memory does not fail.
        let _ = serde_json::to_writer(out, self);
    }
}

/// Writes an object. Every member starts with a comma; the opening bracket replaces the first comma.
fn object(out: &mut Vec<u8>, members: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    members(out);
    match out.get_mut(begin) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

/// Writes a member if it has a value.
#[inline]
fn member<T>(out: &mut Vec<u8>, name: &'static [u8], value: Option<T>, write: impl FnOnce(T, &mut Vec<u8>)) {
    if let Some(value) = value {
        out.extend_from_slice(name);
        write(value, out);
    }
}

fn write_list<T>(elements: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(element, out);
    }
    out.push(b']');
}

fn write_raw(value: &RawValue, out: &mut Vec<u8>) {
    out.extend_from_slice(value.get().as_bytes());
}

fn write_uuid(uuid: &Uuid, out: &mut Vec<u8>) {
    let mut text = Uuid::encode_buffer();
    write_plain(uuid.hyphenated().encode_lower(&mut text), out);
}

/// Writes a number in decimal. Fills a buffer of the maximum length with the digits, beginning with the last digit.
fn write_number(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut begin = digits.len();
    loop {
        begin -= 1;
        digits[begin] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[begin..]);
}

/// Writes text that must not need escaping.
#[inline]
fn write_plain(text: &str, out: &mut Vec<u8>) {
    debug_assert!(!needs_escape(text), "{text:?}");
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Writes any text.
fn write_text(text: &str, out: &mut Vec<u8>) {
    if needs_escape(text) {
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(out, text);
    } else {
        write_plain(text, out);
    }
}

fn needs_escape(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_its_keys_in_the_order_of_the_service_and_no_absent_members() {
        let record = Record {
            uuid: Some(Uuid::from_u128(7)),
            meta: RecordMeta {
                audit_version: Scalar::Decimal("0.1"),
                request_id: None,
                queue_ref_id: Some(Scalar::Whole(7)),
                time: "t".into(),
                transaction_id: None,
                unknown: None,
            },
            principal: RecordPrincipal {
                source_ip: "192.0.2.1",
                identity: RecordIdentity {
                    contract_number: Scalar::Text("12345678".into()),
                    username: "a@example.com".into(),
                    unknown: None,
                },
                source_service: "DCD".into(),
                service_host: None,
                unknown: None,
            },
            event: RecordEvent {
                param: EventParam::default(),
                resources: vec![EventResource { action: vec![], id: "1466".into(), kind: "user", unknown: None }],
                kind: "RequestAccepted",
                status: None,
                message: Some("\"ü\"\n".into()),
                unknown: None,
            },
            unknown: None,
        };
        assert_eq!(
            written(&record),
            concat!(
                r#"{"@uuid":"00000000-0000-0000-0000-000000000007","meta":{"auditVersion":0.1,"queueRefId":7,"time":"t"},"#,
                r#""principal":{"sourceIP":"192.0.2.1","identity":{"contractNumber":"12345678","#,
                r#""username":"a@example.com"},"sourceService":"DCD"},"event":{"param":{},"#,
                r#""resources":[{"action":[],"id":"1466","type":"user"}],"type":"RequestAccepted","#,
                r#""message":"\"ü\"\n"}}"#
            )
        );
    }

    #[test]
    fn empty_objects_and_numbers_are_written_correctly() {
        let written = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = b"before".to_vec();
            write(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(&|out| object(out, |_| {})), "before{}");
        for number in [0, 7, 10, 4711, u64::MAX] {
            let digits = written(&|out| write_number(number, out));
            assert_eq!(digits, format!("before{number}"));
        }
    }

    fn written(record: &Record) -> String {
        let mut out = Vec::new();
        record.write(&mut out);
        String::from_utf8(out).unwrap()
    }
}
