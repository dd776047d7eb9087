# What the rounds of small blocks may call of regroup.py without going through Python.
from chalicelib.lunch.matching.lots cimport Lots
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.partition cimport Partition
from chalicelib.lunch.matching.people cimport People

cdef class Neighbourhoods:
    cdef People people
    cdef Lots lots
    cdef unsigned long long seed
    cdef Partition partition
    cdef unsigned long long everybody
    cdef int[::1] at
    cdef int[::1] seats
    cdef int[::1] rows
    cdef int[::1] wanting
    cdef bint stale
    cdef int[::1] left
    cdef int left_count
    cdef int[::1] taken
    cdef int token
    cdef long long spare
    cdef long long spare_most
    cdef int improve_near(self, Near near, unsigned long long everybody) except? -1
    cdef int _improve(self, int[::1] rows) except? -1
    cdef bint _divide_whole(self, int size) except? -1
    cdef int _list_wanting(self, int[::1] rows) noexcept
    cdef void _gather(self, int u) noexcept
    cdef int _somebody_near(self, int u) noexcept
    cdef unsigned long long _drop(self, unsigned long long mask, int bits) noexcept
    cdef void _take_group(self, int u) noexcept
    cdef void _take(self, int u) noexcept
