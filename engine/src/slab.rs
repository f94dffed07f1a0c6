//! Values with stable u32 handles. A freed place is used again, last freed first.

use types::{Codec, CodecError, Reader};

/// No handle.
pub(crate) const NIL: u32 = u32::MAX;

#[derive(Debug)]
enum Place<T> {
    Used(T),
    Free { next: u32 },
}

/// A slab. Its layout is part of the state: a replica must hand out the same handles.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    free: u32,
    len: u32,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: NIL,
            len: 0,
        }
    }

    /// Makes room, so that `values` in all need no allocation.
    pub(crate) fn reserve(&mut self, values: u32) {
        self.places
            .reserve((values as usize).saturating_sub(self.places.len()));
    }

    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn insert(&mut self, value: T) -> u32 {
        self.len += 1;
        if self.free == NIL {
            self.places.push(Place::Used(value));
            return (self.places.len() - 1) as u32;
        }
        let handle = self.free;
        if let Place::Free { next } = self.places[handle as usize] {
            self.free = next;
        }
        self.places[handle as usize] = Place::Used(value);
        handle
    }

    pub(crate) fn remove(&mut self, handle: u32) {
        self.places[handle as usize] = Place::Free { next: self.free };
        self.free = handle;
        self.len -= 1;
    }

    /// The value at a handle that its holder knows to be used.
    #[inline]
    pub(crate) fn get(&self, handle: u32) -> &T {
        match &self.places[handle as usize] {
            Place::Used(value) => value,
            Place::Free { .. } => panic!("handle {handle} is free"),
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, handle: u32) -> &mut T {
        match &mut self.places[handle as usize] {
            Place::Used(value) => value,
            Place::Free { .. } => panic!("handle {handle} is free"),
        }
    }

    pub(crate) fn is_used(&self, handle: u32) -> bool {
        matches!(self.places.get(handle as usize), Some(Place::Used(_)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.places
            .iter()
            .enumerate()
            .filter_map(|(handle, place)| match place {
                Place::Used(value) => Some((handle as u32, value)),
                Place::Free { .. } => None,
            })
    }
}

impl<T: Codec> Codec for Slab<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.places.len() as u32).encode(out);
        self.free.encode(out);
        for place in &self.places {
            match place {
                Place::Free { next } => {
                    out.push(0);
                    next.encode(out);
                }
                Place::Used(value) => {
                    out.push(1);
                    value.encode(out);
                }
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let count = u32::decode(reader)? as usize;
        let free = u32::decode(reader)?;
        if count > reader.remaining() {
            return Err(CodecError::Truncated);
        }
        let mut places = Vec::with_capacity(count);
        let mut len = 0;
        for _ in 0..count {
            places.push(match u8::decode(reader)? {
                0 => Place::Free {
                    next: u32::decode(reader)?,
                },
                1 => {
                    len += 1;
                    Place::Used(T::decode(reader)?)
                }
                tag => {
                    return Err(CodecError::UnknownTag {
                        of: "slab place",
                        tag,
                    });
                }
            });
        }
        let slab = Self { places, free, len };
        slab.check_free_list()?;
        Ok(slab)
    }
}

impl<T> Slab<T> {
    /// Every free place is on the list once, and nothing else is.
    fn check_free_list(&self) -> Result<(), CodecError> {
        let mut left = self.places.len() - self.len as usize;
        let mut next = self.free;
        while next != NIL {
            match self.places.get(next as usize) {
                Some(Place::Free { next: after }) if left > 0 => next = *after,
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
