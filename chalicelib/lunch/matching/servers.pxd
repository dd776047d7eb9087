# What exchange.py may call of servers.py without going through Python.
from chalicelib.lunch.matching.forest cimport Forest
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.people cimport People
from chalicelib.lunch.matching.tables cimport Tables

cdef class Servers:
    cdef People people
    cdef Near near
    cdef bint small
    cdef unsigned long long inner
    cdef Tables tables
    cdef int[::1] done
    cdef int[::1] passed
    cdef int[::1] when
    cdef int count
    cdef int[::1] at
    cdef int[::1] member
    cdef int[::1] component
    cdef int[::1] order
    cdef int[::1] server
    cdef int[::1] served
    cdef int[::1] lower
    cdef int[::1] settled
    cdef int[::1] queue
    cdef int[::1] through
    cdef int[::1] visited
    cdef int phase
    cdef int[::1] apart
    cdef int token
    cdef list few
    cdef int enter_near(self, Near near, Forest forest, unsigned long long everybody) except? -1
    cdef bint _comes_first(self, Forest forest, int u, int v) noexcept
    cdef bint _waited_longer(self, int u, int v) noexcept
    cdef int search(self, int root) except? -2
    cdef int _look_around(self, int u, int tail) except? -2
    cdef int _look_near(self, int u, int tail) noexcept
    cdef int _visit(self, int u, int a, int tail) noexcept
    cdef int _look_through_tables(self, int u, int tail) except? -2
    cdef void _flip(self, int a) noexcept
