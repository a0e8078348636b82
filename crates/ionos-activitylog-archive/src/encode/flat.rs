//! Most questions about the log are asked of columns. A row has the same columns whatever is in the record, so that
//! files of years can be laid one under the other; what it leaves out is in the record, which it names by id and hash.
//!
//! Deliberately absent: when an event was fetched and how late it was, because the same events must give the same file
//! whenever they are exported; and the record itself, which NDJSON keeps better than any cell.

mod uri;

use std::borrow::Cow;

use chrono::SecondsFormat;
use ionos_activitylog::{ContractNumber, Event, Resource};
use schemars::JsonSchema;
use serde::Serialize;

use super::cell::escape_cell;
use crate::digest::Digest;
use crate::encode::ndjson;

/// The version of the columns: their names, order and meaning. It is another one when any of these changes, from the first
/// release on; until then nobody has rows of two meanings.
pub const FLAT_SCHEMA: &str = "flat/1";

const COLUMN_COUNT: usize = 32;

/// An event as a row of a table, schema `flat/1`. A value that the record does not have is none, an empty cell in CSV.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FlatRow<'a> {
    /// What the event is known by: `u:` and its UUID, or `h:` and a hash. Unique within a contract.
    pub event_id: String,
    /// The SHA-256, in hex, of the record as it is on its line of NDJSON, without the line's end.
    pub raw_sha256: String,
    /// The contract whose log it is in.
    pub contract: Cow<'a, str>,
    /// The contract that the user acted under, which for a reseller may be another.
    pub identity_contract: Option<Cow<'a, str>>,
    /// The login name.
    pub user: Option<Cow<'a, str>>,
    /// When it happened: RFC 3339 in UTC with milliseconds.
    pub time: Option<String>,
    /// The type of the event, such as `RequestAccepted`.
    pub event_type: Option<Cow<'a, str>>,
    /// Its status, such as `DONE`.
    pub status: Option<Cow<'a, str>>,
    /// How it ended: `success`, `failure`, `pending` or `unknown`.
    pub outcome: &'static str,
    /// What sort of operation: `create`, `read`, `update`, `delete` or `other`.
    pub op_class: &'static str,
    /// The last part of the name that the record gives the action, such as `create`.
    pub verb: Option<String>,
    /// What is before it, such as `sec.user`.
    pub area: Option<String>,
    /// The service that the user used.
    pub source_service: Option<Cow<'a, str>>,
    /// The service that it took place in.
    pub param_service: Option<Cow<'a, str>>,
    /// The component that started it.
    pub initiator: Option<Cow<'a, str>>,
    /// The machine that served the request.
    pub service_host: Option<Cow<'a, str>>,
    /// The version of the Cloud API, such as `v6`, by the URI or else by the name of the service.
    pub api_version: Option<String>,
    /// Where the request came from, as the service wrote it.
    pub source_ip: Option<Cow<'a, str>>,
    /// The HTTP method.
    pub method: Option<Cow<'a, str>>,
    /// The URI of the request, in full or its path alone.
    pub uri: Option<Cow<'a, str>>,
    /// The path of the URI with `{id}` in the place of numbers and UUIDs.
    pub uri_template: Option<String>,
    /// The single request.
    pub request_id: Option<Cow<'a, str>>,
    /// The provisioning request.
    pub queue_ref_id: Option<Cow<'a, str>>,
    /// The transaction that caused the event.
    pub transaction_id: Option<Cow<'a, str>>,
    /// The vendor's code of the error.
    pub error_code: Option<Cow<'a, str>>,
    /// The HTTP status of the error.
    pub http_status: Option<u16>,
    /// The messages of the error, with `; ` between them.
    pub error_message: Option<String>,
    /// The type of the first resource.
    pub resource_type: Option<Cow<'a, str>>,
    /// The identifier of the first resource.
    pub resource_id: Option<Cow<'a, str>>,
    /// What was done: the first name that the record gives, such as `sec.user.create`, or else the HTTP method and what it
    /// acts on, such as `DELETE nic`.
    pub action: Option<Cow<'a, str>>,
    /// All resources. In CSV one cell of JSON.
    pub resources: Vec<FlatResource<'a>>,
    /// The status in words.
    pub message: Option<Cow<'a, str>>,
}

/// A resource that an event touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FlatResource<'a> {
    /// What sort of resource it is.
    #[serde(rename = "type")]
    pub resource_type: Option<Cow<'a, str>>,
    /// Its identifier.
    pub id: Option<Cow<'a, str>>,
    /// What was done to it.
    pub actions: Vec<Cow<'a, str>>,
}

