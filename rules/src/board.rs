//! The exact rank of every entrant of one competition, kept as scores move.
//!
//! A counted block list: the entrants in rank order, cut into blocks of at most `BLOCK` ids; beside
//! them, block by block, a key that none of its entrants is better than, and how many it holds. A rank
//! is the sum of the counts before a block and the place in it. The keys themselves lie by entrant, so
//! a move shifts ids of four bytes, and nothing points back into a block.
//!
//! A block that is full is halved; two neighbours that fit in half a block are joined. Any two
//! neighbours therefore hold more than half a block together, and `reserve` can foresee all memory:
//! 80 bytes for an entrant's key, and 4 to 16 (about 6 when scores move at random) for its place.

use std::cmp::Ordering;

use types::{AccountId, Codec, CodecError, Ratio, Reader, TimestampNs, codec_struct};

use crate::entry::TotalReturn;
use crate::standing::Standing;

/// The most entrants of one competition.
pub const ENTRANTS_MAX: u32 = 1_000_000;

/// The board in the block size that `bench`'s `board` program found best for a million entrants.
pub type Board = BlockList<512>;

/// What decides an eligible entrant's place. Keys are ordered best first: higher total, higher total
/// return, lower maximum drawdown, earlier attainment, earlier entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The score, 1e-9 of a point.
    pub total: i64,
    /// Return since entry, exact.
    pub total_return: TotalReturn,
    /// Deepest fall from a peak as a share of that peak.
    pub max_drawdown: Ratio,
    /// When the highest total return was attained.
    pub attained_at: TimestampNs,
    /// Number of the entrant, from 0 in order of entry.
    pub entrant: u32,
    /// The account that entered.
    pub account: AccountId,
}

codec_struct!(Key {
    total,
    total_return,
    max_drawdown,
    attained_at,
    entrant,
    account
});

impl Key {
    /// What places a standing; `None` while it is not eligible.
    pub fn of(standing: &Standing) -> Option<Self> {
        let score = &standing.score;
        score.ineligible.is_none().then_some(Self {
            total: score.total,
            total_return: standing.total_return,
            max_drawdown: score.max_drawdown,
            attained_at: standing.attained_at,
            entrant: standing.entrant,
            account: standing.account,
        })
    }

    /// Whether only the order of entry tells the two apart: they share a place.
    pub fn ties_with(&self, other: &Self) -> bool {
        self.by_merit(other) == Ordering::Equal
    }

    fn by_merit(&self, other: &Self) -> Ordering {
        other
            .total
            .cmp(&self.total)
            .then_with(|| other.total_return.cmp(&self.total_return))
            .then_with(|| self.max_drawdown.cmp(&other.max_drawdown))
            .then_with(|| self.attained_at.cmp(&other.attained_at))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.by_merit(other)
            .then_with(|| self.entrant.cmp(&other.entrant))
            .then_with(|| self.account.cmp(&other.account))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A place on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub rank: u32,
    /// Who has it.
    pub entrant: u32,
    /// Why.
    pub key: Key,
}

/// An entrant's number is too high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entrant {0} is not below the most that a board holds, {ENTRANTS_MAX}")]
pub struct EntrantTooHigh(pub u32);

/// Entrants in rank order. Entrants are numbers from 0, dense, in order of entry; those that are not
/// eligible are not in it.
#[derive(Debug, Clone, Default)]
pub struct BlockList<const BLOCK: usize> {
    /// By entrant; `None`: not on the board.
    keys: Vec<Option<Key>>,
    /// Blocks in rank order.
    heads: Vec<Head>,
    /// Entrants of each block, beside `heads` so that summing them reads nothing else.
    counts: Vec<u32>,
    /// The blocks' entrants: block `at` has the `BLOCK` places from `at * BLOCK` on.
    ids: Vec<u32>,
    /// Blocks of `ids` that nobody uses.
    free: Vec<u32>,
    len: u32,
}

/// Where a block begins. `floor` and `entrant` are at or before all of its rows and after all rows of
/// the block before; those of the first block are never looked at.
#[derive(Debug, Clone, Copy)]
struct Head {
    floor: Key,
    entrant: u32,
    at: u32,
}

impl<const BLOCK: usize> BlockList<BLOCK> {
    /// An empty board.
    pub const fn new() -> Self {
        const {
            assert!(
                BLOCK >= 4 && BLOCK.is_multiple_of(4),
                "blocks are halved twice"
            );
        }
        Self {
            keys: Vec::new(),
            heads: Vec::new(),
            counts: Vec::new(),
            ids: Vec::new(),
            free: Vec::new(),
            len: 0,
        }
    }

