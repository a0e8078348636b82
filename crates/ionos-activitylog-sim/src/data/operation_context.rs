//! Draws the context of an operation. All events of an operation must agree on the actor, the request and the
//! resources, even if the events are on different pages. So the record of each event draws these values from the random
//! generator of the operation, which draws the same values each time.

use std::borrow::Cow;

use uuid::Uuid;

use crate::behavior::Behavior;
use crate::data::cloud_operation::{ChainStep, CloudOperation, ProvisioningChain, SingleEvent};
use crate::data::error_envelope::{ErrorEnvelope, ErrorMessage};
use crate::data::inventory;
use crate::data::people::{Actor, Population};
use crate::data::random::{Random, RandomKey};
use crate::data::record::{EventParam, EventResource, RecordEvent};
use crate::data::request_id::RequestLocation;
use crate::data::value::{Scalar, Text};
use crate::data::vocabulary::{self as words, ErrorTemplate, event_type, service, status};

/// Settings that all records of a log share.
pub(crate) struct RecordSettings<'a> {
    pub(crate) population: Population,
    pub(crate) behavior: &'a Behavior,
    /// Exclusive upper bound for the number of operations in a time slice of the log. Bursts are not counted.
    pub(crate) max_operations_per_slice: u64,
    /// The index of the first time slice of the log.
    pub(crate) first_slice: u64,
    pub(crate) slices_per_hour: u64,
}

/// Data that all events of an operation share.
pub(crate) struct OperationContext<'a> {
    key: RandomKey,
    settings: &'a RecordSettings<'a>,
    pub(crate) actor: Cow<'static, Actor>,
    pub(crate) source_ip: &'static str,
    pub(crate) source_service: Text,
    pub(crate) service_host: Option<&'static str>,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) transaction_id: Option<Uuid>,
}

impl<'a> OperationContext<'a> {
    pub(crate) fn draw(
        key: RandomKey,
        index: u32,
        operation: CloudOperation,
        settings: &'a RecordSettings,
        random: &mut Random,
    ) -> Self {
        // A session event has a person as its actor, the DCD as its service, and no request.
        let session = operation == CloudOperation::Single(SingleEvent::Session);
        let actor = if session { settings.population.person(random) } else { settings.population.anyone(random) };
        let location = RequestLocation { contract: key.contract, slice: key.part, operation: index };
        Self {
            key,
            settings,
            source_ip: *random.pick(actor.addresses),
            source_service: if session { service::DCD.into() } else { settings.population.service(random, &actor) },
            service_host: (!random.one_in(25)).then(|| *random.pick(words::HOSTS)),
            request_id: (!session).then(|| location.to_id(key.seed, settings.slices_per_hour)),
            transaction_id: random.one_in(50).then(|| random.uuid()),
            actor,
        }
    }

    /// The `event` member of one event, by its position in the operation. `random` must be in the state in which `draw`
    /// left it, so that all events of the operation draw the same resources.
    pub(crate) fn event(&self, operation: CloudOperation, position: u64, random: &mut Random) -> RecordEvent {
        match operation {
            CloudOperation::Provisioned(chain) => self.chain_event(random, chain, chain.step(position)),
            CloudOperation::Single(SingleEvent::Read) => self.read(random),
            CloudOperation::Single(SingleEvent::Session) => self.session(random),
            CloudOperation::Single(SingleEvent::Token) => self.token(),
            CloudOperation::Single(SingleEvent::UserManagement) => self.user_management(random),
            CloudOperation::Single(SingleEvent::Refusal) => self.refusal(random),
        }
    }

    fn chain_event(&self, random: &mut Random, chain: ProvisioningChain, step: ChainStep) -> RecordEvent {
        let change = random.weighted(words::CHANGES);
        let name = random.pick(words::NAMES);
        let error = random.pick(words::FAILURES);
        let (uri, resources) = inventory::draw_target(self.key, random, change);
        let request = EventParam {
            action: Some(change.method),
            uri: Some(uri),
            initiator: Some(self.source_service.clone()),
            source_service: Some(service::REST),
            ..EventParam::default()
        };
        let summary = format!("{} {} \"{name}\"", change.verb, change.resource_type);
        let (kind, param, status, message) = match step {
            ChainStep::Accepted => (event_type::ACCEPTED, request, status::QUEUED, "Request has been queued".into()),
            ChainStep::Provision(number) => (
                event_type::PROVISION,
                self.later_param(service::PROVISIONING),
                if number == 1 { status::QUEUED } else { status::RUNNING },
                summary.into(),
            ),
            ChainStep::Update(number) if number < chain.updates => (
                event_type::UPDATE,
                self.later_param(service::REST),
                status::RUNNING,
                format!("{summary}: step {number} of {}", chain.updates).into(),
            ),
            ChainStep::Update(_) if chain.failed => (
                event_type::UPDATE,
                EventParam { error_code: error.code(), ..self.later_param(service::REST) },
                status::FAILED,
                "Request could not be executed".into(),
            ),
            ChainStep::Update(_) => (
                event_type::UPDATE,
                self.later_param(service::REST),
                status::DONE,
                "Request has been successfully executed".into(),
            ),
            ChainStep::Failure => (
                event_type::ERROR,
                EventParam {
                    source_service: Some(service::PROVISIONING),
                    error_code: error.code(),
                    error: Some(error.envelope()),
                    ..request
                },
                status::FAILED,
                error.message().into(),
            ),
        };
        RecordEvent { param, resources, kind, status: Some(status), message: Some(message), unknown: None }
    }

