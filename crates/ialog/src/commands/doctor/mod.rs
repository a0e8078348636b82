//! `ialog doctor`: what is between the user and the log, looked at step by step, so that the first thing that is wrong is
//! the one that is named.

mod network;
mod report;
mod rights;

use chrono::{DateTime, Utc};
use clap::Args;
use ionos_activitylog::{Client, ContractNumber, Setting};
use serde_json::{Value, json};

use crate::args::output::{ReportArgs, ReportFormat};
use crate::args::service::ServiceArgs;
use crate::args::zone;
use crate::args::zone::ZoneArgs;
use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::output::table::TextStyle;
use crate::output::text::safe_json;
use crate::runtime::context::Context;
use crate::service::account;
use report::{CheckResult, DoctorReport};

#[derive(Args)]
#[command(after_help = "\
One line for each check: ok, warning, failure or skipped, with the next step. Exit code 0 without a failure, 2 for the \
configuration, 4 for the token or its privileges, 5 when the service cannot be reached.

--probe asks the service a few questions more, about 10 requests and never more than 30 unless some have to be sent again: \
how many events a page has, how far offsets reach, the order of events, whether events of one time keep their places, how \
counts are written, what becomes of fractions of a second in dates, and how long events take to appear. The answers are \
kept in $XDG_CACHE_HOME/ialog or ~/.cache/ialog, and commands of the next 30 days begin with them: they read quicker, and \
verify all the same.

Examples:
  ialog doctor
  ialog doctor --probe
  ialog doctor -o json")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) account: ServiceArgs,

    /// Measure how the service behaves, and keep it for later commands
    #[arg(long)]
    pub(crate) probe: bool,

    /// Contract to measure; if left out, that of the token, or the first whose log can be read
    #[arg(long, value_name = "NUMBER", requires = "probe")]
    pub(crate) contract: Option<ContractNumber>,

    #[command(flatten)]
    pub(crate) zone: ZoneArgs,

    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

pub(crate) async fn run(arguments: &DoctorArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let looks = arguments.report.colour.used(context.terminal.colours);
    let json = arguments.report.output == ReportFormat::Json;
    let mut report = DoctorReport::new(json, context.terminal.columns, looks);
    let probe = check_all(arguments, &mut report, context).await?;
    if json {
        let text = report.json(probe);
        let text = if context.terminal.shown { safe_json(&text) } else { text };
        context.print(&text)?;
    }
    report.verdict()
}

/// Each check after those that it depends on; gives what a probe has measured.
async fn check_all(
    arguments: &DoctorArgs,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<Option<Value>, CommandError> {
    let zone = zone::choose(&arguments.zone, context)?;
    let now = context.clock.now();
    let builder = account::builder(&arguments.account, now, context)?;
    let client = match builder.build() {
        Ok(client) => client,
        Err(error) => {
            let error = error.to_string();
            report.add("configuration", CheckResult::Failure(2), error, context)?;
            for check in ["dns", "connection", "clock", "authentication", "privilege"] {
                report.skip(check, "configuration", context)?;
            }
            return unprobed(arguments, "configuration", report, context);
        }
    };
    let said = configuration(client.settings());
    report.add("configuration", CheckResult::Ok, said, context)?;

    let direct = !arguments.account.whose.demo && context.account.is_none();
    let (verdict, said) = match direct {
        true => {
            let address = client.api_address();
            let look_up = tokio::net::lookup_host::<(String, u16)>;
            network::dns(address, network::proxy(), &*context.clock, look_up).await
        }
        false => (CheckResult::Skipped, "no network is used".to_owned()),
    };
    report.add("dns", verdict, said, context)?;
    if let CheckResult::Failure(_) = verdict {
        for check in ["connection", "clock", "authentication", "privilege"] {
            report.skip(check, "dns", context)?;
        }
        return unprobed(arguments, "dns", report, context);
    }

    let (verdict, said) = network::connection(&client, direct).await;
    report.add("connection", verdict, said, context)?;
    match verdict {
        CheckResult::Ok => {
            let (verdict, said) = network::clock(context.clock.now(), client.service_time());
            report.add("clock", verdict, said, context)?;
        }
        _ => report.skip("clock", "connection", context)?,
    }
    if let CheckResult::Failure(_) = verdict {
        for check in ["authentication", "privilege"] {
            report.skip(check, "connection", context)?;
        }
        return unprobed(arguments, "connection", report, context);
    }

    let listed = client.contracts().await.map(|listed| listed.into_inner());
    if let (Ok(contracts), false) = (&listed, arguments.account.whose.demo) {
        context.cache.keep_contracts(client.api_address(), contracts);
    }
    let (verdict, said) = rights::authentication(&client, &listed, now, zone);
    if !report.add("authentication", verdict, said, context)? {
        report.skip("privilege", "authentication", context)?;
        return unprobed(arguments, "authentication", report, context);
    }
    let (verdict, said, readable) = rights::privilege(&client, listed, now).await;
    report.add("privilege", verdict, said, context)?;
    let contract = arguments.contract.clone();
    let usual = client.default_contract();
    let usual = usual.filter(|contract| readable.contains(contract));
    match contract.or(usual).or_else(|| readable.first().cloned()) {
        Some(contract) if arguments.probe => probe(&client, &contract, arguments, report, context).await,
        _ => unprobed(arguments, "privilege", report, context),
    }
}

fn unprobed(
    arguments: &DoctorArgs,
    needs: &str,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<Option<Value>, CommandError> {
    if arguments.probe {
        report.skip("probe", needs, context)?;
    }
    Ok(None)
}

/// Whose credentials, and which address.
fn configuration(settings: &[Setting]) -> String {
    let told = |setting: &Setting| {
        let value = setting.value().replace("[redacted]", "[set]");
        format!("{} {value} ({})", setting.name(), setting.origin())
    };
    let told: Vec<String> = settings.iter().take(2).map(told).collect();
    told.join(", ")
}

/// Measures the service, and keeps what was measured.
async fn probe(
    client: &Client,
    contract: &ContractNumber,
    arguments: &DoctorArgs,
    report: &mut DoctorReport,
    context: &mut Context<'_>,
) -> Result<Option<Value>, CommandError> {
    let measured = match client.probe(contract).await {
        Ok(measured) => measured,
        Err(error) => {
            let failure = CommandError::from(error);
            let verdict = CheckResult::Failure(failure.code());
            report.add("probe", verdict, failure.to_string(), context)?;
            return Ok(None);
        }
    };
    let (place, said) = match arguments.account.whose.demo {
        true => (None, "not kept, because it is a demo".to_owned()),
        false => kept(client, &measured.profile, context.clock.now(), context),
    };
    let requests = format_count(measured.requests, "request");
    let said = format!("{requests} to the log of contract {contract}; {said}");
    let verdict = match place.is_some() || arguments.account.whose.demo {
        true => CheckResult::Ok,
        false => CheckResult::Warning,
    };
    report.add("probe", verdict, said, context)?;
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
        "kept_in": place,
    })))
}

/// Where the profile is kept, if it is, and a word on it.
fn kept(
    client: &Client,
    profile: &ionos_activitylog::ServiceProfile,
    now: DateTime<Utc>,
    context: &Context<'_>,
) -> (Option<String>, String) {
    match context.cache.keep_profile(client.api_address(), profile, now) {
        Ok(path) => {
            let path = path.display().to_string();
            let said = format!("kept in {path} for later commands");
            (Some(path), said)
        }
        Err(error) => {
            let said = format!("what was measured cannot be kept ({error}): later commands begin without it");
            (None, said)
        }
    }
}
