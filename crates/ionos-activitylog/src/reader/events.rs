//! The entry point for reading a range: the caller sets options, and then chooses one of three streams.

use std::sync::Arc;

use crate::api::Api;
use crate::api::page::PageSize;
use crate::contract::ContractNumber;
use crate::error::{Error, ErrorKind};
use crate::filter::Filter;
use crate::range::DateRange;
use crate::reader::checkpoint::Checkpoint;
use crate::reader::extra_requests::ExtraRequests;
use crate::reader::pages::PageStream;
use crate::reader::request::EventsRequest;
use crate::reader::stream::EventStream;
use crate::reader::windows::WindowStream;

/// The events of a contract and range, before they are read: choose [`Events::stream`], [`Events::windows`] or
/// [`Events::pages`].
#[derive(Clone, Debug)]
#[must_use = "no request is sent before .stream(), .windows() or .pages() is polled"]
pub struct Events {
    request: EventsRequest,
    /// The position to resume from. `None` for the start of the range.
    position: Option<Checkpoint>,
}

impl Events {
    pub(crate) fn new(api: Arc<Api>, contract: ContractNumber, range: DateRange) -> Self {
        Self { request: EventsRequest::new(api, contract, range), position: None }
    }

    /// Number of events to request per page. Default: [`PageSize::DEFAULT`]. If the service allows only a smaller
    /// number, all clones of the client request the smaller number from then on.
    pub fn page_size(mut self, page_size: PageSize) -> Self {
        self.request.page_size = page_size;
        self
    }

    /// Maximum number of windows that are read at the same time or wait to be returned. Default: 4. A value of 0 counts
    /// as 1. The maximum bounds the memory, because a window has at most 10 000 events. In addition, the reader
    /// prefetches the first page of up to this number of further windows.
    pub fn windows_at_once(mut self, windows: usize) -> Self {
        self.request.windows_at_once = windows.max(1);
        self
    }

