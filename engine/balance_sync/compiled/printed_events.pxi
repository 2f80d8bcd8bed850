# Events of records as an export prints them; `balance_sync.sources.record_runs` does the same one by one.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_AsUTF8AndSize

cdef enum:
    TIME_OCTETS = 25  # 2024-01-15T21:00:00.000Z and a space
    END_OCTETS = 2
    MILLISECONDS_A_DAY = 86400000
    FIRST_DIGIT = 48


cdef const char* JSON_BEGINNING = b'{"time'


def print_events(list times, list messages):
    """Return the events with these times (ms since 1970, before the year 2100) and messages as an export has them.

    `None` where one needs a closer look: what is no Unicode, JSON, or a line that another event might begin with.
    """
    cdef Py_ssize_t row, length, size = 0, count = len(times)
    cdef const char* text
    cdef int64_t at
    if len(messages) != count:
        raise ValueError("not as many messages as times")
    for row in range(count):
        try:
            text = PyUnicode_AsUTF8AndSize(messages[row], &length)
        except UnicodeEncodeError:
            return None
        length = without_breaks(text, length)
        if length >= 6 and memcmp(text, JSON_BEGINNING, 6) == 0 or may_hold_another(text, length):
            return None
        size += TIME_OCTETS + length + END_OCTETS
    printed = PyBytes_FromStringAndSize(NULL, size)
    cdef char* to = PyBytes_AS_STRING(printed)
    for row in range(count):
        at = times[row]
        if not 0 <= at < 253402300800000:
            raise ValueError("a time that an export cannot have")
        text = PyUnicode_AsUTF8AndSize(messages[row], &length)
        length = without_breaks(text, length)
        print_time(to, at)
        memcpy(to + TIME_OCTETS, text, length)
        to += TIME_OCTETS + length
        to[0], to[1] = b"\n", b"\n"
        to += END_OCTETS
    return printed


cdef inline Py_ssize_t without_breaks(const char* text, Py_ssize_t length) noexcept nogil:
    while length > 0 and text[length - 1] == b"\n":
        length -= 1
    return length


cdef bint may_hold_another(const char* text, Py_ssize_t length) noexcept nogil:
    """Return whether a line behind the first one begins with a digit."""
    cdef const char* end = text + length
    cdef const char* at = text
    while at < end:
        at = <const char*>memchr(at, b"\n", end - at)
        if at == NULL:
            return False
        at += 1
        if at < end and FIRST_DIGIT <= at[0] < FIRST_DIGIT + 10:
            return True
    return False


cdef void print_time(char* to, int64_t at) noexcept nogil:
    cdef int64_t day = at // MILLISECONDS_A_DAY, rest = at % MILLISECONDS_A_DAY
    # Days of an era of 400 years that begins on the first of March, by the rule for leap years.
    cdef int64_t since = day + 719468
    cdef int64_t era = since // 146097, of_era = since % 146097
    cdef int64_t year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    cdef int64_t of_year = of_era - (365 * year + year // 4 - year // 100)
    cdef int64_t month = (5 * of_year + 2) // 153
    cdef int64_t of_month = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += 400 * era + (month <= 2)
    print_digits(to, year, 4)
    to[4] = b"-"
    print_digits(to + 5, month, 2)
    to[7] = b"-"
    print_digits(to + 8, of_month, 2)
    to[10] = b"T"
    print_digits(to + 11, rest // 3600000, 2)
    to[13] = b":"
    print_digits(to + 14, rest // 60000 % 60, 2)
    to[16] = b":"
    print_digits(to + 17, rest // 1000 % 60, 2)
    to[19] = b"."
    print_digits(to + 20, rest % 1000, 3)
    to[23], to[24] = b"Z", b" "


cdef inline void print_digits(char* to, int64_t number, int digits) noexcept nogil:
    cdef int place
    for place in range(digits - 1, -1, -1):
        to[place] = <char>(FIRST_DIGIT + number % 10)
        number //= 10
