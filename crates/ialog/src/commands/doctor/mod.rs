//! `ialog doctor`: finds out whether commands can read a log. The checks run one after the other, beginning with the
//! check of the user's settings. After a failed check, the checks that depend on it are skipped, so that the report
//! shows the cause and not its consequences.

mod network;
mod privileges;
mod report;

use chrono::{DateTime, Utc};
use clap::Args;
use ionos_activitylog::{Client, Contract, ContractNumber, Error, Setting};
use serde_json::{Value, json};

use crate::args::output::{ReportArgs, ReportFormat};
use crate::args::service::ServiceArgs;
use crate::args::zone::{ZoneArgs, resolve_zone};
use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::output::styled_text::TextStyle;
use crate::runtime::context::Context;
use crate::service::account;
use crate::service::cache::ServiceCache;
use crate::service::secret_files::describe_readable;
use report::{CheckResult, DoctorReport};

#[derive(Args)]
#[command(after_help = "\
Prints one line per check: ok, warning, failure or skipped, with the next step. The exit code is 0 if no check failed, 2 if \
the configuration is invalid, 4 if the token is refused or lacks a privilege, and 5 if the service cannot be reached.

--probe also measures the service with about 10 requests (at most 30, plus retries): the page size, how far offsets reach, \
the order of events, whether events with the same time keep their position, the JSON form of totals, the handling of fractions \
of a second in dates, whether ranges include their start and end, and how long events take to appear. The results are stored \
in $XDG_CACHE_HOME/ialog or ~/.cache/ialog and used for 30 days: later commands read faster and verify as before.

Examples:
  ialog doctor
  ialog doctor --probe
  ialog doctor -o json")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,

    /// Measure the service and store the results for later commands
    #[arg(long)]
    pub(crate) probe: bool,

    /// Contract to measure [default: the contract of the token, or the first readable one]
    #[arg(long, value_name = "NUMBER", requires = "probe")]
    pub(crate) contract: Option<ContractNumber>,

    #[command(flatten)]
    pub(crate) zone: ZoneArgs,

    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

pub(crate) async fn run(args: &DoctorArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.report.color.apply(&mut context.terminal);
    let is_json = args.report.output == ReportFormat::Json;
    let mut report = DoctorReport::new(is_json, context.terminal.columns);
    let probe = check_all(args, &mut report, context).await?;
    if is_json {
        context.print_data(report.json(probe))?;
    }
    report.verdict()
}

