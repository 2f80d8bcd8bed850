# The values of records of one layout in one pass over their lines.
#
# `balance_sync.logs.record_layouts` says what the layouts are; `balance_sync.logs.record_values` reads the same
# values in numpy and Polars.

cdef extern from *:
    ctypedef unsigned long long uint128 "unsigned __int128"

cdef enum:
    UUID_OCTETS = 36
    WHOLE_DIGITS = 15
    FRACTION_DIGITS = 18
    STRING
    ID
    MONEY
    FLAG
    METADATA

VALUE_KINDS = {"string": STRING, "id": ID, "money": MONEY, "flag": FLAG, "metadata": METADATA}

cdef struct Text:
    const uint8_t* begin
    const uint8_t* end


cdef class Texts:
    """Some texts, one after the other."""

    cdef tuple kept
    cdef Text[MOST] text
    cdef Py_ssize_t count

    def __init__(self, texts):
        self.kept, self.count = tuple(texts), len(texts)
        if self.count > MOST:
            raise ValueError(f"at most {MOST} texts")
        for place in range(self.count):
            self.text[place].begin = <bytes>self.kept[place]
            self.text[place].end = self.text[place].begin + len(self.kept[place])


cdef class RecordLayout:
    """The lines of a record, as `balance_sync.logs.record_layouts.Layout` has them.

    Parameters
    ----------
    heads, kinds
        What stands before the value of each field, and the kind of the value.
    shapes
        Of nearly all metadata: what stands before, between and behind its UUIDs.
    """

    cdef Texts opening, heads, closings
    cdef list shapes
    cdef int[MOST] kind
    cdef Py_ssize_t[MOST] among_its_kind
    cdef Py_ssize_t notice_octets, first_line_octets, opening_lines, lines, fields, money, flags, texts

    def __init__(self, *, notice, opening, heads, kinds, closings, shapes):
        self.opening, self.heads, self.closings = Texts([opening]), Texts(heads), Texts(closings)
        self.shapes = [Texts(shape) for shape in shapes]
        strings = [place for place, kind in enumerate(kinds) if kind in ("string", "id")]
        for place, kind in enumerate(kinds):
            same = strings if place in strings else [other for other, one in enumerate(kinds) if one == kind]
            self.kind[place] = VALUE_KINDS[kind]
            self.among_its_kind[place] = same.index(place) + (len(strings) if kind == "metadata" else 0)
        self.notice_octets, self.first_line_octets = len(notice), opening.index(b"\n")
        self.opening_lines, self.fields = opening.count(b"\n"), len(kinds)
        self.lines = self.opening_lines + self.fields + self.closings.count
        self.money, self.flags = kinds.count("money"), kinds.count("flag")
        self.texts = len(strings) + kinds.count("metadata")

    cdef bint is_common(self, Text said) noexcept:
        cdef Texts shape
        for shape in self.shapes:
            if has_shape(said, shape):
                return True
        return False


cdef class RecordValues:
    """What is on the lines of records; bool, if nothing else is said, and with an element for each record.

    Attributes
    ----------
    fitting
        For each event that was chosen whether it has the lines of the layout; all else is of those alone.
    views
        uint64, (fields that are texts, records, 2): strings, then metadata, as Arrow's view arrays name them.
    money
        uint64, (fields of money, records, 2): multiples of 10 ** -18 in two words, the lower one first.
    flags
        (fields that are flags, records).
    are_certain
        Whether all lines are what the layout says; it says nothing of metadata.
    are_quoted, have_common_metadata
        Whether metadata stands in quotes, and has one of the shapes.
    """

    cdef readonly object fitting, views, money, flags, are_certain, are_quoted, have_common_metadata
    cdef uint64_t[:, :, ::1] views_, money_
    cdef uint8_t[:, ::1] flags_
    cdef uint8_t[::1] are_quoted_, have_common_metadata_

    def __init__(self, fitting, RecordLayout layout, Py_ssize_t records):
        self.fitting = fitting
        self.views_ = np.zeros((layout.texts, records, 2), np.uint64)
        self.money_ = np.zeros((layout.money, records, 2), np.uint64)
        self.flags_ = np.zeros((layout.flags, records), np.uint8)
        self.are_quoted_, self.have_common_metadata_ = np.zeros(records, np.uint8), np.zeros(records, np.uint8)
        self.views, self.money = np.asarray(self.views_), np.asarray(self.money_)
        self.flags = np.asarray(self.flags_).view(np.bool_)
        self.are_quoted = np.asarray(self.are_quoted_).view(np.bool_)
        self.have_common_metadata = np.asarray(self.have_common_metadata_).view(np.bool_)
        self.are_certain = np.zeros(records, np.bool_)


