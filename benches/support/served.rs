//! The other half of a [`Server`](crate::Server): what runs in its process.

use std::io::{self, Read};
use std::net::Ipv4Addr;

use anyhow::Result;
use ionos_activitylog_sim::Simulator;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Prints its address and serves until the standard input ends, which it does when the parent is gone. Without a number
/// of threads there are as many as there are cores.
pub fn serve(simulator: Simulator, threads: Option<usize>) -> Result<()> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    println!("{}", listener.local_addr()?);
    let server = runtime.spawn(async move { simulator.serve(listener).await });
    io::stdin().read_to_end(&mut Vec::new())?;
    server.abort();
    Ok(())
}
