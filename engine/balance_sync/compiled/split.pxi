# Events in one pass over lines; `balance_sync.logs.split` does the same in numpy.

cdef enum:
    STAMP_OCTETS = 25
    DATE_OCTETS = 10
    FIRST_YEAR = 1970  # as in balance_sync.limits
    LAST_YEAR = 2099
    DAYS_BEFORE_1970 = 719468  # since 1 March of the year 0


cdef struct Day:
    uint8_t[DATE_OCTETS] text
    int64_t since_1970
    bint exists


cdef struct Piece:
    Py_ssize_t number
    int64_t end  # where in the text
    int64_t line  # the number of its first line, less the place of that among all lines


def split_events(
    const uint8_t[::1] text, Py_ssize_t size, const int64_t[::1] piece_ends, const int64_t[::1] first_lines,
    uint8_t behind,
):
    """Cut the first `size` octets of `text`, pieces that end with line feeds, into events.

    Parameters
    ----------
    piece_ends, first_lines
        Where each piece ends, and the number of its first line.
    behind
        What stands behind a stamp.

    Returns
    -------
    tuple
        All arrays of `Events` but `octets`, in their order.
    """
    if not 0 <= size <= text.shape[0] - STAMP_OCTETS:
        raise IndexError("the text is shorter than that")
    cdef const uint8_t* data = &text[0]
    cdef Py_ssize_t row, found = 0, count = count_octets(data, size, c"\n")
    cdef int64_t begin = 0, end
    cdef bint stands, is_first
    cdef Day day
    cdef Piece own
    # There are no more events than lines, and memory that nobody touches costs nothing.
    cdef SplitEvents events = SplitEvents(count)
    cdef int64_t[::1] line_end = events.line_ends
    day.text[0] = 0
    own.number, own.end, own.line = -1, 0, 0
    for row in range(count):
        end = <const uint8_t*>memchr(data + begin, c"\n", size - begin) - data
        line_end[row] = end
        is_first = begin == own.end
        while own.end <= begin:
            own.number += 1
            if own.end < begin or own.number == piece_ends.shape[0]:
                raise IndexError("a piece that does not end with a line feed")
            own.end, own.line = piece_ends[own.number], first_lines[own.number] - row
        stands = is_stamp(data + begin, behind)
        if stands or is_first:
            if stands and memcmp(day.text, data + begin, DATE_OCTETS) != 0:
                # Neighbours mostly share their day.
                read_day(data + begin, &day)
            if found:
                events.end_last(found, begin, data)
            events.note(found, begin, row, &own, &day, stands, data)
            found += 1
        begin = end + 1
    if begin != size or piece_ends.shape[0] and piece_ends[piece_ends.shape[0] - 1] != size:
        raise IndexError("a text that does not end with a line feed")
    if found:
        events.end_last(found, size, data)
    return events.arrays(found)


cdef class SplitEvents:
    """Arrays with room for as many events as there may be."""

    cdef object kept
    cdef readonly object line_ends
    cdef int64_t *start
    cdef int64_t *end
    cdef int64_t *text_end
    cdef int64_t *piece
    cdef int64_t *line
    cdef int64_t *at
    cdef int64_t *first_line
    cdef uint8_t *is_stamped
    cdef uint8_t *is_time

    def __init__(self, Py_ssize_t most):
        self.line_ends = np.empty(most, np.int64)
        numbers = [np.empty(most + 1, np.int64) for _ in range(7)]
        bools = [np.empty(most + 1, np.bool_) for _ in range(2)]
        self.kept = [*numbers[:6], *bools, numbers[6]]
        self.start, self.end, self.text_end = int64s(numbers[0]), int64s(numbers[1]), int64s(numbers[2])
        self.piece, self.line, self.at = int64s(numbers[3]), int64s(numbers[4]), int64s(numbers[5])
        self.first_line = int64s(numbers[6])
        self.is_stamped, self.is_time = octets_of(bools[0]), octets_of(bools[1])

    cdef inline void note(
        self, Py_ssize_t row, int64_t begin, int64_t line, Piece* piece, Day* day, bint stands, const uint8_t* text
    ) noexcept nogil:
        cdef const uint8_t* stamp = text + begin
        self.start[row], self.piece[row], self.line[row] = begin, piece.number, piece.line + line
        self.first_line[row], self.is_stamped[row] = line, stands
        self.is_time[row] = stands and day.exists and is_clock(stamp)
        self.at[row] = (
            (day.since_1970 * 86_400 + seconds(stamp)) * 1_000_000 + milliseconds(stamp) * 1000 if stands else 0
        )

    cdef inline void end_last(self, Py_ssize_t found, int64_t end, const uint8_t* text) noexcept nogil:
        """Note where the last of the events `found` so far ends, with its final line feeds and without."""
        cdef int64_t begin = self.start[found - 1]
        self.end[found - 1] = end
        while end > begin and text[end - 1] == c"\n":
            end -= 1
        self.text_end[found - 1] = end

    cdef tuple arrays(self, Py_ssize_t found):
        return (*(each[:found] for each in self.kept), self.line_ends)


