//! What the API says about itself.

use ionos_activitylog_client as wire;

/// Name and version of the API. Each may be missing: the vendor requires none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The name, such as "CLOUD API".
    pub name: Option<String>,
    /// The version, such as "1.0".
    pub version: Option<String>,
    /// Where this answer is found.
    pub href: Option<String>,
}

impl Info {
    pub(crate) fn from_wire(info: wire::types::Info) -> Self {
        Self { name: info.name, version: info.version, href: info.href }
    }
}
