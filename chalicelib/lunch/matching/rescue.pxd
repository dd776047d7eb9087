# What the rounds of small blocks may call of rescue.py without going through Python.
from chalicelib.lunch.matching.forest cimport Forest
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.people cimport People
from chalicelib.lunch.matching.search cimport Search

cdef class Rescue:
    cdef People people
    cdef Forest forest
    cdef Search search
    cdef object question
    cdef void enter_near(self, Near near, unsigned long long open) noexcept
    cdef bint rescue(self, int root) except? -1
