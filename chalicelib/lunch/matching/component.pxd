# What the other compiled modules of the checker may call of component.py without going through Python.
from chalicelib.lunch.matching.graph cimport Graph

cdef class Component:
    cdef Graph graph
    cdef int size
    cdef int[::1] who
    cdef int[::1] number
    cdef int[::1] ends
    cdef int edges
    cdef int[::1] at
    cdef int[::1] friend
    cdef int[::1] marked
    cdef bint enter(self, int first, int last) except? -1
    cdef int _add(self, int k, int j) except? -1
    cdef int _sort_edges(self) except? -1
    cdef int inside(self, int row) noexcept
    cdef bint _share(self, int i, int j, int k) noexcept
    cdef void mark_friends(self, int i) noexcept
    cdef bint has_trio(self) noexcept
    cdef int third(self, int a, int b, int x) noexcept