impl<'a> FlatRow<'a> {
    /// The names of the columns, in order.
    pub const COLUMNS: [&'static str; COLUMN_COUNT] = [
        "event_id",
        "raw_sha256",
        "contract",
        "identity_contract",
        "user",
        "time",
        "event_type",
        "status",
        "outcome",
        "op_class",
        "verb",
        "area",
        "source_service",
        "param_service",
        "initiator",
        "service_host",
        "api_version",
        "source_ip",
        "method",
        "uri",
        "uri_template",
        "request_id",
        "queue_ref_id",
        "transaction_id",
        "error_code",
        "http_status",
        "error_message",
        "resource_type",
        "resource_id",
        "action",
        "resources",
        "message",
    ];

    /// The row of an event in the log of a contract.
    #[must_use]
    pub fn new(contract: &'a ContractNumber, event: &'a Event) -> Self {
        let details = event.details();
        let principal = details.principal();
        let request = details.action();
        let error = details.error().unwrap_or_default();
        let resources = details.resources();
        let action = resources.iter().flat_map(|one| &one.actions).next();
        let api_version = request
            .uri
            .as_deref()
            .and_then(uri::version)
            .or_else(|| uri::version_of_service(principal.service.as_ref()?.as_str()));
        let messages: Vec<&str> = error.messages.iter().filter_map(|one| one.message.as_deref()).collect();
        Self {
            event_id: event.id().to_string(),
            raw_sha256: Digest::sha256(ndjson::to_line(event.raw()).as_bytes()).to_string(),
            contract: Cow::Borrowed(contract.as_str()),
            identity_contract: principal.contract,
            user: principal.user,
            time: details.time().map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            event_type: details.event_type().map(Cow::from),
            status: details.status().map(Cow::from),
            outcome: details.outcome().as_str(),
            op_class: details.op_class().as_str(),
            verb: action.map(|action| action.verb().to_owned()),
            area: action.and_then(|action| action.area().map(str::to_owned)),
            source_service: principal.service.map(Cow::from),
            param_service: request.service.map(Cow::from),
            initiator: request.initiator,
            service_host: principal.host,
            api_version,
            source_ip: principal.source_ip,
            method: request.method,
            uri_template: request.uri.as_deref().map(uri::template),
            uri: request.uri,
            request_id: details.request_id(),
            queue_ref_id: details.queue_ref_id(),
            transaction_id: details.transaction_id(),
            error_code: error.code.clone(),
            http_status: error.status,
            error_message: (!messages.is_empty()).then(|| messages.join("; ")),
            resource_type: resources.first().and_then(|one| one.resource_type.clone().map(Cow::from)),
            resource_id: resources.first().and_then(|one| one.id.clone()),
            action: match action {
                Some(action) => Some(Cow::from(action.clone())),
                None => details.actions().into_iter().next(),
            },
            resources: resources.into_iter().map(FlatResource::of).collect(),
            message: details.message(),
        }
    }

    /// The row as cells of a table, in the order of [`FlatRow::COLUMNS`], each safe to open in a spreadsheet: see
    /// [`escape_cell`](crate::escape_cell).
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        let resources = match self.resources.as_slice() {
            [] => String::new(),
            // A list of texts has a JSON form.
            some => serde_json::to_string(some).unwrap_or_default(),
        };
        let status = self.http_status.map(|status| status.to_string());
        let cells: [Option<&str>; COLUMN_COUNT] = [
            Some(&self.event_id),
            Some(&self.raw_sha256),
            Some(&self.contract),
            self.identity_contract.as_deref(),
            self.user.as_deref(),
            self.time.as_deref(),
            self.event_type.as_deref(),
            self.status.as_deref(),
            Some(self.outcome),
            Some(self.op_class),
            self.verb.as_deref(),
            self.area.as_deref(),
            self.source_service.as_deref(),
            self.param_service.as_deref(),
            self.initiator.as_deref(),
            self.service_host.as_deref(),
            self.api_version.as_deref(),
            self.source_ip.as_deref(),
            self.method.as_deref(),
            self.uri.as_deref(),
            self.uri_template.as_deref(),
            self.request_id.as_deref(),
            self.queue_ref_id.as_deref(),
            self.transaction_id.as_deref(),
            self.error_code.as_deref(),
            status.as_deref(),
            self.error_message.as_deref(),
            self.resource_type.as_deref(),
            self.resource_id.as_deref(),
            self.action.as_deref(),
            Some(&resources),
            self.message.as_deref(),
        ];
        let safe = |text: Option<&str>| escape_cell(text.unwrap_or_default()).into_owned();
        cells.map(safe).into()
    }
}

