//! Whose log is read: the account of the token, or a simulated one.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ionos_activitylog::{
    ATTEMPT_TIMEOUT, Client, ClientBuilder, Contract, ContractNumber, DateRange, Error, ErrorKind, RetryPolicy,
};
use ionos_activitylog_sim::Simulator;

use crate::args::contracts::{ContractSelector, KnownContracts, are_plain, choose};
use crate::args::service::ServiceArgs;
use crate::error::CommandError;
use crate::output::messages::Verbosity;
use crate::runtime::context::Context;
use crate::service::logging::{LoggingClock, LoggingTransport};

/// The settings of the account, nothing of it checked yet. `now` is the simulator's time, so that a demo does not depend on
/// the clock twice.
pub(crate) fn builder(
    account: &ServiceArgs,
    now: DateTime<Utc>,
    context: &Context<'_>,
) -> Result<ClientBuilder, CommandError> {
    if account.whose.demo {
        let simulator = Simulator::builder().clock(move || now).build();
        let client = Client::builder().token(simulator.token()).transport(simulator.transport());
        return set_up(client, account, now, context);
    }
    let mut client = context.client();
    if let Some(profile) = &account.whose.profile {
        client = client.profile(profile);
    }
    set_up(client, account, now, context)
}

/// A client for the account, with a word on what its token lacks.
pub(crate) fn connect(
    account: &ServiceArgs,
    now: DateTime<Utc>,
    context: &mut Context<'_>,
) -> Result<Client, CommandError> {
    let builder = builder(account, now, context)?;
    if account.whose.demo {
        return Ok(builder.build()?);
    }
    let client = builder.build().map_err(|error| match error.kind() {
        ErrorKind::Configuration => CommandError::from(error).or_else("--demo shows the program without an account"),
        _ => error.into(),
    })?;
    match context.cache.profile(client.api_address(), now) {
        Ok(profile) => {
            profile.inspect(|profile| client.load_profile(profile));
        }
        Err(error) => {
            context.info(format_args!("warning: {error}, and not used: `ialog doctor --probe` writes it anew"))
        }
    }
    if let Some(warning) = client.warning() {
        context.info(format_args!("warning: {warning}"));
    }
    Ok(client)
}

/// What is asked of every client, and who watches it.
fn set_up(
    mut client: ClientBuilder,
    account: &ServiceArgs,
    now: DateTime<Utc>,
    context: &Context<'_>,
) -> Result<ClientBuilder, CommandError> {
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
    let (clock, messages) = (context.clock.clone(), context.messages.clone());
    // Whoever watches each step wants them one after the other.
    if messages.level < Verbosity::Steps {
        client = client.spawner(|task| {
            tokio::spawn(task);
        });
    }
    let watched = LoggingClock { clock: clock.clone(), messages: messages.clone() };
    Ok(client
        .retry(retry.build()?)
        .clock(Arc::new(watched))
        .wrap_transport(move |next| Arc::new(LoggingTransport::new(next, clock, messages))))
}

/// What tells one account's service from another's: the address of its API.
pub(crate) fn api(account: &ServiceArgs, client: &Client) -> String {
    if account.whose.demo {
        return "demo".to_owned();
    }
    client.api_address().to_owned()
}

/// The contract to read when none was named: the one that the token is bound to, or the account's only one.
pub(crate) async fn only_contract(client: &Client) -> Result<ContractNumber, CommandError> {
    if let Some(contract) = client.default_contract() {
        return Ok(contract);
    }
    let contracts = readable(&client.contracts().await?)?;
    match contracts.as_slice() {
        [contract] => Ok(contract.clone()),
        several => Err(CommandError::usage(
            format!("the token may read the log of {} contracts", several.len()),
            of_token(several).choice(),
        )),
    }
}

/// The contracts that were named, each once; where none was, the only one.
pub(crate) async fn contracts(
    named: &[ContractSelector],
    client: &Client,
) -> Result<Vec<ContractNumber>, CommandError> {
    if named.is_empty() {
        return Ok(vec![only_contract(client).await?]);
    }
    let listed: Vec<ContractNumber> = match are_plain(named) {
        true => Vec::new(),
        false => readable(&client.contracts().await?)?,
    };
    choose(named, &of_token(&listed))
}

/// Says more about a refused contract: whether it is one that the token may read at all.
pub(crate) async fn explain(client: &Client, contract: &ContractNumber, error: Error) -> CommandError {
    if !matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) {
        return error.into();
    }
    // The first error says more than one of this second look.
    not_listed(client, contract).await.unwrap_or_else(|| error.into())
}

/// A failure when the account's contracts can be listed and this one is not among them.
pub(crate) async fn not_listed(client: &Client, contract: &ContractNumber) -> Option<CommandError> {
    let contracts = client.contracts().await.ok()?;
    let has = |listed: Vec<ContractNumber>| of_token(&listed).has(contract);
    readable(&contracts).and_then(has).err()
}

/// The numbers of the account's contracts. Fails where there are none.
fn readable(contracts: &[Contract]) -> Result<Vec<ContractNumber>, CommandError> {
    if contracts.is_empty() {
        return Err(CommandError::usage("the token may read the log of no contract", "use a token of a user who may"));
    }
    let numbers = contracts.iter().map(|contract| contract.number.clone());
    Ok(numbers.collect())
}

fn of_token(contracts: &[ContractNumber]) -> KnownContracts<'_> {
    KnownContracts { contracts, place: "whose log the token may read" }
}
