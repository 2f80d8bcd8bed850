# Folders that hold nothing but a few files, as the streams of an export do; `balance_sync.sources.discovery` looks
# through all others.

cdef extern from *:
    """
    #ifdef _WIN32
    struct plain_file { const char *name; long long size, modified_ns; };
    static long list_plain(const char *path, struct plain_file *found, long most, char *names, size_t name_octets) {
        return -1;
    }
    #else
    #include <dirent.h>
    #include <fcntl.h>
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

    /* Returns how many files there are, or -1 where they are too many or there is anything else. */
    static long list_plain(const char *path, struct plain_file *found, long most, char *names, size_t name_octets) {
        int handle = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (handle < 0)
            return -1;
        DIR *folder = fdopendir(handle);
        if (!folder) {
            close(handle);
            return -1;
        }
        struct dirent *entry;
        struct stat status;
        long count = 0;
        while (count >= 0 && (entry = readdir(folder))) {
            const char *name = entry->d_name;
            if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
                continue;
            size_t length = strlen(name) + 1;
            if (count == most || length > name_octets || !is_plain_name(name)
                || fstatat(handle, name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISREG(status.st_mode)) {
                count = -1;
                break;
            }
            found[count].name = memcpy(names, name, length);
            names += length;
            found[count].size = status.st_size;
            found[count].modified_ns = status.MODIFIED.tv_sec * 1000000000LL + status.MODIFIED.tv_nsec;
            count++;
        }
        closedir(folder);
        return count;
    }
    #endif
    """
    struct plain_file:
        const char* name
        long long size
        long long modified_ns

    long list_plain(
        const char* path, plain_file* found, long most, char* names, size_t name_octets
    ) noexcept nogil

cdef enum:
    MOST_PLAIN_FILES = 16
    MOST_NAME_OCTETS = 256


def plain_folders(list paths):
    """Return the files of each folder in `paths` by name, and `None` of one that holds anything else, or many.

    Returns
    -------
    list of (list of (str, int, int) or None)
        Name, bytes and time of change (ns) of each file.
    """
    cdef plain_file[MOST_PLAIN_FILES] found
    cdef char[MOST_PLAIN_FILES * MOST_NAME_OCTETS] names
    cdef bytes folder
    cdef const char* path
    cdef long row, count
    cdef list listed = [], files
    for folder in paths:
        path = folder
        with nogil:
            count = list_plain(path, found, MOST_PLAIN_FILES, names, MOST_NAME_OCTETS)
        if count < 0:
            listed.append(None)
            continue
        files = [(found[row].name.decode("ascii"), found[row].size, found[row].modified_ns) for row in range(count)]
        files.sort()
        listed.append(files)
    return listed
