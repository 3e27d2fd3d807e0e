#!/usr/bin/env bash
# Trains a reference model for a while on one device, to measure its speed, and writes
# {Network}_bs{B}_1p_perf.log.
# For example:
#   bash train_performance_1p.sh --network=glow --data_path=/data/cifar10
# Everything else: bash train_performance_1p.sh --help. PYTHON says which Python.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "${PYTHON:-python3}" "$here/train.py" performance_1p "$@"