    /// Makes room for entrants below this number, so that nothing is allocated later.
    pub fn reserve(&mut self, entrants: u32) {
        let entrants = entrants.min(ENTRANTS_MAX) as usize;
        // Two neighbours hold more than half a block; one block may be alone, and one is being split.
        let blocks = entrants.div_ceil(BLOCK / 4) + 2;
        self.keys
            .reserve_exact(entrants.saturating_sub(self.keys.len()));
        self.heads
            .reserve_exact(blocks.saturating_sub(self.heads.len()));
        self.counts
            .reserve_exact(blocks.saturating_sub(self.counts.len()));
        self.free
            .reserve_exact(blocks.saturating_sub(self.free.len()));
        let places = blocks * BLOCK;
        self.ids
            .reserve_exact(places.saturating_sub(self.ids.len()));
    }

    /// Entrants on the board.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether nobody is on the board.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// An entrant's key; `None` while it is not on the board.
    pub fn key_of(&self, entrant: u32) -> Option<Key> {
        self.keys.get(entrant as usize).copied().flatten()
    }

    /// Puts the entrant on the board, or moves it there.
    ///
    /// # Errors
    /// When the entrant is not below [`ENTRANTS_MAX`].
    pub fn update(&mut self, entrant: u32, key: Key) -> Result<(), EntrantTooHigh> {
        if entrant >= ENTRANTS_MAX {
            return Err(EntrantTooHigh(entrant));
        }
        if self.keys.len() <= entrant as usize {
            self.keys.resize(entrant as usize + 1, None);
        }
        if let Some(old) = self.keys[entrant as usize] {
            let from = self.block_of(&old, entrant);
            if self.block_of(&key, entrant) == from {
                self.move_within(from, entrant, key);
                return Ok(());
            }
            self.take(from, entrant);
        }
        self.put(entrant, key);
        Ok(())
    }

    /// Takes the entrant off the board; `false` when it was not there.
    pub fn remove(&mut self, entrant: u32) -> bool {
        let Some(key) = self.key_of(entrant) else {
            return false;
        };
        self.take(self.block_of(&key, entrant), entrant);
        true
    }

    /// The entrant's rank from 1; `None` while it is not on the board.
    pub fn rank_of(&self, entrant: u32) -> Option<u32> {
        let key = self.key_of(entrant)?;
        let index = self.block_of(&key, entrant);
        let before: u32 = self.counts[..index].iter().sum();
        Some(before + self.slot_of(index, entrant) as u32 + 1)
    }

    /// Who has this rank, from 1.
    pub fn at(&self, rank: u32) -> Option<Place> {
        self.page(rank, 1).next()
    }

    /// The best `rows` places, best first.
    pub fn top(&self, rows: u32) -> impl Iterator<Item = Place> {
        self.page(1, rows)
    }

    /// `rows` places from `rank` on; fewer at the end of the board.
    pub fn page(&self, rank: u32, rows: u32) -> impl Iterator<Item = Place> {
        let mut index = 0;
        let mut skip = rank.saturating_sub(1);
        while let Some(&count) = self.counts.get(index)
            && skip >= count
        {
            skip -= count;
            index += 1;
        }
        let blocks = index..self.heads.len();
        blocks
            .flat_map(|index| self.block(index))
            .skip(skip as usize)
            .take(rows as usize)
            .zip(rank.max(1)..)
            .filter_map(|(&entrant, rank)| {
                Some(Place {
                    rank,
                    entrant,
                    key: self.keys[entrant as usize]?,
                })
            })
    }

