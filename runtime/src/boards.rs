//! The boards of all competitions, kept beside the replica.
//!
//! [`Shard::board`] scores, sorts and names every entrant each time. Here a refresh scores only those
//! whose entry changed, and moves only those to another place; a page of rows costs what it shows.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use engine::Shard;
use rules::{
    Board, Competition, Contest, Disqualified, Entry, Ineligible, Key, Score, ScoreInputs,
    Standing, TeamStanding,
};
use types::{
    AccountId, CompetitionId, CompetitionState, DisqualificationReason, Label, Money, Seq, TeamId,
    TimestampNs,
};

/// The most rows of one page.
pub const BOARD_ROWS_MAX: u32 = 100;

/// Where more than one in this many entrants moved, sorting all is faster than moving each.
const REBUILD_SHARE: usize = 8;

/// Which board of a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardView {
    /// What everybody sees; it stands still while it is frozen.
    Public,
    /// What its reviewers see.
    Review,
}

/// A place between two rows of a board: the ranked best first, then the others by account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardPlace {
    /// Before the row of this rank, from 1.
    Rank(u32),
    /// Behind the row of this unranked account.
    Behind(AccountId),
}

/// Which rows of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardRows {
    /// So many from there on.
    From(BoardPlace, u32),
    /// So many with this account in their middle, as near to it as the ends of the ranking allow; the
    /// account alone while it is not ranked.
    Around(AccountId, u32),
}

/// A competition at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetitionView {
    /// Its id.
    pub id: CompetitionId,
    /// Its definition.
    pub competition: Competition,
    /// Where it is in its life.
    pub state: CompetitionState,
    /// Whether the public board stands still.
    pub is_frozen: bool,
    /// How many have entered.
    pub entrants: u32,
    /// How many of them were taken off the board.
    pub disqualified: u32,
    /// How many of them are ranked on the board that is looked at.
    pub ranked: u32,
    /// Prizes that nobody took, once it is final.
    pub unclaimed: Option<Money>,
}

/// An entrant's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// 1 is best; `None` while it is not eligible.
    pub rank: Option<u32>,
    /// The entrant.
    pub account: AccountId,
    /// Its name.
    pub name: Label,
    /// Its team.
    pub team: Option<TeamId>,
    /// Weighted components, total, return, drawdown, gates.
    pub score: Score,
    /// What the components are computed from.
    pub inputs: ScoreInputs,
    /// When its highest return was attained; zero while it has never been above the start.
    pub attained_at: TimestampNs,
    /// When it was taken off the board and why; as the score has it, not before the public knows.
    pub disqualified: Option<Disqualified>,
    /// What it gets, once the competition is final.
    pub prize: Option<Money>,
}

/// Rows of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardPage {
    /// The competition.
    pub competition: CompetitionView,
    /// The rows.
    pub rows: Vec<BoardRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<BoardPlace>,
}

/// The boards of all competitions, as they were when they were last refreshed.
#[derive(Debug, Default)]
pub struct Boards {
    seq: Seq,
    ts: TimestampNs,
    contests: Vec<ContestBoards>,
}

#[derive(Debug, Default)]
struct ContestBoards {
    review: LiveBoard,
    /// While it stands still; else it is that of the reviewers.
    public: Option<LiveBoard>,
    /// Who was off the board at the last refresh of a competition that is over: if it is the same again,
    /// nothing has changed.
    over: Option<Vec<Disqualified>>,
}

#[derive(Debug, Default)]
struct LiveBoard {
    /// By entrant.
    kept: Vec<Kept>,
    ranked: Board,
    /// Those that are not ranked, with their numbers.
    unranked: BTreeSet<(AccountId, u32)>,
}

/// What an entrant's standing was made of, and the standing.
#[derive(Debug)]
struct Kept {
    entry: Entry,
    breached: bool,
    disqualified: Option<DisqualificationReason>,
    standing: Standing,
}

