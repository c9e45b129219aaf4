"""The course's own function interface: one module per assignment, to be imported by name.

    from cutaway.course.deep import *

Parameters and gradients are dictionaries ("W1", "b1", .., "dW1", ..), examples are columns, and
draws come from NumPy's legacy global generator, all as in the assignments. The numbers come from
`cutaway.equations`; each module says where the course does otherwise. Inputs are never modified.
"""
