//! `ialog sim`: the simulated API on a loopback port.

use std::net::Ipv4Addr;

use ionos_activitylog_sim::Simulator;
use tokio::net::TcpListener;

use crate::cli::Sim;
use crate::failure::Failure;
use crate::host::Host;
use crate::signals;

pub(crate) async fn run(arguments: Sim, host: &mut Host<'_>) -> Result<(), Failure> {
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
    host.print(&format!("{url}\n"))?;
    host.say(format_args!(
        "export IONOS_API_URL={url} IONOS_TOKEN={}",
        simulator.token()
    ));
    tokio::select! {
        served = simulator.serve(listener) => {
            served.map_err(|error| Failure::unexpected(format!("the simulator stopped: {error}")))
        }
        // A server has no other end than this one.
        _ = signals::next() => Ok(()),
    }
}
