//! Maps paths to routes and operations. The path is the first thing that is checked in a request. The behavior decides
//! how a path with a trailing slash is handled.

use crate::behavior::TrailingSlash;
use crate::operation::Operation;

/// The path of the Activity Log API.
pub(crate) const ROOT: &str = "/activitylog/v1";

/// The path of the requests that the Cloud API has stored.
pub(crate) const REQUESTS: &str = "/cloudapi/v6/requests";

/// The resource that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Info,
    Contracts,
    /// The log of a contract, with the contract number as written in the path.
    Contract(&'a str),
    /// A request that the Cloud API has stored, with the identifier of this request.
    Request(&'a str),
    /// The status of a request that the Cloud API has stored, with the identifier of this request.
    RequestStatus(&'a str),
    /// A redirect to this path, which is the requested path without its trailing slash.
    Redirect(&'a str),
}

impl<'a> Route<'a> {
    /// The route of a path. `None` if the path is unknown.
    pub(crate) fn parse(path: &'a str, slash: TrailingSlash) -> Option<Self> {
        let Some(shorter) = path.strip_suffix('/') else {
            return Self::parse_exact(path);
        };
        match slash {
            TrailingSlash::Accept => Self::parse_exact(shorter),
            TrailingSlash::Refuse => None,
            TrailingSlash::Redirect => Self::parse_exact(shorter).map(|_| Self::Redirect(shorter)),
        }
    }

    fn parse_exact(path: &'a str) -> Option<Self> {
        let segment = |name: &'a str| Some(name).filter(|name| !name.is_empty() && !name.contains('/'));
        if let Some(request) = path.strip_prefix(REQUESTS) {
            let request = request.strip_prefix('/')?;
            return match request.strip_suffix("/status") {
                Some(id) => segment(id).map(Self::RequestStatus),
                None => segment(request).map(Self::Request),
            };
        }
        match path.strip_prefix(ROOT)? {
            "" => Some(Self::Info),
            "/contracts" => Some(Self::Contracts),
            rest => segment(rest.strip_prefix("/contracts/")?).map(Self::Contract),
        }
    }

    /// The operation of a path, with or without a trailing slash.
    pub(crate) fn operation_of(path: &str) -> Operation {
        match Route::parse(path, TrailingSlash::Accept) {
            Some(Route::Info) => Operation::GetInfo,
            Some(Route::Contracts) => Operation::GetAvailableContracts,
            Some(Route::Contract(_)) => Operation::GetByContract,
            Some(Route::Request(_)) => Operation::GetRequest,
            Some(Route::RequestStatus(_)) => Operation::GetRequestStatus,
            Some(Route::Redirect(_)) | None => Operation::Other,
        }
    }

    /// The contract number in a path. `None` if the path has none.
    pub(crate) fn contract_of(path: &str) -> Option<u64> {
        match Route::parse(path, TrailingSlash::Accept) {
            Some(Route::Contract(number)) => number.parse().ok(),
            _ => None,
        }
    }
}

/// Appends a question mark and the query to a path. Without a query, returns the path.
pub(crate) fn append_query(path: &str, query: Option<&str>) -> String {
    query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_one_operation() {
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
            assert_eq!(Route::operation_of(path), operation, "{path}");
        }
    }

    #[test]
    fn a_trailing_slash_is_accepted_refused_or_redirected() {
        let route = |slash| Route::parse("/activitylog/v1/contracts/", slash);
        assert_eq!(route(TrailingSlash::Accept), Some(Route::Contracts));
        assert_eq!(route(TrailingSlash::Refuse), None);
        assert_eq!(route(TrailingSlash::Redirect), Some(Route::Redirect("/activitylog/v1/contracts")));
        assert_eq!(Route::parse("/nowhere/", TrailingSlash::Redirect), None);
    }
}
