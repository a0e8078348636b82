//! The operations that the simulator answers. Operations of the Activity Log API have the names that the vendor's
//! description uses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The operation that the path of a request names. The method and the answer of the request do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Operation {
    /// Information about the API: its name and version.
    GetInfo,
    /// The list of contracts that the credentials may read.
    GetAvailableContracts,
    /// One page of a contract's log.
    GetByContract,
    /// A request that is stored in the Cloud API.
    GetRequest,
    /// The status of a request that is stored in the Cloud API.
    GetRequestStatus,
    /// Any other path, which is answered with 404.
    Other,
}

impl Operation {
    /// All operations.
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
    fn an_operation_is_serialized_as_its_name() {
        for operation in Operation::ALL {
            let json = serde_json::to_string(operation).unwrap();
            assert_eq!(json, format!("\"{operation}\""));
            assert_eq!(serde_json::from_str::<Operation>(&json).unwrap(), *operation);
        }
    }
}
