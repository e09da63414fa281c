//! Answers that are sent while their query runs.

use crate::body::json_text;
use crate::query_run::{Event, RunningQuery};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use std::convert::Infallible;
use std::time::Duration;

/// Bytes that are put together before they are sent.
const PIECE: usize = 32 << 10;
/// How long they wait for more.
const PATIENCE: Duration = Duration::from_millis(50);

/// How a protocol writes what happens while a query runs.
pub trait Encoder: Send + 'static {
    /// What is before the first result.
    fn begin(&mut self, query: &RunningQuery, out: &mut String);
    /// What is written for an event; the last one ends the answer.
    fn event(&mut self, event: Event, out: &mut String);
}

/// A query whose events are encoded.
struct Encoded<E> {
    query: RunningQuery,
    encoder: E,
    is_over: bool,
}

impl<E: Encoder> Encoded<E> {
    /// The next piece of the answer.
    async fn piece(&mut self, out: &mut String) {
        while out.len() < PIECE && !self.is_over {
            let event = if out.is_empty() {
                self.query.next().await
            } else {
                match tokio::time::timeout(PATIENCE, self.query.next()).await {
                    Ok(event) => event,
                    Err(_) => return,
                }
            };
            match event {
                Some(event) => {
                    self.is_over = matches!(event, Event::Failed(_) | Event::Done(_));
                    self.encoder.event(event, out);
                }
                None => self.is_over = true,
            }
        }
    }
}

/// The answer to a query. A small one is sent as a whole, a large one in pieces as its rows are computed; the query waits for
/// a client that reads slowly, and ends if the client goes away.
pub async fn answer(query: RunningQuery, encoder: impl Encoder) -> Response<Body> {
    let names =
        [("x-ms-client-request-id", query.admission().id()), ("x-ms-activity-id", query.admission().activity())];
    let headers = names.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value)));
    let mut encoded = Encoded { query, encoder, is_over: false };
    let mut first = String::new();
    encoded.encoder.begin(&encoded.query, &mut first);
    encoded.piece(&mut first).await;
    let body = if encoded.is_over {
        Body::from(first)
    } else {
        let pieces = futures::stream::unfold((encoded, Some(first)), |(mut encoded, first)| async move {
            let mut out = first.unwrap_or_default();
            if out.is_empty() {
                encoded.piece(&mut out).await;
            }
            let is_last = out.is_empty() && encoded.is_over;
            (!is_last).then(|| (Ok::<Bytes, Infallible>(out.into()), (encoded, None)))
        });
        Body::from_stream(pieces)
    };
    let mut response = json_text(StatusCode::OK, body);
    for (name, value) in headers {
        if let Ok(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
