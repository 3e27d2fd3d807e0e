#!/usr/bin/env bash
# Trains a reference model on eight devices, and writes {Network}_bs{B}_8p_acc.log.
# For example:
#   bash train_full_8p.sh --network=glow --data_path=/data/cifar10
# Everything else: bash train_full_8p.sh --help. PYTHON says which Python.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "${PYTHON:-python3}" "$here/train.py" full_8p "$@"
