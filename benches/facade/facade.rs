//! The same pages through the facade as anybody would use it, with all its defaults.

use anyhow::Result;
use ionos_activitylog::{Client, ContractNumber, DateRange, PageSize};

use crate::Read;
use crate::canned::{CONTRACT, PAGE, RANGE};

/// The facade, ready to read.
pub(crate) struct Facade {
    client: Client,
    contract: ContractNumber,
    range: DateRange,
    size: PageSize,
}

impl Facade {
    pub(crate) fn new(address: &str) -> Result<Self> {
        let client = Client::builder().base_url(format!("http://{address}")).token("a-token").build()?;
        Ok(Self {
            client,
            contract: CONTRACT.into(),
            range: DateRange::new(RANGE.0.parse()?, RANGE.1.parse()?)?,
            size: PageSize::new(u32::try_from(PAGE)?)?,
        })
    }

    /// Reads so many pages one after another.
    pub(crate) async fn read(&self, pages: u64) -> Result<Read> {
        let mut read = Read::default();
        for page in 0..pages {
            let page = self.client.page(&self.contract, self.range, page * PAGE, self.size).await?;
            for event in &page.events {
                read.events += 1;
                read.bytes += event.raw().len() as u64;
            }
        }
        Ok(read)
    }
}
