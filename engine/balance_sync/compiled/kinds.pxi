# What each event is, in one pass over how events begin; `balance_sync.logs.kinds` does the same in numpy.
#
# What is looked for, and where, is told by that module: nothing about the logs is said here.

ctypedef const uint8_t* Octets

cdef class Prefixes:
    """Texts that something may begin with, and the number of each; the first that fits counts."""

    cdef tuple kept
    cdef Octets[MOST] text
    cdef Py_ssize_t[MOST] length
    cdef int[MOST] number
    cdef Py_ssize_t count, longest

    def __init__(self, table):
        self.kept, self.count = tuple(text for text, _ in table), len(table)
        if self.count > MOST:
            raise ValueError(f"at most {MOST} prefixes")
        self.longest = max(map(len, self.kept))
        for place, (text, number) in enumerate(table):
            self.text[place] = <bytes>self.kept[place]
            self.length[place], self.number[place] = len(text), number

    cdef int of(self, Octets at, int otherwise) noexcept nogil:
        cdef Py_ssize_t place
        for place in range(self.count):
            if at[0] == self.text[place][0] and memcmp(at, self.text[place], self.length[place]) == 0:
                return self.number[place]
        return otherwise

    cdef int within(self, Octets begin, Octets end, int otherwise) noexcept nogil:
        """Return the number of the first text of the table that stands somewhere in ``[begin, end)``."""
        cdef Py_ssize_t place
        for place in range(self.count):
            if stands_within(begin, end, self.text[place], self.length[place]):
                return self.number[place]
        return otherwise


cdef class Notices:
    """Where things stand in a line, and what is said there.

    Parameters
    ----------
    places
        Of an application line where the tab behind its time, its request id and its level are; of others
        where their text begins, and where in it that a request timed out.
    lengths
        Of a request id, and of as much of a message as is looked through.
    levels, platform, messages, timeouts, said, failures
        Pairs of texts and numbers: of levels those of `LEVELS`, else those of kinds; `said` may stand
        anywhere among a message's words, and `failures` anywhere in a report.
    ends_words
        What ends a message's words.
    errors
        Numbers of the levels of errors.
    codes
        Those of kinds that are not said in any text, and last that of the outcome of a report of a failure.
    request_offsets, outcomes
        By kind where a request id stands, and what a line of the kind shows.
    """

    cdef Prefixes levels, platform, messages, timeouts, said, failures
    cdef int64_t inner, id_at, level_at, platform_at, timeout_at, id_octets, notice_octets, reach
    cdef int other, preamble, report, application, application_error, failed
    cdef uint8_t[256] ends_words, errors
    cdef int64_t[256] request_offset
    cdef int8_t[256] outcome

    def __init__(
        self, *, places, lengths, levels, platform, messages, timeouts, said, failures, ends_words, errors,
        codes, request_offsets, outcomes,
    ):
        self.inner, self.id_at, self.level_at, self.platform_at, self.timeout_at = places
        self.id_octets, self.notice_octets = lengths
        self.levels, self.platform, self.messages = Prefixes(levels), Prefixes(platform), Prefixes(messages)
        self.timeouts, self.said, self.failures = Prefixes(timeouts), Prefixes(said), Prefixes(failures)
        for number in range(256):
            self.ends_words[number], self.errors[number] = number in ends_words, number in errors
        self.other, self.preamble, self.report, self.application, self.application_error, self.failed = codes
        for code, (offset, outcome) in enumerate(zip(request_offsets, outcomes, strict=True)):
            self.request_offset[code], self.outcome[code] = offset, outcome
        # As far behind the start of an event as anything is looked at.
        self.reach = max(
            max(self.level_at, self.id_at + self.notice_octets) + self.levels.longest + self.messages.longest,
            self.platform_at + self.platform.longest,
            self.timeout_at + self.timeouts.longest,
            max(request_offsets) + self.id_octets,
        )

    cdef int64_t message_at(self, Octets at, int64_t line_octets, int8_t* level) noexcept nogil:
        """Return how far behind its start an application line's message begins, and note its level; else -1."""
        cdef Octets tag = at + self.level_at
        cdef int64_t looked_at
        cdef int place
        level[0] = -1
        if at[self.inner] != c"\t" or line_octets <= self.inner:
            return -1
        if (tag - 1)[0] != c"\t":
            # The request id is no UUID, but `undefined` or the like.
            looked_at = min(line_octets - self.id_at, self.notice_octets)
            tag = <Octets>memchr(at + self.id_at, c"\t", looked_at) if looked_at > 0 else NULL
            if tag == NULL:
                return -1
            tag += 1
        elif line_octets <= self.level_at:
            return -1
        place = self.levels.of(tag, -1)
        if place < 0:
            return -1
        level[0] = <int8_t>place
        return tag - at + self.levels.length[place]

    cdef int of_message(self, Octets at, Octets end, int8_t level) noexcept nogil:
        cdef int kind = self.messages.of(at, -1)
        cdef Octets words_end = at
        if kind >= 0:
            return kind
        if end - at > self.notice_octets:
            end = at + self.notice_octets
        while words_end < end and not self.ends_words[words_end[0]]:
            words_end += 1
        return self.said.within(
            at, words_end, self.application_error if self.errors[<uint8_t>level] else self.application
        )

    cdef int of_platform(self, Octets at, Octets end) noexcept nogil:
        cdef int kind = self.platform.of(at + self.platform_at, self.other)
        if kind == self.other and end - at > self.timeout_at + self.timeouts.length[0]:
            return self.timeouts.of(at + self.timeout_at, self.other)
        return kind


def classify(
    Notices notices,
    const uint8_t[::1] text,
    const int64_t[::1] starts,
    const int64_t[::1] ends,
    const int64_t[::1] line_ends,
    const uint8_t[::1] is_time,
):
    """Return ``kind, level, message_at, request_at, outcome``, as `ClassifiedEvents` has them.

    Parameters
    ----------
    line_ends
        Where the first line of each event ends.
    """
    cdef Py_ssize_t row, count = starts.shape[0]
    cdef int64_t last = text.shape[0] - notices.reach, offset
    kind, level, outcome = np.empty(count, np.uint8), np.empty(count, np.int8), np.empty(count, np.int8)
    message_at, request_at = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    cdef uint8_t[::1] kind_ = kind
    cdef int8_t[::1] level_ = level, outcome_ = outcome
    cdef int64_t[::1] message_at_ = message_at, request_at_ = request_at
    cdef Octets at, end
    for row in range(count):
        if not 0 <= starts[row] <= line_ends[row] < ends[row] <= text.shape[0] or starts[row] > last:
            raise IndexError("an event outside the text")
        at, end = &text[0] + starts[row], &text[0] + ends[row]
        offset = notices.message_at(at, line_ends[row] - starts[row], &level_[row])
        if offset >= 0:
            message_at_[row] = starts[row] + offset
            kind_[row] = notices.of_message(at + offset, end, level_[row])
        else:
            kind_[row] = notices.of_platform(at, end)
        if not is_time[row]:
            kind_[row] = notices.preamble
        offset = notices.id_at if offset >= 0 else notices.request_offset[kind_[row]]
        if (
            offset > 0
            and starts[row] + offset + notices.id_octets <= line_ends[row]
            and at[offset + 8] == c"-"
            and at[offset + 23] == c"-"
        ):
            request_at_[row] = starts[row] + offset
        outcome_[row] = notices.outcome[kind_[row]]
        if kind_[row] == notices.report and notices.failures.within(at, end, -1) >= 0:
            outcome_[row] = notices.failed
    return kind, level, message_at, request_at, outcome
