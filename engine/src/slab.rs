//! Values with stable u32 handles. A freed place is used again, last freed first.

use types::{Codec, CodecError, Reader};

/// No handle.
pub(crate) const NIL: u32 = u32::MAX;
/// The link of a place in use.
const USED: u32 = u32::MAX - 1;

/// A slab. Its layout is part of the state: a replica must hand out the same handles.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    /// By handle; what stands at a free handle is left over, or missing at the end.
    values: Vec<T>,
    /// By handle: [`USED`], or the next free handle. Apart from the values, whose readers know that
    /// they are used.
    links: Vec<u32>,
    free: u32,
    len: u32,
}

impl<T: Copy> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self {
            values: Vec::new(),
            links: Vec::new(),
            free: NIL,
            len: 0,
        }
    }

    /// Makes room, so that `values` in all need no allocation.
    pub(crate) fn reserve(&mut self, values: u32) {
        let values = values as usize;
        self.values
            .reserve(values.saturating_sub(self.values.len()));
        self.links.reserve(values.saturating_sub(self.links.len()));
    }

    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn insert(&mut self, value: T) -> u32 {
        self.len += 1;
        let handle = self.free;
        if handle == NIL {
            self.links.push(USED);
            return self.put(self.links.len() as u32 - 1, value);
        }
        self.free = std::mem::replace(&mut self.links[handle as usize], USED);
        self.put(handle, value)
    }

    fn put(&mut self, handle: u32, value: T) -> u32 {
        match self.values.get_mut(handle as usize) {
            Some(place) => *place = value,
            None => self.values.resize(handle as usize + 1, value),
        }
        handle
    }

    pub(crate) fn remove(&mut self, handle: u32) {
        self.links[handle as usize] = self.free;
        self.free = handle;
        self.len -= 1;
    }

    /// The value at a handle that its holder knows to be used.
    #[inline]
    pub(crate) fn get(&self, handle: u32) -> &T {
        &self.values[handle as usize]
    }

    /// What stands at a handle, used or not, if anything does.
    #[inline]
    pub(crate) fn peek(&self, handle: u32) -> Option<&T> {
        self.values.get(handle as usize)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, handle: u32) -> &mut T {
        &mut self.values[handle as usize]
    }

    pub(crate) fn is_used(&self, handle: u32) -> bool {
        self.links.get(handle as usize) == Some(&USED)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let places = self.links.iter().zip(&self.values).enumerate();
        places
            .filter(|(_, (link, _))| **link == USED)
            .map(|(handle, (_, value))| (handle as u32, value))
    }
}

impl<T: Codec + Copy> Codec for Slab<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.links.len() as u32).encode(out);
        self.free.encode(out);
        for (handle, &link) in self.links.iter().enumerate() {
            if link == USED {
                out.push(1);
                self.values[handle].encode(out);
            } else {
                out.push(0);
                link.encode(out);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let count = u32::decode(reader)? as usize;
        let mut slab = Self::new();
        slab.free = u32::decode(reader)?;
        if count > reader.remaining() {
            return Err(CodecError::Truncated);
        }
        slab.links.reserve_exact(count);
        for handle in 0..count as u32 {
            match u8::decode(reader)? {
                0 => slab.links.push(u32::decode(reader)?),
                1 => {
                    slab.len += 1;
                    slab.links.push(USED);
                    slab.put(handle, T::decode(reader)?);
                }
                tag => {
                    return Err(CodecError::UnknownTag {
                        of: "slab place",
                        tag,
                    });
                }
            }
        }
        slab.check_free_list()?;
        Ok(slab)
    }
}

impl<T> Slab<T> {
    /// Every free place is on the list once, and nothing else is.
    fn check_free_list(&self) -> Result<(), CodecError> {
        let used = self.links.iter().filter(|&&link| link == USED).count();
        let mut left = self.links.len() - self.len as usize;
        let mut next = self.free;
        while next != NIL {
            match self.links.get(next as usize) {
                Some(&after) if after != USED && left > 0 => next = after,
                _ => return Err(CodecError::Invalid("free list")),
            }
            left -= 1;
        }
        if left == 0 && used == self.len as usize {
            Ok(())
        } else {
            Err(CodecError::Invalid("free list"))
        }
    }
}
