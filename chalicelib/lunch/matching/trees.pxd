# What covers.py may call of trees.py without going through Python.
from chalicelib.lunch.matching.component cimport Component

cdef class Tree:
    cdef Component component
    cdef int[::1] mate
    cdef int[::1] label
    cdef int[::1] before
    cdef int[::1] base
    cdef int[::1] left
    cdef int[::1] right
    cdef int[::1] stack
    cdef int[::1] seen
    cdef int walk
    cdef int[::1] queue
    cdef int tail
    cdef int enter(self) except? -1
    cdef bint grow(self, int root) noexcept
    cdef void _reach(self, int k) noexcept
    cdef int _base(self, int k) noexcept
    cdef void _shrink(self, int u, int v) noexcept
    cdef void _absorb(self, int k, int u, int v, int top) noexcept
    cdef void rematch(self, int v, int w) noexcept
