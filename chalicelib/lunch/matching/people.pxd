from chalicelib.lunch.matching.probes cimport Probes

# What the other compiled modules may call of people.py without going through Python.
cdef class People:
    cdef public int n
    cdef public unsigned long long[::1] free
    cdef public unsigned long long[::1] eats
    cdef public int[::1] waited
    cdef public int[::1] luck
    cdef public int[::1] one
    cdef public int[::1] two
    cdef public int[::1] apart_at
    cdef public int[::1] apart
    cdef public int[::1] met_at
    cdef public int[::1] met
    cdef public int[::1] weeks
    cdef public int[::1] kind
    cdef public list menus
    cdef bint trios
    cdef bint filtered
    cdef Probes probes
    cdef bint allowed(self, int u, int v) except? -1
    cdef bint blocked(self, int u, int v) except? -1
    cdef bint fits(self, int u, int v) except? -1
    cdef bint fit(self, int u, int v, int w) except? -1
    cdef int staleness(self, int u, int v) noexcept
    cdef int _listed(self, int[::1] at, int[::1] others, int u, int v) noexcept
    cdef void pair(self, int u, int v) noexcept
    cdef void trio(self, int u, int v, int w) noexcept
