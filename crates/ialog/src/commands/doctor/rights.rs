//! Whether the service knows the token, and what its user may read.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{Client, Contract, ContractNumber, DateRange, Error, ErrorKind, PageSize};

use super::network::is_about_the_token;
use super::report::CheckResult;
use crate::output::duration::ago;

/// A token that ends sooner should be replaced.
const SOON: TimeDelta = TimeDelta::days(7);

/// Whose logs are looked at. More would be many requests, and say no more.
const MOST_CONTRACTS: usize = 20;

/// Whether the credentials are accepted, judged by the list of contracts.
pub(super) fn authentication(
    client: &Client,
    listed: &Result<Vec<Contract>, Error>,
    now: DateTime<Utc>,
    zone: Tz,
) -> (CheckResult, String) {
    match listed {
        Err(error) if error.kind() == ErrorKind::Unauthorized || is_about_the_token(error) => {
            return (CheckResult::Failure(4), error.to_string());
        }
        // It knows who asks, and says no: that is about privileges.
        Err(error) if error.kind() != ErrorKind::Forbidden => {
            return (CheckResult::Failure(code(error)), error.to_string());
        }
        _ => {}
    }
    let by_password = client
        .settings()
        .first()
        .is_some_and(|credentials| credentials.name() == "credentials" && credentials.value().starts_with("username"));
    if by_password {
        let said = "user name and password are accepted, and the vendor is withdrawing them: use a token";
        return (CheckResult::Warning, said.to_owned());
    }
    let Some(ends) = client.claims().and_then(|claims| claims.expires_at) else {
        let said = "the token is accepted, and does not say when it ends";
        return (CheckResult::Ok, said.to_owned());
    };
    let local = ends.with_timezone(&zone);
    let local = local.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let said = format!("the token is accepted, and ends at {} ({})", local.replace("+00:00", "Z"), ago(ends, now));
    match ends - now < SOON {
        true => (CheckResult::Warning, format!("{said}: get a new one before")),
        false => (CheckResult::Ok, said),
    }
}

/// Which logs can be read, and the contracts whose can.
pub(super) async fn privilege(
    client: &Client,
    listed: Result<Vec<Contract>, Error>,
    now: DateTime<Utc>,
) -> (CheckResult, String, Vec<ContractNumber>) {
    let contracts = match listed {
        Ok(contracts) => contracts,
        Err(error) => {
            return (CheckResult::Failure(code(&error)), error.to_string(), Vec::new());
        }
    };
    if contracts.is_empty() {
        let said = "the token may read the log of no contract: use a token of a user who may";
        return (CheckResult::Failure(4), said.to_owned(), Vec::new());
    }
    let (mut read, mut refused) = (Vec::new(), Vec::new());
    for contract in contracts.iter().take(MOST_CONTRACTS) {
        match look(client, &contract.number, now).await {
            Ok(()) => read.push(contract.number.clone()),
            Err(error) => refused.push(error),
        }
    }
    let tried = read.len() + refused.len();
    let of = match contracts.len() > tried {
        true => format!("the first {tried} of {}", contracts.len()),
        false => tried.to_string(),
    };
    let numbers: Vec<&str> = read.iter().map(ContractNumber::as_str).collect();
    let Some(error) = refused.first() else {
        let said = match tried {
            1 if contracts.len() == 1 => {
                format!("the log of the only contract can be read: {}", numbers.join(", "))
            }
            _ => format!("the logs of {of} contracts can be read: {}", numbers.join(", ")),
        };
        return (CheckResult::Ok, said, read);
    };
    let said = format!("{} of the logs of {of} contracts cannot be read, the first because {error}", refused.len());
    (CheckResult::Failure(code(error)), said, read)
}

/// One event of the last hour, or none.
async fn look(client: &Client, contract: &ContractNumber, now: DateTime<Utc>) -> Result<(), Error> {
    let range = DateRange::new(now - TimeDelta::hours(1), now)?;
    let one = PageSize::new(1)?;
    client.page(contract, range, 0, one).await.map(drop)
}

/// The exit code of an error.
fn code(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::Unauthorized | ErrorKind::TokenExpired | ErrorKind::TokenProvider | ErrorKind::Forbidden => 4,
        ErrorKind::Configuration => 2,
        // Whatever it is, the service cannot be used.
        _ => 5,
    }
}