def read_values(
    RecordLayout layout,
    const uint8_t[::1] text,
    const int64_t[::1] line_ends,
    const int64_t[::1] first_line,
    const int64_t[::1] ends,
    const int64_t[::1] message_at,
    const int64_t[::1] chosen,
):
    """Read the values of the `chosen` events; the other arrays are those of `Events`."""
    cdef Py_ssize_t row
    fitting = fitting_events(layout, text, line_ends, first_line, ends, message_at, chosen)
    rows = np.asarray(chosen)[fitting]
    cdef const int64_t[::1] rows_ = rows
    cdef RecordValues values = RecordValues(fitting, layout, len(rows))
    cdef uint8_t[::1] are_certain = values.are_certain.view(np.uint8)
    for row in range(rows_.shape[0]):
        are_certain[row] = read_record(
            layout, values, row, text, line_ends, first_line[rows_[row]] + layout.opening_lines
        )
    return values


cdef fitting_events(
    RecordLayout layout,
    const uint8_t[::1] text,
    const int64_t[::1] line_ends,
    const int64_t[::1] first_line,
    const int64_t[::1] ends,
    const int64_t[::1] message_at,
    const int64_t[::1] chosen,
):
    """Return which events have the opening of `layout`, and as many lines with nothing behind them."""
    cdef Py_ssize_t row, event, first, lines, count = chosen.shape[0]
    cdef int64_t dump_at
    cdef Text after
    fitting = np.zeros(count, np.bool_)
    cdef uint8_t[::1] fitting_ = fitting.view(np.uint8)
    after.end = &text[0] + text.shape[0]
    for row in range(count):
        event = chosen[row]
        first = first_line[event]
        lines = (first_line[event + 1] if event + 1 < first_line.shape[0] else line_ends.shape[0]) - first
        dump_at = message_at[event] + layout.notice_octets
        if not 0 <= dump_at <= text.shape[0]:
            raise IndexError("a record outside the text")
        after.begin = &text[0] + dump_at
        fitting_[row] = (
            lines >= layout.lines
            and line_ends[first] == dump_at + layout.first_line_octets
            and ends[event] - line_ends[first + layout.lines - 1] - 1 == lines - layout.lines
            and begins(after, layout.opening.text[0])
        )
    return fitting


cdef bint read_record(
    RecordLayout layout,
    RecordValues values,
    Py_ssize_t row,
    const uint8_t[::1] text,
    const int64_t[::1] line_ends,
    Py_ssize_t line,
) except -1:
    """Note the values of a record whose fields begin on a `line`; return whether it is certain."""
    cdef Py_ssize_t place, own
    cdef int64_t begin = line_ends[line - 1] + 1
    cdef Text said
    cdef bint good = True
    for place in range(layout.fields + layout.closings.count):
        if not 0 <= begin <= line_ends[line] < text.shape[0]:
            raise IndexError("a line outside the text")
        said.begin, said.end = &text[0] + begin, &text[0] + line_ends[line]
        begin = line_ends[line] + 1
        line += 1
        if place >= layout.fields:
            good = good and is_equal(said, layout.closings.text[place - layout.fields])
            continue
        # A comma stands behind each field but the last.
        if place < layout.fields - 1 and not taken_off(&said, c","):
            return False
        if not begins(said, layout.heads.text[place]):
            return False
        said.begin += length(layout.heads.text[place])
        own = layout.among_its_kind[place]
        if layout.kind[place] == MONEY:
            good = read_money(said, &values.money_[own, row, 0]) and good
        elif layout.kind[place] == FLAG:
            good = read_flag(said, &values.flags_[own, row]) and good
        else:
            good = read_text(layout, values, row, place, said, &text[0]) and good
    return good


