//! The loop that most programs use: it requests one page after another, parses each page to values and writes each
//! record.

use std::io::{BufWriter, Write};

use anyhow::{Context, Result};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use serde_json::Value;
use workspace_benches::log;

/// Writes all records to a temporary file. Returns the number of events.
pub(crate) async fn read(address: &str) -> Result<u64> {
    let client = reqwest::Client::builder().no_proxy().no_gzip().build()?;
    let mut file = BufWriter::new(tempfile::tempfile()?);
    let mut events = 0;
    loop {
        let url = format!("http://{address}{}", log::page_path(events));
        let response = client.get(url).bearer_auth(DEFAULT_TOKEN).send().await?;
        let page: Value = serde_json::from_slice(&response.bytes().await?)?;
        let hits = page["hits"]["hits"].as_array().context("the page has no hits")?;
        for hit in hits {
            serde_json::to_writer(&mut file, &hit["_source"])?;
            file.write_all(b"\n")?;
        }
        events += hits.len() as u64;
        if (hits.len() as u64) < log::PAGE_SIZE {
            file.flush()?;
            return Ok(events);
        }
    }
}
