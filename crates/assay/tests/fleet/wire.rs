//! A wire to the server that can be cut: bytes that are sent after that arrive nowhere, and neither
//! end is told. So a partition looks to both sides, other than the death of a process does.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::Duration;

/// How often a cut wire is looked at again.
const EVERY: Duration = Duration::from_millis(5);

/// A listener that passes all bytes on, while it is whole.
pub(crate) struct Wire {
    port: u16,
    is_cut: Arc<AtomicBool>,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    /// A wire to a server at `nats://HOST:PORT`.
    pub(crate) fn to(server: &str) -> Wire {
        let server = server.strip_prefix("nats://").expect("an address of NATS").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (is_cut, ends) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let wire = Wire { port, is_cut: Arc::clone(&is_cut), ends: Arc::clone(&ends) };
        thread::spawn(move || {
            for near in listener.incoming() {
                let near = near.expect("a connection");
                // A connection that is made while the wire is cut is opened once it is whole.
                wait_until_whole(&is_cut);
                let Ok(far) = TcpStream::connect(&server) else { continue };
                let copy = |stream: &TcpStream| stream.try_clone().expect("a descriptor");
                ends.lock().expect("no panic").extend([copy(&near), copy(&far)]);
                for (from, to) in [(copy(&near), copy(&far)), (far, near)] {
                    let is_cut = Arc::clone(&is_cut);
                    thread::spawn(move || carry(from, to, &is_cut));
                }
            }
        });
        wire
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// From now on nothing arrives.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    /// What was sent meanwhile arrives, as after a short partition, over which TCP repeats.
    pub(crate) fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }

    /// The connections that were cut are gone, as after a long partition; new ones can be made.
    pub(crate) fn replace(&self) {
        for end in self.ends.lock().expect("no panic").drain(..) {
            // Either end may have given up by itself.
            let _ = end.shutdown(Shutdown::Both);
        }
        self.mend();
    }
}

fn wait_until_whole(is_cut: &AtomicBool) {
    while is_cut.load(Ordering::SeqCst) {
        sleep(EVERY);
    }
}

/// Carries bytes one way until either end closes.
fn carry(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut bytes = [0; 1 << 14];
    loop {
        let read = from.read(&mut bytes).unwrap_or(0);
        wait_until_whole(is_cut);
        if read == 0 || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}