impl<'a> FlatResource<'a> {
    fn of(resource: Resource<'a>) -> Self {
        Self {
            resource_type: resource.resource_type.map(Cow::from),
            id: resource.id,
            actions: resource.actions.into_iter().map(Cow::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_of(record: &str) -> serde_json::Value {
        let event = Event::from_json(record).unwrap();
        serde_json::to_value(FlatRow::new(&7.into(), &event)).unwrap()
    }

    #[test]
    fn the_columns_are_the_members_of_a_row() {
        let row = row_of("{}");
        let mut names: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        let mut columns = FlatRow::COLUMNS;
        names.sort_unstable();
        columns.sort_unstable();
        assert_eq!(names, columns);
    }

    /// Each value of a record is another, so a cell in the wrong column shows.
    #[test]
    fn each_value_is_in_its_column() {
        let record = r#"{"@uuid":"c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
            "meta":{"time":"2026-11-20T10:14:03.1209+01:00","requestId":"r","queueRefId":9182731,"transactionId":"t"},
            "principal":{"identity":{"username":"=jane","contractNumber":9876543218374837483},"sourceIP":"203.0.113.42",
                "sourceService":"PUBLIC_REST_V5","serviceHost":"h"},
            "event":{"type":"Error","status":"-FAILED","message":"m","param":{"action":"POST",
                "uri":"https://api.ionos.com/cloudapi/v6/datacenters/c1b9b1b0-7b1b-11e6-9a41-000d3a002f99/servers/17?depth=1",
                "initiator":"i","sourceService":"p","errorCode":"e",
                "error":{"httpStatus":"422","messages":[{"message":"one"},{"message":"two"}]}},
              "resources":[{"type":"server","id":17,"action":[]},{"type":"nic","id":"n","action":["vr.nic.create"]}]}}"#;
        let event = Event::from_json(record).unwrap();
        let hash = Digest::sha256(ndjson::to_line(record).as_bytes()).to_string();
        let contract = 7.into();
        let cells = FlatRow::new(&contract, &event).cells();
        let expected = [
            ("event_id", "u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f99"),
            ("raw_sha256", hash.as_str()),
            ("contract", "7"),
            ("identity_contract", "9876543218374837483"),
            ("user", "'=jane"),
            ("time", "2026-11-20T09:14:03.120Z"),
            ("event_type", "Error"),
            ("status", "'-FAILED"),
            ("outcome", "failure"),
            ("op_class", "create"),
            ("verb", "create"),
            ("area", "vr.nic"),
            ("source_service", "PUBLIC_REST_V5"),
            ("param_service", "p"),
            ("initiator", "i"),
            ("service_host", "h"),
            ("api_version", "v6"),
            ("source_ip", "203.0.113.42"),
            ("method", "POST"),
            (
                "uri",
                "https://api.ionos.com/cloudapi/v6/datacenters/c1b9b1b0-7b1b-11e6-9a41-000d3a002f99/servers/17?depth=1",
            ),
            ("uri_template", "/cloudapi/v6/datacenters/{id}/servers/{id}"),
            ("request_id", "r"),
            ("queue_ref_id", "9182731"),
            ("transaction_id", "t"),
            ("error_code", "e"),
            ("http_status", "422"),
            ("error_message", "one; two"),
            ("resource_type", "server"),
            ("resource_id", "17"),
            ("action", "vr.nic.create"),
            (
                "resources",
                r#"[{"type":"server","id":"17","actions":[]},{"type":"nic","id":"n","actions":["vr.nic.create"]}]"#,
            ),
            ("message", "m"),
        ];
        let found: Vec<(&str, &str)> = FlatRow::COLUMNS.into_iter().zip(cells.iter().map(String::as_str)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_not_there_is_none() {
        for record in ["{}", "null", "[]", r#""text""#] {
            let row = row_of(record);
            // A set, because the order of keys is that of another crate's features.
            let there: std::collections::BTreeSet<&str> = row
                .as_object()
                .unwrap()
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, _)| name.as_str())
                .collect();
            let always = ["contract", "event_id", "op_class", "outcome", "raw_sha256", "resources"];
            assert!(there.into_iter().eq(always), "{record}");
        }
    }

    #[test]
    fn the_version_is_in_the_uri_or_in_the_name_of_the_service() {
        for (uri, service, expected) in [
            ("/cloudapi/v6/a", "PUBLIC_REST_V5", Some("v6")),
            ("/a/vms", "PUBLIC_REST_V6", Some("v6")),
            ("/a", "Reseller_V1", Some("v1")),
            ("/a", "DCD", None),
            ("/a", "V_", None),
        ] {
            let row = row_of(&format!(
                r#"{{"principal":{{"sourceService":"{service}"}},"event":{{"param":{{"uri":"{uri}"}}}}}}"#
            ));
            assert_eq!(row["api_version"].as_str(), expected, "{uri} {service}");
        }
    }
}
