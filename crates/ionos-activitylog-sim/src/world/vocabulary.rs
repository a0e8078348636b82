//! What the log says is made of words: who acts, on what, under which names, and what goes wrong. Here they are as
//! data, so that a word can be added without touching the code that composes records.
//!
//! Addresses are from the ranges reserved for documentation (RFC 5737, RFC 3849), names from `example.com` and
//! `example.net` (RFC 2606). Of the action names only `sec.user.create`, `ip.ipblock.reserve`,
//! `vr.firewall.activate` and `sn.snapshot.create` are public; the others follow their pattern.

/// Types of event.
pub(crate) mod event_type {
    pub(crate) const ACCEPTED: &str = "RequestAccepted";
    pub(crate) const UPDATE: &str = "RequestStatusUpdate";
    pub(crate) const PROVISION: &str = "Provision";
    pub(crate) const ERROR: &str = "Error";
    pub(crate) const USER: &str = "DCDUserEvent";
    pub(crate) const TOKEN: &str = "GenerateToken";
}

/// Statuses of a request.
pub(crate) mod status {
    pub(crate) const QUEUED: &str = "QUEUED";
    pub(crate) const RUNNING: &str = "RUNNING";
    pub(crate) const DONE: &str = "DONE";
    pub(crate) const FAILED: &str = "FAILED";
}

/// Services, of principals and of what takes place.
pub(crate) mod service {
    pub(crate) const REST: &str = "PUBLIC_REST";
    pub(crate) const REST_V6: &str = "PUBLIC_REST_V6";
    pub(crate) const DCD: &str = "DCD";
    pub(crate) const RESELLER: &str = "Reseller_V1";
    pub(crate) const PROVISIONING: &str = "Provisioning";
}

/// Machines that serve requests.
pub(crate) const HOSTS: &[&str] =
    &["api-1.fra.example.net", "api-2.fra.example.net", "api-1.txl.example.net", "dcd-gateway.example.net"];

/// Names that users chose, some of them awkward to carry through JSON, CSV or a terminal.
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

/// A change that is provisioned.
pub(crate) struct Change {
    /// The HTTP method.
    pub(crate) method: &'static str,
    /// `{id}` is the resource itself, which is new where this is missing; any other word in braces is the type of a
    /// resource that the contract has.
    pub(crate) uri: &'static str,
    pub(crate) resource_type: &'static str,
    pub(crate) action: &'static str,
    /// What is being done, for messages.
    pub(crate) verb: &'static str,
}

const fn change(
    method: &'static str,
    uri: &'static str,
    resource_type: &'static str,
    action: &'static str,
    verb: &'static str,
) -> Change {
    Change { method, uri, resource_type, action, verb }
}

/// Changes, with their weights.
#[rustfmt::skip]
pub(crate) const CHANGES: &[(u64, Change)] = &[
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

/// What is read with GET, with its weight: the URI as in [`Change::uri`], and the type of the resource.
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

/// What is done to those who may act, with its weight: the action and the type of the resource.
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

/// Types of events and names of actions that nobody has seen yet.
pub(crate) const UNKNOWN: &[(&str, &str)] = &[
    ("ExampleQuotaNotice", "quota.limit.exceed"),
    ("ExampleEventV2", "example.object.verb.detail"),
    ("", "noPattern"),
    ("ünknown type", "sec.user."),
];

/// A session in the DCD begins or ends: the action and the message.
pub(crate) const SESSIONS: &[(&str, &str)] =
    &[("sec.user.login", "User logged in"), ("sec.user.logout", "User logged out")];

/// Something that goes wrong.
pub(crate) struct Fault {
    pub(crate) http_status: u16,
    /// Code and text of each message; the first code is the internal one too.
    pub(crate) messages: &'static [(&'static str, &'static str)],
}

/// Why a request is refused at once.
pub(crate) const REFUSALS: &[Fault] = &[
    Fault {
        http_status: 422,
        messages: &[(
            "100",
            "[VDC-5-100] Validation failed:\n- cores must be at least 1\n- ram must be a multiple of 256",
        )],
    },
    Fault {
        http_status: 422,
        messages: &[
            ("101", "The attribute 'name' must not contain a '\\'"),
            ("102", "The location 'de/köln' does not exist"),
        ],
    },
    Fault { http_status: 404, messages: &[("309", "Resource does not exist")] },
    Fault { http_status: 403, messages: &[("paas-feature-1", "feature is not enabled for the contract")] },
    Fault { http_status: 403, messages: &[("451", "Access Denied: the LAN is delete-protected by \"in-memory-db\"")] },
];

/// Why provisioning fails.
pub(crate) const FAILURES: &[Fault] = &[
    Fault { http_status: 500, messages: &[("500", "Provisioning failed: internal error")] },
    Fault { http_status: 503, messages: &[("503", "Service Unavailable")] },
    Fault { http_status: 422, messages: &[("200", "The quota of the contract is exhausted (Kontingent erschöpft)")] },
];
