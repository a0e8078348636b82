//! The vocabulary of records, as data: event types, services, changes, names and errors.
//!
//! IP addresses are from the ranges reserved for documentation (RFC 5737, RFC 3849), and domain names are from
//! `example.com` and `example.net` (RFC 2606). Only the action names `sec.user.create`, `ip.ipblock.reserve`,
//! `vr.firewall.activate` and `sn.snapshot.create` are public; the other action names follow the pattern of these.

/// Event types.
pub(crate) mod event_type {
    pub(crate) const ACCEPTED: &str = "RequestAccepted";
    pub(crate) const UPDATE: &str = "RequestStatusUpdate";
    pub(crate) const PROVISION: &str = "Provision";
    pub(crate) const ERROR: &str = "Error";
    pub(crate) const USER: &str = "DCDUserEvent";
    pub(crate) const TOKEN: &str = "GenerateToken";
}

/// Request statuses.
pub(crate) mod status {
    pub(crate) const QUEUED: &str = "QUEUED";
    pub(crate) const RUNNING: &str = "RUNNING";
    pub(crate) const DONE: &str = "DONE";
    pub(crate) const FAILED: &str = "FAILED";
}

/// Services that occur in principals and in events.
pub(crate) mod service {
    pub(crate) const REST: &str = "PUBLIC_REST";
    pub(crate) const REST_V6: &str = "PUBLIC_REST_V6";
    pub(crate) const DCD: &str = "DCD";
    pub(crate) const RESELLER: &str = "Reseller_V1";
    pub(crate) const PROVISIONING: &str = "Provisioning";
}

/// Hosts that serve requests.
pub(crate) const HOSTS: &[&str] =
    &["api-1.fra.example.net", "api-2.fra.example.net", "api-1.txl.example.net", "dcd-gateway.example.net"];

/// Names that users chose. Some need escaping in JSON, CSV or a terminal.
pub(crate) const NAMES: &[&str] = &[
    "web-01",
    "web-02",
    "db-primary",
    "staging",
    "Büro Nürnberg",
    "Lager \"Süd\"",
    "C:\\Backup\\täglich",
    "k8s-pool/eu",
    "Test, bitte löschen",
];

/// A change that goes through provisioning.
pub(crate) struct ChangeTemplate {
    /// The HTTP method.
    pub(crate) method: &'static str,
    /// The path. `{id}` stands for the identifier of the changed resource; a change without `{id}` creates the
    /// resource. Any other word in braces is a resource type, and stands for the identifier of an existing resource of
    /// this type.
    pub(crate) uri: &'static str,
    pub(crate) resource_type: &'static str,
    pub(crate) action: &'static str,
    /// The verb for messages, such as `Creating`.
    pub(crate) verb: &'static str,
}

const fn change(
    method: &'static str,
    uri: &'static str,
    resource_type: &'static str,
    action: &'static str,
    verb: &'static str,
) -> ChangeTemplate {
    ChangeTemplate { method, uri, resource_type, action, verb }
}

/// Changes with their weights.
#[rustfmt::skip]
pub(crate) const CHANGES: &[(u64, ChangeTemplate)] = &[
    (2, change("POST", "/cloudapi/v6/datacenters", "datacenter", "vr.datacenter.create", "Creating")),
    (1, change("DELETE", "/cloudapi/v6/datacenters/{id}", "datacenter", "vr.datacenter.delete", "Deleting")),
    (10, change("POST", "/cloudapi/v6/datacenters/{datacenter}/servers", "server", "vr.server.create", "Creating")),
    (12, change("PATCH", "/cloudapi/v6/datacenters/{datacenter}/servers/{id}", "server", "vr.server.update", "Changing")),
    (6, change("POST", "/cloudapi/v6/datacenters/{datacenter}/servers/{id}/reboot", "server", "vr.server.reboot", "Rebooting")),
    (5, change("DELETE", "/cloudapi/v6/datacenters/{datacenter}/servers/{id}", "server", "vr.server.delete", "Deleting")),
    (9, change("POST", "/cloudapi/v6/datacenters/{datacenter}/volumes", "volume", "vr.volume.create", "Creating")),
    (5, change("DELETE", "/cloudapi/v6/datacenters/{datacenter}/servers/{server}/volumes/{id}", "volume", "vr.volume.detach", "Detaching")),
    (6, change("POST", "/cloudapi/v6/datacenters/{datacenter}/servers/{server}/nics", "nic", "vr.nic.create", "Creating")),
    (4, change("PUT", "/cloudapi/v6/datacenters/{datacenter}/servers/{server}/nics/{id}", "nic", "vr.nic.update", "Changing")),
    (3, change("POST", "/cloudapi/v6/datacenters/{datacenter}/lans", "lan", "vr.lan.create", "Creating")),
    (6, change("POST", "/cloudapi/v6/datacenters/{datacenter}/servers/{server}/nics/{nic}/firewallrules", "firewallrule", "vr.firewall.activate", "Activating")),
    (2, change("PATCH", "/cloudapi/v6/datacenters/{datacenter}/servers/{server}/nics/{nic}/firewallrules/{id}", "firewallrule", "vr.firewall.update", "Changing")),
    (2, change("DELETE", "/cloudapi/v6/datacenters/{datacenter}/servers/{server}/nics/{nic}/firewallrules/{id}", "firewallrule", "vr.firewall.delete", "Deleting")),
    (3, change("POST", "/cloudapi/v6/ipblocks", "ipblock", "ip.ipblock.reserve", "Reserving")),
    (2, change("DELETE", "/cloudapi/v6/ipblocks/{id}", "ipblock", "ip.ipblock.release", "Releasing")),
    (5, change("POST", "/cloudapi/v6/datacenters/{datacenter}/volumes/{volume}/create-snapshot", "snapshot", "sn.snapshot.create", "Creating")),
    (2, change("DELETE", "/cloudapi/v6/snapshots/{id}", "snapshot", "sn.snapshot.delete", "Deleting")),
    (2, change("POST", "/cloudapi/v6/backupunits", "backupUnit", "bu.backupUnit.create", "Creating")),
];

