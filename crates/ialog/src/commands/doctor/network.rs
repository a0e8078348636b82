//! Checks of the network: the host name of the service, the connection to the service, and its clock.

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
use crate::output::duration::format_rough;

/// Maximum time to resolve a name.
const DNS_TIMEOUT: Duration = Duration::from_secs(10);

/// Tolerated difference between the local clock and the service's clock. A small difference is normal, because the
/// service reports whole seconds, and because a response takes a while.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(10);

/// Environment variables that name a proxy. If one of them is set, the DNS check is skipped, because a proxy resolves
/// host names itself.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The first environment variable that names a proxy; `None` if no such variable is set.
pub(super) fn proxy_variable() -> Option<&'static str> {
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    PROXY_VARIABLES.into_iter().find(set)
}

/// The environment variable that replaces the root certificates of the machine; `None` if no such variable is set, or
/// on systems where these variables are not read, such as Windows and macOS.
fn certificate_variable() -> Option<&'static str> {
    let is_read = cfg!(all(unix, not(target_vendor = "apple"), not(target_os = "android")));
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(|name| is_read && set(name))
}

/// Host and port of a URL. `None` if the URL is invalid or has no host.
pub(super) fn host_and_port(address: &str) -> Option<(String, u16)> {
    let address: http::Uri = address.parse().ok()?;
    let usual = if address.scheme_str() == Some("http") { 80 } else { 443 };
    let port = address.port_u16().unwrap_or(usual);
    Some((address.host()?.to_owned(), port))
}

/// Resolves the host name of a URL. Skipped if the URL has no host, if the host is an IP address, or if there is a
/// proxy, which resolves the name itself. `proxy` is the environment variable that names the proxy.
pub(super) async fn check_dns<F, A>(
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
        return (CheckResult::Skipped, "the API address has no host".to_owned());
    };
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return (CheckResult::Skipped, format!("{host} is an IP address"));
    }
    if let Some(proxy) = proxy {
        let message = format!("{proxy} is set; the proxy resolves {host}");
        return (CheckResult::Skipped, message);
    }
    let advice = "check the host name in the API address and the DNS of this machine";
    let lookup = pin!(look_up((host.clone(), port)));
    let resolved = select(lookup, clock.alarm(DNS_TIMEOUT)).await;
    match resolved {
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
            (CheckResult::Failure(5), format!("{host} was not resolved within {} s: {advice}", DNS_TIMEOUT.as_secs()))
        }
    }
}

/// Checks whether the service responds. Any response counts, except one with the status 429 or 5xx. `is_direct` says
/// whether requests use the network.
pub(super) async fn check_connection(client: &Client, is_direct: bool) -> (CheckResult, String) {
    let address = client.api_address();
    let how = match address.starts_with("https:") {
        _ if !is_direct => "without network",
        true if is_pinned(client) => "over TLS with the pinned certificate",
        true => match certificate_variable() {
            Some(variable) => &format!("over TLS with a certificate that {variable} trusts"),
            None => "over TLS with a trusted certificate",
        },
        false => "without TLS",
    };
    match client.info().await {
        Ok(_) => (CheckResult::Ok, format!("{address} answers {how}")),
        Err(error) => match error.status() {
            // A refusal also proves that the connection works.
            Some(status) if status < 500 && status != 429 => {
                (CheckResult::Ok, format!("{address} answers {how} (status {status})"))
            }
            _ if lacks_token(&error) => (CheckResult::Skipped, "needs a valid token".to_owned()),
            _ => {
                let failure = CommandError::from(error);
                (CheckResult::Failure(failure.code()), failure.to_string())
            }
        },
    }
}

fn is_pinned(client: &Client) -> bool {
    let mut settings = client.settings().iter();
    settings.any(|setting| {
        setting.name() == "pinned certificate" && setting.origin() != &ionos_activitylog::Origin::Default
    })
}

/// Whether the error says that no request was sent, because there is no valid token.
pub(super) fn lacks_token(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TokenExpired | ErrorKind::TokenProvider)
}

/// Compares the clock of the machine with that of the service.
pub(super) fn check_clock(ours: DateTime<Utc>, theirs: Option<DateTime<Utc>>) -> (CheckResult, String) {
    let Some(theirs) = theirs else {
        let message = "the service does not send its time";
        return (CheckResult::Skipped, message.to_owned());
    };
    let ahead = ours - theirs;
    if ahead.abs() <= CLOCK_TOLERANCE {
        let message = "the local clock and the service's clock agree";
        return (CheckResult::Ok, message.to_owned());
    }
    let side = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    let message = format!(
        "the local clock is {} {side} the service's: correct it, because --last depends on it",
        format_rough(ahead)
    );
    (CheckResult::Warning, message)
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::clock::VirtualClock;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn only_a_host_name_is_resolved_and_only_without_a_proxy() {
        let clock = VirtualClock::starting_at(noon());
        let check = async |address: &str, proxy: Option<&str>| {
            let look_up = |_| async { Ok([1, 2].into_iter()) };
            check_dns(address, proxy, &clock, look_up).await
        };
        let expected = [
            ("https://api.example", None, CheckResult::Ok, "api.example has 2 addresses"),
            ("http://127.0.0.1:8080", None, CheckResult::Skipped, "127.0.0.1 is an IP address"),
            ("http://[::1]:8080", None, CheckResult::Skipped, "[::1] is an IP address"),
            (
                "https://api.example",
                Some("HTTPS_PROXY"),
                CheckResult::Skipped,
                "HTTPS_PROXY is set; the proxy resolves api.example",
            ),
        ];
        for (address, proxy, result, message) in expected {
            assert_eq!(check(address, proxy).await, (result, message.to_owned()));
        }
        let lost = |(host, port): (String, u16)| async move {
            assert_eq!((host.as_str(), port), ("api.example", 8443));
            Err::<std::vec::IntoIter<u8>, _>(io::Error::other("no such name"))
        };
        let (result, message) = check_dns("https://api.example:8443/x", None, &clock, lost).await;
        assert_eq!(result, CheckResult::Failure(5));
        assert_eq!(
            message,
            "api.example cannot be resolved (no such name): check the host name in the API address and the DNS of \
             this machine"
        );
        let nothing = |_| async { Ok(std::iter::empty::<u8>()) };
        let (result, message) = check_dns("https://api.example", None, &clock, nothing).await;
        assert!(result == CheckResult::Failure(5) && message.starts_with("api.example has no address"));
    }

    #[test]
    fn clocks_that_differ_by_more_than_the_tolerance_are_a_warning() {
        let check = |seconds: i64| check_clock(noon() + TimeDelta::seconds(seconds), Some(noon()));
        for seconds in [-10, 0, 10] {
            assert_eq!(check(seconds).0, CheckResult::Ok);
        }
        for (seconds, words) in [(-11, "is 11 seconds behind the"), (7200, "is 2 hours ahead of the")] {
            let (result, message) = check(seconds);
            assert!(result == CheckResult::Warning && message.contains(words), "{message}");
        }
        assert_eq!(check_clock(noon(), None).0, CheckResult::Skipped);
    }
}