impl Boards {
    /// Brings all boards to where the shard is.
    pub fn refresh(&mut self, shard: &Shard) {
        (self.seq, self.ts) = (shard.seq(), shard.ts());
        self.contests
            .resize_with(shard.competition_count() as usize, ContestBoards::default);
        for (id, boards) in (0..).map(CompetitionId).zip(&mut self.contests) {
            boards.refresh(shard, id);
        }
    }

    /// The last input that the boards contain, and its time.
    pub const fn at(&self) -> (Seq, TimestampNs) {
        (self.seq, self.ts)
    }

    /// Rows of a board. `shard` is the one that it was refreshed from, of that moment or a later one; what
    /// it has gained since is not shown.
    pub fn page(
        &self,
        shard: &Shard,
        id: CompetitionId,
        view: BoardView,
        rows: BoardRows,
    ) -> Option<BoardPage> {
        let (competition, life) = shard.contest(id)?;
        let board = self.board(id, view)?;
        let entrants = match rows {
            BoardRows::From(from, rows) => board.from(from, rows),
            BoardRows::Around(account, rows) => {
                let (_, number) = shard.entrance(account).filter(|(of, _)| *of == id)?;
                board.around(number, rows)
            }
        };
        let (numbers, next) = entrants;
        let row = |number: u32| board.row(shard, life, number);
        Some(BoardPage {
            competition: CompetitionView {
                id,
                competition: competition.clone(),
                state: life.state(),
                is_frozen: life.is_frozen(),
                entrants: life.entrants(),
                disqualified: life.disqualified().len() as u32,
                ranked: board.ranked.len(),
                unclaimed: life.awards().map(|awards| awards.unclaimed),
            },
            rows: numbers.into_iter().filter_map(row).collect(),
            next,
        })
    }

    /// The team board; `None` where there is no such competition or it has no teams.
    pub fn teams(
        &self,
        shard: &Shard,
        id: CompetitionId,
        view: BoardView,
    ) -> Option<Vec<TeamStanding>> {
        let (competition, life) = shard.contest(id)?;
        let rules = competition.contest.teams?;
        Some(life.team_board(&self.board(id, view)?.ranked, rules))
    }

    fn board(&self, id: CompetitionId, view: BoardView) -> Option<&LiveBoard> {
        let boards = self.contests.get(id.0 as usize)?;
        Some(match (view, &boards.public) {
            (BoardView::Public, Some(public)) => public,
            _ => &boards.review,
        })
    }
}

impl ContestBoards {
    fn refresh(&mut self, shard: &Shard, id: CompetitionId) {
        let Some((_, life)) = shard.contest(id) else {
            return;
        };
        let is_over = matches!(
            life.state(),
            CompetitionState::InReview | CompetitionState::Final
        );
        if !life.is_frozen() {
            self.public = None;
        }
        if is_over && self.over.as_deref() == Some(life.disqualified()) {
            return;
        }
        self.over = is_over.then(|| life.disqualified().to_vec());
        self.review.refresh(shard, id, BoardView::Review);
        if life.is_frozen() {
            let public = self.public.get_or_insert_default();
            public.refresh(shard, id, BoardView::Public);
        }
    }
}

impl LiveBoard {
    fn refresh(&mut self, shard: &Shard, id: CompetitionId, view: BoardView) {
        let Some((competition, life)) = shard.contest(id) else {
            return;
        };
        let mut moved = Vec::new();
        for number in 0..life.entrants() {
            let shown = shard.entry(id, number, view == BoardView::Public);
            // Who entered after a freeze is not on a board that stands still, nor are those after.
            let (Some(account), Some((entry, breached, reason))) =
                (shard.entrant(id, number), shown)
            else {
                break;
            };
            let known = self.kept.get_mut(number as usize);
            if known.as_ref().is_some_and(|kept| {
                kept.entry == entry && kept.breached == breached && kept.disqualified == reason
            }) {
                continue;
            }
            let mut standing = Standing::new(account, number, &entry, competition, breached);
            if let Some(reason) = reason {
                standing.score.ineligible = Some(Ineligible::Disqualified(reason));
            }
            let kept = Kept {
                entry,
                breached,
                disqualified: reason,
                standing,
            };
            match known {
                Some(known) => *known = kept,
                // Numbers come one by one.
                None => self.kept.push(kept),
            }
            moved.push(number);
        }
        if moved.len() * REBUILD_SHARE > self.kept.len() {
            self.rebuild();
        } else {
            for number in moved {
                self.place(number);
            }
        }
    }

