//! Whose log is read: the account of the token, or a simulated one.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ionos_activitylog::{
    ATTEMPT_TIMEOUT, Client, ClientBuilder, Contract, ContractNumber, DateRange, Error, ErrorKind, RetryPolicy,
};
use ionos_activitylog_sim::Simulator;

use crate::cli;
use crate::failure::Failure;
use crate::host::Host;
use crate::talk::Level;
use crate::watch::{Watch, WatchedClock};

/// The settings of the account, nothing of it checked yet. `now` is the simulator's time, so that a demo does not depend on
/// the clock twice.
pub(crate) fn builder(account: &cli::Account, now: DateTime<Utc>, host: &Host<'_>) -> Result<ClientBuilder, Failure> {
    if account.whose.demo {
        let simulator = Simulator::builder().clock(move || now).build();
        let client = Client::builder().token(simulator.token()).transport(simulator.transport());
        return set_up(client, account, now, host);
    }
    let mut client = host.client();
    if let Some(profile) = &account.whose.profile {
        client = client.profile(profile);
    }
    set_up(client, account, now, host)
}

/// A client for the account, with a word on what its token lacks.
pub(crate) fn connect(account: &cli::Account, now: DateTime<Utc>, host: &mut Host<'_>) -> Result<Client, Failure> {
    let builder = builder(account, now, host)?;
    if account.whose.demo {
        return Ok(builder.build()?);
    }
    let client = builder.build().map_err(|error| match error.kind() {
        ErrorKind::Configuration => Failure::from(error).or_else("--demo shows the program without an account"),
        _ => error.into(),
    })?;
    match host.cache.profile(client.api_address(), now) {
        Ok(profile) => {
            profile.inspect(|profile| client.assume(profile));
        }
        Err(error) => host.say(format_args!("warning: {error}, and not used: `ialog doctor --probe` writes it anew")),
    }
    if let Some(warning) = client.warning() {
        host.say(format_args!("warning: {warning}"));
    }
    Ok(client)
}

/// What is asked of every client, and who watches it.
fn set_up(
    mut client: ClientBuilder,
    account: &cli::Account,
    now: DateTime<Utc>,
    host: &Host<'_>,
) -> Result<ClientBuilder, Failure> {
    let mut retry = RetryPolicy::builder();
    if let Some(attempts) = account.attempts {
        retry = retry.attempts(attempts);
    }
    if let Some(timeout) = account.timeout {
        // Months are those of the calendar, so a length is measured up to now.
        let timeout = DateRange::last(timeout, now)?.duration();
        let timeout = timeout.to_std().unwrap_or_default();
        retry = retry.deadline(timeout);
        client = client.attempt_timeout(timeout.min(ATTEMPT_TIMEOUT));
    }
    if let Some(rate) = account.rps {
        client = client.requests_per_second(rate);
    }
    let (clock, talk) = (host.clock.clone(), host.talk.clone());
    // Whoever watches each step wants them one after the other.
    if talk.level < Level::Steps {
        client = client.spawner(|task| {
            tokio::spawn(task);
        });
    }
    let watched = WatchedClock { clock: clock.clone(), talk: talk.clone() };
    Ok(client
        .retry(retry.build()?)
        .clock(Arc::new(watched))
        .wrap_transport(move |next| Arc::new(Watch::new(next, clock, talk))))
}

/// What tells one account's service from another's: the address of its API.
pub(crate) fn api(account: &cli::Account, client: &Client) -> String {
    if account.whose.demo {
        return "demo".to_owned();
    }
    client.api_address().to_owned()
}

/// The contract to read when none was named: the one that the token is bound to, or the account's only one.
pub(crate) async fn only_contract(client: &Client) -> Result<ContractNumber, Failure> {
    if let Some(contract) = client.default_contract() {
        return Ok(contract);
    }
    let contracts = readable(&client.contracts().await?)?;
    match contracts.as_slice() {
        [contract] => Ok(contract.clone()),
        several => Err(Failure::usage(
            format!("the token may read the log of {} contracts", several.len()),
            of_token(several).choice(),
        )),
    }
}

/// The contracts that were named, each once; where none was, the only one.
pub(crate) async fn contracts(named: &[cli::Named], client: &Client) -> Result<Vec<ContractNumber>, Failure> {
    if named.is_empty() {
        return Ok(vec![only_contract(client).await?]);
    }
    let listed: Vec<ContractNumber> = match cli::are_plain(named) {
        true => Vec::new(),
        false => readable(&client.contracts().await?)?,
    };
    cli::choose(named, &of_token(&listed))
}

/// Says more about a refused contract: whether it is one that the token may read at all.
pub(crate) async fn explain(client: &Client, contract: &ContractNumber, error: Error) -> Failure {
    if !matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) {
        return error.into();
    }
    // The first error says more than one of this second look.
    not_listed(client, contract).await.unwrap_or_else(|| error.into())
}

/// A failure when the account's contracts can be listed and this one is not among them.
pub(crate) async fn not_listed(client: &Client, contract: &ContractNumber) -> Option<Failure> {
    let contracts = client.contracts().await.ok()?;
    let has = |listed: Vec<ContractNumber>| of_token(&listed).has(contract);
    readable(&contracts).and_then(has).err()
}

/// The numbers of the account's contracts. Fails where there are none.
fn readable(contracts: &[Contract]) -> Result<Vec<ContractNumber>, Failure> {
    if contracts.is_empty() {
        return Err(Failure::usage("the token may read the log of no contract", "use a token of a user who may"));
    }
    let numbers = contracts.iter().map(|contract| contract.number.clone());
    Ok(numbers.collect())
}

fn of_token(contracts: &[ContractNumber]) -> cli::There<'_> {
    cli::There { contracts, place: "whose log the token may read" }
}
