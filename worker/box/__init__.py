"""What waits and works inside a box: all of ours that is in there, and read by the trusted side where both must agree.

Three processes, each cloned from the one before, so that NumPy is imported once and a run costs milliseconds.
`entry.main` is the *template* of the boxes. A *box* is cloned from it into namespaces of its own, gives up every
capability, takes the first system call filter, and clones a *child* for each submission, ahead of it. The child goes
into a user and a pid namespace of its own, takes its limits and the second filter, and only then reads the submission.
Template and box never see a submission, an input or a result: a cloned process can read whatever the one before ever
held.

The child answers on one socket with frames (`framing.HEAD`): how loading went, then for each question an outcome for
each script. Nobody has to believe a word of it: the student's code could write to that socket as well as we can, and
what it may gain by that is decided outside, where the answers are.

In the box these modules are one (`runtime.compile_program`), without a name by which a submission could import them or
that one of its files could take from them. So a name at the top level stands in one of them only, they import each
other by `from worker.box.x import name`, and what changes is an object that all share.
"""
