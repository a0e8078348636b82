//! Response bodies that are larger than memory, slow, or incomplete. [`BodySegments`] repeats a part instead of storing
//! its repetitions; [`BodyStream`] sends segments at a pace and may fail before the announced length.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::reply::Pace;

/// The content of a body: a list of parts, each repeated a number of times.
#[derive(Debug)]
pub(crate) struct BodySegments {
    /// The parts that are left, each with the number of times that it is still to be sent. In reverse order: the next
    /// part is the last element.
    parts: Vec<(Bytes, u64)>,
    /// The rest of the part that was started.
    current: Bytes,
}

impl BodySegments {
    pub(crate) fn new<const N: usize>(parts: [(Bytes, u64); N]) -> Self {
        let mut parts = Vec::from(parts);
        parts.reverse();
        Self { parts, current: Bytes::new() }
    }

    /// The number of bytes that are left.
    pub(crate) fn length(&self) -> u64 {
        let parts = self.parts.iter();
        parts.fold(self.current.len() as u64, |length, (part, times)| {
            length.saturating_add((part.len() as u64).saturating_mul(*times))
        })
    }

    /// Removes and returns the next piece, which has at most `max` bytes. `max` must be at least 1. Returns `None` at
    /// the end.
    fn take_piece(&mut self, max: u64) -> Option<Bytes> {
        while self.current.is_empty() {
            match self.parts.last_mut() {
                Some((part, times)) if *times > 0 => {
                    *times -= 1;
                    self.current = part.clone();
                }
                Some(_) => {
                    self.parts.pop();
                }
                None => return None,
            }
        }
        let length = usize::try_from(max).unwrap_or(usize::MAX);
        let length = length.min(self.current.len());
        Some(self.current.split_to(length))
    }
}

impl Iterator for BodySegments {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.take_piece(u64::MAX)
    }
}

/// A body that is sent at a pace and may end with an error.
#[derive(Debug)]
pub(crate) struct BodyStream {
    content: BodySegments,
    /// Bytes that are still to be sent.
    left: u64,
    pace: Option<Pace>,
    /// The pause before the next piece.
    pause: Option<Pin<Box<Sleep>>>,
    /// The error that ends the body; `None` if the body ends in an orderly way.
    error: Option<io::ErrorKind>,
}

impl BodyStream {
    /// A body of the first `left` bytes of the content, followed by the error if there is one.
    pub(crate) fn new(content: BodySegments, left: u64, pace: Option<Pace>, error: Option<io::ErrorKind>) -> Self {
        Self { content, left, pace, pause: None, error }
    }

    /// A body whose connection is reset before its first byte.
    pub(crate) fn reset_at_start() -> Self {
        Self::new(BodySegments::new([]), 0, None, Some(io::ErrorKind::ConnectionReset))
    }
}

impl Body for BodyStream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let max = self.pace.map_or(u64::MAX, |pace| pace.bytes).min(self.left);
        let piece = match max {
            0 => None,
            max => self.content.take_piece(max),
        };
        let Some(piece) = piece else {
            let error = self.error.take();
            return Poll::Ready(error.map(|kind| Err(kind.into())));
        };
        self.left -= piece.len() as u64;
        if let Some(pace) = self.pace
            && self.left > 0
        {
            self.pause = Some(Box::pin(tokio::time::sleep(pace.every)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.error.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.error {
            None => SizeHint::with_exact(self.left),
            // The length is not exact: the body ends with an error before the announced length.
            Some(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_repeat_each_part_and_count_the_bytes_that_are_left() {
        let mut segments = BodySegments::new([("ab".into(), 2), ("".into(), 9), ("c".into(), 1)]);
        assert_eq!(segments.length(), 5);
        assert_eq!(segments.take_piece(1).unwrap(), "a");
        assert_eq!(segments.length(), 4);
        let rest: Vec<Bytes> = segments.collect();
        assert_eq!(rest, ["b", "ab", "c"]);
    }
}