    /// Returns only the events that match the filter. All events are read and verified; the excluded events are only
    /// counted.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.request.filter = filter;
        self
    }

    /// Whether a stream of several windows ends with a cross-check: a request for the total of the range, which must be
    /// the sum of the totals of the windows. If the two numbers differ, the windows that cause the difference are read
    /// again. Their new events are returned at the end, in a further window. Default: `true`. Pass `false` if the
    /// program itself compares the windows. The result is [`Summary::cross_check`](crate::Summary).
    ///
    /// The cross-check also removes repeated records without a readable time. Such a record belongs to no range, so the
    /// service may return it for several windows. If the record has a `@uuid`, the stream returns it once. A stream
    /// that resumes does not know the records of the earlier stream, so it may return such a record again.
    ///
    /// If a stream consists of one window with events, the cross-check needs no request, because the scan of the window
    /// has compared the total already. If the only window is empty, the total of the range is requested once more.
    ///
    /// With or without the cross-check, a window that is longer than the windows before it is compared with the totals
    /// of some of its parts, because a service may silently shorten a long range. If a part has more events than the
    /// window has in this part, the window is read in parts.
    ///
    /// It is undocumented whether a range includes events at exactly its start. So with the cross-check, a stream also
    /// requests the two seconds around the start of the range. If only the answer to this request contains an event at
    /// the start, the event is returned with the first window. In this case, the first window is verified only after
    /// two identical scans.
    pub fn cross_check(mut self, cross_check: bool) -> Self {
        self.request.cross_check = cross_check;
        self.request.check_start = cross_check;
        self
    }

    /// Continues from the position of an earlier stream ([`Events::stream`] or [`Events::windows`]) of the same
    /// contract, range and filter.
    ///
    /// Fails with [`ErrorKind::Configuration`] if the checkpoint belongs to another contract or range. The filter is
    /// compared only when the stream starts, so [`Events::filter`] may be called before or after this function. If the
    /// filter differs, the first item of the stream is an error of the same kind, and no request is sent.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Result<Self, Error> {
        let EventsRequest { contract, range, .. } = &self.request;
        if checkpoint.contract != *contract || checkpoint.range != *range {
            return Err(self.other_checkpoint(&checkpoint));
        }
        self.position = Some(checkpoint);
        Ok(self)
    }

    fn other_checkpoint(&self, checkpoint: &Checkpoint) -> Error {
        let EventsRequest { contract, range, filter, .. } = &self.request;
        let filter = filter.to_string();
        Error::new(
            ErrorKind::Configuration,
            format!(
                "the checkpoint belongs to contract {}, {}, filter {:?}, but the request is for contract {contract}, \
                 {range}, filter {filter:?}",
                checkpoint.contract, checkpoint.range, checkpoint.filter
            ),
        )
        .with_hint("resume with the contract, range and filter of the checkpoint, or start without the checkpoint")
    }

    /// The events one by one, each once, sorted by time and then by id. The order of the service does not matter. Only
    /// events that reached the log while the range was read may come last, out of this order; see
    /// [`Events::cross_check`].
    ///
    /// The events of a window are returned once the window is verified (see [`Window`](crate::Window)). If a window
    /// cannot be verified, its events are returned nevertheless. In this case, the stream returns an error of
    /// [`ErrorKind::Incomplete`] after the last event of the range; the error names the first gap. After any error, the
    /// stream ends.
    ///
    /// No request is sent before the stream is polled, and dropping the stream cancels its requests. Other calls of the
    /// client may be made between two events, and several streams may be polled in any order. A request of a stream
    /// that is not polled does not count towards the client's limit on requests in flight. A program may spend any time
    /// on an event; this time counts towards no time limit.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// use ionos_activitylog::{Client, ContractNumber, DateRange, Error};
    ///
    /// /// Prints each event with the status of the request behind it.
    /// async fn enrich(client: &Client, contract: ContractNumber, range: DateRange) -> Result<(), Error> {
    ///     let mut events = client.events(contract, range).stream();
    ///     while let Some(event) = events.try_next().await? {
    ///         if let Some(id) = event.details().request_id() {
    ///             match client.cloud_request(&id).await {
    ///                 Ok(request) => println!("{} {:?}", event.raw(), *request),
    ///                 Err(error) => println!("{} {error}", event.raw()),
    ///             }
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn stream(self) -> EventStream {
        EventStream::new(self.windows())
    }

    /// The windows in order, for programs that keep the proof with the events: a [`Window`](crate::Window) has its
    /// events, its proof, its gaps and its number of requests. A gap is not an error here. In all other respects, the
    /// windows are read as by [`Events::stream`].
    pub fn windows(self) -> WindowStream {
        let filter = self.request.filter.to_string();
        let other = self.position.as_ref().filter(|position| position.filter != filter);
        let refusal = other.map(|position| self.other_checkpoint(position));
        let Self { request, position } = self;
        let position = position.unwrap_or_else(|| Checkpoint {
            contract: request.contract.clone(),
            range: request.range,
            filter,
            read_to: request.range.start(),
        });
        match refusal {
            Some(error) => WindowStream::refused(request, position, error),
            None => WindowStream::new(request, position),
        }
    }

    /// The pages as the service sends them, with their metadata, for programs that examine the service. An answer that
    /// proves nothing, such as one without `hits`, is an error. Apart from this, the pages are not verified: if the
    /// order changes between two requests, the pages may repeat some events and lack others. The filter is not applied.
    /// Pages have no checkpoint: after [`Events::resume`], the only item is an error of [`ErrorKind::Configuration`].
    ///
    /// No request is sent before the stream is polled, and dropping the stream cancels its request. After an error the
    /// stream ends.
    pub fn pages(self) -> PageStream {
        match self.position {
            Some(_) => PageStream::failed(
                Error::new(ErrorKind::Configuration, "a checkpoint is set, and pages cannot be resumed")
                    .with_hint("use windows() or stream(), or start without the checkpoint"),
            ),
            None => PageStream::new(self.request),
        }
    }

    pub(super) fn contract(&self) -> &ContractNumber {
        &self.request.contract
    }
}

/// Lets the streams of several requests share the extra requests that a wrong total may cost. Without this function, a
/// program that reads several ranges of one contract one after the other could spend the full number of extra requests
/// for each range.
pub fn share_extra_requests(mut events: Events, extra: &Arc<ExtraRequests>) -> Events {
    events.request.extra = Some(extra.clone());
    events
}

/// Lets the tasks that read windows also do the quick check of [`Event::issues`](crate::Event::issues). Useful for a
/// program that calls `Event::issues` for each event, because the tasks do the check concurrently.
pub fn check_model(mut events: Events) -> Events {
    events.request.check_model = true;
    events
}

/// Switches the cross-check off. The two seconds around the start of the range are requested nevertheless; see
/// [`Events::cross_check`].
pub fn check_only_start(events: Events) -> Events {
    let mut events = events.cross_check(false);
    events.request.check_start = true;
    events
}
