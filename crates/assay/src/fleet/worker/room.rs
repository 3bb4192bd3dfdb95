//! [`Room`]: how many jobs a worker holds.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// For each validation that may compute, how many jobs may be held at most: a pool runs more than
/// it computes while these only wait.
const SLOTS_PER_JOB: usize = 5;

/// How often it is looked whether another job may be taken, while nothing else tells.
const EVERY: Duration = Duration::from_millis(50);

/// With a job that has been held for so long, no other is taken: what ran out of time is repeated
/// once there is nothing else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many jobs a worker holds, and may hold.
#[derive(Debug)]
pub(super) struct Room {
    jobs: usize,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Slots that have a job or wait for one.
    entered: usize,
    /// When each job that is being validated was handed over.
    begun: Vec<(u64, Instant)>,
    next: u64,
    closed: bool,
}

impl Room {
    pub(super) fn new(jobs: usize) -> Room {
        Room { jobs: jobs.max(1), state: Mutex::new(State::default()), changed: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn slots(&self) -> usize {
        self.jobs * SLOTS_PER_JOB
    }

    /// Waits until another job may be taken; `false` once the room is closed. `under_way` says how
    /// many validations run.
    pub(super) async fn enter(&self, under_way: impl Fn() -> usize) -> bool {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.lock();
                if state.closed {
                    return false;
                }
                let most = (under_way() + self.jobs).max(2 * self.jobs);
                let is_patient = state.begun.iter().all(|(_, at)| at.elapsed() < PATIENCE);
                if state.entered < most && is_patient {
                    state.entered += 1;
                    return true;
                }
            }
            let _ = tokio::time::timeout(EVERY, changed).await;
        }
    }

    pub(super) fn leave(&self) {
        self.lock().entered -= 1;
        self.changed.notify_one();
    }

    /// A validation was handed over; what is returned names it.
    pub(super) fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.next += 1;
        let id = state.next;
        state.begun.push((id, Instant::now()));
        id
    }

    pub(super) fn end(&self, id: u64) {
        self.lock().begun.retain(|(other, _)| *other != id);
    }

    /// Lets no more in.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// How many jobs are being validated, or wait for that.
    pub(super) fn held(&self) -> usize {
        self.lock().begun.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_next_jobs_are_there_before_one_ends_and_more_while_these_wait() {
        let room = Room::new(2);
        for _ in 0..4 {
            assert!(room.enter(|| 2).await);
        }
        let more = tokio::time::timeout(Duration::from_secs(1), room.enter(|| 2)).await;
        assert!(more.is_err(), "four are enough while two run");
        assert!(room.enter(|| 3).await, "three run, and two more are to be there");
        room.leave();
        room.leave();
        assert!(room.enter(|| 2).await);
        room.close();
        assert!(!room.enter(|| 8).await);
    }
}
