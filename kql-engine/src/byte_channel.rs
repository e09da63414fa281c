//! A channel of batches that is limited by bytes, not by the number of batches: the sizes of rows differ a thousandfold.

use arrow::array::{Array, RecordBatch};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes per permit.
const UNIT: usize = 1024;

/// The sending end.
pub(crate) struct BatchSender {
    queue: UnboundedSender<(RecordBatch, Option<OwnedSemaphorePermit>)>,
    /// Free permits, and the total number; `None` if the channel is unbounded.
    room: Option<(Arc<Semaphore>, u32)>,
}

/// The receiving end. Dropping it wakes a sender that waits for room.
pub(crate) struct BatchReceiver {
    queue: UnboundedReceiver<(RecordBatch, Option<OwnedSemaphorePermit>)>,
    room: Option<Arc<Semaphore>>,
}

/// The receiver was dropped.
pub(crate) struct Closed;

/// A channel that holds batches of about `bytes` bytes, and at least one batch. `usize::MAX` is unbounded.
pub(crate) fn batch_channel(bytes: usize) -> (BatchSender, BatchReceiver) {
    let (sender, receiver) = unbounded_channel();
    let room = (bytes < usize::MAX).then(|| {
        let permits = u32::try_from((bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        (Arc::new(Semaphore::new(permits as usize)), permits)
    });
    let shared = room.as_ref().map(|(semaphore, _)| semaphore.clone());
    (BatchSender { queue: sender, room }, BatchReceiver { queue: receiver, room: shared })
}

impl BatchSender {
    /// Waits until there is room, and puts the batch in.
    pub(crate) async fn send(&self, batch: RecordBatch) -> Result<(), Closed> {
        let permit = match &self.room {
            Some((room, all)) => {
                let wanted = u32::try_from(bytes(&batch) / UNIT + 1).unwrap_or(u32::MAX).min(*all);
                Some(room.clone().acquire_many_owned(wanted).await.map_err(|_| Closed)?)
            }
            None => None,
        };
        self.queue.send((batch, permit)).map_err(|_| Closed)
    }
}

impl BatchReceiver {
    /// The next batch; `None` when all senders were dropped.
    pub(crate) async fn recv(&mut self) -> Option<RecordBatch> {
        self.queue.recv().await.map(|(batch, _)| batch)
    }
}

impl Drop for BatchReceiver {
    fn drop(&mut self) {
        if let Some(room) = &self.room {
            room.close();
        }
    }
}

/// The bytes of the rows of a batch, without those of other rows in the same buffers.
pub(crate) fn bytes(batch: &RecordBatch) -> usize {
    let size = |column: &Arc<dyn Array>| {
        column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size())
    };
    batch.columns().iter().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array};
    use std::time::Duration;

    fn batch(rows: usize) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1; rows]));
        RecordBatch::try_from_iter([("n", column)]).expect("a batch")
    }

    fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
    }

    #[test]
    fn a_sender_waits_for_room_and_a_large_batch_fits_alone() {
        on_one_thread(async {
            let (sender, mut receiver) = batch_channel(4 * UNIT);
            assert!(sender.send(batch(100_000)).await.is_ok());
            let waits = tokio::time::timeout(Duration::from_millis(20), sender.send(batch(1))).await;
            assert!(waits.is_err());
            assert_eq!(receiver.recv().await.map(|b| b.num_rows()), Some(100_000));
            assert!(sender.send(batch(1)).await.is_ok());
            drop(sender);
            assert_eq!(receiver.recv().await.map(|b| b.num_rows()), Some(1));
            assert!(receiver.recv().await.is_none());
        });
    }

    #[test]
    fn a_receiver_that_goes_wakes_the_sender() {
        on_one_thread(async {
            let (sender, receiver) = batch_channel(UNIT);
            assert!(sender.send(batch(1000)).await.is_ok());
            let send = sender.send(batch(1000));
            let leave = async {
                tokio::task::yield_now().await;
                drop(receiver);
            };
            assert!(futures::join!(send, leave).0.is_err());
        });
    }

    #[test]
    fn a_slice_counts_its_own_rows() {
        let whole = batch(10_000);
        assert!(bytes(&whole.slice(10, 100)) < 1000);
    }
}
