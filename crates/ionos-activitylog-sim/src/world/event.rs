//! A sketched event has a time and a kind; the log needs a record with a principal, resources and words. All events of
//! an operation must agree on who acted and on what, wherever a page happens to cut them apart. So what they share is
//! drawn from a generator of the operation, and what is theirs alone from a generator of the event.

use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat};
use serde_json::value::RawValue;

use crate::switches::{Dialect, FractionDigits, Share, Switches, UtcMark};
use crate::world::inventory;
use crate::world::operation::{Chain, Operation, Single, Step};
use crate::world::people::{Actor, Population};
use crate::world::random::{Key, Random};
use crate::world::record::{
    Envelope, Event, Identity, Message, Meta, Param, Principal, Record, Resource, Scalar, Text,
    Unknown,
};
use crate::world::request_id::Place;
use crate::world::slice::{Slice, Slot};
use crate::world::vocabulary::{self as words, Fault, event_type, service, status};

/// What the records of a world have in common.
pub(crate) struct Style<'a> {
    pub(crate) population: Population,
    pub(crate) switches: &'a Switches,
    /// Operations of a slice besides those of bursts are fewer.
    pub(crate) operations_of_a_slice: u64,
    /// The first slice of the log.
    pub(crate) first_slice: u64,
}

impl Slice {
    /// Writes the record of one of the slice's events, as it was at first or as it was amended.
    pub(crate) fn record(&self, slot: Slot, amended: bool, style: &Style) -> Record {
        let mut shared = self.shared(slot.operation);
        let mut own = Random::new(self.key, self.own(slot));
        let operation = self.operations[slot.operation as usize];
        let position = u64::from(slot.position);
        let scene = Scene::draw(self.key, slot.operation, operation, style, &mut shared);
        let mut event = match operation {
            Operation::Provisioned(chain) => {
                scene.provisioned(&mut shared, chain, chain.step(position))
            }
            Operation::Single(Single::Read) => scene.read(&mut shared),
            Operation::Single(Single::Session) => scene.session(&mut shared),
            Operation::Single(Single::Token) => scene.token(),
            Operation::Single(Single::UserManagement) => scene.user_management(&mut shared),
            Operation::Single(Single::Refusal) => scene.refusal(&mut shared),
        };
        if amended {
            let message = event.message.as_deref().unwrap_or_default();
            event.message = Some(format!("{message} (amended)").into());
        }
        let queue_ref_id = matches!(operation, Operation::Provisioned(_))
            .then(|| Scalar::Whole(queue_ref_id(self.key, slot.operation, style)));
        let switches = style.switches;
        let uuid = own.uuid();
        let mut record = Record {
            uuid: chosen(switches.uuid, &mut own).then(|| uuid.to_string()),
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
        if chosen(switches.unknown_types, &mut own) {
            be_unknown(&mut record.event, &mut own);
        }
        if chosen(switches.unknown_members, &mut own) {
            add_members(&mut record, &mut own);
        }
        speak(switches.dialect, &mut record, &mut own);
        record
    }
}

/// The version of the layout.
const AUDIT_VERSION: f64 = 0.1;

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
        VALUES
            .into_iter()
            .filter_map(|value| RawValue::from_string(value.into()).ok())
            .collect()
    });
    VALUES
        .get(number as usize % VALUES.len())
        .map(|value| &**value)
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
        (
            contract,
            Some(&mut record.principal.identity.contract_number),
        ),
        (version, Some(&mut record.meta.audit_version)),
        (
            http_status,
            record
                .event
                .param
                .error
                .as_mut()
                .map(|error| &mut error.http_status),
        ),
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
            Self::Decimal(number) => number.to_string().into(),
            Self::Text(text) => std::mem::take(text),
        });
    }
}

/// What all events of an operation share.
struct Scene<'a> {
    key: Key,
    style: &'a Style<'a>,
    actor: std::borrow::Cow<'static, Actor>,
    source_ip: &'static str,
    source_service: Text,
    service_host: Option<&'static str>,
    request_id: Option<String>,
    transaction_id: Option<String>,
}

impl<'a> Scene<'a> {
    fn draw(
        key: Key,
        index: u32,
        operation: Operation,
        style: &'a Style,
        random: &mut Random,
    ) -> Self {
        // Only people open a session, and only in the DCD; it is no request.
        let session = operation == Operation::Single(Single::Session);
        let actor = if session {
            style.population.person(random)
        } else {
            style.population.anyone(random)
        };
        let place = Place {
            contract: key.contract,
            slice: key.part,
            operation: index,
        };
        Self {
            key,
            style,
            source_ip: *random.pick(actor.addresses),
            source_service: if session {
                service::DCD.into()
            } else {
                style.population.service(random, &actor)
            },
            service_host: (!random.one_in(25)).then(|| *random.pick(words::HOSTS)),
            request_id: (!session).then(|| place.id(key.seed).to_string()),
            transaction_id: random.one_in(50).then(|| random.uuid().to_string()),
            actor,
        }
    }

