//! Reads one window of a stream. Either the stream polls the reading, or a task of the spawner does.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::error::Error;
use crate::range::DateRange;
use crate::reader::page_reader::PageReader;
use crate::reader::plan::PlannedWindow;
use crate::reader::read_ahead_gate::ReadAheadGate;
use crate::reader::reading_progress::ReadingProgress;
use crate::reader::request::EventsRequest;
use crate::reader::scan::WindowScanner;
use crate::reader::window::Window;
use crate::reader::window_reader::{WindowReader, WindowResult};
use crate::runtime::spawner::PolledBy;

/// The reading of one window.
pub(super) struct WindowRead {
    pub(super) request: Arc<EventsRequest>,
    pub(super) window: PlannedWindow,
    pub(super) requested: DateRange,
    pub(super) gate: Arc<ReadAheadGate>,
    pub(super) progress: Arc<ReadingProgress>,
}

impl WindowRead {
    /// Reads the window and applies the filter.
    pub(super) async fn run(self) -> Result<WindowResult<Window>, Error> {
        let Self { request, window, requested, gate, progress } = self;
        let piece_requests = AtomicU64::new(0);
        let pages = PageReader {
            api: &request.api,
            contract: &request.contract,
            extra: &progress.extra,
            received: &progress.received,
            piece_requests: &piece_requests,
            part_checks: &progress.part_checks,
            split_totals: &progress.split_totals,
        };
        let start_check_gate = ReadAheadGate::default();
        let (gate, start_check_gate) = (&*gate, &start_check_gate);
        let scanner = WindowScanner { pages, page_size: request.page_size, gate, start_check_gate };
        let reader = WindowReader { scanner, progress: &progress };
        Ok(reader.read(window, requested).await?.map(|window| request.apply_filter(window)))
    }

    /// Like [`WindowRead::run`], but for a reading that a task of the spawner polls.
    pub(super) async fn run_on_spawner(self) -> Result<WindowResult<Window>, Error> {
        let (api, scope) = self.request.api.with_scope(PolledBy::Spawner);
        let request = EventsRequest { api: Arc::new(api), ..EventsRequest::clone(&self.request) };
        scope.run(Self { request: Arc::new(request), ..self }.run()).await
    }
}
