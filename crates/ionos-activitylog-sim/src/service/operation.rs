//! Faults, the ledger and the order of checks speak of what a request asks for, whatever its method. The operations of
//! the Activity Log API have the names that its description gives them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a request asks for, whether or not it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Operation {
    /// Name and version of the API.
    GetInfo,
    /// The contracts whose log may be read.
    GetAvailableContracts,
    /// One page of a contract's log.
    GetByContract,
    /// A request to the Cloud API and what became of it.
    GetRequest,
    /// What became of a request to the Cloud API.
    GetRequestStatus,
    /// Anything else, which is answered with 404.
    Other,
}

impl Operation {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::GetInfo,
        Self::GetAvailableContracts,
        Self::GetByContract,
        Self::GetRequest,
        Self::GetRequestStatus,
        Self::Other,
    ];

    /// The name, such as `GetByContract`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GetInfo => "GetInfo",
            Self::GetAvailableContracts => "GetAvailableContracts",
            Self::GetByContract => "GetByContract",
            Self::GetRequest => "GetRequest",
            Self::GetRequestStatus => "GetRequestStatus",
            Self::Other => "Other",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_written_as_the_description_names_it() {
        for operation in Operation::ALL {
            let json = serde_json::to_string(operation).unwrap();
            assert_eq!(json, format!("\"{operation}\""));
            assert_eq!(serde_json::from_str::<Operation>(&json).unwrap(), *operation);
        }
    }
}
