//! `ialog doctor`: what is between the user and the log, looked at step by step, so that the first thing that is wrong is
//! the one that is named.

mod network;
mod report;
mod rights;

use chrono::{DateTime, Utc};
use ionos_activitylog::{Client, ContractNumber, Setting};
use serde_json::{Value, json};

use crate::account;
use crate::cli::{Doctor, ReportOutput};
use crate::failure::Failure;
use crate::host::Host;
use crate::table::{Look, safe_json};
use crate::zone;
use report::{Report, Verdict};

pub(crate) async fn run(arguments: &Doctor, host: &mut Host<'_>) -> Result<(), Failure> {
    let looks = arguments.report.colour.used(host.terminal.colours);
    let json = arguments.report.output == ReportOutput::Json;
    let mut report = Report::new(json, host.terminal.columns, looks);
    let probe = check_all(arguments, &mut report, host).await?;
    if json {
        let text = report.json(probe);
        let text = if host.terminal.shown { safe_json(&text) } else { text };
        host.print(&text)?;
    }
    report.verdict()
}

/// Each check after those that it depends on; gives what a probe has measured.
async fn check_all(arguments: &Doctor, report: &mut Report, host: &mut Host<'_>) -> Result<Option<Value>, Failure> {
    let zone = zone::choose(&arguments.zone, host)?;
    let now = host.clock.now();
    let builder = account::builder(&arguments.account, now, host)?;
    let client = match builder.build() {
        Ok(client) => client,
        Err(error) => {
            let error = error.to_string();
            report.add("configuration", Verdict::Failure(2), error, host)?;
            for check in ["dns", "connection", "clock", "authentication", "privilege"] {
                report.skip(check, "configuration", host)?;
            }
            return unprobed(arguments, "configuration", report, host);
        }
    };
    let said = configuration(client.settings());
    report.add("configuration", Verdict::Ok, said, host)?;

    let direct = !arguments.account.whose.demo && host.account.is_none();
    let (verdict, said) = match direct {
        true => {
            let address = client.api_address();
            let look_up = tokio::net::lookup_host::<(String, u16)>;
            network::dns(address, network::proxy(), &*host.clock, look_up).await
        }
        false => (Verdict::Skipped, "no network is used".to_owned()),
    };
    report.add("dns", verdict, said, host)?;
    if let Verdict::Failure(_) = verdict {
        for check in ["connection", "clock", "authentication", "privilege"] {
            report.skip(check, "dns", host)?;
        }
        return unprobed(arguments, "dns", report, host);
    }

    let (verdict, said) = network::connection(&client, direct).await;
    report.add("connection", verdict, said, host)?;
    match verdict {
        Verdict::Ok => {
            let (verdict, said) = network::clock(host.clock.now(), client.service_time());
            report.add("clock", verdict, said, host)?;
        }
        _ => report.skip("clock", "connection", host)?,
    }
    if let Verdict::Failure(_) = verdict {
        for check in ["authentication", "privilege"] {
            report.skip(check, "connection", host)?;
        }
        return unprobed(arguments, "connection", report, host);
    }

    let listed = client.contracts().await.map(|listed| listed.into_inner());
    if let (Ok(contracts), false) = (&listed, arguments.account.whose.demo) {
        host.cache.keep_contracts(client.api_address(), contracts);
    }
    let (verdict, said) = rights::authentication(&client, &listed, now, zone);
    if !report.add("authentication", verdict, said, host)? {
        report.skip("privilege", "authentication", host)?;
        return unprobed(arguments, "authentication", report, host);
    }
    let (verdict, said, readable) = rights::privilege(&client, listed, now).await;
    report.add("privilege", verdict, said, host)?;
    let contract = arguments.contract.clone();
    let usual = client.default_contract();
    let usual = usual.filter(|contract| readable.contains(contract));
    match contract.or(usual).or_else(|| readable.first().cloned()) {
        Some(contract) if arguments.probe => probe(&client, &contract, arguments, report, host).await,
        _ => unprobed(arguments, "privilege", report, host),
    }
}

fn unprobed(
    arguments: &Doctor,
    needs: &str,
    report: &mut Report,
    host: &mut Host<'_>,
) -> Result<Option<Value>, Failure> {
    if arguments.probe {
        report.skip("probe", needs, host)?;
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
    arguments: &Doctor,
    report: &mut Report,
    host: &mut Host<'_>,
) -> Result<Option<Value>, Failure> {
    let measured = match client.probe(contract).await {
        Ok(measured) => measured,
        Err(error) => {
            let failure = Failure::from(error);
            let verdict = Verdict::Failure(failure.code());
            report.add("probe", verdict, failure.to_string(), host)?;
            return Ok(None);
        }
    };
    let (place, said) = match arguments.account.whose.demo {
        true => (None, "not kept, because it is a demo".to_owned()),
        false => kept(client, &measured.profile, host.clock.now(), host),
    };
    let requests = super::counted(measured.requests, "request");
    let said = format!("{requests} to the log of contract {contract}; {said}");
    let verdict = match place.is_some() || arguments.account.whose.demo {
        true => Verdict::Ok,
        false => Verdict::Warning,
    };
    report.add("probe", verdict, said, host)?;
    if !report.is_json() {
        for finding in &measured.findings {
            let text = format!("{}: {}", finding.answer, finding.seen);
            let label = format!("         {}", finding.name);
            report.line(&label, Look::Plain, &text, host)?;
        }
    }
    let findings = measured
        .findings
        .iter()
        .map(|finding| json!({"name": finding.name, "answer": finding.answer, "seen": finding.seen}));
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
    host: &Host<'_>,
) -> (Option<String>, String) {
    match host.cache.keep_profile(client.api_address(), profile, now) {
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
