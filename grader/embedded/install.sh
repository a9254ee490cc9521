# shellcheck shell=bash
# Shared by ./run and ./test: finds a Python, makes .venv, installs a lock file into it, remembers that it did.

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# Runs one long step so that Ctrl-C or a TERM ends it at once and leaves a state the next start can go on from.
step_pid=
step() {
  "$@" &
  step_pid=$!
  wait "$step_pid"
}
stop_step() {
  trap '' INT TERM HUP
  if [[ -n $step_pid ]]; then
    kill "$step_pid" 2>/dev/null || true
    wait "$step_pid" 2>/dev/null || true
  fi
  printf '\nStopped. Start again to go on.\n' >&2
  exit 130
}
# Also for the short commands around the long steps: without a trap, bash waits them out and forgets the signal.
trap stop_step INT TERM HUP

# Prints the first interpreter that is new enough.
find_python() {
  local name
  for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v -- "$name"
      return
    fi
  done
  fail "Python 3.11 or newer is needed and was not found$(
    command -v python3 >/dev/null 2>&1 && printf ' (python3 is %s)' "$(python3 -V 2>&1)"
  ).
Install one (Debian 12 or later: apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3.12 $0"
}

# Bare Debian splits ensurepip off into a package of its own; without it no virtual environment can be made.
need_ensurepip() {
  local python=$1 package
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return
  if [[ $(id -u) = 0 ]] && command -v apt-get >/dev/null 2>&1; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    echo "Installing $package, which Debian keeps apart from Python …"
    export DEBIAN_FRONTEND=noninteractive
    if step apt-get install -y -qq "$package" >/dev/null 2>&1 ||
      { step apt-get update -qq && step apt-get install -y -qq "$package" >/dev/null; }; then
      return
    fi
  fi
  fail "This Python cannot make virtual environments. Run this, then start again:

    sudo apt-get install python3-venv"
}

# What is installed is known by the lock, the package's own description, the place and the interpreter.
mark_of() {
  local folder=$1 lock=$2
  { printf '%s\n' "$folder" && cat -- "$folder/$lock" "$folder/pyproject.toml"; } | sha256sum | cut -d' ' -f1
}

# install_into_venv FOLDER LOCK [OTHER LOCK THAT IS PART OF IT]
install_into_venv() {
  local folder=$1 lock=$2 venv=$1/.venv python name
  shift
  if [[ $(cat "$venv/installed-$lock" 2>/dev/null) = "$(mark_of "$folder" "$lock")" && -x $venv/bin/grader ]] &&
    "$venv/bin/python" -c '' 2>/dev/null; then
    return
  fi

  if ! "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(find_python) || exit 1
    need_ensurepip "$python"
    echo "Making .venv with $("$python" -V) …"
    step "$python" -m venv --clear "$venv"
  fi

  echo "Installing what $lock names; this takes a minute, once …"
  local -a install=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input)
  if command -v uv >/dev/null 2>&1; then
    install=(uv pip install --quiet --compile-bytecode --python "$venv/bin/python")
  fi
  # What an interrupted installation leaves in its temporary folder goes with the next one.
  rm -rf -- "$venv/tmp" && mkdir "$venv/tmp"
  if ! TMPDIR=$venv/tmp step "${install[@]}" --require-hashes -r "$folder/$lock" ||
    ! TMPDIR=$venv/tmp step "${install[@]}" --no-deps --no-build-isolation --editable "$folder"; then
    fail "The installation failed; the lines above say why. Start again once that is mended."
  fi
  rm -rf -- "$venv/tmp"
  for name in "$@"; do
    mark_of "$folder" "$name" >"$venv/installed-$name"
  done
}
