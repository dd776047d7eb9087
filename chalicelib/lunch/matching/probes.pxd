# What the other compiled modules may call of probes.py without going through Python.
cdef class Probes:
    cdef object filter
    cdef bint inlined
    cdef int layers
    cdef list ids
    cdef unsigned long long[::1] key
    cdef unsigned long long[:, ::1] word
    cdef unsigned char[::1] bits
    cdef unsigned long long[::1] state
    cdef bint blocked(self, int u, int v) except? -1
    cdef bint _holds(self, int layer, unsigned long long where, unsigned long long seed) noexcept
    cdef unsigned long long _hashed(self, int key, int low, int high) noexcept
    cdef void _absorb(self, unsigned long long word) noexcept
    cdef void _rounds(self, int many) noexcept
