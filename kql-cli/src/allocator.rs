//! The allocator of the command.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Gives freed memory back to the system. The allocator keeps it for a while, which is faster, but counts as memory of the
/// process.
#[allow(unsafe_code)]
pub fn release() {
    // SAFETY: the function has no preconditions, and can be called from any thread
    unsafe { libmimalloc_sys::mi_collect(true) };
}
