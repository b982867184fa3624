//! Whose turn it is: which of a pool's predictors are idle, and who waits for one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result, Status, bail};
use crate::sync::{Condvar, Instant, Mutex, MutexGuard};

pub(crate) struct Turns {
    size: usize,
    max_waiting: Option<usize>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// The one given back last is taken first: its memory is still in the cache.
    idle: Vec<usize>,
    waiting: VecDeque<Arc<Waiter>>,
    closed: bool,
    counts: Counts,
}

/// One caller in the queue. `granted` is only touched under the queue's lock.
struct Waiter {
    granted: Mutex<Option<usize>>,
    wake: Condvar,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub in_use: usize,
    pub waiting: usize,
    pub acquired: u64,
    pub timeouts: u64,
    pub wait_nanoseconds: u64,
}

impl Turns {
    /// For predictors number 0 to `size` - 1, all idle.
    pub fn new(size: usize, max_waiting: Option<usize>) -> Self {
        let queue = Queue { idle: (0..size).rev().collect(), ..Queue::default() };
        Self { size, max_waiting, queue: Mutex::new(queue) }
    }

    /// The number of an idle predictor, which is the caller's until it is given back.
    pub fn acquire(&self, limit: Option<Duration>) -> Result<usize> {
        let mut queue = self.queue.lock();
        if queue.closed {
            return Err(closed());
        }
        // Nobody waits while one is idle: a predictor that comes back goes to the first in line.
        if let Some(index) = queue.idle.pop() {
            queue.counts.acquired += 1;
            return Ok(index);
        }
        if limit == Some(Duration::ZERO) {
            queue.counts.timeouts += 1;
            bail!(Timeout, "pool: none of {} predictors is idle", self.size);
        }
        if self.max_waiting.is_some_and(|most| queue.waiting.len() >= most) {
            bail!(
                Busy,
                "pool: none of {} predictors is idle and {} callers wait already",
                self.size,
                queue.waiting.len()
            );
        }
        let waiter = Arc::new(Waiter { granted: Mutex::new(None), wake: Condvar::default() });
        queue.waiting.push_back(Arc::clone(&waiter));
        self.wait(queue, &waiter, limit)
    }

    fn wait(
        &self,
        mut queue: MutexGuard<'_, Queue>,
        waiter: &Arc<Waiter>,
        limit: Option<Duration>,
    ) -> Result<usize> {
        let start = Instant::now();
        let deadline = limit.and_then(|limit| start.checked_add(limit));
        let granted = loop {
            let granted = *waiter.granted.lock();
            if granted.is_some() || queue.closed {
                break granted;
            }
            match deadline {
                Some(deadline) if Instant::now() >= deadline => break None,
                Some(deadline) => queue = waiter.wake.wait_until(queue, deadline),
                None => queue = waiter.wake.wait(queue),
            }
        };
        queue.counts.wait_nanoseconds += u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if let Some(index) = granted {
            return Ok(index);
        }
        if queue.closed {
            return Err(closed());
        }
        queue.waiting.retain(|other| !Arc::ptr_eq(other, waiter));
        queue.counts.timeouts += 1;
        let waited = limit.unwrap_or_default().as_millis();
        bail!(Timeout, "pool: none of {} predictors became idle within {waited} ms", self.size)
    }

    pub fn give_back(&self, index: usize) {
        let mut queue = self.queue.lock();
        let Some(first) = queue.waiting.pop_front() else {
            queue.idle.push(index);
            return;
        };
        queue.counts.acquired += 1;
        *first.granted.lock() = Some(index);
        first.wake.notify_one();
    }

    /// Has callers that wait, and all later ones, return INVALID_HANDLE.
    pub fn close(&self) {
        let mut queue = self.queue.lock();
        queue.closed = true;
        for waiter in queue.waiting.drain(..) {
            waiter.wake.notify_one();
        }
    }

    /// The counts now.
    pub fn counts(&self) -> Counts {
        let queue = self.queue.lock();
        Counts { in_use: self.size - queue.idle.len(), waiting: queue.waiting.len(), ..queue.counts }
    }
}

fn closed() -> Error {
    Error::new(Status::InvalidHandle, "pool: it was destroyed")
}
