//! An event as a row of a table. All rows have the same columns, so that files of many years can be concatenated. Each
//! row identifies its record by id and hash.
//!
//! Two values are absent on purpose: the time of the download, because the same events must always give the same file,
//! and the record itself, which NDJSON contains.

mod uri;

use std::borrow::Cow;

use chrono::SecondsFormat;
use ionos_activitylog::{ContractNumber, Event, Resource};
use schemars::JsonSchema;
use serde::Serialize;

use super::cell::escape_cell;
use crate::digest::Digest;
use crate::encode::ndjson;

/// Version of the columns: their names, order and meaning.
pub const FLAT_SCHEMA: &str = "flat/1";

const COLUMN_COUNT: usize = 32;

/// An event as a row of a table, schema `flat/1`. A value that the record does not have is `null`, an empty cell in
/// CSV.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FlatRow<'a> {
    /// Id of the event: `u:` and its UUID, or `h:` and a hash. Unique within a contract.
    pub event_id: String,
    /// SHA-256, in hex, of the line that the record has in NDJSON, without the line end.
    pub raw_sha256: String,
    /// Contract whose log contains the event.
    pub contract: Cow<'a, str>,
    /// Contract that the user acted under. Differs from `contract` for resellers.
    pub identity_contract: Option<Cow<'a, str>>,
    /// Login name of the user.
    pub user: Option<Cow<'a, str>>,
    /// Time of the event: RFC 3339 in UTC with milliseconds.
    pub time: Option<String>,
    /// Type of the event, such as `RequestAccepted`.
    pub event_type: Option<Cow<'a, str>>,
    /// Status of the event, such as `DONE`.
    pub status: Option<Cow<'a, str>>,
    /// Outcome: `success`, `failure`, `pending` or `unknown`.
    pub outcome: &'static str,
    /// Class of the operation: `create`, `read`, `update`, `delete` or `other`.
    pub op_class: &'static str,
    /// Last part of the action's name, such as `create`.
    pub verb: Option<String>,
    /// Rest of the action's name, such as `sec.user`.
    pub area: Option<String>,
    /// Service that the user called.
    pub source_service: Option<Cow<'a, str>>,
    /// Service that performed the operation.
    pub param_service: Option<Cow<'a, str>>,
    /// Component that initiated the operation.
    pub initiator: Option<Cow<'a, str>>,
    /// Host that served the request.
    pub service_host: Option<Cow<'a, str>>,
    /// Version of the Cloud API, such as `v6`, from the URI or else from the name of the service.
    pub api_version: Option<String>,
    /// IP address of the client, as the service wrote it.
    pub source_ip: Option<Cow<'a, str>>,
    /// HTTP method.
    pub method: Option<Cow<'a, str>>,
    /// URI of the request: absolute, or the path alone.
    pub uri: Option<Cow<'a, str>>,
    /// Path of the URI with `{id}` in place of numbers and UUIDs.
    pub uri_template: Option<String>,
    /// Id of the request that caused the event.
    pub request_id: Option<Cow<'a, str>>,
    /// Id of the provisioning request; all events of one operation have the same id.
    pub queue_ref_id: Option<Cow<'a, str>>,
    /// Id of the transaction that caused the event.
    pub transaction_id: Option<Cow<'a, str>>,
    /// Error code of the vendor.
    pub error_code: Option<Cow<'a, str>>,
    /// HTTP status of the error.
    pub http_status: Option<u16>,
    /// Messages of the error, separated by `; `.
    pub error_message: Option<String>,
    /// Type of the first resource.
    pub resource_type: Option<Cow<'a, str>>,
    /// Id of the first resource.
    pub resource_id: Option<Cow<'a, str>>,
    /// The action: the first name that the record gives, such as `sec.user.create`, or else the HTTP method and its
    /// object, such as `DELETE nic`.
    pub action: Option<Cow<'a, str>>,
    /// All resources. In CSV, one cell that contains JSON text.
    pub resources: Vec<FlatResource<'a>>,
    /// Description of the status.
    pub message: Option<Cow<'a, str>>,
}

/// A resource that the event concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FlatResource<'a> {
    /// Type of the resource.
    #[serde(rename = "type")]
    pub resource_type: Option<Cow<'a, str>>,
    /// Id of the resource.
    pub id: Option<Cow<'a, str>>,
    /// Actions on the resource.
    pub actions: Vec<Cow<'a, str>>,
}

impl<'a> FlatRow<'a> {
    /// Names of the columns, in order.
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

    /// The row of an event of a contract's log.
    #[must_use]
    pub fn new(contract: &'a ContractNumber, event: &'a Event) -> Self {
        Self { raw_sha256: Self::hash_record(event), ..Self::without_hash(contract, event) }
    }

    /// The value of `raw_sha256` in the row of an event.
    #[doc(hidden)]
    #[must_use]
    pub fn hash_record(event: &Event) -> String {
        Digest::sha256(ndjson::to_line(event.raw()).as_bytes()).to_string()
    }

    /// The row with an empty `raw_sha256`, for output without this column: the hash costs as much as all other values.
    #[doc(hidden)]
    #[must_use]
    pub fn without_hash(contract: &'a ContractNumber, event: &'a Event) -> Self {
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
            raw_sha256: String::new(),
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
            resources: resources.into_iter().map(FlatResource::from_resource).collect(),
            message: details.message(),
        }
    }

    /// The row as cells of a table, in the order of [`FlatRow::COLUMNS`], each escaped by
    /// [`escape_cell`](crate::escape_cell).
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        let resources = match self.resources.as_slice() {
            [] => String::new(),
            // Serializing strings never fails.
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
    fn from_resource(resource: Resource<'a>) -> Self {
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

    /// Each value of the record is different, so that a value in a wrong column is found.
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
    fn absent_values_are_null() {
        for record in ["{}", "null", "[]", r#""text""#] {
            let row = row_of(record);
            // A set, because a feature of another crate may change the order of keys.
            let present: std::collections::BTreeSet<&str> = row
                .as_object()
                .unwrap()
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, _)| name.as_str())
                .collect();
            let always = ["contract", "event_id", "op_class", "outcome", "raw_sha256", "resources"];
            assert!(present.into_iter().eq(always), "{record}");
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
