# Time stamps in one pass over lines; `balance_sync.logs.split` does the same in numpy.

cdef enum:
    STAMP_OCTETS = 25
    DATE_OCTETS = 10
    DAYS_BEFORE_1970 = 719468  # since 1 March of the year 0


cdef struct Day:
    uint8_t[DATE_OCTETS] text
    int64_t since_1970
    bint exists


def stamped_lines(const uint8_t[::1] text, const int64_t[::1] starts, uint8_t behind):
    """Return which lines begin with a stamp and `behind`, when that is, and whether it is a time at all.

    Returns
    -------
    rows, at, is_time
        int64; int64, microseconds since 1970 in UTC; bool.
    """
    cdef Py_ssize_t row, count = starts.shape[0], found = 0
    cdef int64_t last = text.shape[0] - STAMP_OCTETS
    rows, at, is_time = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.bool_)
    cdef int64_t[::1] rows_ = rows, at_ = at
    cdef uint8_t[::1] is_time_ = is_time.view(np.uint8)
    cdef const uint8_t* stamp
    cdef Day day
    day.text[0] = 0
    for row in range(count):
        if not 0 <= starts[row] <= last:
            raise IndexError("a line outside the text")
        stamp = &text[0] + starts[row]
        if not is_stamp(stamp, behind):
            continue
        # Neighbours mostly share their day.
        if memcmp(day.text, stamp, DATE_OCTETS) != 0:
            read_day(stamp, &day)
        rows_[found] = row
        at_[found] = (day.since_1970 * 86_400 + seconds(stamp)) * 1_000_000 + milliseconds(stamp) * 1000
        is_time_[found] = day.exists and is_clock(stamp)
        found += 1
    return rows[:found].copy(), at[:found].copy(), is_time[:found].copy()


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
    day.exists = year > 0 and 1 <= month <= 12 and 1 <= number <= days_of(month, year)
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
