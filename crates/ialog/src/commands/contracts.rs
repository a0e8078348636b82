//! `ialog contracts`: the contracts whose log may be read, one number a line.

use chrono::Utc;

use super::print;
use crate::account;
use crate::cli::Contracts;
use crate::failure::Failure;

pub(crate) async fn run(arguments: Contracts) -> Result<(), Failure> {
    let client = account::connect(&arguments.account, Utc::now())?;
    let contracts = client.contracts().await?;
    let lines: String = contracts
        .iter()
        .map(|contract| format!("{}\n", contract.number))
        .collect();
    print(&lines)
}
