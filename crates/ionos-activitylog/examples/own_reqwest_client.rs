//! Uses a `reqwest::Client` with timeouts and proxies set by the program. The simulator serves on a loopback port.

use std::error::Error;
use std::time::Duration;

use futures_util::TryStreamExt;
use ionos_activitylog::Client;
use tokio::net::TcpListener;

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = simulator.clone();
    let server = tokio::spawn(async move { service.serve(listener).await });

    // The program's timeouts, proxies and redirects replace those of the library. By default, reqwest follows redirects
    // to any host, so redirects are turned off here.
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(20))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let client =
        Client::builder().base_url(format!("http://{address}")).token(simulator.token()).http_client(http).build()?;

    let contracts = client.contracts().await?.into_inner();
    println!("{} contract", contracts.len());
    for contract in contracts {
        let number = contract.number.clone();
        let events = client.events(contract.number, support::last_friday()?);
        let events: Vec<_> = events.stream().try_collect().await?;
        println!("contract {number}: {} events on Friday", events.len());
    }
    server.abort();
    Ok(())
}