    /// The `param` member of a provision event or an update. Unlike the `param` member of the accepted event, it has no
    /// method and no URI, and it names the REST service without a version.
    fn later_param(&self, source_service: &'static str) -> EventParam {
        let initiator = match &*self.source_service {
            service::REST_V6 => service::REST.into(),
            _ => self.source_service.clone(),
        };
        EventParam { initiator: Some(initiator), source_service: Some(source_service), ..EventParam::default() }
    }

    fn read(&self, random: &mut Random) -> RecordEvent {
        let (uri, resource_type) = random.weighted(words::READS);
        let id = if *resource_type == "user" {
            self.actor.id.to_string()
        } else {
            inventory::existing_id(self.key, random, resource_type)
        };
        RecordEvent {
            param: EventParam {
                action: Some("GET"),
                uri: Some(inventory::fill_template(self.key, random, uri, &id)),
                initiator: Some(self.source_service.clone()),
                source_service: Some(service::REST),
                ..EventParam::default()
            },
            resources: vec![EventResource { action: vec![], id, kind: resource_type, unknown: None }],
            kind: event_type::ACCEPTED,
            status: Some(status::DONE),
            message: None,
            unknown: None,
        }
    }

    fn session(&self, random: &mut Random) -> RecordEvent {
        let (action, message) = *random.pick(words::SESSIONS);
        RecordEvent {
            param: EventParam { initiator: Some(service::DCD.into()), ..EventParam::default() },
            resources: vec![user_resource(action, &self.actor.id)],
            kind: event_type::USER,
            status: Some(status::DONE),
            message: Some(message.into()),
            unknown: None,
        }
    }

    fn token(&self) -> RecordEvent {
        RecordEvent {
            param: EventParam {
                action: Some("GET"),
                uri: Some("/auth/v1/tokens/generate".into()),
                initiator: Some(self.source_service.clone()),
                source_service: Some(service::REST),
                ..EventParam::default()
            },
            resources: vec![],
            kind: event_type::TOKEN,
            status: Some(status::DONE),
            message: Some("Token has been generated".into()),
            unknown: None,
        }
    }

    /// The `event` member of a change of a user, a group or a key. It has as few members as the vendor's own example.
    fn user_management(&self, random: &mut Random) -> RecordEvent {
        let (action, kind) = *random.weighted(words::IAM_ACTIONS);
        let resource = match kind {
            "user" => user_resource(action, &self.settings.population.person(random).id),
            _ => EventResource {
                action: vec![action],
                id: inventory::existing_id(self.key, random, kind),
                kind,
                unknown: None,
            },
        };
        RecordEvent {
            param: EventParam::default(),
            resources: vec![resource],
            kind: event_type::ACCEPTED,
            status: None,
            message: None,
            unknown: None,
        }
    }

    fn refusal(&self, random: &mut Random) -> RecordEvent {
        let change = random.weighted(words::CHANGES);
        let error = random.pick(words::REFUSALS);
        let (uri, mut resources) = inventory::draw_target(self.key, random, change);
        // A record does not list a resource whose creation was refused, because the resource does not exist.
        if change.creates() {
            resources.remove(0);
        }
        RecordEvent {
            param: EventParam {
                action: Some(change.method),
                uri: Some(uri),
                initiator: Some(self.source_service.clone()),
                source_service: Some(service::REST),
                error_code: error.code(),
                error: Some(error.envelope()),
                unknown: None,
            },
            resources,
            kind: event_type::ERROR,
            status: Some(status::FAILED),
            message: Some(error.message().into()),
            unknown: None,
        }
    }
}

impl ErrorTemplate {
    fn code(&self) -> Option<&'static str> {
        self.messages.first().map(|(code, _)| *code)
    }

    fn message(&self) -> &'static str {
        self.messages.first().map_or("", |(_, text)| *text)
    }

    fn envelope(&self) -> ErrorEnvelope {
        ErrorEnvelope {
            http_status: Scalar::Whole(self.http_status.into()),
            messages: self
                .messages
                .iter()
                .map(|(error_code, message)| ErrorMessage {
                    error_code: (*error_code).into(),
                    message: (*message).into(),
                })
                .collect(),
        }
    }
}

fn user_resource(action: &'static str, id: &str) -> EventResource {
    EventResource { action: vec![action], id: id.to_owned(), kind: "user", unknown: None }
}
