//! Connects to the account whose log is read: the account that the settings of the environment describe or, with
//! `--demo`, a simulated account.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ionos_activitylog::{
    ATTEMPT_TIMEOUT, Client, ClientBuilder, Contract, ContractNumber, DateRange, Error, ErrorKind, Length, RetryPolicy,
};
use ionos_activitylog_sim::Simulator;

use crate::args::contracts::{self, ContractSelector, KnownContracts, are_numbers};
use crate::args::service::ServiceArgs;
use crate::error::CommandError;
use crate::output::messages::Verbosity;
use crate::runtime::context::Context;
use crate::service::cache::ServiceCache;
use crate::service::logging::{LoggingClock, LoggingTransport};
use crate::service::secret_files::describe_readable;

/// A builder with the settings of the account, which are not validated yet. `now`: the current time. With `--demo`, the
/// simulator's clock always shows this time, so that a demo reads the real clock only once.
pub(crate) fn builder(
    args: &ServiceArgs,
    now: DateTime<Utc>,
    context: &Context<'_>,
) -> Result<ClientBuilder, CommandError> {
    if args.account.demo {
        let simulator = Simulator::builder().clock(move || now).build();
        let client = Client::builder().token(simulator.token()).transport(simulator.transport());
        return configure(client, args, now, context);
    }
    let mut client = context.client_builder();
    if let Some(profile) = &args.account.profile {
        client = client.profile(profile);
    }
    configure(client, args, now, context)
}

/// A client for the account. Warns if other users can open a file with a secret, if the cache is damaged, and if the
/// token lacks a privilege.
pub(crate) fn connect(
    args: &ServiceArgs,
    now: DateTime<Utc>,
    context: &mut Context<'_>,
) -> Result<Client, CommandError> {
    let builder = builder(args, now, context)?;
    if args.account.demo {
        return Ok(builder.build()?);
    }
    let client = builder.build().map_err(|error| match error.kind() {
        ErrorKind::Configuration => CommandError::from(error).with_hint("try --demo, which needs no account"),
        _ => error.into(),
    })?;
    if let Some(warning) = describe_readable(client.settings()) {
        context.info(format_args!("warning: {warning}"));
    }
    match ServiceCache::new(context.cache_dir.clone()).profile(client.api_address(), now) {
        Ok(profile) => {
            profile.inspect(|profile| client.load_profile(profile));
        }
        Err(error) => context.info(format_args!("warning: {error}; ignored: `ialog doctor --probe` recreates it")),
    }
    if let Some(warning) = client.warning() {
        context.info(format_args!("warning: {warning}"));
    }
    Ok(client)
}

/// Converts a [`Length`] to a duration. A month has no fixed duration, so the length is measured back from `now`.
fn exact_duration(length: Length, now: DateTime<Utc>) -> Result<Duration, Error> {
    Ok(DateRange::last(length, now)?.duration().to_std().unwrap_or_default())
}

/// Applies the arguments to the builder, and adds the logging of requests and waits.
fn configure(
    mut client: ClientBuilder,
    args: &ServiceArgs,
    now: DateTime<Utc>,
    context: &Context<'_>,
) -> Result<ClientBuilder, CommandError> {
    let mut retry = RetryPolicy::builder();
    if let Some(attempts) = args.attempts {
        retry = retry.attempts(attempts);
    }
    if let Some(timeout) = args.timeout {
        let timeout = exact_duration(timeout, now)?;
        retry = retry.deadline(timeout);
        client = client.attempt_timeout(timeout.min(ATTEMPT_TIMEOUT));
    }
    if let Some(wait) = args.max_retry_after {
        retry = retry.retry_after_ceiling(exact_duration(wait, now)?);
    }
    if let Some(rate) = args.rps {
        client = client.requests_per_second(rate);
    }
    let (clock, messages) = (context.clock.clone(), context.messages.clone());
    // If each request is logged (`-v`), all windows are read on one thread, so that the lines about one request or
    // response stay together.
    if messages.verbosity < Verbosity::Requests {
        client = client.spawner(|task| {
            tokio::spawn(task);
        });
    }
    let logging_clock = LoggingClock { clock: clock.clone(), messages: messages.clone() };
    Ok(client
        .retry(retry.build()?)
        .clock(Arc::new(logging_clock))
        .wrap_transport(move |next| Arc::new(LoggingTransport::new(next, clock, messages))))
}

/// The text that identifies the service in an archive: the address of its API, or `demo`.
pub(crate) fn api_label(args: &ServiceArgs, client: &Client) -> String {
    if args.account.demo {
        return "demo".to_owned();
    }
    client.api_address().to_owned()
}

/// The contract to read if the user selects none. This is the default contract of the client, which is given by the
/// settings or by the token. If there is no default contract, it is the only contract that the token can read. Fails if
/// there is no default contract and the token can read several contracts or none.
pub(crate) async fn only_contract(client: &Client) -> Result<ContractNumber, CommandError> {
    if let Some(contract) = client.default_contract() {
        return Ok(contract);
    }
    let contracts = readable(&client.contracts().await?)?;
    match contracts.as_slice() {
        [contract] => Ok(contract.clone()),
        several => Err(CommandError::usage(
            format!("the token can read the log of {} contracts", several.len()),
            format!("{}, or use --contract all", known_to_token(several).choice_hint()),
        )),
    }
}

/// The selected contracts, each once; the contract of [`only_contract`] if none is selected.
pub(crate) async fn select_contracts(
    selectors: &[ContractSelector],
    client: &Client,
) -> Result<Vec<ContractNumber>, CommandError> {
    if selectors.is_empty() {
        return Ok(vec![only_contract(client).await?]);
    }
    let listed: Vec<ContractNumber> = match are_numbers(selectors) {
        true => Vec::new(),
        false => readable(&client.contracts().await?)?,
    };
    contracts::select_contracts(selectors, &known_to_token(&listed))
}

/// The error to report after the service has refused to return events of a contract. If the token cannot read the
/// contract at all, the error says so.
pub(crate) async fn explain_refusal(client: &Client, contract: &ContractNumber, error: Error) -> CommandError {
    if !matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) {
        return error.into();
    }
    // If the contracts cannot be listed either, or if the list contains this contract, the original error says more.
    not_listed(client, contract).await.unwrap_or_else(|| error.into())
}

/// An error if the contracts of the account can be listed and this contract is not among them.
pub(crate) async fn not_listed(client: &Client, contract: &ContractNumber) -> Option<CommandError> {
    let contracts = client.contracts().await.ok()?;
    let require = |listed: Vec<ContractNumber>| known_to_token(&listed).require(contract);
    readable(&contracts).and_then(require).err()
}

/// The numbers of the contracts. Fails if there are none.
fn readable(contracts: &[Contract]) -> Result<Vec<ContractNumber>, CommandError> {
    if contracts.is_empty() {
        return Err(CommandError::usage(
            "the token cannot read the log of any contract",
            "use the token of a user who can",
        ));
    }
    let numbers = contracts.iter().map(|contract| contract.number.clone());
    Ok(numbers.collect())
}

fn known_to_token(contracts: &[ContractNumber]) -> KnownContracts<'_> {
    KnownContracts { contracts, place: "that the token can read" }
}
