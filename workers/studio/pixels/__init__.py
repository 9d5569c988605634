"""Y, U and V planes and the kernels that lay them together: planes over one of kernel.c (native) or OpenCV."""
