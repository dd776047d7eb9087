# What the exchange may call of rescue.py without going through Python.
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.people cimport People
from chalicelib.lunch.matching.tables cimport Tables

cdef class Forest:
    cdef People people
    cdef Tables tables
    cdef Near near
    cdef bint small
    cdef unsigned long long open
    cdef public int[::1] mate
    cdef bint plain
    cdef int[::1] label
    cdef int[::1] link
    cdef int[::1] left
    cdef int[::1] right
    cdef int[::1] parent
    cdef int[::1] closed
    cdef int[::1] apart
    cdef int[::1] seen
    cdef int[::1] queue
    cdef int head
    cdef int tail
    cdef int[::1] marked
    cdef int marks
    cdef bint folded
    cdef int token
    cdef int walk
    cdef int search
    cdef int[::1] done
    cdef int[::1] passed
    cdef int[::1] when
    cdef int[::1] outer
    cdef int[::1] count
    cdef int[::1] merged
    cdef int[::1] since
    cdef object question
    cdef void enter_near(self, Near near, unsigned long long open) noexcept
    cdef void _mark(self, int u, int label) noexcept
    cdef void _push(self, int u) noexcept
    cdef void _forget(self) noexcept
    cdef void _close(self) noexcept
    cdef bint _look_around(self, int u) except? -1
    cdef bint _look_near(self, int u) except? -1
    cdef bint _look_through_tables(self, int u) except? -1
    cdef bint _apart(self, int u, int v) except? -1
    cdef bint _grow(self, int u, int t) except? -1
    cdef bint _meet(self, int u, int x) except? -1
    cdef int _shrink(self, int u, int t) except? -1
    cdef void _note(self, int u, int t) noexcept
    cdef int _base(self, int u) noexcept
    cdef int _up(self, int base) noexcept
    cdef void _fold(self, int u, int w) noexcept
    cdef void _fold_side(self, int v, int u, int w, int top) noexcept
    cdef void _rematch(self, int[::1] mate, int v, int w) noexcept
