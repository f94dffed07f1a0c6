//! Working orders as matching sees them: a slab of small nodes with stable handles. What matching
//! does not touch of an order lives with the owner, under the same handle.

use types::{AccountId, Codec, CodecError, Lots, OrderId, Reader};

use crate::fetch::fetch;

/// No handle. Handles count from 1: place 0 belongs to nobody, so that an unlink can write to a
/// neighbour without asking whether there is one.
pub const NIL: u32 = 0;

/// `previous` of a node in no queue.
const LOOSE: u32 = u32::MAX;
/// `previous` of a free place, whose `next` is the next free place.
const FREE: u32 = u32::MAX - 1;

/// The part of a working order that matching touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The order.
    pub id: OrderId,
    /// Displayed leaves, in lots. Of a queued node only its ladder changes them.
    pub lots: Lots,
    /// The key of the queue that it is in, or was in last.
    pub key: i64,
    /// The order's account.
    pub account: AccountId,
    /// Free for the owner.
    pub tag: u32,
    previous: u32,
    next: u32,
}

const _: () = assert!(size_of::<Node>() == 40);

impl Node {
    /// A node that is in no queue.
    #[inline]
    pub const fn new(id: OrderId, account: AccountId, lots: Lots, tag: u32) -> Self {
        Self {
            id,
            lots,
            key: 0,
            account,
            tag,
            previous: LOOSE,
            next: NIL,
        }
    }

    /// Whether a ladder holds the node.
    #[inline]
    pub const fn is_queued(&self) -> bool {
        self.previous < FREE
    }

    /// The node behind it in its queue, or [`NIL`].
    #[inline]
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// The node before it in its queue, or [`NIL`].
    #[inline]
    pub(super) const fn previous(&self) -> u32 {
        self.previous
    }
}

/// A slab of nodes. Its layout is part of the state: a replica must hand out the same handles.
#[derive(Debug)]
pub struct Nodes {
    /// By handle. Place 0 takes writes that have no neighbour to go to; nothing reads it.
    places: Vec<Node>,
    /// The place freed last, or [`NIL`].
    free: u32,
    len: u32,
    /// The bits of what levels showed that their last orders had left; 0 while that was nothing. No part of the state.
    residue: i64,
}

impl Default for Nodes {
    fn default() -> Self {
        Self::new()
    }
}

impl Nodes {
    /// A slab without nodes.
    pub fn new() -> Self {
        Self {
            places: vec![Node::new(OrderId(0), AccountId(0), Lots(0), 0)],
            free: NIL,
            len: 0,
            residue: 0,
        }
    }

    /// Nodes in use.
    #[inline]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether no node is in use.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One more than the largest handle ever given: the length of a column kept beside the nodes.
    #[inline]
    pub const fn handles_end(&self) -> u32 {
        self.places.len() as u32
    }

    /// Makes room, so that `nodes` nodes in all need no allocation.
    pub fn reserve(&mut self, nodes: u32) {
        let wanted = nodes as usize + 1;
        self.places
            .reserve(wanted.saturating_sub(self.places.len()));
    }

    /// Takes the place freed last, or else a new one, and says its handle.
    #[inline]
    pub fn insert_node(&mut self, node: Node) -> u32 {
        self.len += 1;
        let handle = self.free;
        if handle == NIL {
            self.places.push(node);
            return (self.places.len() - 1) as u32;
        }
        let place = &mut self.places[handle as usize];
        self.free = place.next;
        *place = node;
        handle
    }

    /// Frees a node that is in no queue.
    #[inline]
    pub fn remove_node(&mut self, handle: u32) {
        let place = &mut self.places[handle as usize];
        debug_assert!(place.previous == LOOSE, "handle {handle} is not loose");
        place.previous = FREE;
        place.next = self.free;
        self.free = handle;
        self.len -= 1;
    }

    /// The node at a handle that its holder knows to be used.
    #[inline]
    pub fn get(&self, handle: u32) -> &Node {
        &self.places[handle as usize]
    }

    /// The node at a handle that its holder knows to be used, to change what is free for the owner.
    #[inline]
    pub fn get_mut(&mut self, handle: u32) -> &mut Node {
        &mut self.places[handle as usize]
    }

    /// The node behind one in its queue, or [`NIL`].
    #[inline]
    pub fn behind(&self, handle: u32) -> u32 {
        self.places[handle as usize].next
    }

