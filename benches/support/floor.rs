//! The least that any program does: it knows how many pages there are, reads their bytes, and writes them to a file.

use std::io::Write;

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog_sim::DEFAULT_TOKEN;

use crate::world;

/// Reads the log of [`world`] from a server with as many requests on their way as everybody has.
pub async fn read(address: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().no_gzip().build()?;
    let mut file = tempfile::tempfile()?;
    let pages = world::events().div_ceil(world::PAGE);
    let mut bodies = stream::iter(0..pages)
        .map(|page| {
            let url = format!("http://{address}{}", world::path(page * world::PAGE));
            let request = client.get(url).bearer_auth(DEFAULT_TOKEN);
            async move { request.send().await?.error_for_status()?.bytes().await }
        })
        .buffered(world::AT_ONCE as usize);
    while let Some(body) = bodies.try_next().await? {
        file.write_all(&body)?;
    }
    Ok(())
}
