//! Whether the service is there: its name, the way to it, and its clock.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{Either, select};
use ionos_activitylog::clock::Clock;
use ionos_activitylog::{Client, Error, ErrorKind};

use super::report::CheckResult;
use crate::error::CommandError;
use crate::output::duration as ago;

/// A name takes no longer to resolve where anything works.
const PATIENCE: Duration = Duration::from_secs(10);

/// The service tells its time in whole seconds, and an answer takes a while.
const TOLERANCE: TimeDelta = TimeDelta::seconds(10);

/// Where the proxies are named that resolve names themselves.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The variable that names a proxy.
pub(super) fn proxy() -> Option<&'static str> {
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    PROXIES.into_iter().find(set)
}

/// Host and port of an address that is in force.
pub(super) fn host_and_port(address: &str) -> Option<(String, u16)> {
    let address: http::Uri = address.parse().ok()?;
    let usual = if address.scheme_str() == Some("http") { 80 } else { 443 };
    let port = address.port_u16().unwrap_or(usual);
    Some((address.host()?.to_owned(), port))
}

/// Looks a name up, where there is one.
pub(super) async fn dns<F, A>(
    address: &str,
    proxy: Option<&str>,
    clock: &dyn Clock,
    look_up: impl FnOnce((String, u16)) -> F,
) -> (CheckResult, String)
where
    F: Future<Output = io::Result<A>>,
    A: Iterator,
{
    let Some((host, port)) = host_and_port(address) else {
        return (CheckResult::Skipped, "the address has no host".to_owned());
    };
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return (CheckResult::Skipped, format!("{host} is an address and no name"));
    }
    if let Some(proxy) = proxy {
        let said = format!("{proxy} names a proxy, which resolves {host} itself");
        return (CheckResult::Skipped, said);
    }
    let advice = "check the name in the address of the API, and the DNS of this machine";
    let looking = pin!(look_up((host.clone(), port)));
    let found = select(looking, clock.alarm(PATIENCE)).await;
    match found {
        Either::Left((Ok(addresses), _)) => match addresses.count() as u64 {
            0 => (CheckResult::Failure(5), format!("{host} has no address: {advice}")),
            count => {
                let plural = if count == 1 { "" } else { "es" };
                (CheckResult::Ok, format!("{host} has {count} address{plural}"))
            }
        },
        Either::Left((Err(error), _)) => {
            (CheckResult::Failure(5), format!("{host} cannot be resolved ({error}): {advice}"))
        }
        Either::Right(_) => {
            (CheckResult::Failure(5), format!("{host} is not resolved within {} s: {advice}", PATIENCE.as_secs()))
        }
    }
}

/// Whether there is an answer of any kind, which it takes a connection for; a `direct` one goes over the network.
pub(super) async fn connection(client: &Client, direct: bool) -> (CheckResult, String) {
    let address = client.api_address();
    let how = match address.starts_with("https:") {
        _ if !direct => "without a network",
        true if pinned(client) => "over TLS, with the pinned certificate",
        true => "over TLS, with a trusted certificate",
        false => "without TLS",
    };
    match client.info().await {
        Ok(_) => (CheckResult::Ok, format!("{address} answers {how}")),
        Err(error) => match error.status() {
            // That there is an answer is all that is asked here.
            Some(status) if status < 500 && status != 429 => {
                (CheckResult::Ok, format!("{address} answers {how} (status {status})"))
            }
            _ if is_about_the_token(&error) => (CheckResult::Skipped, "needs a token that can be sent".to_owned()),
            _ => {
                let failure = CommandError::from(error);
                (CheckResult::Failure(failure.code()), failure.to_string())
            }
        },
    }
}

fn pinned(client: &Client) -> bool {
    let mut settings = client.settings().iter();
    settings.any(|setting| {
        setting.name() == "pinned certificate" && setting.origin() != &ionos_activitylog::Origin::Default
    })
}

/// Whether no request was sent, for want of a token.
pub(super) fn is_about_the_token(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TokenExpired | ErrorKind::TokenProvider)
}

/// How far two clocks are apart.
pub(super) fn clock(ours: DateTime<Utc>, theirs: Option<DateTime<Utc>>) -> (CheckResult, String) {
    let Some(theirs) = theirs else {
        let said = "the service does not say its time";
        return (CheckResult::Skipped, said.to_owned());
    };
    let ahead = ours - theirs;
    if ahead.abs() <= TOLERANCE {
        let said = "this machine's clock and the service's agree";
        return (CheckResult::Ok, said.to_owned());
    }
    let side = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    let said = format!(
        "this machine's clock is {} {side} the service's: set it, or --last means another time than it says",
        ago::length(ahead)
    );
    (CheckResult::Warning, said)
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::clock::VirtualClock;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_name_is_resolved_and_what_is_no_name_is_not() {
        let clock = VirtualClock::at(noon());
        let found = async |address: &str, proxy: Option<&str>| {
            let look_up = |_| async { Ok([1, 2].into_iter()) };
            dns(address, proxy, &clock, look_up).await
        };
        let expected = [
            ("https://api.example", None, CheckResult::Ok, "api.example has 2 addresses"),
            ("http://127.0.0.1:8080", None, CheckResult::Skipped, "127.0.0.1 is an address and no name"),
            ("http://[::1]:8080", None, CheckResult::Skipped, "[::1] is an address and no name"),
            (
                "https://api.example",
                Some("HTTPS_PROXY"),
                CheckResult::Skipped,
                "HTTPS_PROXY names a proxy, which resolves api.example itself",
            ),
        ];
        for (address, proxy, verdict, said) in expected {
            assert_eq!(found(address, proxy).await, (verdict, said.to_owned()));
        }
        let lost = |(host, port): (String, u16)| async move {
            assert_eq!((host.as_str(), port), ("api.example", 8443));
            Err::<std::vec::IntoIter<u8>, _>(io::Error::other("no such name"))
        };
        let (verdict, said) = dns("https://api.example:8443/x", None, &clock, lost).await;
        assert_eq!(verdict, CheckResult::Failure(5));
        assert_eq!(
            said,
            "api.example cannot be resolved (no such name): check the name in the address of the API, and the DNS of \
             this machine"
        );
        let nothing = |_| async { Ok(std::iter::empty::<u8>()) };
        let (verdict, said) = dns("https://api.example", None, &clock, nothing).await;
        assert!(verdict == CheckResult::Failure(5) && said.starts_with("api.example has no address"));
    }

    #[test]
    fn clocks_that_differ_are_said_to() {
        let told = |seconds: i64| clock(noon() + TimeDelta::seconds(seconds), Some(noon()));
        for seconds in [-10, 0, 10] {
            assert_eq!(told(seconds).0, CheckResult::Ok);
        }
        for (seconds, words) in [(-11, "is 11 seconds behind the"), (7200, "is 2 hours ahead of the")] {
            let (verdict, said) = told(seconds);
            assert!(verdict == CheckResult::Warning && said.contains(words), "{said}");
        }
        assert_eq!(clock(noon(), None).0, CheckResult::Skipped);
    }
}
