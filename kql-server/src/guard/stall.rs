//! A connection whose client leaves an answer unread, or sends the head of a request too slowly, is closed. One that is idle
//! between requests stays open for much longer: clients keep it for their next request.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// Whether a request of a connection is being answered.
#[derive(Clone, Default)]
pub struct Answering(Arc<AtomicBool>);

/// Says that a request is being answered, until it is dropped.
pub struct Answer(Answering);

impl Answering {
    /// A request begins to be answered.
    pub fn begin(&self) -> Answer {
        self.0.store(true, Ordering::SeqCst);
        Answer(self.clone())
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::SeqCst);
    }
}

/// A connection that fails when nothing of an answer could be sent for some time, or a head is not complete in time.
pub struct Unstalled<S> {
    inner: S,
    answering: Answering,
    reading: Duration,
    /// When the head that has begun must be complete.
    head: Option<Pin<Box<Sleep>>>,
    patience: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Unstalled<S> {
    /// The connection with this patience for heads and for answers.
    pub fn new(inner: S, answering: Answering, reading: Duration, patience: Duration) -> Unstalled<S> {
        Unstalled { inner, answering, reading, head: None, patience, deadline: None }
    }

    fn watched<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let patience = self.patience;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unstalled<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.answering.is() {
            self.head = None;
            return Pin::new(&mut self.inner).poll_read(cx, buffer);
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if read.is_ready() {
            if buffer.filled().len() > before && self.head.is_none() {
                self.head = Some(Box::pin(sleep_until(Instant::now() + self.reading)));
            }
            return read;
        }
        match self.head.as_mut().map(|head| head.as_mut().poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            _ => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unstalled<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watched(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.watched(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.watched(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