cdef bint read_text(
    RecordLayout layout, RecordValues values, Py_ssize_t row, Py_ssize_t place, Text said, const uint8_t* text
) except -1:
    """Note a string without its quotes; return whether nothing in it needs a closer look."""
    cdef bint is_quoted = length(said) >= 2 and said.begin[0] == c"'" and (said.end - 1)[0] == c"'"
    said.begin += is_quoted
    said.end -= is_quoted
    note_view(text, said.begin - text, said.end - text, &values.views_[layout.among_its_kind[place], row, 0])
    if layout.kind[place] == METADATA:
        values.are_quoted_[row] = is_quoted
        values.have_common_metadata_[row] = layout.is_common(said)
        return True
    return is_quoted and is_plain(said) and (layout.kind[place] == STRING or length(said) > 0)


cdef bint read_flag(Text said, uint8_t* flag) noexcept nogil:
    flag[0] = length(said) == 4 and memcmp(said.begin, b"true", 4) == 0
    return flag[0] or (length(said) == 5 and memcmp(said.begin, b"false", 5) == 0)


cdef bint read_money(Text said, uint64_t* words) noexcept nogil:
    """Read a number without an exponent; return whether it is one, with no more digits than money has."""
    cdef uint64_t whole = 0, fraction = 0
    cdef bint is_negative = length(said) > 0 and said.begin[0] == c"-"
    cdef uint128 multiple
    cdef int digits
    said.begin += is_negative
    if read_digits(&said, WHOLE_DIGITS, &whole) == 0:
        return False
    if length(said) > 0:
        if said.begin[0] != c".":
            return False
        said.begin += 1
        digits = read_digits(&said, FRACTION_DIGITS, &fraction)
        if digits == 0 or length(said) > 0:
            return False
        for digits in range(digits, FRACTION_DIGITS):
            fraction *= 10
    # In two steps, as a larger literal would be an object.
    multiple = <uint128>whole * 1_000_000_000 * 1_000_000_000 + fraction
    if is_negative:
        multiple = ~multiple + 1
    words[0], words[1] = <uint64_t>multiple, <uint64_t>(multiple >> 64)
    return True


cdef inline int read_digits(Text* said, int most, uint64_t* number) noexcept nogil:
    """Take digits off the beginning, return how many."""
    cdef int count = 0
    while count < most and said.begin < said.end and <uint8_t>(said.begin[0] - c"0") < 10:
        number[0] = number[0] * 10 + (said.begin[0] - c"0")
        said.begin += 1
        count += 1
    return count


cdef bint has_shape(Text said, Texts shape) noexcept nogil:
    """Return whether the texts of `shape` follow each other with a UUID between each two of them."""
    cdef Py_ssize_t place
    for place in range(shape.count):
        if place and not takes_uuid(&said):
            return False
        if not begins(said, shape.text[place]):
            return False
        said.begin += length(shape.text[place])
    return length(said) == 0


cdef inline bint takes_uuid(Text* said) noexcept nogil:
    """Take what is of digits, letters from a to f and hyphens, and as long as a UUID, off the beginning."""
    cdef Py_ssize_t place
    cdef uint8_t octet
    cdef bint good = True
    if length(said[0]) < UUID_OCTETS:
        return False
    for place in range(UUID_OCTETS):
        octet = said.begin[place]
        good &= <uint8_t>(octet - c"0") < 10 or <uint8_t>(octet - c"a") < 6 or octet == c"-"
    said.begin += UUID_OCTETS
    return good


cdef inline bint is_plain(Text said) noexcept nogil:
    """Return whether neither a quote nor a backslash stands in a string."""
    cdef bint odd = False
    while said.begin < said.end:
        odd |= said.begin[0] == c"'" or said.begin[0] == c"\\"
        said.begin += 1
    return not odd


cdef inline bint taken_off(Text* said, uint8_t octet) noexcept nogil:
    """Take `octet` off the end; return whether it stood there."""
    if length(said[0]) == 0 or (said.end - 1)[0] != octet:
        return False
    said.end -= 1
    return True


cdef inline Py_ssize_t length(Text text) noexcept nogil:
    return text.end - text.begin


cdef inline bint begins(Text text, Text head) noexcept nogil:
    return length(text) >= length(head) and memcmp(text.begin, head.begin, length(head)) == 0


cdef inline bint is_equal(Text text, Text other) noexcept nogil:
    return length(text) == length(other) and begins(text, other)
