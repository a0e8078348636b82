//! Selection of events: account or archive, contracts, time and filters.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog::{Filter, FilterKey};

use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::args::service::ServiceArgs;
use crate::args::time::{RangeArgs, TimeArgs};
use crate::args::zone::ZoneArgs;
use crate::error::CommandError;

/// Length of the time range that is searched for a single event or operation if the user gives no range. The range ends
/// now, and is used only for the service.
const DEFAULT_LOOKBACK: &str = "30d";

/// Selection of events, and of the service or archive to read them from.
#[derive(Args)]
pub(crate) struct EventSelection {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,

    /// Read this archive folder instead of the service
    #[arg(long, value_name = "ROOT", conflicts_with = "demo")]
    pub(crate) archive: Option<PathBuf>,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("the only contract of the token, or all contracts of the archive"))]
    pub(crate) contract: Vec<ContractSelector>,

    #[command(flatten, next_help_heading = "Time")]
    pub(crate) time: TimeArgs,

    #[command(flatten, next_help_heading = "Time")]
    pub(crate) zone: ZoneArgs,
}

impl EventSelection {
    /// The selected range. If no range is selected: [`DEFAULT_LOOKBACK`] for the service, `None` (all times) for an
    /// archive.
    pub(crate) fn range_or_lookback(&self) -> Result<Option<RangeArgs>, CommandError> {
        Ok(match self.time.range() {
            None if self.archive.is_none() => {
                Some(RangeArgs { last: Some(DEFAULT_LOOKBACK.parse()?), from: None, to: None })
            }
            range => range,
        })
    }

    /// Fails if `--archive` is given together with flags that only affect requests, such as `--attempts`. Not for
    /// commands that read an archive but also send requests, such as `trace --details`.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        match self.archive {
            Some(_) => self.service.reject_unused_flags("--archive does not use the service"),
            None => Ok(()),
        }
    }
}

/// Filters of events. An event must match every given flag. If a flag is given with several values, the event must
/// match at least one of them.
#[derive(Args)]
pub(crate) struct FilterArgs {
    /// Only include events that match KEY=VALUE or KEY!=VALUE; keys are the names of the filter flags
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,

    /// Same as FILTER
    #[arg(long = "where", value_name = "FILTER")]
    conditions: Vec<String>,

    /// Login name; * matches any text. All filter flags can be repeated
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,

    /// Event type, such as RequestAccepted
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Vec<String>,

    /// Event status, such as DONE
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,

    /// Outcome: success, failure, pending or unknown
    #[arg(long, value_name = "OUTCOME")]
    outcome: Vec<String>,

    /// Same as --outcome failure
    #[arg(long)]
    failed: bool,

    /// Service that the user called, or that carried out the request
    #[arg(long, value_name = "SERVICE")]
    service: Vec<String>,

    /// Client address, or a network such as 203.0.113.0/24
    #[arg(long, value_name = "ADDRESS")]
    ip: Vec<String>,

    /// Resource ID
    #[arg(long, visible_alias = "resource-id", value_name = "ID")]
    resource: Vec<String>,

    /// Resource type, such as firewallrule
    #[arg(long, value_name = "TYPE")]
    resource_type: Vec<String>,

    /// Action, such as 'sec.user.*' or 'DELETE nic'
    #[arg(long, value_name = "ACTION")]
    action: Vec<String>,

    /// HTTP method, such as DELETE
    #[arg(long, value_name = "METHOD")]
    method: Vec<String>,

    /// Only include events that may have changed something
    #[arg(long)]
    mutations: bool,

    /// Regular expression to search for in the record; begin with (?-i) to match case
    #[arg(long, value_name = "REGEX")]
    text: Vec<String>,
}

impl FilterArgs {
    /// All filter arguments and filter flags as one filter.
    pub(crate) fn filter(&self) -> Result<Filter, CommandError> {
        let filter = Filter::parse(self.filter.iter().chain(&self.conditions))?;
        let flags = [
            (FilterKey::User, &self.user),
            (FilterKey::EventType, &self.event_type),
            (FilterKey::Status, &self.status),
            (FilterKey::Outcome, &self.outcome),
            (FilterKey::Service, &self.service),
            (FilterKey::Ip, &self.ip),
            (FilterKey::ResourceId, &self.resource),
            (FilterKey::ResourceType, &self.resource_type),
            (FilterKey::Action, &self.action),
            (FilterKey::Method, &self.method),
            (FilterKey::Text, &self.text),
        ];
        let switches = [(self.failed, FilterKey::Outcome, "failure"), (self.mutations, FilterKey::Mutations, "true")];
        let values = flags.into_iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value.as_str())));
        let switched = switches.into_iter().filter(|(is_on, ..)| *is_on);
        let conditions = values.chain(switched.map(|(_, key, value)| (key, value)));
        Ok(conditions.into_iter().try_fold(filter, |filter, (key, value)| filter.only(key, value))?)
    }
}
