//! In turn: attempts of which one is enough, begun one after the other. Of time it knows only the clock that it is given.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use crate::Clock;

/// Begins one attempt after the other: the next one when the last has failed, or alongside it when it takes longer than
/// `next_after`. Returns what the first success gives. `None`: all have failed.
pub(crate) async fn one_of<T, E, F: Future<Output = Result<T, E>>>(
    mut left: impl ExactSizeIterator<Item = F>,
    next_after: Duration,
    clock: &Clock,
    mut fail: impl FnMut(E),
) -> Option<T> {
    let mut attempts = FuturesUnordered::new();
    loop {
        attempts.extend(left.next());
        let ended = if left.len() > 0 {
            clock.within(next_after, attempts.next()).await
        } else {
            Some(attempts.next().await)
        };
        match ended {
            Some(Some(Ok(success))) => return Some(success),
            Some(Some(Err(error))) => fail(error),
            Some(None) => return None,
            None => {}
        }
    }
}
