//! Reading all events of a range, each once, from a service whose order, offsets and counts cannot be trusted, and with
//! proof of it.
//!
//! ```text
//! range -> piece -> scans of its pages -> evidence -> verified window, or pieces of it, or a gap -> events in order
//! ```
//!
//! `piece` cuts ranges, `scan` reads the pages of one, `evidence` holds what its scans have shown and decides whether
//! that is proof, `read` goes on until it is, `windows` does so for many pieces at the same time and gives the windows
//! out in order, `workers` on other threads if the program lends some, and `learned` keeps what has shown about the
//! service on the way. `contracts` reads several contracts, and `in_order` gives them out one after the other. `probe`
//! finds out at once what is to be learned, and a `profile` carries it from one run to the next.

mod checkpoint;
mod contracts;
mod evidence;
mod gate;
mod in_order;
pub(crate) mod learned;
mod pages;
mod piece;
mod probe;
mod profile;
mod read;
mod scan;
mod stream;
mod summary;
mod window;
mod windows;
mod workers;

use crate::operation::Operation;
use crate::{Client, ContractNumber, DateRange, Error, ErrorKind, Filter, PageSize};

pub use checkpoint::Checkpoint;
pub use contracts::{ContractWindow, ContractsStream};
pub use in_order::ContractsInOrder;
pub use pages::PageStream;
pub use probe::{Finding, Probe};
pub use profile::{DateFractions, HitOrder, ServiceProfile, TotalShape};
pub use stream::EventStream;
pub use summary::Summary;
pub use window::{BEYOND_REACH, Gap, GapReason, Window};
pub use windows::WindowStream;
pub use workers::Spawner;

/// How many windows are read at the same time, or wait for their turn, unless another number is chosen. A window has at
/// most 10 000 events, about 9 MB; of as many more windows the first page is read ahead.
const WINDOWS_AT_ONCE: usize = 4;

/// The events of a contract and range, not read yet: choose [`Events::stream`], [`Events::windows`] or
/// [`Events::pages`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before .stream(), .windows() or .pages() is polled"]
pub struct Events {
    client: Client,
    contract: ContractNumber,
    range: DateRange,
    page_size: PageSize,
    windows_at_once: usize,
    filter: Filter,
    /// Where to go on, when it is not the beginning.
    position: Option<Checkpoint>,
}

impl Events {
    pub(crate) fn new(client: Client, contract: ContractNumber, range: DateRange) -> Self {
        Self {
            client,
            contract,
            range,
            page_size: PageSize::DEFAULT,
            windows_at_once: WINDOWS_AT_ONCE,
            filter: Filter::new(),
            position: None,
        }
    }

    /// How many events to ask for at once. Where the service sends fewer, that is learned once for all clones of the
    /// client.
    pub fn page_size(mut self, page_size: PageSize) -> Self {
        self.page_size = page_size;
        self
    }

    /// How many windows are read at the same time or wait for their turn, at least 1; the default is 4. It bounds the
    /// memory: a window has at most 10 000 events, and of as many windows more no more than one page is read ahead.
    pub fn windows_at_once(mut self, windows: usize) -> Self {
        self.windows_at_once = windows.max(1);
        self
    }

    /// Gives out only events that the filter matches. All of them are read and verified; the others are counted.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Goes on where an earlier reading of the same contract, range and filter stood.
    ///
    /// Fails with [`ErrorKind::Configuration`] when the checkpoint is of another reading.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Result<Self, Error> {
        let filter = self.filter.to_string();
        let same =
            checkpoint.contract == self.contract && checkpoint.range == self.range && checkpoint.filter == filter;
        if !same {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "the checkpoint is of contract {}, {}, filter {:?}, and not of contract {}, {}, filter {filter:?}",
                    checkpoint.contract, checkpoint.range, checkpoint.filter, self.contract, self.range
                ),
            )
            .with_hint("resume what it was made of, or start anew"));
        }
        self.position = Some(checkpoint);
        Ok(self)
    }

    /// Event by event, in the order of their times, those of one time in the order of their ids: the same order for the
    /// same events, whatever the service's own is. Each event comes once.
    ///
    /// A window is given out once it is verified (see [`Window`]). Where one cannot be, its events come all the same, and
    /// the stream ends in an error of [`ErrorKind::Incomplete`] that names the gap. After an error it is at its end.
    ///
    /// Nothing is read before the stream is polled; dropping it ends the reading. One that is kept and not polled keeps the
    /// requests that it has on their way, and their places among those that the client may have; where the service has
    /// asked for patience, it also keeps back those that came after it.
    pub fn stream(self) -> EventStream {
        EventStream::new(self.windows())
    }

    /// Window by window, in order, for whoever keeps the proof with the events: a window says what was read, how often,
    /// and what of it is not proven to be complete. Here a gap is no error. Otherwise as [`Events::stream`].
    pub fn windows(self) -> WindowStream {
        let position = self.position.clone().unwrap_or_else(|| self.beginning());
        WindowStream::new(self, position)
    }

    /// Page by page, as the service sends them, with what came along: for whoever wants to see how it answers. What
    /// proves nothing is an error, but nothing is verified: pages may overlap and leave out events where the service
    /// changes the order between two of them. A filter does not count here.
    ///
    /// Nothing is read before the stream is polled; dropping it ends the reading. After an error it is at its end.
    pub fn pages(self) -> PageStream {
        PageStream::new(self)
    }

    fn beginning(&self) -> Checkpoint {
        Checkpoint {
            contract: self.contract.clone(),
            range: self.range,
            filter: self.filter.to_string(),
            read_to: self.range.start(),
        }
    }

    /// The window with the events that the filter matches.
    fn filtered(&self, mut window: Window) -> Window {
        if !self.filter.is_empty() {
            let all = window.events.len();
            window.events.retain(|event| self.filter.matches(event));
            window.filtered = (all - window.events.len()) as u64;
        }
        window
    }

    fn operation(&self) -> Operation {
        Operation::events(&self.contract, self.range)
    }
}

#[cfg(test)]
mod tests;
