//! What a line of output is about: an event, or an operation that left several.

use chrono::TimeDelta;
use ionos_activitylog::{ContractNumber, Event, Outcome};

/// An event that was found, and what became of it by the events that were folded into it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) contract: ContractNumber,
    pub(crate) event: Event,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// How long the operation took; none for a single event.
    pub(crate) took: Option<TimeDelta>,
    /// Events of the operation, this one included.
    pub(crate) events: u64,
    /// What went wrong.
    pub(crate) detail: Option<String>,
}

impl Row {
    /// A single event.
    pub(crate) fn one(contract: ContractNumber, event: Event) -> Self {
        Self { contract, outcome: event.details().outcome(), detail: detail(&event), event, took: None, events: 1 }
    }
}

/// What went wrong: the code and the first message.
pub(crate) fn detail(event: &Event) -> Option<String> {
    let error = event.details().error()?;
    let code = error.code.map(|code| code.into_owned());
    let code = code.or_else(|| Some(format!("HTTP {}", error.status?)));
    let message = error.messages.into_iter().find_map(|message| message.message);
    let words: Vec<String> = code.into_iter().chain(message.map(|message| message.into_owned())).collect();
    (!words.is_empty()).then(|| words.join(" "))
}
