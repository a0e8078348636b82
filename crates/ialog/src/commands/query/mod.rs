//! `ialog query`: shows events, to people and to programs.

mod output_args;
mod output_plan;
mod query_run;

use clap::Args;

use crate::args::events::{EventSelection, FilterArgs};
use crate::args::output::ColorArgs;
use crate::args::zone::resolve_zone;
use crate::error::CommandError;
use crate::events::read_summary::ReadSummary;
use crate::events::rows::Rows;
use crate::output::time::TimeFormat;
use crate::runtime::context::Context;
use output_args::QueryOutputArgs;
use output_plan::OutputPlan;
use query_run::QueryRun;

#[derive(Args)]
#[command(after_help = "\
Filters are applied locally to all events of the range, before --limit. If events are folded into operations, as in \
tables, a filter selects the operations that have a matching event, and the result, the duration and the number of events \
are those of the whole operation in the range. So --status QUEUED also finds operations that are done by now, but \
--outcome pending does not; `ialog help filters` explains operations and their outcome. The line \
shows the user, action, resource and address of the first matching event. A status update or provisioning event is shown \
only if no other event matches, and if one of these values is missing in the line without a filter. In other formats, --fold prints the values of the event \
that a table would show. In tables, +2 after a user, action, resource or address says that the operation has two further ones (+8: 8 or \
more). --list-values counts the values of all events.

Tables show times in the time zone of --tz; all other formats use UTC. A table on a terminal omits the parts of the \
times that are the same in the whole range, such as the date. The resolved range is printed to standard error. The last 10 \
seconds by the clock of the service are not read, because the log may still be incomplete. If --to is in \
the past, but within these 10 seconds, or if part of the range cannot be verified, the exit code is 3.

Columns of tables: time, user, action, resource, result, from, detail (the default); also took, events, id, contract, \
type, service, request. --cols, --sort, --template and --list-values also accept the columns of `ialog schema flat`.

Examples:
  ialog query --last 2h --mutations
  ialog query --since yesterday --user 'root@*' --failed -o wide
  ialog query --from 2026-11-20T14:00 --to 2026-11-20T14:30 --ip 203.0.113.0/24
  ialog query --last 7d --method DELETE 'resource-type!=snapshot' --limit 20
  ialog query --archive audit --action 'sec.*' -o csv --cols time,user,action
  ialog query --last 30d --list-values user
  ialog query --last 1d -o template --template '{time} {user} {action}'
  ialog query --last 1d --failed --jq '[.meta.time, .event.message] | @tsv'")]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    pub(crate) selection: EventSelection,

    #[command(flatten, next_help_heading = "Filters")]
    pub(crate) filters: FilterArgs,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) output: QueryOutputArgs,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) color: ColorArgs,

    /// Exit with code 7 if no event matched
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_status: bool,
}

pub(crate) async fn run(args: &QueryArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.selection.check()?;
    args.color.apply(&mut context.terminal);
    let filter = args.filters.filter()?;
    let plan = OutputPlan::new(&args.output, &context.terminal)?;
    let zone = resolve_zone(&args.selection.zone, context)?;
    let mut rows = Rows::open(&args.selection, filter, zone, context).await?;
    if plan.folds {
        rows = rows.return_all();
    }
    let times = TimeFormat::new(rows.range(), zone, context.terminal.is_terminal);
    let mut run = QueryRun::new(plan, &rows);
    while let Some(row) = rows.next(context).await? {
        if !run.add(row, context)? {
            break;
        }
    }
    let (is_unfiltered, suggestion) = (rows.is_unfiltered(), rows.suggestion());
    let summary = rows.into_summary();
    let counts = summary.counts;
    if summary.is_lost() {
        return summary.verdict(context);
    }
    let mut kept = counts.kept;
    if let Some(shown) = run.finish(counts.kept, times, context)? {
        kept = shown.all();
        context.info(shown.describe(counts, is_unfiltered));
        summary.show_versions(context);
        if let Some(suggestion) = suggestion {
            context.info(suggestion);
        }
    }
    verdict(summary, args.exit_status, kept, context)
}

/// The result of the command. `kept` is the number of events or operations that matched.
fn verdict(summary: ReadSummary, exit_status: bool, kept: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    summary.verdict(context)?;
    if exit_status && kept == 0 {
        return Err(CommandError::nothing_matched());
    }
    Ok(())
}
