"""`./run` after the installation."""

import signal
import sys

# Until the supervisor listens there is nothing to stop: Ctrl-C may simply end this process, without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

if __name__ == "__main__":
    from grader.embedded.service import main

    sys.exit(main())
