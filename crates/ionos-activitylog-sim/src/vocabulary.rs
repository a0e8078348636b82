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

/// Someone who acts, and from where.
pub(crate) struct Actor {
    pub(crate) username: &'static str,
    /// The identifier as a resource of type `user`.
    pub(crate) id: &'static str,
    pub(crate) addresses: &'static [&'static str],
    pub(crate) services: &'static [&'static str],
}

/// Programs.
pub(crate) const MACHINES: &[Actor] = &[
    Actor {
        username: "ci@example.com",
        id: "2001",
        addresses: &["198.51.100.7", "198.51.100.8", "2001:db8:c1::7"],
        services: &[service::REST_V6],
    },
    Actor {
        username: "billing@example.com",
        id: "2002",
        addresses: &["198.51.100.41"],
        services: &[service::RESELLER],
    },
];

/// People.
pub(crate) const PEOPLE: &[Actor] = &[
    Actor {
        username: "anna.schmidt@example.com",
        id: "1466",
        addresses: &["203.0.113.17", "192.0.2.88"],
        services: &[service::DCD, service::DCD, service::REST_V6],
    },
    Actor {
        username: "joerg.mueller@example.com",
        id: "1467",
        addresses: &["203.0.113.18", "2001:db8:2a::18"],
        services: &[service::DCD],
    },
    Actor {
        username: "maria.rossi@example.com",
        id: "1502",
        addresses: &["192.0.2.130"],
        services: &[service::REST_V6, service::REST],
    },
    Actor {
        username: "tomasz.nowak@example.com",
        id: "1519",
        addresses: &["203.0.113.64", "2001:db8:51::f00d"],
        services: &[service::REST_V6, service::DCD],
    },
    Actor {
        username: "admin@example.com",
        id: "1401",
        addresses: &["203.0.113.2"],
        services: &[service::DCD, service::REST],
    },
];

/// Machines that serve requests.
pub(crate) const HOSTS: &[&str] = &[
    "api-1.fra.example.net",
    "api-2.fra.example.net",
    "api-1.txl.example.net",
    "dcd-gateway.example.net",
];

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
    Change {
        method,
        uri,
        resource_type,
        action,
        verb,
    }
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

/// What is done to users.
pub(crate) const USER_ACTIONS: &[&str] = &["sec.user.create", "sec.user.update", "sec.user.delete"];

/// A session in the DCD begins or ends: the action and the message.
pub(crate) const SESSIONS: &[(&str, &str)] = &[
    ("sec.user.login", "User logged in"),
    ("sec.user.logout", "User logged out"),
];

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
    Fault {
        http_status: 404,
        messages: &[("309", "Resource does not exist")],
    },
    Fault {
        http_status: 403,
        messages: &[("paas-feature-1", "feature is not enabled for the contract")],
    },
    Fault {
        http_status: 403,
        messages: &[(
            "451",
            "Access Denied: the LAN is delete-protected by \"in-memory-db\"",
        )],
    },
];

/// Why provisioning fails.
pub(crate) const FAILURES: &[Fault] = &[
    Fault {
        http_status: 500,
        messages: &[("500", "Provisioning failed: internal error")],
    },
    Fault {
        http_status: 503,
        messages: &[("503", "Service Unavailable")],
    },
    Fault {
        http_status: 422,
        messages: &[(
            "200",
            "The quota of the contract is exhausted (Kontingent erschöpft)",
        )],
    },
];