    /// `rows` places with the entrant in their middle, or as near to it as the ends of the board allow;
    /// none while it is not on the board. Of an even number, the entrant is the last of the first half.
    pub fn around(&self, entrant: u32, rows: u32) -> impl Iterator<Item = Place> {
        let rank = self.rank_of(entrant);
        let last_start = self.len.saturating_sub(rows).saturating_add(1);
        let first = rank.map_or(1, |rank| {
            let above = rows.saturating_sub(1) / 2;
            rank.saturating_sub(above).clamp(1, last_start)
        });
        self.page(first, if rank.is_some() { rows } else { 0 })
    }

    /// Bytes of memory that were touched: keys, and the blocks that were ever opened.
    pub fn used_bytes(&self) -> usize {
        self.keys.len() * size_of::<Option<Key>>()
            + self.heads.len() * size_of::<Head>()
            + (self.counts.len() + self.ids.len() + self.free.len()) * size_of::<u32>()
    }

    /// Bytes of memory that are held, with what is reserved.
    pub fn memory_bytes(&self) -> usize {
        self.keys.capacity() * size_of::<Option<Key>>()
            + self.heads.capacity() * size_of::<Head>()
            + (self.counts.capacity() + self.ids.capacity() + self.free.capacity())
                * size_of::<u32>()
    }

    /// The entrants of a block, best first.
    fn block(&self, index: usize) -> &[u32] {
        let start = self.heads[index].at as usize * BLOCK;
        &self.ids[start..start + self.counts[index] as usize]
    }

    /// All places of a block, those in use first.
    fn block_mut(&mut self, index: usize) -> &mut [u32] {
        let start = self.heads[index].at as usize * BLOCK;
        &mut self.ids[start..start + BLOCK]
    }

    /// The block that this row is in, or belongs in.
    fn block_of(&self, key: &Key, entrant: u32) -> usize {
        let later = self.heads.get(1..).unwrap_or_default();
        later.partition_point(|head| {
            head.floor.cmp(key).then(head.entrant.cmp(&entrant)) != Ordering::Greater
        })
    }

    /// Where the entrant stands in a block that has it.
    fn slot_of(&self, index: usize, entrant: u32) -> usize {
        let block = self.block(index);
        // A scan of ids reads neighbouring memory; a search by key would miss the cache at each step.
        block
            .iter()
            .position(|&id| id == entrant)
            .unwrap_or(block.len())
    }

    /// How many of a block's rows are before this one.
    fn rows_before(&self, index: usize, key: &Key, entrant: u32) -> usize {
        self.block(index).partition_point(|&id| {
            self.keys[id as usize]
                .is_some_and(|other| other.cmp(key).then(id.cmp(&entrant)) == Ordering::Less)
        })
    }

    /// Moves an entrant whose old and new places are in one block.
    fn move_within(&mut self, index: usize, entrant: u32, key: Key) {
        let from = self.slot_of(index, entrant);
        let to = self.rows_before(index, &key, entrant);
        let block = self.block_mut(index);
        if to > from {
            block[from..to].rotate_left(1);
        } else {
            block[to..=from].rotate_right(1);
        }
        self.keys[entrant as usize] = Some(key);
    }

    /// Takes an entrant out of the block that has it.
    fn take(&mut self, index: usize, entrant: u32) {
        let slot = self.slot_of(index, entrant);
        let count = self.counts[index] as usize;
        self.block_mut(index).copy_within(slot + 1..count, slot);
        self.counts[index] -= 1;
        self.len -= 1;
        self.keys[entrant as usize] = None;
        self.tidy(index);
    }

