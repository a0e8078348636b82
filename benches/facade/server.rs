//! A server with minimal CPU cost, so that the benchmark measures the clients. The server keeps connections
//! open. For each request, it reads only the head and writes the next canned response.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::Result;

use crate::canned_pages;

/// Prints the address of the server, then serves until standard input ends. Standard input also ends if the parent
/// process dies.
pub(crate) fn serve() -> Result<()> {
    let responses = Arc::new(canned_pages::responses()?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let responses = responses.clone();
            // A client may close its connection at any time.
            thread::spawn(move || serve_connection(stream, &responses).ok());
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Answers the requests of one connection. Each connection gets the same responses in the same order.
fn serve_connection(mut stream: TcpStream, responses: &[Vec<u8>]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream.try_clone()?);
    for response in responses.iter().cycle() {
        if !read_head(&mut requests)? {
            break;
        }
        stream.write_all(response)?;
    }
    Ok(())
}

/// Reads the head of a request. Returns false if the client sends no further request.
fn read_head(requests: &mut impl BufRead) -> io::Result<bool> {
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        if line == "\r\n" {
            return Ok(true);
        }
    }
}
