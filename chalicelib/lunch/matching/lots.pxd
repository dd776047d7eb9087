# What the other compiled modules may call of lots.py without going through Python.
cdef class Lots:
    cdef unsigned long long state
    cdef int draw(self, int below) noexcept
