//! Inputs of a journal, read some records before their turn: so memory has time to bring what they will touch.

use engine::{Foresight, Shard};
use types::Input;

use crate::journal::Mark;

/// Inputs that were read and not taken, and the one that was taken last.
const PLACES: usize = 16;
const _: () = assert!(PLACES > Foresight::DISTANCE + 1);

/// The next inputs of a journal. An error comes after those that were read before it.
#[derive(Debug)]
pub(crate) struct Ahead<E> {
    places: Box<[(Input, Mark); PLACES]>,
    taken: usize,
    read: usize,
    foresight: Foresight,
    error: Option<E>,
}

impl<E> Ahead<E> {
    /// Nothing is read yet; the journal stands here.
    pub(crate) fn new(at: Mark) -> Self {
        Self {
            places: Box::new(std::array::from_fn(|_| (Input::PLACE, at))),
            taken: 0,
            read: 0,
            foresight: Foresight::new(),
            error: None,
        }
    }

    /// The next input for a shard, and where the journal stands with it; `None` where there is none yet. `read` reads one
    /// and says where the journal stands then.
    ///
    /// # Errors
    /// Those of `read`.
    #[inline]
    pub(crate) fn next(
        &mut self,
        shard: &Shard,
        mut read: impl FnMut(&mut Input) -> Result<Option<Mark>, E>,
    ) -> Result<Option<&(Input, Mark)>, E> {
        while self.read - self.taken <= Foresight::DISTANCE && self.error.is_none() {
            let (input, mark) = &mut self.places[self.read % PLACES];
            match read(input) {
                Ok(Some(at)) => {
                    *mark = at;
                    self.foresight.look(shard, &input.kind);
                    self.read += 1;
                }
                Ok(None) => break,
                Err(error) => self.error = Some(error),
            }
        }
        if self.taken == self.read {
            return self.error.take().map_or(Ok(None), Err);
        }
        let next = &self.places[self.taken % PLACES];
        self.taken += 1;
        Ok(Some(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Chain;
    use engine::Limits;
    use types::{InputKind, Seq, ShardId, Timer, TimestampNs};

    const SHARD: ShardId = ShardId(0);

    /// Forty inputs are there, then none for a while, then two, then an error.
    #[test]
    fn inputs_come_in_order_and_an_error_behind_them() {
        let shard = Shard::new(SHARD, Limits::default());
        let mut ahead = Ahead::new(Mark::genesis(SHARD));
        let mut written = 40;
        let mut at = 0;
        let mut taken = Vec::new();
        let mut results = Vec::new();
        for _ in 0..100 {
            let next = ahead.next(&shard, |input| {
                if at == 42 {
                    return Err("torn");
                }
                if at == written {
                    return Ok(None);
                }
                at += 1;
                let (seq, ts) = (Seq(at), TimestampNs(at));
                let kind = InputKind::Timer(Timer::Clock);
                *input = Input { seq, ts, kind };
                let chain = Chain(1_000 + at);
                Ok(Some(Mark { seq, chain }))
            });
            match next {
                Ok(Some((input, mark))) => {
                    assert_eq!((mark.seq, mark.chain.0), (input.seq, 1_000 + input.seq.0));
                    taken.push(input.seq.0);
                }
                Ok(None) => {
                    results.push(taken.len());
                    written = 42;
                }
                Err(error) => {
                    assert_eq!(error, "torn");
                    results.push(taken.len());
                    break;
                }
            }
        }
        assert_eq!(taken, (1..=42).collect::<Vec<_>>());
        assert_eq!(results, [40, 42]);
    }
}