cdef int64_t* int64s(int64_t[::1] array) except NULL:
    return &array[0]


cdef uint8_t* octets_of(array) except NULL:
    cdef uint8_t[::1] octets = array.view(np.uint8)
    return &octets[0]


cdef Py_ssize_t count_octets(const uint8_t* text, Py_ssize_t size, uint8_t octet) noexcept nogil:
    """Return how often `octet` stands in a text, counted in single octets while they suffice."""
    cdef Py_ssize_t at = 0, last, count = 0
    cdef uint8_t some
    while at < size:
        some = 0
        for last in range(at, min(at + 255, size)):
            some += text[last] == octet
        count += some
        at += 255
    return count


cdef inline bint is_stamp(const uint8_t* at, uint8_t behind) noexcept nogil:
    # The sign that tells most other lines apart comes first.
    return (
        at[10] == c"T" and at[4] == c"-" and at[7] == c"-" and at[13] == c":" and at[16] == c":"
        and at[19] == c"." and at[23] == c"Z" and at[24] == behind
        and are_digits(at, 4) and are_digits(at + 5, 2) and are_digits(at + 8, 2)
        and are_digits(at + 11, 2) and are_digits(at + 14, 2) and are_digits(at + 17, 2)
        and are_digits(at + 20, 3)
    )


cdef inline bint are_digits(const uint8_t* at, int count) noexcept nogil:
    cdef int place
    cdef bint good = True
    for place in range(count):
        good &= <uint8_t>(at[place] - c"0") < 10
    return good


cdef inline int64_t pair(const uint8_t* at) noexcept nogil:
    return (at[0] - c"0") * 10 + (at[1] - c"0")


cdef inline bint is_clock(const uint8_t* at) noexcept nogil:
    return pair(at + 11) < 24 and pair(at + 14) < 60 and pair(at + 17) < 60


cdef inline int64_t seconds(const uint8_t* at) noexcept nogil:
    return pair(at + 11) * 3600 + pair(at + 14) * 60 + pair(at + 17)


cdef inline int64_t milliseconds(const uint8_t* at) noexcept nogil:
    return (at[20] - c"0") * 100 + pair(at + 21)


cdef void read_day(const uint8_t* at, Day* day) noexcept nogil:
    """Note how many days after 1 January 1970 a date is, and whether there is such a day."""
    cdef int64_t year = pair(at) * 100 + pair(at + 2), month = pair(at + 5), number = pair(at + 8)
    memcpy(day.text, at, DATE_OCTETS)
    day.exists = FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= number <= days_of(month, year)
    # Years that begin in March have their odd day at their end.
    cdef int64_t shifted = year - (month <= 2), months = month - 3 if month > 2 else month + 9
    day.since_1970 = (
        shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400
        + (153 * months + 2) // 5 + number - 1 - DAYS_BEFORE_1970
    )


cdef inline int64_t days_of(int64_t month, int64_t year) noexcept nogil:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31
