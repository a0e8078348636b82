//! The specification of a stream: contract, range, page size, concurrency and filter.

use std::sync::Arc;

use crate::api::Api;
use crate::api::operation::Operation;
use crate::api::page::PageSize;
use crate::contract::ContractNumber;
use crate::event::Event;
use crate::filter::Filter;
use crate::range::DateRange;
use crate::reader::extra_requests::ExtraRequests;
use crate::reader::window::Window;

/// Default number of windows that are read at the same time. This number bounds the memory, because a window has at
/// most 10 000 events, about 9 MB.
pub(super) const DEFAULT_WINDOWS_AT_ONCE: usize = 4;

#[derive(Clone, Debug)]
pub(super) struct EventsRequest {
    pub(super) api: Arc<Api>,
    pub(super) contract: ContractNumber,
    pub(super) range: DateRange,
    pub(super) page_size: PageSize,
    pub(super) windows_at_once: usize,
    pub(super) filter: Filter,
    /// Whether the totals of the windows are compared with the total of the range.
    pub(super) cross_check: bool,
    /// Whether the two seconds around the start of the range are requested too, to find events at exactly the start.
    pub(super) check_start: bool,
    /// Whether the tasks that read windows also check whether each event fits the model.
    pub(super) check_model: bool,
    /// The budget of extra requests that the stream shares with other streams. `None` if the stream has its own budget.
    pub(super) extra: Option<Arc<ExtraRequests>>,
}

impl EventsRequest {
    pub(super) fn new(api: Arc<Api>, contract: ContractNumber, range: DateRange) -> Self {
        Self {
            api,
            contract,
            range,
            page_size: PageSize::DEFAULT,
            windows_at_once: DEFAULT_WINDOWS_AT_ONCE,
            filter: Filter::new(),
            cross_check: true,
            check_start: true,
            check_model: false,
            extra: None,
        }
    }

    /// Removes the events that the filter excludes. If `check_model` is set, checks whether the other events fit the
    /// model.
    pub(super) fn apply_filter(&self, mut window: Window) -> Window {
        if !self.filter.is_empty() {
            let all = window.events.len();
            let matching = window.events.into_iter().filter(|event| self.filter.matches(event));
            // Few events may match, and each of them would keep its page in memory.
            window.events = matching.map(Event::detach).collect();
            window.filtered = (all - window.events.len()) as u64;
        }
        if self.check_model {
            window.events.iter_mut().for_each(Event::check_model);
        }
        window
    }

    /// The operation of the whole range, for errors.
    pub(super) fn operation(&self) -> Operation {
        Operation::events(&self.contract, self.range)
    }
}
