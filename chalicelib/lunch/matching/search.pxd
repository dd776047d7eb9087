# What rescue.py may call of search.py without going through Python.
from chalicelib.lunch.matching.forest cimport Forest
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.people cimport People
from chalicelib.lunch.matching.tables cimport Tables

cdef class Search:
    cdef People people
    cdef Forest forest
    cdef bint trios
    cdef Near near
    cdef bint small
    cdef unsigned long long open
    cdef Tables tables
    cdef int[::1] done
    cdef int[::1] passed
    cdef int[::1] when
    cdef int search
    cdef int[::1] outer
    cdef int[::1] count
    cdef int[::1] merged
    cdef int[::1] since
    cdef int[::1] apart
    cdef int token
    cdef void enter_near(self, Near near, unsigned long long open) noexcept
    cdef bint grow(self, int root) except? -1
    cdef void close(self) noexcept
    cdef bint _look_around(self, int u) except? -1
    cdef bint _look_near(self, int u) except? -1
    cdef bint _look_through_tables(self, int u) except? -1
    cdef bint _apart(self, int u, int v) except? -1
    cdef bint _grow(self, int u, int t) except? -1
    cdef bint _meet(self, int u, int x) except? -1
    cdef int _shrink(self, int u, int t) except? -1
    cdef void _note(self, int u, int t) noexcept
