//! Checks of the token: whether the service accepts it, and which logs its user may read.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{Client, Contract, ContractNumber, DateRange, Error, ErrorKind, PageSize};

use super::network::lacks_token;
use super::report::CheckResult;
use crate::output::duration::format_relative;

/// A token that expires within this time causes a warning.
const EXPIRES_SOON: TimeDelta = TimeDelta::days(7);

/// Maximum number of contracts whose log is checked, with one request per contract.
const MAX_CONTRACTS: usize = 20;

/// Determines whether the service accepts the credentials. `listed` is the result of listing the contracts, which shows
/// this.
pub(super) fn check_authentication(
    client: &Client,
    listed: &Result<Vec<Contract>, Error>,
    now: DateTime<Utc>,
    zone: Tz,
) -> (CheckResult, String) {
    match listed {
        Err(error) if error.kind() == ErrorKind::Unauthorized || lacks_token(error) => {
            return (CheckResult::Failure(4), error.to_string());
        }
        // 403 means that the credentials are accepted; the privileges are checked later.
        Err(error) if error.kind() != ErrorKind::Forbidden => {
            return (CheckResult::Failure(exit_code(error)), error.to_string());
        }
        _ => {}
    }
    let by_password = client
        .settings()
        .first()
        .is_some_and(|credentials| credentials.name() == "credentials" && credentials.value().starts_with("username"));
    if by_password {
        let message = "user name and password are accepted, but the vendor is retiring them: use a token";
        return (CheckResult::Warning, message.to_owned());
    }
    let Some(ends) = client.claims().and_then(|claims| claims.expires_at) else {
        let message = "the token is accepted; no expiry time known";
        return (CheckResult::Ok, message.to_owned());
    };
    let local = ends.with_timezone(&zone);
    let local = local.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let message = format!(
        "the token is accepted and expires at {} ({})",
        local.replace("+00:00", "Z"),
        format_relative(ends, now)
    );
    match ends - now < EXPIRES_SOON {
        true => (CheckResult::Warning, format!("{message}: create a new one before then")),
        false => (CheckResult::Ok, message),
    }
}

/// Checks which logs can be read. Also returns the contracts whose log can be read.
pub(super) async fn check_privilege(
    client: &Client,
    listed: Result<Vec<Contract>, Error>,
    now: DateTime<Utc>,
) -> (CheckResult, String, Vec<ContractNumber>) {
    let contracts = match listed {
        Ok(contracts) => contracts,
        Err(error) => {
            return (CheckResult::Failure(exit_code(&error)), error.to_string(), Vec::new());
        }
    };
    if contracts.is_empty() {
        let message = "the token cannot read the log of any contract: use the token of a user who can";
        return (CheckResult::Failure(4), message.to_owned(), Vec::new());
    }
    let (mut read, mut refused) = (Vec::new(), Vec::new());
    for contract in contracts.iter().take(MAX_CONTRACTS) {
        match read_one_event(client, &contract.number, now).await {
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
        let message = match tried {
            1 if contracts.len() == 1 => {
                format!("the log of the only contract is readable: {}", numbers.join(", "))
            }
            _ => format!("the logs of {of} contracts are readable: {}", numbers.join(", ")),
        };
        return (CheckResult::Ok, message, read);
    };
    let message = format!("{} of {of} contracts cannot be read; the first: {error}", refused.len());
    (CheckResult::Failure(exit_code(error)), message, read)
}

/// Requests at most one event of the last hour.
async fn read_one_event(client: &Client, contract: &ContractNumber, now: DateTime<Utc>) -> Result<(), Error> {
    let range = DateRange::new(now - TimeDelta::hours(1), now)?;
    let one = PageSize::new(1)?;
    client.page(contract, range, 0, one).await.map(drop)
}

/// The exit code of an error.
fn exit_code(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::Unauthorized | ErrorKind::TokenExpired | ErrorKind::TokenProvider | ErrorKind::Forbidden => 4,
        ErrorKind::Configuration => 2,
        // With any other error, the service cannot be used.
        _ => 5,
    }
}
