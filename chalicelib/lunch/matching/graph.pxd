from chalicelib.lunch.matching.probes cimport Probes

# What the other compiled modules of the checker may call of graph.py without going through Python.
cdef class Graph:
    cdef int n
    cdef unsigned long long[::1] free
    cdef unsigned long long[::1] eats
    cdef int[::1] apart_at
    cdef int[::1] apart
    cdef int[::1] marked
    cdef int token
    cdef bint filtered
    cdef Probes probes
    cdef int size
    cdef int words
    cdef int[::1] row
    cdef int[::1] spot
    cdef int[::1] bucket
    cdef unsigned long long[:, ::1] at_hour
    cdef unsigned long long[:, ::1] of_food
    cdef int[::1] first_word
    cdef int[::1] last_word
    cdef unsigned long long[::1] open
    cdef int still_open
    cdef int[::1] member
    cdef int[::1] begin
    cdef int enter(self, int first, int last, unsigned char[::1] separator) noexcept
    cdef void _order(self, int first, int last, unsigned char[::1] separator) noexcept
    cdef int components(self) except? -1
    cdef int _look_around(self, int i, int tail) except? -1
    cdef int _let_join(self, int tail) except? -1
    cdef bint _fits_somebody(self, int i) except? -1
    cdef unsigned long long near(self, int i, int word, unsigned long long within) noexcept
    cdef void note(self, int u) noexcept
    cdef bint kept_apart(self, int u, int v) except? -1
    cdef int lowest_word(self, int i) noexcept
    cdef int highest_word(self, int i) noexcept
