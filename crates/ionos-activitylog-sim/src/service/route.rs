//! What a path asks for is decided before anything else is looked at, and a slash at its end means one thing in the
//! vendor's documents and may mean another to the service.

use crate::service::Operation;
use crate::switches::TrailingSlash;

/// Where the operations of the Activity Log API are.
pub(crate) const ROOT: &str = "/activitylog/v1";

/// Where the requests of the Cloud API are.
pub(crate) const REQUESTS: &str = "/cloudapi/v6/requests";

/// The operation that a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Info,
    Contracts,
    /// With the contract as it is written in the path.
    Contract(&'a str),
    /// With the identifier of the request.
    Request(&'a str),
    RequestStatus(&'a str),
    /// It has a slash at its end too many, and stands for something without.
    Moved(&'a str),
}

impl<'a> Route<'a> {
    pub(crate) fn of(path: &'a str, slash: TrailingSlash) -> Option<Self> {
        let Some(shorter) = path.strip_suffix('/') else {
            return Self::exact(path);
        };
        match slash {
            TrailingSlash::Accept => Self::exact(shorter),
            TrailingSlash::Refuse => None,
            TrailingSlash::Redirect => Self::exact(shorter).map(|_| Self::Moved(shorter)),
        }
    }

    fn exact(path: &'a str) -> Option<Self> {
        let one = |name: &'a str| Some(name).filter(|name| !name.is_empty() && !name.contains('/'));
        if let Some(request) = path.strip_prefix(REQUESTS) {
            let request = request.strip_prefix('/')?;
            return match request.strip_suffix("/status") {
                Some(id) => one(id).map(Self::RequestStatus),
                None => one(request).map(Self::Request),
            };
        }
        match path.strip_prefix(ROOT)? {
            "" => Some(Self::Info),
            "/contracts" => Some(Self::Contracts),
            rest => one(rest.strip_prefix("/contracts/")?).map(Self::Contract),
        }
    }

    /// What a path asks for, whatever becomes of a slash at its end.
    pub(crate) fn operation(path: &str) -> Operation {
        match Route::of(path, TrailingSlash::Accept) {
            Some(Route::Info) => Operation::GetInfo,
            Some(Route::Contracts) => Operation::GetAvailableContracts,
            Some(Route::Contract(_)) => Operation::GetByContract,
            Some(Route::Request(_)) => Operation::GetRequest,
            Some(Route::RequestStatus(_)) => Operation::GetRequestStatus,
            Some(Route::Moved(_)) | None => Operation::Other,
        }
    }

    /// The contract that a path names, if it is a number.
    pub(crate) fn contract(path: &str) -> Option<u64> {
        match Route::of(path, TrailingSlash::Accept) {
            Some(Route::Contract(number)) => number.parse().ok(),
            _ => None,
        }
    }
}

/// A path with the query, where there is one.
pub(crate) fn with_query(path: &str, query: Option<&str>) -> String {
    query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_for_one_operation() {
        for (path, operation) in [
            ("/activitylog/v1", Operation::GetInfo),
            ("/activitylog/v1/", Operation::GetInfo),
            ("/activitylog/v1/contracts", Operation::GetAvailableContracts),
            ("/activitylog/v1/contracts/7/", Operation::GetByContract),
            ("/cloudapi/v6/requests/a-b", Operation::GetRequest),
            ("/cloudapi/v6/requests/a-b/status", Operation::GetRequestStatus),
            ("/", Operation::Other),
            ("", Operation::Other),
            ("/activitylog/v2", Operation::Other),
            ("/activitylog/v1//", Operation::Other),
            ("/activitylog/v1/contracts/7/8", Operation::Other),
            ("/activitylog/v1contracts", Operation::Other),
            ("/cloudapi/v6/requests", Operation::Other),
            ("/cloudapi/v6/requests//status", Operation::Other),
            ("/cloudapi/v6/requests/a/b/status", Operation::Other),
        ] {
            assert_eq!(Route::operation(path), operation, "{path}");
        }
    }

    #[test]
    fn a_slash_at_the_end_is_accepted_refused_or_moved() {
        let of = |slash| Route::of("/activitylog/v1/contracts/", slash);
        assert_eq!(of(TrailingSlash::Accept), Some(Route::Contracts));
        assert_eq!(of(TrailingSlash::Refuse), None);
        assert_eq!(of(TrailingSlash::Redirect), Some(Route::Moved("/activitylog/v1/contracts")));
        assert_eq!(Route::of("/nowhere/", TrailingSlash::Redirect), None);
    }
}
