//! Events onto disk: from the verified windows of a range to one file that holds them all, or to no file.

use std::io::{BufWriter, Write};
use std::pin::pin;

use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::TryStreamExt;
use ionos_activitylog::Window;

use crate::compression::Encoder;
use crate::{AtomicFile, Error, FileTarget, ndjson};

/// What has been exported, so far or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// Events written.
    pub events: u64,
    /// Of these, events that do not fit the model; they are written like the others.
    pub with_issues: u64,
    /// Requests that it took, retries not counted.
    pub requests: u64,
    /// Up to where everything was written; none before the first window.
    pub read_to: Option<DateTime<Utc>>,
}

/// A file that holds every event and does not have its name yet. Dropped, it leaves nothing behind.
#[must_use = "without .commit() the file does not come into being"]
pub struct Export {
    file: AtomicFile,
    exported: Exported,
}

impl Export {
    /// What the file holds.
    #[must_use]
    pub fn exported(&self) -> Exported {
        self.exported
    }

    /// Makes the file durable and gives it its name.
    pub fn commit(self) -> Result<Exported, Error> {
        self.file.commit()?;
        Ok(self.exported)
    }
}

/// Writes every event of the windows to one file, one on a line, in their order, up to the point where the file gets its
/// name.
///
/// `progress` is called after each window. On an error, for a window that is not verified, and when the future is
/// dropped, no file is left behind. What stands under the name already is replaced only with `overwrite`; it is checked
/// before anything is read.
pub async fn export_file(
    windows: impl Stream<Item = Result<Window, ionos_activitylog::Error>>,
    target: &FileTarget,
    overwrite: bool,
    mut progress: impl FnMut(&Exported),
) -> Result<Export, Error> {
    let written = |error| Error::Write(target.path().to_path_buf(), error);
    let file = BufWriter::new(AtomicFile::create(target.path(), overwrite)?);
    let mut encoder = Encoder::new(target.compression(), file).map_err(written)?;
    let mut exported = Exported::default();
    let mut windows = pin!(windows);
    while let Some(window) = windows.try_next().await.map_err(Error::Read)? {
        window.verdict().map_err(Error::Read)?;
        for event in &window.events {
            encoder
                .write_all(ndjson::line(event.raw()).as_bytes())
                .map_err(written)?;
            encoder.write_all(b"\n").map_err(written)?;
            exported.with_issues += u64::from(!event.issues().is_empty());
        }
        exported.events += window.events.len() as u64;
        exported.requests += window.requests;
        exported.read_to = Some(window.range.end());
        progress(&exported);
    }
    let file = encoder.finish().map_err(written)?;
    let file = file
        .into_inner()
        .map_err(|error| written(error.into_error()))?;
    Ok(Export { file, exported })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use futures_util::StreamExt;
    use futures_util::stream;
    use ionos_activitylog::{Client, DateRange, Event, PageSize};
    use ionos_activitylog_sim::Simulator;

    use super::*;

    fn day() -> (Simulator, DateRange) {
        let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
        (
            Simulator::builder().clock(move || range.end()).build(),
            range,
        )
    }

    fn windows(
        simulator: &Simulator,
        range: DateRange,
    ) -> impl Stream<Item = Result<Window, ionos_activitylog::Error>> {
        let client = Client::builder()
            .token(simulator.token())
            .transport(simulator.transport());
        let events = client
            .build()
            .unwrap()
            .events(simulator.contracts()[0].into(), range);
        events.page_size(PageSize::new(100).unwrap()).windows()
    }

    fn is_empty(folder: &Path) -> bool {
        fs::read_dir(folder).unwrap().next().is_none()
    }

    #[tokio::test]
    async fn a_file_holds_every_event_of_the_range_once_it_is_committed() {
        let (simulator, range) = day();
        let folder = tempfile::tempdir().unwrap();
        let target = FileTarget::new(folder.path().join("day.ndjson")).unwrap();
        let mut seen = Vec::new();
        let export = export_file(windows(&simulator, range), &target, false, |exported| {
            seen.push(exported.events)
        });
        let export = export.await.unwrap();
        assert!(!target.path().exists());
        let exported = export.commit().unwrap();

        let mut records: Vec<String> = simulator
            .records(simulator.contracts()[0], range.start(), range.end())
            .collect();
        // By time, and those of one time by their ids.
        records.sort_by_key(|record| {
            let event = Event::from_json(record.clone()).unwrap();
            (event.time(), event.id())
        });
        assert!(records.len() > 300, "several pages");
        assert!(
            fs::read_to_string(target.path())
                .unwrap()
                .lines()
                .eq(&records)
        );
        assert_eq!(exported.events, records.len() as u64);
        assert_eq!(exported.read_to, Some(range.end()));
        assert_eq!(exported.with_issues, 0);
        assert!(exported.requests > 3 && !seen.is_empty());
        assert!(seen.is_sorted());
    }

    #[tokio::test]
    async fn an_export_that_fails_or_is_not_committed_leaves_nothing_behind() {
        let (simulator, range) = day();
        let folder = tempfile::tempdir().unwrap();
        let target = FileTarget::new(folder.path().join("day.ndjson.zst")).unwrap();
        let _ = export_file(windows(&simulator, range), &target, false, |_| ())
            .await
            .unwrap();
        assert!(is_empty(folder.path()));

        let error = "x"
            .parse::<ionos_activitylog::ContractNumber>()
            .unwrap_err();
        let failing = windows(&simulator, range)
            .take(1)
            .chain(stream::iter([Err(error)]));
        assert!(matches!(
            export_file(failing, &target, false, |_| ()).await,
            Err(Error::Read(_))
        ));
        assert!(is_empty(folder.path()));
    }
}