    /// Asks memory for a node, which may lie in two lines.
    #[inline]
    pub fn fetch(&self, handle: u32) {
        let place = &self.places[handle as usize];
        fetch(&place.id);
        fetch(&place.next);
    }

    /// Asks memory for the nodes before and behind one in its queue.
    #[inline]
    pub fn fetch_neighbours(&self, handle: u32) {
        let place = &self.places[handle as usize];
        for neighbour in [place.previous, place.next] {
            if let Some(neighbour) = self.places.get(neighbour as usize) {
                fetch(&neighbour.previous);
            }
        }
    }

    /// Whether the handle is of a node in use.
    pub fn is_used(&self, handle: u32) -> bool {
        handle != NIL
            && self
                .places
                .get(handle as usize)
                .is_some_and(|place| place.previous != FREE)
    }

    /// The nodes in use by ascending handle.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Node)> {
        (0_u32..)
            .zip(&self.places)
            .skip(1)
            .filter(|(_, place)| place.previous != FREE)
    }

    /// What a level showed, in lots, that its last order had left: 0 unless a level's total was wrong. Of several the
    /// bits of all.
    #[inline]
    pub const fn residue(&self) -> Lots {
        Lots(self.residue)
    }

    #[inline(always)]
    pub(super) const fn note_residue(&mut self, lots: i64) {
        self.residue |= lots;
    }

    /// Links a loose node behind `tail`, the last of its queue or [`NIL`]; says its lots.
    #[inline]
    pub(super) fn link(&mut self, handle: u32, key: i64, tail: u32) -> i64 {
        let node = &mut self.places[handle as usize];
        debug_assert!(node.previous == LOOSE, "handle {handle} is not loose");
        node.key = key;
        node.previous = tail;
        node.next = NIL;
        let lots = node.lots.0;
        self.places[tail as usize].next = handle;
        lots
    }

    /// Takes a queued node out of its queue; says its lots, and the nodes before and behind it.
    #[inline]
    pub(super) fn unlink(&mut self, handle: u32) -> (i64, u32, u32) {
        let node = &mut self.places[handle as usize];
        debug_assert!(node.is_queued(), "handle {handle} is in no queue");
        let (lots, previous, next) = (node.lots.0, node.previous, node.next);
        node.previous = LOOSE;
        self.places[previous as usize].next = next;
        self.places[next as usize].previous = previous;
        (lots, previous, next)
    }
}

impl Codec for Nodes {
    fn encode(&self, out: &mut Vec<u8>) {
        ((self.places.len() - 1) as u32).encode(out);
        self.free.encode(out);
        for place in &self.places[1..] {
            if place.previous == FREE {
                out.push(0);
                place.next.encode(out);
            } else {
                out.push(1);
                place.id.encode(out);
                place.lots.encode(out);
                place.key.encode(out);
                place.account.encode(out);
                place.tag.encode(out);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let count = u32::decode(reader)? as usize;
        let free = u32::decode(reader)?;
        // Every place takes five bytes at least, so a false count cannot ask for more than is there.
        if count > reader.remaining() / 5 {
            return Err(CodecError::Truncated);
        }
        let mut nodes = Self::new();
        nodes.free = free;
        nodes.places.reserve_exact(count);
        for _ in 0..count {
            let mut node = Node::new(OrderId(0), AccountId(0), Lots(0), 0);
            match u8::decode(reader)? {
                0 => {
                    node.previous = FREE;
                    node.next = u32::decode(reader)?;
                }
                1 => {
                    node.id = Codec::decode(reader)?;
                    node.lots = Codec::decode(reader)?;
                    node.key = Codec::decode(reader)?;
                    node.account = Codec::decode(reader)?;
                    node.tag = Codec::decode(reader)?;
                    nodes.len += 1;
                }
                tag => {
                    return Err(CodecError::UnknownTag {
                        of: "node place",
                        tag,
                    });
                }
            }
            nodes.places.push(node);
        }
        nodes.check_free_list()?;
        Ok(nodes)
    }
}

impl Nodes {
    /// Every free place is on the list once, and nothing else is.
    fn check_free_list(&self) -> Result<(), CodecError> {
        let mut left = self.places.len() - 1 - self.len as usize;
        let mut next = self.free;
        while next != NIL {
            match self.places.get(next as usize) {
                Some(place) if place.previous == FREE && left > 0 => next = place.next,
                _ => return Err(CodecError::Invalid("free list")),
            }
            left -= 1;
        }
        if left == 0 {
            Ok(())
        } else {
            Err(CodecError::Invalid("free list"))
        }
    }
}