    fn provisioned(&self, random: &mut Random, chain: Chain, step: Step) -> Event {
        let change = random.weighted(words::CHANGES);
        let name = random.pick(words::NAMES);
        let fault = random.pick(words::FAILURES);
        let (uri, resources) = inventory::target(self.key, random, change);
        let request = Param {
            action: Some(change.method),
            uri: Some(uri),
            initiator: Some(self.source_service.clone()),
            source_service: Some(service::REST),
            ..Param::default()
        };
        // Later events do not repeat the request, and they do not tell versions of the service apart.
        let initiator: Text = match &*self.source_service {
            service::REST_V6 => service::REST.into(),
            _ => self.source_service.clone(),
        };
        let later = |source_service| Param {
            initiator: Some(initiator.clone()),
            source_service: Some(source_service),
            ..Param::default()
        };
        let what = format!("{} {} \"{name}\"", change.verb, change.resource_type);
        let (kind, param, status, message) = match step {
            Step::Accepted => (
                event_type::ACCEPTED,
                request,
                status::QUEUED,
                "Request has been queued".into(),
            ),
            Step::Provision(number) => (
                event_type::PROVISION,
                later(service::PROVISIONING),
                if number == 1 {
                    status::QUEUED
                } else {
                    status::RUNNING
                },
                what.into(),
            ),
            Step::Update(number) if number < chain.updates => (
                event_type::UPDATE,
                later(service::REST),
                status::RUNNING,
                format!("{what}: step {number} of {}", chain.updates).into(),
            ),
            Step::Update(_) if chain.failed => (
                event_type::UPDATE,
                Param {
                    error_code: fault.code(),
                    ..later(service::REST)
                },
                status::FAILED,
                "Request could not be executed".into(),
            ),
            Step::Update(_) => (
                event_type::UPDATE,
                later(service::REST),
                status::DONE,
                "Request has been successfully executed".into(),
            ),
            Step::Failure => (
                event_type::ERROR,
                Param {
                    source_service: Some(service::PROVISIONING),
                    error_code: fault.code(),
                    error: Some(fault.envelope()),
                    ..request
                },
                status::FAILED,
                fault.text().into(),
            ),
        };
        Event {
            param,
            resources,
            kind,
            status: Some(status),
            message: Some(message),
            unknown: None,
        }
    }

    fn read(&self, random: &mut Random) -> Event {
        let (uri, resource_type) = random.weighted(words::READS);
        let id = if *resource_type == "user" {
            self.actor.id.to_string()
        } else {
            inventory::existing(self.key, random, resource_type)
        };
        Event {
            param: Param {
                action: Some("GET"),
                uri: Some(inventory::fill(self.key, random, uri, &id)),
                initiator: Some(self.source_service.clone()),
                source_service: Some(service::REST),
                ..Param::default()
            },
            resources: vec![Resource {
                action: vec![],
                id,
                kind: resource_type,
                unknown: None,
            }],
            kind: event_type::ACCEPTED,
            status: Some(status::DONE),
            message: None,
            unknown: None,
        }
    }

    fn session(&self, random: &mut Random) -> Event {
        let (action, message) = *random.pick(words::SESSIONS);
        Event {
            param: Param {
                initiator: Some(service::DCD.into()),
                ..Param::default()
            },
            resources: vec![user(action, &self.actor.id)],
            kind: event_type::USER,
            status: Some(status::DONE),
            message: Some(message.into()),
            unknown: None,
        }
    }

    fn token(&self) -> Event {
        Event {
            param: Param {
                action: Some("GET"),
                uri: Some("/auth/v1/tokens/generate".into()),
                initiator: Some(self.source_service.clone()),
                source_service: Some(service::REST),
                ..Param::default()
            },
            resources: vec![],
            kind: event_type::TOKEN,
            status: Some(status::DONE),
            message: Some("Token has been generated".into()),
            unknown: None,
        }
    }

    /// As sparse as the vendor's own example of such an event.
    fn user_management(&self, random: &mut Random) -> Event {
        let (action, kind) = *random.weighted(words::IAM_ACTIONS);
        let resource = match kind {
            "user" => user(action, &self.style.population.person(random).id),
            _ => Resource {
                action: vec![action],
                id: inventory::existing(self.key, random, kind),
                kind,
                unknown: None,
            },
        };
        Event {
            param: Param::default(),
            resources: vec![resource],
            kind: event_type::ACCEPTED,
            status: None,
            message: None,
            unknown: None,
        }
    }

    fn refusal(&self, random: &mut Random) -> Event {
        let change = random.weighted(words::CHANGES);
        let fault = random.pick(words::REFUSALS);
        let (uri, mut resources) = inventory::target(self.key, random, change);
        // What was never made is not in the log.
        if change.makes() {
            resources.remove(0);
        }
        Event {
            param: Param {
                action: Some(change.method),
                uri: Some(uri),
                initiator: Some(self.source_service.clone()),
                source_service: Some(service::REST),
                error_code: fault.code(),
                error: Some(fault.envelope()),
                unknown: None,
            },
            resources,
            kind: event_type::ERROR,
            status: Some(status::FAILED),
            message: Some(fault.text().into()),
            unknown: None,
        }
    }
}

impl Fault {
    fn code(&self) -> Option<&'static str> {
        self.messages.first().map(|(code, _)| *code)
    }

    fn text(&self) -> &'static str {
        self.messages.first().map_or("", |(_, text)| *text)
    }

    fn envelope(&self) -> Envelope {
        Envelope {
            http_status: Scalar::Whole(self.http_status.into()),
            messages: self
                .messages
                .iter()
                .map(|(error_code, message)| Message {
                    error_code: (*error_code).into(),
                    message: (*message).into(),
                })
                .collect(),
        }
    }
}

fn user(action: &'static str, id: &str) -> Resource {
    Resource {
        action: vec![action],
        id: id.to_owned(),
        kind: "user",
        unknown: None,
    }
}

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

    #[test]
    fn every_value_of_an_unknown_member_is_json() {
        let values: std::collections::BTreeSet<&str> = (0..100)
            .filter_map(unknown_value)
            .map(RawValue::get)
            .collect();
        assert_eq!(values.len(), 8);
    }
}
