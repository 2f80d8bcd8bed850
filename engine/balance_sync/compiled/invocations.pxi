# The figures of REPORT lines in one pass over them.
#
# `balance_sync.logs.invocations` says what they are, and reads the same in numpy and Polars.


cdef class Figures:
    """Numbers that stand one after the other, each behind its label and before its unit.

    Parameters
    ----------
    labels, units
        A unit begins with a space.
    decimals
        How many digits may stand behind the point of each.
    """

    cdef Texts labels, units
    cdef int[MOST] decimals
    cdef Py_ssize_t count

    def __init__(self, *, labels, units, decimals):
        self.labels, self.units, self.count = Texts(labels), Texts(units), len(labels)
        for place, number in enumerate(decimals):
            self.decimals[place] = number


def read_figures(Figures figures, const uint8_t[::1] text, const int64_t[::1] at):
    """Read the figures from each place on, up to the first that does not stand there.

    Returns
    -------
    numbers, are_read
        uint64, (figures, places, 2): multiples of 10 ** -decimals in two words, the lower one first; and bool,
        (figures, places). `None` where a number is anything but digits and a point: nothing is told then.
    """
    cdef Py_ssize_t row, place, count = at.shape[0]
    cdef int state
    cdef Text said
    numbers, are_read = np.zeros((figures.count, count, 2), np.uint64), np.zeros((figures.count, count), np.bool_)
    cdef uint64_t[:, :, ::1] numbers_ = numbers
    cdef uint8_t[:, ::1] are_read_ = are_read.view(np.uint8)
    said.end = &text[0] + text.shape[0]
    for row in range(count):
        if not 0 <= at[row] <= text.shape[0]:
            raise IndexError("a place outside the text")
        said.begin = &text[0] + at[row]
        for place in range(figures.count):
            state = takes_figure(&said, figures, place, &numbers_[place, row, 0])
            if state < 0:
                return None
            if state == 0:
                break
            are_read_[place, row] = True
    return numbers, are_read


cdef int takes_figure(Text* said, Figures figures, Py_ssize_t place, uint64_t* number) noexcept nogil:
    """Take a figure off the beginning; return 1, 0 where it does not stand there, and -1 where it is odd."""
    cdef int digits = 0
    if not begins(said[0], figures.labels.text[place]):
        return 0
    said.begin += length(figures.labels.text[place])
    if read_digits(said, WHOLE_DIGITS, number) == 0:
        return -1
    if figures.decimals[place] and length(said[0]) > 0 and said.begin[0] == c".":
        said.begin += 1
        digits = read_digits(said, figures.decimals[place], number)
        if digits == 0:
            return -1
    for digits in range(digits, figures.decimals[place]):
        number[0] *= 10
    if length(said[0]) == 0 or said.begin[0] != c" ":
        return -1
    if not begins(said[0], figures.units.text[place]):
        return 0
    said.begin += length(figures.units.text[place])
    return 1
