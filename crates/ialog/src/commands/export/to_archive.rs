//! Exports the parts of a range that an archive does not have, for one or more contracts.

use chrono::{DateTime, DurationRound, SecondsFormat, TimeDelta, Utc};
use ionos_activitylog::{Client, ContractNumber, CrossCheck, DateRange, Event, RangeSet};
use ionos_activitylog_archive::internal::settled_range;
use ionos_activitylog_archive::{
    Archive, ArchiveReader, Compression, ContractExport, ContractFolder, ContractPlan, Error, Exporter,
};

use super::ExportArgs;
use crate::args::contracts::{ContractSelector, is_selected};
use crate::args::time::RequestedRange;
use crate::error::CommandError;
use crate::error::from_library::is_repeatable;
use crate::error::gaps::gap_hint;
use crate::events::named_contracts::{MAX_SAMPLE, MixedContract, NamedContracts};
use crate::events::opened_archive::archive_at;
use crate::events::versions::describe_versions;
use crate::output::plural::format_count;
use crate::output::progress::RangeProgress;
use crate::runtime::context::Context;
use crate::service::account;
use crate::service::settle::{UnreadEnd, refuse_wrong_clock, settle_delay};

/// Hint for ranges that could not be read.
const RETRY_HINT: &str = "run the same command again";

/// The hint for gaps. `next_try` is the earliest time at which an export reads the gaps again. If this time is after
/// `now`, the hint names this time. Otherwise the hint only says to repeat the command.
fn retry_hint(next_try: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    match next_try.filter(|next| *next > now) {
        Some(next) => format!(
            "{RETRY_HINT} at {} or later, or add --recount to read the gaps again at once",
            format_next_try(next)
        ),
        None => RETRY_HINT.to_owned(),
    }
}

