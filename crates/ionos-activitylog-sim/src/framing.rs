//! What an answer's headers say about its body has to be true, or the connection is of no use to anybody. So neither a
//! script of faults nor a switch may set these headers; faults that break them on purpose are of their own kind.

use http::HeaderName;
use http::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, TRANSFER_ENCODING,
    UPGRADE,
};

/// How an answer is framed.
const FRAMING: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

/// What the service says itself, with another meaning.
const SAID: [HeaderName; 5] = [ALLOW, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER];

/// Whether the header says how an answer is framed.
pub(crate) fn is_framing(name: &HeaderName) -> bool {
    FRAMING.contains(name)
}

/// Whether a header may be [`Switches::request_id_header`](crate::Switches::request_id_header): all but those that say
/// how an answer is framed (`Connection`, `Content-Length`, `Transfer-Encoding`, `Upgrade`) and those that the service
/// sends with another meaning (`Allow`, `Content-Encoding`, `Content-Type`, `Location`, `Retry-After`).
#[must_use]
pub fn may_name_answers(name: &HeaderName) -> bool {
    !is_framing(name) && !SAID.contains(name)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::{Simulator, Switches};

    #[test]
    fn a_header_with_another_meaning_names_no_answer() {
        let request = Request::get("/activitylog/v1").body(()).unwrap();
        let headers = |name: Option<HeaderName>| {
            let switches = Switches { request_id_header: name, ..Switches::default() };
            let simulator = Simulator::builder().switches(switches).build();
            simulator.answer(&request).headers().clone()
        };
        let nameless = headers(None);
        for name in FRAMING.into_iter().chain(SAID) {
            assert!(!may_name_answers(&name), "{name}");
            assert_eq!(headers(Some(name)), nameless);
        }
        let name = HeaderName::from_static("x-correlation-id");
        assert!(may_name_answers(&name));
        assert!(headers(Some(name.clone())).contains_key(name));
    }
}
