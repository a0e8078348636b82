//! Offline, an archive can be compared with itself. Whether the service still counts as many events says only the
//! service, with one request for each day.

use ionos_activitylog::{Client, PageSize};

use super::{Place, Problem, Report};
use crate::engine::{fits, read_days};
use crate::layout::Archive;
use crate::{Error, text};

/// Compares the totals of the service with what is archived of each contract, as far as it is verified.
///
/// Fails where the archive cannot be read, and where the service does not answer.
pub async fn verify_totals(archive: &Archive, client: &Client) -> Result<Report, Error> {
    let mut report = Report::default();
    let one = PageSize::new(1).map_err(Error::Read)?;
    for folder in archive.contracts()? {
        for (date, (manifest, _)) in read_days(&folder)? {
            let place = Place {
                root: archive.root(),
                file: folder.manifest(date),
            };
            for range in manifest.verified().iter() {
                if range != range.to_whole_seconds() {
                    report.notes.push(format!(
                        "{} cannot be counted, because a request goes by whole seconds",
                        super::range(range)
                    ));
                    continue;
                }
                let page = client.page(folder.contract(), range, 0, one).await;
                match page.map_err(Error::Read)?.total {
                    Some(total) if total.exact && fits(&manifest, range, total.count) => {}
                    Some(total) => report.findings.push(place.find(
                        None,
                        Problem::Total,
                        format!(
                            "of {} .. {} the service counts {}{}, and {} are archived of the day: --recount adds what \
                             came late",
                            text::time(range.start()),
                            text::time(range.end()),
                            if total.exact { "" } else { "at least " },
                            total.count,
                            manifest.counts.count
                        ),
                    )),
                    None => report.notes.push(format!(
                        "the service does not say how many events {} has",
                        super::range(range)
                    )),
                }
            }
        }
    }
    Ok(report)
}
