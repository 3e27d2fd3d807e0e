"""Ranks. Every call fails unless the system is initialised."""

import os

import npu_stand_in

if npu_stand_in.fault() == npu_stand_in.HCCL_DOES_NOT_LOAD:
    raise ValueError("load hccl lib error")

_WORLD = "hccl_world_group"


def _check():
    calls = npu_stand_in.calls
    if calls.count("NPUInit") <= calls.count("NPUShutdown"):
        raise ValueError("get rank id error")


def get_rank_size(group=_WORLD):
    _check()
    return int(os.environ.get("RANK_SIZE", "1"))


def get_local_rank_size(group=_WORLD):
    return get_rank_size(group)


def get_rank_id(group=_WORLD):
    _check()
    return int(os.environ.get("RANK_ID", "0"))


def get_local_rank_id(group=_WORLD):
    return get_rank_id(group)


def create_group(group, rank_num, rank_ids):
    _check()


def destroy_group(group):
    _check()


def get_world_rank_from_group_rank(group, group_rank_id):
    _check()
    return group_rank_id


def get_group_rank_from_world_rank(world_rank_id, group):
    _check()
    return world_rank_id