    /// Puts an entrant where its standing belongs.
    fn place(&mut self, number: u32) {
        let standing = &self.kept[number as usize].standing;
        let account = standing.account;
        if let Some(key) = Key::of(standing) {
            self.rank(number, key);
            self.unranked.remove(&(account, number));
        } else {
            self.ranked.remove(number);
            self.unranked.insert((account, number));
        }
    }

    /// Puts everybody where their standing belongs: sorted first, each goes behind the one before.
    fn rebuild(&mut self) {
        self.ranked = Board::new();
        self.ranked.reserve(self.kept.len() as u32);
        self.unranked.clear();
        let mut keys = Vec::with_capacity(self.kept.len());
        for (number, kept) in (0..).zip(&self.kept) {
            match Key::of(&kept.standing) {
                Some(key) => keys.push((key, number)),
                None => {
                    self.unranked.insert((kept.standing.account, number));
                }
            }
        }
        keys.sort_unstable();
        for (key, number) in keys {
            self.rank(number, key);
        }
    }

    fn rank(&mut self, number: u32, key: Key) {
        // No competition has more entrants than a board.
        let placed = self.ranked.update(number, key);
        debug_assert!(placed.is_ok());
    }

    /// The numbers of the entrants of a page, and where the next one begins.
    fn from(&self, from: BoardPlace, rows: u32) -> (Vec<u32>, Option<BoardPlace>) {
        let mut numbers: Vec<u32> = Vec::new();
        if let BoardPlace::Rank(rank) = from {
            let rank = rank.max(1);
            numbers.extend(self.ranked.page(rank, rows).map(|place| place.entrant));
            let next = rank.saturating_add(numbers.len() as u32);
            if numbers.len() as u32 == rows && next <= self.ranked.len() {
                return (numbers, Some(BoardPlace::Rank(next)));
            }
        }
        let ranked = numbers.len();
        let mut others = match from {
            BoardPlace::Rank(_) => self.unranked.range(..),
            BoardPlace::Behind(account) => self.unranked.range((account, u32::MAX)..),
        };
        let wanted = (rows as usize).saturating_sub(ranked);
        let mut last = None;
        for (account, number) in others.by_ref().take(wanted) {
            numbers.push(*number);
            last = Some(BoardPlace::Behind(*account));
        }
        let next = match others.next() {
            // A page that the ranking filled to its end goes on before the first of the others.
            Some(_) if wanted == 0 => Some(BoardPlace::Rank(self.ranked.len() + 1)),
            Some(_) => last,
            None => None,
        };
        (numbers, next)
    }

    fn around(&self, number: u32, rows: u32) -> (Vec<u32>, Option<BoardPlace>) {
        let places = self.ranked.around(number, rows);
        let mut numbers: Vec<u32> = places.map(|place| place.entrant).collect();
        if numbers.is_empty() {
            numbers.push(number);
        }
        (numbers, None)
    }

    fn row(&self, shard: &Shard, life: &Contest, number: u32) -> Option<BoardRow> {
        let kept = self.kept.get(number as usize)?;
        let standing = &kept.standing;
        let account = standing.account;
        let by_entrant = life
            .disqualified()
            .binary_search_by_key(&number, |row| row.entrant);
        let disqualified = by_entrant.ok().map(|index| life.disqualified()[index]);
        let paid = life.awards().map(|awards| awards.paid.as_slice());
        let prize = paid.and_then(|paid| paid.iter().find(|award| award.account == account));
        Some(BoardRow {
            rank: self.ranked.rank_of(number),
            account,
            name: shard.account_name(account)?.0,
            team: life.team_of(number),
            score: standing.score,
            inputs: kept.entry.inputs(),
            attained_at: standing.attained_at,
            disqualified: disqualified.filter(|_| kept.disqualified.is_some()),
            prize: prize.map(|award| award.amount),
        })
    }
}
