# Folders that hold nothing but a few files, as the streams of an export do; `balance_sync.sources.walk` looks
# through all others.

from libc.stdlib cimport free, malloc

cdef extern from *:
    """
    #define MOST_PLAIN_FILES 16
    #define MOST_NAME_OCTETS 256

    #ifdef _WIN32
    struct plain_file { const char *name; long long size, modified_ns; };
    static int open_folder(const char *path) { return -1; }
    static void close_folder(int handle) { }
    static long list_plain(int within, const char *path, struct plain_file *found, char **names) { return -1; }
    #else
    #include <dirent.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <limits.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <unistd.h>

    #ifdef __APPLE__
    #define MODIFIED st_mtimespec
    #else
    #define MODIFIED st_mtim
    #endif

    struct plain_file { const char *name; long long size, modified_ns; };

    static int is_plain_name(const char *name) {
        for (; *name; name++)
            if (*name < ' ' || *name > '~')
                return 0;
        return 1;
    }

    /* The nearest time that fits where it does not. */
    static long long nanoseconds(long long seconds, long nanoseconds_more) {
        const long long of_second = 1000000000LL, most = LLONG_MAX / of_second;
        if (seconds > most || (seconds == most && nanoseconds_more > LLONG_MAX % of_second))
            return LLONG_MAX;
        if (seconds < -most - 1 || (seconds == -most - 1 && nanoseconds_more - of_second < LLONG_MIN % of_second))
            return LLONG_MIN;
        return seconds < 0 ? (seconds + 1) * of_second + (nanoseconds_more - of_second)
                           : seconds * of_second + nanoseconds_more;
    }

    static int open_folder(const char *path) {
        return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }

    static void close_folder(int handle) {
        if (handle >= 0)
            close(handle);
    }

    /* Returns how many files there are, or -1 where they are too many or there is anything else. Their names are put
       where `names` points, which moves on. From the open folder `within`, which holds it, the system finds it in a
       tenth less of the time that all takes than by its whole path. */
    static long list_plain(int within, const char *path, struct plain_file *found, char **names) {
        int handle = openat(within, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (handle < 0)
            return -1;
        DIR *folder = fdopendir(handle);
        if (!folder) {
            close(handle);
            return -1;
        }
        struct dirent *entry;
        struct stat status;
        char *free_place = *names;
        long count = 0;
        for (;;) {
            /* Only so does the end differ from a folder that cannot be read to its end. */
            errno = 0;
            entry = readdir(folder);
            if (!entry) {
                count = errno ? -1 : count;
                break;
            }
            const char *name = entry->d_name;
            if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
                continue;
            size_t length = strlen(name) + 1;
            if (count == MOST_PLAIN_FILES || length > MOST_NAME_OCTETS || !is_plain_name(name)
                || fstatat(handle, name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISREG(status.st_mode)) {
                count = -1;
                break;
            }
            found[count].name = memcpy(free_place, name, length);
            free_place += length;
            found[count].size = status.st_size;
            found[count].modified_ns = nanoseconds(status.MODIFIED.tv_sec, status.MODIFIED.tv_nsec);
            count++;
        }
        closedir(folder);
        if (count > 0)
            *names = free_place;
        return count;
    }
    #endif
    """
    struct plain_file:
        const char* name
        long long size
        long long modified_ns

    int open_folder(const char* path) noexcept nogil
    void close_folder(int handle) noexcept nogil
    long list_plain(int within, const char* path, plain_file* found, char** names) noexcept nogil
    const long MOST_PLAIN_FILES
    const long MOST_NAME_OCTETS


def plain_folders(bytes folder, list inner):
    """Return the files of each of the `inner` folders by name, and `None` of one that holds anything else, or many.

    Python's lock is not held while they are looked through.

    Returns
    -------
    list of (list of (str, int, int) or None)
        Name, bytes and time of change (ns) of each file.
    """
    cdef Py_ssize_t row, folders = len(inner)
    cdef const char* path = folder
    cdef int within = -1
    cdef const char** begins = <const char**>malloc(max(folders, 1) * sizeof(char*))
    cdef long* counts = <long*>malloc(max(folders, 1) * sizeof(long))
    cdef plain_file* found = <plain_file*>malloc(max(folders, 1) * MOST_PLAIN_FILES * sizeof(plain_file))
    # Most of it is never touched, and so takes no memory.
    cdef char* names = <char*>malloc(max(folders, 1) * MOST_PLAIN_FILES * MOST_NAME_OCTETS)
    cdef char* free_place = names
    try:
        if begins == NULL or counts == NULL or found == NULL or names == NULL:
            raise MemoryError
        for row in range(folders):
            begins[row] = <bytes?>inner[row]
        with nogil:
            within = open_folder(path)
            for row in range(folders):
                counts[row] = list_plain(within, begins[row], found + row * MOST_PLAIN_FILES, &free_place)
            close_folder(within)
        return [told_files(found + row * MOST_PLAIN_FILES, counts[row]) for row in range(folders)]
    finally:
        free(begins)
        free(counts)
        free(found)
        free(names)


cdef told_files(const plain_file* found, long count):
    if count < 0:
        return None
    cdef long row
    files = [(found[row].name.decode("ascii"), found[row].size, found[row].modified_ns) for row in range(count)]
    files.sort()
    return files


def told_sources(
    str folder, str folder_label, list listed, source_type, entry_type, exceptions, folder_exceptions, day_of
):
    """Return the sources that the files of plain folders are, and what else is `listed` as it is.

    Parameters
    ----------
    exceptions, folder_exceptions
        Names of files and folders that are looked at elsewhere, as what has letters beyond ASCII is.
    day_of
        Tells of ten characters whether they are written as a day, and the day.
    """
    cdef list told = []
    cdef str name, shown, label, inner, one, day_text = ""
    cdef bint is_stream, is_day = False
    day = None
    for name, files in listed:
        shown = name[:len(name) - 1] if name.endswith("/") else name
        label = folder_label + shown
        if files is None or not shown.isascii() or shown in folder_exceptions or has_exception(files, exceptions):
            told.append(tuple.__new__(entry_type, (label, name, files)))
            continue
        is_stream = ends_as_stream(shown.encode("ascii"))
        if is_stream and shown[:10] != day_text:
            day_text = shown[:10]
            is_day, day = day_of(day_text)
        for inner, size_bytes, modified_ns in files:
            one = f"{label}/{inner}"
            stream = (shown, day) if is_stream and is_day else (one, None)
            row = (one, f"{folder}{name}{inner}", size_bytes, modified_ns, *stream, None, "")
            told.append(tuple.__new__(source_type, row))
    return told


cdef bint has_exception(list files, exceptions):
    cdef str name
    for name, _, _ in files:
        if name.startswith("._") or name in exceptions:
            return True
    return False


cdef bint ends_as_stream(bytes name):
    """Return whether behind ten characters come ``-[``, anything, ``]``, and letters and digits alone."""
    cdef const char* octets = name
    if len(name) < 14 or octets[10] != c"-" or octets[11] != c"[":
        return False
    cdef Py_ssize_t closed = name.find(b"]", 12)
    return closed >= 0 and name[closed + 1:].isalnum()
