# What the other compiled modules may call of near.py without going through Python.
from chalicelib.lunch.matching.people cimport People

cdef class Near:
    cdef People people
    cdef public int size
    cdef public int[::1] row
    cdef public int[::1] spot
    cdef public unsigned long long[::1] near
    cdef int enter(self, int[::1] members, int first, int last) except? -1
    cdef void _part(self) noexcept
    cdef unsigned long long reached(self, int i) noexcept
    cdef bint trio(self, int i, int j, int k) noexcept
