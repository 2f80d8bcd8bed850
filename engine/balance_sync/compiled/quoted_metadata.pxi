# Quoted text without what quotes it; `balance_sync.logs.quoted_metadata` does the same in Python.

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DecodeUTF8

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL


def unescaped(str text):
    """Return what Node quoted as `text`, in which it wrote each backslash twice.

    `None` where it holds a quote, or a backslash that stands alone.
    """
    cdef Py_ssize_t size, found = 0
    cdef const char* at = PyUnicode_AsUTF8AndSize(text, &size)
    cdef const char* end = at + size
    cdef const char* next_one
    cdef char* kept
    if memchr(at, c"'", size) != NULL:
        return None
    if memchr(at, c"\\", size) == NULL:
        return text
    kept = <char*>PyMem_Malloc(size)
    if kept == NULL:
        raise MemoryError
    try:
        while at < end:
            next_one = <const char*>memchr(at, c"\\", end - at)
            if next_one == NULL:
                next_one = end
            elif next_one + 1 == end or next_one[1] != c"\\":
                return None
            else:
                next_one += 1
            memcpy(kept + found, at, next_one - at)
            found += next_one - at
            at = next_one + (next_one < end)
        return PyUnicode_DecodeUTF8(kept, found, NULL)
    finally:
        PyMem_Free(kept)
