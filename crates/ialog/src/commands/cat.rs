//! `ialog cat`: the events of an archive on standard output.

use ionos_activitylog_archive::ndjson;

use super::archived::Asked;
use crate::cli::Cat;
use crate::failure::Failure;
use crate::host::Host;

/// So much is written at once.
const CHUNK: usize = 1 << 16;

pub(crate) async fn run(arguments: Cat, host: &mut Host<'_>) -> Result<(), Failure> {
    let mut asked = Asked::open(&arguments.archive, host).await?;
    let mut chunk = String::new();
    while let Some(archived) = asked.next().await? {
        chunk.push_str(&ndjson::line(archived.event.raw()));
        chunk.push('\n');
        if chunk.len() >= CHUNK {
            if !host.pipe(&chunk)? {
                return Ok(());
            }
            chunk.clear();
        }
    }
    if !host.pipe(&chunk)? {
        return Ok(());
    }
    asked.end(host)
}
