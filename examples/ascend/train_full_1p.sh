#!/usr/bin/env bash
# Trains a reference model in full on one device, and writes {Network}_bs{B}_1p_acc.log.
# For example:
#   bash train_full_1p.sh --network=glow --data_path=/data/cifar10
# Everything else: bash train_full_1p.sh --help. PYTHON says which Python.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "${PYTHON:-python3}" "$here/train.py" full_1p "$@"