/// Reads (GET) with their weights: the path as in [`ChangeTemplate::uri`], and the resource type.
#[rustfmt::skip]
pub(crate) const READS: &[(u64, (&str, &str))] = &[
    (10, ("/cloudapi/v6/datacenters/{id}", "datacenter")),
    (8, ("/cloudapi/v6/datacenters/{datacenter}/servers/{id}", "server")),
    (5, ("/cloudapi/v6/datacenters/{datacenter}/volumes/{id}", "volume")),
    (4, ("/cloudapi/v6/datacenters/{datacenter}/lans/{id}?depth=3", "lan")),
    (4, ("/cloudapi/v6/ipblocks/{id}", "ipblock")),
    (2, ("/cloudapi/v6/snapshots/{id}", "snapshot")),
    (1, ("/cloudapi/v6/um/users/{id}", "user")),
];

/// Changes of users, groups and keys with their weights: the action and the resource type.
#[rustfmt::skip]
pub(crate) const IAM_ACTIONS: &[(u64, (&str, &str))] = &[
    (4, ("sec.user.create", "user")),
    (4, ("sec.user.update", "user")),
    (2, ("sec.user.delete", "user")),
    (1, ("sec.group.create", "group")),
    (2, ("sec.group.update", "group")),
    (1, ("sec.group.delete", "group")),
    (1, ("sec.s3key.create", "s3key")),
    (1, ("sec.s3key.delete", "s3key")),
];

/// Event types and action names that do not occur in any description.
pub(crate) const UNKNOWN_TYPES: &[(&str, &str)] = &[
    ("ExampleQuotaNotice", "quota.limit.exceed"),
    ("ExampleEventV2", "example.object.verb.detail"),
    ("", "noPattern"),
    ("ünknown type", "sec.user."),
];

/// Begin and end of a session in the DCD: the action and the message.
pub(crate) const SESSIONS: &[(&str, &str)] =
    &[("sec.user.login", "User logged in"), ("sec.user.logout", "User logged out")];

/// An error of a request.
pub(crate) struct ErrorTemplate {
    pub(crate) http_status: u16,
    /// Code and text of each message. The first code is also the value of `event.param.errorCode`.
    pub(crate) messages: &'static [(&'static str, &'static str)],
}

/// Errors of requests that are refused at once.
pub(crate) const REFUSALS: &[ErrorTemplate] = &[
    ErrorTemplate {
        http_status: 422,
        messages: &[(
            "100",
            "[VDC-5-100] Validation failed:\n- cores must be at least 1\n- ram must be a multiple of 256",
        )],
    },
    ErrorTemplate {
        http_status: 422,
        messages: &[
            ("101", "The attribute 'name' must not contain a '\\'"),
            ("102", "The location 'de/köln' does not exist"),
        ],
    },
    ErrorTemplate { http_status: 404, messages: &[("309", "Resource does not exist")] },
    ErrorTemplate { http_status: 403, messages: &[("paas-feature-1", "feature is not enabled for the contract")] },
    ErrorTemplate {
        http_status: 403,
        messages: &[("451", "Access Denied: the LAN is delete-protected by \"in-memory-db\"")],
    },
];

/// Errors of requests whose provisioning fails.
pub(crate) const FAILURES: &[ErrorTemplate] = &[
    ErrorTemplate { http_status: 500, messages: &[("500", "Provisioning failed: internal error")] },
    ErrorTemplate { http_status: 503, messages: &[("503", "Service Unavailable")] },
    ErrorTemplate {
        http_status: 422,
        messages: &[("200", "The quota of the contract is exhausted (Kontingent erschöpft)")],
    },
];
