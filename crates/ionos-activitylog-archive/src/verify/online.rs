//! Offline, an archive can be compared with itself. Whether the service still counts as many events says only the
//! service, with one request for each day.

use ionos_activitylog::{Client, ContractNumber, DateRange, PageSize, Total};

use super::{Place, Problem, Report};
use crate::Error;
use crate::engine::{parts_of, read_days, total_of};
use crate::layout::Archive;
use crate::manifest::Manifest;

/// Compares the totals of the service with what is archived of some contracts or of all, as far as it is verified.
///
/// Fails where the archive cannot be read, and where the service does not answer.
pub async fn verify_totals(
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    client: &Client,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let one = PageSize::new(1).map_err(Error::Read)?;
    for folder in archive.chosen(contracts)? {
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
                let total = page.map_err(Error::Read)?.total;
                compare(&mut report, &place, &manifest, range, total);
            }
        }
    }
    Ok(report)
}

/// Says where a count of the service is another one than when the time was archived.
fn compare(
    report: &mut Report,
    place: &Place<'_>,
    manifest: &Manifest,
    range: DateRange,
    counted: Option<Total>,
) {
    let shown = super::range(range);
    let Some(counted) = counted else {
        report.notes.push(format!(
            "the service does not say how many events {shown} has"
        ));
        return;
    };
    let archived = parts_of(manifest, range)
        .map(|part| part.count)
        .sum::<u64>();
    let at_least = if counted.exact { "" } else { "at least " };
    let Total { count, exact, .. } = counted;
    match total_of(manifest, range) {
        None => report.notes.push(format!(
            "{shown} cannot be compared, because the service gave no usable count of it when it was archived: it counts \
             {at_least}{count} now, and {archived} are archived"
        )),
        Some(total) if count > total => report.findings.push(place.find(
            None,
            Problem::Total,
            format!(
                "of {shown} the service counts {at_least}{count}, and it counted {total} when {archived} were archived: \
                 --recount adds what came late"
            ),
        )),
        Some(_) if !exact => report.notes.push(format!(
            "{shown} cannot be compared, because the service only says that there are at least {count}"
        )),
        Some(total) if count < total => report.notes.push(format!(
            "of {shown} the service counts {count}, and it counted {total} when {archived} were archived: the others are \
             past the time for which it keeps events, or it keeps them no more for another reason; the archive has them"
        )),
        Some(_) => {}
    }
}
