//! Asks memory for a cache line that will be read or written soon. A hint: nothing can depend on it.

/// Brings the line in which a value begins into the cache, without waiting for it.
#[inline(always)]
pub(crate) fn fetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(value);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
