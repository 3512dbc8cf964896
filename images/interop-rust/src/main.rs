//! One peer of the interop suite: a WebSocket echo server and the client that checks it.
//!
//! The same file is built against every version of the library that the suite covers, so it uses only what all of
//! them have. What a version needs of its own stands in its Cargo.v<version>.toml and .lock.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{env, process, thread};

use tungstenite::Message;

type Outcome<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: interop [--listen ADDRESS | --dial ws://HOST:PORT/echo]";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        [] => self_test(),
        ["--listen", address] => listen(address),
        ["--dial", url] => check(url, Duration::from_secs(10)),
        _ => Err(USAGE.into()),
    };
    if let Err(error) = outcome {
        eprintln!("interop: {error}");
        process::exit(1);
    }
}

/// The version that was really linked in, read from the lock file of this build.
fn version() -> &'static str {
    let lock = include_str!("../Cargo.lock");
    lock.split("name = \"tungstenite\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("unknown")
}

fn listen(address: &str) -> Outcome<()> {
    let listener = TcpListener::bind(address)?;
    println!("rust {} listens on {}", version(), listener.local_addr()?);
    accept(listener)
}

fn accept(listener: TcpListener) -> Outcome<()> {
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = echo(stream) {
                eprintln!("interop: {error}");
            }
        });
    }
    Ok(())
}

/// Answer `/version` in plain HTTP and speak WebSocket to everybody else.
fn echo(mut stream: TcpStream) -> Outcome<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut start = [0; 13];
    let seen = stream.peek(&mut start)?;
    if start[..seen].starts_with(b"GET /version ") {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request)?;
        let body = format!("rust {}\n", version());
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
        return Ok(());
    }
    let mut socket = tungstenite::accept(stream)?;
    loop {
        match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => socket.send(message)?,
            Ok(_) => {} // the library answers pings and the goodbye by itself
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Send what implementations are known to disagree about: nothing, text, binary, and a large message.
fn check(url: &str, wait: Duration) -> Outcome<()> {
    let address = url
        .strip_prefix("ws://")
        .and_then(|rest| rest.split('/').next())
        .ok_or("only ws:// URLs")?;
    let stream = connect(address, wait)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let (mut socket, _) = tungstenite::client(url, stream).map_err(|error| error.to_string())?;

    let messages = [
        ("empty text", Message::text("")),
        ("text", Message::text("grüß dich, 世界")),
        ("binary", Message::binary(vec![0u8, 1, 2, 0xff, 0xfe])),
        ("200 KiB", Message::binary(b"interop ".repeat(25600))),
    ];
    let count = messages.len();
    for (name, message) in messages {
        socket.send(message.clone())?;
        if socket.read()? != message {
            return Err(format!("{name}: the echo differs from what was sent").into());
        }
    }
    socket.close(None)?;
    while socket.read().is_ok() {}
    println!("rust {}: {count} messages came back unchanged from {url}", version());
    Ok(())
}

fn connect(address: &str, wait: Duration) -> Outcome<TcpStream> {
    let deadline = Instant::now() + wait;
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Both peers inside one process: what a container without a network can still show.
fn self_test() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || accept(listener).map_err(|error| error.to_string()));
    println!("rust {}", version());
    check(&format!("ws://{address}/echo"), Duration::from_secs(10))
}
