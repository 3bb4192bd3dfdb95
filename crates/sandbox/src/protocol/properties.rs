//! Properties of the frames between host and init: a reply is read as it was written, in
//! whatever pieces it comes, and rubbish is an error.

use std::io::{self, Read};

use assay_fuzz::target;

use super::{Reply, Request, receive, send};

/// A socket that gives one byte at a time.
struct ByteByByte<'a>(&'a [u8]);

impl Read for ByteByByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(buffer.len()).min(1);
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn what_is_received_can_be_sent_and_is_received_as_the_same() {
    let words: [&[u8]; 8] = [
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff\x0f",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x01",
        b"\x00",
        b"work/x",
        b"\x80\x80",
        b"\x40\x00\x00\x00",
    ];
    target!("frame").words(&words).check(|bytes| {
        macro_rules! holds_for {
            ($message:ty) => {
                let received = receive::<$message>(bytes);
                let slowly = receive::<$message>(ByteByByte(bytes));
                let shown = |message: &io::Result<$message>| format!("{message:?}");
                assert_eq!(shown(&received), shown(&slowly));
                if let Ok(message) = &received {
                    let mut frame = Vec::new();
                    send(&mut frame, message).expect("it can be sent");
                    let again = receive::<$message>(frame.as_slice());
                    assert_eq!(shown(&again), shown(&received));
                    // The rest of the socket is the next message's.
                    let more = [frame.as_slice(), bytes].concat();
                    let first = receive::<$message>(more.as_slice());
                    assert_eq!(shown(&first), shown(&received));
                }
            };
        }
        holds_for!(Reply);
        holds_for!(Request<'static>);
    });
}
