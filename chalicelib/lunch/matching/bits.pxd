# bits.py for compiled modules.
cdef extern from *:
    int __builtin_ctzll(unsigned long long) noexcept nogil
    int __builtin_popcountll(unsigned long long) noexcept nogil

cdef inline int lowest(unsigned long long mask) noexcept nogil:
    return __builtin_ctzll(mask)

cdef inline int count(unsigned long long mask) noexcept nogil:
    return __builtin_popcountll(mask)
