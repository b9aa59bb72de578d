//! Owns the spreading of runs over threads: every strategy with every replication, each run alone on its thread. What a run
//! does is [`crate::simulation`]'s; results come back in the order of strategies and replications, whatever ran first.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often the watcher looks before the first step is done: start-up is measured this finely.
const LOOK_FOR_FIRST_STEP: Duration = Duration::from_micros(250);
/// How often the watcher looks afterwards.
const LOOK: Duration = Duration::from_millis(100);

/// How far the runs are.
#[derive(Debug, Default)]
pub struct Progress {
    /// Traffic steps done, over all runs.
    pub steps: AtomicU64,
    /// Runs ended.
    pub runs: AtomicU64,
}

/// What came out.
#[derive(Debug)]
pub struct Replicated<R> {
    /// By strategy, then by replication.
    pub results: Vec<Vec<R>>,
    /// When the first traffic step of the first run was done.
    pub first_step: Option<Instant>,
}

/// Runs each of `strategies` (a number of them) in each replication on so many threads: `run(strategy, replication, steps)`
/// does one and counts its steps. `watch` is called every now and then on the calling thread. The first error stops the rest.
///
/// # Errors
/// What `run` gave; of several errors the one that stands first in the order of runs.
///
/// # Panics
/// If `run` does.
pub fn replicate<R, E, F, W>(
    strategies: usize,
    replications: u32,
    threads: NonZeroUsize,
    progress: &Progress,
    run: F,
    mut watch: W,
) -> Result<Replicated<R>, E>
where
    R: Send,
    E: Send,
    F: Fn(usize, u32, &AtomicU64) -> Result<R, E> + Sync,
    W: FnMut(&Progress),
{
    // One replication under all strategies, then the next: what is compared is done close together.
    let jobs: Vec<(usize, u32)> = (0..replications)
        .flat_map(|replication| (0..strategies).map(move |strategy| (strategy, replication)))
        .collect();
    let queue = Queue { jobs: &jobs, next: AtomicUsize::new(0), stop: AtomicBool::new(false) };
    let watcher = thread::current();
    let (done, first_step) = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get().min(jobs.len()))
            .map(|_| {
                scope.spawn(|| {
                    let done = queue.work(progress, &run);
                    watcher.unpark();
                    done
                })
            })
            .collect();
        let mut first_step = None;
        while workers.iter().any(|worker| !worker.is_finished()) {
            if first_step.is_none() && progress.steps.load(Ordering::Relaxed) > 0 {
                first_step = Some(Instant::now());
            }
            watch(progress);
            thread::park_timeout(if first_step.is_none() { LOOK_FOR_FIRST_STEP } else { LOOK });
        }
        let done: Vec<_> = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        (done, first_step)
    });
    Ok(Replicated { results: in_order(done, strategies)?, first_step })
}

/// What there is to do; each worker takes the next job.
struct Queue<'a> {
    jobs: &'a [(usize, u32)],
    next: AtomicUsize,
    stop: AtomicBool,
}

impl Queue<'_> {
    /// One worker's life: jobs until there are none, or until one failed somewhere.
    fn work<R, E>(
        &self,
        progress: &Progress,
        run: &impl Fn(usize, u32, &AtomicU64) -> Result<R, E>,
    ) -> Vec<(usize, Result<R, E>)> {
        let mut done = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&(strategy, replication)) = self.jobs.get(number) else { break };
            let result = run(strategy, replication, &progress.steps);
            progress.runs.fetch_add(1, Ordering::Relaxed);
            if result.is_err() {
                self.stop.store(true, Ordering::Relaxed);
            }
            done.push((number, result));
        }
        done
    }
}

/// Sorts what the workers did by strategy and replication.
fn in_order<R, E>(mut done: Vec<(usize, Result<R, E>)>, strategies: usize) -> Result<Vec<Vec<R>>, E> {
    done.sort_by_key(|(number, _)| *number);
    let mut results: Vec<Vec<R>> = (0..strategies).map(|_| Vec::new()).collect();
    for (number, result) in done {
        results[number % strategies].push(result?);
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    /// Runs that take longer the earlier they start, so that later ones end first.
    fn run(strategy: usize, replication: u32, steps: &AtomicU64) -> Result<(usize, u32), String> {
        thread::sleep(Duration::from_millis(6 - u64::from(replication.min(5))));
        steps.fetch_add(1, Ordering::Relaxed);
        Ok((strategy, replication))
    }

    #[test]
    fn results_are_in_order_on_any_number_of_threads() {
        let expected: Vec<Vec<(usize, u32)>> =
            (0..3).map(|strategy| (0..5).map(|replication| (strategy, replication)).collect()).collect();
        for number in [1, 2, 7, 100] {
            let progress = Progress::default();
            let replicated = replicate(3, 5, threads(number), &progress, run, |_| {}).unwrap();
            assert_eq!(replicated.results, expected, "{number} threads");
            assert_eq!(progress.runs.load(Ordering::Relaxed), 15);
            assert_eq!(progress.steps.load(Ordering::Relaxed), 15);
        }
    }

    #[test]
    fn first_error_stops_the_rest() {
        let progress = Progress::default();
        let failing = |strategy: usize, replication: u32, _: &AtomicU64| {
            if replication == 2 { Err(format!("{strategy} {replication}")) } else { Ok(()) }
        };
        let error = replicate(2, 1000, threads(1), &progress, failing, |_| {}).unwrap_err();
        assert_eq!(error, "0 2");
        assert_eq!(progress.runs.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn first_step_is_noticed() {
        let started = Instant::now();
        let slow = |_: usize, _: u32, steps: &AtomicU64| {
            steps.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(60));
            Ok::<_, String>(())
        };
        let replicated = replicate(1, 1, threads(1), &Progress::default(), slow, |_| {}).unwrap();
        assert!(replicated.first_step.unwrap() - started < Duration::from_millis(50));
    }
}
