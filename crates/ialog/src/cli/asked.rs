//! What every command that looks at events is asked: whose, of which time, and which of them.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog::{Filter, FilterKey, Length, Moment};

use super::named::{CONTRACT, contract_help};
use super::{Account, Named, Range};
use crate::failure::Failure;

/// Where the events are.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) account: Account,

    /// Read the archive in this folder instead of the service
    #[arg(long, value_name = "ROOT", conflicts_with = "demo")]
    pub(crate) archive: Option<PathBuf>,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("If left out, the only one that the token reads, or all of the archive"))]
    pub(crate) contract: Vec<Named>,

    #[command(flatten, next_help_heading = "Time")]
    pub(crate) when: When,

    #[command(flatten, next_help_heading = "Time")]
    pub(crate) zone: Zone,
}

impl Asked {
    /// Fails where an archive is read, and a flag is given that is about asking the service. Whoever asks it for more than
    /// events does not call this.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.archive {
            Some(_) => self.account.unasked("an archive is read without the service"),
            None => Ok(()),
        }
    }
}

/// As [`Range`], and an archive has a beginning of its own.
#[derive(Args)]
pub(crate) struct When {
    /// The time up to now: a number and s, m, h, d, w, mo or y for seconds to years, such as 2h
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["from", "to"])]
    pub(crate) last: Option<Length>,

    /// Start: a day such as 2026-11-01 or yesterday, a month such as 2026-11, a local time such as 2026-11-01T08:30, a
    /// time with its zone, @ with seconds since 1970, or a length before now such as 7d
    #[arg(long, visible_alias = "since", value_name = "WHEN")]
    pub(crate) from: Option<Moment>,

    /// End: a day or a month, up to and including its end, or a time, up to but not including it; now if left out, or
    /// where the archive ends
    #[arg(long, visible_alias = "until", value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<Moment>,
}

impl When {
    /// The range that was asked for; none for all that there is.
    pub(crate) fn range(&self) -> Option<Range> {
        let Self { last, from, to } = *self;
        (last.is_some() || from.is_some()).then_some(Range { last, from, to })
    }
}

/// By which clock.
#[derive(Args)]
pub(crate) struct Zone {
    /// Time zone of days and local times, typed and shown, such as Europe/Berlin; that of TZ or of this machine if left
    /// out
    #[arg(long, value_name = "ZONE", conflicts_with = "utc")]
    pub(crate) tz: Option<String>,

    /// The same as --tz UTC
    #[arg(long)]
    pub(crate) utc: bool,
}

/// Which events. Different flags must all hold, of several values of one flag any.
#[derive(Args)]
pub(crate) struct Filters {
    /// Only events that match: KEY=VALUE, or KEY!=VALUE to leave them out, with the flags below as keys
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,

    /// The same as FILTER
    #[arg(long = "where", value_name = "FILTER")]
    conditions: Vec<String>,

    /// Login name; here and below, * stands for any text, and flags may be repeated
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,

    /// Type of the event, such as RequestAccepted
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Vec<String>,

    /// Status, such as DONE
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,

    /// success, failure, pending or unknown
    #[arg(long, value_name = "OUTCOME")]
    outcome: Vec<String>,

    /// The same as --outcome failure
    #[arg(long)]
    failed: bool,

    /// Service that was used, or in which it took place
    #[arg(long, value_name = "SERVICE")]
    service: Vec<String>,

    /// Address of the client, or a network such as 203.0.113.0/24
    #[arg(long, value_name = "ADDRESS")]
    ip: Vec<String>,

    /// Identifier of a resource
    #[arg(long, visible_alias = "resource-id", value_name = "ID")]
    resource: Vec<String>,

    /// Type of a resource, such as firewallrule
    #[arg(long, value_name = "TYPE")]
    resource_type: Vec<String>,

    /// What was done, such as 'sec.user.*' or 'DELETE nic'
    #[arg(long, value_name = "ACTION")]
    action: Vec<String>,

    /// HTTP method, such as DELETE
    #[arg(long, value_name = "METHOD")]
    method: Vec<String>,

    /// Only what may have changed something
    #[arg(long)]
    mutations: bool,

    /// Regular expression for the record's text
    #[arg(long, value_name = "REGEX")]
    text: Vec<String>,
}

impl Filters {
    /// One filter of all.
    pub(crate) fn filter(&self) -> Result<Filter, Failure> {
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
        let switched = switches.into_iter().filter(|(on, ..)| *on);
        let all = values.chain(switched.map(|(_, key, value)| (key, value)));
        Ok(all.into_iter().try_fold(filter, |filter, (key, value)| filter.only(key, value))?)
    }
}
