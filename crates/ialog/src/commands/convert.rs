//! `ialog convert`: the events of an archive to one file.

use ionos_activitylog_archive::{FileTarget, FileWriter};

use super::archived::Asked;
use super::counted;
use crate::cli::Convert;
use crate::failure::Failure;
use crate::host::Host;
use crate::resume::Resume;

pub(crate) async fn run(arguments: Convert, host: &mut Host<'_>, resume: &Resume) -> Result<(), Failure> {
    let target = FileTarget::new(&arguments.out)?;
    let mut asked = Asked::open(&arguments.archive, host).await?;
    let mut file = FileWriter::create(&target, arguments.overwrite)?;
    resume.note_nothing();
    while let Some(archived) = asked.next().await? {
        file.add(&archived.contract, &archived.event)?;
    }
    let events = file.commit()?;
    host.say(format_args!("{}, written to {target}", counted(events, "event")));
    asked.end(host)
}
