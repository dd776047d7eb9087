# What the rounds of small blocks may call of exchange.py without going through Python.
from chalicelib.lunch.matching.forest cimport Forest
from chalicelib.lunch.matching.near cimport Near
from chalicelib.lunch.matching.people cimport People
from chalicelib.lunch.matching.servers cimport Servers

cdef class Exchange:
    cdef People people
    cdef public Forest forest
    cdef Servers servers
    cdef int[::1] reached
    cdef int choose_near(self, Near near, unsigned long long everybody) except? -1
    cdef int _choose_one_by_one(self, int[::1] certain, int[::1] open) except? -1
    cdef int _serve(self, int[::1] upper) except? -1
    cdef int _carry_out(self) except? -1
