# Values that lie in memory as Arrow wants them, handed over by its C data interface (Arrow's specification, "The Arrow
# C data interface"); `balance_sync.logs.series` does the same with pyarrow, which takes as long to import as numpy.

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdlib cimport free, malloc

cdef enum:
    MOST_BUFFERS = 4  # which are null, the values, and of texts by place the text and its size

cdef struct ArrowSchema:
    const char* format
    const char* name
    const char* metadata
    int64_t flags
    int64_t n_children
    ArrowSchema** children
    ArrowSchema* dictionary
    void (*release)(ArrowSchema*) noexcept
    void* private_data

cdef struct ArrowArray:
    int64_t length
    int64_t null_count
    int64_t offset
    int64_t n_buffers
    int64_t n_children
    const void** buffers
    ArrowArray** children
    ArrowArray* dictionary
    void (*release)(ArrowArray*) noexcept
    void* private_data

# What an array needs as long as it is used, wherever it was moved to.
cdef struct Held:
    const void* buffers[MOST_BUFFERS]
    int64_t text_size
    PyObject* owners


cdef class ArrowValues:
    """A column that refers to what it is made of.

    Parameters
    ----------
    format
        As the interface names kinds; those that begin with ``v`` are texts by place.
    present
        A bit for each value, lowest first: whether it is not null; `None` where all are.
    text
        What texts by place are in.
    """

    cdef bytes format
    cdef Py_ssize_t length
    cdef tuple owners

    def __init__(self, bytes format, Py_ssize_t length, present, values, bytes text):
        cdef Py_ssize_t octets = {b"v": 128, b"d": 128}.get(format[:1], 64) // 8
        if values.nbytes < length * octets or (present is not None and present.nbytes * 8 < length):
            raise IndexError("more values than there are")
        self.format, self.length, self.owners = format, length, (format, present, values, text)

    def __arrow_c_array__(self, requested_schema=None):
        return self.schema(), self.array()

    cdef object schema(self):
        cdef ArrowSchema* schema = <ArrowSchema*>malloc(sizeof(ArrowSchema))
        if schema == NULL:
            raise MemoryError
        schema[0] = ArrowSchema(self.format, b"", NULL, 2, 0, NULL, NULL, release_schema, <void*>self.format)
        Py_INCREF(self.format)
        return PyCapsule_New(schema, "arrow_schema", end_schema)

    cdef object array(self):
        _, present, values, text = self.owners
        cdef const void* bits = NULL
        cdef const void* numbers = place_of(values)
        cdef const char* octets = text
        cdef int64_t size = len(text), nulls = 0 if present is None else -1
        if present is not None:
            bits = place_of(present)
        cdef int64_t buffers = 4 if self.format.startswith(b"v") else 2
        cdef Held* held = <Held*>malloc(sizeof(Held))
        cdef ArrowArray* array = <ArrowArray*>malloc(sizeof(ArrowArray))
        if held == NULL or array == NULL:
            free(held)
            free(array)
            raise MemoryError
        held.buffers[0], held.buffers[1] = bits, numbers
        held.buffers[2], held.buffers[3] = octets, &held.text_size
        held.text_size = size
        held.owners = <PyObject*>self.owners
        Py_INCREF(self.owners)
        array[0] = ArrowArray(
            self.length, nulls, 0, buffers, 0, &held.buffers[0], NULL, NULL, release_array, held
        )
        return PyCapsule_New(array, "arrow_array", end_array)


cdef const void* place_of(values) except? NULL:
    cdef const uint8_t[::1] octets = values.view(np.uint8).reshape(-1)
    # Of nothing there is no place, and none is looked at.
    return &octets[0] if octets.shape[0] else <const void*>b""


cdef void release_schema(ArrowSchema* schema) noexcept with gil:
    Py_DECREF(<object>schema.private_data)
    schema.release = NULL


cdef void release_array(ArrowArray* array) noexcept with gil:
    cdef Held* held = <Held*>array.private_data
    Py_DECREF(<object>held.owners)
    free(held)
    array.release = NULL


cdef void end_schema(capsule) noexcept:
    cdef ArrowSchema* schema = <ArrowSchema*>PyCapsule_GetPointer(capsule, "arrow_schema")
    if schema.release != NULL:
        schema.release(schema)
    free(schema)


cdef void end_array(capsule) noexcept:
    cdef ArrowArray* array = <ArrowArray*>PyCapsule_GetPointer(capsule, "arrow_array")
    if array.release != NULL:
        array.release(array)
    free(array)
