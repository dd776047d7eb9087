# What first_fit.py and reseat.py may call of rings.py without going through Python.
from chalicelib.lunch.matching.people cimport People

cdef class Rings:
    cdef People people
    cdef int[::1] following
    cdef int[::1] at
    cdef int[::1] seats
    cdef int list_hours(self, int[::1] persons) except? -1
    cdef long long stale(self, int u) noexcept
    cdef bint heads(self, int u) noexcept
    cdef int length(self, int u) noexcept
    cdef void join(self, int u, int v) noexcept
    cdef void part(self, int u) noexcept
