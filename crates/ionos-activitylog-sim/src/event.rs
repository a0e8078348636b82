//! A sketched event has a time and a kind; the log needs a record with a principal, resources and words. All events of
//! an operation must agree on who acted and on what, wherever a page happens to cut them apart. So what they share is
//! drawn from a generator of the operation, and what is theirs alone from a generator of the event.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::hour::{Hour, MAX_OPERATIONS, Slot};
use crate::inventory;
use crate::log::FIRST_HOUR;
use crate::operation::{Chain, Operation, Single, Step};
use crate::random::{Key, Random};
use crate::record::{Envelope, Event, Identity, Message, Meta, Param, Principal, Record, Resource};
use crate::vocabulary::{self as words, Actor, Fault, event_type, service, status};

/// The version of the layout, as a number.
const AUDIT_VERSION: f64 = 0.1;

impl Hour {
    /// Writes the record of one of the hour's events.
    pub(crate) fn record(&self, slot: &Slot) -> Record {
        // No operation has as many as 255 events, and stream 0 drew the sketch.
        let stream = (slot.operation as u64 + 1) << 8;
        let mut shared = Random::new(self.key, stream);
        let mut own = Random::new(self.key, stream + 1 + slot.position);
        let operation = self.operations[slot.operation];
        let scene = Scene::draw(self.key, operation, &mut shared);
        let event = match operation {
            Operation::Provisioned(chain) => {
                scene.provisioned(&mut shared, chain, chain.step(slot.position))
            }
            Operation::Single(Single::Read) => scene.read(&mut shared),
            Operation::Single(Single::Session) => scene.session(&mut shared),
            Operation::Single(Single::Token) => scene.token(),
            Operation::Single(Single::UserManagement) => scene.user_management(&mut shared),
            Operation::Single(Single::Refusal) => scene.refusal(&mut shared),
        };
        Record {
            uuid: own.uuid().to_string(),
            meta: Meta {
                audit_version: AUDIT_VERSION,
                request_id: scene.request_id,
                queue_ref_id: matches!(operation, Operation::Provisioned(_))
                    .then(|| queue_ref_id(self.key, slot.operation)),
                time: timestamp(slot.time),
                transaction_id: scene.transaction_id,
            },
            principal: Principal {
                source_ip: scene.source_ip,
                identity: Identity {
                    contract_number: self.key.contract.to_string(),
                    username: scene.actor.username,
                },
                source_service: scene.source_service,
                service_host: scene.service_host,
            },
            event,
        }
    }
}

/// What all events of an operation share.
struct Scene {
    key: Key,
    actor: &'static Actor,
    source_ip: &'static str,
    source_service: &'static str,
    service_host: Option<&'static str>,
    request_id: Option<String>,
    transaction_id: Option<String>,
}

impl Scene {
    fn draw(key: Key, operation: Operation, random: &mut Random) -> Self {
        // Only people open a session, and only in the DCD; it is no request.
        let session = operation == Operation::Single(Single::Session);
        let actor = if !session && random.one_in(3) {
            random.pick(words::MACHINES)
        } else {
            random.pick(words::PEOPLE)
        };
        Self {
            key,
            actor,
            source_ip: *random.pick(actor.addresses),
            source_service: if session {
                service::DCD
            } else {
                *random.pick(actor.services)
            },
            service_host: (!random.one_in(25)).then(|| *random.pick(words::HOSTS)),
            request_id: (!session).then(|| random.uuid().to_string()),
            transaction_id: random.one_in(50).then(|| random.uuid().to_string()),
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
            initiator: Some(self.source_service),
            source_service: Some(service::REST),
            ..Param::default()
        };
        // Later events do not repeat the request, and they do not tell versions of the service apart.
        let initiator = match self.source_service {
            service::REST_V6 => service::REST,
            other => other,
        };
        let later = |source_service| Param {
            initiator: Some(initiator),
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
        }
    }

    fn read(&self, random: &mut Random) -> Event {
        let (uri, resource_type) = random.weighted(words::READS);
        let id = if *resource_type == "user" {
            self.actor.id.to_owned()
        } else {
            inventory::existing(self.key, random, resource_type)
        };
        Event {
            param: Param {
                action: Some("GET"),
                uri: Some(inventory::fill(self.key, random, uri, &id)),
                initiator: Some(self.source_service),
                source_service: Some(service::REST),
                ..Param::default()
            },
            resources: vec![Resource {
                action: vec![],
                id,
                kind: resource_type,
            }],
            kind: event_type::ACCEPTED,
            status: Some(status::DONE),
            message: None,
        }
    }

    fn session(&self, random: &mut Random) -> Event {
        let (action, message) = *random.pick(words::SESSIONS);
        Event {
            param: Param {
                initiator: Some(service::DCD),
                ..Param::default()
            },
            resources: vec![user(action, self.actor.id)],
            kind: event_type::USER,
            status: Some(status::DONE),
            message: Some(message.into()),
        }
    }

    fn token(&self) -> Event {
        Event {
            param: Param {
                action: Some("GET"),
                uri: Some("/auth/v1/tokens/generate".into()),
                initiator: Some(self.source_service),
                source_service: Some(service::REST),
                ..Param::default()
            },
            resources: vec![],
            kind: event_type::TOKEN,
            status: Some(status::DONE),
            message: Some("Token has been generated".into()),
        }
    }

    /// As sparse as the vendor's own example of such an event.
    fn user_management(&self, random: &mut Random) -> Event {
        let action = random.pick(words::USER_ACTIONS);
        let actor = random.pick(words::PEOPLE);
        Event {
            param: Param::default(),
            resources: vec![user(action, actor.id)],
            kind: event_type::ACCEPTED,
            status: None,
            message: None,
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
                initiator: Some(self.source_service),
                source_service: Some(service::REST),
                error_code: fault.code(),
                error: Some(fault.envelope()),
            },
            resources,
            kind: event_type::ERROR,
            status: Some(status::FAILED),
            message: Some(fault.text().into()),
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
            http_status: self.http_status,
            messages: self
                .messages
                .iter()
                .map(|(error_code, message)| Message {
                    error_code,
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
    }
}

/// Grows with time, is unique within the contract, and starts somewhere else in each contract.
fn queue_ref_id(key: Key, operation: usize) -> u64 {
    let first = Random::new(
        Key {
            part: Key::QUEUE,
            ..key
        },
        0,
    )
    .between(10_000_000, 1_000_000_000);
    first + (key.part - FIRST_HOUR) * MAX_OPERATIONS + operation as u64
}

/// Milliseconds since 1970-01-01T00:00:00Z as `2026-11-20T09:12:33.394Z`.
fn timestamp(time: i64) -> String {
    (DateTime::<Utc>::UNIX_EPOCH + TimeDelta::milliseconds(time))
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_even_when_they_are_zero() {
        assert_eq!(timestamp(1_795_165_953_394), "2026-11-20T09:12:33.394Z");
        assert_eq!(timestamp(1_795_165_953_000), "2026-11-20T09:12:33.000Z");
    }
}
