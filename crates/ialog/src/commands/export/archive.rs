//! `ialog export` to an archive: one or more contracts, what is missing of a range.

use ionos_activitylog::{Client, ContractNumber, DateRange};
use ionos_activitylog_archive::{Compression, ContractExport, ContractPlan, Error, Exporter};

use super::{ExportArgs, settle};
use crate::error::{CommandError, gaps};
use crate::events::open_archive::archive_at;
use crate::output::plural::format_count;
use crate::output::progress::RangeProgress;
use crate::runtime::context::Context;
use crate::service::account;

/// What brings what could not be read.
const AGAIN: &str = "the same command tries again";

pub(crate) async fn run(
    arguments: ExportArgs,
    client: Client,
    range: DateRange,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let archive = archive_at(&arguments.out)?;
    if arguments.overwrite {
        return Err(CommandError::usage(
            format!("{archive} is no file but an archive, in which nothing is overwritten"),
            "leave out --overwrite",
        ));
    }
    let contracts = account::contracts(&arguments.contracts.contract, &client).await?;
    let settle = settle::settle(&arguments, context.clock.now());
    let progress = RangeProgress::start(context, range, contracts.len());
    let exporter = Exporter::new(client.clone(), archive.clone())
        .api(account::api(&arguments.account, &client))
        .settle_delay(settle)
        .compression(arguments.format.map_or(Compression::Zstd, Into::into))
        .recount(arguments.recount)
        .clock(context.clock.clone())
        .fail_points(context.steps.clone())
        .on_progress({
            let progress = progress.clone();
            move |contract, done| progress.show_contract(contract, done)
        });
    if arguments.dry_run {
        let plans = exporter.plan(&contracts, range).await;
        let mut outcome = ExportSummary::of(contracts.len());
        outcome.failures = tell_plans(plans, &client, context).await;
        return outcome.end("failed, and the plan is of the others", context);
    }
    let started = context.clock.elapsed();
    let done = exporter.run(&contracts, range, context.interrupt.listen()).await;
    progress.end();
    let seconds = context.clock.elapsed().saturating_sub(started).as_secs_f64();
    let mut outcome = ExportSummary::of(contracts.len());
    for (contract, result) in done {
        match result {
            Ok(done) => outcome.tell(&contract, &done, context),
            Err(error) => {
                let failure = match error {
                    Error::Read { source: error } => account::explain(&client, &contract, error).await,
                    error => error.into(),
                };
                outcome.fail(contract.clone(), failure);
            }
        }
        // Whether a foreign contract is refused or looks empty is not documented.
        if outcome.empty
            && let Some(failure) = account::not_listed(&client, &contract).await
        {
            outcome.fail(contract, failure);
        }
    }
    context.info(format_args!("{seconds:.1} s, archive {archive}"));
    outcome.end("failed, and the others are archived", context)
}

async fn tell_plans(
    plans: Vec<(ContractNumber, Result<ContractPlan, Error>)>,
    client: &Client,
    context: &mut Context<'_>,
) -> Vec<(ContractNumber, CommandError)> {
    let mut failures = Vec::new();
    for (contract, plan) in plans {
        match plan {
            Ok(plan) => {
                let text = plan_text(&contract, &plan);
                if let Err(failure) = context.print(&text) {
                    failures.push((contract, failure));
                }
            }
            Err(Error::Read { source: error }) => {
                let failure = account::explain(client, &contract, error).await;
                failures.push((contract, failure));
            }
            Err(error) => failures.push((contract, error.into())),
        }
    }
    failures
}

fn plan_text(contract: &ContractNumber, plan: &ContractPlan) -> String {
    let more = if plan.exact { "" } else { "at least " };
    let mut text = format!("contract {contract}: to read {}\n", plan.missing);
    if !plan.unverified.is_empty() {
        text += &format!("  to read again, because it is not proven to be complete: {}\n", plan.unverified);
    }
    text += &format!(
        "  {more}{} in about {} and {}, {} bytes unpacked",
        format_count(plan.events, "event"),
        format_count(plan.windows, "window"),
        format_count(plan.requests, "request"),
        plan.bytes
    );
    if let Some(bytes) = plan.on_disk {
        text += &format!(", {bytes} bytes on the disk");
    }
    text += &format!(", about {:.0} s\n", plan.time.as_secs_f64().ceil());
    text
}

/// What became of the contracts.
#[derive(Default)]
struct ExportSummary {
    contracts: usize,
    failures: Vec<(ContractNumber, CommandError)>,
    gaps: usize,
    /// How many of these are beyond what the service lets one reach.
    beyond_reach: usize,
    stopped: bool,
    /// Whether the last contract has no event at all.
    empty: bool,
}

impl ExportSummary {
    fn of(contracts: usize) -> Self {
        Self { contracts, ..Self::default() }
    }

    fn tell(&mut self, contract: &ContractNumber, done: &ContractExport, context: &mut Context<'_>) {
        for note in &done.warnings {
            context.warn(format_args!("contract {contract}: {note}"));
        }
        self.empty = false;
        let Some(range) = done.range else {
            context.info(format_args!(
                "contract {contract}: all of the range is so new that it is left to the next export"
            ));
            return;
        };
        if done.nothing_to_do {
            context.info(format_args!("contract {contract}, {range}: archived already"));
        } else {
            let until = if done.stopped { ", stopped" } else { "" };
            context.info(format_args!(
                "contract {contract}, {range}{until}: {} in {}",
                format_count(done.events, "event"),
                format_count(done.requests, "request"),
            ));
            self.empty = done.events == 0 && done.requests > 0 && !done.stopped;
        }
        for (number, what) in [
            (
                done.discarded,
                "had come and were given up with the part that they were for: the next export reads them again",
            ),
            (done.with_issues, "do not fit the model of an event and are written like the others"),
            (done.late, "came late and were added"),
            (done.no_longer_served, "are archived and not sent by the service any more"),
        ] {
            if number > 0 {
                context.info(format_args!("  {} {what}", format_count(number, "event")));
            }
        }
        for gap in &done.gaps {
            context.warn(format_args!(
                "  not proven to be complete: {} .. {}, {}, {} came",
                gap.from.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
                gap.to.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
                gap.reason,
                format_count(gap.seen, "event")
            ));
        }
        self.gaps += done.gaps.len();
        self.beyond_reach += done.gaps.iter().filter(|gap| gap.is_beyond_reach()).count();
        self.stopped |= done.stopped;
    }

    fn fail(&mut self, contract: ContractNumber, failure: CommandError) {
        self.empty = false;
        self.failures.push((contract, failure));
    }

    /// The one thing that the program ends with; `others` says what became of the contracts that did not fail.
    fn end(mut self, others: &str, context: &Context<'_>) -> Result<(), CommandError> {
        if self.stopped {
            return Err(CommandError::stopped(
                context.interrupt.code(),
                "interrupted",
                "what was read up to then is archived, the same command goes on from there",
            )
            .beside(self.failures));
        }
        match (self.failures.len(), self.contracts) {
            (0, _) if self.gaps == 0 => Ok(()),
            (0, _) => Err(CommandError::incomplete(
                format!("not everything is proven to be complete, {} left", format_count(self.gaps as u64, "gap")),
                gaps::closed_by(AGAIN, self.gaps, self.beyond_reach),
            )),
            (1, 1) => Err(self.failures.swap_remove(0).1),
            (_, all) => Err(CommandError::of_contracts(self.failures, all, others, AGAIN)),
        }
    }
}
