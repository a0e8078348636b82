//! Reads the canned pages through the facade, with all its defaults.

use anyhow::Result;
use ionos_activitylog::{Client, ContractNumber, DateRange, PageSize};

use crate::ReadCounts;
use crate::canned_pages::{CONTRACT, PAGE_SIZE, RANGE};

pub(crate) struct FacadeClient {
    client: Client,
    contract: ContractNumber,
    range: DateRange,
    page_size: PageSize,
}

impl FacadeClient {
    pub(crate) fn new(address: &str) -> Result<Self> {
        let client = Client::builder().base_url(format!("http://{address}")).token("a-token").build()?;
        Ok(Self {
            client,
            contract: CONTRACT.into(),
            range: DateRange::new(RANGE.0.parse()?, RANGE.1.parse()?)?,
            page_size: PageSize::new(u32::try_from(PAGE_SIZE)?)?,
        })
    }

    /// Reads the first `pages` pages, one after another.
    pub(crate) async fn read(&self, pages: u64) -> Result<ReadCounts> {
        let mut counts = ReadCounts::default();
        for page in 0..pages {
            let page = self.client.page(&self.contract, self.range, page * PAGE_SIZE, self.page_size).await?;
            for event in &page.events {
                counts.events += 1;
                counts.bytes += event.raw().len() as u64;
            }
        }
        Ok(counts)
    }
}
