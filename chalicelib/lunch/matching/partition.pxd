# What regroup.py may call of partition.py without going through Python.
from chalicelib.lunch.matching.lots cimport Lots
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.people cimport People

cdef class Partition:
    cdef People people
    cdef Lots lots
    cdef Near near
    cdef bint small
    cdef bint whole
    cdef int[::1] member
    cdef int size
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
    cdef object _make_room(self, int size)
    cdef long long cost(self) noexcept
    cdef bint divide(self) except? -1
    cdef void _lead(self, int subset, int rest, long long worth) noexcept
    cdef int _weigh(self) except? -1
    cdef bint _fits(self, int u, int v) except? -1
    cdef long long _worth(self, unsigned long long free) noexcept
    cdef void _weigh_alone(self) noexcept
    cdef void _seat(self) noexcept
