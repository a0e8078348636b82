//! `ialog sim`: the simulated API on a loopback port.

use std::net::Ipv4Addr;

use ionos_activitylog_sim::Simulator;
use tokio::net::TcpListener;

use super::{print, say};
use crate::cli::Sim;
use crate::failure::Failure;

pub(crate) async fn run(arguments: Sim) -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))
        .await
        .map_err(|error| {
            Failure::usage(format!(
                "port {} cannot be listened on ({error}): choose another, or 0 for a free one",
                arguments.port
            ))
        })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::unexpected(format!("the port cannot be told: {error}")))?;
    let url = format!("http://{address}");
    let simulator = Simulator::builder()
        .seed(arguments.seed)
        .contracts(arguments.contracts.into())
        .base_url(&url)
        .build();
    print(&format!("{url}\n"))?;
    say(&format!(
        "export IONOS_API_URL={url} IONOS_TOKEN={}",
        simulator.token()
    ));
    simulator
        .serve(listener)
        .await
        .map_err(|error| Failure::unexpected(format!("the simulator stopped: {error}")))
}
