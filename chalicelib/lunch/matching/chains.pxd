# What fill.py may call of chains.py without going through Python.
from chalicelib.lunch.matching.people cimport People

cdef class Chains:
    cdef People people
    cdef public int[::1] at
    cdef public int[::1] seats
    cdef int[::1] pairs
    cdef int pair_count
    cdef int hole_one
    cdef int hole_two
    cdef int slack
    cdef bint splitting
    cdef long long effort
    cdef long long limit
    cdef int[::1] queue
    cdef int reached
    cdef int[::1] before
    cdef int[::1] seen
    cdef int search
    cdef int[::1] looked
    cdef int token
    cdef int[::1] change
    cdef int[::1] log
    cdef int logged
    cdef void list_pairs(self, int[::1] persons) noexcept
    cdef int stale(self, int u) noexcept
    cdef int _stale_with(self, int u, int x, int y) noexcept
    cdef void begin(self, long long effort, int slack, bint splitting, int one, int two) noexcept
    cdef void note(self, int u) noexcept
    cdef void undo(self) noexcept
    cdef bint place(self, int root, int most) except? -1
    cdef bint _fill_hole(self, int p, int most) except? -1
    cdef bint _join_pair(self, int p, int most) except? -1
    cdef bint _on_the_way(self, int p, int x) noexcept
    cdef int _take_places(self, int p, int most, int tail) except? -2
    cdef int _change(self, int p, int x) except? -1
    cdef bint _split(self, int p, int x, int most) except? -1
    cdef void _carry_out(self, int p, int x, int y) noexcept
