# What the rounds of small blocks may call of regroup.py without going through Python.
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.people cimport People

cdef class Neighbourhoods:
    cdef People people
    cdef Near near
    cdef bint small
    cdef unsigned long long everybody
    cdef int[::1] at
    cdef int[::1] seats
    cdef int[::1] rows
    cdef int[::1] wanting
    cdef int[::1] member
    cdef int size
    cdef int[::1] taken
    cdef int token
    cdef int[::1] friends
    cdef int[::1] thirds
    cdef long long[::1] pair_value
    cdef long long[::1] trio_value
    cdef long long[::1] alone
    cdef int room
    cdef long long[::1] best
    cdef long long worst
    cdef int visit
    cdef int visited
    cdef int[::1] when
    cdef int[::1] first_with
    cdef int[::1] following
    cdef int[::1] choice
    cdef unsigned long long state
    cdef unsigned long long seed
    cdef long long spare
    cdef long long spare_most
    cdef int[::1] left
    cdef int left_count
    cdef bint stale
    cdef bint whole
    cdef object _make_room(self, int size)
    cdef int improve_near(self, Near near, unsigned long long everybody) except? -1
    cdef long long _cost(self) noexcept
    cdef int _improve(self, int[::1] rows) except? -1
    cdef bint _divide_whole(self, int size) except? -1
    cdef int _draw(self, int below) noexcept
    cdef int _list_wanting(self, int[::1] rows) noexcept
    cdef void _gather(self, int u) noexcept
    cdef int _somebody_near(self, int u) noexcept
    cdef unsigned long long _drop(self, unsigned long long mask, int bits) noexcept
    cdef void _take_group(self, int u) noexcept
    cdef void _take(self, int u) noexcept
    cdef int _weigh(self) except? -1
    cdef bint _fits(self, int u, int v) except? -1
    cdef long long _worth(self, unsigned long long free) noexcept
    cdef void _weigh_alone(self) noexcept
    cdef bint _divide(self) except? -1
    cdef void _lead(self, int subset, int rest, long long worth) noexcept
    cdef void _seat(self) noexcept