    /// Puts an entrant that is not on the board where its key belongs.
    fn put(&mut self, entrant: u32, key: Key) {
        if self.heads.is_empty() {
            self.open(0, key, entrant);
        }
        let mut index = self.block_of(&key, entrant);
        if self.counts[index] as usize == BLOCK {
            self.split(index);
            index = self.block_of(&key, entrant);
        }
        let slot = self.rows_before(index, &key, entrant);
        let count = self.counts[index] as usize;
        let block = self.block_mut(index);
        block.copy_within(slot..count, slot + 1);
        block[slot] = entrant;
        self.counts[index] += 1;
        self.len += 1;
        self.keys[entrant as usize] = Some(key);
    }

    /// Inserts an empty block.
    fn open(&mut self, index: usize, floor: Key, entrant: u32) {
        let at = self.free.pop().unwrap_or_else(|| {
            let at = self.ids.len() / BLOCK;
            self.ids.resize(self.ids.len() + BLOCK, 0);
            at as u32
        });
        self.heads.insert(index, Head { floor, entrant, at });
        self.counts.insert(index, 0);
    }

    /// Drops a block whose rows are elsewhere.
    fn close(&mut self, index: usize) {
        let head = self.heads.remove(index);
        self.counts.remove(index);
        self.free.push(head.at);
    }

    /// Moves the worse half of a full block to a new one behind it.
    fn split(&mut self, index: usize) {
        let half = BLOCK / 2;
        let middle = self.block(index)[half];
        let Some(floor) = self.keys[middle as usize] else {
            return;
        };
        self.open(index + 1, floor, middle);
        self.append(index, half, index + 1);
    }

    /// Joins a block that lost a row with a neighbour where both fit in half a block.
    fn tidy(&mut self, index: usize) {
        let count = self.counts[index];
        let joins = |other: usize| {
            let with = self.counts.get(other).copied();
            with.is_some_and(|with| (count + with) as usize <= BLOCK / 2)
        };
        if count == 0 {
            self.close(index);
        } else if joins(index + 1) {
            self.append(index + 1, 0, index);
            self.close(index + 1);
        } else if index > 0 && joins(index - 1) {
            self.append(index, 0, index - 1);
            self.close(index);
        }
    }

    /// Moves a block's rows from `first` on behind those of another block.
    fn append(&mut self, from: usize, first: usize, to: usize) {
        let source = self.heads[from].at as usize * BLOCK;
        let rows = source + first..source + self.counts[from] as usize;
        let moved = rows.len() as u32;
        let end = self.heads[to].at as usize * BLOCK + self.counts[to] as usize;
        self.ids.copy_within(rows, end);
        self.counts[from] -= moved;
        self.counts[to] += moved;
    }
}

/// The same entrants with the same keys; how they are cut into blocks does not matter.
impl<const BLOCK: usize> PartialEq for BlockList<BLOCK> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.top(self.len).eq(other.top(other.len))
    }
}

impl<const BLOCK: usize> Eq for BlockList<BLOCK> {}

/// The rows in rank order: two equal boards have equal bytes.
impl<const BLOCK: usize> Codec for BlockList<BLOCK> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.len.encode(out);
        for place in self.top(self.len) {
            place.entrant.encode(out);
            place.key.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Self::decode_of(reader, ENTRANTS_MAX)
    }
}

impl<const BLOCK: usize> BlockList<BLOCK> {
    /// Reads the board of a competition with so many entrants. A board has room for all entrants up to
    /// the highest number on it, so a false number must not ask for more than there are.
    pub(crate) fn decode_of(reader: &mut Reader<'_>, entrants: u32) -> Result<Self, CodecError> {
        let mut board = Self::new();
        let mut last: Option<(Key, u32)> = None;
        for _ in 0..u32::decode(reader)? {
            let (entrant, key) = (u32::decode(reader)?, Key::decode(reader)?);
            let is_next = last.is_none_or(|last| last < (key, entrant));
            if !is_next || entrant >= entrants || board.key_of(entrant).is_some() {
                return Err(CodecError::Invalid("board"));
            }
            board
                .update(entrant, key)
                .map_err(|_| CodecError::Invalid("board"))?;
            last = Some((key, entrant));
        }
        Ok(board)
    }
}
