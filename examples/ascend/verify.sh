#!/usr/bin/env bash
# Finds out whether everything works on this host, an Ascend one or (--backend cpu) any other, and
# ends with a table. For example:
#   bash verify.sh
# Everything else: bash verify.sh --help. PYTHON says which Python.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "${PYTHON:-python3}" "$here/verify.py" "$@"
