//! The baseline: the least code that reads records with reqwest and serde_json. It sends a request, reads the body, and
//! finds the JSON text of each hit and, within the hit, the JSON text of the record. It has no retries, no limits and
//! no error details.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ReadCounts;
use crate::canned_pages::{CONTRACT, PAGE_SIZE, RANGE};

pub(crate) struct MinimalClient {
    http: reqwest::Client,
    address: String,
}

#[derive(Deserialize)]
struct PageBody {
    hits: PageHits,
}

#[derive(Deserialize)]
struct PageHits {
    hits: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct PageHit<'a> {
    #[serde(borrow, rename = "_source")]
    source: &'a RawValue,
}

impl MinimalClient {
    pub(crate) fn new(address: &str) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            address: format!("http://{address}/activitylog/v1/contracts/{CONTRACT}"),
        })
    }

    /// Reads the first `pages` pages, one after another.
    pub(crate) async fn read(&self, pages: u64) -> Result<ReadCounts> {
        let mut counts = ReadCounts::default();
        let (start, end) = RANGE;
        let limit = PAGE_SIZE.to_string();
        for page in 0..pages {
            let offset = (page * PAGE_SIZE).to_string();
            let query = [("dateStart", start), ("dateEnd", end), ("offset", &offset), ("limit", &limit)];
            let url = reqwest::Url::parse_with_params(&self.address, query)?;
            let response = self.http.get(url).bearer_auth("a-token").send().await?;
            let bytes = response.error_for_status()?.bytes().await?;
            let body: PageBody = serde_json::from_slice(&bytes).context("the body is not a page")?;
            for hit in &body.hits.hits {
                let hit: PageHit<'_> = serde_json::from_str(hit.get()).context("a hit has no record")?;
                counts.events += 1;
                counts.bytes += hit.source.get().len() as u64;
            }
        }
        Ok(counts)
    }
}
