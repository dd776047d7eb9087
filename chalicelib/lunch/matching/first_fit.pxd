# What reseat.py may call of first_fit.py without going through Python.
from chalicelib.lunch.matching.people cimport People
from chalicelib.lunch.matching.rings cimport Rings

cdef class FirstFit:
    cdef People people
    cdef Rings rings
    cdef int minimum
    cdef int maximum
    cdef int[::1] passed
    cdef unsigned long long free
    cdef unsigned long long eats
    cdef int size
    cdef int seat(self, int[::1] persons) except? -1
    cdef int _take_over(self, int[::1] persons) except? -1
    cdef int _grow(self, int u, bint strangers, int most) except? -1
    cdef int _look_through(self, int hour, int u, bint strangers, int most) except? -1
    cdef bint _joins(self, int u, int v, bint strangers) except? -1
