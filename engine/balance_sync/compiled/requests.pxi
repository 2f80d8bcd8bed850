# The requests that events name, in one pass over them; `balance_sync.logs.requests` does the same in numpy.

from cpython.bytes cimport PyBytes_FromStringAndSize


def number_parts(const uint8_t[::1] text, const int64_t[::1] request_at, const int64_t[::1] piece, int id_octets):
    """Number the parts of requests in the order in which they first appear.

    Parameters
    ----------
    request_at
        Where the request id of each event stands; -1 for none.
    piece
        In which piece each event is: those of a piece follow each other.

    Returns
    -------
    part, first
        int64: the number of each event's part, -1 where it names none, and the event that first names each part.
    """
    cdef Py_ssize_t row, last = -1, found = 0, count = request_at.shape[0]
    cdef int64_t place
    cdef dict known = {}
    part, first = np.full(count, -1, np.int64), np.empty(count, np.int64)
    cdef int64_t[::1] part_ = part, first_ = first
    for row in range(count):
        place = request_at[row]
        if place < 0:
            continue
        if place > text.shape[0] - id_octets:
            raise IndexError("a request id outside the text")
        if last >= 0 and piece[row] == piece[last]:
            # Neighbours mostly share their request.
            if memcmp(&text[place], &text[request_at[last]], id_octets) == 0:
                part_[row], last = part_[last], row
                continue
        else:
            known.clear()
        last = row
        if not is_ascii(&text[place], id_octets):
            continue
        part_[row] = known.setdefault(PyBytes_FromStringAndSize(<const char*>&text[place], id_octets), found)
        if part_[row] == found:
            first_[found] = row
            found += 1
    return part, first[:found]


cdef inline bint is_ascii(const uint8_t* text, int length) noexcept nogil:
    cdef int place
    cdef uint8_t seen = 0
    for place in range(length):
        seen |= text[place]
    return seen < 0x80