/// Runs each check after the checks that it needs. Returns the findings of the probe; `None` if the probe was not
/// requested, was skipped or failed.
async fn check_all(
    args: &DoctorArgs,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<Option<Value>, CommandError> {
    let zone = resolve_zone(&args.zone, context)?;
    let now = context.clock.now();
    let Some(client) = run_configuration_check(args, now, report, context)? else {
        return skip_rest(args, "configuration", report, context);
    };
    let is_direct = !args.service.account.demo && context.account.is_none();
    if !run_dns_check(&client, is_direct, report, context).await? {
        return skip_rest(args, "dns", report, context);
    }
    if !run_connection_checks(&client, is_direct, report, context).await? {
        return skip_rest(args, "connection", report, context);
    }
    let listed = list_contracts(args, &client, context).await;
    let (result, message) = privileges::check_authentication(&client, &listed, now, zone);
    if !report.add("authentication", result, message, context)? {
        return skip_rest(args, "authentication", report, context);
    }
    let (result, message, readable) = privileges::check_privilege(&client, listed, now).await;
    report.add("privilege", result, message, context)?;
    match select_probe_contract(args, &client, &readable) {
        Some(contract) if args.probe => probe(&client, &contract, args, report, context).await,
        _ => skip_rest(args, "privilege", report, context),
    }
}

/// Builds the client. Returns `None` if the configuration is invalid.
fn run_configuration_check(
    args: &DoctorArgs,
    now: DateTime<Utc>,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<Option<Client>, CommandError> {
    match account::builder(&args.service, now, context)?.build() {
        Ok(client) => {
            let message = describe_configuration(client.settings());
            let (result, message) = match describe_readable(client.settings()) {
                Some(warning) => (CheckResult::Warning, format!("{message}; {warning}")),
                None => (CheckResult::Ok, message),
            };
            report.add("configuration", result, message, context)?;
            Ok(Some(client))
        }
        Err(error) => {
            report.add("configuration", CheckResult::Failure(2), error.to_string(), context)?;
            Ok(None)
        }
    }
}

/// Resolves the host of the API. Returns `false` if that fails.
async fn run_dns_check(
    client: &Client,
    is_direct: bool,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<bool, CommandError> {
    let (result, message) = match is_direct {
        true => {
            let address = client.api_address();
            let look_up = tokio::net::lookup_host::<(String, u16)>;
            network::check_dns(address, network::proxy_variable(), &*context.clock, look_up).await
        }
        false => (CheckResult::Skipped, "no network used".to_owned()),
    };
    report.add("dns", result, message, context)?;
    Ok(!matches!(result, CheckResult::Failure(_)))
}

/// Connects to the API and compares the clocks. Returns `false` if the connection fails.
async fn run_connection_checks(
    client: &Client,
    is_direct: bool,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<bool, CommandError> {
    let (result, message) = network::check_connection(client, is_direct).await;
    report.add("connection", result, message, context)?;
    match result {
        CheckResult::Ok => {
            let (result, message) = network::check_clock(context.clock.now(), client.service_time());
            report.add("clock", result, message, context)?;
        }
        _ => report.skip("clock", "connection", context)?,
    }
    Ok(!matches!(result, CheckResult::Failure(_)))
}

/// Lists the contracts of the token, and writes them to the cache unless the account is simulated.
async fn list_contracts(args: &DoctorArgs, client: &Client, context: &Context<'_>) -> Result<Vec<Contract>, Error> {
    let contracts = client.contracts().await?.into_inner();
    if !args.service.account.demo {
        ServiceCache::new(context.cache_dir.clone()).write_contracts(client.api_address(), &contracts);
    }
    Ok(contracts)
}

/// The contract to measure. `--contract` takes precedence. Without this flag, the default contract of the client is
/// measured if it is readable, otherwise the first readable contract. `None` if there is neither a flag nor a readable
/// contract.
fn select_probe_contract(args: &DoctorArgs, client: &Client, readable: &[ContractNumber]) -> Option<ContractNumber> {
    let default = client.default_contract().filter(|contract| readable.contains(contract));
    args.contract.clone().or(default).or_else(|| readable.first().cloned())
}

/// Skips all remaining checks, and adds them to the report. `needs` is the name of the check that these checks depend
/// on. Returns `None`, because there are no findings.
fn skip_rest(
    args: &DoctorArgs,
    needs: &str,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<Option<Value>, CommandError> {
    report.skip_rest(needs, context)?;
    if args.probe {
        report.skip("probe", needs, context)?;
    }
    Ok(None)
}

/// The credentials and the API address in use, with their sources.
fn describe_configuration(settings: &[Setting]) -> String {
    let describe = |setting: &Setting| {
        let value = setting.value().replace("[redacted]", "[set]");
        format!("{} {value} ({})", setting.name(), setting.origin())
    };
    let settings: Vec<String> = settings.iter().take(2).map(describe).collect();
    settings.join(", ")
}

/// Added to the message of the probe if the service excludes the start of a range.
const EXCLUSIVE_START_WARNING: &str = "; the service does not return an event at exactly the start of a range, so \
                                       each reading also requests the last second before the range";

/// Measures the service. Writes the measured limits (the profile of the service) to the cache, unless the account is
/// simulated. Returns the findings; `None` if the measurement failed.
async fn probe(
    client: &Client,
    contract: &ContractNumber,
    args: &DoctorArgs,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<Option<Value>, CommandError> {
    let measured = match client.probe(contract).await {
        Ok(measured) => measured,
        Err(error) => {
            let failure = CommandError::from(error);
            let result = CheckResult::Failure(failure.code());
            report.add("probe", result, failure.to_string(), context)?;
            return Ok(None);
        }
    };
    let (path, message) = match args.service.account.demo {
        true => (None, "not stored for a demo".to_owned()),
        false => write_profile(client, &measured.profile, context.clock.now(), context),
    };
    let requests = format_count(measured.requests, "request");
    let excludes_start = measured.start_exclusive == Some(true);
    let warning = if excludes_start { EXCLUSIVE_START_WARNING } else { "" };
    let message = format!("{requests} to the log of contract {contract}; {message}{warning}");
    let is_stored = path.is_some() || args.service.account.demo;
    let result = match is_stored && !excludes_start {
        true => CheckResult::Ok,
        false => CheckResult::Warning,
    };
    report.add("probe", result, message, context)?;
    if !report.is_json() {
        for finding in &measured.findings {
            let text = format!("{}: {}", finding.answer, finding.observation);
            let label = format!("         {}", finding.name);
            report.line(&label, TextStyle::Plain, &text, context)?;
        }
    }
    let findings = measured
        .findings
        .iter()
        .map(|finding| json!({"name": finding.name, "answer": finding.answer, "seen": finding.observation}));
    Ok(Some(json!({
        "contract": contract.as_str(),
        "requests": measured.requests,
        "profile": measured.profile,
        "findings": findings.collect::<Vec<_>>(),
        "kept_in": path,
    })))
}

/// Writes the profile to the cache. Returns the path of the file, and a sentence for the report. The path is `None` if
/// the profile cannot be written.
fn write_profile(
    client: &Client,
    profile: &ionos_activitylog::ServiceProfile,
    now: DateTime<Utc>,
    context: &Context<'_>,
) -> (Option<String>, String) {
    match ServiceCache::new(context.cache_dir.clone()).write_profile(client.api_address(), profile, now) {
        Ok(path) => {
            let path = path.display().to_string();
            let message = format!("stored in {path} for later commands");
            (Some(path), message)
        }
        Err(error) => {
            let message = format!("results cannot be stored ({error}), so later commands cannot use them");
            (None, message)
        }
    }
}
