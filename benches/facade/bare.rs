//! What somebody would write who needs no more than the records: a request, its body, and the JSON text of each hit
//! and of the record in it. No retries, no limits, no look at the status beyond success.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Read;
use crate::canned::{CONTRACT, PAGE, RANGE};

/// The bare loop.
pub(crate) struct Bare {
    http: reqwest::Client,
    address: String,
}

#[derive(Deserialize)]
struct Answer {
    hits: Hits,
}

#[derive(Deserialize)]
struct Hits {
    hits: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow, rename = "_source")]
    source: &'a RawValue,
}

impl Bare {
    pub(crate) fn new(address: &str) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            address: format!("http://{address}/activitylog/v1/contracts/{CONTRACT}"),
        })
    }

    /// Reads so many pages one after another.
    pub(crate) async fn read(&self, pages: u64) -> Result<Read> {
        let mut read = Read::default();
        let (start, end) = RANGE;
        let limit = PAGE.to_string();
        for page in 0..pages {
            let offset = (page * PAGE).to_string();
            let query = [("dateStart", start), ("dateEnd", end), ("offset", &offset), ("limit", &limit)];
            let url = reqwest::Url::parse_with_params(&self.address, query)?;
            let response = self.http.get(url).bearer_auth("a-token").send().await?;
            let body = response.error_for_status()?.bytes().await?;
            let answer: Answer = serde_json::from_slice(&body).context("no page")?;
            for hit in &answer.hits.hits {
                let hit: Hit<'_> = serde_json::from_str(hit.get()).context("no hit")?;
                read.events += 1;
                read.bytes += hit.source.get().len() as u64;
            }
        }
        Ok(read)
    }
}
