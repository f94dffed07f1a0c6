//! All working orders of a shard: nodes for the books, and beside each node its [`Order`].

use types::{Codec, CodecError, OrderId, Reader};

use crate::book::{Ids, Nodes};
use crate::fetch::fetch;
use crate::order::{Extra, Order};
use crate::slab::{NIL, Slab};

/// Working orders by handle, and their handles by id.
#[derive(Debug)]
pub(crate) struct Orders {
    pub(crate) nodes: Nodes,
    /// By handle of the node; what stands at a free handle is left over, and at 0 what nobody reads.
    details: Vec<Order>,
    pub(crate) extras: Slab<Extra>,
    ids: Ids,
}

impl Orders {
    pub(crate) fn new(orders_max: u32) -> Self {
        Self {
            nodes: Nodes::new(),
            details: Vec::new(),
            extras: Slab::new(),
            ids: Ids::new(orders_max),
        }
    }

    /// Makes room, so that `orders` in all need no allocation.
    pub(crate) fn reserve(&mut self, orders: u32) {
        self.nodes.reserve(orders);
        let wanted = orders as usize + 1;
        self.details
            .reserve(wanted.saturating_sub(self.details.len()));
        self.ids.reserve(&self.nodes, orders);
    }

    pub(crate) const fn len(&self) -> u32 {
        self.nodes.len()
    }

    /// The handle of a working order.
    #[inline]
    pub(crate) fn find(&self, id: OrderId) -> Option<u32> {
        self.ids.get(&self.nodes, id)
    }

    /// Asks memory for the place of an id.
    #[inline]
    pub(crate) fn fetch_place(&self, id: OrderId) {
        self.ids.fetch(id);
    }

    /// The handle at an id's place, which may be another's.
    #[inline]
    pub(crate) fn likely(&self, id: OrderId) -> u32 {
        self.ids.likely(id)
    }

    /// Asks memory for an order, if there is one.
    #[inline(always)]
    pub(crate) fn fetch(&self, handle: u32) {
        if let Some(order) = self.details.get(handle as usize) {
            self.nodes.fetch(handle);
            fetch(order);
        }
    }

    /// Asks memory for the orders before and behind one, in its queue and in its account's list.
    #[inline(always)]
    pub(crate) fn fetch_neighbours(&self, handle: u32) {
        if let Some(order) = self.details.get(handle as usize) {
            self.nodes.fetch_neighbours(handle);
            for neighbour in [order.previous, order.next] {
                if let Some(neighbour) = self.details.get(neighbour as usize) {
                    fetch(neighbour);
                }
            }
        }
    }

    #[inline]
    pub(crate) fn get(&self, handle: u32) -> &Order {
        &self.details[handle as usize]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, handle: u32) -> &mut Order {
        &mut self.details[handle as usize]
    }

    #[inline]
    pub(crate) fn id(&self, handle: u32) -> OrderId {
        self.nodes.get(handle).id
    }

    /// What only some orders have.
    #[inline]
    pub(crate) fn extra(&self, handle: u32) -> Option<&Extra> {
        self.extra_of(self.get(handle))
    }

    /// What only some orders have.
    #[inline]
    pub(crate) fn extra_of(&self, order: &Order) -> Option<&Extra> {
        (order.extra != NIL).then(|| self.extras.get(order.extra))
    }

    #[inline]
    pub(crate) fn extra_mut(&mut self, handle: u32) -> Option<&mut Extra> {
        let extra = self.get(handle).extra;
        (extra != NIL).then(|| self.extras.get_mut(extra))
    }

    /// The caller keeps to the limit on orders.
    #[inline(always)]
    pub(crate) fn insert(&mut self, node: crate::book::Node, order: Order) -> u32 {
        let handle = self.nodes.insert_node(node);
        if handle as usize >= self.details.len() {
            self.extend(handle);
        }
        self.details[handle as usize] = order;
        let noted = self.ids.insert(&self.nodes, node.id, handle);
        debug_assert!(noted.is_ok(), "the limit on orders was checked");
        handle
    }

    /// After a restore the handles of free places may be beyond the last order.
    #[cold]
    #[inline(never)]
    fn extend(&mut self, handle: u32) {
        while self.details.len() <= handle as usize {
            self.details.push(Order::VACANT);
        }
    }

    /// Forgets an order of this id that is in no queue and no list; its extra stays.
    #[inline(always)]
    pub(crate) fn remove(&mut self, handle: u32, id: OrderId) {
        self.ids.remove(id, handle);
        self.nodes.remove_node(handle);
    }

    /// Handles and orders, by ascending handle.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, OrderId, &Order)> {
        self.nodes
            .iter()
            .map(|(handle, node)| (handle, node.id, &self.details[handle as usize]))
    }

    /// Notes the handles of all orders again.
    ///
    /// # Errors
    /// When there are more than the table may hold.
    pub(crate) fn index(&mut self, orders_max: u32) -> Result<(), CodecError> {
        self.ids = Ids::new(orders_max);
        for (handle, node) in self.nodes.iter() {
            self.ids
                .insert(&self.nodes, node.id, handle)
                .map_err(|_| CodecError::Invalid("more orders than orders_max"))?;
        }
        Ok(())
    }
}

impl Codec for Orders {
    fn encode(&self, out: &mut Vec<u8>) {
        self.nodes.encode(out);
        for (handle, _) in self.nodes.iter() {
            self.get(handle).encode(out);
        }
        self.extras.encode(out);
    }

    /// The ids are not noted: [`Orders::index`] does.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let nodes = Nodes::decode(reader)?;
        let handles: Vec<u32> = nodes.iter().map(|(handle, _)| handle).collect();
        let mut details: Vec<Order> = Vec::new();
        for handle in handles {
            let order = Order::decode(reader)?;
            details.resize(handle as usize, Order::VACANT);
            details.push(order);
        }
        Ok(Self {
            nodes,
            details,
            extras: Slab::decode(reader)?,
            ids: Ids::new(0),
        })
    }
}
