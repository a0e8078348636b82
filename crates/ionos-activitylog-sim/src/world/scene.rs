//! All events of an operation must agree on who acted and on what, wherever a page happens to cut them apart. So that is
//! drawn once, as a scene, and each event tells its own part of it.

use std::borrow::Cow;

use uuid::Uuid;

use crate::world::event::Style;
use crate::world::inventory;
use crate::world::operation::{Chain, Operation, Single, Step};
use crate::world::people::Actor;
use crate::world::random::{Key, Random};
use crate::world::record::{Envelope, Event, Message, Param, Resource, Scalar, Text};
use crate::world::request_id::Place;
use crate::world::vocabulary::{self as words, Fault, event_type, service, status};

/// What all events of an operation share.
pub(crate) struct Scene<'a> {
    key: Key,
    style: &'a Style<'a>,
    pub(crate) actor: Cow<'static, Actor>,
    pub(crate) source_ip: &'static str,
    pub(crate) source_service: Text,
    pub(crate) service_host: Option<&'static str>,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) transaction_id: Option<Uuid>,
}

impl<'a> Scene<'a> {
    pub(crate) fn draw(key: Key, index: u32, operation: Operation, style: &'a Style, random: &mut Random) -> Self {
        // Only people open a session, and only in the DCD; it is no request.
        let session = operation == Operation::Single(Single::Session);
        let actor = if session { style.population.person(random) } else { style.population.anyone(random) };
        let place = Place { contract: key.contract, slice: key.part, operation: index };
        Self {
            key,
            style,
            source_ip: *random.pick(actor.addresses),
            source_service: if session { service::DCD.into() } else { style.population.service(random, &actor) },
            service_host: (!random.one_in(25)).then(|| *random.pick(words::HOSTS)),
            request_id: (!session).then(|| place.id(key.seed, style.slices_of_an_hour)),
            transaction_id: random.one_in(50).then(|| random.uuid()),
            actor,
        }
    }

    /// What one of the operation's events says, given by its place among them. `random` is what drew the scene.
    pub(crate) fn event(&self, operation: Operation, position: u64, random: &mut Random) -> Event {
        match operation {
            Operation::Provisioned(chain) => self.provisioned(random, chain, chain.step(position)),
            Operation::Single(Single::Read) => self.read(random),
            Operation::Single(Single::Session) => self.session(random),
            Operation::Single(Single::Token) => self.token(),
            Operation::Single(Single::UserManagement) => self.user_management(random),
            Operation::Single(Single::Refusal) => self.refusal(random),
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
            Step::Accepted => (event_type::ACCEPTED, request, status::QUEUED, "Request has been queued".into()),
            Step::Provision(number) => (
                event_type::PROVISION,
                later(service::PROVISIONING),
                if number == 1 { status::QUEUED } else { status::RUNNING },
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
                Param { error_code: fault.code(), ..later(service::REST) },
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
        Event { param, resources, kind, status: Some(status), message: Some(message), unknown: None }
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
            resources: vec![Resource { action: vec![], id, kind: resource_type, unknown: None }],
            kind: event_type::ACCEPTED,
            status: Some(status::DONE),
            message: None,
            unknown: None,
        }
    }

    fn session(&self, random: &mut Random) -> Event {
        let (action, message) = *random.pick(words::SESSIONS);
        Event {
            param: Param { initiator: Some(service::DCD.into()), ..Param::default() },
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
            _ => {
                Resource { action: vec![action], id: inventory::existing(self.key, random, kind), kind, unknown: None }
            }
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
                .map(|(error_code, message)| Message { error_code: (*error_code).into(), message: (*message).into() })
                .collect(),
        }
    }
}

fn user(action: &'static str, id: &str) -> Resource {
    Resource { action: vec![action], id: id.to_owned(), kind: "user", unknown: None }
}
