# Octets of a text in one pass over it; `balance_sync.logs.octets` does the same in numpy.
#
# No place is looked at before it was compared with the end of the text, `PADDING` included.

cdef enum:
    MOST = 64  # texts of one kind that are looked for
    LENGTH_OCTETS = 4
    HEAD_OCTETS = 4
    INLINE_OCTETS = 12


def begins_plainly(bytes text, bytes unwanted, Py_ssize_t within):
    """Return whether the first line of `text` has a stamp, and `unwanted` is not in the first `within` octets.

    The line ends with a line feed that no carriage return stands before.
    """
    cdef const uint8_t* begin = <const uint8_t*>text
    cdef Py_ssize_t size = len(text)
    if size <= STAMP_OCTETS or not is_stamp(begin, c" "):
        return False
    cdef const uint8_t* end = <const uint8_t*>memchr(begin + STAMP_OCTETS, c"\n", size - STAMP_OCTETS)
    if end == NULL or (end - 1)[0] == c"\r":
        return False
    return not stands_within(begin, begin + min(size, max(within, 0)), unwanted, len(unwanted))


cdef bint stands_within(const uint8_t* at, const uint8_t* end, const uint8_t* text, Py_ssize_t length) noexcept nogil:
    while end - at >= length:
        at = <const uint8_t*>memchr(at, text[0], end - at - length + 1)
        if at == NULL:
            return False
        if memcmp(at, text, length) == 0:
            return True
        at += 1
    return False


def differ_within(const uint8_t[::1] text, const int64_t[::1] starts, Py_ssize_t offset, Py_ssize_t length):
    """Return where the `length` octets from each start on differ from those `offset` octets later; bool."""
    cdef Py_ssize_t row, count = starts.shape[0]
    cdef int64_t last = text.shape[0] - offset - length
    differ = np.empty(count, np.bool_)
    cdef uint8_t[::1] differ_ = differ.view(np.uint8)
    for row in range(count):
        if not 0 <= starts[row] <= last:
            raise IndexError("a place outside the text")
        differ_[row] = memcmp(&text[0] + starts[row], &text[0] + starts[row] + offset, length) != 0
    return differ


def views(const uint8_t[::1] text, const int64_t[::1] starts, const int64_t[::1] ends):
    """Return how Arrow's view arrays name texts; uint64, (texts, 2), as `text_views` makes them."""
    cdef Py_ssize_t row, count = starts.shape[0]
    found = np.empty((count, 2), np.uint64)
    cdef uint64_t[:, ::1] found_ = found
    for row in range(count):
        if not 0 <= starts[row] <= ends[row] < text.shape[0]:
            raise IndexError("what ends before it begins, or outside the text")
        note_view(&text[0], starts[row], ends[row], &found_[row, 0])
    return found


cdef inline void note_view(const uint8_t* text, int64_t start, int64_t end, uint64_t* view) noexcept nogil:
    cdef int64_t length = end - start
    view[0], view[1] = <uint64_t>length, <uint64_t>start << 32
    if length <= INLINE_OCTETS:
        view[1] = 0
    memcpy(<uint8_t*>view + LENGTH_OCTETS, text + start, length if length <= INLINE_OCTETS else HEAD_OCTETS)
