//! Events onto disk: from the pages of a range to one file that holds them all, or to no file.

use std::io::{BufWriter, Write};
use std::pin::pin;

use futures_core::Stream;
use futures_util::TryStreamExt;
use ionos_activitylog::Page;

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
    /// Pages read.
    pub pages: u64,
    /// What the service counts for the range, as of the last page; none when it does not say.
    pub total: Option<u64>,
}

/// Writes every event of the pages to one file, one on a line, and gives the file its name at the end.
///
/// `progress` is called after each page. On an error, and when the future is dropped, no file is left behind.
/// What stands under the name already is replaced only with `overwrite`; it is checked before the first page is
/// read.
pub async fn export_file(
    pages: impl Stream<Item = Result<Page, ionos_activitylog::Error>>,
    target: &FileTarget,
    overwrite: bool,
    mut progress: impl FnMut(&Exported),
) -> Result<Exported, Error> {
    let written = |error| Error::Write(target.path().to_path_buf(), error);
    let file = BufWriter::new(AtomicFile::create(target.path(), overwrite)?);
    let mut encoder = Encoder::new(target.compression(), file).map_err(written)?;
    let mut exported = Exported::default();
    let mut pages = pin!(pages);
    while let Some(page) = pages.try_next().await.map_err(Error::Read)? {
        for event in &page.events {
            encoder
                .write_all(ndjson::line(event.raw()).as_bytes())
                .map_err(written)?;
            encoder.write_all(b"\n").map_err(written)?;
            exported.with_issues += u64::from(!event.issues().is_empty());
        }
        exported.events += page.events.len() as u64;
        exported.pages += 1;
        exported.total = page.total.map(|total| total.count);
        progress(&exported);
    }
    let file = encoder.finish().map_err(written)?;
    let file = file
        .into_inner()
        .map_err(|error| written(error.into_error()))?;
    file.commit()?;
    Ok(exported)
}
