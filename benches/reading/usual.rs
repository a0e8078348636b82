//! The loop that most people would write: one page after the other, each parsed into values, each record written.

use std::io::{BufWriter, Write};

use anyhow::{Context, Result};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use serde_json::Value;

use workspace_benches::world;

use crate::Read;

pub(crate) async fn read(address: &str) -> Result<Read> {
    let client = reqwest::Client::builder().no_proxy().no_gzip().build()?;
    let mut file = BufWriter::new(tempfile::tempfile()?);
    let mut read = Read::default();
    loop {
        let url = format!("http://{address}{}", world::path(read.events));
        let answer = client.get(url).bearer_auth(DEFAULT_TOKEN).send().await?;
        let page: Value = serde_json::from_slice(&answer.bytes().await?)?;
        read.requests += 1;
        let hits = page["hits"]["hits"].as_array().context("no hits")?;
        for hit in hits {
            serde_json::to_writer(&mut file, &hit["_source"])?;
            file.write_all(b"\n")?;
        }
        read.events += hits.len() as u64;
        if (hits.len() as u64) < world::PAGE {
            file.flush()?;
            return Ok(read);
        }
    }
}
