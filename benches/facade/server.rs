//! A server must not be what is measured. This one knows just enough HTTP/1.1 to send canned answers on connections
//! that are kept: it reads up to the end of a request's head, takes the next answer and writes it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::Result;

use crate::canned;

/// Prints its address and serves until the standard input ends, which it does when the parent is gone.
pub(crate) fn serve() -> Result<()> {
    let answers = Arc::new(canned::answers()?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = answers.clone();
            // A client that goes away is no failure.
            thread::spawn(move || connection(stream, &answers).ok());
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Answers request after request; each connection gets the same answers in the same order.
fn connection(mut stream: TcpStream, answers: &[Vec<u8>]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream.try_clone()?);
    for answer in answers.iter().cycle() {
        if !head(&mut requests)? {
            break;
        }
        stream.write_all(answer)?;
    }
    Ok(())
}

/// Reads the head of a request; false when there is no further request.
fn head(requests: &mut impl BufRead) -> io::Result<bool> {
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
