# What is read soon; `balance_sync.sources.read_ahead` says when and why. There is no such pass in Python: its
# threads would wait for each other, and for the one that parses, at every step.

from libc.stdlib cimport free, malloc

cdef extern from *:
    """
    #ifdef _WIN32
    static long touch_path(const char *path, long most, long octets, int asks, long *left) { return 0; }
    #else
    #include <dirent.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <sys/uio.h>
    #include <unistd.h>

    /* Whatever fails is seen again by who reads the file. */
    static long touch_file(int folder, const char *name, long octets, int asks, long *left) {
        struct stat status;
        long is_away = 0;
        if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISREG(status.st_mode))
            return 0;
        if (octets > status.st_size)
            octets = (long)status.st_size;
        if (octets <= 0 || octets > *left)
            return 0;
        *left -= octets;
        int file = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
        if (file < 0)
            return 0;
    #ifdef RWF_NOWAIT
        if (asks) {
            char octet;
            struct iovec place = {&octet, 1};
            is_away = preadv2(file, &place, 1, 0, RWF_NOWAIT) < 0 && errno == EAGAIN;
        }
    #endif
    #ifdef POSIX_FADV_WILLNEED
        (void) posix_fadvise(file, 0, octets, POSIX_FADV_WILLNEED);
    #endif
        close(file);
        return is_away;
    }

    static long touch_path(const char *path, long most, long octets, int asks, long *left) {
        size_t length = strlen(path);
        if (!length || path[length - 1] != '/')
            return touch_file(AT_FDCWD, path, octets, asks, left);
        DIR *folder = opendir(path);
        if (!folder)
            return 0;
        struct dirent *entry;
        long away = 0;
        while (most > 0 && (entry = readdir(folder))) {
            if (entry->d_name[0] == '.')
                continue;
            away += touch_file(dirfd(folder), entry->d_name, octets, asks, left);
            most--;
        }
        closedir(folder);
        return away;
    }
    #endif
    """
    long touch_path(const char* path, long most, long octets, bint asks, long* left) noexcept nogil


def touch(list paths, long most, long octets, long all_octets, bint asks):
    """Look up the files of `paths`, and up to `most` in each folder; have the system fetch their first `octets`.

    Folders end with a slash. Of all files together no more than `all_octets` are fetched. Links are not followed, and
    nothing is opened that is no file. Python's lock is not held meanwhile. Where it `asks`, how many files were not at
    hand is returned, and else 0.
    """
    cdef Py_ssize_t row, count = len(paths)
    cdef long away = 0
    cdef const char** begins = <const char**>malloc(max(count, 1) * sizeof(char*))
    if begins == NULL:
        raise MemoryError
    try:
        for row in range(count):
            begins[row] = <bytes?>paths[row]
        with nogil:
            for row in range(count):
                away += touch_path(begins[row], most, octets, asks, &all_octets)
    finally:
        free(begins)
    return away