/// The earliest time at which gaps are read again, rounded up to a whole second.
fn format_next_try(next: DateTime<Utc>) -> String {
    let second = TimeDelta::seconds(1);
    let whole = next.duration_trunc(second).unwrap_or(next);
    let rounded = if whole < next { whole.checked_add_signed(second).unwrap_or(next) } else { whole };
    rounded.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Second half of the hint for a disk error. The first half says to run the same command again.
const RESUMES: &str = "the export then continues after the archived events";

pub(super) async fn run(
    args: ExportArgs,
    client: Client,
    RequestedRange { range, has_past_end }: RequestedRange,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let archive = archive_at(&args.out)?;
    if args.overwrite {
        return Err(CommandError::usage(
            format!("{archive} is an archive, and an export never overwrites files of an archive"),
            "remove --overwrite",
        ));
    }
    let contracts = account::select_contracts(&args.contracts.contract, &client).await?;
    let unlisted = unlisted_contracts(&archive, &args.contracts.contract, &contracts);
    let settle = settle_delay(&args.service, args.settle, context.clock.now());
    let progress = RangeProgress::new(context.start_progress(), range, contracts.len());
    let exporter = Exporter::new(client.clone(), archive.clone())
        .api(account::api_label(&args.service, &client))
        .settle_delay(settle)
        .compression(args.format.map_or(Compression::Zstd, Into::into))
        .recount(args.recount)
        .reread(args.reread)
        .clock(context.clock.clone())
        .fail_points(context.fail_points.clone())
        .on_progress({
            let progress = progress.clone();
            move |contract, done| progress.show_contract(contract, done.read_to, done.events)
        });
    let describe_unread =
        |unread: &RangeSet, now| UnreadEnd::new(unread, now, client.service_time(), settle).filter(|_| has_past_end);
    if args.dry_run {
        let plans = exporter.plan(&contracts, range).await;
        let local = context.clock.now();
        if settled_range(range, local, client.service_time(), settle).is_none() {
            refuse_wrong_clock(range, local, client.service_time(), settle)?;
        }
        let mut summary = ExportSummary::new(contracts.len());
        for (contract, plan) in &plans {
            if let Ok(plan) = plan {
                summary.add_unread(contract, describe_unread(&plan.unread, local), context);
            }
        }
        summary.failures = show_plans(plans, &client, context).await;
        summary.add_unlisted(&unlisted, context);
        return summary.verdict("failed; the plan covers the others", context);
    }
    let started = context.clock.elapsed();
    let exports = exporter.run(&contracts, range, context.interrupt.listen()).await;
    progress.end();
    let seconds = context.clock.elapsed().saturating_sub(started).as_secs_f64();
    let mut summary = ExportSummary::new(contracts.len());
    let mut named = NamedContracts::of_first_events();
    for (contract, result) in exports {
        match result {
            Ok(export) => {
                let too_recent = || refuse_wrong_clock(range, context.clock.now(), client.service_time(), settle);
                let clocks = export.range.map_or_else(too_recent, |_| Ok(()));
                let unread = describe_unread(&export.unread, context.clock.now());
                summary.add(&contract, &export, (clocks, unread), context);
                if export.events > 0 {
                    add_first_events(&mut named, &archive, &contract, export.range);
                }
            }
            Err(error) => {
                let failure = match error {
                    Error::Read { source: error } => account::explain_refusal(&client, &contract, error).await,
                    error if is_repeatable(&error) => CommandError::from(error).with_hint(RESUMES),
                    error => error.into(),
                };
                summary.add_failure(contract.clone(), failure);
            }
        }
        // The API documentation does not say how the service answers for a contract that the token cannot read: with an
        // error or with an empty log.
        if summary.is_last_empty
            && let Some(failure) = account::not_listed(&client, &contract).await
        {
            summary.add_failure(contract, failure);
        }
    }
    summary.add_unlisted(&unlisted, context);
    summary.mixed = named.mixed(&client).await;
    MixedContract::warn(&summary.mixed, context);
    context.info(format_args!("{seconds:.1} s, archive {archive}"));
    summary.verdict("failed; the others are archived", context)
}

/// Adds the first archived events of the range. An exporter returns no events, and reading all of them again would take
/// long. So the first event that names the contract ends the reading, as well as an event that names no contract, or
/// that cannot be read: `ialog verify` reports it.
fn add_first_events(
    named: &mut NamedContracts,
    archive: &Archive,
    contract: &ContractNumber,
    range: Option<DateRange>,
) {
    let reader = ArchiveReader::open(archive, Some(std::slice::from_ref(contract)), range);
    let events = reader.into_iter().flatten().map_while(|archived| Some(archived.ok()?.event));
    let names_contract = |event: &Event| event.details().principal().contract.is_some();
    for event in events.take(MAX_SAMPLE).take_while(names_contract) {
        named.add(contract, [&event]);
        if named.is_settled(contract) {
            return;
        }
    }
}

/// The contracts of the archive that `all` or a pattern selects, but that the service does not list. The export adds
/// nothing to these contracts. Empty if the archive does not exist yet.
fn unlisted_contracts(
    archive: &Archive,
    selectors: &[ContractSelector],
    selected: &[ContractNumber],
) -> Vec<ContractNumber> {
    // If the archive cannot be listed, the export itself fails.
    let folders = archive.contracts().unwrap_or_default();
    let archived = folders.iter().map(ContractFolder::contract);
    archived.filter(|contract| is_selected(selectors, contract) && !selected.contains(contract)).cloned().collect()
}

/// Shows what each export would do. Returns the contracts whose plan failed.
async fn show_plans(
    plans: Vec<(ContractNumber, Result<ContractPlan, Error>)>,
    client: &Client,
    context: &mut Context<'_>,
) -> Vec<(ContractNumber, CommandError)> {
    let mut failures = Vec::new();
    for (contract, plan) in plans {
        match plan {
            Ok(plan) => {
                let text = describe_plan(&contract, &plan);
                if let Err(failure) = context.print(text) {
                    failures.push((contract, failure));
                }
            }
            Err(Error::Read { source: error }) => {
                let failure = account::explain_refusal(client, &contract, error).await;
                failures.push((contract, failure));
            }
            Err(error) => failures.push((contract, error.into())),
        }
    }
    failures
}

fn describe_plan(contract: &ContractNumber, plan: &ContractPlan) -> String {
    let at_least = if plan.exact { "" } else { "at least " };
    let mut text = format!("contract {contract}: to read {}\n", plan.missing);
    if !plan.unverified.is_empty() {
        text += &format!("  to read again, because it is not verified: {}\n", plan.unverified);
    }
    if let Some(next) = plan.next_try {
        let time = format_next_try(next);
        text += &format!("  to read again at {time} or later, because it is not verified: {}\n", plan.waiting);
    }
    text += &format!(
        "  {at_least}{} in about {} and {}, {} bytes uncompressed",
        format_count(plan.events, "event"),
        format_count(plan.windows, "window"),
        format_count(plan.requests, "request"),
        plan.bytes
    );
    if let Some(bytes) = plan.on_disk {
        text += &format!(", {bytes} bytes on disk");
    }
    text += &format!(", about {:.0} s\n", plan.time.as_secs_f64().ceil());
    text
}

/// The results of the exports that were added so far, one export per contract.
#[derive(Default)]
struct ExportSummary {
    contracts: usize,
    failures: Vec<(ContractNumber, CommandError)>,
    gaps: usize,
    /// Number of gaps that stay open even if they are read again, because the service cannot return these ranges
    /// completely.
    beyond_reach: usize,
    /// Earliest time at which an export reads the gaps of all contracts again, except the gaps beyond reach. `None` if
    /// all gaps are beyond reach, or if there is no gap.
    next_try: Option<DateTime<Utc>>,
    /// Number of contracts of the archive that were selected, but that the service does not list.
    unlisted: usize,
    /// A hint that says how to read the end of the range. `None` if no contract has an [`UnreadEnd`].
    unread_hint: Option<&'static str>,
    is_stopped: bool,
    /// The contracts whose events may be those of another contract.
    mixed: Vec<MixedContract>,
    /// Whether the most recently added export sent at least one request, read its whole range and received no event.
    is_last_empty: bool,
}

impl ExportSummary {
    fn new(contracts: usize) -> Self {
        Self { contracts, ..Self::default() }
    }

    /// Adds the export of a contract, and shows its result. `clocks` is an error if nothing was read because of a wrong
    /// clock. `unread` is the part at the end of the range that was not read, see [`UnreadEnd`].
    fn add(
        &mut self,
        contract: &ContractNumber,
        export: &ContractExport,
        (clocks, unread): (Result<(), CommandError>, Option<UnreadEnd>),
        context: &mut Context<'_>,
    ) {
        for note in &export.warnings {
            context.warn(format_args!("contract {contract}: {note}"));
        }
        self.is_last_empty = false;
        if let Err(failure) = clocks {
            self.add_failure(contract.clone(), failure);
            return;
        }
        let has_unread = unread.is_some();
        self.add_unread(contract, unread, context);
        let Some(range) = export.range else {
            if has_unread {
                return;
            }
            context.info(format_args!(
                "contract {contract}: all events of the range are younger than the --settle time; a later export reads them"
            ));
            return;
        };
        let is_unchanged = export.requests == 0 && export.events == 0 && !export.stopped;
        if export.nothing_to_do || is_unchanged {
            context.info(format_args!("contract {contract}, {range}: already archived"));
        } else {
            let stopped = if export.stopped { ", stopped" } else { "" };
            context.info(format_args!(
                "contract {contract}, {range}{stopped}: {} in {}",
                format_count(export.events, "event"),
                format_count(export.requests, "request"),
            ));
            self.is_last_empty = export.events == 0 && export.requests > 0 && !export.stopped;
        }
        if let Some(note) = describe_versions(export.amended, export.events) {
            context.warn(format_args!("  {note}"));
        }
        for (number, event, what) in [
            (export.discarded, "event", " discarded with an unfinished part; the next export reads that part again"),
            (export.with_issues, "event", " with unexpected content, written unchanged"),
            (export.late, "event", " not archived before, added"),
            (export.amended_later, "changed event", ", added"),
            (export.kept, "event", " kept in separate files: not JSON, or outside of the requested window"),
            (export.no_longer_served, "event", " archived, but not returned by the service"),
        ] {
            if number > 0 {
                context.info(format_args!("  {}{what}", format_count(number, event)));
            }
        }
        if let CrossCheck::NotChecked(reason) = &export.cross_check {
            context.info(format_args!("  not cross-checked: {reason}"));
        }
        for gap in &export.gaps {
            context.warn(format_args!(
                "  incomplete: {} .. {}, {}, {} received",
                gap.from.to_rfc3339_opts(SecondsFormat::AutoSi, true),
                gap.to.to_rfc3339_opts(SecondsFormat::AutoSi, true),
                gap.reason,
                format_count(gap.seen, "event")
            ));
        }
        if export.waiting_gaps > 0 {
            let gaps = format_count(export.waiting_gaps, "gap");
            let when = match export.next_try {
                Some(next) => format!("will not be read again before {}", format_next_try(next)),
                None => "will be read again later".to_owned(),
            };
            context.warn(format_args!("  {gaps} {when}"));
        }
        self.next_try = self.next_try.max(export.next_try);
        self.gaps += export.gaps.len();
        self.beyond_reach += export.gaps.iter().filter(|gap| gap.is_beyond_reach()).count();
        self.is_stopped |= export.stopped;
    }

    /// Adds an unread end, and warns of it.
    fn add_unread(&mut self, contract: &ContractNumber, unread: Option<UnreadEnd>, context: &mut Context<'_>) {
        if let Some(UnreadEnd { text, hint }) = unread {
            context.warn(format_args!("contract {contract}: {text}"));
            self.unread_hint = Some(hint);
        }
    }

    fn add_failure(&mut self, contract: ContractNumber, failure: CommandError) {
        self.is_last_empty = false;
        self.failures.push((contract, failure));
    }

    /// Adds the contracts that the service does not list, and warns of each.
    fn add_unlisted(&mut self, contracts: &[ContractNumber], context: &mut Context<'_>) {
        for contract in contracts {
            context.warn(format_args!(
                "warning: contract {contract} is in the archive, but the service does not list the contract, so nothing was \
                 added; check the privileges of the token, or, to export only some contracts, name them with --contract"
            ));
        }
        self.unlisted = contracts.len();
    }

    /// The error for an incomplete result; `None` if the result is complete. Ignores the contracts that failed.
    fn incomplete(&self, now: DateTime<Utc>) -> Option<CommandError> {
        let mut what = Vec::new();
        if self.gaps > 0 {
            what.push(format!("{} could not be verified", format_count(self.gaps as u64, "gap")));
        }
        if self.unlisted > 0 {
            let is = if self.unlisted == 1 { "is" } else { "are" };
            let contracts = format_count(self.unlisted as u64, "contract");
            what.push(format!("{contracts} of the archive {is} not listed by the service"));
        }
        if self.unread_hint.is_some() {
            what.push("the end of the range is not archived".to_owned());
        }
        if what.is_empty() {
            return None;
        }
        let mut hints = Vec::new();
        if self.gaps > 0 {
            hints.push(gap_hint(&retry_hint(self.next_try, now), self.gaps, self.beyond_reach));
        }
        // If there are gaps that can be closed, their hint already says to run the same command again.
        if self.gaps == self.beyond_reach {
            hints.extend(self.unread_hint.map(str::to_owned));
        }
        if self.gaps == 0 && self.unlisted > 0 {
            hints.push("see the warnings above".to_owned());
        }
        let what = what.join(", and ");
        Some(CommandError::incomplete(format!("incomplete: {what}"), hints.join("; ")))
    }

    /// The result of the command. `others` is the end of the message "1 of 2 contracts ..." for the case that only some
    /// contracts failed, see [`CommandError::of_contracts`].
    fn verdict(mut self, others: &str, context: &Context<'_>) -> Result<(), CommandError> {
        if self.is_stopped {
            return Err(CommandError::with_code(
                context.interrupt.code(),
                "interrupted",
                "the events read so far are archived; run the same command again to resume",
            )
            .with_contracts(self.failures));
        }
        match (self.failures.len(), self.contracts) {
            (0, _) => {
                let error = self.incomplete(context.clock.now()).or_else(|| MixedContract::error(&self.mixed));
                error.map_or(Ok(()), Err)
            }
            (1, 1) => Err(self.failures.swap_remove(0).1),
            (_, all) => Err(CommandError::of_contracts(self.failures, all, others, RETRY_HINT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_every_reason_and_every_next_step() {
        let hint = "run the same command again later";
        let unread = |summary| ExportSummary { unread_hint: Some(hint), ..summary };
        for (summary, expected) in [
            (ExportSummary::new(1), None),
            (
                unread(ExportSummary::new(1)),
                Some("the end of the range is not archived: run the same command again later"),
            ),
            (
                unread(ExportSummary { unlisted: 1, ..ExportSummary::new(1) }),
                Some(
                    "1 contract of the archive is not listed by the service, and the end of the range is not archived: run \
                     the same command again later; see the warnings above",
                ),
            ),
            (
                unread(ExportSummary { gaps: 1, ..ExportSummary::new(1) }),
                Some(
                    "1 gap could not be verified, and the end of the range is not archived: run the same command again",
                ),
            ),
            (
                unread(ExportSummary { gaps: 1, beyond_reach: 1, ..ExportSummary::new(1) }),
                Some(
                    "1 gap could not be verified, and the end of the range is not archived: another attempt does not help, \
                     because no shorter range can be requested; ask the vendor's support for the missing \
                     events; run the same command again later",
                ),
            ),
        ] {
            let error = summary.incomplete(DateTime::UNIX_EPOCH);
            let text = error.as_ref().map(ToString::to_string);
            assert_eq!(text, expected.map(|text| format!("incomplete: {text}")));
            assert_eq!(error.map(|error| error.code()), expected.map(|_| 3));
        }
    }

    #[test]
    fn the_hint_names_the_time_of_the_next_try() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = time("2026-11-20T12:00:00Z");
        for (next, expected) in [
            (None, "run the same command again"),
            (Some("2026-11-20T12:00:00Z"), "run the same command again"),
            (
                Some("2026-11-20T12:00:59.001Z"),
                "run the same command again at 2026-11-20T12:01:00Z or later, or add --recount to read the gaps again at \
                 once",
            ),
        ] {
            assert_eq!(retry_hint(next.map(time), now), expected);
        }
    }
}
