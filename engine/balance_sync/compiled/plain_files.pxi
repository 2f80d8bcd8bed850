# Files that are log text, or one gzip member of it; `balance_sync.sources.plain_files` does the same in Python.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport strlen

cdef extern from *:
    """
    #ifdef _WIN32
    static long read_whole(const char *path, char *place, long octets) { return -1; }
    #else
    #include <fcntl.h>
    #include <unistd.h>

    /* Whatever else may have taken a file's place is not of its size, or is seen by who reads it the other way. */
    static long read_whole(const char *path, char *place, long octets) {
        int file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
        if (file < 0)
            return -1;
        long got = (long)read(file, place, (size_t)octets);
        close(file);
        return got;
    }
    #endif
    """
    long read_whole(const char* path, char* place, long octets) noexcept nogil
    bytes PyUnicode_EncodeFSDefault(str path)


def read_plain(sources, Py_ssize_t enough, str elsewhere, inflate, sha256, reading, piece_type, bytes unwanted,
               Py_ssize_t within):
    """Return what `balance_sync.sources.plain_files.read_plainly` does.

    Parameters
    ----------
    elsewhere
        How addresses begin that are no paths.
    inflate
        Gives the text of a gzip member, `None` where it is not one alone and intact.
    sha256, reading, piece_type
        What their results are made with.
    unwanted, within
        As `begins_plainly` takes them.
    """
    cdef list found = []
    cdef Py_ssize_t size = 0
    cdef bytes packed, text
    for source in sources:
        piece = None
        packed = None if source[1].startswith(elsewhere) else whole_file(source[1], source[2])
        if packed is not None:
            text = inflate(packed) if is_gzip(packed) else packed
            if text is not None and begins_plainly(text, unwanted, within):
                said = reading(sha256(packed).hexdigest(), len(text))
                piece = tuple.__new__(piece_type, (source, text, 0, 1, True, said))
                size += len(text)
        found.append(piece)
        if size >= enough:
            break
    return found


cdef bint is_gzip(bytes packed):
    return len(packed) > 1 and packed[0] == 0x1F and packed[1] == 0x8B


cdef bytes whole_file(str path, long octets):
    """Return what is in the file, or `None` where that is not so many octets, is nothing, or cannot be read."""
    cdef bytes place = PyUnicode_EncodeFSDefault(path)
    cdef const char* path_ = place
    # All empty bytes of Python are the same ones, which nothing may be read into.
    if octets <= 0 or strlen(path_) != <size_t>len(place):
        return None
    # One octet more than there should be; it has room, for a zero stands behind all bytes of Python.
    cdef bytes packed = PyBytes_FromStringAndSize(NULL, octets)
    cdef char* packed_ = PyBytes_AS_STRING(packed)
    cdef long got
    with nogil:
        got = read_whole(path_, packed_, octets + 1)
    packed_[octets] = 0
    return packed if got == octets else None
