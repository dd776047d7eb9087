# What the other compiled modules may read of tables.py without going through Python.
from chalicelib.lunch.matching.people cimport People

cdef class Tables:
    cdef public int dishes
    cdef public int tables
    cdef public int[::1] row
    cdef public int[::1] at
    cdef public int[::1] seats
    cdef public int[::1] own_at
    cdef public int[::1] own
    cdef public int[::1] reach_at
    cdef public int[::1] reach
    cdef object _seat(self, People people, int[::1] persons)
