//! The baseline of the benchmarks that read events. The baseline knows the number of pages, downloads all pages and
//! writes their bytes to a file.

use std::io::Write;

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog_sim::DEFAULT_TOKEN;

use crate::log;

/// Copies all pages of [`log`] from a server to a temporary file, with [`log::CONCURRENT_REQUESTS`] requests at a time.
pub async fn copy_pages(address: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().no_gzip().build()?;
    let mut file = tempfile::tempfile()?;
    let pages = log::event_count().div_ceil(log::PAGE_SIZE);
    let mut bodies = stream::iter(0..pages)
        .map(|page| {
            let url = format!("http://{address}{}", log::page_path(page * log::PAGE_SIZE));
            let request = client.get(url).bearer_auth(DEFAULT_TOKEN);
            async move { request.send().await?.error_for_status()?.bytes().await }
        })
        .buffered(log::CONCURRENT_REQUESTS as usize);
    while let Some(body) = bodies.try_next().await? {
        file.write_all(&body)?;
    }
    Ok(())
}
