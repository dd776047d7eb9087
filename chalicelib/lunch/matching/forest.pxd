# What the other compiled modules may call of forest.py without going through Python.
cdef class Forest:
    cdef public int[::1] mate
    cdef int[::1] label
    cdef int[::1] link
    cdef int[::1] left
    cdef int[::1] right
    cdef int[::1] parent
    cdef int[::1] closed
    cdef int[::1] queue
    cdef int head
    cdef int tail
    cdef int[::1] marked
    cdef int marks
    cdef bint folded
    cdef int[::1] seen
    cdef int walk
    cdef void plant(self, int root) noexcept
    cdef void mark(self, int u, int label) noexcept
    cdef void push(self, int u) noexcept
    cdef void forget(self) noexcept
    cdef void close(self) noexcept
    cdef int base(self, int u) noexcept
    cdef int _up(self, int base) noexcept
    cdef void fold(self, int u, int w) noexcept
    cdef void _fold_side(self, int v, int u, int w, int top) noexcept
    cdef void rematch(self, int[::1] mate, int v, int w) noexcept
