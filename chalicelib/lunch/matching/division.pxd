# What reseat.py may call of division.py without going through Python.
from chalicelib.lunch.matching.lots cimport Lots
from chalicelib.lunch.matching.people cimport People

cdef class Division:
    cdef People people
    cdef Lots lots
    cdef int minimum
    cdef int maximum
    cdef int[::1] member
    cdef int size
    cdef int care
    cdef int[::1] friends
    cdef int groups
    cdef int[::1] begin
    cdef int[::1] mask
    cdef long long[::1] cost
    cdef long long[::1] over
    cdef long long[::1] worth
    cdef int[::1] choice
    cdef int[::1] when
    cdef int[::1] following
    cdef int[::1] first_with
    cdef int visit
    cdef long long work
    cdef bint divide(self, long long most) except? -1
    cdef bint _list_groups(self) except? -1
    cdef bint _extend(self, int mask, int last, int open, unsigned long long free, unsigned long long eats, int stale, int size) except? -1
    cdef void _lead(self, int subset, int rest, long long over, long long worth) noexcept
